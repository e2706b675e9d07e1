#include "nfs4_own.h"

#include <stdlib.h>

bool nfs4_find(const COMPOUND4res *res, nfs_opnum4 what, nfs_resop4 *ret)
{
	for (unsigned i = 0; i < res->resarray.resarray_len; i++) {
		*ret = nfs4_resop(res, i);
		if (ret->resop == what)
			return true;
	}
	return false;
}

/* The same, and it went well. */
static bool find_ok(const COMPOUND4res *res, nfs_opnum4 what, nfs_resop4 *ret)
{
	return nfs4_find(res, what, ret) && nfs4_resop_status(ret) == NFS4_OK;
}

/* The operation that a request is made for: when it is done, the request is. */
static nfs_opnum4 deed(enum i2n_proc proc)
{
	static const nfs_opnum4 deeds[I2N_PROCS] = {
		[I2N_PROC_ROOT] = OP_GETFH,
		[I2N_PROC_LOOKUP] = OP_GETFH,
		[I2N_PROC_GETATTR] = OP_GETATTR,
		[I2N_PROC_SETATTR] = OP_SETATTR,
		[I2N_PROC_FSINFO] = OP_GETATTR,
		[I2N_PROC_FSSTAT] = OP_GETATTR,
		[I2N_PROC_READDIRPLUS] = OP_READDIR,
		[I2N_PROC_CREATE] = OP_OPEN,
		[I2N_PROC_STORE] = OP_OPEN,
		[I2N_PROC_MKDIR] = OP_CREATE,
		[I2N_PROC_SYMLINK] = OP_CREATE,
		[I2N_PROC_MKNOD] = OP_CREATE,
		[I2N_PROC_LINK] = OP_LINK,
		[I2N_PROC_WRITE] = OP_WRITE,
		[I2N_PROC_COMMIT] = OP_COMMIT,
		[I2N_PROC_REMOVE] = OP_REMOVE,
		[I2N_PROC_RMDIR] = OP_REMOVE,
		[I2N_PROC_RENAME] = OP_RENAME,
		[I2N_PROC_READ] = OP_READ,
		[I2N_PROC_READLINK] = OP_READLINK,
		[I2N_PROC_ACCESS] = OP_ACCESS,
		[I2N_PROC_RENEW] = OP_RENEW,
		[I2N_PROC_SETCLIENTID] = OP_SETCLIENTID,
		[I2N_PROC_SETCLIENTID_CONFIRM] = OP_SETCLIENTID_CONFIRM,
	};

	return deeds[proc];
}

static void tell_grace(struct nfs4 *v4)
{
	if (!v4->grace_told)
		i2n_note(v4->notes, I2N_NOTE_STATE, "server", NULL, 0,
			 "the server was started and waits for its former clients (NFSv4 grace "
			 "period, often 90 s); waiting for it");
	v4->grace_told = true;
}

/* In the numbers of NFSv3, which NFSv4 has taken over and gone on from. */
static nfsstat3 status_of(struct nfs4 *v4, const struct nfs_call *call, const COMPOUND4res *res)
{
	nfs_resop4 op;

	if (find_ok(res, deed(call->proc), &op))
		return NFS3_OK;
	switch ((unsigned)res->status) {
	case NFS4_OK:
		return NFS3ERR_SERVERFAULT;	/* and yet not done */
	case NFS4ERR_GRACE:
		tell_grace(v4);
		return (nfsstat3)NFS4ERR_GRACE;
	case NFS4ERR_SAME:		/* remove_name(): it is a directory */
		return NFS3ERR_ISDIR;
	case NFS4ERR_NOT_SAME:
		return NFS3ERR_NOTDIR;
	default:
		return (nfsstat3)res->status;
	}
}

static bool take_attrs(const COMPOUND4res *res, struct nfs4_attrs *ret)
{
	nfs_resop4 op;

	return find_ok(res, OP_GETATTR, &op) &&
	       nfs4_attrs_take(ret, &op.nfs_resop4_u.opgetattr.GETATTR4res_u.resok4.obj_attributes);
}

static void take_object_attrs(const COMPOUND4res *res, post_op_attr *ret)
{
	struct nfs4_attrs a;

	ret->attributes_follow = take_attrs(res, &a) && a.has_obj;
	if (ret->attributes_follow)
		ret->post_op_attr_u.attributes = a.obj;
}

static bool take_fh(struct nfs4 *v4, const COMPOUND4res *res, nfs_fh3 *ret)
{
	const nfs_fh4 *fh;
	nfs_resop4 op;

	if (!find_ok(res, OP_GETFH, &op))
		return false;
	fh = &op.nfs_resop4_u.opgetfh.GETFH4res_u.resok4.object;
	if (!nfs3_fh_take(&v4->fh, fh->nfs_fh4_len, fh->nfs_fh4_val))
		return false;
	*ret = nfs3_fh_xdr(&v4->fh);
	return true;
}

static void take_made(struct nfs4 *v4, const COMPOUND4res *res, post_op_fh3 *fh,
		      post_op_attr *attrs)
{
	fh->handle_follows = take_fh(v4, res, &fh->post_op_fh3_u.handle);
	take_object_attrs(res, attrs);
}

static void take_getattr(struct nfs4 *v4, const COMPOUND4res *res)
{
	struct nfs4_attrs a;

	if (take_attrs(res, &a) && a.has_obj)
		v4->out.getattr.GETATTR3res_u.resok.obj_attributes = a.obj;
	else	/* an owner that is no number, or less than what every server has */
		v4->out.status = (nfsstat3)NFS4ERR_BADOWNER;
}

static uint32_t limit32(uint64_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void take_limits(struct nfs4 *v4, const COMPOUND4res *res)
{
	FSINFO3resok *ok = &v4->out.fsinfo.FSINFO3res_u.resok;
	struct nfs4_attrs a;

	memset(&a, 0, sizeof(a));
	(void)take_attrs(res, &a);	/* what is missing is not known */
	ok->rtmax = ok->rtpref = limit32(a.max_read);
	ok->wtmax = ok->wtpref = limit32(a.max_write);
	ok->maxfilesize = a.max_file;
	ok->time_delta = a.delta;
	ok->properties = FSF3_LINK | FSF3_SYMLINK | FSF3_HOMOGENEOUS | FSF3_CANSETTIME;
	if (a.lease_s)
		v4->lease_s = a.lease_s;
}

static void take_space(struct nfs4 *v4, const COMPOUND4res *res)
{
	FSSTAT3resok *ok = &v4->out.fsstat.FSSTAT3res_u.resok;
	struct nfs4_attrs a;

	memset(&a, 0, sizeof(a));
	(void)take_attrs(res, &a);
	ok->tbytes = a.space_total;
	ok->fbytes = a.space_free;
	ok->abytes = a.space_avail;
	ok->tfiles = a.files_total;
	ok->ffiles = a.files_free;
	ok->afiles = a.files_avail;
}

static bool room_for_text(struct nfs4 *v4, size_t len)
{
	char *text;

	if (len <= v4->text_cap)
		return true;
	text = realloc(v4->text, len);
	if (!text)
		return false;
	v4->text = text;
	v4->text_cap = len;
	return true;
}

static entry4 entry_at(const void *at)
{
	entry4 e;

	memcpy(&e, at, sizeof(e));
	return e;
}

static bool room_for_entries(struct nfs4 *v4, const entry4 *first)
{
	size_t n = 0, bytes = 0;
	struct nfs4_entry *entries;

	for (const void *next = first; next; n++) {
		entry4 e = entry_at(next);

		bytes += (size_t)e.name.utf8string_len + 1;
		next = e.nextentry;
	}
	if (!room_for_text(v4, bytes))
		return false;
	if (n <= v4->entries_cap)
		return true;
	entries = realloc(v4->entries, n * sizeof(*entries));
	if (!entries)
		return false;
	v4->entries = entries;
	v4->entries_cap = n;
	return true;
}

/* A name with a NUL byte is none; left as it is it would be cut there and become another one. */
static bool is_text(const utf8string *s)
{
	return s->utf8string_len && !memchr(s->utf8string_val, '\0', s->utf8string_len);
}

static void take_entry(struct nfs4_entry *to, const entry4 *from, char *name)
{
	struct nfs4_attrs a;
	bool good = nfs4_attrs_take(&a, &from->attrs) && !a.error;

	memset(to, 0, sizeof(*to));
	name[0] = '\0';
	if (is_text(&from->name)) {
		memcpy(name, from->name.utf8string_val, from->name.utf8string_len);
		name[from->name.utf8string_len] = '\0';
	}
	to->e.fileid = a.obj.fileid;
	to->e.cookie = from->cookie;
	to->e.name = name;
	if (good && a.has_obj) {
		to->e.name_attributes.attributes_follow = 1;
		to->e.name_attributes.post_op_attr_u.attributes = a.obj;
	}
	if (good && a.has_fh) {
		to->fh = a.fh;
		to->e.name_handle.handle_follows = 1;
		to->e.name_handle.post_op_fh3_u.handle = nfs3_fh_xdr(&to->fh);
	}
}

static void take_list(struct nfs4 *v4, const COMPOUND4res *res)
{
	READDIRPLUS3resok *ok = &v4->out.readdirplus.READDIRPLUS3res_u.resok;
	const READDIR4resok *from;
	nfs_resop4 op;
	size_t n = 0, at = 0;

	(void)find_ok(res, OP_READDIR, &op);	/* it is there */
	from = &op.nfs_resop4_u.opreaddir.READDIR4res_u.resok4;
	if (!room_for_entries(v4, from->reply.entries)) {
		v4->out.status = NFS3ERR_SERVERFAULT;
		return;
	}
	for (const void *next = from->reply.entries; next; n++) {
		entry4 e = entry_at(next);

		take_entry(&v4->entries[n], &e, v4->text + at);
		at += (size_t)e.name.utf8string_len + 1;
		next = e.nextentry;
	}
	for (size_t i = 0; i + 1 < n; i++)
		v4->entries[i].e.nextentry = &v4->entries[i + 1].e;
	ok->reply.entries = n ? &v4->entries[0].e : NULL;
	ok->reply.eof = from->reply.eof != 0;
	memcpy(ok->cookieverf, from->cookieverf, sizeof(ok->cookieverf));
}

static void take_link(struct nfs4 *v4, const COMPOUND4res *res)
{
	const linktext4 *from;
	nfs_resop4 op;

	(void)find_ok(res, OP_READLINK, &op);
	from = &op.nfs_resop4_u.opreadlink.READLINK4res_u.resok4.link;
	if (!room_for_text(v4, (size_t)from->utf8string_len + 1)) {
		v4->out.status = NFS3ERR_SERVERFAULT;
		return;
	}
	if (from->utf8string_len)
		memcpy(v4->text, from->utf8string_val, from->utf8string_len);
	v4->text[from->utf8string_len] = '\0';
	v4->out.readlink.READLINK3res_u.resok.data = v4->text;
}

static void take_data(struct nfs4 *v4, const COMPOUND4res *res)
{
	nfs_resop4 op;

	(void)find_ok(res, OP_READ, &op);
	rpc_read_of4(&op.nfs_resop4_u.opread.READ4res_u.resok4,
		     &v4->out.read.READ3res_u.resok);
}

static void take_written(const COMPOUND4res *res, WRITE3res *ret)
{
	const WRITE4resok *from;
	nfs_resop4 op;

	ret->status = NFS3ERR_IO;
	if (!nfs4_find(res, OP_WRITE, &op))
		return;
	ret->status = (nfsstat3)nfs4_resop_status(&op);
	if (ret->status != NFS3_OK)
		return;
	from = &op.nfs_resop4_u.opwrite.WRITE4res_u.resok4;
	ret->WRITE3res_u.resok.count = from->count;
	ret->WRITE3res_u.resok.committed = (stable_how)from->committed;
	memcpy(ret->WRITE3res_u.resok.verf, from->writeverf,
	       sizeof(ret->WRITE3res_u.resok.verf));
}

static void take_stored(struct nfs4 *v4, const COMPOUND4res *res)
{
	struct nfs_store_res *ret = &v4->out.store;
	nfs_resop4 op;
	nfs_fh3 fh;

	ret->has_fh = take_fh(v4, res, &fh);
	ret->fh = v4->fh;
	take_written(res, &ret->write);
	take_object_attrs(res, &ret->attrs);
	ret->set = find_ok(res, OP_SETATTR, &op);
}

static void take_committed(struct nfs4 *v4, const COMPOUND4res *res)
{
	nfs_resop4 op;

	(void)find_ok(res, OP_COMMIT, &op);
	memcpy(v4->out.commit.COMMIT3res_u.resok.verf,
	       op.nfs_resop4_u.opcommit.COMMIT4res_u.resok4.writeverf,
	       sizeof(v4->out.commit.COMMIT3res_u.resok.verf));
}

static void take_access(struct nfs4 *v4, const COMPOUND4res *res)
{
	nfs_resop4 op;

	(void)find_ok(res, OP_ACCESS, &op);
	v4->out.access.ACCESS3res_u.resok.access =
		op.nfs_resop4_u.opaccess.ACCESS4res_u.resok4.access;
}

static void take_looked_up(struct nfs4 *v4, const COMPOUND4res *res)
{
	LOOKUP3resok *ok = &v4->out.lookup.LOOKUP3res_u.resok;

	if (!take_fh(v4, res, &ok->object))
		v4->out.status = NFS3ERR_BADHANDLE;
	take_object_attrs(res, &ok->obj_attributes);
}

/* It went well: how. */
static void take_ok(struct nfs4 *v4, enum i2n_proc proc, const COMPOUND4res *res)
{
	union nfs4_result *out = &v4->out;

	switch (proc) {
	case I2N_PROC_ROOT:
	case I2N_PROC_LOOKUP:
		take_looked_up(v4, res);
		break;
	case I2N_PROC_GETATTR:
		take_getattr(v4, res);
		break;
	case I2N_PROC_SETATTR:
		take_object_attrs(res, &out->setattr.SETATTR3res_u.resok.obj_wcc.after);
		break;
	case I2N_PROC_FSINFO:
		take_limits(v4, res);
		break;
	case I2N_PROC_FSSTAT:
		take_space(v4, res);
		break;
	case I2N_PROC_READDIRPLUS:
		take_list(v4, res);
		break;
	case I2N_PROC_CREATE:
		take_made(v4, res, &out->create.CREATE3res_u.resok.obj,
			  &out->create.CREATE3res_u.resok.obj_attributes);
		break;
	case I2N_PROC_MKDIR:
		take_made(v4, res, &out->mkdir.MKDIR3res_u.resok.obj,
			  &out->mkdir.MKDIR3res_u.resok.obj_attributes);
		break;
	case I2N_PROC_SYMLINK:
		take_made(v4, res, &out->symlink.SYMLINK3res_u.resok.obj,
			  &out->symlink.SYMLINK3res_u.resok.obj_attributes);
		break;
	case I2N_PROC_MKNOD:
		take_made(v4, res, &out->mknod.MKNOD3res_u.resok.obj,
			  &out->mknod.MKNOD3res_u.resok.obj_attributes);
		break;
	case I2N_PROC_STORE:
		take_stored(v4, res);
		break;
	case I2N_PROC_WRITE:
		take_written(res, &out->write);
		break;
	case I2N_PROC_COMMIT:
		take_committed(v4, res);
		break;
	case I2N_PROC_READ:
		take_data(v4, res);
		break;
	case I2N_PROC_READLINK:
		take_link(v4, res);
		break;
	case I2N_PROC_ACCESS:
		take_access(v4, res);
		break;
	default:
		break;	/* there is nothing to say */
	}
}

const void *nfs4_take(struct nfs4 *v4, struct nfs_call *call, const COMPOUND4res *res)
{
	if (call->opener && nfs4_opener_take(v4, call, res) == NFS4_AGAIN)
		return NULL;
	memset(&v4->out, 0, sizeof(v4->out));
	v4->out.status = status_of(v4, call, res);
	if (v4->out.status == NFS3_OK)
		take_ok(v4, call->proc, res);
	nfs4_client_take(v4, call, res);
	return &v4->out;
}
