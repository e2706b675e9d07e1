#include "img2nfs/share.h"

#include "task.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TABLE 4096u		/* of files that are begun; a power of two */
#define PATIENCE 30u		/* rounds of task_wait(), about 3 s, in which nothing got free */
#define PAGE_BITS 32768u	/* files that are done, by inode number */

/* Bytes that somebody has read and somebody still wants. */
struct piece {
	struct record *record;
	struct piece *next;		/* of the same file */
	struct piece *older, *newer;	/* of all */
	uint64_t off;
	size_t len;
	unsigned char data[];
};

/* A file that is begun. */
struct record {
	struct record *next;		/* in the same place of the table */
	struct piece *pieces;
	uint32_t ino;
	uint64_t mark[];		/* by run: what it has had, from the start on; UINT64_MAX:
					 * all that it wants */
};

struct part {
	struct i2n_reader reader;	/* first: what the run holds */
	struct i2n_share *share;
	unsigned i;
	bool left, waits;
	bool asleep;		/* has read nothing lately */
	uint64_t reads;
};

struct i2n_share {
	pthread_mutex_t lock;
	pthread_cond_t room;
	struct i2n_reader *below;
	const volatile int *stop;
	struct record *table[TABLE];
	struct piece *oldest, *newest;
	size_t kept;
	uint64_t freed;			/* pieces, ever */
	uint64_t *done[UINT32_MAX / PAGE_BITS + 1];
	struct i2n_share_stats stats;
	unsigned n;
	struct part parts[];
};

struct shared_file {
	struct part *part;
	struct i2n_file *below;
	uint32_t ino;
	bool was_read;
};

static bool is_done(const struct i2n_share *s, uint32_t ino)
{
	const uint64_t *page = s->done[ino / PAGE_BITS];

	return page && page[ino % PAGE_BITS / 64] >> (ino % 64) & 1;
}

/* Without memory the file may be read again. */
static void set_done(struct i2n_share *s, uint32_t ino)
{
	uint64_t **page = &s->done[ino / PAGE_BITS];

	if (!*page)
		*page = calloc(PAGE_BITS / 64, sizeof(**page));
	if (*page)
		(*page)[ino % PAGE_BITS / 64] |= UINT64_C(1) << (ino % 64);
}

static bool counts(const struct part *p)
{
	return !p->left && !p->asleep;
}

/* Does a run that counts still want what lies before end? */
static bool is_wanted(const struct i2n_share *s, const struct record *rec, uint64_t end)
{
	for (unsigned i = 0; i < s->n; i++)
		if (counts(&s->parts[i]) && rec->mark[i] < end)
			return true;
	return false;
}

static void drop_piece(struct i2n_share *s, struct piece *p)
{
	struct piece **at = &p->record->pieces;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	*(p->older ? &p->older->newer : &s->oldest) = p->newer;
	*(p->newer ? &p->newer->older : &s->newest) = p->older;
	s->kept -= p->len;
	s->freed++;
	free(p);
	(void)pthread_cond_broadcast(&s->room);		/* cannot fail, as with all of these */
}

static void drop_unwanted(struct i2n_share *s, struct record *rec)
{
	for (struct piece *p = rec->pieces, *next; p; p = next) {
		next = p->next;
		if (!is_wanted(s, rec, p->off + p->len))
			drop_piece(s, p);
	}
}

static struct record **place_of(struct i2n_share *s, uint32_t ino)
{
	struct record **at = &s->table[ino * UINT32_C(2654435761) / (UINT32_MAX / TABLE + 1)];

	while (*at && (*at)->ino != ino)
		at = &(*at)->next;
	return at;
}

/* After a run has left, fallen asleep or got further. */
static void tidy(struct i2n_share *s, struct record **at)
{
	struct record *rec = *at;

	drop_unwanted(s, rec);
	if (is_wanted(s, rec, UINT64_MAX))
		return;
	set_done(s, rec->ino);
	*at = rec->next;
	free(rec);
}

static void tidy_all(struct i2n_share *s)
{
	for (unsigned i = 0; i < TABLE; i++)
		for (struct record **at = &s->table[i], *rec; (rec = *at); ) {
			tidy(s, at);
			if (*at == rec)
				at = &rec->next;
		}
}

/* NULL: all have had it, or there is no memory; then it is read without the others. */
static struct record *record_of(struct i2n_share *s, uint32_t ino)
{
	struct record **at = place_of(s, ino);

	if (!*at && !is_done(s, ino)) {
		*at = calloc(1, sizeof(**at) + s->n * sizeof((*at)->mark[0]));
		if (*at)
			(*at)->ino = ino;
	}
	return *at;
}

/* The piece with the byte at off, or NULL and in *ret_next the next one's beginning. */
static const struct piece *piece_at(const struct record *rec, uint64_t off, uint64_t *ret_next)
{
	*ret_next = UINT64_MAX;
	for (const struct piece *p = rec->pieces; p; p = p->next) {
		if (off >= p->off && off - p->off < p->len)
			return p;
		if (p->off > off && p->off < *ret_next)
			*ret_next = p->off;
	}
	return NULL;
}

/* Those who read nothing while we waited are not waited for again until they do. */
static void put_to_sleep(struct i2n_share *s, const struct part *me, const uint64_t *reads)
{
	bool any = false;

	for (unsigned i = 0; i < s->n; i++) {
		struct part *p = &s->parts[i];

		if (p == me || !counts(p) || p->waits || p->reads != reads[i])
			continue;
		p->asleep = any = true;
	}
	if (any)
		tidy_all(s);
}

static bool all_wait(const struct i2n_share *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (counts(&s->parts[i]) && !s->parts[i].waits)
			return false;
	return true;
}

/* Wait until the others have made room. If they cannot, what is oldest goes. */
static void make_room(struct i2n_share *s, struct part *me)
{
	uint64_t reads[I2N_SHARE_RUNS], freed = s->freed;
	unsigned rounds = 0;

	for (unsigned i = 0; i < s->n; i++)
		reads[i] = s->parts[i].reads;
	me->waits = true;
	while (s->kept > I2N_SHARE_MAX && !(s->stop && *s->stop) && !all_wait(s) &&
	       rounds < PATIENCE) {
		task_wait(&s->room, &s->lock);
		rounds = s->freed == freed ? rounds + 1 : 0;
		freed = s->freed;
	}
	me->waits = false;
	if (s->kept > I2N_SHARE_MAX && rounds == PATIENCE)
		put_to_sleep(s, me, reads);
	if (s->kept <= I2N_SHARE_MAX)
		return;
	/* half of it, so that the next ones need not wait again */
	while (s->kept > I2N_SHARE_MAX / 2)
		drop_piece(s, s->oldest);
}

/* Without memory the others read it themselves. */
static bool keep(struct i2n_share *s, struct record *rec, const void *buf, size_t len, uint64_t off)
{
	struct piece *p = is_wanted(s, rec, off + len) ? malloc(sizeof(*p) + len) : NULL;

	if (!p)
		return false;
	*p = (struct piece){ .record = rec, .next = rec->pieces, .older = s->newest, .off = off,
			     .len = len };
	memcpy(p->data, buf, len);
	*(p->older ? &p->older->newer : &s->oldest) = p;
	s->newest = rec->pieces = p;
	s->kept += len;
	if (s->kept > s->stats.max_kept)
		s->stats.max_kept = s->kept;
	return true;
}

static int read_below(struct shared_file *f, void *buf, size_t len, uint64_t off,
		      struct i2n_err *err)
{
	struct i2n_share *s = f->part->share;

	s->stats.bytes_read += len;
	return s->below->ops->read(f->below, buf, len, off, err);
}

/* Some bytes from the front: what is kept, or else up to the next that is. *ret_kept is set when
 * more is kept then. */
static int read_some(struct shared_file *f, struct record *rec, unsigned char *buf, size_t len,
		     uint64_t off, size_t *ret_n, bool *ret_kept, struct i2n_err *err)
{
	struct i2n_share *s = f->part->share;
	uint64_t next;
	const struct piece *p = piece_at(rec, off, &next);
	uint64_t n = p ? p->len - (off - p->off) : next - off;
	int rc = I2N_OK;

	*ret_n = n < len ? (size_t)n : len;
	if (p) {
		memcpy(buf, p->data + (off - p->off), *ret_n);
	} else {
		rc = read_below(f, buf, *ret_n, off, err);
		if (rc)
			return rc;
	}
	if (rec->mark[f->part->i] < off + *ret_n)
		rec->mark[f->part->i] = off + *ret_n;
	if (p)
		drop_unwanted(s, rec);
	else
		*ret_kept |= keep(s, rec, buf, *ret_n, off);
	return I2N_OK;
}

static int read_locked(struct shared_file *f, unsigned char *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	struct i2n_share *s = f->part->share;
	struct record *rec = f->part->left ? NULL : record_of(s, f->ino);
	bool kept = false;
	int rc = I2N_OK;
	size_t n;

	f->part->reads++;
	f->part->asleep = false;
	f->was_read = true;
	s->stats.bytes_given += len;
	if (!rec)
		return read_below(f, buf, len, off, err);
	for (; !rc && len; buf += n, off += n, len -= n)
		rc = read_some(f, rec, buf, len, off, &n, &kept, err);
	/* who only took makes room by going on, even when it has not had all of a piece yet */
	if (!rc && kept && s->kept > I2N_SHARE_MAX)
		make_room(s, f->part);
	return rc;
}

static int shared_read(struct i2n_file *file, void *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	struct shared_file *f = (struct shared_file *)(void *)file;
	int rc;

	(void)pthread_mutex_lock(&f->part->share->lock);
	rc = read_locked(f, buf, len, off, err);
	(void)pthread_mutex_unlock(&f->part->share->lock);
	return rc;
}

static struct part *lock_part(const struct i2n_reader *r)
{
	/* a reader is the first member of its part, which nobody holds as const */
	struct part *p = (struct part *)(void *)(uintptr_t)r;

	(void)pthread_mutex_lock(&p->share->lock);
	return p;
}

static void unlock_part(struct part *p)
{
	(void)pthread_mutex_unlock(&p->share->lock);
}

static int shared_open(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_file **ret,
		       struct i2n_err *err)
{
	struct shared_file *f = malloc(sizeof(*f));
	struct part *p;
	int rc;

	if (!f)
		return i2n_err_nomem(err);
	p = lock_part(r);
	*f = (struct shared_file){ .part = p, .ino = in->ino };
	rc = p->share->below->ops->open(p->share->below, in, &f->below, err);
	unlock_part(p);
	if (rc)
		free(f);
	else
		*ret = (struct i2n_file *)(void *)f;
	return rc;
}

static int shared_next(struct i2n_file *file, uint64_t max, struct i2n_range *ret,
		       struct i2n_err *err)
{
	struct shared_file *f = (struct shared_file *)(void *)file;
	struct part *p = lock_part(&f->part->reader);
	int rc = p->share->below->ops->next(f->below, max, ret, err);

	unlock_part(p);
	return rc;
}

static int shared_rewind(struct i2n_file *file, struct i2n_err *err)
{
	struct shared_file *f = (struct shared_file *)(void *)file;
	struct part *p = lock_part(&f->part->reader);
	int rc = p->share->below->ops->rewind(f->below, err);

	unlock_part(p);
	return rc;
}

/* Who has read something of a file and closes it wants no more of it. */
static void shared_close(struct i2n_file *file)
{
	struct shared_file *f = (struct shared_file *)(void *)file;
	struct part *p = lock_part(&f->part->reader);
	struct record **at = place_of(p->share, f->ino);

	p->share->below->ops->close(f->below);
	if (*at && f->was_read && !p->left) {
		(*at)->mark[p->i] = UINT64_MAX;
		tidy(p->share, at);
	}
	unlock_part(p);
	free(f);
}

static int shared_readlink(struct i2n_reader *r, const struct i2n_inode *in, void *buf, size_t cap,
			   struct i2n_err *err)
{
	struct part *p = lock_part(r);
	int rc = p->share->below->ops->readlink(p->share->below, in, buf, cap, err);

	unlock_part(p);
	return rc;
}

static uint64_t shared_where(const struct i2n_reader *r, const struct i2n_inode *in)
{
	struct part *p = lock_part(r);
	uint64_t where = p->share->below->ops->where(p->share->below, in);

	unlock_part(p);
	return where;
}

static int shared_acl(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_acl *ret,
		      struct i2n_err *err)
{
	struct part *p = lock_part(r);
	int rc = p->share->below->ops->acl(p->share->below, in, ret, err);

	unlock_part(p);
	return rc;
}

static int shared_xattrs(struct i2n_reader *r, const struct i2n_inode *in, i2n_xattr_fn *fn,
			 void *ctx, struct i2n_err *err)
{
	struct part *p = lock_part(r);
	int rc = p->share->below->ops->xattrs(p->share->below, in, fn, ctx, err);

	unlock_part(p);
	return rc;
}

/* Only the first one's word counts: what is unpacked again for those behind is in vain. */
static void shared_willneed(struct i2n_reader *r, const struct i2n_inode *in)
{
	struct part *p = lock_part(r);

	if (!*place_of(p->share, in->ino) && !is_done(p->share, in->ino))
		p->share->below->ops->willneed(p->share->below, in);
	unlock_part(p);
}

static const struct i2n_reader_ops shared_ops = {
	.open = shared_open,
	.next = shared_next,
	.read = shared_read,
	.rewind = shared_rewind,
	.close = shared_close,
	.readlink = shared_readlink,
	.where = shared_where,
	.acl = shared_acl,
	.xattrs = shared_xattrs,
	.willneed = shared_willneed,
};

int i2n_share_new(struct i2n_reader *reader, unsigned n, const volatile int *stop,
		  struct i2n_share **ret, struct i2n_err *err)
{
	struct i2n_share *s = calloc(1, sizeof(*s) + n * sizeof(s->parts[0]));

	if (!s)
		return i2n_err_nomem(err);
	s->below = reader;
	s->stop = stop;
	s->n = n;
	for (unsigned i = 0; i < n; i++)
		s->parts[i] = (struct part){ .reader = { &shared_ops, reader->ahead,
							 reader->by_block, reader->behind },
					     .share = s, .i = i };
	/* with default attributes these only fail for want of memory elsewhere than on Linux */
	if (pthread_mutex_init(&s->lock, NULL) || pthread_cond_init(&s->room, NULL)) {
		free(s);
		return i2n_err_nomem(err);
	}
	*ret = s;
	return I2N_OK;
}

struct i2n_reader *i2n_share_reader(struct i2n_share *s, unsigned i)
{
	return &s->parts[i].reader;
}

void i2n_share_leave(struct i2n_share *s, unsigned i)
{
	(void)pthread_mutex_lock(&s->lock);
	s->parts[i].left = true;
	tidy_all(s);
	(void)pthread_cond_broadcast(&s->room);
	(void)pthread_mutex_unlock(&s->lock);
}

/* All records and what is known to be done. */
static void forget(struct i2n_share *s)
{
	bool left[I2N_SHARE_RUNS];

	for (unsigned i = 0; i < s->n; i++) {
		left[i] = s->parts[i].left;
		s->parts[i].left = true;
	}
	tidy_all(s);
	for (unsigned i = 0; i < s->n; i++)
		s->parts[i].left = left[i];
	for (size_t i = 0; i < sizeof(s->done) / sizeof(s->done[0]); i++) {
		free(s->done[i]);
		s->done[i] = NULL;
	}
}

void i2n_share_begin(struct i2n_share *s)
{
	(void)pthread_mutex_lock(&s->lock);
	forget(s);
	s->stats = (struct i2n_share_stats){ 0 };
	(void)pthread_mutex_unlock(&s->lock);
}

struct i2n_share_stats i2n_share_stats(struct i2n_share *s)
{
	struct i2n_share_stats stats;

	(void)pthread_mutex_lock(&s->lock);
	stats = s->stats;
	(void)pthread_mutex_unlock(&s->lock);
	return stats;
}

void i2n_share_free(struct i2n_share *s)
{
	if (!s)
		return;
	forget(s);
	(void)pthread_cond_destroy(&s->room);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}
