#include "boot_source.h"

#include "img2nfs/edit.h"

#include "opts.h"
#include "pick_refuse.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* --- how much like a boot partition --- */

/* What a file or directory at the top says. */
static const struct sign {
	const char *name;
	bool is_prefix;
	unsigned score;
} signs[] = {
	{ "cmdline.txt", false, 3 },   { "config.txt", false, 3 },    { "bootcode.bin", false, 3 },
	{ "extlinux", false, 3 },      { "armbianenv.txt", false, 3 }, { "boot.scr", false, 3 },
	{ "uenv.txt", false, 3 },      { "vmlinuz", true, 2 },	      { "vmlinux", true, 2 },
	{ "kernel", true, 2 },	       { "image", false, 2 },	      { "zimage", false, 2 },
	{ "initrd", true, 2 },	       { "initramfs", true, 2 },      { "efi", false, 1 },
};

static unsigned score_of(const struct i2n_tree *t, uint32_t dir)
{
	const struct i2n_inode *in = &t->inodes[dir];
	unsigned best = 0;

	for (uint32_t i = 0; i < in->dir.count; i++) {
		size_t len;
		const char *name = (const char *)i2n_dirent_name(
			t, &t->dirents[in->dir.first + i], &len);

		for (size_t k = 0; k < sizeof(signs) / sizeof(signs[0]); k++) {
			size_t n = strlen(signs[k].name);

			if (len >= n && (len == n || signs[k].is_prefix) &&
			    !strncasecmp(name, signs[k].name, n) && signs[k].score > best)
				best = signs[k].score;
		}
	}
	return best;
}

/* --- opening --- */

static bool is_fat(const struct volume *v)
{
	return !strcmp(v->fstype.type, "vfat");
}

static int open_volume(const struct volume *v, const struct i2n_notes *notes,
		       struct boot_source *ret, struct i2n_tree **ret_tree, struct i2n_err *err)
{
	const struct i2n_fs_opts opts = { 0 };

	ret->part = v->part;
	if (v->part)
		(void)snprintf(ret->name, sizeof(ret->name), "partition %u (%s)", v->part->part_no,
			       v->fstype.type);	/* fits always */
	else
		(void)snprintf(ret->name, sizeof(ret->name), "%s", v->fstype.type);
	if (is_fat(v)) {
		if (i2n_fat_open(v->slice, notes, &ret->fat, err))
			return I2N_FATAL;
		ret->reader = i2n_fat_reader(ret->fat);
		return i2n_fat_tree(ret->fat, ret_tree, err);
	}
	if (i2n_fs_open(v->slice, &opts, notes, &ret->fs, err))
		return I2N_FATAL;
	ret->reader = i2n_fs_reader(ret->fs);
	return i2n_fs_tree(ret->fs, ret_tree, err);
}

static void close_volume(struct boot_source *src)
{
	i2n_fat_free(src->fat);
	i2n_fs_free(src->fs);
	src->fat = NULL;
	src->fs = NULL;
	src->reader = NULL;
}

static bool is_readable(const struct volume *v)
{
	return v->slice && (is_fat(v) || v->fstype.kind == I2N_FS_EXT);
}

/* 0 as well for what cannot be read. */
static unsigned score_volume(const struct volume *v)
{
	struct boot_source src = { .part = NULL };
	struct i2n_tree *tree = NULL;
	unsigned score = 0;

	if (!open_volume(v, NULL, &src, &tree, NULL))
		score = score_of(tree, tree->root);
	i2n_tree_free(tree);
	close_volume(&src);
	return score;
}

/* --- choosing --- */

static int refuse(const struct boot_source *src, const struct image *image, const char *why,
		  struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "option '--boot': %s in %s", why,
		    i2n_image_source(image->file)->name);
	hint_volumes(&src->vols, false, "choose with --boot-partition N, or 'root' for /boot:",
		     err);
	return I2N_FATAL;
}

/* The best one, if only one is as good. *ret NULL: none. */
static int pick_volume(const struct boot_source *src, const struct image *image,
		       const struct volume **ret, struct i2n_err *err)
{
	unsigned best = 0, n = 0;

	*ret = NULL;
	for (unsigned i = 0; i < src->vols.n; i++) {
		const struct volume *v = &src->vols.v[i];
		unsigned score;

		if (!is_readable(v) || !v->part || (image->pick.part &&
		    v->part->part_no == image->pick.part->part_no))
			continue;
		score = score_volume(v);
		if (score > best) {
			best = score;
			n = 0;
		}
		if (score && score == best) {
			n++;
			*ret = v;
		}
	}
	return n > 1 ? refuse(src, image, "several partitions look like one to boot from", err)
		     : I2N_OK;
}

static int take_number(const struct boot_source *src, const struct image *image, const char *which,
		       const struct volume **ret, struct i2n_err *err)
{
	uint64_t part_no;

	if (opts_number(which, false, 1, 0, "option '--boot-partition'", &part_no, err)) {
		i2n_err_hint(err, "it takes a number, or root");
		return I2N_FATAL;
	}
	for (unsigned i = 0; i < src->vols.n; i++) {
		const struct volume *v = &src->vols.v[i];

		if (!v->part || v->part->part_no != part_no)
			continue;
		if (!is_readable(v))
			return refuse(src, image, "the partition chosen is neither FAT nor ext",
				      err);
		*ret = v;
		return I2N_OK;
	}
	return refuse(src, image, "there is no such partition", err);
}

/* /boot/firmware before /boot: where both are, the board reads the former. */
static int take_from_root(const struct boot_root *root, struct boot_source *ret,
			  struct i2n_tree **ret_tree, bool chosen, struct i2n_err *err)
{
	static const char *const dirs[] = { "boot/firmware", "boot" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		uint32_t at = i2n_tree_resolve(root->tree, dirs[i], strlen(dirs[i]), NULL);

		if (at == I2N_NONE || i2n_inode_type(&root->tree->inodes[at]) != I2N_S_IFDIR ||
		    !score_of(root->tree, at))
			continue;
		(void)snprintf(ret->name, sizeof(ret->name), "/%s of the root", dirs[i]);
		ret->reader = root->reader;
		return i2n_edit_subtree(root->tree, at, ret_tree, err);
	}
	return refuse(ret, root->image, chosen ? "there is nothing to boot from in /boot"
					       : "there is nothing to boot from", err);
}

static int probe(const struct image *image, struct boot_source *ret, struct i2n_err *err)
{
	struct i2n_source *src = i2n_image_source(image->file);

	ret->table = image->pick.table;
	if (!ret->table) {	/* the root was chosen by --offset */
		if (i2n_ptable_read(src, 0, NULL, &ret->own_table, err))
			return I2N_FATAL;
		ret->table = ret->own_table;
	}
	return volumes_probe(src, ret->table, &ret->vols, err);
}

int boot_source_find(const struct boot_root *root, const char *which, const struct i2n_notes *notes,
		     struct boot_source *ret, struct i2n_tree **ret_tree, struct i2n_err *err)
{
	const bool from_root = which && !strcmp(which, "root");
	const struct volume *v = NULL;
	int rc = probe(root->image, ret, err);

	if (rc)
		return rc;
	if (which && !from_root)
		rc = take_number(ret, root->image, which, &v, err);
	else if (!from_root)
		rc = pick_volume(ret, root->image, &v, err);
	if (rc)
		return rc;
	return v ? open_volume(v, notes, ret, ret_tree, err)
		 : take_from_root(root, ret, ret_tree, from_root, err);
}

void boot_source_release(struct boot_source *src)
{
	close_volume(src);
	volumes_release(&src->vols);
	i2n_ptable_free(src->own_table);
	memset(src, 0, sizeof(*src));
}
