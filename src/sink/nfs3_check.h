/* nfs3_check.h - try out in a scratch directory what a server keeps.
 *
 *	nfs3_check.c		the requests: which after which, and their removal
 *	nfs3_check_judge.c	what the answers mean
 *
 * Both i2n_check_nfs3() and the opening of the sink use this; nothing else looks whether root is
 * squashed. */
#ifndef NFS3_CHECK_H
#define NFS3_CHECK_H

#include "img2nfs/check.h"
#include "nfs_call.h"

enum nfs3_probe_obj {
	PROBE_DIR,
	PROBE_FILE,
	PROBE_CHR,
	PROBE_BLK,
	PROBE_FIFO,
	PROBE_SOCK,
	PROBE_SYMLINK,
	PROBE_LONG,
	PROBE_BYTES,
	PROBE_HARD,
	PROBE_OBJS
};

/* What became of an object. */
struct nfs3_probe_obj_state {
	bool asked; /* its making was sent: it may be there */
	bool answered;
	nfsstat3 status; /* of its making */
	bool has_fh, has_attrs, listed;
	struct nfs3_fh fh;
	fattr3 attrs; /* the newest */
	nfsstat3 set_status; /* of its SETATTR */
	bool set; /* the SETATTR was answered */
};

struct nfs3_probed {
	struct nfs3_probe_obj_state objs[PROBE_OBJS];
	bool statted;
	FSSTAT3resok stat;
	enum { CASE_UNKNOWN, CASE_SENSITIVE, CASE_FOLDED } names;
	bool listed; /* READDIRPLUS was answered: attrs and names are what a reader sees */
	bool left_behind; /* something could not be removed */
};

struct nfs3_check_in {
	struct nfs_calls *calls;
	const struct nfs3_fh *dir; /* make the scratch directory in here */
	const fattr3 *dir_attrs;
	const char *where; /* the same, quoted, for texts */
	/* NFSv4: dir is above all exports as far as we see, and this is wanted, quoted; else
	 * NULL */
	const char *unseen;
	bool low_port; /* our source port is below 1024 */
	const FSINFO3resok *fsinfo;
	uint32_t uid; /* who we say we are */
	const volatile int *stop;
	bool essential; /* only what extract wants to know */
};

/* Values that the probes set and the judge expects. */
#define PROBE_UID 3000000001u
#define PROBE_GID 3000000002u
#define PROBE_MAJOR 259
#define PROBE_MINOR 70000
#define PROBE_MODE 06755u
#define PROBE_DIR_MODE 03700u
#define PROBE_MTIME ((nfstime3){ 4000000001u, 123456789u }) /* 2096 */
#define PROBE_ATIME ((nfstime3){ 1000000001u, 987654321u }) /* 2001 */

/* One trial. With in->essential, objects are removed as soon as they have told what they can, and
 * the verdict is there when removing has been seen to work, while the rest of it is under way:
 * other requests may be made meanwhile.
 *
 *	nfs3_trial_run		fills check->findings, uid, gid, squashed. Where a connection broke
 *				and something seems to be wrong, it is tried again
 *	nfs3_trial_end		always, of what is not NULL: waits until all is removed, frees. What
 *				could not be removed is a finding
 *
 * I2N_FATAL: connection lost or stopped; what could be removed is removed. */
struct nfs3_trial;
int nfs3_trial_run(const struct nfs3_check_in *in, struct i2n_check *check,
		   struct nfs3_trial **ret, struct i2n_err *err);
int nfs3_trial_end(struct nfs3_trial *trial, struct i2n_check *check, struct i2n_err *err);

void nfs3_check_judge(const struct nfs3_check_in *in, const struct nfs3_probed *p,
		      struct i2n_check *check);

/* Set one finding. */
void nfs3_check_found(struct i2n_check *check, enum i2n_check_id id, enum i2n_check_state state,
		      enum i2n_remedy remedy, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The first finding that makes extract impossible becomes the error; I2N_OK if there is none. */
int nfs3_check_verdict(const struct i2n_check *check, struct i2n_err *err);

#endif
