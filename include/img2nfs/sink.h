/* sink.h - where nodes are stored, and read back: an NFSv3 or NFSv4 server, a directory, a tar
 * (tar.h), nothing at all.
 *
 * The engine submits one op per object and calls service() until the ops are done. How many
 * requests an op becomes, and how many are in flight, is the sink's business; that it never waits
 * for one op before it takes the next is its promise.
 *
 * Completion contract: submit returned I2N_OK => op->done runs exactly once, later, never inside
 * submit, and until then op and all it points at belong to the sink. submit returned I2N_RETRY =>
 * the window is full, call service first; the op is still the caller's. submit returned I2N_FATAL
 * => err says why, nothing was queued, the op is still the caller's.
 *
 * Objects: MKDIR, LOOKUP, and FILE/SYMLINK/MKNOD with `keep`, leave in op->obj a reference to the
 *          object, for use as parent
 * or as link target, until i2n_sink_release(). I2N_OBJ_ROOT is the destination directory itself and
 * always valid.
 *
 * Reading back: ops from I2N_OP_LIST on, for sinks with I2N_CAP_READBACK. The bytes of READs under
 * way are bounded as those of WRITEs are (submit returns I2N_RETRY). What they fail with is
 * I2N_BADNODE unless the server is gone.
 *
 * Unit:      bytes; times packed as in node.h.
 * Thread:    one sink, one thread; nothing happens outside its calls.
 * Errors:    in op->rc and op->err: I2N_BADNODE this object could not be stored (the run may go
 *            on), I2N_FATAL the destination is unusable (full, read-only, gone): stop
 * submitting. */
#ifndef IMG2NFS_SINK_H
#define IMG2NFS_SINK_H

#include "img2nfs/node.h"
#include "img2nfs/note.h"
#include "img2nfs/reader.h"

#include <stdbool.h>

struct i2n_sink;

typedef uint32_t i2n_obj;
#define I2N_OBJ_ROOT 0u
#define I2N_OBJ_NONE UINT32_MAX

enum i2n_op_kind {
	I2N_OP_MKDIR,		/* parent, name, inode -> obj. Usable at once; mode and times are
				 * settled by DIRATTR */
	I2N_OP_FILE,		/* parent, name, inode, reader: create, data, attributes. keep ->
				 * obj */
	I2N_OP_SYMLINK,		/* parent, name, inode, reader. keep -> obj */
	I2N_OP_MKNOD,		/* parent, name, inode: character or block device, FIFO, socket.
				 * keep -> obj */
	I2N_OP_LINK,		/* parent, name, obj: a further name of obj */
	I2N_OP_DIRATTR,		/* obj, inode: final mode and times of a directory in which
				 * nothing more will be made */
	/* Only for sinks with I2N_CAP_READBACK: what is there now, and changes to it. Everything
	 * comes from the server.
	 */
	I2N_OP_LIST,		/* obj: on_entry for each entry but . and ..; eof. See struct
				 * i2n_entry */
	I2N_OP_LOOKUP,		/* parent, name -> obj, attr; or absent. Symlinks are not
				 * followed */
	I2N_OP_GETATTR,		/* obj -> attr */
	I2N_OP_READ,		/* obj, buf, len > 0, off -> ret_len, eof. Less than len only at the
				 * end of the file */
	I2N_OP_STATFS,		/* obj -> space, of the file system it is in */
	I2N_OP_READLINK,	/* obj, buf, len -> ret_len; a target that is longer than len is
				 * I2N_BADNODE */
	I2N_OP_ACL,		/* obj, inode with I2N_INODE_ACL -> same: has obj the ACLs that the
				 * reader gives? With I2N_CAP_ACL */
	I2N_OP_SETATTR,		/* obj, inode, mask -> attr. What the server does not honour is a
				 * loss, as for FILE */
	I2N_OP_REMOVE,		/* parent, name: not a directory; absent: it was not there */
	I2N_OP_RMDIR,		/* parent, name: an empty directory; absent: it was not there */
	I2N_OP_RENAME,		/* parent, name -> parent2, name2, replacing what is there as
				 * rename(2) does */
	I2N_OP_WRITE,		/* obj, buf, len > 0, off: a few bytes into a file that is there;
				 * safe at once, or, with `unstable`, some time */
};

/* For SETATTR. The owner is set first, in a request of its own: servers drop setuid and setgid when
 * it changes, so ask for the mode as well. SIZE cuts a file or makes it longer with a hole. */
enum i2n_set {
	I2N_SET_MODE = 1 << 0,	/* and the ACL, where the inode has one and the sink I2N_CAP_ACL */
	I2N_SET_OWNER = 1 << 1,
	I2N_SET_SIZE = 1 << 2,
	I2N_SET_MTIME = 1 << 3,
	I2N_SET_ATIME = 1 << 4,
};

/* What the server says an object is. Not validated: any number may be anything. */
struct i2n_attr {
	uint64_t size, used;		/* bytes; used: allocated */
	uint64_t fileid, fsid;
	uint64_t mtime, atime, ctime;	/* packed */
	uint32_t uid, gid, nlink;
	uint32_t major, minor;
	uint16_t mode;			/* type and 12 permission bits; type 0: none that we know */
};

/* What is free for us. A total of 0: the server does not count that. */
struct i2n_space {
	uint64_t free_bytes, total_bytes, free_inodes, total_inodes;
};

/* One entry of a LIST. obj is the receiver's: keep it or i2n_sink_release() it. The name comes from
 * the server: 1..1024 bytes without '/' and NUL; when the directory changes meanwhile, some may
 * come twice. on_entry may submit ops. */
struct i2n_entry {
	const unsigned char *name;	/* valid during the call, not NUL-terminated */
	size_t name_len;
	struct i2n_attr attr;
	i2n_obj obj;
};

/* Where a LIST goes on; all zero: at the beginning. */
struct i2n_list_pos {
	uint64_t cookie;
	unsigned char verf[8];
};

struct i2n_op {
	enum i2n_op_kind kind;
	bool keep;
	/* MKDIR to LINK: a run that was interrupted may have sent the same request, which may
	 * arrive at any moment. What is there then is taken, if it is what was to be made. */
	bool late;
	unsigned char name_len;
	i2n_obj parent;
	i2n_obj obj;
	const unsigned char *name;		/* 1..255 bytes, no '/', no NUL; not
						 * NUL-terminated */
	const struct i2n_inode *inode;		/* attributes wanted; LINK: of the object linked
						 * to */
	uint32_t dirent;			/* for messages: i2n_tree_path(tree, dirent);
						 * I2N_NONE = the root */
	void (*done)(struct i2n_op *op);
	void *owner;				/* the engine's */
	void *priv;				/* the sink's */
	int rc;					/* set before done: I2N_OK, I2N_BADNODE,
						 * I2N_FATAL */
	struct i2n_err err;			/* set when rc != I2N_OK */
	/* reading back and changing */
	struct i2n_attr attr;			/* out */
	struct i2n_space space;			/* STATFS: out */
	bool absent;				/* out, with rc I2N_OK: there is no such name */
	bool same;				/* ACL: out */
	bool eof;				/* out: nothing follows */
	bool pause;				/* LIST: set it in on_entry to have the op done,
						 * with eof false, after the entries at hand;
						 * submit it again as it is to go on */
	unsigned mask;				/* SETATTR: enum i2n_set */
	void *buf;				/* READ, READLINK: the submitter's, len bytes */
	uint32_t len, ret_len;
	uint64_t off;
	struct i2n_list_pos pos;		/* LIST: the sink's, zero at first */
	/* Runs during service(). entry NULL: the server cannot go on where it was, all entries come
	 * again. */
	void (*on_entry)(struct i2n_op *op, const struct i2n_entry *entry);
	/* FILE without data: `exists` tells, with rc I2N_OK, that somebody else's is there. Owner
	 * and times are not settled; what is there is ours if it has the mtime that we wanted, so
	 * give it one of your own. */
	bool exclusive;
	bool exists;				/* out */
	bool unstable;				/* WRITE: a server that restarts may lose it */
	bool urgent;				/* taken even when the window is full */
	i2n_obj parent2;			/* RENAME */
	const unsigned char *name2;
	unsigned char name2_len;
};

/* What a sink can hold; the plan reports the rest as loss. */
enum i2n_sink_caps {
	I2N_CAP_XATTR = 1 << 0,
	I2N_CAP_ACL = 1 << 1,		/* a server may still refuse some: told as losses */
	I2N_CAP_CAPS = 1 << 2,		/* security.capability */
	I2N_CAP_CHATTR = 1 << 3,
	I2N_CAP_READBACK = 1 << 4,	/* takes the ops from LIST on */
	I2N_CAP_SOCKETS = 1 << 5,
};

/* Procedures counted in the summary. */
enum i2n_proc {
	I2N_PROC_NULL,
	I2N_PROC_MNT,
	I2N_PROC_LOOKUP,
	I2N_PROC_GETATTR,
	I2N_PROC_SETATTR,
	I2N_PROC_FSINFO,
	I2N_PROC_FSSTAT,
	I2N_PROC_READDIRPLUS,
	I2N_PROC_CREATE,
	I2N_PROC_MKDIR,
	I2N_PROC_SYMLINK,
	I2N_PROC_MKNOD,
	I2N_PROC_LINK,
	I2N_PROC_WRITE,
	I2N_PROC_COMMIT,
	I2N_PROC_REMOVE,
	I2N_PROC_RMDIR,
	I2N_PROC_RENAME,
	I2N_PROC_READ,
	I2N_PROC_READLINK,
	I2N_PROC_ACCESS,
	I2N_PROC_GETACL,	/* these two of NFSACL */
	I2N_PROC_SETACL,
	/* NFSv4: what the procedures above are made of is a COMPOUND each, and these have no twin
	 * in NFSv3 */
	I2N_PROC_STORE,		/* OPEN, WRITE and SETATTR: a file, or its beginning */
	I2N_PROC_ROOT,		/* PUTROOTFH */
	I2N_PROC_SETCLIENTID,
	I2N_PROC_SETCLIENTID_CONFIRM,
	I2N_PROC_RENEW,
	I2N_PROCS
};
const char *i2n_proc_name(enum i2n_proc p);	/* "CREATE" */

struct i2n_sink_stats {
	uint64_t requests[I2N_PROCS];	/* sent, re-sent ones included */
	uint64_t resent;		/* of them: sent again (JUKEBOX, lost connection, changed
					 * write verifier) */
	uint64_t jukebox;		/* NFS3ERR_JUKEBOX answers */
	uint64_t reconnects;
	uint64_t corrected;		/* corrective SETATTRs */
	uint64_t bytes_written;		/* file data acknowledged and safe */
	uint64_t bytes_read;		/* file data that READ brought */
	uint64_t max_in_flight, max_bytes_in_flight;
};

struct i2n_sink_ops {
	const char *name;		/* "nfs3" */
	int (*submit)(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err);
	/* Make progress for at most timeout_ms (0 = poll) and run op->done of what finished.
	 * Returns early after any completion. I2N_FATAL: the sink is dead; all outstanding ops have
	 * been done with I2N_FATAL. */
	int (*service)(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err);
	/* Ask for an end: ops finish at their next step with I2N_FATAL, domain STOPPED; requests in
	 * flight are awaited. signo: the signal, or 0 when the engine ends the run because
	 * something failed. */
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
	/* What it stores is a sequence: it gets the root's DIRATTR and no other, then all else in
	 * the order of a walk by name, a directory before what is in it and all of that before what
	 * comes after it; each op is done before the next is submitted. */
	bool in_order;
	/* with I2N_CAP_READBACK: */
	/* a good len for READ; a READ of more is cut into pieces sent one after the other */
	uint32_t read_size;
	uint64_t time_delta_ns;		/* times are kept in multiples of this; 0 and 1: exactly */
	uint64_t time_first, time_last;	/* packed; other times are stored as the nearest of these */
	bool absent;			/* DEST_LOOK: there is no such directory, take no op */
	struct i2n_sink_stats stats;
	unsigned outstanding;		/* the gate's count of ops submitted and not done */
	/* The owner's: where on the medium the first file lies that is not submitted yet and will
	 * be soon; 0: nobody knows, or there is none. For who reads a medium in order (reader.h:
	 * by_block). */
	uint64_t awaited;
	/* The owner's, NULL at first: runs after each service, for what has to be done now and then
	 * whoever uses the sink. May submit and cancel. */
	void (*tick)(void *ctx);
	void *tick_ctx;
};

/* The gates: check the contract with assert(), then call the op. */
int i2n_sink_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err);
int i2n_sink_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err);
void i2n_sink_cancel(struct i2n_sink *sink, int signo);
void i2n_sink_release(struct i2n_sink *sink, i2n_obj obj);	/* I2N_OBJ_NONE and ROOT are fine:
								 * nothing happens */
int i2n_sink_finish(struct i2n_sink *sink, struct i2n_err *err);
/* Submit one op and wait for it; op->done and op->owner are not the caller's then. *stop (may be
 * NULL) cancels the sink. Returns op->rc. */
int i2n_sink_do(struct i2n_sink *sink, struct i2n_op *op, const volatile int *stop,
		struct i2n_err *err);
/* The same with several that do not depend on each other. Returns the first rc that is not I2N_OK;
 * if that is I2N_FATAL, some may not have been submitted, with rc as it was. */
int i2n_sink_do_all(struct i2n_sink *sink, struct i2n_op *const *ops, unsigned n,
		    const volatile int *stop, struct i2n_err *err);
void i2n_sink_free(struct i2n_sink *sink);
/* For sinks: an op is finished; counts it and runs done. */
void i2n_sink_complete(struct i2n_sink *sink, struct i2n_op *op);
uint64_t i2n_sink_requests(const struct i2n_sink *sink);	/* sum over all procedures */

/* Has the server no room, for anybody or for us (RFC 1813 section 2.6: NOSPC, DQUOT)? */
bool i2n_sink_is_full(const struct i2n_err *err);

/* What a sink with I2N_CAP_READBACK makes of a time that its protocol cannot express: the nearest
 * that it can. */
uint64_t i2n_sink_clamp_time(const struct i2n_sink *sink, uint64_t time);
/* Is got what becomes of want there: want, clamped, rounded down to the server's granularity? */
bool i2n_sink_keeps_time(const struct i2n_sink *sink, uint64_t want, uint64_t got);

/* What the sink may ask about the tree it is given. */
struct i2n_sink_env {
	const struct i2n_tree *tree;		/* for paths in messages */
	struct i2n_reader *reader;
	const struct i2n_notes *notes;
};

enum i2n_dest {
	I2N_DEST_NEW,		/* must be absent (then it is made) or empty */
	I2N_DEST_EXISTING,	/* must exist; opening writes nothing */
	I2N_DEST_UPDATE,	/* may exist, with any content; a missing path is made */
	I2N_DEST_LOOK,		/* may exist or not (`absent`); opening writes nothing */
};

struct i2n_check;

/* lock.h: a file in the destination while a run writes there. It does not make it "not empty". */
#define I2N_LOCK_NAME ".img2nfs-lock"
/* A file in the destination while its contents may prove to be wrong: see cli/unproven.h. */
#define I2N_UNPROVEN_NAME ".img2nfs-unproven"

struct i2n_nfs_opts {
	enum i2n_dest dest;
	uint32_t uid, gid;		/* AUTH_SYS credentials; default 0:0 */
	/* at most; how much of it is used follows from what the server and the network take */
	unsigned window;		/* requests in flight, 1..1024; default 1024 */
	/* over so many TCP connections, 1..16; 0, the default: 2. NFSv4: one */
	unsigned connections;
	/* file data in flight, 64 KiB..1 GiB; 0, the default: 12 MiB, or an eighth of a file
	 * where that is more, up to 64 MiB */
	uint64_t bytes_in_flight;
	unsigned retry_for_s;		/* give up when the server gave no sign for so long */
	unsigned write_size;		/* largest WRITE, 0 = min(what the server prefers, 1 MiB) */
	/* check.h: what to ask of the server before anything is written, NULL = nothing */
	struct i2n_check *check;
	/* The destination directory exists and is as it should be; nothing has been written, and
	 * ops may read. I2N_OK to go on. NULL: not asked; nor is it with EXISTING. */
	int (*arrived)(void *ctx, struct i2n_sink *sink, struct i2n_err *err);
	void *arrived_ctx;
};
#define I2N_NFS_OPTS_DEFAULT { .window = 1024, .retry_for_s = 300 }
#define I2N_NFS_CONNECTIONS_MAX 16

/* A parsed URL: nfs://[user@ is refused]host[:port]/path[?name=value&...]. Names as libnfs
 * documents them: version, nfsport, mountport, uid, gid, and those that have no meaning here
 * (accepted with a note). '%XX' is decoded in host and path. IPv6 hosts in brackets. */
struct i2n_nfs_url {
	/* path begins with '/', has no trailing one (except "/" itself), "." and ".." refused */
	char *host, *path;
	uint16_t port, mountport;	/* 0 = ask the portmapper (2049 is tried for NFS when there
					 * is none) */
	unsigned version;		/* 3 or 4; 0 = try 3, then 4 */
	bool has_uid, has_gid;
	uint32_t uid, gid;
	/* NULL: sys, none. Only a libnfs of 6.0 or later that was built so can do others; they are
	 * refused (domain USAGE), not left out, where it cannot. */
	const char *sec;	/* "krb5", "krb5i", "krb5p"; static */
	const char *xprtsec;	/* "tls", "mtls"; static */
};
int i2n_nfs_url_parse(const char *text, const struct i2n_notes *notes, struct i2n_nfs_url *ret,
		      struct i2n_err *err);
void i2n_nfs_url_release(struct i2n_nfs_url *url);

const char *i2n_nfs_library(void);	/* version of libnfs we were built with */

/* Connect, mount the longest exported prefix of the URL's path, and make sure that the destination
 * directory is as opts->dest wants it (else I2N_FATAL, domain DEST, nothing written). Unless it is
 * EXISTING or LOOK, then make what is missing of the path, and check with the attributes of the
 * destination directory that our uid is not squashed. env's members must outlive the sink; for the
 * ops from LIST on, tree and reader may be NULL. Failures carry as hint the line that /etc/exports
 * lacks. stop (may be NULL): set to a signal number to give up. */
int i2n_sink_open_nfs3(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		       const struct i2n_sink_env *env,
		       const volatile int *stop, struct i2n_sink **ret, struct i2n_err *err);

/* A directory of this machine, which is made if it is missing (the one above it is not), and in it
 * `below` (one name; NULL: itself). What is there stays: directories are entered, files are
 * replaced whole, nothing else is removed. Owners are left to the system; no I2N_CAP_READBACK. */
int i2n_sink_open_dir(const char *path, const char *below, const struct i2n_sink_env *env,
		      struct i2n_sink **ret, struct i2n_err *err);

/* Reads all content, stores nothing. */
int i2n_sink_open_null(const struct i2n_sink_env *env, struct i2n_sink **ret, struct i2n_err *err);

#endif
