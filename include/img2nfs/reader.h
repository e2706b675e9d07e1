/* reader.h - the content behind the nodes of a tree: file data and symlink targets.
 *
 * ext4/ implements it over an image; edit/ wraps it to put own bytes behind some nodes. The
 * engine's sinks use nothing else to get at content.
 *
 *	r->ops->open(r, inode, &file, &err);
 *	while ((rc = r->ops->next(file, max, &range, &err)) == I2N_OK)
 *		r->ops->read(file, buf, range.len, range.off, &err);
 *	r->ops->close(file);
 *
 * Unit:      bytes of the file.
 * Thread:    one reader, one thread; any number of files open at a time (each costs at most a few
 *            blocks of memory).
 * Ownership: an open file is the caller's until close. The inode must stay valid meanwhile.
 * Trust:     ranges are inside the file's size, ascending and disjoint; an extent tree that is not
 *            so is I2N_BADNODE.
 * Errors:    I2N_BADNODE: this file is damaged; I2N_FATAL: metadata of the image cannot be read, or
 *            memory is out. */
#ifndef IMG2NFS_READER_H
#define IMG2NFS_READER_H

#include "img2nfs/acl.h"
#include "img2nfs/node.h"

struct i2n_reader;
struct i2n_file;	/* each implementation has its own */

struct i2n_range {
	uint64_t off, len;	/* data: [off, off + len) of the file, len > 0, off + len <= size */
	uint64_t at;		/* where on the medium it begins, 0 = not said: a sort key */
};

/* With by_block, where a file goes on farther than this from where a range began, that is another
 * range: it is read at another time. */
#define I2N_RANGE_SPAN (UINT64_C(2) << 20)

static inline bool i2n_range_is_far(const struct i2n_range *first, uint64_t at)
{
	return at > first->at ? at - first->at > I2N_RANGE_SPAN : first->at - at > I2N_RANGE_SPAN;
}

/* value: as getxattr(2) would return it; may be NULL with len 0. name: with its namespace, as in
 * "security.capability"; neither is there after the call. */
typedef void i2n_xattr_fn(void *ctx, const char *name, const void *value, size_t len);

struct i2n_reader_ops {
	int (*open)(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_file **ret,
		    struct i2n_err *err);
	/* The next data range, at most max bytes of it (the rest comes with the next call). Holes
	 * and unwritten extents are skipped. I2N_END: no more data; the rest up to the size is a
	 * hole. */
	int (*next)(struct i2n_file *file, uint64_t max, struct i2n_range *ret,
		    struct i2n_err *err);
	/* Read bytes that lie inside ranges already returned by next, adjacent ones if several. */
	int (*read)(struct i2n_file *file, void *buf, size_t len, uint64_t off,
		    struct i2n_err *err);
	/* Start again before the first range (a changed write verifier, a verification). */
	int (*rewind)(struct i2n_file *file, struct i2n_err *err);
	void (*close)(struct i2n_file *file);
	/* Target of a symlink: in->size bytes into buf (cap is at least that; never more than
	 * 65535). No NUL added. */
	int (*readlink)(struct i2n_reader *r, const struct i2n_inode *in, void *buf, size_t cap,
			struct i2n_err *err);
	/* Where the content starts on the medium: a sort key for reading in disk order; 0 =
	 * nowhere, or unknown. */
	uint64_t (*where)(const struct i2n_reader *r, const struct i2n_inode *in);
	/* The POSIX ACLs of an inode with I2N_INODE_ACL; *ret is the caller's. I2N_BADNODE: what is
	 * there is none. May be NULL where the tree has no such inode. */
	int (*acl)(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_acl *ret,
		   struct i2n_err *err);
	/* Each extended attribute of an inode, ACLs ("system.posix_acl_access") and capabilities
	 * among them. I2N_BADNODE: some are damaged; fn has been given the others. May be NULL
	 * where the tree has no inode with such. */
	int (*xattrs)(struct i2n_reader *r, const struct i2n_inode *in, i2n_xattr_fn *fn, void *ctx,
		      struct i2n_err *err);
	/* A hint that this inode's data will be read soon. */
	void (*willneed)(struct i2n_reader *r, const struct i2n_inode *in);
};

/* Embed as first member. All ops but acl and xattrs are required. */
struct i2n_reader {
	const struct i2n_reader_ops *ops;
	uint64_t ahead;		/* willneed() is worth saying of so many bytes before they are
				 * read; 0: not at all */
	bool by_block;		/* as in source.h: what is read next should lie near */
	uint64_t behind;	/* as in source.h: no more before what was read last than this */
};

#endif
