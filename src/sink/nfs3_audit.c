#include "nfs3_sink.h"

#include <stdlib.h>

/* A request that was on its way when a connection broke may reach the server's disk long after it
 * was sent again and answered (RFC 1813 4.5). The data is the same, creating fails with EXIST, but
 * a late WRITE moves the mtime and a late SETATTR of the owner drops setuid. Only objects of
 * re-sent requests can be hit, so they are remembered: 150 bytes each, at most a window full per
 * broken connection. */
struct nfs3_audit {
	struct nfs3_audit *next;
	struct nfs3_want want;
	uint32_t dirent;
	struct nfs3_fh fh;
};

struct audit_op {
	struct nfs3_op o;	/* first member */
	struct i2n_op op;
	bool busy;
};

#define AT_ONCE 16

void nfs3_audit_add(struct nfs3_op *o)
{
	struct nfs3_audit *a;

	if (o->op->exclusive)	/* its attributes are nobody's wish */
		return;
	switch (o->op->kind) {
	case I2N_OP_FILE:
	case I2N_OP_SYMLINK:
	case I2N_OP_MKNOD:
	case I2N_OP_DIRATTR:
	case I2N_OP_SETATTR:
		break;
	default:
		return;	/* a directory's own DIRATTR and the first name's op look after MKDIR and
			 * LINK */
	}
	a = malloc(sizeof(*a));
	if (!a)
		return;	/* a second look is all that is lost */
	*a = (struct nfs3_audit){ .next = o->nfs->audits, .want = o->want,
				  .dirent = o->op->dirent, .fh = o->self };
	o->nfs->audits = a;
}

static void on_audited(struct i2n_op *op)
{
	struct audit_op *ao = op->owner;
	struct nfs3 *nfs = ao->o.nfs;
	char *path;
	size_t len = 0;

	ao->busy = false;
	if (op->rc == I2N_OK)
		return;
	path = nfs->env.tree ? i2n_tree_path(nfs->env.tree, op->dirent, &len) : NULL;
	i2n_note(nfs->env.notes, I2N_NOTE_FAILED, "audit", path, len, "%s", op->err.msg);
	free(path);
}

/* Borrow the steps of an op: settle() asks for the attributes, compares, mends and reports. */
static void start(struct nfs3 *nfs, struct audit_op *ao, struct nfs3_audit *a)
{
	*ao = (struct audit_op){
		.o = { .nfs = nfs, .op = &ao->op, .self = a->fh, .want = a->want },
		.op = { .kind = I2N_OP_DIRATTR,
			.dirent = a->dirent,
			.done = on_audited,
			.owner = ao },
		.busy = true,
	};
	ao->o.want.clamped = false;	/* has been told */
	ao->o.borrowed = true;
	nfs3_op_activate(&ao->o);
	nfs->sink.outstanding++;
	nfs3_settle(&ao->o, NULL);
}

int nfs3_audit_run(struct nfs3 *nfs, struct i2n_err *err)
{
	struct audit_op *ops = calloc(AT_ONCE, sizeof(*ops));
	int rc = I2N_OK;

	if (!ops)
		return i2n_err_nomem(err);
	while (rc == I2N_OK && (nfs->audits || nfs->sink.outstanding)) {
		for (unsigned i = 0; i < AT_ONCE && nfs->audits; i++) {
			struct nfs3_audit *a = nfs->audits;

			if (ops[i].busy)
				continue;
			nfs->audits = a->next;
			start(nfs, &ops[i], a);
			free(a);
		}
		rc = nfs->sink.ops->service(&nfs->sink, 1000, err);
	}
	free(ops);
	return rc;
}

void nfs3_audit_release(struct nfs3 *nfs)
{
	struct nfs3_audit *a;

	while ((a = nfs->audits)) {
		nfs->audits = a->next;
		free(a);
	}
}
