/* nfs3_sink.h - the inside of the NFSv3 sink, shared by its files.
 *
 *	nfs3_sink.c	submit, service, cancel, finish, free
 *	nfs3_step.c	what all ops do: requests, errors, settling attributes
 *	nfs3_make.c	MKDIR, SYMLINK, MKNOD, LINK, DIRATTR and CREATE, with what to believe after
 *			re-sending
 *	nfs3_file.c	file data: WRITE, COMMIT, write verifiers
 *	nfs3_read.c	LOOKUP, GETATTR, READ, READLINK: what is there
 *	nfs3_list.c	LIST
 *	nfs3_change.c	SETATTR, REMOVE, RMDIR, RENAME, WRITE
 *	nfs3_acl.c	SETACL and GETACL of NFSACL: the last step of what makes an object; ACL
 *	nfs3_audit.c	a second look at the attributes of what a broken connection may have
 *			disturbed
 *	nfs_mount.c	everything before the first op
 *
 * Every op has one request of its own under way at a time (`call`), and files any number of WRITEs
 * beside. A reply runs the op's next step; steps only queue requests (sent by service) and finished
 * ops (handed back by service), so nothing of the engine ever runs inside libnfs. */
#ifndef NFS3_SINK_H
#define NFS3_SINK_H

#include "nfs3_attr.h"
#include "nfs3_obj.h"
#include "nfs_buf.h"
#include "nfs_call.h"
#include "nfs_sweep.h"

struct nfs3_op;

/* One WRITE. Its buffer is kept until the server has taken all of it, or, when libnfs makes a copy,
 * until it is sent: what must be sent again is then read again from the image. */
struct nfs3_write {
	struct nfs_call call;	/* first member */
	struct nfs3_op *op;
	struct nfs3_write *next;	/* spare list */
	struct nfs_buf *buf;
	uint64_t off;
	uint32_t pos, len;	/* bytes taken by the server so far, and in all */
	int rc;			/* what reading again came to */
	bool sync;
};

struct nfs3_op {
	struct nfs_call call;	/* first member */
	struct nfs3 *nfs;
	struct i2n_op *op;
	struct nfs3_op *prev, *next;		/* active or finished */
	/* of files with data to send, symlinks that wait for a trial, listings with entries to hand
	 * over */
	struct nfs3_op *writer_next;
	/* Takes the reply; *status is the first word of every result and is NFS3_OK or handled
	 * here. */
	void (*step)(struct nfs3_op *o, const void *res);
	struct nfs3_fh dir, self;
	char name[I2N_NAME_MAX + 1];
	char *target;				/* of a symlink; or data to be compared; malloc */
	struct nfs3_want want;
	unsigned fixes;				/* corrective SETATTRs so far */
	unsigned fix_left;			/* enum nfs3_attr still to be sent after the
						 * owner */
	bool asked;				/* a GETATTR was needed */
	bool ambiguous;				/* some request was re-sent: audit at the end */
	bool on_writers;
	struct nfs_sweep_entry in_sweep;	/* what is to be sent next */
	bool borrowed;				/* of an audit: not from the heap of ops */
	uint64_t compare_at, compare_end;	/* of what may be ours */
	/* file data */
	struct i2n_file *file;
	struct i2n_range pend;			/* data found and not yet read */
	bool no_more;				/* pend is the last */
	bool storing;				/* the first WRITE makes the file */
	bool unstable;				/* a WRITE was not stored at once */
	bool verf_known, verf_changed;
	bool doomed;				/* failed; only waits for its WRITEs */
	bool undo;				/* and is then removed */
	char verf[NFS3_WRITEVERFSIZE];
	unsigned writes_out, rewinds;
	uint64_t sent_end, safe_end, bytes;	/* end of data sent; of data committed; bytes since
						 * the last commit */
	uint64_t fileid;			/* LINK: what has the name already; RENAME: what is
						 * moved */
	/* reading back */
	struct nfs3_list *list;			/* LIST; malloc */
	struct nfs3_acl *acl;			/* malloc */
	struct nfs3_fh dir2;			/* RENAME */
	char name2[I2N_NAME_MAX + 1];
};

struct nfs3_queue { struct nfs3_op *head, *tail; };	/* by writer_next */

struct nfs3_audit;
struct nfs3_acl;

struct nfs3 {
	struct i2n_sink sink;			/* first member */
	struct i2n_sink_env env;
	struct i2n_nfs_opts opts;
	unsigned version;			/* of NFS, that is to be spoken */
	struct nfs_calls calls;
	struct nfs3_objs objs;
	struct nfs_bufs bufs;
	struct nfs3_op *active, *finished, *finished_tail, *spare_ops;
	struct nfs3_queue writers[2];		/* files of one WRITE, and of more */
	int64_t ahead;				/* bytes that files of one WRITE are ahead of the
						 * others while both wait */
	struct nfs_sweep sweep;			/* instead, where the medium's order counts */
	struct nfs3_op *listed, *listed_tail;
	uint64_t read_bytes, write_bytes;	/* of READs, of WRITEs under way */
	uint64_t shared_bytes;			/* in flight at most, but for very large files */
	unsigned n_writes;			/* under way */
	unsigned char *again;			/* wsize bytes, for what is read again; or NULL */
	struct nfs3_write *spare_writes;
	struct nfs3_audit *audits;
	unsigned n_ops;
	uint32_t wsize;
	uint64_t max_file;
	struct nfstime3 delta;
	fattr3 root_attrs;
	enum { SYMLINK_TIMES_UNKNOWN, SYMLINK_TIMES_KEPT, SYMLINK_TIMES_LOST } symlink_times;
	unsigned symlink_misses;		/* corrective SETATTRs of a symlink's times that did
						 * nothing */
	struct nfs3_op *symlink_trial, *symlink_waiters;
	int stopping;				/* signal number */
	int64_t stop_by_ms;
};

/* nfs3_sink.c */
void nfs3_op_activate(struct nfs3_op *o);
/* No more ops are taken before one is done. */
bool nfs3_is_full(const struct nfs3 *nfs);

/* nfs3_step.c */
void nfs3_ask(struct nfs3_op *o, enum i2n_proc proc,
	      void (*step)(struct nfs3_op *o, const void *res));
void nfs3_op_done(struct nfs3_op *o, int rc);
/* The same when the run can do without: reading back, removing. */
void nfs3_op_refused(struct nfs3_op *o, enum i2n_proc proc, nfsstat3 status);
/* The op ends with an error of the server: fills op->err from the procedure and the code. */
void nfs3_op_fail(struct nfs3_op *o, enum i2n_proc proc, nfsstat3 status, bool own_handle);
void nfs3_op_conflict(struct nfs3_op *o, const char *what);
char *nfs3_op_path(const struct nfs3_op *o, char *buf, size_t cap);
/* Compare with what is wanted, mend, report; then the op is done. got NULL: the server did not say,
 * ask it. */
void nfs3_settle(struct nfs3_op *o, const fattr3 *got);
/* The final SETATTR: exactly these attributes, then settle. */
void nfs3_set_attrs(struct nfs3_op *o, unsigned mask);

/* nfs3_make.c */
/* Read what is needed of the image, send the first request. The op may be done (not yet handed
 * back) afterwards. */
void nfs3_make_start(struct nfs3_op *o);
void nfs3_create_args(const struct nfs3_op *o, CREATE3args *args);
/* The file was not created, or nobody knows its handle (status NFS3_OK). */
void nfs3_not_created(struct nfs3_op *o, nfsstat3 status);

/* nfs3_file.c */
int nfs3_file_open(struct nfs3_op *o);
void nfs3_file_begin(struct nfs3_op *o);		/* the file is there: send its data */
bool nfs3_file_is_stored(const struct nfs3_op *o);	/* in this way: */
void nfs3_file_store(struct nfs3_op *o);		/* make it with its first data */
void nfs3_file_pump(struct nfs3 *nfs);
/* What the image has there; to be called with rising offsets, after a rewind. */
int nfs3_file_read(struct nfs3_op *o, unsigned char *buf, size_t len, uint64_t off);
int nfs3_file_rewind(struct nfs3_op *o);
void nfs3_file_close(struct nfs3_op *o);

/* nfs3_read.c */
void nfs3_read_start(struct nfs3_op *o);
void nfs3_take_attr(struct i2n_attr *ret, const fattr3 *a);
/* Is there room for another READ of op->len bytes? */
bool nfs3_read_admits(struct nfs3 *nfs, const struct i2n_op *op);

/* nfs3_list.c */
void nfs3_list_start(struct nfs3_op *o);
bool nfs3_list_hand_over(struct nfs3 *nfs);	/* run on_entry for what has come; true: there was
						 * something */
void nfs3_list_close(struct nfs3_op *o);
bool nfs3_list_is_waiting(const struct nfs3_op *o);	/* in nfs->listed, or being handed over */

/* nfs3_change.c */
void nfs3_change_start(struct nfs3_op *o);

/* nfs3_acl.c */
/* All attributes are settled: set the ACL where there is one; then the op is done. */
void nfs3_acl_finish(struct nfs3_op *o);
/* A directory was made: what it inherited must not go on to what is made in it. Then the op is
 * done. */
void nfs3_acl_made_dir(struct nfs3_op *o);
void nfs3_acl_start(struct nfs3_op *o);
void nfs3_acl_close(struct nfs3_op *o);

/* nfs3_audit.c */
void nfs3_audit_add(struct nfs3_op *o);
int nfs3_audit_run(struct nfs3 *nfs, struct i2n_err *err);
void nfs3_audit_release(struct nfs3 *nfs);

/* nfs_mount.c: fills objs[0], root_attrs, wsize, max_file, delta and calls. */
int nfs_mount_open(struct nfs3 *nfs, const struct i2n_nfs_url *url, const volatile int *stop,
		   struct i2n_err *err);
/* Mount, go to the deepest directory that exists, try out there what the server keeps. */
int nfs_mount_check(struct nfs3 *nfs, const struct i2n_nfs_url *url, const volatile int *stop,
		    struct i2n_check *check,
		    struct i2n_err *err);

#endif
