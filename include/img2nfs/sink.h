/* sink.h - where nodes are stored: an NFSv3 server, nothing at all; later NFSv4, tar, a directory.
 *
 * The engine submits one op per object and calls service() until the ops are done. How many requests an op becomes, and
 * how many are in flight, is the sink's business; that it never waits for one op before it takes the next is its promise.
 *
 * Completion contract: submit returned I2N_OK => op->done runs exactly once, later, never inside submit, and until then
 * op and all it points at belong to the sink. submit returned I2N_RETRY => the window is full, call service first; the op
 * is still the caller's. submit returned I2N_FATAL => err says why, nothing was queued, the op is still the caller's.
 *
 * Objects: MKDIR, and FILE/SYMLINK/MKNOD with `keep`, leave in op->obj a reference to what was made, for use as parent
 * or as link target, until i2n_sink_release(). I2N_OBJ_ROOT is the destination directory itself and always valid.
 *
 * Unit:      bytes; times packed as in node.h.
 * Thread:    one sink, one thread; nothing happens outside its calls.
 * Errors:    in op->rc and op->err: I2N_BADNODE this object could not be stored (the run may go on), I2N_FATAL the
 *            destination is unusable (full, read-only, gone): stop submitting. */
#ifndef IMG2NFS_SINK_H
#define IMG2NFS_SINK_H

#include <stdbool.h>

#include "img2nfs/node.h"
#include "img2nfs/note.h"
#include "img2nfs/reader.h"

struct i2n_sink;

typedef uint32_t i2n_obj;
#define I2N_OBJ_ROOT 0u
#define I2N_OBJ_NONE UINT32_MAX

enum i2n_op_kind {
	I2N_OP_MKDIR,		/* parent, name, inode -> obj. Usable at once; mode and times are settled by DIRATTR */
	I2N_OP_FILE,		/* parent, name, inode, reader: create, data, attributes. keep -> obj */
	I2N_OP_SYMLINK,		/* parent, name, inode, reader. keep -> obj */
	I2N_OP_MKNOD,		/* parent, name, inode: character or block device, FIFO, socket. keep -> obj */
	I2N_OP_LINK,		/* parent, name, obj: a further name of obj */
	I2N_OP_DIRATTR,		/* obj, inode: final mode and times of a directory all whose children are done */
};

struct i2n_op {
	enum i2n_op_kind kind;
	bool keep;
	unsigned char name_len;
	i2n_obj parent;
	i2n_obj obj;
	const unsigned char *name;		/* 1..255 bytes, no '/', no NUL; not NUL-terminated */
	const struct i2n_inode *inode;		/* attributes wanted; LINK: of the object linked to */
	uint32_t dirent;			/* for messages: i2n_tree_path(tree, dirent); I2N_NONE = the root */
	void (*done)(struct i2n_op *op);
	void *owner;				/* the engine's */
	void *priv;				/* the sink's */
	int rc;					/* set before done: I2N_OK, I2N_BADNODE, I2N_FATAL */
	struct i2n_err err;			/* set when rc != I2N_OK */
};

/* What a sink can hold; the plan reports the rest as loss. */
enum i2n_sink_caps {
	I2N_CAP_XATTR = 1 << 0,
	I2N_CAP_ACL = 1 << 1,
	I2N_CAP_CAPS = 1 << 2,		/* security.capability */
	I2N_CAP_CHATTR = 1 << 3,
};

/* Procedures counted in the summary. */
enum i2n_proc {
	I2N_PROC_NULL, I2N_PROC_MNT, I2N_PROC_LOOKUP, I2N_PROC_GETATTR, I2N_PROC_SETATTR, I2N_PROC_FSINFO, I2N_PROC_FSSTAT,
	I2N_PROC_READDIRPLUS, I2N_PROC_CREATE, I2N_PROC_MKDIR, I2N_PROC_SYMLINK, I2N_PROC_MKNOD, I2N_PROC_LINK,
	I2N_PROC_WRITE, I2N_PROC_COMMIT, I2N_PROC_REMOVE, I2N_PROC_RMDIR, I2N_PROC_RENAME, I2N_PROC_READ, I2N_PROC_READLINK,
	I2N_PROC_ACCESS, I2N_PROCS
};
const char *i2n_proc_name(enum i2n_proc p);	/* "CREATE" */

struct i2n_sink_stats {
	uint64_t requests[I2N_PROCS];	/* sent, re-sent ones included */
	uint64_t resent;		/* of them: sent again (JUKEBOX, lost connection, changed write verifier) */
	uint64_t jukebox;		/* NFS3ERR_JUKEBOX answers */
	uint64_t reconnects;
	uint64_t corrected;		/* corrective SETATTRs */
	uint64_t bytes_written;		/* file data acknowledged and safe */
	uint64_t max_in_flight, max_bytes_in_flight;
};

struct i2n_sink_ops {
	const char *name;		/* "nfs3" */
	int (*submit)(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err);
	/* Make progress for at most timeout_ms (0 = poll) and run op->done of what finished. Returns early after any
	 * completion. I2N_FATAL: the sink is dead; all outstanding ops have been done with I2N_FATAL. */
	int (*service)(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err);
	/* Ask for an end: ops finish at their next step with I2N_FATAL, domain STOPPED; requests in flight are awaited.
	 * signo: the signal, or 0 when the engine ends the run because something failed. */
	void (*cancel)(struct i2n_sink *sink, int signo);
	void (*release)(struct i2n_sink *sink, i2n_obj obj);
	/* All done ops are durable, or I2N_FATAL. Only called with no op outstanding. */
	int (*finish)(struct i2n_sink *sink, struct i2n_err *err);
	void (*free)(struct i2n_sink *sink);
};

/* Embed as first member. All ops are required. */
struct i2n_sink {
	const struct i2n_sink_ops *ops;
	uint32_t caps;			/* enum i2n_sink_caps */
	struct i2n_sink_stats stats;
	unsigned outstanding;		/* the gate's count of ops submitted and not done */
};

/* The gates: check the contract with assert(), then call the op. */
int i2n_sink_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err);
int i2n_sink_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err);
void i2n_sink_cancel(struct i2n_sink *sink, int signo);
void i2n_sink_release(struct i2n_sink *sink, i2n_obj obj);	/* I2N_OBJ_NONE and ROOT are fine: nothing happens */
int i2n_sink_finish(struct i2n_sink *sink, struct i2n_err *err);
void i2n_sink_free(struct i2n_sink *sink);
/* For sinks: an op is finished; counts it and runs done. */
void i2n_sink_complete(struct i2n_sink *sink, struct i2n_op *op);
uint64_t i2n_sink_requests(const struct i2n_sink *sink);	/* sum over all procedures */

/* What the sink may ask about the tree it is given. */
struct i2n_sink_env {
	const struct i2n_tree *tree;		/* for paths in messages */
	struct i2n_reader *reader;
	const struct i2n_notes *notes;
};

struct i2n_nfs_opts {
	uint32_t uid, gid;		/* AUTH_SYS credentials; default 0:0 */
	unsigned window;		/* requests in flight, 1..1024; default 128 */
	uint64_t bytes_in_flight;	/* file data in flight, 64 KiB..1 GiB; default 8 MiB */
	unsigned retry_for_s;		/* give up when the server gave no sign for so long */
	unsigned write_size;		/* largest WRITE, 0 = min(what the server prefers, 1 MiB) */
};
#define I2N_NFS_OPTS_DEFAULT { .window = 128, .bytes_in_flight = 8u << 20, .retry_for_s = 300 }

/* A parsed URL: nfs://[user@ is refused]host[:port]/path[?name=value&...]. Names as libnfs documents them: version,
 * nfsport, mountport, uid, gid, and those that have no meaning here (accepted with a note). '%XX' is decoded in host and
 * path. IPv6 hosts in brackets. */
struct i2n_nfs_url {
	char *host, *path;		/* path begins with '/', has no trailing one (except "/" itself), "." and ".." refused */
	uint16_t port, mountport;	/* 0 = ask the portmapper (2049 is tried for NFS when there is none) */
	unsigned version;		/* 3; 4 is refused until there is such a sink */
	bool has_uid, has_gid;
	uint32_t uid, gid;
};
int i2n_nfs_url_parse(const char *text, const struct i2n_notes *notes, struct i2n_nfs_url *ret, struct i2n_err *err);
void i2n_nfs_url_release(struct i2n_nfs_url *url);

const char *i2n_nfs_library(void);	/* version of libnfs we were built with */

/* Connect, mount the longest exported prefix of the URL's path, and make sure that the destination directory is absent
 * or empty (else I2N_FATAL, domain DEST, nothing written). Then make what is missing of the path, and check with the
 * attributes of the destination directory that our uid is not squashed. env's members must outlive the sink.
 * Failures carry as hint the line that /etc/exports lacks. stop (may be NULL): set to a signal number to give up. */
int i2n_sink_open_nfs3(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts, const struct i2n_sink_env *env,
		       const volatile int *stop, struct i2n_sink **ret, struct i2n_err *err);

/* Reads all content, stores nothing. */
int i2n_sink_open_null(const struct i2n_sink_env *env, struct i2n_sink **ret, struct i2n_err *err);

#endif
