/* libnfs6.h - a stand-in for libnfs 6 and 7, made of the installed libnfs 4 or 5, where no such
 * package can be had: the calls of rpc_task.c with the signatures of libnfs-raw.h 7.0 and with their
 * rules, which libnfs6.c checks. Included before every file of src/sink.
 *
 * What it does not show: that rpc_task.c compiles with the real headers, and what those libraries do
 * on the wire. */
#ifndef LIBNFS6_H
#define LIBNFS6_H

#include <sys/types.h>
#include <sys/time.h>

#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw-nfs4.h>

#ifndef LIBNFS_API_V2
#define LIBNFS_API_V2
#endif

struct rpc_pdu;

#define LIBNFS6_CALLS(X) \
	X(nfs3, lookup, LOOKUP3args) X(nfs3, getattr, GETATTR3args) \
	X(nfs3, setattr, SETATTR3args) X(nfs3, fsinfo, FSINFO3args) \
	X(nfs3, fsstat, FSSTAT3args) X(nfs3, readdirplus, READDIRPLUS3args) \
	X(nfs3, create, CREATE3args) X(nfs3, mkdir, MKDIR3args) \
	X(nfs3, symlink, SYMLINK3args) X(nfs3, mknod, MKNOD3args) X(nfs3, link, LINK3args) \
	X(nfs3, commit, COMMIT3args) X(nfs3, remove, REMOVE3args) X(nfs3, rmdir, RMDIR3args) \
	X(nfs3, rename, RENAME3args) X(nfs3, readlink, READLINK3args) \
	X(nfs3, access, ACCESS3args) X(nfsacl, getacl, GETACL3args) X(nfsacl, setacl, SETACL3args)

#define rpc_nfsacl3_getacl_task rpc_nfsacl_getacl_task
#define rpc_nfsacl3_setacl_task rpc_nfsacl_setacl_task

#define X(program, op, type) \
	struct rpc_pdu *rpc_##program##_##op##_task(struct rpc_context *rpc, rpc_cb cb, \
						    struct type *args, void *private_data);
LIBNFS6_CALLS(X)
#undef X

struct rpc_pdu *rpc_nfs3_write_task(struct rpc_context *rpc, rpc_cb cb, struct WRITE3args *args,
				    void *private_data);
struct rpc_pdu *rpc_nfs3_read_task(struct rpc_context *rpc, rpc_cb cb, void *buf, size_t count,
				   struct READ3args *args, void *private_data);
struct rpc_pdu *rpc_mount3_mnt_task(struct rpc_context *rpc, rpc_cb cb, char *exportname,
				    void *private_data);
struct rpc_pdu *rpc_mount3_export_task(struct rpc_context *rpc, rpc_cb cb, void *private_data);
struct rpc_pdu *rpc_nfs4_compound_task2(struct rpc_context *rpc, rpc_cb cb,
					struct COMPOUND4args *args, void *private_data,
					size_t alloc_hint);
struct rpc_pdu *rpc_nfs4_read_task(struct rpc_context *rpc, rpc_cb cb, void *buf, size_t count,
				   struct COMPOUND4args *args, void *private_data);
struct rpc_pdu *rpc_nfs4_write_task(struct rpc_context *rpc, rpc_cb cb, const void *buf,
				    size_t count, struct COMPOUND4args *args, void *private_data);

/* As one that was built without Kerberos and TLS; with LIBNFS6_SECURE in the environment it agrees
 * to everything and does nothing. */
#define nfs_parse_url_dir libnfs6_parse_url_dir
#define nfs_get_error libnfs6_get_error
struct nfs_url *libnfs6_parse_url_dir(struct nfs_context *nfs, const char *url);
char *libnfs6_get_error(struct nfs_context *nfs);

#endif
