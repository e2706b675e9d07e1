#include "rpc_own.h"

#ifndef LIBNFS_API_V2

bool rpc_queue_read(struct rpc_conn *conn, struct rpc_read_args *args, struct rpc_slot *slot)
{
	return RPC_CALL(nfs3_read, conn, &args->xdr, slot);
}

uint32_t rpc_read_take(const READ3res *res, void *buf, uint32_t cap)
{
	uint32_t n = res->READ3res_u.resok.data.data_len;

	n = n < cap ? n : cap;
	if (n)
		memcpy(buf, res->READ3res_u.resok.data.data_val, n);
	return n;
}

void rpc_read_of4(const READ4resok *from, READ3resok *ret)
{
	ret->eof = from->eof != 0;
	ret->count = ret->data.data_len = from->data.data_len;
	ret->data.data_val = from->data.data_val;
}

/* 4.0 does; of 5.0 some do, and a program may be built with one and run with another of them. */
bool rpc_copies_data(void)
{
	return !strncmp(I2N_LIBNFS_VERSION, "4.", 2);
}

/* It would ignore the arguments of a URL that ask for it, and go on with AUTH_SYS. */
int rpc_can_secure(const struct rpc_security *want, struct i2n_err *err)
{
	if (!want->sec && !want->xprtsec)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_USAGE, 0,
		    "cannot speak to the server with %s%s: this program was built with libnfs %s, "
		    "which knows neither Kerberos nor TLS",
		    want->sec ? "sec=" : "xprtsec=", want->sec ? want->sec : want->xprtsec,
		    i2n_nfs_library());
	i2n_err_hint(err, "build it with libnfs 6.0 or later, that has them; nothing was sent");
	return I2N_FATAL;
}

const char *rpc_secure(struct nfs_context *nfs, const struct rpc_security *want)
{
	(void)nfs;
	return want->sec || want->xprtsec ? "this libnfs cannot secure a connection" : NULL;
}

#ifdef LIBNFS_FEATURE_MULTITHREADING

bool rpc_has_nfs4(void)
{
	return true;
}

bool rpc_nfs4_goes_on(void)
{
	return true;
}

bool rpc_queue_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room, void *read_buf,
			struct rpc_slot *slot)
{
	(void)read_buf;	/* the reply brings the data */
	return rpc_nfs4_compound_async2(conn->rpc, rpc_on_reply, args, slot, room) >= 0;
}

#else	/* 4.0 encodes into 4096 bytes: too small for a file */

bool rpc_has_nfs4(void)
{
	return false;
}

bool rpc_nfs4_goes_on(void)
{
	return false;
}

bool rpc_queue_compound(struct rpc_conn *conn, COMPOUND4args *args, size_t room, void *read_buf,
			struct rpc_slot *slot)
{
	(void)conn, (void)args, (void)room, (void)read_buf, (void)slot;
	return false;
}

#endif
#endif
