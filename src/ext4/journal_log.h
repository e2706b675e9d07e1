/* journal_log.h - the log of a journal as a row of blocks, wherever they lie.
 *
 * journal_map.c finds the blocks (an inode, its copy in the superblock, or an external device),
 * journal_log.c checks the journal superblock and reads blocks, journal_scan.c walks the
 * transactions.
 *
 * Unit:      log blocks count from 0 (the journal superblock, on an internal journal); byte
 *            positions are in log.src.
 * Ownership: log_release() frees what a log holds; sources stay the caller's.
 * Trust:     a map may have holes and point anywhere; log_pos() and log_read() check each block
 *            they are asked for.
 * Source:    Documentation/filesystems/ext4/journal.rst, super.rst, group_descr.rst, inodes.rst,
 *            ifork.rst. */
#ifndef EXT4_JOURNAL_LOG_H
#define EXT4_JOURNAL_LOG_H

#include "img2nfs/source.h"

/* What the search for the journal needs of the file system's superblock, in host order. */
struct journal_fs {
	struct i2n_source *src;
	uint32_t block_size, inode_size, desc_size;
	uint32_t first_data_blk, blocks_per_group, inodes_per_group, inodes, first_meta_bg;
	uint32_t compat, incompat, ro_compat;
	uint32_t backup_bgs[2];
	uint32_t journal_ino, journal_dev;
	unsigned char journal_uuid[16];
	bool has_backup;		/* i_block of the journal inode is kept in the superblock */
	unsigned char backup[60];
	uint64_t backup_size;
};

enum journal_fs_features {
	JOURNAL_FS_HAS_JOURNAL = 0x4,		/* compat */
	JOURNAL_FS_SPARSE_SUPER2 = 0x200,	/* compat */
	JOURNAL_FS_RECOVER = 0x4,		/* incompat */
	JOURNAL_FS_JOURNAL_DEV = 0x8,		/* incompat */
	JOURNAL_FS_META_BG = 0x10,		/* incompat */
	JOURNAL_FS_64BIT = 0x80,		/* incompat */
	JOURNAL_FS_SPARSE_SUPER = 0x1,		/* ro_compat */
};

/* sb: 1024 bytes. I2N_BADNODE: not a superblock to find a journal by. */
int journal_fs_init(struct journal_fs *fs, struct i2n_source *src, const unsigned char *sb,
		    struct i2n_err *err);

/* Byte position of an inode (fs->inode_size bytes, inside the source). I2N_BADNODE: there is no
 * such inode. */
int journal_inode_pos(const struct journal_fs *fs, uint32_t ino, uint64_t *ret,
		      struct i2n_err *err);

struct journal_run {
	uint64_t phys_blk;
	uint32_t log_blk, len;
};

struct journal_map {
	struct journal_run *runs;	/* ascending by log_blk, disjoint; holes are missing */
	uint32_t n, cap;
	uint32_t blocks;		/* size of the journal, holes included */
};

/* The map of a journal inode. I2N_BADNODE: the inode or its map is not one of a journal. */
int journal_map_inode(const struct journal_fs *fs, uint32_t ino, struct journal_map *map,
		      struct i2n_err *err);
/* The map kept in the superblock. */
int journal_map_backup(const struct journal_fs *fs, struct journal_map *map, struct i2n_err *err);
void journal_map_release(struct journal_map *map);

enum log_incompat {
	LOG_REVOKE = 0x1,
	LOG_64BIT = 0x2,
	LOG_ASYNC_COMMIT = 0x4,
	LOG_CSUM_V2 = 0x8,
	LOG_CSUM_V3 = 0x10,
	LOG_FAST_COMMIT = 0x20,
	LOG_INCOMPAT_KNOWN = 0x3f,
};
#define LOG_COMPAT_CHECKSUM 0x1u

struct journal_log {
	struct i2n_source *src;
	struct journal_map map;
	bool external;
	uint32_t block_size;
	/* from the journal superblock */
	uint32_t first, last;		/* the ring: first <= block < last */
	uint32_t start, sequence;	/* of the oldest transaction; start 0 = the log is empty */
	uint32_t fast_first, fast_last;	/* fast commits: fast_first <= block < fast_last, or
					 * empty */
	int32_t errnum;			/* s_errno: the kernel had aborted the journal */
	bool csum_v1, csum_v2, csum_v3, has_64bit, has_async, has_fast;
	uint32_t csum_seed;
	uint32_t tag_len;		/* bytes of a block tag */
	uint32_t tail_len;		/* bytes of the checksum at the end of a block */
	/* window of blocks read in one go */
	unsigned char *win;
	uint32_t win_blk, win_n;
};

/* Read and check the journal superblock at log block sb_blk; log->src, map and external are set by
 * the caller. I2N_BADNODE: not a journal superblock; I2N_FATAL: one that cannot be used (unknown
 * features) or not be read. */
int log_init(struct journal_log *log, uint32_t block_size, uint32_t sb_blk, struct i2n_err *err);
void log_release(struct journal_log *log);

/* Byte position of a log block; false: it has none inside the source. */
bool log_pos(const struct journal_log *log, uint32_t blk, uint64_t *ret_pos);

/* One block; valid until the next call. I2N_BADNODE: the block lies nowhere; I2N_FATAL: it cannot
 * be read. */
int log_read(struct journal_log *log, uint32_t blk, const unsigned char **ret, struct i2n_err *err);

/* crc32c over a block in which the four bytes at hole count as zero. */
uint32_t log_csum_without(const struct journal_log *log, const unsigned char *block, uint32_t hole);
uint32_t log_csum(uint32_t crc, const void *buf, size_t len); /* crc32c, as csum v2 and v3 use it */
uint32_t log_csum_be(uint32_t crc, const void *buf,
		     size_t len); /* crc32, big-endian, as csum v1 uses it */

#endif
