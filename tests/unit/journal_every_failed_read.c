/* The k-th read of the image fails, for every k until a replay comes through: each time a clean
 * error that names EIO. */
#include "t.h"

#include <errno.h>

#include "ext4/journal.h"

static const struct i2n_fs_opts replay_opts = { .journal = I2N_JOURNAL_REPLAY };

/* All of the overlay, too. */
static int replay_all(struct i2n_source *src, const struct i2n_fs_opts *opts, struct i2n_err *err)
{
	struct journal_replay r;
	unsigned char buf[4096];
	uint64_t off;
	int rc = journal_replay(src, NULL, opts, NULL, &r, err);

	if (rc != I2N_OK)
		return rc;
	T_EQ(r.transactions, 2);
	T_OK(r.overlay != NULL);
	for (off = 5000 * 1024; rc == I2N_OK && r.overlay && off < 5004 * 1024; off += sizeof(buf))
		rc = i2n_source_pread(r.overlay, buf, sizeof(buf), off, err);
	journal_release(&r);
	return rc;
}

static void fail_each(const char *path, const struct i2n_fs_opts *opts)
{
	struct i2n_source *src, *fault;
	struct i2n_err err = { .msg = "" };
	uint64_t k;
	int rc = I2N_FATAL;

	if (i2n_source_open_file(path, &src, &err) != I2N_OK) {
		T_STR(err.msg, "");
		return;
	}
	for (k = 1; rc != I2N_OK && k < 1000; k++) {
		if (i2n_source_fault(src, k, &fault, &err) != I2N_OK)
			break;
		rc = replay_all(fault, opts, &err);
		if (rc != I2N_OK) {
			T_EQ(rc, I2N_FATAL);
			T_EQ(err.domain, I2N_DOM_SYS);
			T_EQ(err.code, EIO);
		}
		i2n_source_free(fault);
	}
	T_EQ(rc, I2N_OK);
	T_OK(k > 4);
	i2n_source_free(src);
}

int main(void)
{
	if (system("mke2fs -q -F -b 1024 -t ext4 -J size=1 img 16384 >log 2>&1 &&"
		   "printf 'jo -c\njw -b 5000,5001 /dev/zero\njc\njo -c\njw -r 5000\njc\n' |"
		   "debugfs -w -f - img >log 2>&1"))
		return t_skip("mke2fs or debugfs cannot make the image");
	fail_each("img", &replay_opts);
	return t_end();
}
