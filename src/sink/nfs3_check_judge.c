#include "img2nfs/loss.h"

#include "nfs3_check.h"
#include "nfs3_err.h"
#include "nfs_hint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define MIB (UINT64_C(1) << 20)

static const struct {
	const char *word, *title;
} names[I2N_CHECKS] = {
	[I2N_CHECK_EXPORT] = { "export", "exported to us, source port accepted" },
	[I2N_CHECK_WRITABLE] = { "writable", "writable" },
	[I2N_CHECK_IDENTITY] = { "identity", "uid is not squashed" },
	[I2N_CHECK_OWNERS] = { "owners", "any owner and group" },
	[I2N_CHECK_SETID] = { "setid", "setuid, setgid and sticky bits" },
	[I2N_CHECK_DEVICES] = { "devices", "character and block devices" },
	[I2N_CHECK_SPECIAL] = { "special", "FIFOs and sockets" },
	[I2N_CHECK_HARDLINKS] = { "hardlinks", "hard links" },
	[I2N_CHECK_SYMLINKS] = { "symlinks", "symbolic links" },
	[I2N_CHECK_SYMLINK_TIMES] = { "symlink-times", "times of symbolic links" },
	[I2N_CHECK_LONG_NAMES] = { "long-names", "names of 255 bytes" },
	[I2N_CHECK_BYTE_NAMES] = { "byte-names", "names that are not UTF-8" },
	[I2N_CHECK_CASE] = { "case", "upper and lower case are told apart" },
	[I2N_CHECK_TIMES] = { "times", "times with nanoseconds" },
	[I2N_CHECK_TIME_RANGE] = { "time-range", "times after 2038" },
	[I2N_CHECK_SPACE] = { "space", "free space" },
	[I2N_CHECK_INODES] = { "inodes", "free inodes" },
	[I2N_CHECK_FILE_SIZE] = { "file-size", "largest file" },
	[I2N_CHECK_WRITE_SIZE] = { "write-size", "largest write" },
	[I2N_CHECK_CLEANUP] = { "cleanup", "all removed again" },
};

const char *i2n_check_word(enum i2n_check_id id)
{
	return names[id].word;
}

const char *i2n_check_title(enum i2n_check_id id)
{
	return names[id].title;
}

void nfs3_check_found(struct i2n_check *check, enum i2n_check_id id, enum i2n_check_state state,
		      enum i2n_remedy remedy, const char *fmt, ...)
{
	struct i2n_finding *f = &check->findings[id];
	va_list ap;

	*f = (struct i2n_finding){ .state = state, .remedy = remedy };
	va_start(ap, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt,
			ap); /* our texts are short, and a cut one does no harm */
	va_end(ap);
}

#define FOUND(id, state, remedy, ...) \
	nfs3_check_found(check, I2N_CHECK_##id, I2N_CHECK_##state, I2N_REMEDY_##remedy, __VA_ARGS__)

static void lose(struct i2n_check *check, enum i2n_check_id id, uint32_t loss)
{
	check->findings[id].state = I2N_CHECK_LOSS;
	check->findings[id].loss = loss;
}

/* The making was refused: the finding is a failure that names the code. */
static bool is_refused(struct i2n_check *check, enum i2n_check_id id,
		       const struct nfs3_probe_obj_state *obj, const char *what,
		       enum i2n_remedy remedy)
{
	char code[32];

	if (!obj->answered || obj->status == NFS3_OK)
		return false;
	if (check->squashed && (obj->status == NFS3ERR_PERM || obj->status == NFS3ERR_ACCES))
		remedy = I2N_REMEDY_ROOT;
	if (nfs3_err_is_patience(obj->status))	/* it says nothing of the export */
		remedy = I2N_REMEDY_NONE;
	nfs3_check_found(check, id, I2N_CHECK_FAIL, remedy, "cannot make %s: %s", what,
			 nfs_err_name(check->version == 4, obj->status, code));
	return true;
}

static bool is_refusal(nfsstat3 status)
{
	return status == NFS3ERR_ROFS || status == NFS3ERR_ACCES || status == NFS3ERR_PERM ||
	       status == NFS3ERR_NOENT;
}

/* Above all exports of NFSv4 is a file system that only shows the way to them; those that we may
 * not use are not there. */
static bool judge_export(const struct nfs3_check_in *in, const struct nfs3_probed *p,
			 struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *dir = &p->objs[PROBE_DIR];
	char code[32];

	if (!in->unseen || !dir->answered || !is_refusal(dir->status)) {
		FOUND(EXPORT, OK, NONE, "mounted, and requests from our source port are accepted");
		return true;
	}
	FOUND(EXPORT, FAIL, EXPORT,
	      "%s is in no export that the server shows us%s; outside of them: %s", in->unseen,
	      in->low_port ? "" : ", and those without the option insecure are hidden from our "
				  "source port",
	      nfs_err_name(true, dir->status, code));
	return false;
}

static void judge_writable(const struct nfs3_check_in *in, const struct nfs3_probed *p,
			   struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *dir = &p->objs[PROBE_DIR];
	enum i2n_remedy remedy = I2N_REMEDY_NONE;
	char code[32];

	if (!dir->answered)
		return;
	if (dir->status == NFS3_OK) {
		FOUND(WRITABLE, OK, NONE, "a directory can be made in %s", in->where);
		return;
	}
	if (dir->status == NFS3ERR_ROFS)
		remedy = I2N_REMEDY_RW;
	else if (dir->status == NFS3ERR_ACCES || dir->status == NFS3ERR_PERM)
		remedy = I2N_REMEDY_ROOT;
	else if (dir->status == NFS3ERR_NOSPC || dir->status == NFS3ERR_DQUOT)
		remedy = I2N_REMEDY_SPACE;
	nfs3_check_found(check, I2N_CHECK_WRITABLE, I2N_CHECK_FAIL, remedy,
			 "cannot make a directory in %s: %s", in->where,
			 nfs_err_name(check->version == 4, dir->status, code));
}

static void judge_identity(const struct nfs3_check_in *in, const struct nfs3_probed *p,
			   struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *dir = &p->objs[PROBE_DIR];

	/* only a squashed uid 0 is refused in what is its own */
	if (dir->answered && (dir->status == NFS3ERR_ACCES || dir->status == NFS3ERR_PERM) &&
	    in->dir_attrs->uid == in->uid)
		FOUND(IDENTITY, FAIL, ROOT,
		      "%s belongs to uid %" PRIu32
		      ", and yet we may not write there as uid %" PRIu32,
		      in->where, in->uid, in->uid);
	if (!dir->has_attrs || dir->status != NFS3_OK)
		return;
	check->uid = dir->attrs.uid;
	check->gid = dir->attrs.gid;
	check->squashed = dir->attrs.uid != in->uid;
	if (check->squashed)
		FOUND(IDENTITY, FAIL, ROOT,
		      "the server takes us for uid %" PRIu32 " instead of %" PRIu32, check->uid,
		      in->uid);
	else
		FOUND(IDENTITY, OK, NONE, "the server takes us for uid %" PRIu32, check->uid);
}

static void judge_owners(const struct nfs3_check_in *in, const struct nfs3_probed *p,
			 struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *file = &p->objs[PROBE_FILE];

	if (check->squashed) {
		FOUND(OWNERS, FAIL, ROOT,
		      "only uid 0 can give files to others, and it is squashed");
	} else if (in->uid) {
		FOUND(OWNERS, LOSS, NONE,
		      "only uid 0 can give files to others, and we say we are uid %" PRIu32,
		      in->uid);
		lose(check, I2N_CHECK_OWNERS, I2N_LOSS_ATTR);
	} else if (!is_refused(check, I2N_CHECK_OWNERS, file, "a file of another owner",
			       I2N_REMEDY_ROOT) &&
		   file->has_attrs) {
		if (file->attrs.uid == PROBE_UID && file->attrs.gid == PROBE_GID)
			FOUND(OWNERS, OK, NONE, "owner and group are kept as 32 bits");
		else
			FOUND(OWNERS, FAIL, KEEP, "owner %u:%u became %" PRIu32 ":%" PRIu32,
			      PROBE_UID, PROBE_GID, file->attrs.uid, file->attrs.gid);
	}
}

static void judge_setid(const struct nfs3_check_in *in, const struct nfs3_probed *p,
			struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *file = &p->objs[PROBE_FILE], *dir = &p->objs[PROBE_DIR];
	uint32_t mode = file->attrs.mode & 07777u, dir_mode = dir->attrs.mode & 07777u;
	char code[32];

	if (!file->set || (file->set_status == NFS3_OK && !file->has_attrs))
		return;
	if (file->set_status != NFS3_OK)
		FOUND(SETID, FAIL, KEEP, "cannot set mode %04o and times: %s", PROBE_MODE,
		      nfs_err_name(check->version == 4, file->set_status, code));
	else if (mode != PROBE_MODE)
		FOUND(SETID, FAIL, KEEP, "mode %04o of a file became %04o", PROBE_MODE, mode);
	else if (dir->set && dir->has_attrs && dir_mode != PROBE_DIR_MODE)
		FOUND(SETID, FAIL, KEEP, "mode %04o of a directory became %04o", PROBE_DIR_MODE,
		      dir_mode);
	else
		FOUND(SETID, OK, NONE, "all 12 mode bits are kept");
	if (check->findings[I2N_CHECK_SETID].state == I2N_CHECK_FAIL && in->uid)
		lose(check, I2N_CHECK_SETID, I2N_LOSS_ATTR);
}

static bool is_rdev(const struct nfs3_probe_obj_state *obj)
{
	return !obj->has_attrs || (obj->attrs.rdev.specdata1 == PROBE_MAJOR &&
				   obj->attrs.rdev.specdata2 == PROBE_MINOR);
}

static void judge_devices(const struct nfs3_probed *p, struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *chr = &p->objs[PROBE_CHR], *blk = &p->objs[PROBE_BLK];
	const struct nfs3_probe_obj_state *bad = is_rdev(chr) ? blk : chr;

	if (is_refused(check, I2N_CHECK_DEVICES, chr, "a character device", I2N_REMEDY_KEEP) ||
	    is_refused(check, I2N_CHECK_DEVICES, blk, "a block device", I2N_REMEDY_KEEP) ||
	    !chr->answered)
		return;
	if (is_rdev(bad))
		FOUND(DEVICES, OK, NONE, "devices are kept with their numbers");
	else
		FOUND(DEVICES, FAIL, KEEP, "device %u:%u became %" PRIu32 ":%" PRIu32, PROBE_MAJOR,
		      PROBE_MINOR, bad->attrs.rdev.specdata1, bad->attrs.rdev.specdata2);
}

static void judge_special(const struct nfs3_probed *p, struct i2n_check *check)
{
	if (is_refused(check, I2N_CHECK_SPECIAL, &p->objs[PROBE_FIFO], "a FIFO", I2N_REMEDY_KEEP) ||
	    is_refused(check, I2N_CHECK_SPECIAL, &p->objs[PROBE_SOCK], "a socket", I2N_REMEDY_KEEP))
		return;
	if (p->objs[PROBE_FIFO].answered && p->objs[PROBE_SOCK].answered)
		FOUND(SPECIAL, OK, NONE, "FIFOs and sockets can be made");
}

static void judge_links(const struct nfs3_probed *p, struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *hard = &p->objs[PROBE_HARD],
					  *file = &p->objs[PROBE_FILE];

	if (!is_refused(check, I2N_CHECK_HARDLINKS, hard, "a hard link", I2N_REMEDY_LINKS) &&
	    hard->answered) {
		if (p->listed && hard->listed && hard->has_attrs &&
		    hard->attrs.fileid != file->attrs.fileid)
			FOUND(HARDLINKS, FAIL, LINKS, "a hard link became a copy of its file");
		else
			FOUND(HARDLINKS, OK, NONE, "hard links can be made");
	}
	if (!is_refused(check, I2N_CHECK_SYMLINKS, &p->objs[PROBE_SYMLINK], "a symbolic link",
			I2N_REMEDY_KEEP) &&
	    p->objs[PROBE_SYMLINK].answered)
		FOUND(SYMLINKS, OK, NONE, "symbolic links can be made");
}

static void judge_symlink_times(const struct nfs3_probed *p, struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *link = &p->objs[PROBE_SYMLINK];

	if (!link->set || (link->set_status == NFS3_OK && !link->has_attrs))
		return;
	if (link->set_status == NFS3_OK && link->attrs.atime.seconds == PROBE_ATIME.seconds) {
		FOUND(SYMLINK_TIMES, OK, NONE, "symbolic links keep their times");
		return;
	}
	FOUND(SYMLINK_TIMES, LOSS, NONE, "symbolic links do not keep their times");
	lose(check, I2N_CHECK_SYMLINK_TIMES, I2N_LOSS_SYMLINK_TIMES);
}

static void judge_name(const struct nfs3_probed *p, struct i2n_check *check, enum i2n_check_id id,
		       enum nfs3_probe_obj obj, const char *what)
{
	const struct nfs3_probe_obj_state *o = &p->objs[obj];

	if (!o->answered)
		return;
	if (!is_refused(check, id, o, what, I2N_REMEDY_NAMES)) {
		if (!p->listed || o->listed) {
			nfs3_check_found(check, id, I2N_CHECK_OK, I2N_REMEDY_NONE, "%s can be made",
					 what);
			return;
		}
		nfs3_check_found(check, id, I2N_CHECK_LOSS, I2N_REMEDY_NAMES,
				 "%s comes back with another name", what);
	}
	lose(check, id, I2N_LOSS_NAME);
}

static void judge_case(const struct nfs3_probed *p, struct i2n_check *check)
{
	if (p->names == CASE_SENSITIVE) {
		FOUND(CASE, OK, NONE, "upper and lower case are told apart");
	} else if (p->names == CASE_FOLDED) {
		FOUND(CASE, LOSS, CASE, "the server takes 'file' and 'FILE' for the same name");
		lose(check, I2N_CHECK_CASE, I2N_LOSS_NAME);
	}
}

/* What of the nanoseconds is left: 123456789 came back as ... */
static const char *granularity(uint32_t m, uint32_t a)
{
	if (m == PROBE_MTIME.nseconds && a == PROBE_ATIME.nseconds)
		return "1 ns";
	if (m == PROBE_MTIME.nseconds / 100 * 100)
		return "100 ns";
	if (m == PROBE_MTIME.nseconds / 1000 * 1000)
		return "1 us";
	if (m == PROBE_MTIME.nseconds / 1000000 * 1000000)
		return "1 ms";
	return m ? "less than 1 ms" : "1 s";
}

static void judge_times(const struct nfs3_probed *p, struct i2n_check *check)
{
	const struct nfs3_probe_obj_state *file = &p->objs[PROBE_FILE];
	const fattr3 *a = &file->attrs;

	if (!file->set || file->set_status != NFS3_OK || !file->has_attrs)
		return;
	if (a->atime.seconds == PROBE_ATIME.seconds) {
		FOUND(TIMES, OK, NONE, "times are kept to %s",
		      granularity(a->mtime.nseconds, a->atime.nseconds));
	} else {
		FOUND(TIMES, LOSS, KEEP, "access time %" PRIu32 " became %" PRIu32,
		      PROBE_ATIME.seconds, a->atime.seconds);
		lose(check, I2N_CHECK_TIMES, I2N_LOSS_ATTR);
	}
	if (a->mtime.seconds == PROBE_MTIME.seconds) {
		FOUND(TIME_RANGE, OK, NONE, "times until 2106 are kept");
	} else {
		FOUND(TIME_RANGE, LOSS, KEEP,
		      "modification time %" PRIu32 " (in 2096) became %" PRIu32,
		      PROBE_MTIME.seconds, a->mtime.seconds);
		lose(check, I2N_CHECK_TIME_RANGE, I2N_LOSS_ATTR);
	}
}

static uint64_t mib_up(uint64_t bytes)
{
	return bytes / MIB + (bytes % MIB != 0);
}

static void judge_room(const struct nfs3_probed *p, struct i2n_check *check)
{
	const struct i2n_needs *n = &check->needs;
	const FSSTAT3resok *st = &p->stat;

	if (n->later) {
		FOUND(SPACE, UNKNOWN, NONE, "most of the image may be there already");
		FOUND(INODES, UNKNOWN, NONE, "most of the image may be there already");
	}
	if (!p->statted || n->later)
		return;
	/* a server that counts neither says 0 */
	if (!st->tbytes)
		FOUND(SPACE, UNKNOWN, NONE, "the server does not say");
	else if (n->bytes > st->abytes)
		FOUND(SPACE, FAIL, SPACE,
		      "%" PRIu64 " MiB are free, the image needs %" PRIu64 " MiB", st->abytes / MIB,
		      mib_up(n->bytes));
	else if (n->bytes)
		FOUND(SPACE, OK, NONE, "%" PRIu64 " MiB are free, the image needs %" PRIu64 " MiB",
		      st->abytes / MIB, mib_up(n->bytes));
	else if (!st->abytes)
		FOUND(SPACE, FAIL, SPACE, "no space is free");
	else
		FOUND(SPACE, OK, NONE, "%" PRIu64 " MiB are free", st->abytes / MIB);
	if (!st->tfiles)
		FOUND(INODES, UNKNOWN, NONE, "the server does not count inodes");
	else if (n->inodes > st->afiles || !st->afiles)
		FOUND(INODES, FAIL, INODES, "%" PRIu64 " inodes are free, the image needs %" PRIu64,
		      st->afiles, n->inodes);
	else if (n->inodes)
		FOUND(INODES, OK, NONE, "%" PRIu64 " inodes are free, the image needs %" PRIu64,
		      st->afiles, n->inodes);
	else
		FOUND(INODES, OK, NONE, "%" PRIu64 " inodes are free", st->afiles);
}

static void judge_limits(const struct nfs3_check_in *in, struct i2n_check *check)
{
	const FSINFO3resok *info = in->fsinfo;

	if (!info->maxfilesize)
		FOUND(FILE_SIZE, UNKNOWN, NONE, "the server does not say");
	else if (check->needs.largest_file > info->maxfilesize)
		FOUND(FILE_SIZE, FAIL, KEEP,
		      "files of at most %" PRIu64 " bytes, the largest of the image has %" PRIu64,
		      info->maxfilesize, check->needs.largest_file);
	else
		FOUND(FILE_SIZE, OK, NONE, "files of up to %" PRIu64 " bytes", info->maxfilesize);
	if (info->wtmax)
		FOUND(WRITE_SIZE, OK, NONE, "writes of up to %" PRIu32 " bytes", info->wtmax);
	else
		FOUND(WRITE_SIZE, UNKNOWN, NONE, "the server does not say");
}

/* What the image does not have cannot go wrong with it. */
static void excuse(struct i2n_check *check)
{
	for (unsigned i = I2N_CHECK_OWNERS; i <= I2N_CHECK_TIME_RANGE; i++) {
		struct i2n_finding *f = &check->findings[i];
		size_t len = strlen(f->text);

		if (f->state < I2N_CHECK_LOSS || check->needs.uses & 1u << i)
			continue;
		f->state = I2N_CHECK_OK;
		(void)snprintf(f->text + len, sizeof(f->text) - len,
			       "; the image does not need it"); /* may be cut */
	}
}

void nfs3_check_judge(const struct nfs3_check_in *in, const struct nfs3_probed *p,
		      struct i2n_check *check)
{
	if (!judge_export(in, p, check))
		return;
	judge_identity(in, p, check);
	judge_writable(in, p, check);
	judge_owners(in, p, check);
	judge_setid(in, p, check);
	judge_devices(p, check);
	judge_special(p, check);
	judge_links(p, check);
	judge_symlink_times(p, check);
	judge_name(p, check, I2N_CHECK_LONG_NAMES, PROBE_LONG, "a name of 255 bytes");
	judge_name(p, check, I2N_CHECK_BYTE_NAMES, PROBE_BYTES, "a name that is not UTF-8");
	judge_case(p, check);
	judge_times(p, check);
	judge_room(p, check);
	judge_limits(in, check);
	excuse(check);
	if (p->objs[PROBE_DIR].asked)
		FOUND(CLEANUP, OK, NONE, "nothing is left on the server");
}

/* Squashing and what follows from it. */
static bool is_squash(unsigned id)
{
	return id >= I2N_CHECK_IDENTITY && id <= I2N_CHECK_DEVICES;
}

int nfs3_check_verdict(const struct i2n_check *check, struct i2n_err *err)
{
	for (unsigned i = 0; i < I2N_CHECKS; i++) {
		const struct i2n_finding *f = &check->findings[i];

		if (f->state != I2N_CHECK_FAIL || (check->allow_squash && is_squash(i)))
			continue;
		i2n_err_set(err, I2N_DOM_DEST, 0, "the destination is not fit: %s", f->text);
		if (f->remedy)
			nfs_hint(err, f->remedy, check->path, check->client);
		return I2N_FATAL;
	}
	return I2N_OK;
}
