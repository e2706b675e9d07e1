/* treesum - an example for libimg2nfs: partitions of an image, and the tree of the first one with ext2,
 * ext3 or ext4, stored into a sink of its own, which prints a line per object.
 *
 *	cc treesum.c $(pkg-config --cflags --libs libimg2nfs) -o treesum
 *	./treesum disk.img
 *
 * A line: type and mode, owner, size, sum(1) of the content as BSD computes it, path. */
#include "img2nfs/img2nfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a sink --- */

struct sum_sink {
	struct i2n_sink base;		/* first, as sink.h wants it */
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	struct i2n_op *op;		/* one at a time is simplest */
};

static int sum_file(struct i2n_reader *r, const struct i2n_inode *in, unsigned *ret,
		    struct i2n_err *err)
{
	static unsigned char buf[1 << 16];
	struct i2n_range range;
	struct i2n_file *file;
	uint64_t pos = 0;
	unsigned sum = 0;
	int rc = r->ops->open(r, in, &file, err);

	if (rc)
		return rc;
	while (!(rc = r->ops->next(file, sizeof(buf), &range, err))) {
		rc = r->ops->read(file, buf, (size_t)range.len, range.off, err);
		if (rc)
			break;
		for (; pos < range.off; pos++)	/* a hole: zeros */
			sum = (sum >> 1) + ((sum & 1) << 15);
		for (uint64_t i = 0; i < range.len; i++, pos++)
			sum = ((sum >> 1) + ((sum & 1) << 15) + buf[i]) & 0xffff;
	}
	for (; rc == I2N_END && pos < in->size; pos++)
		sum = (sum >> 1) + ((sum & 1) << 15);
	r->ops->close(file);
	*ret = sum;
	return rc == I2N_END ? I2N_OK : rc;
}

static int print_op(struct sum_sink *s, struct i2n_op *op)
{
	char *path;
	size_t len;
	unsigned sum = 0;

	if (op->kind == I2N_OP_MKDIR)	/* DIRATTR comes when all below it is done */
		return I2N_OK;
	if (op->kind == I2N_OP_FILE && sum_file(s->reader, op->inode, &sum, &op->err))
		return I2N_BADNODE;
	path = i2n_tree_path(s->tree, op->dirent, &len);
	if (!path)
		return i2n_err_nomem(&op->err);
	printf("%06o %" PRIu32 ":%" PRIu32 " %" PRIu64 " %05u ", op->inode->mode, op->inode->uid,
	       op->inode->gid, op->kind == I2N_OP_FILE ? op->inode->size : 0, sum);
	fwrite(path, 1, len, stdout);
	putchar('\n');
	free(path);
	return I2N_OK;
}

static int sum_submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	struct sum_sink *s = (struct sum_sink *)sink;

	(void)err;
	if (s->op)
		return I2N_RETRY;
	s->op = op;	/* done only in service */
	return I2N_OK;
}

static int sum_service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	struct sum_sink *s = (struct sum_sink *)sink;
	struct i2n_op *op = s->op;

	(void)timeout_ms, (void)err;
	if (!op)
		return I2N_OK;
	s->op = NULL;
	op->rc = print_op(s, op);
	if (op->kind == I2N_OP_MKDIR || op->keep)
		op->obj = 1;	/* whatever tells this sink which object it was */
	i2n_sink_complete(sink, op);
	return I2N_OK;
}

static void sum_cancel(struct i2n_sink *sink, int signo)
{
	(void)sink, (void)signo;	/* nothing waits */
}

static void sum_release(struct i2n_sink *sink, i2n_obj obj)
{
	(void)sink, (void)obj;
}

static int sum_finish(struct i2n_sink *sink, struct i2n_err *err)
{
	(void)sink;
	return fflush(stdout) ? i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, 0, "cannot write") : I2N_OK;
}

static void sum_free(struct i2n_sink *sink)
{
	(void)sink;	/* lives on the stack */
}

static const struct i2n_sink_ops sum_ops = {
	.name = "sum",
	.submit = sum_submit,
	.service = sum_service,
	.cancel = sum_cancel,
	.release = sum_release,
	.finish = sum_finish,
	.free = sum_free,
};

/* --- the image --- */

static void print_note(void *ctx, const struct i2n_note *note)
{
	(void)ctx;
	if (note->kind != I2N_NOTE_INFO && note->kind != I2N_NOTE_STATE)
		fprintf(stderr, "%.*s: %s\n", (int)note->path_len, note->path ? note->path : "",
			note->text);
}

static const struct i2n_notes notes = { .fn = print_note };

static int store(struct i2n_fs *fs, const struct i2n_tree *tree, struct i2n_err *err)
{
	struct sum_sink sink = { .base = { .ops = &sum_ops }, .tree = tree,
				 .reader = i2n_fs_reader(fs) };
	const struct i2n_engine_opts opts = { .stop = NULL };
	struct i2n_progress at;
	struct i2n_plan *plan;

	if (i2n_plan_make(tree, sink.reader, sink.base.caps, NULL, &plan, err))
		return I2N_FATAL;
	if (i2n_engine_run(plan, sink.reader, &sink.base, &notes, &opts, &at, err)) {
		i2n_plan_free(plan);
		return I2N_FATAL;
	}
	fprintf(stderr, "%" PRIu64 " objects, %" PRIu64 " failed\n", at.done.objects, at.failed);
	i2n_plan_free(plan);
	return i2n_sink_finish(&sink.base, err);
}

static int print_tree(struct i2n_source *part, struct i2n_err *err)
{
	const struct i2n_fs_opts opts = { .journal = I2N_JOURNAL_REPLAY };
	struct i2n_tree *tree = NULL;
	struct i2n_fs *fs;
	int rc;

	if (i2n_fs_open(part, &opts, &notes, &fs, err))
		return I2N_FATAL;
	rc = i2n_fs_tree(fs, &tree, err);
	if (!rc)
		rc = store(fs, tree, err);
	i2n_tree_free(tree);
	i2n_fs_free(fs);
	return rc;
}

/* The first partition with ext2, ext3 or ext4, or the whole image: *ret is the caller's. */
static int find_ext(struct i2n_source *disk, const struct i2n_ptable *table,
		    struct i2n_source **ret, struct i2n_err *err)
{
	struct i2n_fstype type;

	for (unsigned i = 0; i < table->n_parts; i++) {
		const struct i2n_part *p = &table->parts[i];

		if (p->outside || p->container)
			continue;
		if (i2n_source_slice(disk, p->start, p->size, ret, err) ||
		    i2n_fstype_probe(*ret, &type, err))
			return I2N_FATAL;
		fprintf(stderr, "partition %u: %s\n", p->part_no, type.type);
		if (type.kind == I2N_FS_EXT)
			return I2N_OK;
		i2n_source_free(*ret);
		*ret = NULL;
	}
	if (table->n_parts)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "no ext2, ext3 or ext4 in it");
	return i2n_source_slice(disk, 0, disk->size, ret, err);
}

static int treesum(const char *path, struct i2n_err *err)
{
	const struct i2n_image_opts opts = { .checksum = I2N_CHECKSUM_GIVEN, .notes = &notes };
	struct i2n_source *part = NULL;
	struct i2n_ptable *table = NULL;
	struct i2n_image *image;
	int rc;

	if (i2n_image_open(path, &opts, &image, err))
		return I2N_FATAL;
	rc = i2n_ptable_read(i2n_image_source(image), 0, &notes, &table, err);
	if (!rc)
		rc = find_ext(i2n_image_source(image), table, &part, err);
	if (!rc)
		rc = print_tree(part, err);
	if (!rc)
		rc = i2n_image_finish(image, err);
	i2n_source_free(part);
	i2n_ptable_free(table);
	i2n_image_free(image);
	return rc;
}

int main(int argc, char **argv)
{
	struct i2n_err err = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: treesum IMAGE\n");
		return 2;
	}
	if (treesum(argv[1], &err)) {
		fprintf(stderr, "treesum: %s\n", err.msg);
		if (err.hint[0])
			fprintf(stderr, "%s\n", err.hint);
		return 1;
	}
	return 0;
}
