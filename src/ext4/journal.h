/* journal.h - replay the JBD2 journal of an ext3/4 file system in memory.
 *
 * The image is never written. The result is a source stacked on the image (overlay.h) in which the
 * file system is what the kernel would have made of it by mounting it, and the fast commits that
 * follow the journal (fastcommit.h), which the tree loader applies.
 *
 *	journal_replay(src, NULL, opts, notes, &replay, &err);
 *	fs_src = replay.overlay ? replay.overlay : src;
 *	read superblock and group descriptors from fs_src
 *
 * Unit:      transactions are counted, blocks are file system blocks.
 * Thread:    one source, one thread.
 * Ownership: journal_release() frees what the result holds; src and opts->journal_device outlive
 *            it.
 * Trust:     everything on the medium is hostile. Memory: 16 bytes per logged block (twice that
 *            while building), at most JOURNAL_MAX_BLOCKS of them; time: at most three passes over
 *            the log.
 * Errors:    I2N_FATAL: it cannot be replayed (no journal, no valid journal superblock, unknown
 *            feature, read error, --journal=fail). A transaction that is damaged ends the replay
 *            there with a note I2N_NOTE_DAMAGED, where the kernel refuses to mount; with
 *            opts->strict it is I2N_FATAL.
 * Source:    Documentation/filesystems/ext4/journal.rst; Linux 6.18 for what is not written
 * there. */
#ifndef EXT4_JOURNAL_H
#define EXT4_JOURNAL_H

#include "img2nfs/fs.h"

/* mke2fs makes journals of at most 10,240,000 blocks. */
#define JOURNAL_MAX_BLOCKS (UINT32_C(1) << 24)

struct fastcommit;

struct journal_replay {
	struct i2n_source *overlay;	/* NULL: nothing to replay, read the image itself */
	struct fastcommit *fast;	/* NULL: no fast commits; see fastcommit.h */
	uint32_t transactions; /* complete ones: replayed, or left out with I2N_JOURNAL_IGNORE */
	uint32_t blocks;		/* in the overlay */
	int64_t last_commit;		/* time of the last of them, seconds since 1970; 0 = none */
	bool damaged;			/* the replay ended at a damaged transaction */
	bool look_later;		/* journal_look() is still to be called */
};

/* sb: the 1024 bytes of the superblock to go by (a backup, when the primary is damaged), NULL: read
 * it from src. A superblock without the flag needs_recovery means that nothing is replayed: a log
 * that is not empty is discarded, as the kernel does. */
int journal_replay(struct i2n_source *src, const void *sb, const struct i2n_fs_opts *opts,
		   const struct i2n_notes *notes, struct journal_replay *ret, struct i2n_err *err);
/* What journal_replay() has to say of a log that is discarded, put off because a stream has not
 * brought it yet or it is being unpacked: I2N_OK, or it cannot be read. */
int journal_look(struct i2n_source *src, const void *sb, const struct i2n_fs_opts *opts,
		 const struct i2n_notes *notes, struct i2n_err *err);
void journal_release(struct journal_replay *replay);

#endif
