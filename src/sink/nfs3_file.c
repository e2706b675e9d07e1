#include "nfs3_err.h"
#include "nfs3_sink.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#define COMMIT_EVERY (UINT64_C(256) << 20)	/* so much of a file is sent again at most when a
						 * server restarts */
#define COST 4096	/* of a request beside its data, inside libnfs */
#define PARTS 8
#define PIECE (256u << 10)	/* larger WRITEs leave holes in the heap that only some fit into: a
				 * tenth of the memory of a run that is far from its server */
#define FAR_US 2000	/* nearer there are few small requests between the large ones */
#define SYNC_AFTER 4	/* rewinds after which a file no longer relies on write verifiers */
#define REWINDS_MAX 64

static void drained(struct nfs3_op *o);
static void make_store(struct nfs3_op *o, struct nfs3_write *w);
static void on_stored(struct nfs_call *call, const void *reply);

/* Files of one WRITE and larger ones wait in line of their own and get as many bytes sent while
 * both wait, so that neither kind has to wait for all of the other; within a kind it is disk
 * order. Where that is dear to leave (i2n_reader.by_block) the next on the medium is sent, whatever
 * its kind. */
static struct nfs3_queue *queue_of(struct nfs3_op *o)
{
	return &o->nfs->writers[o->want.size > o->nfs->wsize];
}

static bool by_medium(const struct nfs3 *nfs)
{
	return nfs->env.reader && nfs->env.reader->by_block;
}

static void join_writers(struct nfs3_op *o)
{
	struct nfs3_queue *q = queue_of(o);

	if (o->on_writers)
		return;
	o->on_writers = true;
	if (by_medium(o->nfs)) {
		nfs_sweep_put(&o->nfs->sweep, &o->in_sweep, o->pend.at);
		return;
	}
	o->writer_next = NULL;
	*(q->tail ? &q->tail->writer_next : &q->head) = o;
	q->tail = o;
}

static void leave_writers(struct nfs3_op *o)
{
	struct nfs3_queue *q = queue_of(o);
	struct nfs3_op **link = &q->head, *prev = NULL;

	nfs_sweep_remove(&o->nfs->sweep, &o->in_sweep);
	if (!o->on_writers)
		return;
	o->on_writers = false;
	if (by_medium(o->nfs))
		return;
	while (*link != o) {
		prev = *link;
		link = &prev->writer_next;
	}
	*link = o->writer_next;
	if (q->tail == o)
		q->tail = prev;
}

/* Its data can be sent later only: when the file is there, or what was sent is safe. */
static void expect_data(struct nfs3_op *o)
{
	if (by_medium(o->nfs) && o->pend.len)
		nfs_sweep_expect(&o->nfs->sweep, &o->in_sweep, o->pend.at);
}

void nfs3_file_close(struct nfs3_op *o)
{
	assert(!o->writes_out);
	leave_writers(o);
	if (o->file)
		o->nfs->env.reader->ops->close(o->file);
	o->file = NULL;
	free(o->target);
	o->target = NULL;
}

/* Find the next data that is not known to be safe at the server. Sets pend or no_more. */
static int find_data(struct nfs3_op *o)
{
	const struct i2n_reader_ops *ops = o->nfs->env.reader->ops;
	struct i2n_range r;
	int rc;

	do {
		rc = ops->next(o->file, o->nfs->wsize, &r, &o->op->err);
		if (rc == I2N_END)
			o->no_more = true;
		if (rc != I2N_OK)
			return rc == I2N_END ? I2N_OK : rc;
	} while (r.off + r.len <= o->safe_end);
	if (r.off < o->safe_end) {
		r.len -= o->safe_end - r.off;
		r.at += o->safe_end - r.off;
		r.off = o->safe_end;
	}
	o->pend = r;
	return I2N_OK;
}

int nfs3_file_open(struct nfs3_op *o)
{
	struct i2n_reader *reader = o->nfs->env.reader;
	int rc;

	if (!o->want.size)	/* then there may be no reader */
		return I2N_OK;
	rc = reader->ops->open(reader, o->op->inode, &o->file, &o->op->err);
	if (rc == I2N_OK)
		rc = find_data(o);
	else
		o->file = NULL;
	if (rc == I2N_OK && o->no_more)
		nfs3_file_close(o);	/* only a hole: CREATE does it all */
	else if (rc == I2N_OK)
		expect_data(o);
	return rc;
}

/* Fails once; the op ends when its WRITEs are back. */
static void doom(struct nfs3_op *o, int rc)
{
	if (!o->doomed) {
		o->doomed = true;
		o->op->rc = rc;
	}
	leave_writers(o);
}

static void doom_nfs(struct nfs3_op *o, enum i2n_proc proc, uint64_t off, nfsstat3 status)
{
	char path[400], code[32];
	const char *hint = nfs3_err_hint(status);

	if (o->doomed)
		return;
	i2n_err_set(&o->op->err, I2N_DOM_NFS3, status, "cannot %s %s at %llu: %s",
		    nfs3_proc_verb(proc),
		    nfs3_op_path(o, path, sizeof(path)), (unsigned long long)off,
		    nfs_err_name(o->nfs->calls.v4 != NULL, status, code));
	if (hint)
		i2n_err_hint(&o->op->err, "%s", hint);
	doom(o, nfs3_err_rc(status, true));
}

static void on_undone(struct nfs3_op *o, const void *reply)
{
	const REMOVE3res *res = reply;

	if (res->status != NFS3_OK && res->status != NFS3ERR_NOENT)
		i2n_err_hint(&o->op->err,
			     "the incomplete file could not be removed from the server");
	nfs3_op_done(o, o->op->rc);
}

/* An incomplete file must not stay: nobody could tell it from a complete one. When the whole run
 * ends it may: its mtime is not the right one, and a later run goes on from there. */
static void end_doomed(struct nfs3_op *o)
{
	if (o->op->rc == I2N_FATAL || o->nfs->calls.dead || !o->self.len) {
		nfs3_op_done(o, o->op->rc);	/* no handle: as far as we know, none was made */
		return;
	}
	o->call.args.remove.object = (diropargs3){ .dir = nfs3_fh_xdr(&o->dir), .name = o->name };
	nfs3_ask(o, I2N_PROC_REMOVE, on_undone);
}

static struct nfs3_write *write_new(struct nfs3 *nfs)
{
	struct nfs3_write *w = nfs->spare_writes;

	if (!w)
		return calloc(1, sizeof(*w));
	nfs->spare_writes = w->next;
	return w;
}

static void drop_buf(struct nfs3_write *w)
{
	if (w->buf)
		nfs_bufs_put(&w->op->nfs->bufs, w->buf);
	w->buf = NULL;
}

static void write_free(struct nfs3_write *w)
{
	struct nfs3_op *o = w->op;

	drop_buf(w);
	o->nfs->write_bytes -= w->len;
	o->nfs->n_writes--;
	w->next = o->nfs->spare_writes;
	o->nfs->spare_writes = w;
	o->writes_out--;
}

static void write_end(struct nfs3_write *w)
{
	struct nfs3_op *o = w->op;

	write_free(w);
	drained(o);
}

static WRITE3args *args_of(struct nfs3_write *w)
{
	return w->call.proc == I2N_PROC_STORE ? &w->call.args.store.write : &w->call.args.write;
}

/* Read again what was sent before. */
static bool load_again(struct nfs3_write *w)
{
	struct nfs3_op *o = w->op;
	struct i2n_err err;

	if (!o->nfs->again)
		o->nfs->again = malloc(o->nfs->wsize);
	w->rc = o->nfs->again ? o->nfs->env.reader->ops->read(o->file, o->nfs->again,
							      w->len - w->pos, w->off + w->pos,
							      &err)
			      : i2n_err_nomem(&err);
	if (w->rc != I2N_OK && !o->doomed)
		o->op->err = err;
	args_of(w)->data.data_val = (char *)o->nfs->again;
	return w->rc == I2N_OK;
}

static bool load(struct nfs_call *call)
{
	struct nfs3_write *w = (struct nfs3_write *)(void *)call;

	if (!w->buf)
		return load_again(w);
	args_of(w)->data.data_val = (char *)w->buf->data + w->pos;
	return true;
}

static void on_sent(struct nfs_call *call)
{
	if (rpc_copies_data())
		drop_buf((struct nfs3_write *)(void *)call);
}

static void write_send(struct nfs3_write *w)
{
	WRITE3args *args = args_of(w);

	args->file = nfs3_fh_xdr(&w->op->self);
	args->offset = w->off + w->pos;
	args->count = w->len - w->pos;
	args->stable = w->sync ? FILE_SYNC : UNSTABLE;
	args->data.data_len = args->count;
	nfs_call_start(&w->op->nfs->calls, &w->call);
}

static void see_verifier(struct nfs3_op *o, const char *verf)
{
	if (!o->verf_known)
		memcpy(o->verf, verf, sizeof(o->verf));
	else if (memcmp(o->verf, verf, sizeof(o->verf)))
		o->verf_changed = true;
	o->verf_known = true;
}

/* What a WRITE was answered with. false: no progress, or a lie. */
static bool take_count(struct nfs3_write *w, const WRITE3resok *ok)
{
	struct nfs3_op *o = w->op;

	if (!ok->count || ok->count > w->len - w->pos)
		return false;
	w->pos += ok->count;
	nfs_window_data(&o->nfs->calls.window, ok->count, w->call.waited_us);
	if (ok->committed != FILE_SYNC) {
		o->unstable = true;
		see_verifier(o, ok->verf);
	}
	return true;
}

static void on_write(struct nfs_call *call, const void *reply)
{
	struct nfs3_write *w = (struct nfs3_write *)(void *)call;
	struct nfs3_op *o = w->op;
	const WRITE3res *res = reply;
	const WRITE3resok *ok;

	o->ambiguous |= call->ambiguous;
	if (w->rc != I2N_OK) {
		doom(o, w->rc);
		write_end(w);
		return;
	}
	if (!res || o->nfs->stopping) {
		if (!o->doomed)
			o->op->err = o->nfs->calls.err;
		doom(o, I2N_FATAL);
		write_end(w);
		return;
	}
	ok = &res->WRITE3res_u.resok;
	if (res->status != NFS3_OK) {
		doom_nfs(o, I2N_PROC_WRITE, w->off + w->pos, res->status);
	} else if (!take_count(w, ok)) {
		doom_nfs(o, I2N_PROC_WRITE, w->off + w->pos, NFS3ERR_SERVERFAULT);
	}
	if (!o->doomed && w->pos < w->len)
		write_send(w);
	else
		write_end(w);
}

static bool is_time_to_commit(const struct nfs3_op *o)
{
	return o->unstable && o->bytes >= COMMIT_EVERY;
}

static bool has_more(const struct nfs3_op *o)
{
	return o->pend.len || !o->no_more;
}

/* What was found follows on what was read, and does not lie too far from where that began. */
static bool goes_on(const struct nfs3_op *o, const struct i2n_range *first, size_t n)
{
	return o->pend.len && o->pend.off == first->off + n &&
	       !(n && by_medium(o->nfs) && i2n_range_is_far(first, o->pend.at));
}

/* Fill a buffer from adjacent ranges. */
static int read_data(struct nfs3_op *o, unsigned char *buf, size_t cap, size_t *ret_len)
{
	const struct i2n_reader_ops *ops = o->nfs->env.reader->ops;
	const struct i2n_range first = o->pend;
	size_t n = 0;
	int rc = I2N_OK;

	while (rc == I2N_OK && n < cap && goes_on(o, &first, n)) {
		size_t part = o->pend.len < cap - n ? (size_t)o->pend.len : cap - n;

		rc = ops->read(o->file, buf + n, part, o->pend.off, &o->op->err);
		o->pend.off += part;
		o->pend.len -= part;
		o->pend.at += part;
		n += part;
		if (rc == I2N_OK && !o->pend.len)
			rc = find_data(o);
	}
	*ret_len = n;
	return rc;
}

/* What may be in flight of all files but very large ones; of those it is a part of the file, as
 * more pays only there. */
static uint64_t share_of(const struct nfs3_op *o)
{
	uint64_t part = o->want.size / PARTS;

	return part > o->nfs->shared_bytes ? part : o->nfs->shared_bytes;
}

/* The largest WRITE of this file. */
static size_t piece_of(const struct nfs3_op *o)
{
	const struct nfs3 *nfs = o->nfs;

	if (nfs->opts.write_size || nfs->wsize < PIECE ||
	    nfs->calls.window.calls.rtt_us < FAR_US ||
	    nfs->calls.window.bytes.now <= nfs->calls.window.bytes.base ||
	    share_of(o) > nfs->shared_bytes)
		return nfs->wsize;
	return PIECE;
}

/* How large a buffer the next WRITE can need: the ranges that follow may join. */
static size_t next_size(const struct nfs3_op *o)
{
	uint64_t rest = o->want.size - o->pend.off;
	size_t most = piece_of(o);

	return rest < most ? (size_t)rest : most;
}

static void send_data(struct nfs3_op *o, struct nfs3_write *w, struct nfs_buf *buf)
{
	struct nfs3 *nfs = o->nfs;
	bool first = !o->sent_end;
	uint64_t off = o->pend.off;
	size_t len;
	int rc;

	if (by_medium(nfs))
		nfs_sweep_go(&nfs->sweep, &o->in_sweep);
	rc = read_data(o, buf->data, next_size(o), &len);

	*w = (struct nfs3_write){ .op = o, .buf = buf, .off = off, .len = (uint32_t)len };
	o->writes_out++;
	nfs->write_bytes += len;
	nfs->n_writes++;
	nfs->ahead += (queue_of(o) == &nfs->writers[0] ? 1 : -1) * (int64_t)(len + COST);
	if (rc != I2N_OK) {
		doom(o, rc);
		write_end(w);
		return;
	}
	/* a file of one WRITE saves the COMMIT; measured to be faster than UNSTABLE with COMMIT */
	w->sync = (first && !has_more(o)) || o->rewinds >= SYNC_AFTER;
	w->call.proc = I2N_PROC_WRITE;
	w->call.done = on_write;
	w->call.load = load;
	w->call.sent = on_sent;
	o->sent_end = off + len;
	o->bytes += len;
	if (o->storing)
		make_store(o, w);
	nfs->sink.stats.resent += o->rewinds > 0;
	if (nfs->write_bytes > nfs->sink.stats.max_bytes_in_flight)
		nfs->sink.stats.max_bytes_in_flight = nfs->write_bytes;
	write_send(w);
}

static struct nfs3_op *nearest_writer(struct nfs3 *nfs)
{
	/* what is awaited is not waited for where it could not be taken */
	char *entry = (char *)nfs_sweep_next(&nfs->sweep,
					     nfs3_is_full(nfs) ? 0 : nfs->sink.awaited);

	return entry ? (struct nfs3_op *)(void *)(entry - offsetof(struct nfs3_op, in_sweep))
		     : NULL;
}

/* Some of it was sent: what comes next lies elsewhere. */
static void stay_on_writers(struct nfs3_op *o)
{
	if (by_medium(o->nfs))
		nfs_sweep_put(&o->nfs->sweep, &o->in_sweep, o->pend.at);
}

static struct nfs3_op *next_writer(struct nfs3 *nfs)
{
	struct nfs3_op *small = nfs->writers[0].head, *large = nfs->writers[1].head;

	if (by_medium(nfs))
		return nearest_writer(nfs);
	if (small && large)
		return nfs->ahead > 0 ? large : small;
	nfs->ahead = 0;
	return small ? small : large;
}

/* What the network takes, and, where requests without data are many as well, what memory may be
 * spent on all of them together. */
static bool has_room(const struct nfs3_op *o)
{
	const struct nfs3 *nfs = o->nfs;
	uint64_t bytes = nfs->write_bytes + next_size(o), share = share_of(o);
	uint64_t calls = (uint64_t)nfs->calls.sent.n * COST;

	return bytes + (uint64_t)nfs->n_writes * COST <= nfs->calls.window.bytes.now &&
	       bytes + (calls < share / 4 ? calls : share / 4) <= share;
}

/* One WRITE of this file. false: no room. */
static bool pump_one(struct nfs3 *nfs, struct nfs3_op *o)
{
	struct nfs_buf *buf = NULL;
	struct nfs3_write *w;

	if (!nfs->write_bytes || has_room(o))
		buf = nfs_bufs_get(&nfs->bufs, next_size(o));
	w = buf ? write_new(nfs) : NULL;
	if (!w) {
		if (buf)
			nfs_bufs_put(&nfs->bufs, buf);
		nfs->calls.window.bytes.met = true;
		if (!nfs->write_bytes) {	/* nothing will come back: this is not the cap */
			doom(o, i2n_err_nomem(&o->op->err));
			drained(o);
		}
		return false;
	}
	send_data(o, w, buf);
	if (!o->on_writers)
		return true;
	if (has_more(o) && !o->storing && !is_time_to_commit(o)) {
		stay_on_writers(o);
	} else {
		leave_writers(o);
		expect_data(o);
	}
	return true;
}

void nfs3_file_pump(struct nfs3 *nfs)
{
	struct nfs3_op *o;

	nfs_bufs_limit(&nfs->bufs, nfs->calls.window.bytes.now);
	while ((o = next_writer(nfs)) && nfs_calls_have_room(&nfs->calls) && pump_one(nfs, o))
		nfs_calls_push(&nfs->calls);
}

/* All data that is not known to be safe is to be sent. */
int nfs3_file_rewind(struct nfs3_op *o)
{
	int rc = o->nfs->env.reader->ops->rewind(o->file, &o->op->err);

	o->pend = (struct i2n_range){ 0, 0, 0 };
	o->no_more = o->unstable = o->verf_known = o->verf_changed = false;
	o->sent_end = o->safe_end;
	o->bytes = 0;
	if (rc == I2N_OK)
		rc = find_data(o);
	if (rc == I2N_OK)
		expect_data(o);
	return rc;
}

/* The server lost what it had not committed (or may have): send it again. */
static void start_again(struct nfs3_op *o)
{
	int rc = I2N_BADNODE;

	if (++o->rewinds > REWINDS_MAX)
		i2n_err_set(&o->op->err, I2N_DOM_DEST, 0,
			    "the server's write verifier changes all the time");
	else
		rc = nfs3_file_rewind(o);
	if (rc == I2N_OK) {
		join_writers(o);
		return;
	}
	doom(o, rc);
	drained(o);
}

/* Of the SETATTR that marks the file as complete. */
static unsigned last_attrs(const struct nfs3_op *o)
{
	return NFS3_ATTR_MODE | NFS3_ATTR_TIMES |
	       (o->sent_end < o->want.size ? NFS3_ATTR_SIZE : 0);
}

/* All that was sent is safe. */
static void all_safe(struct nfs3_op *o)
{
	o->nfs->sink.stats.bytes_written += o->bytes;
	o->bytes = 0;
	o->safe_end = o->sent_end;
	o->unstable = o->verf_known = false;
	if (has_more(o)) {
		join_writers(o);
		return;
	}
	/* only now, so that a right mtime tells that the data is there, even after a crash of the
	 * server */
	nfs3_set_attrs(o, last_attrs(o));
}

static void on_commit(struct nfs3_op *o, const void *reply)
{
	const COMMIT3res *res = reply;

	if (res->status != NFS3_OK) {
		doom_nfs(o, I2N_PROC_COMMIT, o->safe_end, res->status);
		end_doomed(o);
		return;
	}
	if (memcmp(res->COMMIT3res_u.resok.verf, o->verf, sizeof(o->verf)))
		start_again(o);
	else
		all_safe(o);
}

/* Something came back: is the file through? */
static void drained(struct nfs3_op *o)
{
	if (o->writes_out || (!o->doomed && o->on_writers))
		return;
	if (o->doomed) {
		end_doomed(o);
	} else if (o->verf_changed) {
		start_again(o);
	} else if (o->unstable) {
		/* 0, 0: all of the file */
		memset(&o->call.args.commit, 0, sizeof(o->call.args.commit));
		o->call.args.commit.file = nfs3_fh_xdr(&o->self);
		nfs3_ask(o, I2N_PROC_COMMIT, on_commit);
	} else {
		all_safe(o);
	}
}

void nfs3_file_begin(struct nfs3_op *o)
{
	join_writers(o);
}

int nfs3_file_read(struct nfs3_op *o, unsigned char *buf, size_t len, uint64_t off)
{
	uint64_t end = off + len;
	int rc = I2N_OK;

	memset(buf, 0, len);
	while (rc == I2N_OK && o->pend.len && o->pend.off < end) {
		size_t part = o->pend.len < end - o->pend.off ? (size_t)o->pend.len
							      : (size_t)(end - o->pend.off);

		rc = o->nfs->env.reader->ops->read(o->file, buf + (o->pend.off - off), part,
						   o->pend.off, &o->op->err);
		o->pend.off += part;
		o->pend.len -= part;
		if (rc == I2N_OK && !o->pend.len)
			rc = find_data(o);
	}
	return rc;
}

/* --- making the file and writing its first bytes in one request, for NFSv4 --- */

/* A file in pieces waits for its first one before the next is read. Where the order of the medium
 * is dear to leave it would be passed by meanwhile: there it is made before. */
bool nfs3_file_is_stored(const struct nfs3_op *o)
{
	return o->nfs->calls.v4 && o->file &&
	       !(by_medium(o->nfs) && o->want.size > piece_of(o));
}

void nfs3_file_store(struct nfs3_op *o)
{
	o->storing = true;
	join_writers(o);
}

static void make_store(struct nfs3_op *o, struct nfs3_write *w)
{
	struct nfs_store_args *args = &w->call.args.store;

	w->call.proc = I2N_PROC_STORE;
	w->call.done = on_stored;
	memset(args, 0, sizeof(*args));
	nfs3_create_args(o, &args->create);
	args->has_after = w->sync && rpc_nfs4_goes_on();
	nfs3_want_sattr(&o->want, last_attrs(o), &args->after);
}

/* There is no such file of ours: what there is, nfs3_make.c finds out. */
static void not_stored(struct nfs3_write *w, nfsstat3 status)
{
	struct nfs3_op *o = w->op;
	int rc;

	o->call.ambiguous |= w->call.ambiguous;
	write_free(w);
	rc = nfs3_file_rewind(o);
	if (rc != I2N_OK)
		nfs3_op_done(o, rc);
	else
		nfs3_not_created(o, status);
}

/* All went well, and nothing is left to be done. */
static bool is_all(const struct nfs3_write *w, const struct nfs_store_res *res)
{
	return w->pos == w->len && w->call.args.store.has_after && res->set &&
	       res->attrs.attributes_follow && !w->op->unstable;
}

static void on_stored(struct nfs_call *call, const void *reply)
{
	struct nfs3_write *w = (struct nfs3_write *)(void *)call;
	struct nfs3_op *o = w->op;
	const struct nfs_store_res *res = reply;

	if (w->rc != I2N_OK || !res || o->nfs->stopping) {
		on_write(call, NULL);
		return;
	}
	o->ambiguous |= call->ambiguous;
	o->storing = false;
	if (res->status != NFS3_OK || !res->has_fh) {
		not_stored(w, res->status);
		return;
	}
	o->self = res->fh;
	if (res->write.status == NFS3_OK)
		(void)take_count(w, &res->write.WRITE3res_u.resok);
	if (is_all(w, res)) {
		o->nfs->sink.stats.bytes_written += o->bytes;
		write_free(w);
		nfs3_settle(o, nfs3_attrs(&res->attrs));
		return;
	}
	if (has_more(o))
		join_writers(o);
	w->call.proc = I2N_PROC_WRITE;
	w->call.done = on_write;
	if (w->pos < w->len)	/* what went wrong will be told again */
		write_send(w);
	else
		write_end(w);
}
