/* fastcommit_state.h - private to fastcommit*.c: what the tags seen so far add up to.
 *
 * fastcommit.c reads the tags, fastcommit_inode.c keeps the inodes they touch, fastcommit_map.c
 * makes extent trees, fastcommit_name.c keeps the names. */
#ifndef EXT4_FASTCOMMIT_STATE_H
#define EXT4_FASTCOMMIT_STATE_H

#include "img2nfs/note.h"

#include "each_extent.h"
#include "fastcommit.h"
#include "journal_log.h"
#include "overlay.h"

enum {
	IN_MODE = 0x0,
	IN_SIZE = 0x4,
	IN_LINKS = 0x1a,
	IN_FLAGS = 0x20,
	IN_BLOCK = 0x28,
	IN_GENERATION = 0x64,
	IN_SIZE_HIGH = 0x6c,
	IN_CSUM_LO = 0x7c,
	IN_EXTRA = 0x80,
	IN_CSUM_HI = 0x82
};
#define IN_BLOCK_LEN 60
#define FL_INDEX 0x1000u
#define FL_EXTENTS 0x80000u
#define FL_INLINE 0x10000000u

enum range_kind { RANGE_WRITTEN, RANGE_UNWRITTEN, RANGE_HOLE };

/* A statement about blocks of a file; the later one wins. */
struct range {
	uint64_t lblk, end, pblk;
	uint32_t seq;
	enum range_kind kind;
};

struct ranges {
	struct range *v;
	size_t n, cap;
};

struct fast_inode {
	uint32_t ino;
	uint64_t pos;			/* of the inode on the medium */
	unsigned char *raw;		/* fs.inode_size bytes */
	uint32_t nlink;
	bool changed;			/* raw is not what the medium says */
	bool fresh_map;			/* what the medium says of its blocks does not count */
	bool fresh_dir;			/* begins with an empty directory block */
	uint32_t parent;		/* of a fresh_dir */
	struct ranges ranges;
};

/* One change of a name, in the order of the log; ino 0 = removed. */
struct name_op {
	uint32_t parent, ino;
	uint32_t name;			/* offset into names */
	uint16_t len;
	bool add;
	uint32_t seq;
};

struct fastcommit {
	/* inodes, found by number through a hash table of indexes + 1 */
	struct fast_inode *inodes;
	size_t n_inodes, cap_inodes;
	uint32_t *hash;
	size_t n_hash;			/* a power of two */
	/* names: after fast_names_sort() grouped by (parent, name), then in the order of the log */
	struct name_op *ops;
	size_t n_ops, cap_ops;
	unsigned char *names;
	size_t n_names, cap_names;
	bool *seen;			/* per op; that of the first of a group counts */
	/* bytes that replace those of the medium */
	struct overlay_patch *patches;
	size_t n_patches, cap_patches;
	unsigned char *bytes;
	size_t n_bytes, cap_bytes;
	uint64_t memory;		/* used so far, at most FAST_MAX_BYTES */
	/* context; not used after fast_replay() */
	struct journal_fs fs;		/* its src is the overlay */
	struct journal_log *log;
	uint32_t next_spare;		/* the next journal block to be given away */
	uint32_t csum_seed;
	bool has_csum, has_filetype;
	uint32_t commits;		/* complete fast commits */
	uint32_t left_out;		/* tags that cannot be applied */
	uint32_t seq;
};

/* Read, check and apply the fast commits that belong to transaction tid, and give the patches to
 * the overlay. sb: the superblock as the overlay has it. *ret NULL: there are none. I2N_FATAL only:
 * read error, no memory. */
int fast_replay(struct i2n_source *overlay, const unsigned char *sb, struct journal_log *log,
		uint32_t tid, const struct i2n_notes *notes, struct fastcommit **ret,
		uint32_t *ret_left_out, struct i2n_err *err);

/* Room for add more elements of size bytes in *array. I2N_FATAL: no memory, or FAST_MAX_BYTES
 * reached. */
int fast_grow(struct fastcommit *f, void *array, size_t *cap, size_t n, size_t add, size_t size,
	      struct i2n_err *err);

/* The inode, read when it is not known yet. I2N_BADNODE: there is no such inode. The pointer is
 * valid until the next call. */
int fast_inode_get(struct fastcommit *f, uint32_t ino, struct fast_inode **ret,
		   struct i2n_err *err);
/* In use, as the kernel's iget sees it. */
bool fast_inode_lives(const struct fast_inode *in);
bool fast_inode_is_dir(const struct fast_inode *in);
int fast_inode_replace(struct fastcommit *f, uint32_t ino, const unsigned char *raw, size_t len,
		       struct i2n_err *err);
int fast_inode_range(struct fastcommit *f, struct fast_inode *in, const struct range *r,
		     struct i2n_err *err);
void fast_inode_unlink(struct fast_inode *in);
/* Turn all inodes into patches. */
int fast_inodes_finish(struct fastcommit *f, struct i2n_err *err);
uint32_t fast_inode_seed(const struct fastcommit *f, const struct fast_inode *in);

/* Write the extent tree of an inode into raw and patches. I2N_BADNODE: its map is damaged, or no
 * block is left. */
int fast_map_finish(struct fastcommit *f, struct fast_inode *in, struct i2n_err *err);
int fast_patch_add(struct fastcommit *f, uint64_t off, const void *bytes, uint32_t len,
		   struct i2n_err *err);
/* A block of the journal. I2N_BADNODE: none left. */
int fast_spare_block(struct fastcommit *f, uint64_t *ret_blk, struct i2n_err *err);
void fast_extent_root(unsigned char *i_block);		/* an empty tree */

int fast_name_add(struct fastcommit *f, uint32_t parent, const unsigned char *name, size_t len,
		  uint32_t ino, bool add, struct i2n_err *err);
int fast_names_sort(struct fastcommit *f, struct i2n_err *err);

#endif
