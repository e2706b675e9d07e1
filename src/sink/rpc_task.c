#include "rpc_own.h"

#include <stdio.h>

#ifdef LIBNFS_API_V2

bool rpc_queue_read(struct rpc_conn *conn, struct rpc_read_args *args, struct rpc_slot *slot)
{
	return rpc_nfs3_read_task(conn->rpc, rpc_on_reply, args->buf, args->xdr.count, &args->xdr,
				  slot) != NULL;
}

/* It is in the buffer that the call named. */
uint32_t rpc_read_take(const READ3res *res, void *buf, uint32_t cap)
{
	uint32_t n = res->READ3res_u.resok.count;

	(void)buf;
	return n < cap ? n : cap;
}

void rpc_read_of4(const READ4resok *from, READ3resok *ret)
{
	ret->eof = from->eof != 0;
	ret->count = from->data.data_len;
}

bool rpc_copies_data(void)
{
	return false;
}

bool rpc_has_nfs4(void)
{
	return true;
}

bool rpc_nfs4_goes_on(void)
{
	return false;
}

/* READ and WRITE have calls of their own, in which they must be the last operation. */
bool rpc_queue_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room, void *read_buf,
			struct rpc_slot *slot)
{
	nfs_argop4 *last = &args->argarray.argarray_val[args->argarray.argarray_len - 1];
	const WRITE4args *write = &last->nfs_argop4_u.opwrite;
	struct rpc_pdu *pdu;

	if (last->argop == OP_READ)
		pdu = rpc_nfs4_read_task(conn->rpc, rpc_on_reply, read_buf,
					 last->nfs_argop4_u.opread.count, args, slot);
	else if (last->argop == OP_WRITE)
		pdu = rpc_nfs4_write_task(conn->rpc, rpc_on_reply, write->data.data_val,
					  write->data.data_len, args, slot);
	else
		pdu = rpc_nfs4_compound_task2(conn->rpc, rpc_on_reply, args, slot, room);
	return pdu != NULL;
}

/* Parsing a URL is the way that is there whatever libnfs was built with: setting Kerberos has no
 * result and does nothing in one without it, setting TLS is missing in one without that. An
 * argument that it cannot follow is an error. */
const char *rpc_secure(struct nfs_context *nfs, const struct rpc_security *want)
{
	struct nfs_url *parsed;
	char url[80];

	if (!want->sec && !want->xprtsec)
		return NULL;
	(void)snprintf(url, sizeof(url), "nfs://server/path?%s%s%s%s%s", want->sec ? "sec=" : "",
		       want->sec ? want->sec : "", want->sec && want->xprtsec ? "&" : "",
		       want->xprtsec ? "xprtsec=" : "", want->xprtsec ? want->xprtsec : "");
	parsed = nfs_parse_url_dir(nfs, url);
	if (!parsed)
		return nfs_get_error(nfs);
	nfs_destroy_url(parsed);
	return NULL;
}

static int refuse(const char *what, const char *value, const char *why, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_USAGE, 0,
		    "cannot speak to the server with %s=%s: libnfs %s refuses it: %s", what, value,
		    i2n_nfs_library(), why);
	i2n_err_hint(err, "it was built without that, or what it needs is missing here: a libnfs "
			  "with %s; nothing was sent",
		     *what == 's' ? "libkrb5" : "TLS (Linux, gnutls)");
	return I2N_FATAL;
}

int rpc_can_secure(const struct rpc_security *want, struct i2n_err *err)
{
	struct rpc_security each[] = { { want->sec, NULL }, { NULL, want->xprtsec } };
	int rc = I2N_OK;

	for (int i = 0; i < 2 && rc == I2N_OK; i++) {
		struct nfs_context *nfs = nfs_init_context();
		const char *why = nfs ? rpc_secure(nfs, &each[i]) : "out of memory";

		if (why)
			rc = refuse(i ? "xprtsec" : "sec", i ? want->xprtsec : want->sec, why, err);
		if (nfs)
			nfs_destroy_context(nfs);
	}
	return rc;
}

#endif
