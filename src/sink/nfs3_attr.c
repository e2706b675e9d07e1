#include "nfs3_attr.h"

#include <inttypes.h>
#include <stdio.h>

static struct nfstime3 time_of(uint64_t packed, bool *clamped)
{
	struct i2n_time t = i2n_time_unpack(packed);

	if (t.sec < 0 || t.sec > (int64_t)UINT32_MAX) {
		*clamped = true;
		return t.sec < 0 ? (struct nfstime3){ 0, 0 }
				 : (struct nfstime3){ UINT32_MAX, 999999999 };
	}
	return (struct nfstime3){ .seconds = (uint32_t)t.sec, .nseconds = t.nsec };
}

static ftype3 type_of(const struct i2n_inode *in)
{
	switch (i2n_inode_type(in)) {
	case I2N_S_IFDIR:
		return NF3DIR;
	case I2N_S_IFLNK:
		return NF3LNK;
	case I2N_S_IFCHR:
		return NF3CHR;
	case I2N_S_IFBLK:
		return NF3BLK;
	case I2N_S_IFIFO:
		return NF3FIFO;
	case I2N_S_IFSOCK:
		return NF3SOCK;
	default:
		return NF3REG;
	}
}

void nfs3_want_init(struct nfs3_want *want, const struct i2n_inode *in)
{
	*want = (struct nfs3_want){
		.size = in->size,
		.uid = in->uid,
		.gid = in->gid,
		.mode = in->mode & 07777u,
		.type = type_of(in),
		.check = NFS3_ATTR_TYPE | NFS3_ATTR_MODE | NFS3_ATTR_OWNER | NFS3_ATTR_TIMES,
	};
	want->mtime = time_of(in->mtime, &want->clamped);
	want->atime = time_of(in->atime, &want->clamped);
	if (want->type == NF3REG)
		want->check |= NFS3_ATTR_SIZE;
	if (want->type == NF3LNK)
		want->check &= ~(unsigned)NFS3_ATTR_MODE;	/* nobody looks at it, most servers
								 * make it 0777 */
	if (want->type == NF3CHR || want->type == NF3BLK) {
		want->check |= NFS3_ATTR_RDEV;
		want->major = in->rdev.major;
		want->minor = in->rdev.minor;
	}
}

static uint64_t nsec_of(const struct nfstime3 *t)
{
	return (uint64_t)t->seconds * 1000000000u + t->nseconds;
}

static bool is_time(const struct nfstime3 *want, const struct nfstime3 *got,
		    const struct nfstime3 *delta)
{
	uint64_t w = nsec_of(want), g = nsec_of(got), d = nsec_of(delta);

	return w == g || (d > 1 && g == w - w % d);
}

unsigned nfs3_want_diff(const struct nfs3_want *want, const fattr3 *got,
			const struct nfstime3 *delta)
{
	unsigned diff = 0;

	if (got->type != want->type)
		diff |= NFS3_ATTR_TYPE;
	if ((got->mode & 07777u) != want->mode)
		diff |= NFS3_ATTR_MODE;
	if (got->uid != want->uid || got->gid != want->gid)
		diff |= NFS3_ATTR_OWNER;
	if (got->size != want->size)
		diff |= NFS3_ATTR_SIZE;
	if (!is_time(&want->mtime, &got->mtime, delta))
		diff |= NFS3_ATTR_MTIME;
	if (!is_time(&want->atime, &got->atime, delta))
		diff |= NFS3_ATTR_ATIME;
	if (got->rdev.specdata1 != want->major || got->rdev.specdata2 != want->minor)
		diff |= NFS3_ATTR_RDEV;
	return diff & want->check;
}

void nfs3_want_sattr(const struct nfs3_want *want, unsigned mask, sattr3 *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (mask & NFS3_ATTR_MODE) {
		ret->mode.set_it = 1;
		ret->mode.set_mode3_u.mode = want->mode;
	}
	if (mask & NFS3_ATTR_OWNER) {
		ret->uid.set_it = ret->gid.set_it = 1;
		ret->uid.set_uid3_u.uid = want->uid;
		ret->gid.set_gid3_u.gid = want->gid;
	}
	if (mask & NFS3_ATTR_SIZE) {
		ret->size.set_it = 1;
		ret->size.set_size3_u.size = want->size;
	}
	if (mask & NFS3_ATTR_MTIME) {
		ret->mtime.set_it = SET_TO_CLIENT_TIME;
		ret->mtime.set_mtime_u.mtime = want->mtime;
	}
	if (mask & NFS3_ATTR_ATIME) {
		ret->atime.set_it = SET_TO_CLIENT_TIME;
		ret->atime.set_atime_u.atime = want->atime;
	}
}

static void time_text(const char *what, const struct nfstime3 *got, const struct nfstime3 *want,
		      char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "%s %" PRIu32 ".%09" PRIu32 " instead of %" PRIu32 ".%09" PRIu32,
		       what, got->seconds,
		       got->nseconds, want->seconds, want->nseconds);
}

const char *nfs3_want_text(const struct nfs3_want *want, const fattr3 *got, unsigned bit,
			   char *buf, size_t cap)
{
	buf[0] = '\0';
	switch (bit) {
	case NFS3_ATTR_MODE:
		(void)snprintf(buf, cap, "mode %04o instead of %04o", got->mode & 07777u,
			       want->mode);
		break;
	case NFS3_ATTR_OWNER:
		(void)snprintf(buf, cap,
			       "owner %" PRIu32 ":%" PRIu32 " instead of %" PRIu32 ":%" PRIu32,
			       got->uid, got->gid, want->uid, want->gid);
		break;
	case NFS3_ATTR_SIZE:
		(void)snprintf(buf, cap, "size %" PRIu64 " instead of %" PRIu64, got->size,
			       want->size);
		break;
	case NFS3_ATTR_MTIME:
		time_text("mtime", &got->mtime, &want->mtime, buf, cap);
		break;
	case NFS3_ATTR_ATIME:
		time_text("atime", &got->atime, &want->atime, buf, cap);
		break;
	case NFS3_ATTR_RDEV:
		(void)snprintf(buf, cap, "device %u:%u instead of %u:%u", got->rdev.specdata1,
			       got->rdev.specdata2,
			       want->major, want->minor);
		break;
	default:
		(void)snprintf(buf, cap, "type %d instead of %d", (int)got->type, (int)want->type);
		break;
	}
	return buf;
}
