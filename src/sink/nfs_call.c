#include "nfs_call.h"

#include "nfs3_err.h"
#include "nfs4_call.h"
#include "nfs_long.h"

#include <poll.h>
#include <time.h>

#define BACKOFF_FIRST_MS 50
#define BACKOFF_MAX_MS 5000
#define TOLD_BACKOFF_MS 1000	/* shorter pauses are not worth a word */
#define CONNECT_MS 10000	/* an unanswered connect is given up */
#define FIRST_CONNECT_MS 500	/* a server that never was there is tried for so long */
#define NO_REPLY_MS 60000	/* COMMIT of a large file can take long */
#define MISSING_MS 20000	/* a reply that others overtake for so long is lost */
#define JUKEBOX_FIRST_MS 100
#define JUKEBOX_MAX_MS 5000
#define SILENCE_TOLD_MS 5000	/* the user hears of a silent server after this time */
#define POLL_MAX_MS 200		/* libnfs 4.0 wants to be called now and then while connecting */
#define LONG_TRIES 20
#define OPTIONAL_TRIES 3
#define SENDINGS_MAX 200	/* a request that kills its connection each time is not sent for
				 * ever */

int64_t nfs_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t nfs_now_ms(void)
{
	return nfs_now_us() / 1000;
}

static void unlink_call(struct nfs_call_list *list, struct nfs_call *call)
{
	*(call->prev ? &call->prev->next : &list->head) = call->next;
	*(call->next ? &call->next->prev : &list->tail) = call->prev;
	call->prev = call->next = NULL;
	list->n--;
}

static void append(struct nfs_call_list *list, struct nfs_call *call, enum nfs_call_where where)
{
	call->where = where;
	call->next = NULL;
	call->prev = list->tail;
	*(list->tail ? &list->tail->next : &list->head) = call;
	list->tail = call;
	list->n++;
}

static void prepend(struct nfs_call_list *list, struct nfs_call *call, enum nfs_call_where where)
{
	call->where = where;
	call->prev = NULL;
	call->next = list->head;
	*(list->head ? &list->head->prev : &list->tail) = call;
	list->head = call;
	list->n++;
}

static void make_ready(struct nfs_calls *calls, struct nfs_call *call)
{
	if (call->first)
		prepend(&calls->ready, call, CALL_READY);
	else
		append(&calls->ready, call, CALL_READY);
}

static struct nfs_call_list *list_of(struct nfs_calls *calls, enum nfs_call_where where)
{
	return where == CALL_SENT    ? &calls->sent
	       : where == CALL_READY ? &calls->ready
				     : &calls->delayed;
}

static void answer(struct nfs_call *call, const void *res)
{
	unlink_call(list_of(call->calls, call->where), call);
	call->where = CALL_IDLE;
	call->done(call, res);
}

/* What is in the list now; calls that done() adds are left for later. */
static void answer_all(struct nfs_call_list *list)
{
	for (unsigned n = list->n; n && list->head; n--)
		answer(list->head, NULL);
}

/* Everything waiting is answered with calls->err, what that starts anew as well. */
static void answer_waiting(struct nfs_calls *calls)
{
	while (calls->ready.n || calls->delayed.n) {
		answer_all(&calls->ready);
		answer_all(&calls->delayed);
	}
}

void nfs_calls_init(struct nfs_calls *calls, const struct rpc_target *target, struct rpc_conn *conn,
		    const struct i2n_nfs_opts *opts, struct i2n_sink_stats *stats,
		    const struct i2n_notes *notes)
{
	int64_t retry_for_ms = (int64_t)opts->retry_for_s * 1000;

	*calls = (struct nfs_calls){
		.target = *target,
		.conn = conn,
		.connect_by_ms = nfs_now_ms() + CONNECT_MS,
		.stats = stats,
		.notes = notes,
		.retry_for_ms = retry_for_ms,
		/* at least one new connection is tried before the server is given up */
		.no_reply_ms = retry_for_ms && retry_for_ms / 2 < NO_REPLY_MS ? retry_for_ms / 2
									      : NO_REPLY_MS,
	};
	/* The first connection is not asked whether anything is behind it, which costs a round
	 * trip; those that are made when one was lost are, before all is sent again. */
	calls->target.ping = true;
	nfs_window_init(&calls->window, opts->window, opts->bytes_in_flight);
}

bool nfs_calls_have_room(const struct nfs_calls *calls)
{
	return calls->sent.n + calls->ready.n < calls->window.calls.now;
}

bool nfs_calls_are_idle(const struct nfs_calls *calls)
{
	return !calls->sent.n && !calls->ready.n && !calls->delayed.n;
}

/* The server answered something. */
static void heard(struct nfs_calls *calls, int64_t now)
{
	calls->heard_ms = now;
	calls->answered = calls->was_up = true;
	calls->backoff_ms = 0;
	if (calls->outage_ms)
		i2n_note(calls->notes, I2N_NOTE_STATE, "server", NULL, 0,
			 "the server answers again after %d s",
			 (int)((now - calls->outage_ms) / 1000));
	calls->outage_ms = 0;
}

static bool delay_jukebox(struct nfs_call *call, int64_t now)
{
	struct nfs_calls *calls = call->calls;
	int64_t pause = JUKEBOX_FIRST_MS << (call->jukebox < 6 ? call->jukebox : 6);

	calls->stats->jukebox++;
	nfs_window_push_back(&calls->window);
	if (!call->jukebox)
		call->since_ms = now;
	if (calls->dead || now - call->since_ms > calls->retry_for_ms)
		return false;
	call->jukebox += call->jukebox < 1000;
	call->due_ms = now + (pause < JUKEBOX_MAX_MS ? pause : JUKEBOX_MAX_MS);
	unlink_call(&calls->sent, call);
	append(&calls->delayed, call, CALL_DELAYED);
	return true;
}

static void take_reply(struct nfs_call *call, const void *res)
{
	int64_t now_us = nfs_now_us(), now = now_us / 1000;

	heard(call->calls, now);
	if (call->seq > call->calls->seq_answered)
		call->calls->seq_answered = call->seq;
	call->waited_us = now_us - call->sent_us;
	(void)nfs_window_reply(&call->calls->window, now_us, call->waited_us);
	if (call->calls->v4) {
		res = nfs4_take(call->calls->v4, call, res);
		if (!res) {
			unlink_call(&call->calls->sent, call);
			prepend(&call->calls->ready, call, CALL_READY);
			return;
		}
	}
	if (nfs3_err_is_patience(*(const nfsstat3 *)res) && delay_jukebox(call, now))
		return;
	answer(call, res);
}

static void on_reply(struct rpc_slot *slot, const void *res)
{
	struct nfs_call *call = (struct nfs_call *)(void *)slot;

	if (call->where == CALL_SENT)
		take_reply(call, res);
}

static void count_sending(struct nfs_call *call)
{
	struct nfs_calls *calls = call->calls;
	struct i2n_sink_stats *st = calls->stats;

	call->sent_us = nfs_now_us();
	call->seq = ++calls->seq;
	if (!calls->sent.n)
		calls->heard_ms = call->sent_us / 1000;	/* from now on it owes us a reply */
	st->requests[call->proc]++;
	if (call->sendings++)
		st->resent++;
	unlink_call(&calls->ready, call);
	append(&calls->sent, call, CALL_SENT);
	if (calls->sent.n > st->max_in_flight)
		st->max_in_flight = calls->sent.n;
	calls->window.calls.met |= calls->sent.n >= calls->window.calls.now;
}

/* Symlink targets that do not fit into libnfs' buffer go their own way, one at a time. */
static void send_long(struct nfs_call *call)
{
	struct nfs_calls *calls = call->calls;
	struct nfs3_fh fh;
	SYMLINK3res res;

	count_sending(call);
	if (nfs_long_symlink(&calls->target, rpc_conn_port(calls->conn), &call->args.symlink, &fh,
			     &res)) {
		take_reply(call, &res);
		return;
	}
	if (call->sendings >= LONG_TRIES) {
		res.status = NFS3ERR_IO;
		answer(call, &res);
		return;
	}
	call->ambiguous = true;
	call->due_ms = nfs_now_ms() + 1000;
	unlink_call(&calls->sent, call);
	append(&calls->delayed, call, CALL_DELAYED);
}

static bool is_long(const struct nfs_call *call)
{
	return !call->calls->v4 && call->proc == I2N_PROC_SYMLINK &&
	       strlen(call->args.symlink.symlink.symlink_data) > NFS_LONG_TARGET;
}

/* What cannot be sent. NFSv4 has no such ACLs; what goes its own way would go there unsecured. */
static bool answer_unsent(struct nfs_call *call)
{
	bool acl = call->proc == I2N_PROC_GETACL || call->proc == I2N_PROC_SETACL;
	bool is_secured = rpc_target_is_secured(&call->calls->target);
	union {
		nfsstat3 status;
		GETACL3res get;
		SETACL3res set;
		SYMLINK3res symlink;
	} res;

	if (!(acl && call->calls->v4) && !(is_long(call) && is_secured))
		return false;
	memset(&res, 0, sizeof(res));
	res.status = acl ? NFS3ERR_NOTSUPP : NFS3ERR_NAMETOOLONG;
	answer(call, &res);
	return true;
}

static bool send_one(struct nfs_call *call)
{
	struct nfs_calls *calls = call->calls;

	return calls->v4 ? nfs4_send(calls->v4, calls->conn, call)
			 : rpc_conn_send(calls->conn, call->proc, &call->args, &call->slot);
}

static void send_ready(struct nfs_calls *calls)
{
	struct nfs_call *call;

	if (calls->up && rpc_conn_state(calls->conn) != RPC_UP)
		return;		/* not noticed yet */
	while (calls->up && !calls->dead && calls->sent.n < calls->window.calls.now &&
	       (call = calls->ready.head)) {
		if (answer_unsent(call))
			continue;
		if (is_long(call)) {
			send_long(call);
			continue;
		}
		if (calls->v4 && nfs4_needs_client(calls->v4, call)) {
			if (nfs4_become_client(calls->v4, calls))
				continue;	/* that comes first now */
			return;
		}
		if (call->load && !call->load(call)) {
			answer(call, NULL);
			continue;
		}
		count_sending(call);
		if (!send_one(call))
			return;	/* the connection has failed: noticed by service */
		if (call->sent)
			call->sent(call);
	}
}

void nfs_calls_push(struct nfs_calls *calls)
{
	if (!calls->dead)
		send_ready(calls);
}

void nfs_call_start(struct nfs_calls *calls, struct nfs_call *call)
{
	call->slot.reply = on_reply;
	call->calls = calls;
	call->ambiguous = false;
	call->sendings = call->jukebox = call->state_tries = 0;
	call->opener = NULL;
	make_ready(calls, call);
}

void nfs_call_withdraw(struct nfs_call *call)
{
	if (call->where == CALL_IDLE)
		return;
	unlink_call(list_of(call->calls, call->where), call);
	call->where = CALL_IDLE;
}

static void die(struct nfs_calls *calls, const struct i2n_err *why)
{
	if (!calls->dead)
		calls->err = *why;
	calls->dead = true;
}

static void give_up(struct nfs_calls *calls, const char *why, bool denied, int64_t now)
{
	struct i2n_err err;
	int waited = (int)((now - calls->outage_ms) / 1000);

	if (!calls->was_up)
		i2n_err_set(&err, I2N_DOM_RPC, 0,
			    "cannot connect to the NFS service at %s port %u: %s",
			    calls->target.addr, (unsigned)calls->target.port, why);
	else if (waited)
		i2n_err_set(&err, I2N_DOM_RPC, 0, "gave up after %d s without the server: %s",
			    waited, why);
	else
		i2n_err_set(&err, I2N_DOM_RPC, 0, "lost the server: %s", why);
	calls->denied = denied;
	die(calls, &err);
}

/* Put all of `sent` before `ready`, in order. */
static void park_sent(struct nfs_calls *calls)
{
	struct nfs_call *call;

	while ((call = calls->sent.tail)) {
		unlink_call(&calls->sent, call);
		call->ambiguous = true;
		nfs4_forget_opener(call);
		prepend(&calls->ready, call, CALL_READY);
	}
}

static void excuse_optional(struct nfs_calls *calls)
{
	union {
		nfsstat3 status;
		GETACL3res get;
		SETACL3res set;
	} res;
	struct nfs_call *call, *next;

	memset(&res, 0, sizeof(res));
	res.status = NFS3ERR_NOTSUPP;
	for (call = calls->sent.head; call; call = next) {
		next = call->next;
		if (call->optional && call->sendings >= OPTIONAL_TRIES)
			answer(call, &res);
	}
}

static bool is_worn_out(const struct nfs_calls *calls)
{
	for (const struct nfs_call *call = calls->sent.head; call; call = call->next)
		if (call->sendings >= SENDINGS_MAX)
			return true;
	return false;
}

static void die_without_memory(struct nfs_calls *calls)
{
	struct i2n_err err;

	(void)i2n_err_nomem(&err);
	die(calls, &err);
}

/* The connection is of no use any more. */
static void lost(struct nfs_calls *calls, const char *text, int64_t now)
{
	bool denied = rpc_conn_is_denied(calls->conn), worn_out = is_worn_out(calls);
	bool no_memory = rpc_conn_has_no_memory(calls->conn);
	int64_t patience = calls->retry_for_ms;
	char why[192];

	(void)strncpy(why, text, sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	if (!calls->outage_ms)
		calls->outage_ms = calls->sent.n && calls->up ? calls->heard_ms : now;
	rpc_conn_free(calls->conn);
	calls->conn = NULL;
	calls->up = false;
	excuse_optional(calls);
	park_sent(calls);
	if (calls->v4)
		nfs4_lost(calls->v4);
	if (no_memory) {
		die_without_memory(calls);
		return;
	}
	if (!calls->ready.n && !calls->delayed.n) {	/* closed while idle: no trouble yet */
		calls->outage_ms = 0;
		return;
	}
	if (!calls->answered && denied)
		patience = 0;
	else if (!calls->was_up && patience > FIRST_CONNECT_MS)
		patience = FIRST_CONNECT_MS;
	if (worn_out || now - calls->outage_ms >= patience) {
		give_up(calls, why, denied, now);
		return;
	}
	calls->retry_at_ms = now + calls->backoff_ms;
	if (!calls->backoff_ms || calls->backoff_ms >= TOLD_BACKOFF_MS)
		i2n_note(calls->notes, I2N_NOTE_STATE, "server", NULL, 0,
			 "lost the server (%s), trying again%s", why,
			 calls->backoff_ms ? " in a few seconds" : "");
	calls->backoff_ms = calls->backoff_ms ? calls->backoff_ms * 2 : BACKOFF_FIRST_MS;
	if (calls->backoff_ms > BACKOFF_MAX_MS)
		calls->backoff_ms = BACKOFF_MAX_MS;
}

static void connect_now(struct nfs_calls *calls, int64_t now)
{
	calls->conn = rpc_conn_new(&calls->target);
	calls->pinged = true;
	calls->connect_by_ms = now + CONNECT_MS;
	calls->stats->requests[I2N_PROC_NULL]++;	/* the ping */
	if (!calls->conn)
		die_without_memory(calls);
}

/* Calls whose pause is over are sent before anything newer. */
static void wake_delayed(struct nfs_calls *calls, int64_t now)
{
	struct nfs_call *call, *next;

	for (call = calls->delayed.head; call; call = next) {
		next = call->next;
		if (call->due_ms > now)
			continue;
		unlink_call(&calls->delayed, call);
		make_ready(calls, call);
	}
}

static int shortest_wait(const struct nfs_calls *calls, int timeout_ms, int64_t now)
{
	int64_t wait = timeout_ms < POLL_MAX_MS ? timeout_ms : POLL_MAX_MS;

	for (const struct nfs_call *call = calls->delayed.head; call; call = call->next)
		if (call->due_ms - now < wait)
			wait = call->due_ms - now;
	if (!calls->conn && calls->retry_at_ms - now < wait)
		wait = calls->retry_at_ms - now;
	return wait > 0 ? (int)wait : 0;
}

static void tell_silence(struct nfs_calls *calls, int64_t now)
{
	if (now - calls->heard_ms < SILENCE_TOLD_MS || now - calls->told_ms < SILENCE_TOLD_MS)
		return;
	calls->told_ms = now;
	i2n_note(calls->notes, I2N_NOTE_STATE, "server", NULL, 0,
		 "the server has not answered for %d s",
		 (int)((now - calls->heard_ms) / 1000));
}

/* What may take a server long while it answers others: a NAS flushes for half a minute, and frees a
 * large file as slowly. */
static bool is_slow(enum i2n_proc proc)
{
	return proc == I2N_PROC_COMMIT || proc == I2N_PROC_WRITE || proc == I2N_PROC_SETATTR ||
	       proc == I2N_PROC_REMOVE || proc == I2N_PROC_RENAME;
}

/* Is a reply lost though the connection lives? Each further sending is given twice the time of the
 * one before, so that what is only slow comes to its end. */
static bool is_reply_missing(const struct nfs_calls *calls, int64_t now)
{
	int64_t limit = MISSING_MS < calls->no_reply_ms ? MISSING_MS : calls->no_reply_ms;
	const struct nfs_call *call = calls->sent.head;	/* the oldest sending */

	for (; call && now - call->sent_us / 1000 >= limit; call = call->next) {
		int64_t patience = is_slow(call->proc) ? calls->no_reply_ms : limit;

		patience <<= call->sendings < 5 ? call->sendings - 1 : 4;
		if (call->seq < calls->seq_answered && now - call->sent_us / 1000 >= patience)
			return true;
	}
	return false;
}

static void check_connection(struct nfs_calls *calls)
{
	int64_t now = nfs_now_ms();

	if (rpc_conn_state(calls->conn) == RPC_FAILED) {
		lost(calls, rpc_conn_error(calls->conn), now);
	} else if (rpc_conn_state(calls->conn) == RPC_CONNECTING) {
		if (now >= calls->connect_by_ms)
			lost(calls, "no answer", now);
	} else if (!calls->up) {
		calls->up = true;
		calls->stats->reconnects += calls->was_up;
		calls->was_up |= calls->pinged;
		calls->heard_ms = now;
		nfs_window_restart(&calls->window);
	} else if (calls->sent.n) {
		if (now - calls->heard_ms >= calls->no_reply_ms)
			lost(calls, "no reply", now);
		else if (is_reply_missing(calls, now))
			lost(calls, "it answers, but not everything", now);
		else
			tell_silence(calls, now);
	}
}

/* Nothing to do over a connection: sleep. */
static void sleep_ms(int ms)
{
	(void)poll(NULL, 0, ms);	/* woken early by a signal: all the better */
}

static void turn(struct nfs_calls *calls, int timeout_ms)
{
	int64_t now = nfs_now_ms();
	int wait;

	wake_delayed(calls, now);
	if (calls->conn && !calls->up)
		check_connection(calls);	/* it may be up already */
	if (calls->v4 && calls->up)
		nfs4_renew(calls->v4, calls, now);
	if (!calls->conn && calls->ready.n && now >= calls->retry_at_ms)
		connect_now(calls, now);
	if (calls->conn) {
		send_ready(calls);
		rpc_conn_flush(calls->conn);
	}
	wait = shortest_wait(calls, timeout_ms, now);
	if (!calls->conn) {
		sleep_ms(wait);
		return;
	}
	rpc_conn_service(calls->conn, wait);
	check_connection(calls);
	if (calls->up) {
		send_ready(calls);
		rpc_conn_flush(calls->conn);
	}
}

static void drop_connection(struct nfs_calls *calls)
{
	rpc_conn_free(calls->conn);
	calls->conn = NULL;
	calls->up = false;
	park_sent(calls);
}

int nfs_calls_service(struct nfs_calls *calls, int timeout_ms)
{
	if (!calls->dead)
		turn(calls, timeout_ms);
	else if (calls->sent.n && calls->conn)	/* stopping: only wait for what is on its way */
		rpc_conn_service(calls->conn, timeout_ms < POLL_MAX_MS ? timeout_ms : POLL_MAX_MS);
	if (calls->dead && calls->conn &&
	    (calls->given_up || rpc_conn_state(calls->conn) == RPC_FAILED))
		drop_connection(calls);
	if (calls->dead)
		answer_waiting(calls);
	return calls->dead && !calls->sent.n ? I2N_FATAL : I2N_OK;
}

void nfs_calls_stop(struct nfs_calls *calls, const struct i2n_err *why, bool also_sent)
{
	die(calls, why);
	if (also_sent)
		drop_connection(calls);
	answer_waiting(calls);
}

void nfs_calls_give_up(struct nfs_calls *calls, const struct i2n_err *why)
{
	die(calls, why);
	calls->given_up = true;
}

void nfs_calls_release(struct nfs_calls *calls)
{
	rpc_conn_free(calls->conn);
	calls->conn = NULL;
}
