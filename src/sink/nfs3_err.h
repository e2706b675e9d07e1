/* nfs3_err.h - names and meanings of the status codes of NFSv3, NFSv4 and MOUNTv3.
 *
 * Source: RFC 1813 2.6 (nfsstat3) and 5.1.5 (mountstat3); RFC 7530 13 (nfsstat4). */
#ifndef NFS3_ERR_H
#define NFS3_ERR_H

#include "img2nfs/sink.h"

#include <stdbool.h>
#include <stdint.h>

/* "NFS3ERR_NOSPC"; codes that the standard does not know give "NFS3ERR_4711" in buf (at least 32
 * bytes). */
const char *nfs3_err_name(uint32_t status, char *buf);
/* The same of NFSv4, "NFS4ERR_NOSPC". Up to 10008 the numbers are those of NFSv3. */
const char *nfs4_err_name(uint32_t status, char *buf);
static inline const char *nfs_err_name(bool v4, uint32_t status, char *buf)
{
	return v4 ? nfs4_err_name(status, buf) : nfs3_err_name(status, buf);
}
const char *nfs3_mount_err_name(uint32_t status, char *buf);

/* What an error of one object means for the run: I2N_FATAL when every other object would meet it
 * too (no space, no permission, a directory's handle gone), I2N_BADNODE when it is about this
 * object. own_handle: the handle in the request was the object's own, not a directory's. */
int nfs3_err_rc(uint32_t status, bool own_handle);

/* "Ask again later": JUKEBOX, which is NFSv4's DELAY, and its GRACE and RESOURCE. The calls do so
 * (nfs_call.h); it is handed on when it never ended. */
bool nfs3_err_is_patience(uint32_t status);

/* What the user can do about it, or NULL. One line, without a full stop. */
const char *nfs3_err_hint(uint32_t status);

/* What a procedure does, for messages: "cannot <verb> 'x'". */
const char *nfs3_proc_verb(enum i2n_proc p);

#endif
