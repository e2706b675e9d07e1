#include "nfs3_err.h"
#include "nfs3_sink.h"

#include <assert.h>

static_assert(I2N_SET_MODE == (int)NFS3_ATTR_MODE && I2N_SET_OWNER == (int)NFS3_ATTR_OWNER &&
	      I2N_SET_SIZE == (int)NFS3_ATTR_SIZE && I2N_SET_MTIME == (int)NFS3_ATTR_MTIME &&
	      I2N_SET_ATIME == (int)NFS3_ATTR_ATIME, "the bits are handed on as they are");

/* What is immutable or in use concerns one object, whatever else ends the run. */
static void refused(struct nfs3_op *o, enum i2n_proc proc, nfsstat3 status)
{
	if (status == NFS3ERR_PERM)
		nfs3_op_refused(o, proc, status);
	else
		nfs3_op_fail(o, proc, status, false);
}

static void on_owner_set(struct nfs3_op *o, const void *reply)
{
	const SETATTR3res *res = reply;

	if (res->status != NFS3_OK)
		refused(o, I2N_PROC_SETATTR, res->status);
	else
		nfs3_set_attrs(o, o->want.check & NFS3_ATTR_FIXABLE & ~(unsigned)NFS3_ATTR_OWNER);
}

static void start_setattr(struct nfs3_op *o)
{
	SETATTR3args *args = &o->call.args.setattr;
	unsigned mask;

	o->self = nfs3_objs_get(&o->nfs->objs, o->op->obj);
	nfs3_want_init(&o->want, o->op->inode);
	mask = o->op->mask & o->want.check & NFS3_ATTR_FIXABLE;
	o->want.check = mask | NFS3_ATTR_TYPE;
	if (!mask) {
		nfs3_settle(o, NULL);
	} else if (!(mask & NFS3_ATTR_OWNER) || mask == NFS3_ATTR_OWNER) {
		nfs3_set_attrs(o, mask);
	} else {
		memset(args, 0, sizeof(*args));
		args->object = nfs3_fh_xdr(&o->self);
		nfs3_want_sattr(&o->want, NFS3_ATTR_OWNER, &args->new_attributes);
		nfs3_ask(o, I2N_PROC_SETATTR, on_owner_set);
	}
}

static void start_remove(struct nfs3_op *o);

/* It was sent twice, and both were carried out at a time: nfs-ganesha. */
static bool met_itself(const struct nfs3_op *o, nfsstat3 status)
{
	return status == NFS3ERR_STALE && o->call.ambiguous;
}

static void on_removed(struct nfs3_op *o, const void *reply)
{
	nfsstat3 status = *(const nfsstat3 *)reply;

	if (met_itself(o, status)) {
		start_remove(o);
		return;
	}
	if (status != NFS3_OK && status != NFS3ERR_NOENT) {
		refused(o, o->call.proc, status);
		return;
	}
	/* else our own first sending removed it */
	o->op->absent = status == NFS3ERR_NOENT && !o->ambiguous;
	nfs3_op_done(o, I2N_OK);
}

static void start_remove(struct nfs3_op *o)
{
	diropargs3 what = { .dir = nfs3_fh_xdr(&o->dir), .name = o->name };

	if (o->op->kind == I2N_OP_REMOVE) {
		o->call.args.remove.object = what;
		nfs3_ask(o, I2N_PROC_REMOVE, on_removed);
	} else {
		o->call.args.rmdir.object = what;
		nfs3_ask(o, I2N_PROC_RMDIR, on_removed);
	}
}

static void on_moved_attrs(struct nfs3_op *o, const void *reply)
{
	const GETATTR3res *res = reply;

	if (res->status == NFS3_OK && res->GETATTR3res_u.resok.obj_attributes.fileid == o->fileid)
		nfs3_op_done(o, I2N_OK);
	else
		refused(o, I2N_PROC_RENAME, NFS3ERR_NOENT);
}

/* The reply to our RENAME was lost and now the old name is gone. Is the object at the new one?
 * Equal handles say yes, different ones say nothing: then its number must be the same. */
static void on_target(struct nfs3_op *o, const void *reply)
{
	const LOOKUP3res *res = reply;
	const LOOKUP3resok *ok = &res->LOOKUP3res_u.resok;
	const fattr3 *attrs = res->status == NFS3_OK ? nfs3_attrs(&ok->obj_attributes) : NULL;

	if (res->status == NFS3_OK && ok->object.data.data_len == o->self.len &&
	    !memcmp(ok->object.data.data_val, o->self.data, o->self.len)) {
		nfs3_op_done(o, I2N_OK);
	} else if (!attrs) {
		refused(o, I2N_PROC_RENAME, NFS3ERR_NOENT);
	} else {
		o->fileid = attrs->fileid;
		o->call.args.getattr.object = nfs3_fh_xdr(&o->self);
		nfs3_ask(o, I2N_PROC_GETATTR, on_moved_attrs);
	}
}

static void on_renamed(struct nfs3_op *o, const void *reply)
{
	const RENAME3res *res = reply;

	if (res->status == NFS3_OK) {
		nfs3_op_done(o, I2N_OK);
	} else if ((res->status == NFS3ERR_NOENT && o->call.ambiguous) ||
		   met_itself(o, res->status)) {
		o->call.args.lookup.what =
			(diropargs3){ .dir = nfs3_fh_xdr(&o->dir2), .name = o->name2 };
		nfs3_ask(o, I2N_PROC_LOOKUP, on_target);
	} else {
		refused(o, I2N_PROC_RENAME, res->status);
	}
}

static void on_source(struct nfs3_op *o, const void *reply)
{
	const LOOKUP3res *res = reply;
	const LOOKUP3resok *ok = &res->LOOKUP3res_u.resok;

	if (res->status != NFS3_OK) {
		refused(o, I2N_PROC_RENAME, res->status);
		return;
	}
	if (!nfs3_fh_take(&o->self, ok->object.data.data_len, ok->object.data.data_val)) {
		refused(o, I2N_PROC_RENAME, NFS3ERR_BADHANDLE);
		return;
	}
	o->call.args.rename.from = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	o->call.args.rename.to = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir2), .name = o->name2 };
	nfs3_ask(o, I2N_PROC_RENAME, on_renamed);
}

/* What is moved has to be known beforehand, to recognize it when a reply is lost. */
static void start_rename(struct nfs3_op *o)
{
	o->dir2 = nfs3_objs_get(&o->nfs->objs, o->op->parent2);
	memcpy(o->name2, o->op->name2, o->op->name2_len);
	o->name2[o->op->name2_len] = '\0';
	o->call.args.lookup.what = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	nfs3_ask(o, I2N_PROC_LOOKUP, on_source);
}

static void send_write(struct nfs3_op *o);

static void on_written(struct nfs3_op *o, const void *reply)
{
	const WRITE3res *res = reply;
	uint32_t n = res->status == NFS3_OK ? res->WRITE3res_u.resok.count : 0;

	if (res->status != NFS3_OK) {
		nfs3_op_fail(o, I2N_PROC_WRITE, res->status, true);
		return;
	}
	if (!n || n > o->op->len - o->op->ret_len) {	/* no progress, or a lie */
		nfs3_op_fail(o, I2N_PROC_WRITE, NFS3ERR_SERVERFAULT, true);
		return;
	}
	o->op->ret_len += n;
	if (o->op->ret_len < o->op->len)
		send_write(o);
	else
		nfs3_op_done(o, I2N_OK);
}

static void send_write(struct nfs3_op *o)
{
	const struct i2n_op *op = o->op;
	WRITE3args *args = &o->call.args.write;

	args->file = nfs3_fh_xdr(&o->self);
	args->offset = op->off + op->ret_len;
	args->count = op->len - op->ret_len;
	args->stable = op->unstable ? UNSTABLE : FILE_SYNC;
	args->data.data_len = args->count;
	args->data.data_val = (char *)op->buf + op->ret_len;
	nfs3_ask(o, I2N_PROC_WRITE, on_written);
}

static void start_write(struct nfs3_op *o)
{
	o->self = nfs3_objs_get(&o->nfs->objs, o->op->obj);
	o->op->ret_len = 0;
	send_write(o);
}

void nfs3_change_start(struct nfs3_op *o)
{
	o->op->absent = false;
	if (o->op->kind == I2N_OP_SETATTR) {
		start_setattr(o);
		return;
	}
	if (o->op->kind == I2N_OP_WRITE) {
		start_write(o);
		return;
	}
	o->dir = nfs3_objs_get(&o->nfs->objs, o->op->parent);
	memcpy(o->name, o->op->name, o->op->name_len);
	o->name[o->op->name_len] = '\0';
	if (o->op->kind == I2N_OP_RENAME)
		start_rename(o);
	else
		start_remove(o);
}
