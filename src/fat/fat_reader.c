#include "fat_own.h"

#include <stdlib.h>

/* in->data is the first cluster. There are no holes: a file is one range. */

struct i2n_file {
	struct i2n_fat *fat;
	uint64_t size, pos;
	uint32_t start;
	/* Where the last read was, as reads go on from there mostly: cluster `at` is the nth. */
	uint32_t at, nth;
};

static struct i2n_fat *fat_of(const struct i2n_reader *reader)
{
	return (struct i2n_fat *)reader;
}

static int reader_open(struct i2n_reader *reader, const struct i2n_inode *in, struct i2n_file **ret,
		       struct i2n_err *err)
{
	struct i2n_fat *fat = fat_of(reader);
	struct i2n_file *f;

	/* i2n_fat_tree() gives no such inode */
	if (in->size && (in->data > UINT32_MAX || !fat_is_cluster(fat, (uint32_t)in->data)))
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"its first cluster cannot be");
	f = calloc(1, sizeof(*f));
	if (!f)
		return i2n_err_nomem(err);
	*f = (struct i2n_file){ .fat = fat, .size = in->size, .start = (uint32_t)in->data };
	f->at = f->start;
	*ret = f;
	return I2N_OK;
}

static int reader_next(struct i2n_file *f, uint64_t max, struct i2n_range *ret, struct i2n_err *err)
{
	uint64_t left = f->size - f->pos;

	(void)err;	/* nothing is read */
	if (!left)
		return I2N_END;
	*ret = (struct i2n_range){ f->pos, left < max ? left : max, 0 };
	f->pos += ret->len;
	return I2N_OK;
}

/* One step along the chain. */
static int go_on(struct i2n_file *f, struct i2n_err *err)
{
	uint32_t next;
	int rc = fat_next(f->fat, f->at, &next, err);

	if (rc)
		return rc;
	if (next == FAT_CHAIN_END)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"its chain of clusters is shorter than its size");
	f->at = next;
	f->nth++;
	return I2N_OK;
}

static int seek(struct i2n_file *f, uint64_t off, struct i2n_err *err)
{
	uint64_t nth = off / f->fat->geo.cluster;	/* sizes have 32 bits */

	if (nth < f->nth) {
		f->at = f->start;
		f->nth = 0;
	}
	while (f->nth < nth) {
		int rc = go_on(f, err);

		if (rc)
			return rc;
	}
	return I2N_OK;
}

/* Clusters side by side are one read. */
static int reader_read(struct i2n_file *f, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	const uint32_t cluster = f->fat->geo.cluster;
	unsigned char *to = buf;

	while (len) {
		uint64_t from, there;
		int rc = seek(f, off, err);

		if (rc)
			return rc;
		from = fat_cluster_off(f->fat, f->at) + off % cluster;
		there = cluster - off % cluster;
		while (there < len) {
			uint32_t before = f->at;

			rc = go_on(f, err);
			if (rc)
				return rc;
			if (f->at != before + 1)
				break;
			there += cluster;
		}
		if (there > len)
			there = len;
		rc = i2n_source_pread(f->fat->src, to, (size_t)there, from, err);
		if (rc)
			return rc;
		to += there;
		off += there;
		len -= (size_t)there;
	}
	return I2N_OK;
}

static int reader_rewind(struct i2n_file *f, struct i2n_err *err)
{
	(void)err;	/* cannot fail */
	f->pos = 0;
	return I2N_OK;
}

static void reader_close(struct i2n_file *f)
{
	free(f);
}

static int reader_readlink(struct i2n_reader *reader, const struct i2n_inode *in, void *buf,
			   size_t cap, struct i2n_err *err)
{
	(void)reader;
	(void)in;
	(void)buf;
	(void)cap;
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "FAT has no symbolic links");
}

static uint64_t reader_where(const struct i2n_reader *reader, const struct i2n_inode *in)
{
	const struct i2n_fat *fat = fat_of(reader);

	if (i2n_inode_type(in) != I2N_S_IFREG || !in->size)
		return 0;
	return fat_cluster_off(fat, (uint32_t)in->data);
}

/* Most files are in one piece. */
static void reader_willneed(struct i2n_reader *reader, const struct i2n_inode *in)
{
	uint64_t at = reader_where(reader, in), most = reader->ahead / 4;

	if (at)
		i2n_source_willneed(fat_of(reader)->src, at, in->size < most ? in->size : most);
}

const struct i2n_reader_ops fat_reader_ops = {
	.open = reader_open,
	.next = reader_next,
	.read = reader_read,
	.rewind = reader_rewind,
	.close = reader_close,
	.readlink = reader_readlink,
	.where = reader_where,
	.willneed = reader_willneed,
};
