/* node.h - the tree of an image in memory: inodes, dirents, names. The waist of the program.
 *
 * ext4/ makes a tree, edit/ may change it, plan/ puts it in order, sinks store it. The tree holds
 * all metadata that a sink can need and no file data. Memory: 56 bytes per inode, 12 per dirent, 1
 * + length per name.
 *
 * Unit:      sizes in bytes; times packed, see i2n_time_pack(); indexes count from 0, I2N_NONE =
 *            none.
 * Ownership: the tree owns its arrays; pointers into them are valid until the tree is changed or
 *            freed.
 * Trust:     validated by the maker: every index is in range, every dirent's name is 1..255 bytes
 *            without '/' and NUL and is not "." or "..", no two dirents of a directory have the
 *            same name, every directory except the root has exactly one dirent, and every inode is
 *            reached from the root. Nobody downstream checks again.
 * Source:    Documentation/filesystems/ext4/inodes.rst for the time range. */
#ifndef IMG2NFS_NODE_H
#define IMG2NFS_NODE_H

#include "img2nfs/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define I2N_NONE UINT32_MAX
#define I2N_NAME_MAX 255

/* Type bits of mode, as every Unix and ext4 have them; <sys/stat.h> may differ on odd systems, the
 * image does not. */
#define I2N_S_IFMT 0170000u
#define I2N_S_IFIFO 0010000u
#define I2N_S_IFCHR 0020000u
#define I2N_S_IFDIR 0040000u
#define I2N_S_IFBLK 0060000u
#define I2N_S_IFREG 0100000u
#define I2N_S_IFLNK 0120000u
#define I2N_S_IFSOCK 0140000u

/* Seconds since 1970 (negative before) and 0..999999999 ns. Packed into 64 bits: 34 bits of seconds
 * from -2^31 (1901) to 2^34 - 2^31 - 1 (2446), which is exactly what ext4 can store, and 30 bits of
 * nanoseconds. The packed form orders as time does. */
struct i2n_time {
	int64_t sec;
	uint32_t nsec;
};
#define I2N_TIME_MIN (-INT64_C(2147483648))
#define I2N_TIME_MAX (INT64_C(15032385535))
uint64_t i2n_time_pack(struct i2n_time t);	/* clamps to the range above */
struct i2n_time i2n_time_unpack(uint64_t packed);

enum i2n_inode_flags {
	I2N_INODE_XATTR = 1 << 0,	/* has user.*, trusted.* or other security.* attributes */
	I2N_INODE_ACL = 1 << 1,		/* has a POSIX ACL (access or default) */
	I2N_INODE_CAPS = 1 << 2,	/* has security.capability */
	I2N_INODE_CHATTR = 1 << 3,	/* has chattr(1) flags that change behaviour: immutable,
					 * append, nodump, ... */
	I2N_INODE_ENCRYPTED = 1 << 4,	/* content and names need a key */
	I2N_INODE_SPARSE = 1 << 5,	/* regular file that certainly has holes (allocated <
					 * size) */
	I2N_INODE_DAMAGED = 1 << 6,	/* reported as damaged by the reader; content may be
					 * unreadable */
	I2N_INODE_MEMORY = 1 << 7,	/* content comes from an edit, not from the image */
	I2N_INODE_READER0 = 1 << 12,	/* 4 bits of the reader's own */
	I2N_INODE_READER1 = 1 << 13,
	I2N_INODE_READER2 = 1 << 14,
	I2N_INODE_READER3 = 1 << 15,
};

struct i2n_inode {
	uint64_t size;			/* regular: bytes; symlink: length of the target; else as
					 * stored */
	uint64_t mtime, atime;		/* packed */
	union {
		uint64_t data;		/* regular, symlink: the reader's own */
		struct { uint32_t first, count; } dir;		/* its dirents in tree->dirents */
		struct { uint32_t major, minor; } rdev;		/* character and block devices */
	};
	uint32_t uid, gid;
	uint32_t ino;			/* number in the image */
	uint32_t first_dirent;		/* the first of them, which owns the data; I2N_NONE for the
					 * root */
	uint16_t mode;			/* type and 12 permission bits */
	uint16_t flags;			/* enum i2n_inode_flags */
	uint16_t nlink;			/* as stored in the image */
	uint16_t links;			/* dirents of the tree that name it; I2N_LINKS_MAX: so many
					 * or more. ext4 allows 65000 */
};
#define I2N_LINKS_MAX UINT16_MAX

static inline void i2n_inode_add_link(struct i2n_inode *in)
{
	in->links += in->links < I2N_LINKS_MAX;
}

struct i2n_dirent {
	uint32_t parent;		/* index of the directory's inode */
	uint32_t inode;			/* index of the inode it names */
	uint32_t name;			/* offset into tree->names: one byte length, then the
					 * bytes */
};

struct i2n_tree {
	struct i2n_inode *inodes;
	uint32_t n_inodes;
	struct i2n_dirent *dirents;	/* grouped by parent; within one directory ordered by the
					 * bytes of the name */
	uint32_t n_dirents;
	unsigned char *names;
	uint32_t names_len;
	uint32_t root;			/* index of the root directory's inode */
};

static inline const unsigned char *i2n_dirent_name(const struct i2n_tree *t,
						   const struct i2n_dirent *de,
						   size_t *ret_len)
{
	*ret_len = t->names[de->name];
	return t->names + de->name + 1;
}

static inline unsigned i2n_inode_type(const struct i2n_inode *in)
{
	return in->mode & I2N_S_IFMT;
}

/* Path of a dirent from the root of the tree, without leading slash ("etc/fstab"); I2N_NONE gives
 * ".". NUL-terminated, caller frees; *ret_len may be larger than PATH_MAX. NULL: out of memory. Not
 * recursive. */
char *i2n_tree_path(const struct i2n_tree *t, uint32_t dirent, size_t *ret_len);

/* Dirent `name` in the directory with inode index dir, or I2N_NONE. Binary search. */
uint32_t i2n_tree_lookup(const struct i2n_tree *t, uint32_t dir, const void *name, size_t len);

/* Dirent at a path ("/etc/fstab", "etc//fstab", "" = root -> *ret_inode = root). Symlinks are not
 * followed. Returns the inode index or I2N_NONE. ret_dirent may be NULL. */
uint32_t i2n_tree_resolve(const struct i2n_tree *t, const char *path, size_t len,
			  uint32_t *ret_dirent);

/* NULL: out of memory. The caller frees it. */
struct i2n_tree *i2n_tree_copy(const struct i2n_tree *t);
void i2n_tree_free(struct i2n_tree *t);

#endif
