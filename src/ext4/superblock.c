#include "img2nfs/source.h"

#include "checked.h"
#include "ext4.h"

#include <stdio.h>
#include <string.h>

#define MAX_GROUPS (1u << 21)	/* 256 TiB of 4 KiB blocks; descriptors take 128 MiB then */

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

static void decode_ids(const unsigned char *raw, struct ext4_super *sb)
{
	sb->rev = i2n_le32(raw + SB_REV_LEVEL);
	sb->state = i2n_le16(raw + SB_STATE);
	sb->group_nr = i2n_le16(raw + SB_BLOCK_GROUP_NR);
	sb->mount_time = (int64_t)i2n_le32(raw + SB_MTIME) | (int64_t)raw[SB_MTIME_HI] << 32;
	sb->write_time = (int64_t)i2n_le32(raw + SB_WTIME) | (int64_t)raw[SB_WTIME_HI] << 32;
	memcpy(sb->uuid, raw + SB_UUID, sizeof(sb->uuid));
	memcpy(sb->label, raw + SB_LABEL, sizeof(sb->label));
	memcpy(sb->last_mounted, raw + SB_LAST_MOUNTED, sizeof(sb->last_mounted));
	sb->special[0] = i2n_le32(raw + SB_JOURNAL_INUM);
	sb->special[1] = i2n_le32(raw + SB_USR_QUOTA_INUM);
	sb->special[2] = i2n_le32(raw + SB_GRP_QUOTA_INUM);
	sb->special[3] = i2n_le32(raw + SB_PRJ_QUOTA_INUM);
	sb->special[4] = i2n_le32(raw + SB_ORPHAN_FILE_INUM);
}

/* Revision 0 has fixed inodes; the fields of later revisions hold anything. Features count
 * nevertheless: the kernel warns of them in revision 0 and obeys them, and so does libext2fs. */
static void decode_rev(const unsigned char *raw, struct ext4_super *sb)
{
	sb->compat = i2n_le32(raw + SB_FEATURE_COMPAT);
	sb->incompat = i2n_le32(raw + SB_FEATURE_INCOMPAT);
	sb->ro_compat = i2n_le32(raw + SB_FEATURE_RO_COMPAT);
	if (!sb->rev) {
		sb->inode_size = I_GOOD_OLD_SIZE;
		sb->first_ino = EXT2_GOOD_OLD_FIRST_INO;
		memset(sb->special, 0, sizeof(sb->special));
		return;
	}
	sb->inode_size = i2n_le16(raw + SB_INODE_SIZE);
	sb->first_ino = i2n_le32(raw + SB_FIRST_INO);
}

/* false: a number is out of its range */
static bool decode_geometry(const unsigned char *raw, struct ext4_super *sb)
{
	uint32_t log_block = i2n_le32(raw + SB_LOG_BLOCK_SIZE),
		 log_cluster = i2n_le32(raw + SB_LOG_CLUSTER_SIZE);

	if (log_block > EXT2_MAX_BLOCK_LOG_SIZE - EXT2_MIN_BLOCK_LOG_SIZE)
		return false;
	sb->block_size = EXT2_MIN_BLOCK_SIZE << log_block;
	sb->cluster_size = sb->block_size;
	if (sb->ro_compat & RO_COMPAT_BIGALLOC) {
		if (log_cluster < log_block || log_cluster > EXT2_MAX_CLUSTER_LOG_SIZE -
		    EXT2_MIN_CLUSTER_LOG_SIZE)
			return false;
		sb->cluster_size = EXT2_MIN_BLOCK_SIZE << log_cluster;
	}
	sb->blocks = i2n_le32(raw + SB_BLOCKS);
	sb->free_blocks = i2n_le32(raw + SB_FREE_BLOCKS);
	if (sb->incompat & INCOMPAT_64BIT) {
		sb->blocks |= (uint64_t)i2n_le32(raw + SB_BLOCKS_HI) << 32;
		sb->free_blocks |= (uint64_t)i2n_le32(raw + SB_FREE_BLOCKS_HI) << 32;
	}
	sb->inodes = i2n_le32(raw + SB_INODES);
	sb->free_inodes = i2n_le32(raw + SB_FREE_INODES);
	sb->inodes_per_group = i2n_le32(raw + SB_INODES_PER_GROUP);
	sb->blocks_per_group = i2n_le32(raw + SB_BLOCKS_PER_GROUP);
	sb->first_data_block = i2n_le32(raw + SB_FIRST_DATA_BLOCK);
	return true;
}

static bool is_geometry_sound(const struct ext4_super *sb)
{
	uint64_t bytes;

	return sb->inode_size >= I_GOOD_OLD_SIZE && sb->inode_size <= sb->block_size &&
	       is_power_of_2(sb->inode_size) && sb->inodes_per_group &&
	       sb->inodes_per_group <= sb->block_size * 8 && sb->blocks_per_group >= 8 &&
	       sb->first_data_block < sb->blocks && sb->first_ino >= EXT2_GOOD_OLD_FIRST_INO &&
	       sb->inodes >= sb->first_ino &&
	       (sb->blocks - sb->first_data_block - 1) / sb->blocks_per_group < MAX_GROUPS &&
	       i2n_mul(sb->blocks, sb->block_size, &bytes) && bytes <= INT64_MAX;
}

static bool is_checksum_right(const unsigned char *raw)
{
	if (!(i2n_le32(raw + SB_FEATURE_RO_COMPAT) & RO_COMPAT_METADATA_CSUM) ||
	    !i2n_le32(raw + SB_REV_LEVEL))
		return true;
	return ext2fs_crc32c_le(~0u, raw, SB_CHECKSUM) == i2n_le32(raw + SB_CHECKSUM);
}

int ext4_super_decode(const unsigned char *raw, struct ext4_super *ret, struct i2n_err *err)
{
	struct ext4_super sb = { .offset = SB_OFFSET };

	if (i2n_le16(raw + SB_MAGIC) != SB_MAGIC_VALUE)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"there is no ext2, ext3 or ext4 file system here");
	decode_ids(raw, &sb);
	if (sb.rev > EXT2_DYNAMIC_REV)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read a file system of revision %u", sb.rev);
	decode_rev(raw, &sb);
	if (!is_checksum_right(raw))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"the superblock is damaged: its checksum is wrong");
	/* an external journal has no groups and no inodes; it is refused by name later */
	if (!decode_geometry(raw, &sb) ||
	    (!(sb.incompat & INCOMPAT_JOURNAL_DEV) && !is_geometry_sound(&sb)))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"the superblock is damaged: its numbers do not fit together");
	memcpy(sb.raw, raw, SB_SIZE);
	*ret = sb;
	return I2N_OK;
}

/* The superblock at off, if it is the backup of group. */
static bool read_backup(struct i2n_source *src, uint64_t off, uint32_t block_size, unsigned group,
			struct ext4_super *ret)
{
	unsigned char raw[SB_SIZE];

	if (!i2n_range_ok(off, sizeof(raw), src->size) ||
	    i2n_source_pread(src, raw, sizeof(raw), off, NULL) ||
	    ext4_super_decode(raw, ret, NULL) || ret->block_size != block_size)
		return false;
	ret->offset = off;
	return ret->group_nr == group || !ret->rev;
}

/* Backups lie at the start of group 1, and with sparse_super of the powers of 3, 5 and 7. The
 * primary one is not there to say how large groups are, so the default is tried: as many blocks as
 * one block has bits. */
static bool find_backup(struct i2n_source *src, struct ext4_super *ret)
{
	static const unsigned char groups[] = { 1, 3, 5, 7, 9, 25, 27, 49 };
	uint32_t bs;
	size_t i;

	for (bs = EXT2_MIN_BLOCK_SIZE; bs <= EXT2_MAX_BLOCK_SIZE; bs *= 2)
		for (i = 0; i < sizeof(groups); i++) {
			uint64_t blk = (uint64_t)groups[i] * bs * 8 + (bs == EXT2_MIN_BLOCK_SIZE);

			if (read_backup(src, blk * bs, bs, groups[i], ret))
				return true;
		}
	return false;
}

int ext4_super_find(struct i2n_source *src, const struct i2n_notes *notes, struct ext4_super *ret,
		    struct i2n_err *err)
{
	unsigned char raw[SB_SIZE];
	struct i2n_err why;
	int rc;

	if (!i2n_range_ok(SB_OFFSET, SB_SIZE, src->size))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"%s is too small for a file system", src->name);
	rc = i2n_source_pread(src, raw, sizeof(raw), SB_OFFSET, err);
	if (rc)
		return rc;
	if (!ext4_super_decode(raw, ret, &why))
		return I2N_OK;
	if (find_backup(src, ret)) {
		i2n_note(notes, I2N_NOTE_WARN, "superblock", NULL, 0,
			 "%s; using the backup at byte %llu", why.msg,
			 (unsigned long long)ret->offset);
		return I2N_OK;
	}
	if (err)
		*err = why;
	return I2N_FATAL;
}
