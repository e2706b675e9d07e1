#include "nfs3_err.h"
#include "nfs4_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <unistd.h>

#define LEASE_S 90		/* until the server says */
#define STATE_TRIES 10		/* of one request; more would not help */
#define REFUSALS_MAX 5

static void on_hello(struct nfs_call *call, const void *res);
static void on_renewed(struct nfs_call *call, const void *res);

struct nfs4 *nfs4_new(const struct i2n_notes *notes)
{
	struct nfs4 *v4 = calloc(1, sizeof(*v4));
	struct timespec ts = { 0, 0 };

	if (!v4)
		return NULL;
	v4->notes = notes;
	v4->lease_s = LEASE_S;
	v4->hello.done = on_hello;
	v4->hello.first = true;
	v4->renew.done = on_renewed;
	v4->renew.proc = I2N_PROC_RENEW;
	v4->renew.first = true;
	/* another client than any other sink, of this process or of other ones, at this address or
	 * another */
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (gethostname(v4->id, 64))
		v4->id[0] = '\0';
	v4->id[63] = '\0';
	(void)snprintf(v4->id + strlen(v4->id), sizeof(v4->id) - 64, "/img2nfs/%ld/%lx.%lx/%lx",
		       (long)getpid(), (unsigned long)ts.tv_sec, (unsigned long)ts.tv_nsec,
		       (unsigned long)(uintptr_t)v4);
	return v4;
}

void nfs4_free(struct nfs4 *v4)
{
	struct nfs4_owner *owner;

	if (!v4)
		return;
	while ((owner = v4->owners)) {
		v4->owners = owner->next;
		free(owner);
	}
	free(v4->text);
	free(v4->entries);
	free(v4);
}

/* --- the client id --- */

bool nfs4_opens(const struct nfs_call *call)
{
	return call->proc == I2N_PROC_CREATE || call->proc == I2N_PROC_STORE;
}

bool nfs4_needs_client(const struct nfs4 *v4, const struct nfs_call *call)
{
	return nfs4_opens(call) && v4->state != NFS4_CONFIRMED;
}

/* Whatever was open is not, or will not be soon. */
static void be_nobody(struct nfs4 *v4)
{
	v4->state = NFS4_NOBODY;
	v4->generation++;
	v4->grace_told = false;
}

static void ask(struct nfs4 *v4, struct nfs_calls *calls, enum i2n_proc proc)
{
	v4->state = NFS4_ASKING;
	v4->hello.proc = proc;
	nfs_call_start(calls, &v4->hello);
}

bool nfs4_become_client(struct nfs4 *v4, struct nfs_calls *calls)
{
	/* what uses the former client id comes to its end before: nfs-ganesha 6.5 would not */
	if (v4->state != NFS4_NOBODY || v4->opening)
		return false;
	v4->incarnation++;
	ask(v4, calls, I2N_PROC_SETCLIENTID);
	return true;
}

static void give_up(struct nfs4 *v4, struct nfs_calls *calls, nfsstat3 status)
{
	const char *hint = nfs3_err_hint(status);
	struct i2n_err why;
	char code[32];

	i2n_err_set(&why, I2N_DOM_NFS3, status, "cannot open files on the server: %s: %s",
		    i2n_proc_name(v4->hello.proc), nfs4_err_name(status, code));
	if (hint)
		i2n_err_hint(&why, "%s", hint);
	nfs_calls_give_up(calls, &why);
}

static void on_hello(struct nfs_call *call, const void *res)
{
	struct nfs_calls *calls = call->calls;
	struct nfs4 *v4 = calls->v4;
	nfsstat3 status = res ? *(const nfsstat3 *)res : NFS3ERR_IO;

	be_nobody(v4);
	if (!res) {
		v4->closing = false;
		return;
	}
	if (status != NFS3_OK) {
		/* somebody else's id, or forgotten since: another one, unless patience is what was
		 * asked for and is at its end */
		v4->id[strlen(v4->id) - 1] ^= 1;
		v4->refusals++;
		if (!v4->closing &&
		    (nfs3_err_is_patience(status) || v4->refusals > REFUSALS_MAX))
			give_up(v4, calls, status);
		v4->closing = false;
	} else if (call->proc == I2N_PROC_SETCLIENTID) {
		ask(v4, calls, I2N_PROC_SETCLIENTID_CONFIRM);
	} else {
		v4->refusals = 0;
		v4->state = NFS4_CONFIRMED;
		v4->renewed_ms = nfs_now_ms();
		v4->closing = v4->has_open = false;
	}
}

void nfs4_client_take(struct nfs4 *v4, const struct nfs_call *call, const COMPOUND4res *res)
{
	const SETCLIENTID4resok *ok;
	nfs_resop4 op;

	if (call->proc != I2N_PROC_SETCLIENTID || v4->out.status != NFS3_OK ||
	    !nfs4_find(res, OP_SETCLIENTID, &op))
		return;
	ok = &op.nfs_resop4_u.opsetclientid.SETCLIENTID4res_u.resok4;
	v4->clientid = ok->clientid;
	memcpy(v4->confirm, ok->setclientid_confirm, sizeof(v4->confirm));
}

bool nfs4_has_open(const struct nfs4 *v4)
{
	return v4->has_open && v4->state == NFS4_CONFIRMED;
}

void nfs4_close_all(struct nfs4 *v4, struct nfs_calls *calls)
{
	be_nobody(v4);
	v4->closing = true;
	(void)nfs4_become_client(v4, calls);
}

bool nfs4_is_closing(const struct nfs4 *v4)
{
	return v4->closing;
}

void nfs4_lost(struct nfs4 *v4)
{
	nfs_call_withdraw(&v4->hello);
	nfs_call_withdraw(&v4->renew);
	v4->closing = false;
	v4->grace_told = false;
	if (v4->state == NFS4_ASKING)
		be_nobody(v4);
}

/* --- the lease --- */

static bool is_forgotten(nfsstat4 status)
{
	return status == NFS4ERR_STALE_CLIENTID || status == NFS4ERR_EXPIRED ||
	       status == NFS4ERR_ADMIN_REVOKED || status == NFS4ERR_LEASE_MOVED;
}

static void on_renewed(struct nfs_call *call, const void *res)
{
	struct nfs4 *v4 = call->calls->v4;

	v4->renewed_ms = nfs_now_ms();
	if (res && *(const nfsstat3 *)res != NFS3_OK && v4->state == NFS4_CONFIRMED)
		be_nobody(v4);	/* the next file will be opened by another incarnation */
}

void nfs4_renew(struct nfs4 *v4, struct nfs_calls *calls, int64_t now_ms)
{
	if (v4->state != NFS4_CONFIRMED || v4->renew.where != CALL_IDLE ||
	    now_ms - v4->renewed_ms < (int64_t)v4->lease_s * 1000 / 3)
		return;
	nfs_call_start(calls, &v4->renew);
}

/* --- owners --- */

static void begin_owner(struct nfs4 *v4, struct nfs4_owner *owner)
{
	owner->id = v4->next_owner++;
	owner->generation = v4->generation;
	owner->seqid = 0;
	owner->confirm = false;
	owner->n_opens = 0;
}

struct nfs4_owner *nfs4_owner_get(struct nfs4 *v4)
{
	struct nfs4_owner *owner = v4->free_owners;

	if (owner) {
		v4->free_owners = owner->next_free;
	} else {
		owner = calloc(1, sizeof(*owner));
		if (!owner)
			return NULL;
		owner->v4 = v4;
		owner->next = v4->owners;
		v4->owners = owner;
		begin_owner(v4, owner);
	}
	if (owner->generation != v4->generation)
		begin_owner(v4, owner);
	v4->opening++;
	return owner;
}

static void put_owner(struct nfs_call *call)
{
	struct nfs4_owner *owner = call->opener;

	owner->next_free = owner->v4->free_owners;
	owner->v4->free_owners = owner;
	owner->v4->opening--;
	call->opener = NULL;
}

void nfs4_forget_opener(struct nfs_call *call)
{
	if (!call->opener)
		return;
	begin_owner(call->opener->v4, call->opener);
	put_owner(call);
}

void nfs4_owner_name(const struct nfs4_owner *owner, char buf[17])
{
	(void)snprintf(buf, 17, "%016llx", (unsigned long long)owner->id);
}

/* Every operation with a sequence number counts, but for these errors (RFC 7530 9.1.7). */
static bool counts(nfsstat4 status)
{
	switch (status) {
	case NFS4ERR_STALE_CLIENTID:
	case NFS4ERR_STALE_STATEID:
	case NFS4ERR_BAD_STATEID:
	case NFS4ERR_BAD_SEQID:
	case NFS4ERR_BADZDR:
	case NFS4ERR_RESOURCE:
	case NFS4ERR_NOFILEHANDLE:
	case NFS4ERR_MOVED:
		return false;
	default:
		return true;
	}
}

static bool is_about_state(nfsstat4 status)
{
	return is_forgotten(status) || status == NFS4ERR_STALE_STATEID ||
	       status == NFS4ERR_BAD_STATEID || status == NFS4ERR_OLD_STATEID ||
	       status == NFS4ERR_BAD_SEQID;
}

static void take_confirmed(struct nfs4_owner *owner, const nfs_resop4 *op)
{
	owner->confirm = false;
	owner->opens[0].stateid =
		op->nfs_resop4_u.opopen_confirm.OPEN_CONFIRM4res_u.resok4.open_stateid;
}

static void drop_first(struct nfs4_owner *owner)
{
	owner->n_opens--;
	memmove(owner->opens, owner->opens + 1, owner->n_opens * sizeof(owner->opens[0]));
}

/* Not known by its handle, it can never be closed: done with this owner. false. */
static bool take_opened(struct nfs4_owner *owner, const nfs_resop4 *op, const COMPOUND4res *res)
{
	const OPEN4resok *ok = &op->nfs_resop4_u.opopen.OPEN4res_u.resok4;
	struct nfs4_open *open = &owner->opens[owner->n_opens];
	const nfs_fh4 *fh;
	nfs_resop4 got;

	if (!nfs4_find(res, OP_GETFH, &got) || nfs4_resop_status(&got) != NFS4_OK)
		return false;
	fh = &got.nfs_resop4_u.opgetfh.GETFH4res_u.resok4.object;
	if (owner->n_opens == NFS4_OPENS ||
	    !nfs3_fh_take(&open->fh, fh->nfs_fh4_len, fh->nfs_fh4_val))
		return false;
	open->stateid = ok->stateid;
	owner->n_opens++;
	owner->confirm = (ok->rflags & OPEN4_RESULT_CONFIRM) != 0;
	return true;
}

/* Walk over the results as far as the owner has a part in them. *ret_failed: what ended it before
 * the file was opened. false: the owner is of no more use; it is told that something was closed
 * that was not open. */
static bool walk(struct nfs4_owner *owner, const COMPOUND4res *res, nfsstat4 *ret_failed,
		 bool *ret_before)
{
	unsigned left = owner->n_opens * 2;	/* results of settle_opener() */

	for (unsigned i = 0; i < res->resarray.resarray_len; i++) {
		nfs_resop4 op = nfs4_resop(res, i);
		nfsstat4 status = nfs4_resop_status(&op);
		bool state = op.resop == OP_CLOSE || op.resop == OP_OPEN_CONFIRM ||
			     op.resop == OP_OPEN;

		if (state && counts(status))
			owner->seqid++;
		*ret_before = i < left;
		if (status != NFS4_OK) {
			*ret_failed = status;
			return true;
		}
		if ((op.resop == OP_CLOSE || op.resop == OP_OPEN_CONFIRM) && !owner->n_opens)
			return false;
		if (op.resop == OP_OPEN_CONFIRM)
			take_confirmed(owner, &op);
		else if (op.resop == OP_CLOSE)
			drop_first(owner);
		else if (op.resop == OP_OPEN)
			return take_opened(owner, &op, res);
	}
	*ret_failed = res->status != NFS4_OK ? res->status : NFS4ERR_SERVERFAULT;
	return true;
}

enum nfs4_verdict nfs4_opener_take(struct nfs4 *v4, struct nfs_call *call,
				   const COMPOUND4res *res)
{
	struct nfs4_owner *owner = call->opener;
	bool current = owner->generation == v4->generation, before = false, good;
	nfsstat4 failed = NFS4_OK;

	good = walk(owner, res, &failed, &before);
	if (failed == NFS4_OK) {
		v4->has_open = true;
		v4->renewed_ms = nfs_now_ms();
	}
	/* a file that cannot be closed (removed since, say) is no reason not to open another */
	before = before && failed != NFS4_OK && !nfs3_err_is_patience(failed);
	if (!good || before || is_about_state(failed))
		nfs4_forget_opener(call);
	else
		put_owner(call);
	if (failed == NFS4_OK || (!before && !is_about_state(failed)))
		return NFS4_GO_ON;
	if (current && is_forgotten(failed))
		be_nobody(v4);
	return ++call->state_tries <= STATE_TRIES ? NFS4_AGAIN : NFS4_GO_ON;
}
