/* Walk the failure paths: whichever read of a partition table or of a probe fails, the call ends
 * with I2N_FATAL, the reason, blamed on the image, and gives nothing back; with no failure it
 * succeeds. */
#define _XOPEN_SOURCE 700
#include "img2nfs/ptable.h"

#include <errno.h>

#include "t.h"

static const char *const tables[] = {
	"printf 'label: dos\\n,1M,c,*\\n,,E\\n,300K,L\\n,300K,L\\n,,L\\n' | sfdisk -q x",
	"sgdisk -n 1:0:+1M x",
	"mkfs.vfat x",
	"mke2fs -q -t ext4 x",
};

static int call(struct i2n_source *src, int which, struct i2n_err *err)
{
	struct i2n_fstype fs = { .type = "untouched" };
	struct i2n_ptable *pt = NULL;
	int rc;

	if (which) {
		rc = i2n_fstype_probe(src, &fs, err);
		if (rc != I2N_OK)
			T_STR(fs.type, "untouched");
		return rc;
	}
	rc = i2n_ptable_read(src, 0, NULL, &pt, err);
	T_EQ(rc == I2N_OK, pt != NULL);
	i2n_ptable_free(pt);
	return rc;
}

static void walk(int which)
{
	struct i2n_source *file = NULL, *src = NULL;
	struct i2n_err err = { 0 };
	unsigned k;
	int rc = I2N_FATAL;

	T_EQ(i2n_source_open_file("x", &file, &err), I2N_OK);
	if (!file)
		return;
	for (k = 1; rc != I2N_OK && k < 1000; k++) {
		memset(&err, 0, sizeof(err));
		T_EQ(i2n_source_fault(file, k, &src, &err), I2N_OK);
		rc = call(src, which, &err);
		T_EQ(rc == I2N_OK, src->stats.reads < k);	/* a failed read is never
								 * swallowed */
		i2n_source_free(src);
		if (rc == I2N_OK)
			break;
		T_EQ(rc, I2N_FATAL);
		T_EQ(err.code, EIO);
		T_EQ(err.blame, I2N_BLAME_IMAGE);
		T_HAS(err.msg, "EIO (injected)");
	}
	T_EQ(rc, I2N_OK);
	T_OK(k > 1);
	i2n_source_free(file);
}

int main(void)
{
	char line[512];
	unsigned i;

	T_EQ(setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1), 0);
	if (system("command -v sfdisk sgdisk mkfs.vfat mke2fs >/dev/null") != 0)
		return t_skip("sfdisk, sgdisk, mkfs.vfat and mke2fs are not all installed");
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(line, sizeof(line), "rm -f x; truncate -s 4M x; { %s; } >log 2>&1",
			 tables[i]);
		T_EQ(system(line), 0);
		walk(0);
		walk(1);
	}
	return t_end();
}
