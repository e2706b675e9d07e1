#include "img2nfs/manifest.h"

#include "img2nfs/digest.h"
#include "img2nfs/mtree.h"

#include "walk.h"

#include <stdlib.h>

#define BUF_SIZE (1u << 20)
#define HOLES_MAX (UINT64_C(64) << 30)

struct writer {
	FILE *f;
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	const struct i2n_notes *notes;
	struct i2n_digest *digest;
	unsigned char *buf;
	unsigned char (*digests)[16];	/* by inode */
	unsigned char *has_digest;	/* a bit each */
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

static int add_ranges(struct writer *w, struct i2n_file *file, uint64_t size, bool *ret_too_long,
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

static void tell(struct writer *w, uint32_t inode, enum i2n_note_kind kind, const char *text)
{
	size_t len = 0;
	char *path = i2n_tree_path(w->tree, w->tree->inodes[inode].first_dirent, &len);

	i2n_note(w->notes, kind, "content", path, len, "%s", text);
	free(path);
}

static int digest_file(struct writer *w, uint32_t inode, struct i2n_err *err)
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
		i2n_digest_bytes(w->digest, w->digests[inode]);
		w->has_digest[inode / 8] |= (unsigned char)(1u << inode % 8);
	}
	return I2N_OK;
}

/* In the order of the medium, as files are read when they are stored. */
static int digest_all(struct writer *w, const volatile int *stop, struct i2n_err *err)
{
	const struct i2n_tree *t = w->tree;
	struct place *places = malloc(((size_t)t->n_inodes + 1) * sizeof(*places));
	size_t n = 0;
	int rc = I2N_OK;

	if (!places)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < t->n_inodes; i++)
		if (i2n_inode_type(&t->inodes[i]) == I2N_S_IFREG)
			places[n++] = (struct place){
				w->reader->ops->where(w->reader, &t->inodes[i]), i };
	qsort(places, n, sizeof(*places), by_place);
	for (size_t i = 0; i < n && rc == I2N_OK; i++) {
		if (stop && *stop)
			rc = i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *stop,
				      "stopped by signal %d", *stop);
		else
			rc = digest_file(w, places[i].inode, err);
	}
	free(places);
	return rc;
}

static int put_line(struct writer *w, uint32_t dirent, struct i2n_err *err)
{
	const struct i2n_tree *t = w->tree;
	uint32_t inode = dirent == I2N_NONE ? t->root : t->dirents[dirent].inode;
	const struct i2n_inode *in = &t->inodes[inode];
	bool is_symlink = i2n_inode_type(in) == I2N_S_IFLNK;
	struct i2n_err why;
	char hex[33], *target = NULL;
	size_t len = 0;
	char *path = i2n_tree_path(t, dirent, &len);

	if (is_symlink)
		target = malloc((size_t)in->size + 1);
	if (!path || (is_symlink && !target)) {
		free(path);
		free(target);
		return i2n_err_nomem(err);
	}
	if (is_symlink &&
	    w->reader->ops->readlink(w->reader, in, target, (size_t)in->size, &why) != I2N_OK) {
		tell(w, inode, I2N_NOTE_DAMAGED, why.msg);
		free(target);
		target = NULL;
	}
	if (w->has_digest[inode / 8] & 1u << inode % 8)
		i2n_digest_text(w->digests[inode], hex);
	else
		hex[0] = '\0';
	i2n_mtree_line(w->f, path, len, in, target, hex[0] ? hex : NULL);
	free(target);
	free(path);
	return I2N_OK;
}

static int put_all(struct writer *w, struct i2n_err *err)
{
	const struct i2n_tree *t = w->tree;
	int rc;

	i2n_mtree_head(w->f);
	rc = put_line(w, I2N_NONE, err);
	for (uint32_t d = walk_next(t, t->root, I2N_NONE); d != I2N_NONE && rc == I2N_OK;
	     d = walk_next(t, t->root, d))
		rc = put_line(w, d, err);
	return rc;
}

int i2n_manifest_write(FILE *f, const struct i2n_tree *tree, struct i2n_reader *reader,
		       const volatile int *stop, const struct i2n_notes *notes,
		       struct i2n_err *err)
{
	struct writer w = { .f = f, .tree = tree, .reader = reader, .notes = notes };
	int rc;

	w.digest = i2n_digest_new();
	w.buf = malloc(BUF_SIZE);
	w.digests = malloc(((size_t)tree->n_inodes + 1) * sizeof(*w.digests));
	w.has_digest = calloc(tree->n_inodes / 8 + 1, 1);
	if (!w.digest || !w.buf || !w.digests || !w.has_digest) {
		rc = i2n_err_nomem(err);
		goto out;
	}
	rc = digest_all(&w, stop, err);
	if (rc == I2N_OK)
		rc = put_all(&w, err);
out:
	free(w.has_digest);
	free(w.digests);
	free(w.buf);
	i2n_digest_free(w.digest);
	return rc;
}
