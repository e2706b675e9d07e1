#include "img2nfs/loss.h"

#include "verify_own.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *type_text(unsigned mode)
{
	switch (mode & I2N_S_IFMT) {
	case I2N_S_IFREG:
		return "a file";
	case I2N_S_IFDIR:
		return "a directory";
	case I2N_S_IFLNK:
		return "a symlink";
	case I2N_S_IFCHR:
		return "a character device";
	case I2N_S_IFBLK:
		return "a block device";
	case I2N_S_IFIFO:
		return "a FIFO";
	case I2N_S_IFSOCK:
		return "a socket";
	default:
		return "something unknown";
	}
}

static void differ_time(struct verify *v, uint32_t dirent, uint64_t want, uint64_t got)
{
	struct i2n_time w = i2n_time_unpack(want), g = i2n_time_unpack(got);

	if (v->opts->allow & I2N_LOSS_ATTR) {
		v->res->allowed++;
		return;
	}
	verify_differ(v, I2N_DIFF_MTIME, dirent,
		      "mtime %" PRId64 ".%09" PRIu32 " instead of %" PRId64 ".%09" PRIu32, g.sec,
		      g.nsec, w.sec, w.nsec);
}

static void remember(struct verify *v, uint32_t inode, uint64_t got)
{
	size_t cap = v->cap_times ? 2 * v->cap_times : 64;
	struct verify_symlink_time *grown = v->times;

	if (v->n_times == v->cap_times) {
		grown = realloc(v->times, cap * sizeof(*grown));
		if (!grown) {	/* then it counts as one that the server does not keep */
			v->res->symlink_times++;
			return;
		}
		v->times = grown;
		v->cap_times = cap;
	}
	v->times[v->n_times++] = (struct verify_symlink_time){ inode, got };
}

static void check_mtime(struct verify *v, uint32_t dirent, uint32_t inode,
			const struct i2n_attr *got)
{
	const struct i2n_inode *in = &v->tree->inodes[inode];
	uint64_t want = i2n_sink_clamp_time(v->sink, in->mtime);
	bool is_symlink = i2n_inode_type(in) == I2N_S_IFLNK;

	v->res->time_range += want != in->mtime;
	if (i2n_sink_keeps_time(v->sink, want, got->mtime)) {
		v->symlink_times_kept |= is_symlink;
		return;
	}
	if (is_symlink)
		remember(v, inode, got->mtime);
	else
		differ_time(v, dirent, want, got->mtime);
}

void verify_symlink_times(struct verify *v)
{
	if (!v->symlink_times_kept) {
		v->res->symlink_times += v->n_times;
		return;
	}
	for (size_t i = 0; i < v->n_times; i++) {
		const struct i2n_inode *in = &v->tree->inodes[v->times[i].inode];

		differ_time(v, in->first_dirent, i2n_sink_clamp_time(v->sink, in->mtime),
			    v->times[i].got);
	}
}

static void check_mode(struct verify *v, uint32_t dirent, unsigned want, unsigned got)
{
	if (want == got)
		return;
	if (v->opts->allow & I2N_LOSS_ATTR)
		v->res->allowed++;
	else
		verify_differ(v, I2N_DIFF_MODE, dirent, "mode %04o instead of %04o", got, want);
}

static void check_owner(struct verify *v, uint32_t dirent, uint32_t inode,
			const struct i2n_attr *got)
{
	const struct i2n_inode *in = &v->tree->inodes[inode];
	uint32_t uid = verify_knows(v, inode, I2N_KNOW_UID) ? in->uid : got->uid;
	uint32_t gid = verify_knows(v, inode, I2N_KNOW_GID) ? in->gid : got->gid;

	if (uid == got->uid && gid == got->gid)
		return;
	if (v->opts->allow & I2N_LOSS_ATTR)
		v->res->allowed++;
	else
		verify_differ(v, I2N_DIFF_OWNER, dirent,
			      "owner %" PRIu32 ":%" PRIu32 " instead of %" PRIu32 ":%" PRIu32,
			      got->uid, got->gid, uid, gid);
}

static bool is_device(const struct i2n_inode *in)
{
	return i2n_inode_type(in) == I2N_S_IFCHR || i2n_inode_type(in) == I2N_S_IFBLK;
}

bool verify_attrs(struct verify *v, uint32_t dirent, uint32_t inode, const struct i2n_attr *got)
{
	const struct i2n_inode *in = &v->tree->inodes[inode];
	unsigned type = i2n_inode_type(in);

	if ((got->mode & I2N_S_IFMT) != type) {
		verify_differ(v, I2N_DIFF_TYPE, dirent, "%s instead of %s", type_text(got->mode),
			      type_text(type));
		return false;
	}
	if (type != I2N_S_IFLNK && verify_knows(v, inode, I2N_KNOW_MODE))
		check_mode(v, dirent, in->mode & 07777u, got->mode & 07777u);
	check_owner(v, dirent, inode, got);
	if (type == I2N_S_IFREG && verify_knows(v, inode, I2N_KNOW_SIZE) && got->size != in->size)
		verify_differ(v, I2N_DIFF_SIZE, dirent, "size %" PRIu64 " instead of %" PRIu64,
			      got->size, in->size);
	if (verify_knows(v, inode, I2N_KNOW_MTIME))
		check_mtime(v, dirent, inode, got);
	if (is_device(in) && verify_knows(v, inode, I2N_KNOW_RDEV) &&
	    (got->major != in->rdev.major || got->minor != in->rdev.minor))
		verify_differ(v, I2N_DIFF_RDEV, dirent,
			      "device %" PRIu32 ":%" PRIu32 " instead of %" PRIu32 ":%" PRIu32,
			      got->major, got->minor, in->rdev.major, in->rdev.minor);
	return true;
}
