/* journal_scan.h - which transactions of a log are to be replayed, and where the newest copy of
 * each block lies.
 *
 * Transactions are numbered from 0 in the order of the log; their sequence numbers, which may wrap
 * around, are log->sequence + number.
 *
 * Trust:     a walk ends after as many blocks as the ring has, whatever the blocks say.
 * Errors:    I2N_FATAL only: a read error or no memory. What is damaged is told in struct
 *            journal_scan. */
#ifndef EXT4_JOURNAL_SCAN_H
#define EXT4_JOURNAL_SCAN_H

#include "journal_log.h"
#include "overlay.h"

struct journal_scan {
	uint32_t end;			/* transactions 0 .. end - 1 are complete and sound */
	bool damaged; /* the next one is committed but damaged; `what` and `damaged_blk` say how */
	bool dropped; /* the next one has a wrong checksum, which async commit allows for the last
		       */
	const char *what;
	uint32_t damaged_blk;		/* log block */
	int64_t last_commit; /* time of the last sound commit block seen, seconds since 1970; 0 =
				none */
};

int scan_log(struct journal_log *log, struct journal_scan *scan, struct i2n_err *err);

/* The newest copies of all blocks below fs_blocks in transactions 0 .. scan->end - 1, without the
 * revoked ones. *ret: as overlay_new() wants it, NULL if there are none; *ret_outside: how many
 * tags name blocks beyond fs_blocks. */
int scan_blocks(struct journal_log *log, const struct journal_scan *scan, uint64_t fs_blocks,
		struct overlay_block **ret, size_t *ret_n, uint64_t *ret_outside,
		struct i2n_err *err);

#endif
