#include "img2nfs/source.h"

#include "checked.h"
#include "ext4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ext4_is_data_block(const struct i2n_fs *fs, uint64_t blk, uint64_t count)
{
	return blk > fs->sb.first_data_block && i2n_range_ok(blk, count, fs->sb.blocks);
}

int ext4_read_blocks(struct i2n_fs *fs, uint64_t blk, uint64_t count, void *buf,
		     struct i2n_err *err)
{
	return i2n_source_pread(fs->src, buf, (size_t)(count << fs->block_bits),
				blk << fs->block_bits, err);
}

bool ext4_inode_offset(const struct i2n_fs *fs, uint32_t ino, uint64_t *ret)
{
	uint32_t group = (ino - 1) / fs->sb.inodes_per_group, at = (ino -
								    1) % fs->sb.inodes_per_group;
	uint64_t table;

	if (group >= fs->e2->group_desc_count)
		return false;
	table = ext2fs_inode_table_loc(fs->e2, group);
	if (!ext4_is_data_block(fs, table, fs->e2->inode_blocks_per_group))
		return false;
	*ret = (table << fs->block_bits) + (uint64_t)at * fs->sb.inode_size;
	return true;
}

static void format_uuid(const unsigned char *u, char buf[37])
{
	(void)snprintf(buf, 37,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
		       u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
		       u[13], u[14], u[15]);
}

static int fill_info(struct i2n_fs *fs, struct i2n_err *err)
{
	const struct ext4_super *sb = &fs->sb;
	struct i2n_fs_info *info = &fs->info;
	uint64_t free_blocks = sb->free_blocks < sb->blocks ? sb->free_blocks : sb->blocks;
	uint32_t free_inodes = sb->free_inodes < sb->inodes ? sb->free_inodes : sb->inodes;

	free(fs->features);
	fs->features = ext4_features_text(sb);
	if (!fs->features)
		return i2n_err_nomem(err);
	*info = (struct i2n_fs_info){
		.block_size = sb->block_size,
		.blocks = sb->blocks,
		.free_blocks = free_blocks,
		.size = sb->blocks * sb->block_size,
		.used = (sb->blocks - free_blocks) * sb->block_size,
		.inodes = sb->inodes,
		.free_inodes = free_inodes,
		.used_inodes = sb->inodes - free_inodes,
		.needs_recovery = sb->incompat & INCOMPAT_RECOVER,
		.clean = sb->state & SB_STATE_VALID,
		.has_errors = sb->state & SB_STATE_ERROR,
		.features = fs->features,
		.write_time = sb->write_time,
		.mount_time = sb->mount_time,
	};
	(void)snprintf(info->type, sizeof(info->type), "%s", ext4_type(sb));
	memcpy(info->label, sb->label, sizeof(sb->label));
	memcpy(info->last_mounted, sb->last_mounted, sizeof(sb->last_mounted));
	format_uuid(sb->uuid, info->uuid);
	return I2N_OK;
}

/* Find and decode the superblock of fs->src. */
static int read_super(struct i2n_fs *fs, const struct i2n_notes *notes, struct i2n_err *err)
{
	int rc = ext4_super_find(fs->src, notes, &fs->sb, err);

	return rc ? rc : fill_info(fs, err);
}

static int check_size(const struct i2n_fs *fs, struct i2n_err *err)
{
	if (fs->info.size <= fs->src->size)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_IMAGE, 0,
		    "%s is cut short: the file system has %llu bytes, of which %llu are there",
		    fs->src->name, (unsigned long long)fs->info.size,
		    (unsigned long long)fs->src->size);
	i2n_err_hint(err, "copy or download the image again and compare its size or checksum");
	return I2N_FATAL;
}

/* Every group's inode table lies inside. */
static bool are_groups_sound(const struct i2n_fs *fs)
{
	uint64_t off;
	dgrp_t g;

	for (g = 0; g < fs->e2->group_desc_count; g++)
		if (!ext4_inode_offset(fs, g * fs->sb.inodes_per_group + 1, &off))
			return false;
	return true;
}

static int open_e2(struct i2n_fs *fs, uint64_t superblock, struct i2n_err *err)
{
	/* The features were judged before; which ones this libext2fs knows must not matter for what
	 * only we read. */
	const int flags = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP | EXT2_FLAG_FORCE;

	ext4_io_close(fs->io, fs->e2);
	fs->io = NULL;
	fs->e2 = NULL;
	return ext4_io_open(fs->src, flags, superblock, superblock ? fs->sb.block_size : 0,
			    &fs->io, &fs->e2, err);
}

/* Group descriptors come from beside the superblock used; when the primary ones are nonsense, from
 * the first backup. */
static int open_groups(struct i2n_fs *fs, struct i2n_err *err)
{
	const struct ext4_super *sb = &fs->sb;
	uint64_t at = sb->offset == SB_OFFSET ? 0 : sb->offset / sb->block_size;
	uint64_t backup = (uint64_t)sb->first_data_block + sb->blocks_per_group;
	struct i2n_err why;
	int rc;

	rc = open_e2(fs, at, err);
	if (rc || at || are_groups_sound(fs) || backup >= sb->blocks)
		return rc;
	if (!open_e2(fs, backup, &why) && are_groups_sound(fs)) {
		i2n_note(&fs->notes, I2N_NOTE_WARN, "superblock", NULL, 0,
			 "the group descriptors are damaged; using the backup at block %llu",
			 (unsigned long long)backup);
		return I2N_OK;
	}
	return open_e2(fs, at, err);
}

/* A replay may change superblock and group descriptors: all is read again from the overlay. */
static int open_journal(struct i2n_fs *fs, struct i2n_err *err)
{
	const void *sb = fs->sb.offset == SB_OFFSET ? NULL : fs->sb.raw;
	int rc = journal_replay(fs->src, sb, &fs->opts, &fs->notes, &fs->replay, err);

	if (rc || !fs->replay.overlay)
		return rc;
	fs->src = fs->replay.overlay;
	rc = read_super(fs, &fs->notes, err);
	return rc ? rc : ext4_features_check(&fs->sb, NULL, err);
}

int ext4_fs_ready(struct i2n_fs *fs, struct i2n_err *err)
{
	int rc;

	if (fs->e2)
		return I2N_OK;
	rc = check_size(fs, err);
	if (rc)
		return rc;
	for (fs->block_bits = 10; 1u << fs->block_bits < fs->sb.block_size; fs->block_bits++)
		;
	fs->csum = fs->sb.ro_compat & RO_COMPAT_METADATA_CSUM;
	fs->group_csum = fs->sb.ro_compat & (RO_COMPAT_METADATA_CSUM | RO_COMPAT_GDT_CSUM);
	return open_groups(fs, err);
}

static int open_all(struct i2n_fs *fs, struct i2n_err *err)
{
	int rc;

	rc = read_super(fs, fs->opts.info_only ? NULL : &fs->notes, err);
	if (rc || fs->opts.info_only)
		return rc;
	rc = ext4_features_check(&fs->sb, &fs->notes, err);
	if (rc)
		return rc;
	rc = open_journal(fs, err);
	return rc ? rc : ext4_fs_ready(fs, err);
}

int i2n_fs_open(struct i2n_source *src, const struct i2n_fs_opts *opts,
		const struct i2n_notes *notes,
		struct i2n_fs **ret, struct i2n_err *err)
{
	struct i2n_fs *fs = calloc(1, sizeof(*fs));
	int rc;

	if (!fs)
		return i2n_err_nomem(err);
	fs->src = src;
	if (opts)
		fs->opts = *opts;
	if (notes)
		fs->notes = *notes;
	fs->reader.ops = &ext4_reader_ops;
	fs->reader.ahead = fs->src->ahead;
	fs->reader.by_block = fs->src->by_block;
	fs->reader.behind = fs->src->behind;
	fs->below = UINT64_MAX;
	rc = open_all(fs, err);
	fs->ahead.src = fs->src;	/* with the journal, now */
	if (rc) {
		i2n_fs_free(fs);
		return rc;
	}
	*ret = fs;
	return I2N_OK;
}

const struct i2n_fs_info *i2n_fs_info(const struct i2n_fs *fs)
{
	return &fs->info;
}

struct i2n_reader *i2n_fs_reader(struct i2n_fs *fs)
{
	return &fs->reader;
}

int ext4_load_all(struct load *l, struct i2n_err *err)
{
	int rc = ext4_scan_inodes(l, err);

	if (!rc)
		rc = ext4_load_dir_blocks(l, err);
	if (!rc)
		rc = ext4_load_xattr_blocks(l, err);
	if (!rc)
		ext4_load_map_blocks(l);
	return rc;
}

int i2n_fs_tree(struct i2n_fs *fs, struct i2n_tree **ret, struct i2n_err *err)
{
	struct load l = { .fs = fs };
	int rc;

	rc = ext4_load_all(&l, err);
	if (!rc)
		rc = ext4_build(&l, ret, err);
	ext4_load_release(&l);
	if (!rc && fs->replay.look_later) {
		fs->replay.look_later = false;
		rc = journal_look(fs->src, fs->sb.raw, &fs->opts, &fs->notes, err);
		if (rc)
			i2n_tree_free(*ret);
	}
	return rc;
}

void i2n_fs_free(struct i2n_fs *fs)
{
	if (!fs)
		return;
	ext4_io_close(fs->io, fs->e2);
	journal_release(&fs->replay);
	free(fs->features);
	free(fs->cache.buf);
	free(fs);
}
