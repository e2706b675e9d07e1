#include "img2nfs/source.h"

#include "ext4.h"

#include <stdlib.h>
#include <string.h>

#define TELL_STEP (1u << 20)	/* bytes of one hint inside a file */
#define KEEP_MAX (4u << 20)	/* of one extent: what is kept is not given up again */

/* An open file. Most files are one extent, known from the tree: they have no map and need no inode.
 * Inline data is held as a whole (it fits into an inode). */
struct i2n_file {
	struct i2n_fs *fs;
	uint64_t size, pos;		/* pos: where the next range is looked for */
	bool has_map, has_run, end;
	struct ext4_map map, random;	/* for next() in order; for read() anywhere */
	struct ext4_run run;		/* of map: the run that pos is in or before */
	struct ext4_run found;		/* of random, or what next() returned last; len 0 = none */
	unsigned char *data;		/* inline */
	uint64_t data_len;
	uint64_t told;			/* where on the medium the source's knowledge ends */
};

/* --- ranges --- */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* [at, end) of the medium is what is left to be read of a run: keep the source told of as much of
 * it as it likes to know. */
static void look_ahead(struct i2n_file *f, uint64_t at, uint64_t end)
{
	uint64_t want = least(end - at, f->fs->src->ahead) + at;

	if (f->told < at || f->told > end)
		f->told = at;
	if (want <= f->told || (want - f->told < TELL_STEP && want < end))
		return;
	i2n_source_willneed(f->fs->src, f->told, want - f->told);
	f->told = want;
}

/* Make f->run the run that holds f->pos, or the first behind it. */
static int find_run(struct i2n_file *f, struct i2n_err *err)
{
	const unsigned bits = f->fs->block_bits;
	int rc;

	while (!f->has_run || (f->run.lblk + f->run.len) << bits <= f->pos) {
		if (f->end || !f->has_map)
			return I2N_END;
		rc = ext4_map_next(&f->map, &f->run, err);
		f->end = rc == I2N_END;
		f->has_run = !rc;
		if (rc)
			return rc;
		look_ahead(f, f->run.pblk << bits, (f->run.pblk + f->run.len) << bits);
	}
	return I2N_OK;
}

static uint64_t run_end(const struct i2n_file *f)
{
	uint64_t end = (f->run.lblk + f->run.len) << f->fs->block_bits;

	return end < f->size ? end : f->size;
}

/* Is there more at pos, without a hole and at a place that may be of the same range? */
static bool goes_on(const struct i2n_file *f, const struct i2n_range *r)
{
	const unsigned bits = f->fs->block_bits;

	return f->run.lblk << bits == f->pos && f->pos < f->size &&
	       !(f->fs->src->by_block && i2n_range_is_far(r, f->run.pblk << bits));
}

static int next_mapped(struct i2n_file *f, uint64_t max, struct i2n_range *ret, struct i2n_err *err)
{
	const unsigned bits = f->fs->block_bits;
	uint64_t start;
	int rc;

	rc = find_run(f, err);
	if (rc)
		return rc;
	start = f->run.lblk << bits;
	if (start < f->pos)
		start = f->pos;
	if (start >= f->size)
		return I2N_END;
	f->found = f->run;
	f->pos = start;
	*ret = (struct i2n_range){ .off = start,
				   .at = (f->run.pblk << bits) + start - (f->run.lblk << bits) };
	do {
		f->pos = run_end(f);
		rc = f->pos - start < max ? find_run(f, err) : I2N_END;
	} while (!rc && goes_on(f, ret));
	if (rc < 0)
		return rc;
	if (f->pos - start > max)
		f->pos = start + max;
	ret->len = f->pos - start;
	return I2N_OK;
}

static int next_inline(struct i2n_file *f, uint64_t max, struct i2n_range *ret)
{
	uint64_t left = f->data_len - f->pos;

	if (!left)
		return I2N_END;
	*ret = (struct i2n_range){ f->pos, left < max ? left : max, 0 };
	f->pos += ret->len;
	return I2N_OK;
}

/* With opts.strict the first damage ends the run. */
static int judge(const struct i2n_fs *fs, int rc)
{
	return rc == I2N_BADNODE && fs->opts.strict ? I2N_FATAL : rc;
}

static int reader_next(struct i2n_file *f, uint64_t max, struct i2n_range *ret, struct i2n_err *err)
{
	return f->data ? next_inline(f, max, ret) : judge(f->fs, next_mapped(f, max, ret, err));
}

/* --- bytes --- */

static bool holds(const struct ext4_run *run, uint64_t lblk)
{
	return lblk >= run->lblk && lblk - run->lblk < run->len;
}

/* Make f->found the run that holds lblk. */
static int find_block(struct i2n_file *f, uint64_t lblk, struct i2n_err *err)
{
	int rc;

	if (holds(&f->found, lblk))
		return I2N_OK;
	if (f->has_run && holds(&f->run, lblk)) {
		f->found = f->run;
		return I2N_OK;
	}
	if (!f->has_map)
		return I2N_END;
	if (f->random.pos != lblk)
		ext4_map_seek(&f->random, lblk);
	f->found.len = 0;
	rc = ext4_map_next(&f->random, &f->found, err);
	if (!rc && !holds(&f->found, lblk))
		return I2N_END;
	return rc;
}

int ext4_read_content(struct i2n_fs *fs, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	struct i2n_err e;
	int rc = i2n_source_pread(fs->src, buf, len, off, &e);

	if (rc == I2N_OK)
		return I2N_OK;
	if (err)
		*err = e;
	/* a sector costs a file; not so a stream that broke, a full disk here, or ctrl-C */
	return e.domain == I2N_DOM_PACKED || e.blame != I2N_BLAME_IMAGE ? rc : I2N_BADNODE;
}

static int read_mapped(struct i2n_file *f, unsigned char *buf, size_t len, uint64_t off,
		       struct i2n_err *err)
{
	const unsigned bits = f->fs->block_bits;
	int rc;

	while (len) {
		uint64_t in, n, at;

		rc = find_block(f, off >> bits, err);
		if (rc == I2N_END)
			return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
					"there is no data at %llu",
					(unsigned long long)off);
		if (rc)
			return rc;
		in = off - (f->found.lblk << bits);
		n = (f->found.len << bits) - in;
		if (n > len)
			n = len;
		at = (f->found.pblk << bits) + in;
		ahead_touch(&f->fs->ahead, at);
		look_ahead(f, at + n, (f->found.pblk + f->found.len) << bits);
		rc = ext4_read_content(f->fs, buf, (size_t)n, at, err);
		if (rc)
			return rc;
		buf += n;
		off += n;
		len -= (size_t)n;
	}
	return I2N_OK;
}

static int reader_read(struct i2n_file *f, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	if (!f->data)
		return judge(f->fs, read_mapped(f, buf, len, off, err));
	memcpy(buf, f->data + off, len);
	return I2N_OK;
}

/* --- open and close --- */

static int reader_rewind(struct i2n_file *f, struct i2n_err *err)
{
	(void)err;
	f->pos = 0;
	if (f->has_map) {
		ext4_map_seek(&f->map, 0);
		f->has_run = f->end = false;
	}
	return I2N_OK;
}

static void reader_close(struct i2n_file *f)
{
	if (!f)
		return;
	if (f->has_map) {
		ext4_map_release(&f->map);
		ext4_map_release(&f->random);
	}
	free(f->data);
	free(f);
}

static int open_inline(struct i2n_file *f, const struct raw_inode *r, struct i2n_err *err)
{
	size_t cap = f->fs->sb.inode_size + (size_t)I_BLOCK_LEN;

	f->data = malloc(cap);
	if (!f->data)
		return i2n_err_nomem(err);
	f->data_len = ext4_inline_read(r, f->data, r->size < cap ? (size_t)r->size : cap);
	return I2N_OK;
}

/* What lies before data that comes earlier in the file would be read when the block around it, if
 * the source unpacks such, has long made room. */
static void keep_backward(struct i2n_file *f)
{
	const unsigned bits = f->fs->block_bits;
	struct ext4_run run;
	struct i2n_err err;
	uint64_t highest = 0;

	/* what fails is told when it is read */
	while (ext4_map_next(&f->map, &run, &err) == I2N_OK) {
		if (run.pblk < highest)
			i2n_source_keep(f->fs->src, run.pblk << bits,
					least(run.len << bits, KEEP_MAX));
		else
			highest = run.pblk;
	}
	ext4_map_seek(&f->map, 0);
}

static int open_mapped(struct i2n_file *f, const struct i2n_inode *in, struct i2n_err *err)
{
	struct raw_inode r;
	int rc;

	if (in->flags & READER_EXTENT) {
		f->run = (struct ext4_run){ 0, in->data >> 16, in->data & 0xffff };
		f->has_run = f->run.len;
		/* this much the engine has told */
		f->told = (f->run.pblk << f->fs->block_bits) +
			least(f->run.len << f->fs->block_bits, f->fs->src->ahead / 4);
		return I2N_OK;
	}
	rc = ext4_inode_read(f->fs, in->ino, &r, err);
	if (rc)
		return rc;
	if (in->flags & READER_INLINE)
		return open_inline(f, &r, err);
	ext4_map_init(&f->map, f->fs, &r);
	ext4_map_init(&f->random, f->fs, &r);
	f->has_map = true;
	if (f->fs->src->by_block)
		keep_backward(f);
	return I2N_OK;
}

static int reader_open(struct i2n_reader *reader, const struct i2n_inode *in, struct i2n_file **ret,
		       struct i2n_err *err)
{
	struct i2n_file *f;
	int rc;

	if (in->flags & I2N_INODE_ENCRYPTED)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"the file is encrypted and the key is not in the image");
	f = calloc(1, sizeof(*f));
	if (!f)
		return i2n_err_nomem(err);
	f->fs = ext4_fs_of(reader);
	f->size = in->size;
	rc = open_mapped(f, in, err);
	if (rc) {
		rc = judge(f->fs, rc);
		reader_close(f);
		return rc;
	}
	*ret = f;
	return I2N_OK;
}

static int reader_readlink(struct i2n_reader *reader, const struct i2n_inode *in, void *buf,
			   size_t cap,
			   struct i2n_err *err)
{
	int rc = ext4_readlink(reader, in, buf, cap, err);

	return in->flags & I2N_INODE_ENCRYPTED ? rc : judge(ext4_fs_of(reader), rc);
}

struct acl_want {
	struct i2n_acl *ret;
	bool bad;
};

static void take_acl(void *ctx, const char *name, const void *value, size_t len)
{
	struct acl_want *w = ctx;

	if (!strcmp(name, "system.posix_acl_access") && !w->ret->access.n)
		w->bad |= !i2n_acl_parse(value, len, &w->ret->access);
	else if (!strcmp(name, "system.posix_acl_default") && !w->ret->dflt.n)
		w->bad |= !i2n_acl_parse(value, len, &w->ret->dflt);
}

static int reader_acl(struct i2n_reader *reader, const struct i2n_inode *in, struct i2n_acl *ret,
		      struct i2n_err *err)
{
	struct acl_want w = { .ret = ret };
	int rc;

	*ret = (struct i2n_acl){ { NULL, 0 }, { NULL, 0 } };
	rc = i2n_fs_xattrs(ext4_fs_of(reader), in, take_acl, &w, err);
	if (rc == I2N_OK && w.bad)
		rc = i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
			      "its ACL is none that the kernel would take");
	if (rc != I2N_OK)
		i2n_acl_release(ret);
	return judge(ext4_fs_of(reader), rc);
}

static uint64_t reader_where(const struct i2n_reader *reader, const struct i2n_inode *in)
{
	unsigned type = i2n_inode_type(in);

	if (type != I2N_S_IFREG && type != I2N_S_IFLNK)
		return 0;
	return (in->data >> 16) << ext4_fs_of(reader)->block_bits;
}

static void reader_willneed(struct i2n_reader *reader, const struct i2n_inode *in)
{
	struct i2n_fs *fs = ext4_fs_of(reader);
	uint64_t at = reader_where(reader, in), len = fs->sb.block_size;

	if (!at)
		return;
	if (in->flags & READER_EXTENT)
		len = (in->data & 0xffff) << fs->block_bits;
	ahead_tell(&fs->ahead, at, least(len, fs->src->ahead / 4));
}

static int reader_xattrs(struct i2n_reader *reader, const struct i2n_inode *in, i2n_xattr_fn *fn,
			 void *ctx, struct i2n_err *err)
{
	struct i2n_fs *fs = ext4_fs_of(reader);

	return judge(fs, i2n_fs_xattrs(fs, in, fn, ctx, err));
}

const struct i2n_reader_ops ext4_reader_ops = {
	.open = reader_open,
	.next = reader_next,
	.read = reader_read,
	.rewind = reader_rewind,
	.close = reader_close,
	.readlink = reader_readlink,
	.acl = reader_acl,
	.xattrs = reader_xattrs,
	.where = reader_where,
	.willneed = reader_willneed,
};
