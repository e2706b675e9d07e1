/* Unknown incompatible features are refused by name, unknown read-only compatible ones are noted;
 * an external journal and a superblock with a wrong checksum are refused for what they are. */
#include "fs_image.h"

static void make(void)
{
	run("rm -f img; mke2fs -q -F -t ext4 -O ^has_journal,^metadata_csum img 1m");
}

static void refuse(const char *why)
{
	struct image im;

	T_EQ(image_open(&im, "img", NULL), I2N_FATAL);
	T_EQ(im.err.blame, I2N_BLAME_IMAGE);
	T_STR(im.err.msg, why);
	image_close(&im);
}

int main(void)
{
	struct image im;

	make();
	poke("img", 1024 + 0x63, "\x81", 1);	/* bits 24 and 31 of s_feature_incompat */
	refuse("cannot read a file system with these features: FEATURE_I24 FEATURE_I31");
	make();
	poke("img", 1024 + 0x60, "\x43", 1);	/* compression, filetype, extent */
	refuse("cannot read a file system with these features: compression");
	make();
	poke("img", 1024 + 0x67, "\x02", 1);	/* bit 25 of s_feature_ro_compat */
	T_EQ(image_open(&im, "img", NULL), I2N_OK);
	T_STR(im.last, "feature: the file system has unknown features, which by its own word do "
		       "not matter for"
		       " reading: FEATURE_R25");
	T_EQ(im.n_notes[I2N_NOTE_WARN], 1);
	image_close(&im);
	run("rm -f img; mke2fs -q -F -O journal_dev img 8m");
	refuse("this is the external journal of an ext3 or ext4 file system, it holds no files");
	run("rm -f img; mke2fs -q -F -t ext4 -O metadata_csum,^has_journal img 1m");
	poke("img", 1024 + 0x78, "x", 1);
	refuse("the superblock is damaged: its checksum is wrong");
	make();
	poke("img", 1024 + 0x4c, "\x02", 1);
	refuse("cannot read a file system of revision 2");
	make();
	run("truncate -s 900k img");
	T_EQ(image_open(&im, "img", NULL), I2N_FATAL);
	T_STR(im.err.msg,
	      "'img' is cut short: the file system has 1048576 bytes, of which 921600 are there");
	image_close(&im);
	return t_end();
}
