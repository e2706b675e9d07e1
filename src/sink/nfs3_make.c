#include "nfs3_err.h"
#include "nfs3_sink.h"
#include "nfs_long.h"

#include <errno.h>
#include <stdlib.h>

#define COMPARE_MAX (UINT64_C(4) << 20)	/* of a WRITE there are at most 1 MiB */

/* CREATE, MKDIR, SYMLINK and MKNOD answer with the same three things. */
struct made {
	nfsstat3 status;
	const post_op_fh3 *fh;
	const fattr3 *attrs;
};

static struct made made_of(enum i2n_proc proc, const void *reply)
{
	const CREATE3res *create = reply;
	const MKDIR3res *mkdir = reply;
	const SYMLINK3res *symlink = reply;
	const MKNOD3res *mknod = reply;

	switch (proc) {
	case I2N_PROC_MKDIR:
		return (struct made){ mkdir->status, &mkdir->MKDIR3res_u.resok.obj,
				      nfs3_attrs(&mkdir->MKDIR3res_u.resok.obj_attributes) };
	case I2N_PROC_SYMLINK:
		return (struct made){ symlink->status, &symlink->SYMLINK3res_u.resok.obj,
				      nfs3_attrs(&symlink->SYMLINK3res_u.resok.obj_attributes) };
	case I2N_PROC_MKNOD:
		return (struct made){ mknod->status, &mknod->MKNOD3res_u.resok.obj,
				      nfs3_attrs(&mknod->MKNOD3res_u.resok.obj_attributes) };
	default:
		return (struct made){ create->status, &create->CREATE3res_u.resok.obj,
				      nfs3_attrs(&create->CREATE3res_u.resok.obj_attributes) };
	}
}

static enum i2n_proc proc_of(enum i2n_op_kind kind)
{
	switch (kind) {
	case I2N_OP_MKDIR:
		return I2N_PROC_MKDIR;
	case I2N_OP_FILE:
		return I2N_PROC_CREATE;
	case I2N_OP_SYMLINK:
		return I2N_PROC_SYMLINK;
	case I2N_OP_MKNOD:
		return I2N_PROC_MKNOD;
	case I2N_OP_LINK:
		return I2N_PROC_LINK;
	default:
		return I2N_PROC_SETATTR;
	}
}

/* The object is there and its handle known. */
static void go_on(struct nfs3_op *o, const fattr3 *attrs)
{
	if (attrs && attrs->type != o->want.type)
		nfs3_op_conflict(o, "something of another type is there");
	else if (o->op->exclusive)
		nfs3_op_done(o, I2N_OK);
	else if (o->op->kind == I2N_OP_MKDIR)
		nfs3_acl_made_dir(o);
	else if (o->file)
		nfs3_file_begin(o);
	else
		nfs3_settle(o, attrs);
}

static bool take_fh(struct nfs3_op *o, const nfs_fh3 *fh)
{
	if (nfs3_fh_take(&o->self, fh->data.data_len, fh->data.data_val))
		return true;
	nfs3_op_conflict(o, "the server gave a file handle of a wrong length");
	return false;
}

static void on_readlink(struct nfs3_op *o, const void *reply)
{
	const READLINK3res *res = reply;

	if (res->status != NFS3_OK)
		nfs3_op_fail(o, I2N_PROC_READLINK, res->status, true);
	else if (strcmp(res->READLINK3res_u.resok.data, o->target))
		nfs3_op_conflict(o, "another symlink is there already");
	else
		nfs3_settle(o, nfs3_attrs(&res->READLINK3res_u.resok.symlink_attributes));
}

static void on_data(struct nfs3_op *o, const void *reply);

static void ask_data(struct nfs3_op *o)
{
	struct rpc_read_args *args = &o->call.args.read;
	uint64_t rest = o->compare_end - o->compare_at;
	uint32_t most = o->nfs->sink.read_size;

	args->buf = o->target;
	args->xdr = (READ3args){ .file = nfs3_fh_xdr(&o->self), .offset = o->compare_at,
				 .count = rest < most ? (uint32_t)rest : most };
	nfs3_ask(o, I2N_PROC_READ, on_data);
}

/* What a server that died while it wrote our bytes may have: they, or zeros. */
static bool is_ours(struct nfs3_op *o, const unsigned char *got, uint32_t n, int *ret_rc)
{
	unsigned char *want = malloc(n);
	bool same = want != NULL;

	*ret_rc = want ? nfs3_file_read(o, want, n, o->compare_at) : i2n_err_nomem(&o->op->err);
	for (uint32_t i = 0; i < n && same && *ret_rc == I2N_OK; i++)
		same = got[i] == want[i] || !got[i];
	free(want);
	return same;
}

static void on_data(struct nfs3_op *o, const void *reply)
{
	const READ3res *res = reply;
	uint32_t n;
	int rc;

	if (res->status != NFS3_OK) {
		nfs3_op_fail(o, I2N_PROC_READ, res->status, true);
		return;
	}
	n = rpc_read_take(res, o->call.args.read.buf, o->call.args.read.xdr.count);
	if (!n || !is_ours(o, o->call.args.read.buf, n, &rc)) {
		nfs3_op_conflict(o, "another file is there already");
		return;
	}
	if (rc != I2N_OK) {
		nfs3_op_done(o, rc);
		return;
	}
	o->compare_at += n;
	if (o->compare_at < o->compare_end) {
		ask_data(o);
		return;
	}
	rc = nfs3_file_rewind(o);
	if (rc == I2N_OK)
		nfs3_file_begin(o);
	else
		nfs3_op_done(o, rc);
}

/* NFSv4 makes a file and writes into it in one request: when that was sent twice there may be data,
 * which has to be that of the image. Behind what one request can have written there is only a hole,
 * which may be one of terabytes. */
static void compare_data(struct nfs3_op *o, uint64_t size)
{
	o->compare_at = 0;
	o->compare_end = size < COMPARE_MAX ? size : COMPARE_MAX;
	o->target = malloc(o->nfs->sink.read_size);
	if (o->target)
		ask_data(o);
	else
		nfs3_op_done(o, i2n_err_nomem(&o->op->err));
}

/* The request may have been carried out before, ours whose reply was lost or that of a run before
 * this one, and something is there: is it what we wanted to make? */
static void judge_existing(struct nfs3_op *o, const fattr3 *attrs)
{
	if (o->op->exclusive) {
		unsigned alien = NFS3_ATTR_TYPE | NFS3_ATTR_MTIME;

		o->op->exists = !attrs || nfs3_want_diff(&o->want, attrs, &o->nfs->delta) & alien;
		nfs3_op_done(o, I2N_OK);
	} else if (!attrs) {
		nfs3_op_conflict(o, "something is there already and the server does not say what");
	} else if (attrs->type != o->want.type) {
		nfs3_op_conflict(o, "something of another type is there");
	} else if (o->want.type == NF3LNK) {
		o->call.args.readlink.symlink = nfs3_fh_xdr(&o->self);
		nfs3_ask(o, I2N_PROC_READLINK, on_readlink);
	} else if (nfs3_want_diff(&o->want, attrs, &o->nfs->delta) & NFS3_ATTR_RDEV) {
		nfs3_op_conflict(o, "another device is there already");
	} else if (attrs->type == NF3REG && attrs->size && o->file && o->nfs->calls.v4 &&
		   attrs->size <= o->want.size) {
		compare_data(o, attrs->size);
	} else if (attrs->type == NF3REG && attrs->size &&
		   (o->file || attrs->size != o->want.size)) {
		nfs3_op_conflict(o, "another file is there already");
	} else {
		go_on(o, attrs);
	}
}

static void on_lookup(struct nfs3_op *o, const void *reply)
{
	const LOOKUP3res *res = reply;
	const LOOKUP3resok *ok = &res->LOOKUP3res_u.resok;

	if (res->status == NFS3ERR_NOENT && o->op->exclusive) {	/* it was somebody else's */
		o->op->exists = true;
		nfs3_op_done(o, I2N_OK);
	} else if (res->status != NFS3_OK) {
		nfs3_op_fail(o, I2N_PROC_LOOKUP, res->status, false);
	} else if (take_fh(o, &ok->object)) {
		judge_existing(o, nfs3_attrs(&ok->obj_attributes));
	}
}

static void look_up(struct nfs3_op *o, void (*step)(struct nfs3_op *o, const void *res))
{
	o->call.args.lookup.what = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	nfs3_ask(o, I2N_PROC_LOOKUP, step);
}

static bool may_be_ours(const struct nfs3_op *o)
{
	return o->call.ambiguous || o->op->late || o->op->exclusive;
}

static void on_made(struct nfs3_op *o, const void *reply)
{
	enum i2n_proc proc = proc_of(o->op->kind);
	struct made m = made_of(proc, reply);

	if (m.status == NFS3ERR_EXIST && may_be_ours(o))
		look_up(o, on_lookup);
	else if (m.status != NFS3_OK)
		nfs3_op_fail(o, proc, m.status, false);
	else if (!m.fh->handle_follows)
		look_up(o, on_lookup);
	else if (take_fh(o, &m.fh->post_op_fh3_u.handle))
		go_on(o, m.attrs);
}

void nfs3_not_created(struct nfs3_op *o, nfsstat3 status)
{
	if (status == NFS3_OK || (status == NFS3ERR_EXIST && may_be_ours(o)))
		look_up(o, on_lookup);
	else
		nfs3_op_fail(o, I2N_PROC_CREATE, status, false);
}

static void on_link_source(struct nfs3_op *o, const void *reply);

/* LINK is answered with EXIST after re-sending: is the name there a name of our object? Equal
 * handles say yes; different ones say nothing, so compare the numbers too. */
static void on_link_lookup(struct nfs3_op *o, const void *reply)
{
	const LOOKUP3res *res = reply;
	const LOOKUP3resok *ok = &res->LOOKUP3res_u.resok;
	const fattr3 *attrs = nfs3_attrs(&ok->obj_attributes);

	if (res->status != NFS3_OK) {
		nfs3_op_fail(o, I2N_PROC_LOOKUP, res->status, false);
	} else if (ok->object.data.data_len == o->self.len &&
		   !memcmp(ok->object.data.data_val, o->self.data, o->self.len)) {
		nfs3_op_done(o, I2N_OK);
	} else if (!attrs) {
		nfs3_op_conflict(o, "something is there already and the server does not say what");
	} else {
		o->fileid = attrs->fileid;
		o->call.args.getattr.object = nfs3_fh_xdr(&o->self);
		nfs3_ask(o, I2N_PROC_GETATTR, on_link_source);
	}
}

static void on_link_source(struct nfs3_op *o, const void *reply)
{
	const GETATTR3res *res = reply;

	if (res->status != NFS3_OK)
		nfs3_op_fail(o, I2N_PROC_GETATTR, res->status, true);
	else if (res->GETATTR3res_u.resok.obj_attributes.fileid != o->fileid)
		nfs3_op_conflict(o, "another object is there already");
	else
		nfs3_op_done(o, I2N_OK);
}

static void on_linked(struct nfs3_op *o, const void *reply)
{
	const LINK3res *res = reply;

	if (res->status == NFS3ERR_EXIST && may_be_ours(o))
		look_up(o, on_link_lookup);
	else if (res->status != NFS3_OK)
		nfs3_op_fail(o, I2N_PROC_LINK, res->status, false);
	else
		nfs3_op_done(o, I2N_OK);
}

void nfs3_create_args(const struct nfs3_op *o, CREATE3args *args)
{
	unsigned mask = NFS3_ATTR_MODE | NFS3_ATTR_OWNER;

	if (o->op->exclusive)
		mask = NFS3_ATTR_MODE | NFS3_ATTR_MTIME;
	else if (!o->file)	/* without data this is all there is to do */
		mask |= NFS3_ATTR_TIMES | (o->want.size ? NFS3_ATTR_SIZE : 0);
	memset(args, 0, sizeof(*args));
	/* libnfs only reads the name */
	args->where = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir),
				    .name = (char *)(uintptr_t)o->name };
	/* not UNCHECKED: on a server that does not tell upper from lower case, two files would
	 * silently become one */
	args->how.mode = GUARDED;
	nfs3_want_sattr(&o->want, mask, &args->how.createhow3_u.g_obj_attributes);
}

static void send_create(struct nfs3_op *o)
{
	if (nfs3_file_is_stored(o)) {
		nfs3_file_store(o);
		return;
	}
	nfs3_create_args(o, &o->call.args.create);
	nfs3_ask(o, I2N_PROC_CREATE, on_made);
}

static void send_mkdir(struct nfs3_op *o)
{
	MKDIR3args *args = &o->call.args.mkdir;

	memset(args, 0, sizeof(*args));
	args->where = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	nfs3_want_sattr(&o->want, NFS3_ATTR_MODE | NFS3_ATTR_OWNER, &args->attributes);
	nfs3_ask(o, I2N_PROC_MKDIR, on_made);
}

static void send_symlink(struct nfs3_op *o)
{
	SYMLINK3args *args = &o->call.args.symlink;

	memset(args, 0, sizeof(*args));
	args->where = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	args->symlink.symlink_data = o->target;
	nfs3_want_sattr(&o->want, NFS3_ATTR_MODE | NFS3_ATTR_OWNER | NFS3_ATTR_TIMES,
			&args->symlink.symlink_attributes);
	nfs3_ask(o, I2N_PROC_SYMLINK, on_made);
}

static void send_mknod(struct nfs3_op *o)
{
	MKNOD3args *args = &o->call.args.mknod;
	unsigned mask = NFS3_ATTR_MODE | NFS3_ATTR_OWNER | NFS3_ATTR_TIMES;

	memset(args, 0, sizeof(*args));
	args->where = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	args->what.type = o->want.type;
	if (o->want.type == NF3CHR || o->want.type == NF3BLK) {	/* the union has the same member for
								 * both */
		nfs3_want_sattr(&o->want, mask, &args->what.mknoddata3_u.chr_device.dev_attributes);
		args->what.mknoddata3_u.chr_device.spec =
			(specdata3){ o->want.major, o->want.minor };
	} else {
		nfs3_want_sattr(&o->want, mask, &args->what.mknoddata3_u.pipe_attributes);
	}
	nfs3_ask(o, I2N_PROC_MKNOD, on_made);
}

static void send_link(struct nfs3_op *o)
{
	LINK3args *args = &o->call.args.link;

	o->self = nfs3_objs_get(&o->nfs->objs, o->op->obj);
	args->file = nfs3_fh_xdr(&o->self);
	args->link = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	nfs3_ask(o, I2N_PROC_LINK, on_linked);
}

static void on_root_owner(struct nfs3_op *o, const void *reply)
{
	const SETATTR3res *res = reply;

	if (res->status != NFS3_OK)
		nfs3_op_fail(o, I2N_PROC_SETATTR, res->status, true);
	else
		nfs3_set_attrs(o, NFS3_ATTR_MODE | NFS3_ATTR_TIMES);
}

/* The destination directory was not made by an op of ours: its owner is set here, before the
 * mode. */
static void send_dirattr(struct nfs3_op *o)
{
	SETATTR3args *args = &o->call.args.setattr;
	const fattr3 *now = &o->nfs->root_attrs;

	o->self = nfs3_objs_get(&o->nfs->objs, o->op->obj);
	if (o->op->obj != I2N_OBJ_ROOT || (now->uid == o->want.uid && now->gid == o->want.gid)) {
		nfs3_set_attrs(o, NFS3_ATTR_MODE | NFS3_ATTR_TIMES);
		return;
	}
	memset(args, 0, sizeof(*args));
	args->object = nfs3_fh_xdr(&o->self);
	nfs3_want_sattr(&o->want, NFS3_ATTR_OWNER, &args->new_attributes);
	nfs3_ask(o, I2N_PROC_SETATTR, on_root_owner);
}

static int bad_target(struct nfs3_op *o, const char *why)
{
	char path[400];

	i2n_err_set(&o->op->err, I2N_DOM_DEST, 0, "cannot store symlink %s: %s",
		    nfs3_op_path(o, path, sizeof(path)),
		    why);
	return I2N_BADNODE;
}

static int read_target(struct nfs3_op *o)
{
	struct i2n_reader *r = o->nfs->env.reader;
	const struct i2n_inode *in = o->op->inode;
	int rc;

	if (in->size > NFS_TARGET_MAX)
		return bad_target(o, "its target is too long");
	o->target = malloc((size_t)in->size + 1);
	if (!o->target)
		return i2n_err_nomem(&o->op->err);
	rc = r->ops->readlink(r, in, o->target, (size_t)in->size, &o->op->err);
	if (rc != I2N_OK)
		return rc;
	o->target[in->size] = '\0';
	if (strlen(o->target) != in->size)
		return bad_target(o, "its target has a NUL byte");
	return I2N_OK;
}

static int prepare(struct nfs3_op *o)
{
	char path[400];

	if (o->op->kind == I2N_OP_SYMLINK)
		return read_target(o);
	if (o->op->kind != I2N_OP_FILE)
		return I2N_OK;
	if (o->want.size > o->nfs->max_file) {
		i2n_err_set(&o->op->err, I2N_DOM_DEST, 0,
			    "cannot store %s: the server takes no files larger than %llu bytes",
			    nfs3_op_path(o, path,
					 sizeof(path)), (unsigned long long)o->nfs->max_file);
		return I2N_BADNODE;
	}
	return nfs3_file_open(o);
}

void nfs3_make_start(struct nfs3_op *o)
{
	int rc;

	nfs3_want_init(&o->want, o->op->inode);
	if (o->op->kind != I2N_OP_DIRATTR) {
		o->dir = nfs3_objs_get(&o->nfs->objs, o->op->parent);
		memcpy(o->name, o->op->name, o->op->name_len);
		o->name[o->op->name_len] = '\0';
	}
	rc = prepare(o);
	if (rc != I2N_OK) {
		nfs3_op_done(o, rc);
		return;
	}
	switch (o->op->kind) {
	case I2N_OP_MKDIR:
		send_mkdir(o);
		break;
	case I2N_OP_FILE:
		send_create(o);
		break;
	case I2N_OP_SYMLINK:
		send_symlink(o);
		break;
	case I2N_OP_MKNOD:
		send_mknod(o);
		break;
	case I2N_OP_LINK:
		send_link(o);
		break;
	default:
		send_dirattr(o);
		break;
	}
}
