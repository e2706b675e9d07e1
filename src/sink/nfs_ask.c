#include "nfs_ask.h"

#define SERVICE_MS 200

static void take_attrs(struct nfs_ask *a, const fattr3 *attrs)
{
	a->has_attrs = attrs != NULL;
	if (attrs)
		a->attrs = *attrs;
}

static void take_result(struct nfs_ask *a, const void *res)
{
	const LOOKUP3resok *lookup = &((const LOOKUP3res *)res)->LOOKUP3res_u.resok;
	const MKDIR3resok *mkdir = &((const MKDIR3res *)res)->MKDIR3res_u.resok;
	const SETATTR3resok *setattr = &((const SETATTR3res *)res)->SETATTR3res_u.resok;

	switch (a->call.proc) {
	case I2N_PROC_ROOT:
	case I2N_PROC_LOOKUP:
		a->has_fh = nfs3_fh_take(&a->fh, lookup->object.data.data_len,
					 lookup->object.data.data_val);
		take_attrs(a, nfs3_attrs(&lookup->obj_attributes));
		break;
	case I2N_PROC_MKDIR:
		a->has_fh = mkdir->obj.handle_follows &&
			nfs3_fh_take(&a->fh, mkdir->obj.post_op_fh3_u.handle.data.data_len,
				     mkdir->obj.post_op_fh3_u.handle.data.data_val);
		take_attrs(a, nfs3_attrs(&mkdir->obj_attributes));
		break;
	case I2N_PROC_GETATTR:
		take_attrs(a, &((const GETATTR3res *)res)->GETATTR3res_u.resok.obj_attributes);
		break;
	case I2N_PROC_SETATTR:
		take_attrs(a, nfs3_attrs(&setattr->obj_wcc.after));
		break;
	case I2N_PROC_FSINFO:
		a->fsinfo = ((const FSINFO3res *)res)->FSINFO3res_u.resok;
		break;
	case I2N_PROC_GETACL:
		a->default_aces = ((const GETACL3res *)res)->GETACL3res_u.resok.default_ace_count;
		break;
	case I2N_PROC_READDIRPLUS:
		a->take(a->ctx, &((const READDIRPLUS3res *)res)->READDIRPLUS3res_u.resok);
		break;
	default:
		break;
	}
}

static void on_answer(struct nfs_call *call, const void *res)
{
	struct nfs_ask *a = (struct nfs_ask *)(void *)call;

	a->answered = true;
	a->dead = !res;
	if (!res)
		return;
	a->status = *(const nfsstat3 *)res;
	if (a->status == NFS3_OK)
		take_result(a, res);
}

void nfs_ask_start(struct nfs_calls *calls, struct nfs_ask *ask, enum i2n_proc proc)
{
	ask->call.proc = proc;
	ask->call.done = on_answer;
	ask->answered = ask->dead = ask->has_fh = ask->has_attrs = false;
	nfs_call_start(calls, &ask->call);
}

int nfs_ask_wait(struct nfs_ask *ask, const volatile int *stop, struct i2n_err *err)
{
	struct nfs_calls *calls = ask->call.calls;
	struct i2n_err why;

	while (calls && !ask->answered) {
		if (stop && *stop) {
			i2n_err_set(&why, I2N_DOM_STOPPED, *stop, "stopped by signal %d", *stop);
			nfs_calls_stop(calls, &why, true);
		} else {
			/* dead: the call has been answered */
			(void)nfs_calls_service(calls, SERVICE_MS);
		}
	}
	if (!ask->dead)
		return I2N_OK;
	*err = calls->err;
	return I2N_FATAL;
}
