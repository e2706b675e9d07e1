#include "img2nfs/digests.h"

#include "img2nfs/digest.h"

#include <stdlib.h>

#define BUF_SIZE (1u << 20)
#define HOLES_MAX (UINT64_C(64) << 30)

struct maker {
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	const struct i2n_notes *notes;
	const struct i2n_digests_opts *opts;
	struct i2n_digest *digest;
	unsigned char *buf;
	struct i2n_digests *ret;
};

struct place {
	uint64_t where;
	uint32_t inode;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->where != y->where)
		return x->where < y->where ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int add_ranges(struct maker *w, struct i2n_file *file, uint64_t size, bool *ret_too_long,
		      struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = w->reader->ops;
	uint64_t at = 0, holes = 0;
	struct i2n_range r;
	int rc;

	while ((rc = ops->next(file, BUF_SIZE, &r, err)) == I2N_OK) {
		holes += r.off - at;
		if (holes > HOLES_MAX)
			break;
		i2n_digest_add_zeros(w->digest, r.off - at);
		rc = ops->read(file, w->buf, (size_t)r.len, r.off, err);
		if (rc != I2N_OK)
			return rc;
		i2n_digest_add(w->digest, w->buf, (size_t)r.len);
		at = r.off + r.len;
	}
	if (rc != I2N_OK && rc != I2N_END)
		return rc;
	*ret_too_long = holes > HOLES_MAX || size - at > HOLES_MAX - holes;
	if (!*ret_too_long)
		i2n_digest_add_zeros(w->digest, size - at);
	return I2N_OK;
}

static void tell(struct maker *w, uint32_t inode, enum i2n_note_kind kind, const char *text)
{
	size_t len = 0;
	char *path = i2n_tree_path(w->tree, w->tree->inodes[inode].first_dirent, &len);

	i2n_note(w->notes, kind, "content", path, len, "%s", text);
	free(path);
}

static int digest_file(struct maker *w, uint32_t inode, struct i2n_err *err)
{
	const struct i2n_inode *in = &w->tree->inodes[inode];
	struct i2n_err why;
	struct i2n_file *file;
	bool too_long = false;
	int rc = w->reader->ops->open(w->reader, in, &file, &why);

	i2n_digest_reset(w->digest);
	if (rc == I2N_OK) {
		rc = add_ranges(w, file, in->size, &too_long, &why);
		w->reader->ops->close(file);
	}
	if (rc == I2N_FATAL) {
		*err = why;
		return rc;
	}
	if (rc != I2N_OK) {
		tell(w, inode, I2N_NOTE_DAMAGED, why.msg);
	} else if (too_long) {
		tell(w, inode, I2N_NOTE_WARN, "more than 64 GiB of holes: no digest");
	} else {
		i2n_digest_bytes(w->digest, w->ret->bytes[inode]);
		w->ret->has[inode] = true;
	}
	return I2N_OK;
}

/* What comes after the i-th file, as far ahead as the reader likes to know. */
static size_t announce(const struct maker *w, const struct place *places, size_t n, size_t i,
		       size_t told)
{
	const struct i2n_reader_ops *ops = w->reader->ops;

	if (told <= i)
		told = i + 1;
	for (; told < n && places[told].where - places[i].where < w->reader->ahead; told++)
		ops->willneed(w->reader, &w->tree->inodes[places[told].inode]);
	return told;
}

/* In the order of the medium, as files are read when they are stored. */
static int digest_all(struct maker *w, struct i2n_err *err)
{
	const volatile int *stop = w->opts->stop;
	const struct i2n_tree *t = w->tree;
	struct i2n_progress at = { 0 };
	struct place *places = malloc(((size_t)t->n_inodes + 1) * sizeof(*places));
	size_t n = 0, told = 0;
	int rc = I2N_OK;

	if (!places)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < t->n_inodes; i++)
		if (i2n_inode_type(&t->inodes[i]) == I2N_S_IFREG &&
		    t->inodes[i].size <= w->opts->max_size) {
			places[n++] = (struct place){
				w->reader->ops->where(w->reader, &t->inodes[i]), i };
			i2n_totals_add(&at.total, &t->inodes[i], false);
		}
	qsort(places, n, sizeof(*places), by_place);
	for (size_t i = 0; i < n && rc == I2N_OK; i++) {
		told = announce(w, places, n, i, told);
		if (stop && *stop)
			rc = i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *stop,
				      "stopped by signal %d", *stop);
		else
			rc = digest_file(w, places[i].inode, err);
		i2n_totals_add(&at.done, &t->inodes[places[i].inode], false);
		at.written = at.done.bytes;
		if (w->opts->progress)
			w->opts->progress(w->opts->ctx, &at);
	}
	free(places);
	return rc;
}

int i2n_digests_make(const struct i2n_tree *tree, struct i2n_reader *reader,
		     const struct i2n_digests_opts *opts, const struct i2n_notes *notes,
		     struct i2n_digests *ret, struct i2n_err *err)
{
	struct maker w = { .tree = tree, .reader = reader, .notes = notes, .opts = opts,
			   .ret = ret };
	int rc;

	*ret = (struct i2n_digests){ .tree = tree };
	w.digest = i2n_digest_new();
	w.buf = malloc(BUF_SIZE);
	ret->bytes = malloc(((size_t)tree->n_inodes + 1) * sizeof(*ret->bytes));
	ret->has = calloc((size_t)tree->n_inodes + 1, sizeof(*ret->has));
	if (!w.digest || !w.buf || !ret->bytes || !ret->has)
		rc = i2n_err_nomem(err);
	else
		rc = digest_all(&w, err);
	free(w.buf);
	i2n_digest_free(w.digest);
	if (rc != I2N_OK)
		i2n_digests_release(ret);
	return rc;
}

void i2n_digests_release(struct i2n_digests *d)
{
	free(d->bytes);
	free(d->has);
	*d = (struct i2n_digests){ 0 };
}
