/* fastcommit.h - the fast commits behind a JBD2 journal, applied in memory.
 *
 * A fast commit is a list of tags: this inode now has these fields, these blocks were added to it,
 * this name was linked. The kernel replays them through its own namei and extent code, which
 * allocates blocks. Here
 *
 *         - inodes and extent trees become patches of the overlay: whoever reads the file system
 *           sees them;
 *         - names stay a list, which the tree loader applies to the dirents it has read
 *           (fastcommit_dirent() for each of them, then fastcommit_added()).
 *
 * New nodes of extent trees and the first blocks of new directories need a place that nothing else
 * uses: they are given blocks of the journal, whose own content nobody reads through the overlay.
 *
 * Difference from the kernel: its replay sets the mtime and ctime of every directory it touches to
 * the time of the mount and gives new directories a link count of 1. Here directories keep the
 * times of the last full commit (a fast commit does not hold them; a new directory has the times in
 * its inode), and new ones the link count of their inode. Where the kernel's replay fails half way
 * ("ext4_append: Logical block already allocated", seen with 6.18 after a mkdir) this one goes on.
 * A file that outgrows its inode (inline_data) within one fast commit loses its blocks in both;
 * here that is told as damage.
 *
 * Thread:    one.
 * Ownership: journal_release() frees it; names are valid as long.
 * Trust:     only tags of complete fast commits (checksum and transaction of the TAIL tag are
 *            right) are looked at. Memory: FAST_MAX_BYTES for all together.
 * Source:    Documentation/filesystems/ext4/journal.rst (Fast commits); Linux 6.18
 *            fs/ext4/fast_commit.h for the tags. */
#ifndef EXT4_FASTCOMMIT_H
#define EXT4_FASTCOMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fastcommit;

/* The area for fast commits is usually 1 MiB. */
#define FAST_MAX_BYTES (UINT64_C(256) << 20)

/* What an entry `name` of directory `parent`, which the image says names inode `ino`, names after
 * the fast commits: `ino` in nearly all cases, 0 = removed. f may be NULL. */
uint32_t fastcommit_dirent(struct fastcommit *f, uint32_t parent, const void *name, size_t len,
			   uint32_t ino);

/* Names that fast commits made and for which fastcommit_dirent() was not called, since the image
 * does not have them. Walk with i = 0, 1, ... until false. Names are 1 to 255 bytes without '/' and
 * NUL and not "." or "..". */
struct fast_name {
	uint32_t parent, ino;
	const unsigned char *name;
	size_t len;
};
bool fastcommit_added(const struct fastcommit *f, size_t *i, struct fast_name *ret);

void fastcommit_free(struct fastcommit *f);

#endif
