/* nfs4_attr.h - attributes of NFSv4, as NFSv3 has them.
 *
 * The sink thinks in sattr3 and fattr3; a fattr4 is a bitmap and the XDR of the attributes whose
 * bits are set, in the order of their numbers.
 *
 * Pure computation. Unit: seconds before 1970 and after 2106 become the nearest that 32 bits hold,
 * as what is wanted does (nfs3_attr.h).
 * Trust:     a fattr4 of a reply may hold anything.
 * Source:    RFC 7530 5 and 5.9 (owners are decimal numbers), 19 (XDR). */
#ifndef NFS4_ATTR_H
#define NFS4_ATTR_H

#include "nfs4_xdr.h"

struct nfs4_attrs {
	fattr3 obj;
	bool has_obj;		/* all that matters of a fattr3 was there */
	bool has_fh, named;	/* named: an owner came as a name, obj is of no use */
	struct nfs3_fh fh;
	uint32_t error;		/* rdattr_error: no attributes, and why */
	uint32_t lease_s;
	uint64_t max_file, max_read, max_write;
	uint64_t space_avail, space_total, space_free, files_avail, files_total, files_free;
	nfstime3 delta;
};

enum nfs4_wanted {
	NFS4_OF_OBJECT,
	NFS4_OF_ENTRY,		/* the same with handle and error, for READDIR */
	NFS4_OF_LIMITS,		/* FSINFO, and the lease */
	NFS4_OF_SPACE,		/* FSSTAT */
	NFS4_OF_TYPE,
};
bitmap4 nfs4_attrs_wanted(enum nfs4_wanted what);

/* false: malformed, or with attributes that nobody asked for. */
bool nfs4_attrs_take(struct nfs4_attrs *ret, const fattr4 *f);

struct nfs4_attr_buf {
	uint32_t mask[2];
	unsigned char bytes[112];
};
/* The result points into buf. */
fattr4 nfs4_attrs_put(struct nfs4_attr_buf *buf, const sattr3 *a);
/* The type directory, for VERIFY. */
fattr4 nfs4_attrs_put_dir(struct nfs4_attr_buf *buf);

#endif
