#include "nfs3_err.h"
#include "nfs3_sink.h"

static uint64_t packed(const struct nfstime3 *t)
{
	return i2n_time_pack((struct i2n_time){
		t->seconds, t->nseconds < 1000000000u ? t->nseconds : 999999999u });
}

void nfs3_take_attr(struct i2n_attr *ret, const fattr3 *a)
{
	static const uint16_t types[] = {
		[NF3REG] = I2N_S_IFREG,	 [NF3DIR] = I2N_S_IFDIR, [NF3BLK] = I2N_S_IFBLK,
		[NF3CHR] = I2N_S_IFCHR,	 [NF3LNK] = I2N_S_IFLNK, [NF3SOCK] = I2N_S_IFSOCK,
		[NF3FIFO] = I2N_S_IFIFO,
	};
	unsigned type = (unsigned)a->type;

	*ret = (struct i2n_attr){
		.size = a->size,
		.used = a->used,
		.fileid = a->fileid,
		.fsid = a->fsid,
		.mtime = packed(&a->mtime),
		.atime = packed(&a->atime),
		.ctime = packed(&a->ctime),
		.uid = a->uid,
		.gid = a->gid,
		.nlink = a->nlink,
		.major = a->rdev.specdata1,
		.minor = a->rdev.specdata2,
		.mode = (uint16_t)(a->mode & 07777u),
	};
	if (type < sizeof(types) / sizeof(types[0]))
		ret->mode |= types[type];
}

static void on_getattr(struct nfs3_op *o, const void *reply)
{
	const GETATTR3res *res = reply;

	if (res->status != NFS3_OK) {
		nfs3_op_refused(o, I2N_PROC_GETATTR, res->status);
		return;
	}
	nfs3_take_attr(&o->op->attr, &res->GETATTR3res_u.resok.obj_attributes);
	nfs3_op_done(o, I2N_OK);
}

static void ask_attrs(struct nfs3_op *o)
{
	o->call.args.getattr.object = nfs3_fh_xdr(&o->self);
	nfs3_ask(o, I2N_PROC_GETATTR, on_getattr);
}

static void on_fsstat(struct nfs3_op *o, const void *reply)
{
	const FSSTAT3res *res = reply;
	const FSSTAT3resok *ok = &res->FSSTAT3res_u.resok;

	if (res->status != NFS3_OK) {
		nfs3_op_refused(o, I2N_PROC_FSSTAT, res->status);
		return;
	}
	o->op->space = (struct i2n_space){ .free_bytes = ok->abytes, .total_bytes = ok->tbytes,
					   .free_inodes = ok->afiles, .total_inodes = ok->tfiles };
	nfs3_op_done(o, I2N_OK);
}

static void on_lookup(struct nfs3_op *o, const void *reply)
{
	const LOOKUP3res *res = reply;
	const LOOKUP3resok *ok = &res->LOOKUP3res_u.resok;
	const fattr3 *attrs;

	if (res->status == NFS3ERR_NOENT) {
		o->op->absent = true;
		nfs3_op_done(o, I2N_OK);
		return;
	}
	if (res->status != NFS3_OK) {
		nfs3_op_refused(o, I2N_PROC_LOOKUP, res->status);
		return;
	}
	if (!nfs3_fh_take(&o->self, ok->object.data.data_len, ok->object.data.data_val)) {
		nfs3_op_refused(o, I2N_PROC_LOOKUP, NFS3ERR_BADHANDLE);
		return;
	}
	attrs = nfs3_attrs(&ok->obj_attributes);
	if (!attrs) {
		ask_attrs(o);
		return;
	}
	nfs3_take_attr(&o->op->attr, attrs);
	nfs3_op_done(o, I2N_OK);
}

bool nfs3_read_admits(struct nfs3 *nfs, const struct i2n_op *op)
{
	struct nfs_limit *limit = &nfs->calls.window.bytes;
	uint64_t room = limit->now < nfs->shared_bytes ? limit->now : nfs->shared_bytes;

	if (!nfs->read_bytes || nfs->read_bytes + op->len <= room)
		return true;
	limit->met = true;
	return false;
}

static void on_read(struct nfs3_op *o, const void *reply);

static void ask_data(struct nfs3_op *o)
{
	struct i2n_op *op = o->op;
	struct rpc_read_args *args = &o->call.args.read;
	uint32_t rest = op->len - op->ret_len;

	args->buf = (char *)op->buf + op->ret_len;
	args->xdr = (READ3args){ .file = nfs3_fh_xdr(&o->self),
				 .offset = op->off + op->ret_len,
				 .count = rest < o->nfs->sink.read_size ? rest
									: o->nfs->sink.read_size };
	nfs3_ask(o, I2N_PROC_READ, on_read);
}

/* Servers may give less than asked for without the file being at its end (RFC 1813 3.3.6). */
static void on_read(struct nfs3_op *o, const void *reply)
{
	const READ3res *res = reply;
	struct i2n_op *op = o->op;
	uint32_t n;

	if (res->status != NFS3_OK) {
		nfs3_op_refused(o, I2N_PROC_READ, res->status);
		return;
	}
	n = rpc_read_take(res, o->call.args.read.buf, o->call.args.read.xdr.count);
	op->ret_len += n;
	op->eof = res->READ3res_u.resok.eof != 0;
	o->nfs->sink.stats.bytes_read += n;
	nfs_window_data(&o->nfs->calls.window, n, o->call.waited_us);
	if (op->eof || op->ret_len == op->len)
		nfs3_op_done(o, I2N_OK);
	else if (!n)
		nfs3_op_refused(o, I2N_PROC_READ, NFS3ERR_SERVERFAULT);	/* no progress */
	else
		ask_data(o);
}

static void on_readlink(struct nfs3_op *o, const void *reply)
{
	const READLINK3res *res = reply;
	struct i2n_op *op = o->op;
	size_t len;

	if (res->status != NFS3_OK) {
		nfs3_op_refused(o, I2N_PROC_READLINK, res->status);
		return;
	}
	len = res->READLINK3res_u.resok.data ? strlen(res->READLINK3res_u.resok.data) : 0;
	if (len > op->len) {
		nfs3_op_refused(o, I2N_PROC_READLINK, NFS3ERR_TOOSMALL);
		return;
	}
	if (len)
		memcpy(op->buf, res->READLINK3res_u.resok.data, len);
	op->ret_len = (uint32_t)len;
	nfs3_op_done(o, I2N_OK);
}

void nfs3_read_start(struct nfs3_op *o)
{
	struct i2n_op *op = o->op;

	op->absent = op->eof = false;
	op->ret_len = 0;
	if (op->kind == I2N_OP_LOOKUP) {
		o->dir = nfs3_objs_get(&o->nfs->objs, op->parent);
		memcpy(o->name, op->name, op->name_len);
		o->name[op->name_len] = '\0';
		o->call.args.lookup.what =
			(diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
		nfs3_ask(o, I2N_PROC_LOOKUP, on_lookup);
		return;
	}
	o->self = nfs3_objs_get(&o->nfs->objs, op->obj);
	if (op->kind == I2N_OP_GETATTR) {
		ask_attrs(o);
	} else if (op->kind == I2N_OP_STATFS) {
		o->call.args.fsstat.fsroot = nfs3_fh_xdr(&o->self);
		nfs3_ask(o, I2N_PROC_FSSTAT, on_fsstat);
	} else if (op->kind == I2N_OP_READ) {
		o->nfs->read_bytes += op->len;
		ask_data(o);
	} else {
		o->call.args.readlink.symlink = nfs3_fh_xdr(&o->self);
		nfs3_ask(o, I2N_PROC_READLINK, on_readlink);
	}
}
