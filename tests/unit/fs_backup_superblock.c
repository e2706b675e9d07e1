/* A destroyed superblock, or destroyed group descriptors, are read from their backups, and a note
 * says so. */
#include "fs_image.h"

static void check_intact(struct image *im)
{
	T_EQ(im->n_notes[I2N_NOTE_WARN], 1);
	T_EQ(im->n_notes[I2N_NOTE_DAMAGED], 0);
	T_OK(image_at(im, "dir/file"));
	if (image_at(im, "dir/file"))
		T_EQ(image_at(im, "dir/file")->size, 3);
	image_close(im);
}

static void check(const char *options, const char *size)
{
	static const char junk[4096] = "junk";
	struct image im;
	const char *bs;

	run("rm -f img; truncate -s %s img; mke2fs -q -F %s -d src img", size, options);
	poke("img", 1024, junk, 1024);
	T_EQ(image_open(&im, "img", NULL), I2N_OK);
	T_HAS(im.last, "superblock: there is no ext2, ext3 or ext4 file system here; using the "
		       "backup at byte ");
	check_intact(&im);

	run("rm -f img; truncate -s %s img; mke2fs -q -F %s -d src img", size, options);
	bs = output("dumpe2fs -h img 2>/dev/null | sed -n 's/^Block size: *//p'");
	poke("img", atol(bs) > 1024 ? atol(bs) : 2048, junk, 1024);
	T_EQ(image_open(&im, "img", NULL), I2N_OK);
	T_HAS(im.last, "superblock: the group descriptors are damaged; using the backup at block ");
	check_intact(&im);
	if (t_failures)
		fprintf(stderr, "with: %s\n", options);
}

int main(void)
{
	run("mkdir -p src/dir && printf abc >src/dir/file");
	check("-b 1024 -t ext4 -O ^has_journal", "20m");
	check("-b 4096 -t ext4 -O ^has_journal", "200m");
	check("-b 1024 -t ext2 -I 128", "20m");
	check("-b 1024 -t ext4 -O ^has_journal,uninit_bg,^metadata_csum", "20m");
	check("-b 1024 -t ext4 -O ^has_journal,^metadata_csum,^sparse_super,^resize_inode", "60m");
	return t_end();
}
