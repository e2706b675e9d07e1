/* ext4.h - private to src/ext4/: how an image becomes a tree.
 *
 *	superblock.c, features.c	which file system is it, may we read it
 *	fs_io.c				libext2fs over a struct i2n_source; it reads superblock and
 *					group descriptors
 *	scan.c, inode.c			inode tables, one sweep: struct raw_inode -> struct
 *					i2n_inode
 *	dirblocks.c, dirent.c		directory blocks, one sweep in disk order -> dirents
 *	xattr_flags.c			xattr blocks, one sweep -> flags
 *	group.c				numbers of inodes -> indexes; dirents by directory and name
 *	below.c				the part of a stream's tree that has come
 *	build.c, damage.c		struct load -> struct i2n_tree, with a note for all that is
 *					wrong
 *	extent.c, indirect.c, blockmap.c	file block -> disk block
 *	fs_reader.c, symlink.c		content;  xattr.c, acl.c, chattr.c: the rest
 *
 * What to do with damage is taken from what the Linux kernel (6.18) does with the same object:
 * where it answers EFSCORRUPTED or EFSBADCRC to stat(2), the object is left out with a note; where
 * only reading fails, so does ours. */
#ifndef EXT4_EXT4_H
#define EXT4_EXT4_H

#include "img2nfs/fs.h"

#include "ahead.h"
#include "fastcommit.h"
#include "journal.h"
#include "ondisk.h"

#include <sys/types.h>	/* ext2fs.h wants dev_t, and does not include it on FreeBSD */
#include <ext2fs/ext2fs.h>

/* --- superblock.c, features.c --- */

struct ext4_super {
	uint64_t offset;		/* where on the medium it was found */
	uint32_t block_size, inode_size, cluster_size;
	uint64_t blocks, free_blocks;
	uint32_t inodes, free_inodes, inodes_per_group, blocks_per_group, first_data_block,
		first_ino;
	uint32_t rev, compat, incompat, ro_compat;
	uint32_t special[5];		/* inodes that no directory may name: journal, quota, orphan
					 * file; 0 = none */
	uint16_t state, group_nr;
	int64_t write_time, mount_time;
	unsigned char uuid[16], label[16], last_mounted[64];
	unsigned char raw[SB_SIZE];	/* as found */
};

/* Decode 1024 bytes. I2N_FATAL (IMAGE): no superblock, or one of a later revision or with
 * impossible numbers. */
int ext4_super_decode(const unsigned char *raw, struct ext4_super *ret, struct i2n_err *err);
/* The primary one, else the first sound backup (with a note). */
int ext4_super_find(struct i2n_source *src, const struct i2n_notes *notes, struct ext4_super *ret,
		    struct i2n_err *err);
/* Refuse incompatible features that we do not know; note read-only compatible ones. */
int ext4_features_check(const struct ext4_super *sb, const struct i2n_notes *notes,
			struct i2n_err *err);
/* "has_journal ext_attr ..." as dumpe2fs prints it; caller frees; NULL = out of memory. */
char *ext4_features_text(const struct ext4_super *sb);
const char *ext4_type(const struct ext4_super *sb);	/* "ext2", "ext3", "ext4", "jbd" */

/* --- fs_io.c --- */

struct ext4_io;
/* Open libext2fs over src; superblock 0 and block_size 0 = the primary one. flags: EXT2_FLAG_*;
 * read only always. On failure err holds what the source said, or libext2fs' code. Free with
 * ext4_io_close(). */
int ext4_io_open(struct i2n_source *src, int flags, uint64_t superblock, unsigned block_size,
		 struct ext4_io **ret,
		 ext2_filsys *ret_e2, struct i2n_err *err);
void ext4_io_close(struct ext4_io *io, ext2_filsys e2);
/* Fill err for a failed call of libext2fs: the source's own words if that was the cause. Returns
 * I2N_FATAL. */
int ext4_io_fail(struct ext4_io *io, errcode_t code, struct i2n_err *err, const char *doing);

/* --- fs.c --- */

struct inode_cache {			/* the part of an inode table that was read last, for the
					 * readers */
	unsigned char *buf;		/* one block */
	uint64_t off;
	bool valid;
};

/* Make a file system that was opened for information ready for reading, without its journal. */
int ext4_fs_ready(struct i2n_fs *fs, struct i2n_err *err);

struct i2n_fs {
	struct i2n_source *src;		/* what is read: the image, or replay.overlay */
	struct journal_replay replay;
	struct ext4_super sb;
	struct ext4_io *io;
	ext2_filsys e2;
	struct i2n_fs_opts opts;
	struct i2n_notes notes;
	struct i2n_fs_info info;
	char *features;
	struct i2n_reader reader;
	struct inode_cache cache;
	struct ahead ahead;		/* of the reader */
	unsigned block_bits;
	bool csum;			/* metadata_csum */
	uint64_t below;			/* what is loaded lies before this byte; UINT64_MAX: all has
					 * come, or is waited for */
	bool group_csum;		/* group descriptors have checksums, and with them valid
					 * flags */
};

static inline bool ext4_has_incompat(const struct i2n_fs *fs, uint32_t bit)
{
	return fs->sb.incompat & bit;
}

/* A block that a file may use: kernel, ext4_inode_block_valid(). */
bool ext4_is_data_block(const struct i2n_fs *fs, uint64_t blk, uint64_t count);
int ext4_read_blocks(struct i2n_fs *fs, uint64_t blk, uint64_t count, void *buf,
		     struct i2n_err *err);
/* Byte offset of an inode's record; false when its group's table lies outside. ino is
 * 1..sb.inodes. */
bool ext4_inode_offset(const struct i2n_fs *fs, uint32_t ino, uint64_t *ret);

/* --- damage.c --- */

enum damage {
	DMG_NONE,
	/* of an inode: it is left out */
	DMG_INODE_CHECKSUM,
	DMG_INODE_EXTRA,
	DMG_INODE_MODE,
	DMG_INODE_SIZE,
	DMG_INODE_SPECIAL,
	DMG_INODE_INDEX,
	DMG_EXTENT_HEADER,
	DMG_EXTENT_RANGE,
	DMG_EXTENT_ORDER,
	DMG_EXTENT_CHECKSUM,
	DMG_EXTENT_KEY,
	DMG_EXTENT_LOOP,
	DMG_BLOCK_RANGE,
	DMG_ACL_BLOCK,
	DMG_SYMLINK_SIZE,
	DMG_SYMLINK_NUL,
	DMG_INLINE,
	/* of a directory entry: it is left out */
	DMG_DE_RANGE,
	DMG_DE_RESERVED,
	DMG_DE_FREE,
	DMG_DE_SELF,
	DMG_DE_ROOT,
	DMG_DE_PARENTS,
	DMG_DE_TWICE,
	DMG_DE_DOT,
	DMG_DE_EMPTY,
	DMG_DE_BYTES,
	DMG_DE_CIPHER,
	/* of a directory: entries are missing */
	DMG_DIR_REC_LEN,
	DMG_DIR_CHECKSUM,
	DMG_DIR_HASH_CHECKSUM,
	DMG_DIR_MAP,
	DMG_DIR_SHARED,
	/* of attributes: the object stays */
	DMG_XATTR_BODY,
	DMG_XATTR_BLOCK,
	DMG_XATTR_CHECKSUM,
	/* no damage: worth a word (WARN) */
	DMG_WARN_TYPE,
	DMG_WARN_HOLE,
	DMG_WARN_NO_DOT,
	DMG_COUNT
};
const char *ext4_damage_cls(enum damage d);
const char *ext4_damage_text(enum damage d);	/* without object: "its checksum is wrong" */
bool ext4_damage_is_warning(enum damage d);
/* BADNODE for inode ino. */
int ext4_bad_inode(uint32_t ino, enum damage d, struct i2n_err *err);

/* --- inode.c --- */

/* An inode as stored, decoded and checked as the kernel's ext4_iget() does. body points into the
 * caller's buffer. */
struct raw_inode {
	uint32_t ino, uid, gid, nlink, flags, generation;
	uint16_t mode;
	uint64_t size, sectors, file_acl;	/* sectors of 512 */
	uint64_t mtime, atime;			/* packed */
	unsigned char block[I_BLOCK_LEN];
	const unsigned char *body;		/* in-inode xattr area, from its magic on; NULL =
						 * none */
	size_t body_len;
};
static inline unsigned raw_type(const struct raw_inode *r)
{
	return r->mode & I2N_S_IFMT;
}
/* links_count is not zero: the kernel would show it. */
bool ext4_inode_is_used(const unsigned char *raw);
/* raw: sb.inode_size bytes. */
enum damage ext4_inode_decode(const struct i2n_fs *fs, uint32_t ino, const unsigned char *raw,
			      struct raw_inode *ret);
bool ext4_inode_is_fast_symlink(const struct i2n_fs *fs, const struct raw_inode *r);
/* Type, size, owner, times, rdev, flags and the reader's data; not the links to other arrays. */
void ext4_inode_fill(const struct i2n_fs *fs, const struct raw_inode *r, struct i2n_inode *ret);
/* Seed of all checksums of blocks that belong to the inode. */
uint32_t ext4_inode_seed(const struct i2n_fs *fs, uint32_t ino, uint32_t generation);
/* The record of inode ino as stored, valid until the next call. */
int ext4_inode_fetch(struct i2n_fs *fs, uint32_t ino, unsigned char **ret, struct i2n_err *err);
/* Read and decode again. I2N_BADNODE when it is damaged. ret->body is valid until the next call. */
int ext4_inode_read(struct i2n_fs *fs, uint32_t ino, struct raw_inode *ret, struct i2n_err *err);

/* i2n_inode.data of a regular file: first block << 16 | number of blocks, when one extent from file
 * block 0 on is all there is (READER_EXTENT); else the first block << 16, as sort key only. */
#define READER_EXTENT I2N_INODE_READER0
#define READER_INLINE I2N_INODE_READER1
#define READER_FAST_LINK I2N_INODE_READER2
/* Of a directory, while it is loaded; its seed is in dir.first until its dirents are grouped. */
#define LOAD_DIR_INDEXED I2N_INODE_READER0
#define LOAD_PLACED I2N_INODE_READER3	/* build.c: its first dirent is in the tree */

/* --- extent.c, indirect.c, blockmap.c --- */

struct ext4_run {
	uint64_t lblk, pblk, len;	/* blocks; len > 0 */
};

struct map_level {
	unsigned char *buf;		/* one block, allocated when needed */
	uint64_t blk;			/* what it holds, 0 = nothing */
	unsigned at, n;			/* extents: current entry and number of entries */
	uint64_t lo, hi;		/* extents: file blocks that this node may speak of */
};

/* Where the data of one inode lies. */
struct ext4_map {
	struct i2n_fs *fs;
	uint32_t ino, seed;
	bool extents;
	uint64_t end;			/* file blocks before this count */
	uint64_t pos;			/* next file block to look at */
	uint64_t nodes, mapped;		/* work done since seek(0), see blockmap.c */
	unsigned depth;
	unsigned char root[I_BLOCK_LEN];
	struct map_level level[EXTENT_MAX_DEPTH + 1];	/* [0] is the root, in the inode */
	bool placed;			/* extents: level[].at are valid */
};

void ext4_map_init(struct ext4_map *m, struct i2n_fs *fs, const struct raw_inode *r);
void ext4_map_release(struct ext4_map *m);
/* The next run of data blocks will be the first that ends behind lblk. */
void ext4_map_seek(struct ext4_map *m, uint64_t lblk);
/* I2N_OK, I2N_END, I2N_BADNODE, I2N_FATAL. Runs ascend and do not overlap; holes and unwritten
 * extents are left out. */
int ext4_map_next(struct ext4_map *m, struct ext4_run *ret, struct i2n_err *err);
/* The parts of next. */
int ext4_extent_next(struct ext4_map *m, struct ext4_run *ret, struct i2n_err *err);
int ext4_indirect_next(struct ext4_map *m, struct ext4_run *ret, struct i2n_err *err);
/* Read block blk into level `depth`, unless it is there. */
int ext4_map_load(struct ext4_map *m, unsigned depth, uint64_t blk, struct i2n_err *err);
/* What the kernel checks when it reads an inode. */
enum damage ext4_extent_check_root(const struct i2n_fs *fs, const unsigned char *block);
/* Of a node of an extent tree: where its first extent begins, or its first node below; 0: it is
 * none. */
uint64_t ext4_extent_first(const struct i2n_fs *fs, const unsigned char *node);
enum damage ext4_indirect_check_root(const struct i2n_fs *fs, const unsigned char *block);
/* READER_EXTENT form of a block map, or false; *ret is a sort key in both cases. */
bool ext4_map_compact(const struct i2n_fs *fs, const struct raw_inode *r, uint64_t *ret);

/* --- scan.c, dirblocks.c, dirent.c, xattr_flags.c, build.c --- */

#define DIR_MAX_BLK (1u << 28)

/* The names from this one on were found in this block of their directories. */
struct load_origin {
	uint32_t name, lblk;
};

/* In a dirent instead of the index of an inode: what is wrong with the number it had. */
#define LOAD_NO_INODE(damage) (I2N_NONE - 1 - (uint32_t)(damage))
#define LOAD_INODES_MAX LOAD_NO_INODE(DMG_COUNT)

struct load_block {
	uint64_t blk;
	uint32_t ino, lblk;
};

struct load_damage {
	uint32_t ino;			/* of the directory, or of the object with the bad xattr */
	uint32_t code;
	uint32_t name;			/* offset into names, or I2N_NONE */
	uint32_t lblk;
};

/* Growing arrays of the load. Numbers, not pointers, refer to them. Inodes, dirents and names
 * become those of the tree where they stand: two copies of them would be the peak of memory. */
struct load {
	struct i2n_fs *fs;
	struct i2n_inode *inodes;	/* in the order of ino after load_sort(); mode 0: damaged,
					 * nlink is the code */
	uint32_t *group_at;		/* index of each group's first inode, when sorted */
	struct i2n_dirent *dirents;	/* parent and inode are numbers; group.c makes them
					 * indexes */
	unsigned char *types;		/* what each dirent says of its inode, 0 = nothing */
	struct load_origin *origins;	/* by name: which of two equal names comes first */
	uint32_t *odd;			/* names of the dirents whose type is wrong, ascending */
	struct load_block *dir_blocks;
	struct load_block *xattr_blocks;
	struct load_block *map_blocks;	/* of files: those that the inode names first */
	struct load_damage *damages;
	unsigned char *names;
	uint32_t *used;			/* of each group's inodes: so many may ever have been in
					 * use */
	uint32_t *scanned;		/* of each group's inode table: so many inodes have been
					 * looked at */
	size_t n_inodes, n_dirents, n_dir_blocks, n_xattr_blocks, n_map_blocks, n_damages, n_names,
		n_types, n_origins, n_odd;
	size_t cap_inodes, cap_dirents, cap_dir_blocks, cap_xattr_blocks, cap_map_blocks,
		cap_damages, cap_names, cap_types, cap_origins, cap_odd;
	uint64_t dir_blocks_seen;
};

/* Make room for one more of *array; false: out of memory, or 2^32 - 1 reached. */
bool ext4_grow(void *array, size_t *cap, size_t n, size_t add, size_t size);
/* Give back the room behind n elements; afterwards the array is not NULL. false: out of memory. */
bool ext4_trim(void *array, size_t n, size_t size);
void ext4_load_release(struct load *l);
int ext4_load_damage(struct load *l, uint32_t ino, enum damage code, uint32_t lblk,
		     const void *name, size_t len,
		     struct i2n_err *err);
/* where: file block << 4 | type. */
int ext4_load_dirent(struct load *l, uint32_t parent, uint32_t ino, uint32_t where,
		     const void *name, size_t len,
		     struct i2n_err *err);
int ext4_load_block(struct load_block **array, size_t *n, size_t *cap, struct load_block b,
		    struct i2n_err *err);
uint32_t ext4_load_lblk(const struct load *l, uint32_t name);	/* the block it was found in */
bool ext4_load_sort(struct load *l);	/* by number; false: no memory */
uint32_t ext4_load_find(const struct load *l, uint32_t ino);	/* index, I2N_NONE; only when
								 * sorted */

int ext4_scan_inodes(struct load *l, struct i2n_err *err);
/* Look at the rest of a group's table too, because a dirent names an inode there. */
int ext4_scan_rest(struct load *l, uint32_t group, struct i2n_err *err);
/* The same, unless inode ino has been looked at. */
int ext4_scan_if_missing(struct load *l, uint32_t ino, struct i2n_err *err);
int ext4_scan_one(struct load *l, uint32_t ino, struct i2n_err *err);
/* A load of one inode and its entries alone. */
int ext4_load_one_dir(struct load *l, uint32_t ino, struct i2n_err *err);
int ext4_load_dir_map(struct load *l, const struct raw_inode *r, struct i2n_err *err);
int ext4_load_dir_blocks(struct load *l, struct i2n_err *err);
/* fastcommit_load.c: names that only the fast commits know. */
int ext4_load_fast_names(struct load *l, struct i2n_err *err);
int ext4_load_inline_dir(struct load *l, const struct raw_inode *r, struct i2n_err *err);
int ext4_load_xattr_blocks(struct load *l, struct i2n_err *err);
/* Put the inode's map block on the list, if it is of use there. */
int ext4_load_map_block(struct load *l, const struct raw_inode *r, struct i2n_err *err);
void ext4_load_map_blocks(struct load *l);
int ext4_load_all(struct load *l, struct i2n_err *err);
int ext4_build(struct load *l, struct i2n_tree **ret, struct i2n_err *err);

/* The entries of one block (or of a part of an inode) of the directory ino. */
struct dir_part {
	uint32_t ino, lblk, seed;
	bool indexed, encrypted;
	bool first;			/* begins with "." and ".." */
	bool has_tail;			/* whole block: with metadata_csum it ends in a checksum */
};
int ext4_dirents_parse(struct load *l, const struct dir_part *part, const unsigned char *buf,
		       size_t len,
		       struct i2n_err *err);

/* The name that the kernel shows for an encrypted one when there is no key. Returns its length, 0 =
 * too short. */
size_t ext4_nokey_name(const struct i2n_fs *fs, const void *cipher, size_t len,
		       char buf[I2N_NAME_MAX]);

/* --- below.c --- */

static inline bool ext4_has_come(const struct i2n_fs *fs, uint64_t blk, uint64_t count)
{
	return (blk + count) << fs->block_bits <= fs->below;
}
/* Nothing that storing the object needs lies at or behind fs->below. I2N_END: something does. */
int ext4_content_has_come(struct i2n_fs *fs, const struct raw_inode *r, struct i2n_err *err);

/* --- group.c --- */

uint32_t ext4_load_count_dirs(const struct load *l);
/* Turn the numbers in dirents into indexes, and put them side by side by directory and name. dirs:
 * room for all directories. */
int ext4_load_group(struct load *l, uint32_t *dirs, struct i2n_err *err);

/* Stable merge sort, with room for half of the elements; cmp gets ctx first. false: no memory. */
bool ext4_sort(void *base, size_t n, size_t size,
	       int (*cmp)(const void *ctx, const void *a, const void *b),
	       const void *ctx);

/* Read the blocks of a sorted array in few large reads; calls fn for each element. Several elements
 * may name one block. */
typedef int ext4_sweep_fn(struct load *l, const struct load_block *b, const unsigned char *data,
			  struct i2n_err *err);
int ext4_sweep(struct load *l, struct load_block *blocks, size_t n, ext4_sweep_fn *fn,
	       struct i2n_err *err);

/* --- xattr.c, xattr_flags.c, acl.c --- */

struct xattr_entry {
	unsigned char index, name_len;
	const unsigned char *name;
	uint32_t value_inum, value_size, hash;
	const unsigned char *value;	/* NULL when value_inum */
};
struct xattr_walk {
	const unsigned char *base, *end;/* value offsets count from base */
	const unsigned char *at;
	bool in_inode;
};
void ext4_xattr_walk_body(struct xattr_walk *w, const unsigned char *body, size_t len);
void ext4_xattr_walk_block(struct xattr_walk *w, const unsigned char *block, size_t len);
/* I2N_OK, I2N_END, I2N_BADNODE: entries lie. */
int ext4_xattr_next(struct xattr_walk *w, struct xattr_entry *ret);
/* enum i2n_inode_flags for the entries; DMG_* through ret_damage when they lie. */
uint16_t ext4_xattr_flags(struct xattr_walk *w, enum damage *ret_damage);
enum damage ext4_xattr_check_block(const struct i2n_fs *fs, uint64_t blk,
				   const unsigned char *data);
/* The inode's "system.data": the second part of inline data. */
bool ext4_xattr_inline_data(const struct raw_inode *r, const unsigned char **ret, size_t *ret_len);
/* On-disk ACL to the form of getxattr(2), little endian version 2. Caller frees; NULL: not an ACL,
 * or memory. */
void *ext4_acl_convert(const unsigned char *acl, size_t len, size_t *ret_len);

/* --- fs_reader.c, symlink.c --- */
extern const struct i2n_reader_ops ext4_reader_ops;
static inline struct i2n_fs *ext4_fs_of(const struct i2n_reader *r)
{
	return (struct i2n_fs *)(void *)((char *)(uintptr_t)r - offsetof(struct i2n_fs, reader));
}
/* Bytes of a file's own content: a sector that cannot be read costs this file (I2N_BADNODE) and not
 * the run, as on a card with a few bad spots. Metadata that cannot be read ends the run. */
int ext4_read_content(struct i2n_fs *fs, void *buf, size_t len, uint64_t off, struct i2n_err *err);
int ext4_readlink(struct i2n_reader *r, const struct i2n_inode *in, void *buf, size_t cap,
		  struct i2n_err *err);
/* The first `cap` bytes of inline data, or fewer; their number. */
size_t ext4_inline_read(const struct raw_inode *r, void *buf, size_t cap);

#endif
