#include "nfs4_own.h"

#include <assert.h>

#define OPS_MAX 16
#define ROOM 4096	/* for all but data, names and targets */

/* A COMPOUND that is being put together; what it points at is here or in the call. */
struct build {
	struct nfs4 *v4;
	struct nfs_call *call;
	nfs_argop4 ops[OPS_MAX];
	unsigned n;
	struct nfs4_attr_buf attrs[2];
	char owner[17];
	size_t room;
	void *read_buf;
};

static nfs_argop4 *add(struct build *b, nfs_opnum4 what)
{
	nfs_argop4 *op;

	assert(b->n < OPS_MAX);
	op = &b->ops[b->n++];
	memset(op, 0, sizeof(*op));
	op->argop = what;
	return op;
}

static void put_fh(struct build *b, const nfs_fh3 *fh)
{
	add(b, OP_PUTFH)->nfs_argop4_u.opputfh.object =
		(nfs_fh4){ .nfs_fh4_len = fh->data.data_len, .nfs_fh4_val = fh->data.data_val };
}

static utf8string text(struct build *b, const char *s)
{
	size_t len = strlen(s);

	b->room += len + 4;
	return (utf8string){ .utf8string_len = (u_int)len,
			     .utf8string_val = (char *)(uintptr_t)s };
}

static void get_attrs(struct build *b, enum nfs4_wanted what)
{
	add(b, OP_GETATTR)->nfs_argop4_u.opgetattr.attr_request = nfs4_attrs_wanted(what);
}

static void get_object(struct build *b)
{
	add(b, OP_GETFH);
	get_attrs(b, NFS4_OF_OBJECT);
}

static void look_up(struct build *b, const diropargs3 *what)
{
	put_fh(b, &what->dir);
	add(b, OP_LOOKUP)->nfs_argop4_u.oplookup.objname = text(b, what->name);
}

/* The anonymous stateid is all zero, as add() leaves it. */
static void set_attrs(struct build *b, const sattr3 *a)
{
	add(b, OP_SETATTR)->nfs_argop4_u.opsetattr.obj_attributes =
		nfs4_attrs_put(&b->attrs[1], a);
}

static void list(struct build *b, const READDIRPLUS3args *args)
{
	READDIR4args *to;

	put_fh(b, &args->dir);
	to = &add(b, OP_READDIR)->nfs_argop4_u.opreaddir;
	to->cookie = args->cookie;
	memcpy(to->cookieverf, args->cookieverf, sizeof(to->cookieverf));
	to->dircount = args->dircount;
	to->maxcount = args->maxcount;
	to->attr_request = nfs4_attrs_wanted(NFS4_OF_ENTRY);
}

static CREATE4args *create(struct build *b, const diropargs3 *where, nfs_ftype4 type,
			   const sattr3 *attrs)
{
	CREATE4args *to;

	put_fh(b, &where->dir);
	to = &add(b, OP_CREATE)->nfs_argop4_u.opcreate;
	to->objtype.type = type;
	to->objname = text(b, where->name);
	to->createattrs = nfs4_attrs_put(&b->attrs[0], attrs);
	get_object(b);
	return to;
}

static void make_special(struct build *b, const MKNOD3args *args)
{
	const mknoddata3 *what = &args->what;
	bool device = what->type == NF3CHR || what->type == NF3BLK;
	const sattr3 *attrs = device ? &what->mknoddata3_u.chr_device.dev_attributes
				     : &what->mknoddata3_u.pipe_attributes;
	CREATE4args *to = create(b, &args->where, (nfs_ftype4)what->type, attrs);

	if (device)
		to->objtype.createtype4_u.devdata =
			(specdata4){ what->mknoddata3_u.chr_device.spec.specdata1,
				     what->mknoddata3_u.chr_device.spec.specdata2 };
}

/* Close what the owner has open, or tell the server that the owner is one. */
static void settle_opener(struct build *b, struct nfs4_owner *owner)
{
	seqid4 seqid = owner->seqid;

	for (unsigned i = 0; i < owner->n_opens; i++) {
		const struct nfs4_open *open = &owner->opens[i];
		nfs_fh3 fh = nfs3_fh_xdr(&open->fh);

		put_fh(b, &fh);
		if (owner->confirm)
			add(b, OP_OPEN_CONFIRM)->nfs_argop4_u.opopen_confirm =
				(OPEN_CONFIRM4args){ open->stateid, seqid++ };
		else
			add(b, OP_CLOSE)->nfs_argop4_u.opclose =
				(CLOSE4args){ seqid++, open->stateid };
	}
}

static void open_file(struct build *b, const CREATE3args *args)
{
	struct nfs4_owner *owner = b->call->opener;
	bool guarded = args->how.mode == GUARDED;
	OPEN4args *to;

	settle_opener(b, owner);
	put_fh(b, &args->where.dir);
	nfs4_owner_name(owner, b->owner);
	to = &add(b, OP_OPEN)->nfs_argop4_u.opopen;
	to->seqid = owner->seqid + owner->n_opens;
	to->share_access = OPEN4_SHARE_ACCESS_WRITE;
	to->share_deny = OPEN4_SHARE_DENY_NONE;
	to->owner.clientid = b->v4->clientid;
	to->owner.owner.owner_len = 16;
	to->owner.owner.owner_val = b->owner;
	to->openhow.opentype = OPEN4_CREATE;
	to->openhow.openflag4_u.how.mode = guarded ? GUARDED4 : UNCHECKED4;
	to->openhow.openflag4_u.how.createhow4_u.createattrs = nfs4_attrs_put(
		&b->attrs[0], guarded ? &args->how.createhow3_u.g_obj_attributes
				      : &args->how.createhow3_u.obj_attributes);
	to->claim.claim = CLAIM_NULL;
	to->claim.open_claim4_u.file = text(b, args->where.name);
	add(b, OP_GETFH);
}

static void write_data(struct build *b, const WRITE3args *args)
{
	WRITE4args *to = &add(b, OP_WRITE)->nfs_argop4_u.opwrite;

	to->offset = args->offset;
	to->stable = (stable_how4)args->stable;	/* the same numbers */
	to->data.data_len = args->data.data_len;
	to->data.data_val = args->data.data_val;
	b->room += args->data.data_len;
}

static void store(struct build *b, const struct nfs_store_args *args)
{
	open_file(b, &args->create);
	write_data(b, &args->write);
	if (!rpc_nfs4_goes_on())
		return;
	if (args->has_after)
		set_attrs(b, &args->after);
	get_attrs(b, NFS4_OF_OBJECT);
}

static void link_file(struct build *b, const LINK3args *args)
{
	put_fh(b, &args->file);
	add(b, OP_SAVEFH);
	put_fh(b, &args->link.dir);
	add(b, OP_LINK)->nfs_argop4_u.oplink.newname = text(b, args->link.name);
}

/* REMOVE takes directories, too: look first what it is, in the same request. */
static void remove_name(struct build *b, const diropargs3 *what, bool dir)
{
	look_up(b, what);
	if (dir)
		add(b, OP_VERIFY)->nfs_argop4_u.opverify.obj_attributes =
			nfs4_attrs_put_dir(&b->attrs[0]);
	else
		add(b, OP_NVERIFY)->nfs_argop4_u.opnverify.obj_attributes =
			nfs4_attrs_put_dir(&b->attrs[0]);
	put_fh(b, &what->dir);
	add(b, OP_REMOVE)->nfs_argop4_u.opremove.target = text(b, what->name);
}

static void rename_name(struct build *b, const RENAME3args *args)
{
	RENAME4args *to;

	put_fh(b, &args->from.dir);
	add(b, OP_SAVEFH);
	put_fh(b, &args->to.dir);
	to = &add(b, OP_RENAME)->nfs_argop4_u.oprename;
	to->oldname = text(b, args->from.name);
	to->newname = text(b, args->to.name);
}

static void read_data(struct build *b, const struct rpc_read_args *args)
{
	READ4args *to;

	put_fh(b, &args->xdr.file);
	to = &add(b, OP_READ)->nfs_argop4_u.opread;
	to->offset = args->xdr.offset;
	to->count = args->xdr.count;
	b->read_buf = args->buf;
}

/* Nobody calls back: no delegations are wanted. */
static void set_client_id(struct build *b)
{
	struct nfs4 *v4 = b->v4;
	SETCLIENTID4args *to = &add(b, OP_SETCLIENTID)->nfs_argop4_u.opsetclientid;

	memset(to->client.verifier, 0, sizeof(to->client.verifier));
	memcpy(to->client.verifier, &v4->incarnation, sizeof(v4->incarnation));
	to->client.id.id_len = (u_int)strlen(v4->id);
	to->client.id.id_val = v4->id;
	/* libnfs only reads these */
	to->callback.cb_location.r_netid = (char *)(uintptr_t)"tcp";
	to->callback.cb_location.r_addr = (char *)(uintptr_t)"0.0.0.0.0.0";
}

static void confirm_client_id(struct build *b)
{
	SETCLIENTID_CONFIRM4args *to =
		&add(b, OP_SETCLIENTID_CONFIRM)->nfs_argop4_u.opsetclientid_confirm;

	to->clientid = b->v4->clientid;
	memcpy(to->setclientid_confirm, b->v4->confirm, sizeof(to->setclientid_confirm));
}

static void set_of_object(struct build *b, const SETATTR3args *args)
{
	put_fh(b, &args->object);
	set_attrs(b, &args->new_attributes);
	get_attrs(b, NFS4_OF_OBJECT);
}

/* What makes something, or changes names. */
static bool build_change(struct build *b)
{
	struct nfs_call *call = b->call;

	switch (call->proc) {
	case I2N_PROC_CREATE:
		open_file(b, &call->args.create);
		get_attrs(b, NFS4_OF_OBJECT);
		return true;
	case I2N_PROC_STORE:
		store(b, &call->args.store);
		return true;
	case I2N_PROC_MKDIR:
		(void)create(b, &call->args.mkdir.where, NF4DIR, &call->args.mkdir.attributes);
		return true;
	case I2N_PROC_SYMLINK:
		create(b, &call->args.symlink.where, NF4LNK,
		       &call->args.symlink.symlink.symlink_attributes)
			->objtype.createtype4_u.linkdata =
			text(b, call->args.symlink.symlink.symlink_data);
		return true;
	case I2N_PROC_MKNOD:
		make_special(b, &call->args.mknod);
		return true;
	case I2N_PROC_LINK:
		link_file(b, &call->args.link);
		return true;
	case I2N_PROC_REMOVE:
		remove_name(b, &call->args.remove.object, false);
		return true;
	case I2N_PROC_RMDIR:
		remove_name(b, &call->args.rmdir.object, true);
		return true;
	case I2N_PROC_RENAME:
		rename_name(b, &call->args.rename);
		return true;
	default:
		return false;
	}
}

static bool build_other(struct build *b)
{
	struct nfs_call *call = b->call;

	switch (call->proc) {
	case I2N_PROC_ROOT:
		add(b, OP_PUTROOTFH);
		get_object(b);
		return true;
	case I2N_PROC_LOOKUP:
		look_up(b, &call->args.lookup.what);
		get_object(b);
		return true;
	case I2N_PROC_GETATTR:
		put_fh(b, &call->args.getattr.object);
		get_attrs(b, NFS4_OF_OBJECT);
		return true;
	case I2N_PROC_SETATTR:
		set_of_object(b, &call->args.setattr);
		return true;
	case I2N_PROC_FSINFO:
		put_fh(b, &call->args.fsinfo.fsroot);
		get_attrs(b, NFS4_OF_LIMITS);
		return true;
	case I2N_PROC_FSSTAT:
		put_fh(b, &call->args.fsstat.fsroot);
		get_attrs(b, NFS4_OF_SPACE);
		return true;
	case I2N_PROC_READDIRPLUS:
		list(b, &call->args.readdirplus);
		return true;
	case I2N_PROC_WRITE:
		put_fh(b, &call->args.write.file);
		write_data(b, &call->args.write);
		return true;
	case I2N_PROC_COMMIT:
		put_fh(b, &call->args.commit.file);
		add(b, OP_COMMIT);	/* 0, 0: all of it */
		return true;
	case I2N_PROC_READ:
		read_data(b, &call->args.read);
		return true;
	case I2N_PROC_READLINK:
		put_fh(b, &call->args.readlink.symlink);
		add(b, OP_READLINK);
		return true;
	case I2N_PROC_ACCESS:
		put_fh(b, &call->args.access.object);
		add(b, OP_ACCESS)->nfs_argop4_u.opaccess.access = call->args.access.access;
		return true;
	case I2N_PROC_RENEW:
		add(b, OP_RENEW)->nfs_argop4_u.oprenew.clientid = b->v4->clientid;
		return true;
	case I2N_PROC_SETCLIENTID:
		set_client_id(b);
		return true;
	case I2N_PROC_SETCLIENTID_CONFIRM:
		confirm_client_id(b);
		return true;
	default:
		return false;
	}
}

bool nfs4_send(struct nfs4 *v4, struct rpc_conn *conn, struct nfs_call *call)
{
	struct build b = { .v4 = v4, .call = call, .room = ROOM };
	COMPOUND4args args;

	if (nfs4_opens(call)) {
		call->opener = nfs4_owner_get(v4);
		if (!call->opener)
			return false;
	}
	if (!build_change(&b) && !build_other(&b))
		return false;	/* nobody asks for another one */
	memset(&args, 0, sizeof(args));
	args.argarray.argarray_len = b.n;
	args.argarray.argarray_val = b.ops;
	return rpc_conn_send_compound(conn, &args, b.room, b.read_buf, &call->slot);
}
