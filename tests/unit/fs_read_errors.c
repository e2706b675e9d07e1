/* Every read of a whole run may fail: with the cause, I2N_FATAL for metadata and I2N_BADNODE, which
 * costs one object, for content; nothing leaks or crashes. The bitmap of inodes alone is not missed:
 * it only saves reading. */
#include "fs_image.h"

/* Read all content; the number of bytes is checked by the clean run. */
static int read_all(struct i2n_reader *r, const struct i2n_inode *in, uint64_t *bytes,
		    struct i2n_err *err)
{
	static unsigned char buf[65536];
	struct i2n_file *f;
	struct i2n_range range;
	int rc;

	if (i2n_inode_type(in) == I2N_S_IFLNK)
		return r->ops->readlink(r, in, buf, sizeof(buf), err);
	if (i2n_inode_type(in) != I2N_S_IFREG)
		return I2N_OK;
	rc = r->ops->open(r, in, &f, err);
	if (rc)
		return rc;
	while (!(rc = r->ops->next(f, sizeof(buf), &range, err))) {
		rc = r->ops->read(f, buf, (size_t)range.len, range.off, err);
		if (rc)
			break;
		*bytes += range.len;
	}
	r->ops->close(f);
	return rc == I2N_END ? I2N_OK : rc;
}

static void on_xattr(void *ctx, const char *name, const void *value, size_t len)
{
	(void)name, (void)value;
	*(uint64_t *)ctx += len;
}

static int run_all(struct i2n_source *src, uint64_t *bytes, struct i2n_err *err)
{
	struct i2n_fs *fs = NULL;
	struct i2n_tree *t = NULL;
	uint32_t i;
	int rc;

	*bytes = 0;
	rc = i2n_fs_open(src, NULL, NULL, &fs, err);
	if (!rc)
		rc = i2n_fs_tree(fs, &t, err);
	for (i = 0; !rc && i < t->n_inodes; i++) {
		rc = read_all(i2n_fs_reader(fs), &t->inodes[i], bytes, err);
		if (!rc)
			rc = i2n_fs_xattrs(fs, &t->inodes[i], on_xattr, bytes, err);
	}
	i2n_tree_free(t);
	i2n_fs_free(fs);
	return rc;
}

static void check(const char *options)
{
	struct i2n_source *src, *faulty;
	struct i2n_err err;
	uint64_t k, bytes, fatal = 0, bad = 0, missed = 0;
	int rc = 1;

	run("rm -f img; mke2fs -q -F %s -d src img 4m", options);
	run("debugfs -w -R 'ea_set -f src/big big user.big' img 2>/dev/null ||"
	    " debugfs -w -R 'ea_set big user.x value' img 2>/dev/null");
	T_EQ(i2n_source_open_file("img", &src, &err), I2N_OK);
	for (k = 1; k < 10000; k++) {
		bool failed;

		T_EQ(i2n_source_fault(src, k, &faulty, &err), I2N_OK);
		memset(&err, 0, sizeof(err));
		rc = run_all(faulty, &bytes, &err);
		failed = faulty->stats.reads >= k;
		i2n_source_free(faulty);
		if (!failed)
			break;
		if (!rc) {
			T_OK(bytes >= 40960 + 3);
			missed++;
			continue;
		}
		T_OK(rc == I2N_FATAL || rc == I2N_BADNODE);
		fatal += rc == I2N_FATAL;
		bad += rc == I2N_BADNODE;
		T_HAS(err.msg, "cannot read");
	}
	T_OK(k > 5 && k < 10000);
	T_OK(fatal >= 3 && bad >= 3);
	T_OK(missed <= 1);
	T_EQ(rc, I2N_OK);
	T_OK(bytes >= 40960 + 3);
	i2n_source_free(src);
}

int main(void)
{
	run("mkdir -p src/dir && printf abc >src/dir/file && seq 10000 | head -c 40960 >src/big &&"
	    " ln -s %0100d src/slow && ln -s dir src/fast && truncate -s 300k src/holes && printf "
	    "x >>src/holes",
	    0);
	check("-b 1024 -t ext4 -O ^has_journal");
	check("-b 1024 -t ext2 -I 128");
	check("-b 1024 -t ext4 -O ^has_journal,inline_data");
	return t_end();
}
