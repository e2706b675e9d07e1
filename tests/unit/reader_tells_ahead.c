/* Of an image with many small files the source hears before it is read: in few large pieces, each
 * byte in time, and never far ahead. Tables and directories take few reads. */
#include "fs_image.h"
#include "img2nfs/engine.h"

#include <unistd.h>

#define BLOCK 4096u
#define FILES 3000u
#define AHEAD (1u << 20)

/* Counts, over another source; by blocks of 4 KiB. */
struct counter {
	struct i2n_source src;
	struct i2n_source *below;
	unsigned char *told;	/* and not read yet */
	uint64_t hints, reads, untold, pending, most_pending;
};

static int counted_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
			 struct i2n_err *err)
{
	struct counter *c = (struct counter *)src;

	c->reads++;
	for (uint64_t b = off / BLOCK; b <= (off + len - 1) / BLOCK; b++) {
		c->untold += !c->told[b];
		c->pending -= c->told[b] == 1;
		c->told[b] = c->told[b] ? 2 : 0;
	}
	return i2n_source_pread(c->below, buf, len, off, err);
}

static void counted_willneed(struct i2n_source *src, uint64_t off, uint64_t len)
{
	struct counter *c = (struct counter *)src;

	c->hints++;
	for (uint64_t b = off / BLOCK; b <= (off + len - 1) / BLOCK; b++) {
		c->pending += c->told[b] != 1;
		c->told[b] = 1;
	}
	if (c->pending > c->most_pending)
		c->most_pending = c->pending;
}

static const struct i2n_source_ops ops = { .name = "counter", .pread = counted_pread,
					   .willneed = counted_willneed };

static void reset(struct counter *c)
{
	memset(c->told, 0, c->src.size / BLOCK + 1);
	c->hints = c->reads = c->untold = c->pending = c->most_pending = 0;
}

static void extract(struct counter *c, struct i2n_fs *fs, struct i2n_tree *tree)
{
	struct i2n_sink_env env = { .tree = tree, .reader = i2n_fs_reader(fs) };
	struct i2n_engine_opts opts = { 0 };
	struct i2n_progress p;
	struct i2n_plan *plan;
	struct i2n_sink *sink;
	struct i2n_err err;

	T_EQ(i2n_sink_open_null(&env, &sink, &err), I2N_OK);
	T_EQ(i2n_plan_make(tree, env.reader, sink->caps, NULL, &plan, &err), I2N_OK);
	reset(c);
	T_EQ(i2n_engine_run(plan, env.reader, sink, NULL, &opts, &p, &err), I2N_OK);
	T_EQ(p.written, FILES * 5000);
	i2n_plan_free(plan);
	i2n_sink_free(sink);
}

int main(void)
{
	const char *O = getenv("O");
	struct counter c = { .src = { .ops = &ops, .ahead = AHEAD } };
	struct i2n_tree *tree;
	struct i2n_fs *fs;
	struct i2n_err err;

	if (!O)
		return t_skip("run by tests/run");
	run("truncate -s 200M img && mke2fs -q -F -t ext4 -b %u -N 4000 img", BLOCK);
	run("%s/tests/tools/bigimage -n %u -d 500 -s 5000 img", O, FILES);
	T_EQ(i2n_source_open_file("img", &c.below, &err), I2N_OK);
	c.src.size = c.below->size;
	c.src.name = c.below->name;
	c.told = calloc(c.src.size / BLOCK + 1, 1);
	T_EQ(i2n_fs_open(&c.src, NULL, NULL, &fs, &err), I2N_OK);

	reset(&c);
	T_EQ(i2n_fs_tree(fs, &tree, &err), I2N_OK);
	T_EQ(tree->n_inodes, FILES + FILES / 500 + 2);
	/* 188 blocks of tables in two groups, 256 KiB a read; 6 directories of 3 blocks, and two */
	T_OK(c.reads <= 6 + 8);
	/* lost+found and the root come first and are read at once */
	T_EQ(c.untold, 4);

	extract(&c, fs, tree);
	T_EQ(c.reads, FILES);
	T_EQ(c.untold, 0);
	/* 6000 blocks, all side by side but for the directories, in pieces of 1 MiB */
	T_OK(c.hints <= 24 + 8);
	T_OK(c.most_pending <= 4 * AHEAD / BLOCK);
	if (t_failures)
		fprintf(stderr, "%" PRIu64 " reads, %" PRIu64 " hints, at most %" PRIu64 " blocks ahead\n",
			c.reads, c.hints, c.most_pending);
	i2n_tree_free(tree);
	i2n_fs_free(fs);
	i2n_source_free(c.below);
	free(c.told);
	return t_end();
}
