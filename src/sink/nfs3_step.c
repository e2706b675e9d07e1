#include "img2nfs/name.h"

#include "nfs3_err.h"
#include "nfs3_sink.h"

#include <stdio.h>
#include <stdlib.h>

#define FIXES_MAX 1	/* corrective rounds per object; a second one has never been seen to help */
#define SYMLINK_TRIALS 2	/* useless rounds after which a server counts as keeping no symlink
				 * times */

char *nfs3_op_path(const struct nfs3_op *o, char *buf, size_t cap)
{
	size_t len = 0;
	bool in_tree = o->nfs->env.tree && (o->op->dirent != I2N_NONE || !o->name[0]);
	char *path = in_tree ? i2n_tree_path(o->nfs->env.tree, o->op->dirent, &len) : NULL;

	if (path)
		(void)i2n_quote(buf, cap, path, len);
	else
		(void)i2n_quote(buf, cap, o->name, strlen(o->name));
	free(path);
	return buf;
}

static void wake_symlinks(struct nfs3 *nfs);

/* What a stored object leaves behind: its handle, and a word about times that had to be clamped. */
static int take_result(struct nfs3_op *o)
{
	enum i2n_op_kind kind = o->op->kind;
	bool object = kind == I2N_OP_FILE || kind == I2N_OP_SYMLINK || kind == I2N_OP_MKNOD;
	bool settled = object || kind == I2N_OP_DIRATTR || kind == I2N_OP_SETATTR;
	char *path;
	size_t len = 0;

	if (kind == I2N_OP_MKDIR || (object && o->op->keep && !o->op->exists) ||
	    (kind == I2N_OP_LOOKUP && !o->op->absent)) {
		o->op->obj = nfs3_objs_add(&o->nfs->objs, &o->self);
		if (o->op->obj == I2N_OBJ_NONE)
			return i2n_err_nomem(&o->op->err);
	}
	if (settled && !o->op->exclusive && o->want.clamped && o->want.check & NFS3_ATTR_TIMES) {
		path = o->nfs->env.tree ? i2n_tree_path(o->nfs->env.tree, o->op->dirent,
							&len) : NULL;
		i2n_note(o->nfs->env.notes, I2N_NOTE_LOSS, "time-range", path, len,
			 "a time before 1970 or after 2106 was moved to the nearest that NFSv3 can "
			 "express");
		free(path);
	}
	return I2N_OK;
}

void nfs3_op_done(struct nfs3_op *o, int rc)
{
	struct nfs3 *nfs = o->nfs;

	nfs3_file_close(o);
	nfs3_list_close(o);
	nfs3_acl_close(o);
	if (o->op->kind == I2N_OP_READ)
		nfs->read_bytes -= o->op->len;
	o->op->rc = rc == I2N_OK ? take_result(o) : rc;
	if (o->op->rc == I2N_OK && o->ambiguous)
		nfs3_audit_add(o);
	*(o->prev ? &o->prev->next : &nfs->active) = o->next;
	if (o->next)
		o->next->prev = o->prev;
	o->prev = o->next = NULL;
	*(nfs->finished_tail ? &nfs->finished_tail->next : &nfs->finished) = o;
	nfs->finished_tail = o;
	if (nfs->symlink_trial == o)
		wake_symlinks(nfs);
}

static void tell_refusal(struct nfs3_op *o, enum i2n_proc proc, nfsstat3 status)
{
	char path[400], code[32];
	const char *hint = nfs3_err_hint(status);

	i2n_err_set(&o->op->err, I2N_DOM_NFS3, status, "cannot %s %s: %s", nfs3_proc_verb(proc),
		    nfs3_op_path(o, path, sizeof(path)),
		    nfs_err_name(o->nfs->calls.v4 != NULL, status, code));
	if (hint)
		i2n_err_hint(&o->op->err, "%s", hint);
}

void nfs3_op_fail(struct nfs3_op *o, enum i2n_proc proc, nfsstat3 status, bool own_handle)
{
	tell_refusal(o, proc, status);
	nfs3_op_done(o, nfs3_err_rc(status, own_handle));
}

void nfs3_op_refused(struct nfs3_op *o, enum i2n_proc proc, nfsstat3 status)
{
	tell_refusal(o, proc, status);
	nfs3_op_done(o, nfs3_err_is_patience(status) ? I2N_FATAL : I2N_BADNODE);
}

void nfs3_op_conflict(struct nfs3_op *o, const char *what)
{
	char path[400];

	i2n_err_set(&o->op->err, I2N_DOM_DEST, 0, "cannot store %s: %s",
		    nfs3_op_path(o, path, sizeof(path)), what);
	nfs3_op_done(o, I2N_BADNODE);
}

static void on_answer(struct nfs_call *call, const void *res)
{
	struct nfs3_op *o = (struct nfs3_op *)(void *)call;

	o->ambiguous |= call->ambiguous;
	if (res && !o->nfs->stopping) {
		o->step(o, res);
		return;
	}
	o->op->err = o->nfs->calls.err;
	nfs3_op_done(o, I2N_FATAL);
}

void nfs3_ask(struct nfs3_op *o, enum i2n_proc proc,
	      void (*step)(struct nfs3_op *o, const void *res))
{
	o->step = step;
	o->call.proc = proc;
	o->call.done = on_answer;
	nfs_call_start(&o->nfs->calls, &o->call);
}

static void note_loss(const struct nfs3_op *o, const fattr3 *got, unsigned diff)
{
	const struct i2n_sink_env *env = &o->nfs->env;
	size_t len = 0;
	char *path = env->tree ? i2n_tree_path(env->tree, o->op->dirent, &len) : NULL;
	char text[120];

	if (o->want.type == NF3LNK && diff & NFS3_ATTR_TIMES) {
		i2n_note(env->notes, I2N_NOTE_LOSS, "symlink-times", path, len,
			 "the server does not keep the times of symlinks");
		diff &= ~(unsigned)NFS3_ATTR_TIMES;
	}
	for (unsigned bit = 1; bit <= diff; bit <<= 1)
		if (diff & bit)
			i2n_note(env->notes, I2N_NOTE_LOSS, "attr", path, len, "%s",
				 nfs3_want_text(&o->want, got, bit, text, sizeof(text)));
	free(path);
}

static void on_getattr(struct nfs3_op *o, const void *reply)
{
	const GETATTR3res *res = reply;

	if (res->status != NFS3_OK)
		nfs3_op_fail(o, I2N_PROC_GETATTR, res->status, true);
	else
		nfs3_settle(o, &res->GETATTR3res_u.resok.obj_attributes);
}

static void ask_attrs(struct nfs3_op *o)
{
	o->asked = true;
	o->call.args.getattr.object = nfs3_fh_xdr(&o->self);
	nfs3_ask(o, I2N_PROC_GETATTR, on_getattr);
}

static void send_setattr(struct nfs3_op *o, unsigned mask,
			 void (*step)(struct nfs3_op *o, const void *res))
{
	SETATTR3args *args = &o->call.args.setattr;

	memset(args, 0, sizeof(*args));
	args->object = nfs3_fh_xdr(&o->self);
	nfs3_want_sattr(&o->want, mask, &args->new_attributes);
	nfs3_ask(o, I2N_PROC_SETATTR, step);
}

static void on_set_attrs(struct nfs3_op *o, const void *reply)
{
	const SETATTR3res *res = reply;

	if (res->status != NFS3_OK)
		nfs3_op_fail(o, I2N_PROC_SETATTR, res->status, true);
	else
		nfs3_settle(o, nfs3_attrs(&res->SETATTR3res_u.resok.obj_wcc.after));
}

void nfs3_set_attrs(struct nfs3_op *o, unsigned mask)
{
	send_setattr(o, mask, on_set_attrs);
}

/* A correction that the server refuses leaves things as they are, which settle() reports. */
static void on_fix(struct nfs3_op *o, const void *reply)
{
	const SETATTR3res *res = reply;
	unsigned left = o->fix_left;

	o->fix_left = 0;
	if (left)
		send_setattr(o, left, on_fix);
	else if (res->status == NFS3_OK)
		nfs3_settle(o, nfs3_attrs(&res->SETATTR3res_u.resok.obj_wcc.after));
	else if (nfs3_err_rc(res->status, true) == I2N_FATAL && res->status != NFS3ERR_PERM &&
		 res->status != NFS3ERR_ACCES)
		nfs3_op_fail(o, I2N_PROC_SETATTR, res->status, true);
	else
		nfs3_settle(o, NULL);
}

/* Servers drop setuid and setgid when the owner is set, even in the same request: there the owner
 * goes first, alone. */
static void fix(struct nfs3_op *o, unsigned diff)
{
	unsigned mask = diff & NFS3_ATTR_FIXABLE;

	o->fixes++;
	o->asked = false;
	o->nfs->sink.stats.corrected++;
	if (mask & NFS3_ATTR_OWNER)
		mask |= o->want.check & NFS3_ATTR_MODE;
	if (mask & NFS3_ATTR_SIZE)
		mask |= NFS3_ATTR_TIMES;	/* setting the size moves the times */
	if (mask & NFS3_ATTR_OWNER && o->want.mode & 06000 && o->want.check & NFS3_ATTR_MODE) {
		o->fix_left = mask & ~(unsigned)NFS3_ATTR_OWNER;
		mask = NFS3_ATTR_OWNER;
	}
	send_setattr(o, mask, on_fix);
}

static void give_in(struct nfs3_op *o, const fattr3 *got, unsigned diff)
{
	note_loss(o, got, diff);
	o->want.check &= ~diff;		/* told once; the audit need not tell it again */
	nfs3_acl_finish(o);
}

/* Some servers (nfs-ganesha) take the times of a symlink and forget them. Whether this one does is
 * learnt from one symlink at a time, while the others wait, so that a thousand of them cost a
 * request or two and not a thousand. */
static void learn_symlink_times(struct nfs3_op *o, const fattr3 *got, unsigned diff)
{
	struct nfs3 *nfs = o->nfs;

	if (nfs->symlink_times == SYMLINK_TIMES_LOST) {
		give_in(o, got, diff);
	} else if (nfs->symlink_times == SYMLINK_TIMES_KEPT || !nfs->symlink_trial) {
		nfs->symlink_trial = o;
		fix(o, diff);
	} else {
		o->writer_next = nfs->symlink_waiters;
		nfs->symlink_waiters = o;
	}
}

static void wake_symlinks(struct nfs3 *nfs)
{
	struct nfs3_op *o = nfs->symlink_waiters, *next;

	nfs->symlink_trial = NULL;
	nfs->symlink_waiters = NULL;
	for (; o; o = next) {
		next = o->writer_next;
		learn_symlink_times(o, NULL, NFS3_ATTR_TIMES);
	}
}

static void judge_trial(struct nfs3 *nfs, unsigned diff)
{
	if (!(diff & NFS3_ATTR_TIMES))
		nfs->symlink_times = SYMLINK_TIMES_KEPT;
	else if (++nfs->symlink_misses >= SYMLINK_TRIALS &&
		 nfs->symlink_times == SYMLINK_TIMES_UNKNOWN)
		nfs->symlink_times = SYMLINK_TIMES_LOST;
}

void nfs3_settle(struct nfs3_op *o, const fattr3 *got)
{
	unsigned diff;

	if (!got && !o->asked) {
		ask_attrs(o);
		return;
	}
	if (!got) {	/* it does not even answer GETATTR with attributes */
		nfs3_op_conflict(o, "the server gives no attributes");
		return;
	}
	if (o->op->kind == I2N_OP_SETATTR)
		nfs3_take_attr(&o->op->attr, got);
	diff = nfs3_want_diff(&o->want, got, &o->nfs->delta);
	if (diff & NFS3_ATTR_TYPE) {
		nfs3_op_conflict(o, "something of another type is there");
		return;
	}
	if (diff & NFS3_ATTR_SIZE && got->size < o->sent_end) {	/* growing it would only hide that
								 * data is missing */
		nfs3_op_conflict(o, "the file is shorter than what was written");
		return;
	}
	if (o->nfs->symlink_trial == o)
		judge_trial(o->nfs, diff);
	if (!diff)
		nfs3_acl_finish(o);
	else if (!(diff & NFS3_ATTR_FIXABLE) || o->fixes >= FIXES_MAX)
		give_in(o, got, diff);
	else if (o->want.type == NF3LNK && !(diff & ~(unsigned)NFS3_ATTR_TIMES))
		learn_symlink_times(o, got, diff);
	else
		fix(o, diff);
}
