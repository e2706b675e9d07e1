/* nfsproxy.c - a TCP proxy for ONC RPC on 127.0.0.1 that delays, and that does the things networks
 * and servers do.
 *
 *	nfsproxy [-f PORTFILE] [-d RTT_US] [-r RATE] [-a ADDRESS] [-t ADDRESS] TARGET_PORT [RULE...]
 *
 * Writes the port it listens on to PORTFILE (renamed into place) or stdout, and runs until SIGTERM;
 * then it prints what it has seen: "calls=N replies=N connections=N". -d: each byte is passed on
 * RTT_US / 2 microseconds after it came, in both directions. -r: so many bytes a second at most pass
 * in each direction, over all connections; without it there is no limit. Without rules nothing is
 * parsed or copied more than once. -a: listens at this address, -t: the server has this one, instead
 * of 127.0.0.1.
 *
 * Rules look at RPC records. K counts the calls of the clients from 1, over all connections.
 *	drop-call=K	connection is reset instead of passing on call K
 *	cut-call=K	half of call K is passed on, then the connection is reset
 *	lose-reply=K	call K is carried out, its reply is not passed on, the connection is reset
 *	cut-reply=K	the same, with half of the reply passed on
 *	eat-reply=K	call K is carried out, its reply never comes
 *	dup-call=K	call K reaches the server twice
 *	dup-reply=K	its reply comes twice
 *	late-call=K:MS	connection is reset; call K reaches the server MS milliseconds later
 *	freeze=K:MS	from call K on nothing is passed on for MS milliseconds
 *	fail-call=K:CODE	call K is answered with nfsstat3 CODE instead of being passed on
 *	down=MS		after each reset of ours, new connections are reset for MS milliseconds
 *	slow=PROC:N:MS	every N-th reply to this procedure comes MS milliseconds later, others before it
 *	jukebox=N	every N-th call (but NULL) is answered NFS3ERR_JUKEBOX, twice at most
 *	status=PROC:CODE:N	every N-th call of this procedure is answered with nfsstat3 CODE.
 *			NFSv4: 22 is every COMPOUND, 23 those in which img2nfs opens a file;
 *			of another one the operation that does the same fails, after those before it
 *	op=OP:CODE:N	every N-th COMPOUND with this operation of NFSv4 is cut off before it, which
 *			fails with nfsstat4 CODE
 *	hold=FILE	as long as there is such a file nothing is passed on
 *	hates=PROGRAM	connection is reset instead of passing on calls of this RPC program
 *	short=N		every N-th WRITE is shortened to half of its bytes
 *	verifier=N	the write verifier in replies changes with every N-th WRITE
 *	rot		READ replies of more than 4 KiB come with a wrong byte
 *	twin=N		every N-th CREATE, MKDIR, SYMLINK, MKNOD and LINK is carried out twice, under
 *			two xids: what a run that has ended may do to the next one
 *	log=FILE	a line for each call: K, procedure, bytes of a WRITE, its round trip from 1 on;
 *			100 + operation for what only NFSv4 has: RENEW is 130
 *	no-attrs	replies of CREATE, ..., MKNOD and SETATTR come without attributes, handles
 * Every K rule may be given several times. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "compound.h"
#include "delayed.h"
#include "nfs3_record.h"

#define CHUNK (256u << 10)
#define QUEUE_MAX (64u << 20)	/* bytes under way in one direction before we stop reading */
#define LINK_QUEUE_MAX (1u << 20)	/* the same with -r: what a switch may hold */
#define RECORD_MAX (80u << 20)
#define RULES_MAX 64
#define CONNS_MAX 64
#define PENDING 16384			/* calls whose reply we want to know; by xid */

enum rule_kind {
	DROP_CALL, CUT_CALL, LOSE_REPLY, CUT_REPLY, EAT_REPLY, DUP_CALL, DUP_REPLY, LATE_CALL,
	FREEZE, FAIL_CALL, RULE_KINDS
};
static const char *const rule_names[RULE_KINDS] = {
	"drop-call", "cut-call",  "lose-reply", "cut-reply", "eat-reply",
	"dup-call",  "dup-reply", "late-call",	"freeze",    "fail-call",
};
struct rule { enum rule_kind kind; uint64_t k; long ms; };

struct conn {
	int fd[2];		/* 0 client, 1 server */
	struct half to[2];	/* to[i] is written to fd[i] */
	bool dead;
};

struct pending {
	uint32_t xid, proc;
	uint32_t cut_op, cut_status;	/* of a COMPOUND that was cut off before this operation */
	uint64_t k, round;
	bool used, reads;
	struct chunk *held;
	struct conn *conn;
};

static struct rule rules[RULES_MAX];
static unsigned n_rules, jukebox_every, short_every, verifier_every, twin_every, hated;
static unsigned status_proc, status_op, status_code, status_every;
static unsigned slow_proc, slow_every, slow_ms, slow_seen;
static const char *hold_file;
static bool no_attrs, rot, parsing;
static FILE *call_log;
static long delay_us, down_ms, link_rate;
static size_t queue_max = QUEUE_MAX;
static int64_t link_free_ns[2];	/* when the last byte to the client, to the server will have passed */
static uint16_t target;
static struct in_addr here, there;
static struct conn conns[CONNS_MAX];
static struct pending pendings[PENDING];
static uint64_t calls, replies, connections, writes, nonnull, makers, status_seen, verifier_epoch, rounds;
static int64_t frozen_until, down_until;
static volatile sig_atomic_t stop;
static uint32_t juked[1024];	/* how often an xid was put off, by hash: (xid << 2 | count) */

static void on_signal(int sig)
{
	stop = sig;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* It goes over the link behind all that came before, and then travels. */
static int64_t passed_us(unsigned side, size_t len)
{
	const int64_t now = now_us();

	if (!link_rate)
		return now;
	if (link_free_ns[side] < now * 1000)
		link_free_ns[side] = now * 1000;
	link_free_ns[side] += (int64_t)len * 1000000000 / link_rate;
	return link_free_ns[side] / 1000;
}

static void enqueue_chunk(struct half *h, struct chunk *c, long extra_us)
{
	half_put(h, c, passed_us(h->side, c->len) + delay_us / 2 + extra_us);
}

static void enqueue(struct half *h, const void *data, size_t len)
{
	enqueue_chunk(h, chunk_of(data, len), 0);
}

static void reset_fd(int fd)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd);
}

static void conn_reset(struct conn *c)
{
	reset_fd(c->fd[0]);
	reset_fd(c->fd[1]);
	half_release(&c->to[0]);
	half_release(&c->to[1]);
	c->fd[0] = c->fd[1] = -1;
	c->dead = true;
	for (struct pending *p = pendings; p < pendings + PENDING; p++)
		if (p->conn == c) {
			free(p->held);
			*p = (struct pending){ 0 };
		}
}

static void fault_reset(struct conn *c)
{
	conn_reset(c);
	down_until = now_us() + down_ms * 1000;
}

/* Write at once what is in the queue, whatever its due time, as far as the socket takes it. */
static void push(struct conn *c, int side)
{
	struct half *h = &c->to[side];

	while (h->head) {
		ssize_t n = send(c->fd[side], h->head->data + h->head->pos, h->head->len -
				 h->head->pos, MSG_NOSIGNAL);
		struct chunk *done = h->head;

		if (n <= 0)
			return;
		done->pos += (size_t)n;
		if (done->pos < done->len)
			continue;
		half_drop_first(h);
	}
}

static int connect_target(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(target), .sin_addr = there };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin))) {	/* loopback: immediate */
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void accept_one(int lfd)
{
	int fd = accept(lfd, NULL, NULL), one = 1, i;
	struct conn *c;

	if (fd < 0)
		return;
	connections++;
	for (i = 0; i < CONNS_MAX && conns[i].fd[0] >= 0; i++)
		;
	if (i == CONNS_MAX || now_us() < down_until) {
		reset_fd(fd);
		return;
	}
	c = &conns[i];
	memset(c, 0, sizeof(*c));
	c->to[1].side = 1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	c->fd[0] = fd;
	c->fd[1] = connect_target();
	if (c->fd[1] < 0)
		conn_reset(c);
}

static const struct rule *rule_for(uint64_t k, enum rule_kind kind)
{
	for (unsigned i = 0; i < n_rules; i++)
		if (rules[i].kind == kind && rules[i].k == k)
			return &rules[i];
	return NULL;
}

static struct pending *pending_of(uint32_t xid)
{
	/* libnfs' contexts, one for each connection, begin 2^24 apart */
	return &pendings[(xid % (PENDING / 8)) * 8 + (xid >> 24) % 8];
}

/* A reply of an error: status and nothing but absent attributes. */
static void answer_error(struct conn *c, uint32_t xid, uint32_t proc, uint32_t status)
{
	unsigned char r[4 + 24 + 4 + 16];
	size_t len = 24 + 4 + 4 * (size_t)(proc < 24 ? "\0\0\2\1\1\1\1\2\2\2\2\2"
						       "\2\2\4\3\1\1\1\1\1\2\2\2"[proc] : 0);

	memset(r, 0, sizeof(r));
	put32(r, 0x80000000u | (uint32_t)len);
	put32(r + 4, xid);
	put32(r + 8, 1);
	put32(r + 28, status);
	enqueue(&c->to[0], r, 4 + len);
}

static void log_call(uint64_t k, uint32_t proc, uint32_t bytes)
{
	if (call_log)
		fprintf(call_log, "%" PRIu64 " %u %u %" PRIu64 "\n", k, proc, bytes, rounds + 1);
}

static void late(const unsigned char *rec, size_t len, long ms)
{
	int fd;

	if (fork())
		return;
	for (fd = 3; fd < 3 + 2 * CONNS_MAX + 8; fd++)
		close(fd);	/* else the connection that was just reset stays open */
	usleep((useconds_t)ms * 1000);
	fd = connect_target();
	if (fd >= 0) {
		fcntl(fd, F_SETFL, 0);
		if (send(fd, rec, len, 0) < 0)
			perror("send");
		usleep(500000);
	}
	_exit(0);
}

static bool put_off(uint32_t xid)
{
	uint32_t *slot = &juked[xid % 1024];

	if (*slot >> 2 != (xid & 0x3fffffff))
		*slot = (xid & 0x3fffffff) << 2;
	if ((*slot & 3) >= 2)
		return false;
	++*slot;
	return true;
}

static bool is_maker(uint32_t proc)
{
	return (proc >= 8 && proc <= 11) || proc == 15;
}

/* Pass on the call under another xid, and itself when that has been answered: servers do not keep to
 * an order. */
static void send_twin(struct conn *c, unsigned char *mark, size_t len, struct pending *p)
{
	uint32_t xid = p->xid ^ 0x55550000;
	struct pending *twin = pending_of(xid);

	*twin = (struct pending){ .xid = xid, .used = true, .held = chunk_of(mark, len),
				  .conn = c };
	put32(mark + 4, xid);
	enqueue(&c->to[1], mark, len);
}

/* The same of NFSv4, whose WRITE is an operation among others. false: it is answered here. */
static bool inspect_compound(unsigned char *mark, size_t *len, const struct compound *c,
			     struct pending *p)
{
	uint32_t proc = compound_proc(c, mark + 4);
	uint32_t op = status_op ? status_op : compound_op_of(status_proc);
	unsigned char reply[56];
	int write = compound_find(c, OP_WRITE), at = compound_find(c, op);

	log_call(p->k, proc || !c->n ? proc : 100 + c->ops[0].op,
		 write >= 0 ? get32(mark + 4 + c->ops[write].at + 32) : 0);
	writes += write >= 0;
	if (write >= 0 && verifier_every && writes % verifier_every == 0)
		verifier_epoch++;
	/* these two are each the heart of several procedures */
	if (op && at >= 0 &&
	    (status_op || (op != OP_CREATE && op != OP_REMOVE) || proc == status_proc) &&
	    status_every && ++status_seen % status_every == 0) {
		if (at == 0) {
			enqueue(&p->conn->to[0], reply,
				compound_fail_first(p->xid, op, status_code, reply));
			p->used = false;
			return false;
		}
		p->cut_op = op;
		p->cut_status = status_code;
		compound_cut(c, at, mark, len);
	} else if (write >= 0 && short_every && writes % short_every == 0) {
		compound_shorten(c, write, mark, len);
	}
	return true;
}

static bool is_told_of(uint32_t proc)
{
	return !status_op && (proc == status_proc || (proc == 23 && status_proc == 22));
}

/* false: the call is not to be passed on. */
static bool inspect_call(struct conn *c, unsigned char *mark, size_t *len)
{
	const unsigned char *r = mark + 4;
	size_t at = *len >= 32 ? args_at(r, *len - 4) : 0;
	uint32_t xid, proc, as_nfs3, status = 0;
	const struct rule *rule;
	struct compound compound;
	bool is_known = false;
	uint64_t k = ++calls;

	if (!at || get32(r + 4) != 0)
		return true;
	xid = get32(r);
	as_nfs3 = proc = compound_number(r, *len - 4);
	free(pending_of(xid)->held);
	*pending_of(xid) = (struct pending){ .xid = xid, .proc = proc, .k = k, .round = rounds + 1,
					     .used = true, .conn = c };
	if (proc < 22)
		log_call(k, proc, proc == 7 ? write_count(r, at) : 0);
	else if ((is_known = compound_walk(r, *len - 4, at, false, &compound)))
		as_nfs3 = compound_proc(&compound, r);
	/* an open-owner's requests are told apart by number: a second OPEN is the first one */
	as_nfs3 = as_nfs3 == 8 && proc > 21 ? 0 : as_nfs3;
	pending_of(xid)->reads = as_nfs3 == 6;
	if (is_maker(as_nfs3) && twin_every && ++makers % twin_every == 0) {
		send_twin(c, mark, *len, pending_of(xid));
		return false;
	}
	if ((rule = rule_for(k, FREEZE)))
		frozen_until = now_us() + rule->ms * 1000;
	if ((rule = rule_for(k, LATE_CALL)))
		late(mark, *len, rule->ms);
	if (rule || rule_for(k, DROP_CALL) || (hated && get32(r + 12) == hated)) {
		fault_reset(c);
		return false;
	}
	if (rule_for(k, CUT_CALL)) {
		enqueue(&c->to[1], mark, *len / 2);
		push(c, 1);
		fault_reset(c);
		return false;
	}
	if (rule_for(k, DUP_CALL))
		enqueue(&c->to[1], mark, *len);
	if (proc && jukebox_every && ++nonnull % jukebox_every == 0 && put_off(xid))
		status = 10008;
	else if ((rule = rule_for(k, FAIL_CALL)))
		status = (uint32_t)rule->ms;
	else if (status_every && is_told_of(proc) && ++status_seen % status_every == 0)
		status = status_code;
	if (status) {
		answer_error(c, xid, proc, status);
		return false;
	}
	if (proc == 22 || proc == 23) {
		return !is_known || inspect_compound(mark, len, &compound, pending_of(xid));
	}
	if (proc == 7) {
		writes++;
		if (verifier_every && writes % verifier_every == 0)
			verifier_epoch++;
		if (short_every && writes % short_every == 0)
			shorten_write(mark, len, at);
	}
	return true;
}

/* Pass on the reply to a call that was cut off, with the failure of what would have come next. */
static void fail_compound(struct conn *c, const unsigned char *mark, size_t len,
			  const struct pending *p)
{
	unsigned char *reply = malloc(len + 12);

	if (!reply)
		die("malloc");
	enqueue(&c->to[0], reply, compound_fail(mark, len, p->cut_op, p->cut_status, reply));
	free(reply);
}

static bool inspect_reply(struct conn *c, unsigned char *mark, size_t *len)
{
	unsigned char *r = mark + 4;
	struct pending *p;

	replies++;
	if (*len < 32)
		return true;
	p = pending_of(get32(r));
	if (!p->used || p->xid != get32(r))
		return true;
	p->used = false;
	rounds = p->round > rounds ? p->round : rounds;
	if (p->held) {
		enqueue_chunk(&c->to[1], p->held, 0);
		p->held = NULL;
		return false;
	}
	if (p->cut_op) {
		fail_compound(c, mark, *len, p);
		return false;
	}
	if (verifier_epoch && p->proc > 21)
		compound_change_verifier(r, *len - 4, verifier_epoch);
	else if (verifier_epoch)
		change_verifier(r, *len - 4, p->proc, verifier_epoch);
	r[*len - 12] ^= rot && p->reads && *len > 4096;
	if (no_attrs && (p->proc == 2 || (p->proc >= 8 && p->proc <= 11)))
		strip_attrs(mark, len, p->proc);
	if (rule_for(p->k, EAT_REPLY))
		return false;
	if (rule_for(p->k, LOSE_REPLY)) {
		fault_reset(c);
		return false;
	}
	if (rule_for(p->k, CUT_REPLY)) {
		enqueue(&c->to[0], mark, *len / 2);
		push(c, 0);
		fault_reset(c);
		return false;
	}
	if (rule_for(p->k, DUP_REPLY))
		enqueue(&c->to[0], mark, *len);
	if (slow_every && p->proc == slow_proc && ++slow_seen % slow_every == 0) {
		enqueue_chunk(&c->to[0], chunk_of(mark, *len), slow_ms * 1000L);
		return false;
	}
	return true;
}

/* How long the record is that starts in rec, its marks included; 0 = not known yet. Only records of
 * one fragment are taken apart; libnfs and ganesha send no others of the sizes we test with. */
static size_t record_size(const struct half *h)
{
	size_t size = h->rec_len < 4 ? 0 : 4 + (size_t)(get32(h->rec) & 0x7fffffff);

	if (size > RECORD_MAX) {
		fprintf(stderr, "nfsproxy: record of %zu bytes\n", size);
		exit(1);
	}
	return size;
}

/* Take apart what came from fd[1 - side] and is meant for fd[side]. */
static void take_records(struct conn *c, int side, const unsigned char *data, size_t len)
{
	struct half *h = &c->to[side];

	if (h->rec_len + len > h->rec_cap) {
		h->rec_cap = h->rec_len + len + CHUNK;
		h->rec = realloc(h->rec, h->rec_cap);
		if (!h->rec)
			die("realloc");
	}
	memcpy(h->rec + h->rec_len, data, len);
	h->rec_len += len;
	while (!c->dead) {
		size_t size = record_size(h), out = size;

		if (!size || size > h->rec_len)
			return;
		if (side == 1 ? inspect_call(c, h->rec, &out) : inspect_reply(c, h->rec, &out))
			enqueue(h, h->rec, out);
		if (c->dead)
			return;
		memmove(h->rec, h->rec + size, h->rec_len - size);
		h->rec_len -= size;
	}
}

static void read_from(struct conn *c, int from)
{
	struct half *h = &c->to[1 - from];
	struct chunk *ch = malloc(sizeof(*ch) + CHUNK);
	ssize_t n;

	if (!ch)
		die("malloc");
	n = recv(c->fd[from], ch->data, CHUNK, 0);
	if (n > 0 && !parsing) {
		struct chunk *fit = realloc(ch, sizeof(*ch) + (size_t)n);

		ch = fit ? fit : ch;
		ch->len = (size_t)n;
		enqueue_chunk(h, ch, 0);
		return;
	}
	if (n > 0)
		take_records(c, 1 - from, ch->data, (size_t)n);
	free(ch);
	if (n == 0)
		h->eof = true;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		conn_reset(c);
}

static void write_due(struct conn *c, int side, int64_t now)
{
	struct half *h = &c->to[side];

	while (h->head && h->head->due_us <= now) {
		struct chunk *ch = h->head;
		ssize_t n = send(c->fd[side], ch->data + ch->pos, ch->len - ch->pos, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			conn_reset(c);
		if (n <= 0)
			return;
		ch->pos += (size_t)n;
		if (ch->pos < ch->len)
			return;
		half_drop_first(h);
	}
	if (h->eof && !h->head)
		conn_reset(c);	/* RPC clients do not half-close */
}

static struct pollfd pfds[2 * CONNS_MAX + 1];
static struct { struct conn *c; int side; } whose[2 * CONNS_MAX + 1];

/* Fill pfds; returns their number and when the next chunk is due (-1: no such thing). */
static int prepare(int lfd, int64_t now, int64_t *ret_wait)
{
	int n = 1;

	pfds[0] = (struct pollfd){ .fd = lfd, .events = POLLIN };
	*ret_wait = -1;
	for (int i = 0; i < CONNS_MAX; i++) {
		for (int s = 0; s < 2 && conns[i].fd[0] >= 0; s++) {
			struct half *out = &conns[i].to[s];
			short events =
				conns[i].to[1 - s].queued < queue_max && !conns[i].to[1 - s].eof
					? POLLIN
					: 0;

			if (out->head && out->head->due_us <= now)
				events |= POLLOUT;
			else if (out->head &&
				 (*ret_wait < 0 || out->head->due_us - now < *ret_wait))
				*ret_wait = out->head->due_us - now;
			pfds[n] = (struct pollfd){ .fd = conns[i].fd[s], .events = events };
			whose[n].c = &conns[i];
			whose[n].side = s;
			n++;
		}
	}
	return n;
}

static void wait_for(int n, int64_t wait_us)
{
	if (wait_us < 0 || wait_us > 100000)
		wait_us = 100000;	/* SIGTERM may come just before the wait */
#ifdef __linux__
	struct timespec ts = { .tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000 };

	(void)ppoll(pfds, (nfds_t)n, &ts, NULL);
#else
	(void)poll(pfds, (nfds_t)n, (int)((wait_us + 999) / 1000));
#endif
}

static void turn(int lfd)
{
	int64_t now = now_us(), wait;
	int n;

	if (now < frozen_until) {
		usleep((useconds_t)(frozen_until - now));
		return;
	}
	if (hold_file && !access(hold_file, F_OK)) {
		usleep(20000);
		return;
	}
	n = prepare(lfd, now, &wait);
	for (int i = 1; i < n; i++)
		pfds[i].revents = 0;
	wait_for(n, wait);
	if (pfds[0].revents)
		accept_one(lfd);
	now = now_us();
	for (int i = 1; i < n; i++) {
		struct conn *c = whose[i].c;

		if (c->fd[0] >= 0 && pfds[i].fd == c->fd[whose[i].side] &&
		    pfds[i].revents & (POLLIN | POLLHUP | POLLERR))
			read_from(c, whose[i].side);
	}
	for (int i = 0; i < CONNS_MAX; i++)
		for (int s = 0; s < 2 && conns[i].fd[0] >= 0; s++)
			write_due(&conns[i], s, now);
}

static int listen_any(uint16_t *ret_port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr = here };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 32) ||
	    getsockname(fd, (struct sockaddr *)&sin, &len))
		die("listen");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	*ret_port = ntohs(sin.sin_port);
	return fd;
}

static void tell_port(const char *file, uint16_t port)
{
	char tmp[4096];
	FILE *f = stdout;

	snprintf(tmp, sizeof(tmp), "%s.new", file ? file : "");
	if (file && !(f = fopen(tmp, "w")))
		die(tmp);
	fprintf(f, "%u\n", port);
	if (file ? fclose(f) || rename(tmp, file) : fflush(f))
		die("port file");
}

static bool parse_rule(const char *s)
{
	const char *eq = strchr(s, '=');
	size_t n = eq ? (size_t)(eq - s) : strlen(s);
	unsigned long v = eq ? strtoul(eq + 1, NULL, 10) : 0;
	const char *colon = eq ? strchr(eq, ':') : NULL;

	parsing = true;
	for (int i = 0; i < RULE_KINDS; i++) {
		if (strlen(rule_names[i]) != n || memcmp(rule_names[i], s, n))
			continue;
		if (n_rules == RULES_MAX)
			return false;
		rules[n_rules++] = (struct rule){ (enum rule_kind)i, v,
						  colon ? strtol(colon + 1, NULL, 10) : 0 };
		return true;
	}
	if (!strncmp(s, "down=", 5))
		down_ms = (long)v;
	else if (!strncmp(s, "jukebox=", 8))
		jukebox_every = (unsigned)v;
	else if (!strncmp(s, "short=", 6))
		short_every = (unsigned)v;
	else if (!strncmp(s, "hates=", 6))
		hated = (unsigned)v;
	else if (!strncmp(s, "verifier=", 9))
		verifier_every = (unsigned)v;
	else if (!strncmp(s, "twin=", 5))
		twin_every = (unsigned)v;
	else if (!strncmp(s, "hold=", 5))
		hold_file = s + 5;
	else if (!strncmp(s, "slow=", 5))
		return sscanf(s, "slow=%u:%u:%u", &slow_proc, &slow_every, &slow_ms) == 3 &&
		       slow_every;
	else if (!strncmp(s, "op=", 3))
		return sscanf(s, "op=%u:%u:%u", &status_op, &status_code, &status_every) == 3 &&
		       status_op && status_every;
	else if (!strncmp(s, "log=", 4))	/* may be read at any time */
		return (call_log = fopen(s + 4, "w")) && !setvbuf(call_log, NULL, _IOLBF, BUFSIZ);
	else if (!strcmp(s, "rot"))
		rot = true;
	else if (!strcmp(s, "no-attrs"))
		no_attrs = true;
	else
		return sscanf(s, "status=%u:%u:%u", &status_proc, &status_code,
			      &status_every) == 3 && status_every;
	return true;
}

int main(int argc, char **argv)
{
	const char *file = NULL;
	uint16_t port;
	int c, lfd;

	here.s_addr = there.s_addr = htonl(INADDR_LOOPBACK);
	while ((c = getopt(argc, argv, "f:d:r:a:t:")) != -1) {
		if (c == 'f')
			file = optarg;
		else if (c == 'd')
			delay_us = strtol(optarg, NULL, 10);
		else if (c == 'r')
			link_rate = strtol(optarg, NULL, 10), queue_max = LINK_QUEUE_MAX;
		else if (c == '?' || inet_pton(AF_INET, optarg, c == 'a' ? &here : &there) != 1)
			return 2;
	}
	if (optind >= argc)
		return 2;
	target = (uint16_t)strtoul(argv[optind++], NULL, 10);
	for (; optind < argc; optind++)
		if (!parse_rule(argv[optind])) {
			fprintf(stderr, "nfsproxy: unknown rule '%s'\n", argv[optind]);
			return 2;
		}
	for (int i = 0; i < CONNS_MAX; i++)
		conns[i].fd[0] = conns[i].fd[1] = -1;
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGCHLD, SIG_IGN);
	lfd = listen_any(&port);
	tell_port(file, port);
	while (!stop)
		turn(lfd);
	if (call_log)
		fclose(call_log);
	printf("calls=%" PRIu64 " replies=%" PRIu64 " connections=%" PRIu64 "\n", calls, replies,
	       connections);
	return 0;
}
