#include "img2nfs/lock.h"

#include "img2nfs/name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_MS 1000
/* RFC 1813 2.6 */
#define STALE 70		/* the file was removed */
#define SERVICE_MS 100
#define NAME_CAP (4 * I2N_NAME_MAX + 3)	/* quoted */

/* The line: "img2nfs-lock 0123456789abcdef 0000000012 pid 12 on ...", spaces, newline. */
#define LINE_LEN 256
#define MAGIC "img2nfs-lock "
#define NONCE_LEN 16
#define COUNT_AT (sizeof(MAGIC) - 1 + NONCE_LEN + 1)
#define COUNT_LEN 10
#define WHO_AT (COUNT_AT + COUNT_LEN + 1)

/* What the file holds. */
struct line {
	char text[LINE_LEN];
	uint32_t len;
	uint64_t size, mtime;	/* of the file */
};

struct i2n_lock {
	struct i2n_lock_opts opts;
	char line[LINE_LEN + 1];	/* ours */
	bool watched;			/* dead is known to be of a dead run */
	struct line dead;
	bool held, lost;
	bool unwritten;			/* lost because the line could not be written: still ours */
	bool bare;			/* no room for the line: the mtime says that it is ours, and
					 * the size, of a hole, is the counter */
	struct i2n_inode inode;		/* attributes of a bare one */
	struct i2n_err why;		/* when lost */
	struct i2n_sink *sink;		/* of take */
	i2n_obj obj;			/* there */
	/* the beat under way */
	struct i2n_op op;
	enum { BEAT_NONE, BEAT_FILL, BEAT_FULL, BEAT_READ, BEAT_READ_OK, BEAT_WRITE } beat;
	struct line seen;
	char count_text[COUNT_LEN + 1];
	unsigned count;
	int64_t due_ms;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);	/* cannot fail with this clock and a valid
							 * pointer */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void write_line(struct i2n_lock *l)
{
	int n = snprintf(l->line, sizeof(l->line), MAGIC "%016" PRIx64 " %010u %.200s",
			 l->opts.nonce, 0u, l->opts.who);

	memset(l->line + n, ' ', LINE_LEN - 1 - (size_t)n);
	l->line[LINE_LEN - 1] = '\n';
}

struct i2n_lock *i2n_lock_new(const struct i2n_lock_opts *opts)
{
	struct i2n_lock *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->opts = *opts;
	l->obj = I2N_OBJ_NONE;
	write_line(l);
	return l;
}

void i2n_lock_free(struct i2n_lock *l)
{
	free(l);
}

static bool is_same(const struct line *a, const struct line *b)
{
	return a->size == b->size && a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* Between 2004 and 2038, in whole seconds: every server keeps that. */
static uint64_t own_mtime(const struct i2n_lock *l)
{
	return i2n_time_pack((struct i2n_time){
		(INT64_C(1) << 30) + (int64_t)(l->opts.nonce >> 34), 0 });
}

/* Magic and number; the rest may change. An empty one was made and could not be filled. */
static bool is_ours(const struct i2n_lock *l, const struct line *seen)
{
	if (l->bare || !seen->len)
		return seen->mtime == own_mtime(l);
	return seen->len > COUNT_AT && !memcmp(seen->text, l->line, COUNT_AT);
}

static bool is_stale(const struct i2n_err *err)
{
	return err->domain == I2N_DOM_NFS3 && err->code == STALE;
}

/* Who holds it, fit for a message. */
static const char *holder(const struct line *seen, char *buf, size_t cap)
{
	size_t len = seen->len;

	if (len <= WHO_AT || memcmp(seen->text, MAGIC, sizeof(MAGIC) - 1))
		return "a run that left no name";
	while (len > WHO_AT && (seen->text[len - 1] == ' ' || seen->text[len - 1] == '\n'))
		len--;
	return i2n_escape(buf, cap, seen->text + WHO_AT, len - WHO_AT);
}

static const char *quoted_name(const struct i2n_lock *l, char *buf, size_t cap)
{
	return i2n_quote(buf, cap, l->opts.name, strlen(l->opts.name));
}

static struct i2n_op named_op(const struct i2n_lock *l, enum i2n_op_kind kind)
{
	return (struct i2n_op){ .kind = kind,
				.parent = l->opts.dir,
				.name = (const unsigned char *)l->opts.name,
				.name_len = (unsigned char)strlen(l->opts.name),
				.obj = I2N_OBJ_NONE,
				.dirent = I2N_NONE };
}

static struct i2n_op data_op(enum i2n_op_kind kind, i2n_obj obj, void *buf, uint32_t len)
{
	return (struct i2n_op){ .kind = kind, .obj = obj, .buf = buf, .len = len,
				.dirent = I2N_NONE, .urgent = true };
}

/* What the lock holds now. I2N_END: there is none. *ret_obj, if wanted, is the caller's. */
static int read_lock(struct i2n_lock *l, struct i2n_sink *sink, struct line *ret, i2n_obj *ret_obj,
		     struct i2n_err *err)
{
	struct i2n_op op = named_op(l, I2N_OP_LOOKUP), read;
	char q[NAME_CAP];
	int rc = i2n_sink_do(sink, &op, l->opts.stop, err);

	if (rc != I2N_OK)
		return I2N_FATAL;
	if (op.absent)
		return I2N_END;
	if ((op.attr.mode & I2N_S_IFMT) != I2N_S_IFREG) {
		i2n_sink_release(sink, op.obj);
		return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
				"%s at the destination is the name of our lock, and no file",
				quoted_name(l, q, sizeof(q)));
	}
	read = data_op(I2N_OP_READ, op.obj, ret->text, sizeof(ret->text));
	rc = i2n_sink_do(sink, &read, l->opts.stop, err);
	ret->len = read.ret_len;
	ret->size = op.attr.size;
	ret->mtime = op.attr.mtime;
	if (rc == I2N_OK && ret_obj)
		*ret_obj = op.obj;
	else
		i2n_sink_release(sink, op.obj);
	if (rc == I2N_BADNODE)
		rc = is_stale(err) ? I2N_END : I2N_FATAL;
	return rc;
}

static int refuse(const struct line *seen, struct i2n_err *err)
{
	char who[LINE_LEN * 4];

	i2n_err_set(err, I2N_DOM_DEST, 0, "another run is writing to the destination: %s",
		    holder(seen, who, sizeof(who)));
	i2n_err_hint(err, "let it end; with --break-lock it is stopped, and this one goes on");
	return I2N_FATAL;
}

static int pause_until(struct i2n_lock *l, struct i2n_sink *sink, int64_t end, struct i2n_err *err)
{
	while (now_ms() < end) {
		if (l->opts.stop && *l->opts.stop)
			return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *l->opts.stop,
					"stopped by signal %d", *l->opts.stop);
		if (i2n_sink_service(sink, SERVICE_MS, err))
			return I2N_FATAL;
	}
	return I2N_OK;
}

/* Reads are counted, not seconds: while the server does not answer us, it does not answer the
 * holder either. */
static int watch(struct i2n_lock *l, struct i2n_sink *sink, struct line *first, struct i2n_err *err)
{
	char who[LINE_LEN * 4];
	struct line now;
	unsigned beats = 0;
	int rc = I2N_OK;

	i2n_note(l->opts.notes, I2N_NOTE_WARN, "lock", NULL, 0,
		 "the destination is locked by %s: looking for %d s whether that run is alive "
		 "(--break-lock takes the lock at once)",
		 holder(first, who, sizeof(who)), I2N_LOCK_WATCH_MS / 1000);
	for (int quiet = 0; rc == I2N_OK && quiet < I2N_LOCK_WATCH_MS / POLL_MS; quiet++) {
		rc = pause_until(l, sink, now_ms() + POLL_MS, err);
		if (rc == I2N_OK)
			rc = read_lock(l, sink, &now, NULL, err);
		if (rc != I2N_OK || is_same(first, &now))
			continue;
		if (++beats == 2)
			return refuse(&now, err);
		*first = now;
		quiet = 0;
	}
	return rc;
}

int i2n_lock_look(struct i2n_lock *l, struct i2n_sink *sink, struct i2n_err *err)
{
	struct line seen;
	int rc;

	if (l->opts.break_it)
		return I2N_OK;
	rc = read_lock(l, sink, &seen, NULL, err);
	if (rc == I2N_OK && !(l->watched && is_same(&l->dead, &seen))) {
		rc = watch(l, sink, &seen, err);
		l->watched = rc == I2N_OK;
		l->dead = seen;
	}
	return rc == I2N_END ? I2N_OK : rc;
}

/* --- taking it --- */

static void take_hold(struct i2n_lock *l, struct i2n_sink *sink, i2n_obj obj, int64_t first_beat_ms)
{
	l->held = true;
	l->sink = sink;
	l->obj = obj;
	l->due_ms = now_ms() + first_beat_ms;
}

static int cannot(const struct i2n_lock *l, const char *what, struct i2n_err *err)
{
	char q[NAME_CAP];

	i2n_err_wrap(err, "cannot %s the lock %s at the destination", what,
		     quoted_name(l, q, sizeof(q)));
	return I2N_FATAL;
}

/* The server may have carried it out all the same; then i2n_lock_drop() finds it. */
static bool is_unknown(const struct i2n_err *err)
{
	return err->domain == I2N_DOM_STOPPED || err->domain == I2N_DOM_RPC;
}

/* I2N_END: there is one already. */
static int create(struct i2n_lock *l, struct i2n_sink *sink, i2n_obj *ret_obj, struct i2n_err *err)
{
	struct i2n_inode inode = { .mode = I2N_S_IFREG | 0644, .mtime = own_mtime(l) };
	struct i2n_op op = named_op(l, I2N_OP_FILE);

	op.inode = &inode;
	op.exclusive = op.keep = true;
	if (i2n_sink_do(sink, &op, l->opts.stop, err)) {
		l->held = is_unknown(err);
		return cannot(l, "make", err);
	}
	if (op.exists)
		return I2N_END;
	*ret_obj = op.obj;
	return I2N_OK;
}

static struct i2n_op bare_op(struct i2n_lock *l, i2n_obj obj)
{
	l->inode = (struct i2n_inode){ .mode = I2N_S_IFREG | 0644, .mtime = own_mtime(l),
				       .size = ++l->count };
	return (struct i2n_op){ .kind = I2N_OP_SETATTR, .obj = obj, .inode = &l->inode,
				.mask = I2N_SET_SIZE | I2N_SET_MTIME, .dirent = I2N_NONE,
				.exclusive = true, .urgent = true };
}

/* A full server must not refuse a run that needs no room. */
static int fill(struct i2n_lock *l, struct i2n_sink *sink, i2n_obj obj, struct i2n_err *err)
{
	struct i2n_op op = data_op(I2N_OP_WRITE, obj, l->line, LINE_LEN);
	int rc = i2n_sink_do(sink, &op, l->opts.stop, err);

	if (rc != I2N_OK && i2n_sink_is_full(err)) {
		l->bare = true;
		op = bare_op(l, obj);
		rc = i2n_sink_do(sink, &op, l->opts.stop, err);
	}
	return rc == I2N_OK ? rc : cannot(l, "write", err);
}

static void on_filled(struct i2n_op *op)
{
	struct i2n_lock *l = op->owner;

	l->beat = BEAT_NONE;
	if (op->rc == I2N_OK || is_unknown(&op->err))	/* the run hears of that by itself */
		return;
	if (i2n_sink_is_full(&op->err) && !l->bare) {
		l->bare = true;
		l->beat = BEAT_FULL;
		return;
	}
	l->why = op->err;
	(void)cannot(l, "write", &l->why);
	l->lost = l->unwritten = true;
}

static void submit_fill(struct i2n_lock *l)
{
	struct i2n_err ignored;	/* of a sink that is dead: the run hears of it */

	l->op = l->bare ? bare_op(l, l->obj) : data_op(I2N_OP_WRITE, l->obj, l->line, LINE_LEN);
	l->op.done = on_filled;
	l->op.owner = l;
	l->beat = i2n_sink_submit(l->sink, &l->op, &ignored) == I2N_OK ? BEAT_FILL : BEAT_NONE;
}

/* The name is what counts; the line is written while the run goes on. */
static int make(struct i2n_lock *l, struct i2n_sink *sink, struct i2n_err *err)
{
	i2n_obj obj;
	int rc = create(l, sink, &obj, err);

	if (rc != I2N_OK)
		return rc;
	take_hold(l, sink, obj, I2N_LOCK_BEAT_MS);
	submit_fill(l);
	return I2N_OK;
}

/* A lock of a dead run, or one to be broken: its file becomes ours. I2N_RETRY: it is another one
 * now. */
static int take_over(struct i2n_lock *l, struct i2n_sink *sink, struct i2n_err *err)
{
	char who[LINE_LEN * 4];
	struct line seen;
	i2n_obj obj;
	int rc = read_lock(l, sink, &seen, &obj, err);

	if (rc != I2N_OK)
		return rc == I2N_END ? I2N_RETRY : rc;
	if (!l->opts.break_it && !(l->watched && is_same(&l->dead, &seen))) {
		i2n_sink_release(sink, obj);
		return I2N_RETRY;
	}
	take_hold(l, sink, obj, POLL_MS);
	rc = fill(l, sink, obj, err);
	if (rc != I2N_OK)
		return rc;
	i2n_note(l->opts.notes, I2N_NOTE_WARN, "lock", NULL, 0, "took over the lock of %s",
		 holder(&seen, who, sizeof(who)));
	return I2N_OK;
}

int i2n_lock_take(struct i2n_lock *l, struct i2n_sink *sink, struct i2n_err *err)
{
	int rc;

	do {
		rc = make(l, sink, err);
		if (rc == I2N_END)
			rc = take_over(l, sink, err);
		if (rc == I2N_RETRY && i2n_lock_look(l, sink, err))
			rc = I2N_FATAL;
	} while (rc == I2N_RETRY);
	return rc;
}

/* --- holding it --- */

static void lose(struct i2n_lock *l, const struct line *seen)
{
	char who[LINE_LEN * 4];

	l->lost = true;
	if (seen)
		i2n_err_set(&l->why, I2N_DOM_DEST, 0, "the lock was taken from this run by %s",
			    holder(seen, who, sizeof(who)));
	else
		i2n_err_set(&l->why, I2N_DOM_DEST, 0,
			    "the lock of this run at the destination was removed");
	i2n_err_hint(&l->why, "both runs have written there: when the other one has ended, run the "
			      "right one again with --update");
}

static void judge(struct i2n_lock *l, int rc, const struct i2n_err *err)
{
	/* FATAL: the connection, which the run will hear of by itself */
	if (rc == I2N_OK && !is_ours(l, &l->seen))
		lose(l, &l->seen);
	else if (rc == I2N_BADNODE && is_stale(err))
		lose(l, NULL);
}

static void on_beat(struct i2n_op *op)
{
	struct i2n_lock *l = op->owner;
	bool was_read = l->beat == BEAT_READ;

	l->beat = BEAT_NONE;
	if (!was_read)	/* a write that failed shows in the next read */
		return;
	l->seen.len = op->ret_len;
	l->seen.mtime = op->attr.mtime;
	judge(l, op->rc, &op->err);
	if (op->rc == I2N_OK && !l->lost)
		l->beat = BEAT_READ_OK;
}

static void submit_beat(struct i2n_lock *l)
{
	struct i2n_err ignored;	/* of a sink that is dead: the run hears of it */
	bool read = l->beat == BEAT_NONE;

	if (read) {
		l->op = data_op(l->bare ? I2N_OP_GETATTR : I2N_OP_READ, l->obj, l->seen.text,
				LINE_LEN);
		l->due_ms = now_ms() + I2N_LOCK_BEAT_MS;
	} else if (l->bare) {
		l->op = bare_op(l, l->obj);
	} else {
		(void)snprintf(l->count_text, sizeof(l->count_text), "%0*u", COUNT_LEN, ++l->count);
		l->op = data_op(I2N_OP_WRITE, l->obj, l->count_text, COUNT_LEN);
		l->op.off = COUNT_AT;
		l->op.unstable = true;	/* a server that flushes its disk must not look dead */
	}
	l->op.done = on_beat;
	l->op.owner = l;
	if (i2n_sink_submit(l->sink, &l->op, &ignored) == I2N_OK)
		l->beat = read ? BEAT_READ : BEAT_WRITE;
}

void i2n_lock_beat(struct i2n_lock *l)
{
	if (!l->held || l->lost)
		return;
	if (l->beat == BEAT_FULL)
		submit_fill(l);
	else if (l->beat == BEAT_READ_OK || (l->beat == BEAT_NONE && now_ms() >= l->due_ms))
		submit_beat(l);
}

bool i2n_lock_is_held(const struct i2n_lock *l)
{
	return l->held;
}

bool i2n_lock_is_lost(const struct i2n_lock *l, struct i2n_err *err)
{
	if (l->lost)
		*err = l->why;
	return l->lost;
}

/* What the lock holds now, in one round trip where it is our file still. */
static int read_own(struct i2n_lock *l, struct i2n_sink *sink, struct line *ret,
		    struct i2n_err *err)
{
	struct i2n_op look = named_op(l, I2N_OP_LOOKUP),
		      attr = data_op(I2N_OP_GETATTR, l->obj, NULL, 0),
		      read = data_op(I2N_OP_READ, l->obj, ret->text, sizeof(ret->text)),
		      *all[] = { &look, &attr, &read };
	bool same;

	if (sink != l->sink || l->obj == I2N_OBJ_NONE)
		return read_lock(l, sink, ret, NULL, err);
	if (i2n_sink_do_all(sink, all, 3, l->opts.stop, err) == I2N_FATAL)
		return I2N_FATAL;
	same = look.rc == I2N_OK && !look.absent && attr.rc == I2N_OK && read.rc == I2N_OK &&
	       look.attr.fileid == attr.attr.fileid && look.attr.fsid == attr.attr.fsid;
	if (look.rc == I2N_OK && !look.absent)
		i2n_sink_release(sink, look.obj);
	if (!same)
		return read_lock(l, sink, ret, NULL, err);
	ret->len = read.ret_len;
	ret->size = look.attr.size;
	ret->mtime = look.attr.mtime;
	return I2N_OK;
}

int i2n_lock_confirm(struct i2n_lock *l, struct i2n_sink *sink, struct i2n_err *err)
{
	struct line seen;
	int rc = l->held && !l->lost ? read_own(l, sink, &seen, err) : I2N_OK;

	if (rc == I2N_END)
		lose(l, NULL);
	else if (rc == I2N_OK && l->held && !l->lost && !is_ours(l, &seen))
		lose(l, &seen);
	return i2n_lock_is_lost(l, err) ? I2N_FATAL : rc;
}

static void end_beats(struct i2n_lock *l)
{
	struct i2n_err ignored;	/* a dead sink has done all its ops */

	while (l->beat == BEAT_FILL || l->beat == BEAT_READ || l->beat == BEAT_WRITE)
		if (i2n_sink_service(l->sink, SERVICE_MS, &ignored))
			break;
	l->beat = BEAT_NONE;
	l->due_ms = INT64_MAX;
}

int i2n_lock_drop(struct i2n_lock *l, struct i2n_sink *sink, struct i2n_err *err)
{
	struct i2n_op op = named_op(l, I2N_OP_REMOVE);
	int rc;

	if (!l->held)
		return I2N_OK;
	if (l->opts.stop && *l->opts.stop)	/* it has been heeded */
		l->opts.stop = NULL;
	end_beats(l);
	rc = l->unwritten ? I2N_OK : i2n_lock_confirm(l, sink, err);
	if (rc == I2N_OK)
		rc = i2n_sink_do(sink, &op, l->opts.stop, err);
	if (rc != I2N_OK && !l->lost)
		return I2N_FATAL;
	l->held = false;
	return I2N_OK;
}
