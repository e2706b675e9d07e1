/* What i2n_fs_info() says is what dumpe2fs prints, and the type is blkid's. */
#include "fs_image.h"

static const char *field(const char *name)
{
	static char cmd[256];

	snprintf(cmd, sizeof(cmd), "dumpe2fs -h img 2>/dev/null | sed -n 's/^%s: *//p'", name);
	return output(cmd);
}

static void check(const char *options)
{
	const struct i2n_fs_opts opts = { .info_only = true };
	const struct i2n_fs_info *info;
	struct image im;

	run("rm -f img; mke2fs -q -F -L 'a label' %s img 32m 2>/dev/null", options);
	T_EQ(image_open(&im, "img", &opts), I2N_OK);
	info = i2n_fs_info(im.fs);
	T_STR(info->features[0] ? info->features : "(none)", field("Filesystem features"));
	T_STR(info->uuid, field("Filesystem UUID"));
	T_STR(info->label, "a label");
	T_EQ(info->block_size, atoll(field("Block size")));
	T_EQ(info->blocks, atoll(field("Block count")));
	T_EQ(info->free_blocks, atoll(field("Free blocks")));
	T_EQ(info->inodes, atoll(field("Inode count")));
	T_EQ(info->free_inodes, atoll(field("Free inodes")));
	T_EQ(info->used, (info->blocks - info->free_blocks) * info->block_size);
	T_STR(info->type, output("blkid -p -s TYPE -o value img"));
	T_OK(info->clean && !info->has_errors && !info->needs_recovery);
	if (t_failures)
		fprintf(stderr, "with: %s\n", options);
	image_close(&im);
}

int main(void)
{
	check("-t ext2");
	/* mke2fs does not make it any more from 1.47.1 on */
	if (!system("truncate -s 1M no; mke2fs -n -q -F -t ext2 -r 0 -O none no >log 2>&1"))
		check("-t ext2 -r 0 -O none");
	check("-t ext3");
	check("-t ext4");
	check("-t ext4 -O ^has_journal");
	check("-t ext4 -b 1024 -O "
	      "inline_data,bigalloc,metadata_csum_seed,casefold,encrypt,verity,large_dir,"
	      "ea_inode,mmp");
	check("-t ext4 -O "
	      "^metadata_csum,uninit_bg,meta_bg,^resize_inode,sparse_super2,project,quota,stable_"
	      "inodes,"
	      "orphan_file,fast_commit");
	return t_end();
}
