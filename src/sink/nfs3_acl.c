#include "nfs3_acl.h"

#include "nfs3_err.h"
#include "nfs3_sink.h"

#include <stdlib.h>

#define DEFAULT 0x1000u		/* is added to the tag of an entry of a default list */

/* Of one op. */
struct nfs3_acl {
	struct i2n_acl want;
	struct nfsacl_ace *aces;	/* while SETACL may have to be sent again */
	bool is_set;			/* SETACL was answered with OK: compare */
};

/* --- the two forms --- */

static struct nfsacl_ace ace_of(const struct i2n_ace *e, unsigned flag, uint32_t uid, uint32_t gid)
{
	/* the owner's ids are for Solaris */
	uint32_t id = e->tag == I2N_ACL_USER_OBJ ? uid : e->tag == I2N_ACL_GROUP_OBJ ? gid : e->id;

	return (struct nfsacl_ace){ .type = (nfsacl_type)(e->tag | flag), .id = id,
				    .perm = e->perm };
}

/* Solaris wants a mask in every list; Linux drops one that says nothing. */
static unsigned put_list(const struct i2n_acl_list *l, unsigned flag, uint32_t uid, uint32_t gid,
			 struct nfsacl_ace *ret)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++) {
		if (l->n == 3 && i == 2)
			ret[n++] = (struct nfsacl_ace){
				.type = (nfsacl_type)(I2N_ACL_MASK | flag), .perm = l->aces[1].perm
			};
		ret[n++] = ace_of(&l->aces[i], flag, uid, gid);
	}
	return n;
}

void nfs3_acl_args(const struct i2n_acl *acl, uint32_t uid, uint32_t gid, struct nfsacl_ace *aces,
		   SETACL3args *args)
{
	unsigned n = put_list(&acl->access, 0, uid, gid, aces);
	unsigned n_default = put_list(&acl->dflt, DEFAULT, uid, gid, aces + n);

	memset(args, 0, sizeof(*args));
	args->mask = NFSACL_MASK_ACL_ENTRY | NFSACL_MASK_ACL_COUNT | NFSACL_MASK_ACL_DEFAULT_ENTRY |
		NFSACL_MASK_ACL_DEFAULT_COUNT;
	args->ace_count = args->ace.ace_len = n;
	args->ace.ace_val = aces;
	args->default_ace_count = args->default_ace.default_ace_len = n_default;
	args->default_ace.default_ace_val = aces + n;
}

/* Entries in a reply lie on addresses that are not aligned. */
static bool take_list(const struct nfsacl_ace *val, unsigned n, struct i2n_acl_list *ret)
{
	struct i2n_ace *aces;
	bool ok = true;

	if (!n || n > I2N_ACL_MAX)
		return !n;
	aces = malloc(n * sizeof(*aces));
	if (!aces)
		return false;
	for (unsigned i = 0; ok && i < n; i++) {
		struct nfsacl_ace e;
		unsigned tag;

		memcpy(&e, (const char *)val + i * sizeof(e), sizeof(e));
		tag = (unsigned)e.type & ~DEFAULT;
		aces[i] = (struct i2n_ace){ (uint16_t)tag, (uint16_t)e.perm, e.id };
		/* of a mask Solaris may have more bits than three */
		if (tag == I2N_ACL_MASK)
			aces[i].perm &= 7;
		ok = tag <= I2N_ACL_OTHER && e.perm <= 0xffff;
	}
	ok = ok && i2n_acl_take(aces, n, ret);
	free(aces);
	return ok;
}

bool nfs3_acl_take(const GETACL3resok *res, struct i2n_acl *ret)
{
	*ret = (struct i2n_acl){ { NULL, 0 }, { NULL, 0 } };
	if (take_list(res->ace.ace_val, res->ace.ace_len, &ret->access) && ret->access.n &&
	    take_list(res->default_ace.default_ace_val, res->default_ace.default_ace_len,
		      &ret->dflt))
		return true;
	i2n_acl_release(ret);
	return false;
}

/* --- what an object shall have --- */

/* The image's lists, complete: an object without an access list has that of its mode. */
static int from_image(struct nfs3_op *o, struct i2n_acl *ret, struct i2n_err *err)
{
	struct i2n_reader *r = o->nfs->env.reader;
	const struct i2n_inode *in = o->op->inode;
	int rc = r->ops->acl(r, in, ret, err);

	if (rc != I2N_OK)
		return rc;
	if (!ret->access.n && !i2n_acl_from_mode(in->mode, &ret->access))
		rc = i2n_err_nomem(err);
	else if (ret->access.n + ret->dflt.n > NFS3_ACES_MAX)
		rc = i2n_fail(err, I2N_BADNODE, I2N_DOM_DEST, 0,
			      "its ACL has %u entries, more than fit into a request",
			      ret->access.n + ret->dflt.n);
	if (rc != I2N_OK)
		i2n_acl_release(ret);
	return rc;
}

/* In a directory that was there before, a default ACL may have been handed down to what we made. */
static bool may_have_inherited(const struct nfs3_op *o)
{
	const struct i2n_tree *t = o->nfs->env.tree;
	uint32_t d = o->op->dirent;

	return o->nfs->opts.dest == I2N_DEST_UPDATE && t && d != I2N_NONE &&
	       o->op->kind != I2N_OP_SETATTR &&
	       t->inodes[t->dirents[d].parent].flags & I2N_INODE_ACL;
}

static bool has_acl_to_set(const struct nfs3_op *o)
{
	const struct i2n_op *op = o->op;

	if (!(o->nfs->sink.caps & I2N_CAP_ACL) || o->borrowed || !op->inode)
		return false;
	switch (op->kind) {
	case I2N_OP_FILE:
	case I2N_OP_MKNOD:
	case I2N_OP_DIRATTR:
		break;
	case I2N_OP_SETATTR:
		if (op->mask & I2N_SET_MODE && i2n_inode_type(op->inode) != I2N_S_IFLNK)
			break;
		return false;
	default:
		return false;
	}
	return op->inode->flags & I2N_INODE_ACL || may_have_inherited(o);
}

static void tell_loss(const struct nfs3_op *o, const char *text)
{
	const struct i2n_sink_env *env = &o->nfs->env;
	size_t len = 0;
	char *path = env->tree ? i2n_tree_path(env->tree, o->op->dirent, &len) : NULL;

	i2n_note(env->notes, I2N_NOTE_LOSS, "acl", path, len, "%s", text);
	free(path);
}

void nfs3_acl_close(struct nfs3_op *o)
{
	if (!o->acl)
		return;
	i2n_acl_release(&o->acl->want);
	free(o->acl->aces);
	free(o->acl);
	o->acl = NULL;
}

/* Without a list of the image: that of the mode. */
static int want_acl(struct nfs3_op *o, bool of_image, struct i2n_err *err)
{
	struct nfs3_acl *a = calloc(1, sizeof(*a));
	int rc = I2N_OK;

	o->acl = a;
	if (!a)
		return i2n_err_nomem(err);
	if (of_image)
		rc = from_image(o, &a->want, err);
	else if (!i2n_acl_from_mode(o->op->inode->mode, &a->want.access))
		rc = i2n_err_nomem(err);
	if (rc != I2N_OK)
		return rc;
	a->aces = malloc((a->want.access.n + a->want.dflt.n + 2) * sizeof(*a->aces));
	return a->aces ? I2N_OK : i2n_err_nomem(err);
}

static bool is_same(const struct nfs3_op *o, const GETACL3resok *res)
{
	struct i2n_acl got;
	bool same;

	if (!nfs3_acl_take(res, &got))
		return false;
	same = i2n_acl_is_equal(&got.access, &o->acl->want.access) &&
	       i2n_acl_is_equal(&got.dflt, &o->acl->want.dflt);
	i2n_acl_release(&got);
	return same;
}

static void ask_acl(struct nfs3_op *o, void (*step)(struct nfs3_op *o, const void *res))
{
	bool is_dir = i2n_inode_type(o->op->inode) == I2N_S_IFDIR;

	o->call.args.getacl = nfs3_getacl_args(&o->self, is_dir);
	nfs3_ask(o, I2N_PROC_GETACL, step);
}

/* --- setting it, as the last step of an op --- */

static void on_set_and_read(struct nfs3_op *o, const void *reply)
{
	const GETACL3res *res = reply;

	/* nfs-ganesha 4.3 answers some SETACLs with OK and stores nothing */
	if (res->status != NFS3_OK || !is_same(o, &res->GETACL3res_u.resok))
		tell_loss(o, "the server took the ACL and does not have it");
	nfs3_op_done(o, I2N_OK);
}

static void refused(struct nfs3_op *o, nfsstat3 status)
{
	char text[80], code[32];

	if (nfs3_err_rc(status, true) == I2N_FATAL && status != NFS3ERR_PERM &&
	    status != NFS3ERR_ACCES) {
		nfs3_op_fail(o, I2N_PROC_SETACL, status, true);
		return;
	}
	(void)snprintf(text, sizeof(text), "the server refuses the ACL: %s",
		       nfs_err_name(o->nfs->calls.v4 != NULL, status, code));
	tell_loss(o, text);
	nfs3_op_done(o, I2N_OK);
}

/* Setting the ACL sets the mode too, and on some servers perhaps a time. */
static void on_set(struct nfs3_op *o, const void *reply)
{
	const SETACL3res *res = reply;

	if (res->status != NFS3_OK) {
		refused(o, res->status);
		return;
	}
	o->acl->is_set = true;
	o->asked = false;
	o->fixes = 0;
	nfs3_settle(o, nfs3_attrs(&res->SETACL3res_u.resok.attr));
}

static void set_acl(struct nfs3_op *o, void (*step)(struct nfs3_op *o, const void *res))
{
	SETACL3args *args = &o->call.args.setacl;

	nfs3_acl_args(&o->acl->want, o->want.uid, o->want.gid, o->acl->aces, args);
	args->dir = nfs3_fh_xdr(&o->self);
	nfs3_ask(o, I2N_PROC_SETACL, step);
}

void nfs3_acl_finish(struct nfs3_op *o)
{
	struct i2n_err err;
	int rc;

	if (o->acl && o->acl->is_set) {
		ask_acl(o, on_set_and_read);
		return;
	}
	if (!has_acl_to_set(o)) {
		nfs3_op_done(o, I2N_OK);
		return;
	}
	rc = want_acl(o, o->op->inode->flags & I2N_INODE_ACL, &err);
	if (rc == I2N_FATAL) {
		o->op->err = err;
		nfs3_op_done(o, rc);
	} else if (rc != I2N_OK) {
		tell_loss(o, err.msg);
		nfs3_op_done(o, I2N_OK);
	} else {
		set_acl(o, on_set);
	}
}

/* A refusal is told when the directory gets its final attributes. */
static void on_plain(struct nfs3_op *o, const void *reply)
{
	(void)reply;
	nfs3_op_done(o, I2N_OK);
}

void nfs3_acl_made_dir(struct nfs3_op *o)
{
	int rc = I2N_OK;

	if (!(o->nfs->sink.caps & I2N_CAP_ACL) || !may_have_inherited(o)) {
		nfs3_op_done(o, I2N_OK);
		return;
	}
	rc = want_acl(o, false, &o->op->err);
	if (rc != I2N_OK)
		nfs3_op_done(o, rc);
	else
		set_acl(o, on_plain);
}

/* --- comparing it --- */

static void on_read(struct nfs3_op *o, const void *reply)
{
	const GETACL3res *res = reply;

	if (res->status != NFS3_OK) {
		nfs3_op_refused(o, I2N_PROC_GETACL, res->status);
		return;
	}
	o->op->same = is_same(o, &res->GETACL3res_u.resok);
	nfs3_op_done(o, I2N_OK);
}

void nfs3_acl_start(struct nfs3_op *o)
{
	int rc;

	o->self = nfs3_objs_get(&o->nfs->objs, o->op->obj);
	rc = want_acl(o, true, &o->op->err);
	if (rc != I2N_OK)
		nfs3_op_done(o, rc);
	else
		ask_acl(o, on_read);
}
