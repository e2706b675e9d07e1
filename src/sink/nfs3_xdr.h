/* nfs3_xdr.h - the structures of NFSv3 (RFC 1813) as libnfs declares them, the same in all its
 * versions.
 *
 * Needs _DEFAULT_SOURCE (set by the Makefile): the headers of libnfs use caddr_t. */
#ifndef NFS3_XDR_H
#define NFS3_XDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sys/types.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-nfs.h>

#define NFS_FH_MAX 128	/* NFS4_FHSIZE; NFSv3 has 64 */

/* A file handle with its bytes. */
struct nfs3_fh {
	unsigned char len;
	unsigned char data[NFS_FH_MAX];
};

static inline nfs_fh3 nfs3_fh_xdr(const struct nfs3_fh *fh)
{
	/* libnfs wants a char * and only reads it */
	return (nfs_fh3){ .data = { .data_len = fh->len,
				    .data_val = (char *)(uintptr_t)fh->data } };
}

/* false: longer than the protocol allows, or empty. */
static inline bool nfs3_fh_take(struct nfs3_fh *fh, size_t len, const void *data)
{
	if (!len || len > sizeof(fh->data))
		return false;
	fh->len = (unsigned char)len;
	memcpy(fh->data, data, len);
	return true;
}

/* An entry of a list in a reply: libnfs puts them on addresses that are not aligned. at is not
 * NULL. */
static inline entryplus3 nfs3_entry(const void *at)
{
	entryplus3 e;

	memcpy(&e, at, sizeof(e));
	return e;
}

static inline const fattr3 *nfs3_attrs(const post_op_attr *a)
{
	return a->attributes_follow ? &a->post_op_attr_u.attributes : NULL;
}

#endif
