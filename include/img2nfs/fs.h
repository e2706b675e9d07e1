/* fs.h - read an ext2/3/4 file system out of a struct i2n_source.
 *
 *	i2n_fs_open(src, &opts, &notes, &fs, &err);	superblock, features, journal replay in
 *							memory
 *	i2n_fs_tree(fs, &tree, &err);			all metadata, in sweeps over the disk
 *	i2n_fs_reader(fs)				file data and symlink targets
 *
 * Unit:      bytes; *_blk are file system blocks; times are packed as in node.h.
 * Thread:    one fs, one thread.
 * Ownership: the source stays the caller's and must outlive the fs; it is never written. Trees are
 *            the caller's.
 * Trust:     every on-disk number is hostile until range-checked. Damaged objects are left out of
 *            the tree with a note I2N_NOTE_DAMAGED each; only what makes the whole file system
 *            unreadable is an error.
 * Source:    libext2fs 1.47; Documentation/filesystems/ext4/ of Linux 6.1. */
#ifndef IMG2NFS_FS_H
#define IMG2NFS_FS_H

#include "img2nfs/note.h"
#include "img2nfs/reader.h"
#include "img2nfs/source.h"

struct i2n_fs;

enum i2n_journal_mode { I2N_JOURNAL_REPLAY, I2N_JOURNAL_IGNORE, I2N_JOURNAL_FAIL };

struct i2n_fs_opts {
	enum i2n_journal_mode journal;
	struct i2n_source *journal_device;	/* external journal, or NULL; not owned */
	bool strict;				/* the first damaged object ends the run */
	bool info_only;				/* superblock only, for `list`: no journal replay,
						 * no tree */
};

struct i2n_fs_info {
	char type[8];			/* "ext2", "ext3", "ext4", decided as blkid does */
	char label[17];			/* raw bytes */
	char uuid[37];
	uint64_t block_size, blocks, free_blocks, size, used;	/* size and used in bytes */
	uint64_t inodes, free_inodes, used_inodes;
	bool needs_recovery;		/* the journal has to be replayed */
	bool clean, has_errors;		/* s_state */
	const char *features;		/* space-separated as dumpe2fs prints them; owned by the
					 * fs */
	char last_mounted[65];		/* raw bytes */
	int64_t write_time, mount_time;	/* seconds since 1970 */
};

int i2n_fs_open(struct i2n_source *src, const struct i2n_fs_opts *opts,
		const struct i2n_notes *notes,
		struct i2n_fs **ret, struct i2n_err *err);
const struct i2n_fs_info *i2n_fs_info(const struct i2n_fs *fs);

/* Looks like the root of a Linux system: has /etc and one of /sbin/init, /usr/lib/systemd,
 * /lib/systemd. Reads only the few directories needed. false also when it cannot be read. */
bool i2n_fs_is_linux_root(struct i2n_fs *fs);

/* Read all metadata: inode tables in one sweep, directory blocks in one sweep, xattr blocks in one
 * sweep. */
int i2n_fs_tree(struct i2n_fs *fs, struct i2n_tree **ret, struct i2n_err *err);

/* How many bytes of the file system, from 0 on, can be read without waiting for a stream. Its size,
 * when there is nothing to wait for, or when all has to be waited for because a journal was
 * replayed. */
uint64_t i2n_fs_available(struct i2n_fs *fs);

/* The part of the tree that lies before byte `below`, which has come: objects whose names, inode,
 * attributes and content are all there, and all directories above them. Reads nothing behind it and
 * tells no notes. In a sound file system all of it is in the whole tree, at the same place; in a
 * damaged one it need not be. I2N_END: not even the root directory has come. */
int i2n_fs_tree_below(struct i2n_fs *fs, uint64_t below, struct i2n_tree **ret,
		      struct i2n_err *err);

/* What of the file system its block bitmaps call free, for a stream that need not keep that. It is
 * of its own: another thread may use it, and it may outlive the fs. base: where the file system
 * begins in what is asked about. I2N_END: the bitmaps are not the last word, as the journal has to
 * be replayed or the file system was not unmounted. */
struct i2n_unused;
int i2n_fs_unused(struct i2n_fs *fs, uint64_t base, struct i2n_unused **ret, struct i2n_err *err);
/* Is the byte at off in a block that is free? *ret_len: for so many the answer is the same. Where
 * the bitmap has not come (`come` ends before it), or is damaged, nothing is free. */
bool i2n_unused_at(struct i2n_unused *u, struct i2n_source *come, uint64_t off, uint64_t *ret_len);
void i2n_unused_free(struct i2n_unused *u);

struct i2n_reader *i2n_fs_reader(struct i2n_fs *fs);	/* owned by the fs */

/* Extended attributes of one inode, read now: fn is called for each, see reader.h. */
int i2n_fs_xattrs(struct i2n_fs *fs, const struct i2n_inode *in, i2n_xattr_fn *fn, void *ctx,
		  struct i2n_err *err);

/* chattr(1) flags of one inode as lsattr prints them ("ia", "d"), "" if none; buf of 32 bytes. */
int i2n_fs_chattr(struct i2n_fs *fs, const struct i2n_inode *in, char *buf, struct i2n_err *err);

void i2n_fs_free(struct i2n_fs *fs);

const char *i2n_fs_library(void);	/* version of libext2fs in use */

#endif
