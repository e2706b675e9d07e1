/* fake_tree.h - random trees and a sink that keeps a diary, for tests of plan and engine.
 *
 * A tree has n inodes: directories, files, symlinks, devices, and further names of non-directories.
 * Names are numbers. The sink completes ops in random order, checks the contract of sink.h as it
 * goes, and can fail the k-th op. */
#ifndef TESTS_FAKE_TREE_H
#define TESTS_FAKE_TREE_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "img2nfs/engine.h"

static inline unsigned fake_rand(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

static inline int fake_by_parent(const void *a, const void *b)
{
	const struct i2n_dirent *x = a, *y = b;

	return x->parent != y->parent ? (x->parent < y->parent ? -1 :
					 1) : (x->name > y->name) - (x->name < y->name);
}

/* n inodes (n > 0), about a third as many further names. */
static inline struct i2n_tree *fake_tree(uint32_t n, uint64_t *seed)
{
	struct i2n_tree *t = calloc(1, sizeof(*t));
	uint32_t extra = n / 3, *dirs = malloc(n * sizeof(*dirs)), n_dirs = 1;

	t->inodes = calloc(n, sizeof(*t->inodes));
	t->dirents = calloc(n + extra + 1, sizeof(*t->dirents));
	t->names = malloc((n + extra + 1) * 12);
	t->n_inodes = n;
	t->inodes[0].mode = I2N_S_IFDIR | 0755;
	dirs[0] = 0;
	for (uint32_t i = 1; i < n + extra; i++) {
		struct i2n_dirent *de = &t->dirents[t->n_dirents];
		uint32_t target = i;

		if (i < n) {
			static const unsigned types[] = { I2N_S_IFREG, I2N_S_IFREG, I2N_S_IFDIR,
							  I2N_S_IFLNK, I2N_S_IFCHR };

			t->inodes[i].mode = (uint16_t)(types[fake_rand(seed) % 5] | 0644);
			t->inodes[i].ino = i + 11;
		} else {
			target = 1 + fake_rand(seed) % (n - 1 ? n - 1 : 1);
			if (target >= n || i2n_inode_type(&t->inodes[target]) == I2N_S_IFDIR)
				continue;
		}
		de->parent = dirs[fake_rand(seed) % n_dirs];
		de->inode = target;
		de->name = t->names_len;
		t->names[de->name] =
			(unsigned char)snprintf((char *)t->names + de->name + 1, 11, "%010u",
						t->n_dirents);
		t->names_len += 11;
		t->n_dirents++;
		if (i < n && i2n_inode_type(&t->inodes[i]) == I2N_S_IFDIR)
			dirs[n_dirs++] = i;
	}
	free(dirs);
	qsort(t->dirents, t->n_dirents, sizeof(*t->dirents), fake_by_parent);
	for (uint32_t i = 0; i < n; i++)
		t->inodes[i].first_dirent = I2N_NONE;
	for (uint32_t d = 0; d < t->n_dirents; d++) {
		struct i2n_inode *in = &t->inodes[t->dirents[d].inode],
				 *dir = &t->inodes[t->dirents[d].parent];

		if (!in->links++)
			in->first_dirent = d;
		if (!dir->dir.count++)
			dir->dir.first = d;
	}
	t->inodes[0].links = 1;
	return t;
}

/* A reader without content; where = inode number, so that plans are in order of inode numbers. */
static inline uint64_t fake_where(const struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	return i2n_inode_type(in) == I2N_S_IFREG ? in->ino : 0;
}

static inline void fake_willneed(struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	(void)in;
}

static const struct i2n_reader_ops fake_reader_ops = { .where = fake_where,
						       .willneed = fake_willneed };

enum fake_state { FAKE_ABSENT, FAKE_STORED, FAKE_SETTLED, FAKE_FAILED };

struct fake_sink {
	struct i2n_sink base;
	const struct i2n_tree *tree;
	uint64_t seed;
	unsigned window, n_queue;
	struct i2n_op *queue[64];
	unsigned char *inode_state;	/* enum fake_state by inode index */
	unsigned char *dirent_done;	/* by dirent */
	unsigned char *held;		/* by inode: its object was given out and not released */
	uint64_t ops;			/* submitted so far */
	uint64_t fail_op;		/* this one (from 1) ends with fail_rc */
	int fail_rc;
	volatile int *stop;		/* set at op stop_op */
	uint64_t stop_op;
	bool cancelled, failed;
	unsigned max_queue;
	unsigned early;			/* directories settled before those in them */
	int wrong;			/* breaches of order seen */
};

#define FAKE_WANT(fs, cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: breach: %s\n", __FILE__, __LINE__, #cond); \
		(fs)->wrong++; \
	} \
} while (0)

static inline uint32_t fake_inode_of(const struct fake_sink *fs, const struct i2n_op *op)
{
	return (uint32_t)(op->inode - fs->tree->inodes);
}

/* Will its directory not change any more because of it? */
static inline bool fake_is_there(const struct fake_sink *fs, uint32_t dirent)
{
	uint32_t ino = fs->tree->dirents[dirent].inode;

	return fs->dirent_done[dirent] || fs->failed ||
	       (i2n_inode_type(&fs->tree->inodes[ino]) == I2N_S_IFDIR &&
		fs->inode_state[ino] == FAKE_STORED);
}

static inline bool fake_has_unsettled(const struct fake_sink *fs, const struct i2n_inode *dir)
{
	for (uint32_t d = dir->dir.first; d < dir->dir.first + dir->dir.count; d++)
		if (!fs->dirent_done[d])
			return true;
	return false;
}

static inline int fake_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	struct fake_sink *fs = (struct fake_sink *)sink;
	uint32_t ino = fake_inode_of(fs, op);

	(void)err;
	if (fs->n_queue == fs->window)
		return I2N_RETRY;
	FAKE_WANT(fs, !fs->cancelled);
	if (op->kind == I2N_OP_DIRATTR) {
		const struct i2n_inode *dir = op->inode;

		for (uint32_t d = dir->dir.first; d < dir->dir.first + dir->dir.count; d++)
			FAKE_WANT(fs, fake_is_there(fs, d));
		fs->early += !fs->failed && fake_has_unsettled(fs, dir);
		FAKE_WANT(fs, op->obj == ino && fs->inode_state[ino] == FAKE_STORED);
	} else {
		uint32_t parent = fs->tree->dirents[op->dirent].parent;

		FAKE_WANT(fs, op->parent == parent && fs->inode_state[parent] == FAKE_STORED);
		FAKE_WANT(fs, !fs->dirent_done[op->dirent]);
	}
	if (op->kind == I2N_OP_LINK)
		FAKE_WANT(fs, op->obj == ino && fs->inode_state[ino] == FAKE_STORED &&
			  fs->held[ino]);
	fs->queue[fs->n_queue++] = op;
	if (fs->n_queue > fs->max_queue)
		fs->max_queue = fs->n_queue;
	if (++fs->ops == fs->stop_op)
		*fs->stop = 2;
	/* the op's own number, for fail_op, travels in priv */
	op->priv = (void *)(uintptr_t)fs->ops;
	return I2N_OK;
}

static inline void fake_store(struct fake_sink *fs, struct i2n_op *op)
{
	uint32_t ino = fake_inode_of(fs, op);

	if (op->kind == I2N_OP_DIRATTR) {
		fs->inode_state[ino] = FAKE_SETTLED;
		if (op->dirent != I2N_NONE)
			fs->dirent_done[op->dirent] = 1;
		return;
	}
	if (op->kind != I2N_OP_MKDIR)
		fs->dirent_done[op->dirent] = 1;
	if (op->kind == I2N_OP_LINK)
		return;
	fs->inode_state[ino] = FAKE_STORED;
	if (op->kind == I2N_OP_MKDIR || op->keep) {
		op->obj = ino;
		fs->held[ino] = 1;
	}
}

static inline int fake_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	struct fake_sink *fs = (struct fake_sink *)sink;
	unsigned i;
	struct i2n_op *op;

	(void)timeout_ms;
	(void)err;
	if (!fs->n_queue)
		return I2N_OK;
	i = fake_rand(&fs->seed) % fs->n_queue;
	op = fs->queue[i];
	fs->queue[i] = fs->queue[--fs->n_queue];
	if (fs->fail_op && op->priv == (void *)(uintptr_t)fs->fail_op) {
		op->rc = i2n_fail(&op->err, fs->fail_rc, I2N_DOM_NFS3, 28, "asked to fail");
		fs->inode_state[fake_inode_of(fs, op)] =
			op->kind == I2N_OP_LINK ? FAKE_STORED : FAKE_FAILED;
		fs->failed = true;
	} else {
		op->rc = I2N_OK;
		fake_store(fs, op);
	}
	i2n_sink_complete(sink, op);
	return I2N_OK;
}

static inline void fake_cancel(struct i2n_sink *sink, int signo)
{
	(void)signo;
	((struct fake_sink *)sink)->cancelled = true;
}

static inline void fake_release(struct i2n_sink *sink, i2n_obj obj)
{
	struct fake_sink *fs = (struct fake_sink *)sink;

	FAKE_WANT(fs, obj < fs->tree->n_inodes && fs->held[obj]);
	fs->held[obj] = 0;
}

static inline int fake_finish(struct i2n_sink *sink, struct i2n_err *err)
{
	(void)sink;
	(void)err;
	return I2N_OK;
}

static const struct i2n_sink_ops fake_ops = { .name = "fake",
					      .submit = fake_submit,
					      .service = fake_service,
					      .cancel = fake_cancel,
					      .release = fake_release,
					      .finish = fake_finish };

static inline void fake_sink_init(struct fake_sink *fs, const struct i2n_tree *t, uint64_t seed)
{
	memset(fs, 0, sizeof(*fs));
	fs->base.ops = &fake_ops;
	fs->tree = t;
	fs->seed = seed;
	fs->window = 1 + (unsigned)(seed % 60);
	fs->inode_state = calloc(t->n_inodes, 1);
	fs->inode_state[0] = FAKE_STORED;
	fs->dirent_done = calloc(t->n_dirents + 1, 1);
	fs->held = calloc(t->n_inodes, 1);
}

static inline void fake_sink_release(struct fake_sink *fs)
{
	free(fs->inode_state);
	free(fs->dirent_done);
	free(fs->held);
}

#endif
