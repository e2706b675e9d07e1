/* nfs3_attr.h - the attributes an object shall have, as NFSv3 can express them, and how far a reply
 * is from them.
 *
 * Pure computation. Unit: times in seconds and nanoseconds since 1970, 32 bits unsigned each (RFC
 * 1813 2.6). */
#ifndef NFS3_ATTR_H
#define NFS3_ATTR_H

#include "img2nfs/node.h"

#include "nfs3_xdr.h"

enum nfs3_attr {
	NFS3_ATTR_MODE = 1 << 0,
	NFS3_ATTR_OWNER = 1 << 1,	/* uid and gid */
	NFS3_ATTR_SIZE = 1 << 2,
	NFS3_ATTR_MTIME = 1 << 3,
	NFS3_ATTR_ATIME = 1 << 4,
	NFS3_ATTR_RDEV = 1 << 5,	/* can be compared, not set */
	NFS3_ATTR_TYPE = 1 << 6,	/* the same */
};
#define NFS3_ATTR_TIMES (NFS3_ATTR_MTIME | NFS3_ATTR_ATIME)
#define NFS3_ATTR_FIXABLE (NFS3_ATTR_MODE | NFS3_ATTR_OWNER | NFS3_ATTR_SIZE | NFS3_ATTR_TIMES)

struct nfs3_want {
	uint64_t size;
	struct nfstime3 mtime, atime;
	uint32_t uid, gid, mode;	/* mode: the 12 permission bits */
	uint32_t major, minor;
	ftype3 type;
	unsigned check;			/* enum nfs3_attr: what has a meaning for this type */
	bool clamped;			/* a time did not fit and was moved to the nearest that
					 * does */
};

void nfs3_want_init(struct nfs3_want *want, const struct i2n_inode *in);

/* The enum nfs3_attr of want->check in which *got differs. A time counts as equal when it is the
 * wanted one rounded down to the server's granularity. */
unsigned nfs3_want_diff(const struct nfs3_want *want, const fattr3 *got,
			const struct nfstime3 *delta);

/* Set those of mask (MODE, OWNER, SIZE, MTIME, ATIME), leave the rest alone. */
void nfs3_want_sattr(const struct nfs3_want *want, unsigned mask, sattr3 *ret);

/* "mode 0644 instead of 04755" of one bit of a diff, for a note. */
const char *nfs3_want_text(const struct nfs3_want *want, const fattr3 *got, unsigned bit,
			   char *buf, size_t cap);

#endif
