/* Mode, owner, times and content of a FAT file, as `mount -t vfat -o utf8,tz=UTC` of Linux shows
 * them; expected values by hand. */
#include "fat_image.h"

static struct fat_image im;

static int64_t sec_of(uint64_t packed)
{
	return i2n_time_unpack(packed).sec;
}

static const struct i2n_inode *inode(const char *path)
{
	uint32_t i = i2n_tree_resolve(im.tree, path, strlen(path), NULL);

	if (i == I2N_NONE) {
		fprintf(stderr, "no '%s'\n", path);
		exit(1);
	}
	return &im.tree->inodes[i];
}

static void check_read(const struct i2n_inode *in)
{
	struct i2n_reader *r = i2n_fat_reader(im.fat);
	unsigned char got[1300];
	struct i2n_range range;
	struct i2n_file *f;
	struct i2n_err err;

	T_EQ(r->ops->open(r, in, &f, &err), I2N_OK);
	T_EQ(r->ops->next(f, 1000, &range, &err), I2N_OK);
	T_EQ(range.off, 0);
	T_EQ(range.len, 1000);
	T_EQ(r->ops->next(f, 1000, &range, &err), I2N_OK);
	T_EQ(range.off, 1000);
	T_EQ(range.len, 300);
	T_EQ(r->ops->next(f, 1000, &range, &err), I2N_END);
	/* from the end to the beginning, and across clusters that are not side by side */
	for (int off = 1299; off >= 0; off--)
		T_EQ(r->ops->read(f, got + off, 1, (uint64_t)off, &err), I2N_OK);
	for (int i = 0; i < 1300; i++)
		if (got[i] != "abc"[i / SECTOR])
			T_EQ(i, -1);
	memset(got, 0, sizeof(got));
	T_EQ(r->ops->read(f, got, 1300, 0, &err), I2N_OK);
	T_EQ(got[511], 'a');
	T_EQ(got[512], 'b');
	T_EQ(got[1299], 'c');
	r->ops->close(f);
}

int main(void)
{
	unsigned char *e;

	make_fat12(&im);
	e = put_entry(im.b + ROOT, 0, "BOOTFS     ", 0x08, 0, 0);
	e = put_entry(im.b + ROOT, 1, "FILE       ", 0x20, 9, 1300);
	put16(e + 18, 45 << 9 | 12 << 5 | 31);	/* read on 2025-12-31 */
	put16(e + 20, 0x1234);			/* no high half of the cluster in FAT12 */
	put_entry(im.b + ROOT, 2, "READONLY   ", 0x21, 0, 0);
	e = put_entry(im.b + ROOT, 3, "OLDEST     ", 0x20, 0, 0);
	put32(e + 22, 0);
	e = put_entry(im.b + ROOT, 4, "NEWEST     ", 0x20, 0, 0);
	put16(e + 22, 23 << 11 | 59 << 5 | 29);
	put16(e + 24, 127 << 9 | 12 << 5 | 31);
	put_entry(im.b + ROOT, 5, "DIR        ", 0x11, 20, 0);
	put_dir(&im, 20);
	set_fat12(&im, 9, 4);
	set_fat12(&im, 4, 5);
	set_fat12(&im, 5, 0xff8);
	memset(cluster_at(&im, 9), 'a', SECTOR);
	memset(cluster_at(&im, 4), 'b', SECTOR);
	memset(cluster_at(&im, 5), 'c', SECTOR);
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), "/DIR/FILE/NEWEST/OLDEST/READONLY");
	T_EQ(im.n_damaged + im.n_warned, 0);
	T_EQ(inode("")->mode, 040755);
	T_EQ(sec_of(inode("")->mtime), 0);
	T_EQ(inode("DIR")->mode, 040755);
	T_EQ(inode("FILE")->mode, 0100755);
	T_EQ(inode("READONLY")->mode, 0100555);
	T_EQ(inode("FILE")->uid + inode("FILE")->gid, 0);
	T_EQ(sec_of(inode("FILE")->mtime), 1709208000);	/* date -d '2024-02-29 12:00 UTC' +%s */
	T_EQ(sec_of(inode("FILE")->atime), 1767139200);	/* 2025-12-31 */
	T_EQ(sec_of(inode("OLDEST")->mtime), 315532800);	/* 1980-01-01 */
	T_EQ(sec_of(inode("NEWEST")->mtime), 4354819198);	/* 2107-12-31 23:59:58 */
	T_EQ(i2n_fat_info(im.fat)->bits, 12);
	T_EQ(i2n_fat_info(im.fat)->serial, 0x12345678);
	T_OK(i2n_fat_info(im.fat)->has_label);
	T_MEM(i2n_fat_info(im.fat)->label, "BOOTFS     ", 11);
	check_read(inode("FILE"));
	close_fat(&im);
	return t_end();
}
