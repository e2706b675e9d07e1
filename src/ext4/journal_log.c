#include "journal_log.h"

#include "checked.h"
#include "journal.h"

#include <sys/types.h>
#include <ext2fs/ext2fs.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW (256u * 1024)
#define MIN_JOURNAL_BLOCKS                                                                         \
	1024u /* the log proper never becomes smaller for the sake of fast commits */
#define DEFAULT_FAST_BLOCKS 256u

static int bad(struct i2n_err *err, const char *what)
{
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "cannot use the journal: %s", what);
}

uint32_t log_csum(uint32_t crc, const void *buf, size_t len)
{
	return ext2fs_crc32c_le(crc, buf, len);
}

uint32_t log_csum_be(uint32_t crc, const void *buf, size_t len)
{
	return ext2fs_crc32_be(crc, buf, len);
}

uint32_t log_csum_without(const struct journal_log *log, const unsigned char *block, uint32_t hole)
{
	static const unsigned char zeros[4];
	uint32_t crc = log_csum(log->csum_seed, block, hole);

	crc = log_csum(crc, zeros, sizeof(zeros));
	return log_csum(crc, block + hole + 4, log->block_size - hole - 4);
}

/* The journal superblock's own checksum; field offsets are those of journal.rst. */
static bool is_csum_right(const unsigned char *sb)
{
	static const unsigned char zeros[4];
	uint32_t crc = log_csum(~0u, sb, 0xfc);

	crc = log_csum(crc, zeros, sizeof(zeros));
	return log_csum(crc, sb + 0x100, 1024 - 0x100) == i2n_be32(sb + 0xfc);
}

static int check_features(struct journal_log *log, const unsigned char *sb, struct i2n_err *err)
{
	uint32_t compat = i2n_be32(sb + 0x24), incompat = i2n_be32(sb + 0x28);

	if (i2n_be32(sb + 4) == 3)		/* version 1 has no features */
		return I2N_OK;
	if (incompat & ~(uint32_t)LOG_INCOMPAT_KNOWN)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot use the journal: it has unknown features (0x%" PRIx32 ")",
				incompat & ~(uint32_t)LOG_INCOMPAT_KNOWN);
	log->csum_v1 = compat & LOG_COMPAT_CHECKSUM;
	log->csum_v2 = incompat & LOG_CSUM_V2;
	log->csum_v3 = incompat & LOG_CSUM_V3;
	log->has_64bit = incompat & LOG_64BIT;
	log->has_async = incompat & LOG_ASYNC_COMMIT;
	log->has_fast = incompat & LOG_FAST_COMMIT;
	if (log->csum_v1 + log->csum_v2 + log->csum_v3 > 1)
		return bad(err, "it has two kinds of checksums at once");
	if (!log->csum_v2 && !log->csum_v3)
		return I2N_OK;
	if (sb[0x50] != 4)			/* crc32c, the only one there is */
		return bad(err, "its checksums are of an unknown type");
	if (!is_csum_right(sb))
		return bad(err, "the checksum of its superblock is wrong");
	log->csum_seed = log_csum(~0u, sb + 0x30, 16);
	log->tail_len = 4;
	return I2N_OK;
}

/* The fast commit area is cut off the end of the ring, with one block between that belongs to
 * neither. */
static void set_fast_area(struct journal_log *log, const unsigned char *sb)
{
	uint32_t n = i2n_be32(sb + 0x54);

	log->fast_first = log->fast_last = log->last;
	if (!log->has_fast)
		return;
	if (!n)
		n = DEFAULT_FAST_BLOCKS;
	if (n < log->last && log->last - n >= MIN_JOURNAL_BLOCKS)
		log->last -= n;
	log->fast_first = log->last + 1;
	if (log->fast_first > log->fast_last)
		log->fast_first = log->fast_last;
}

static int check_geometry(struct journal_log *log, const unsigned char *sb, struct i2n_err *err)
{
	if (i2n_be32(sb + 0xc) != log->block_size)
		return bad(err, "its block size is not that of the file system");
	log->last = i2n_be32(sb + 0x10);
	log->first = i2n_be32(sb + 0x14);
	log->sequence = i2n_be32(sb + 0x18);
	log->start = i2n_be32(sb + 0x1c);
	log->errnum = (int32_t)i2n_be32(sb + 0x20);
	if (log->last > log->map.blocks)
		return bad(err, "it says that it is longer than its file");
	if (log->last > JOURNAL_MAX_BLOCKS)
		return bad(err, "it is larger than any that can be made");
	if (!log->first || log->first >= log->last)
		return bad(err, "its first block is out of range");
	set_fast_area(log, sb);
	if (log->first >= log->last ||
	    (log->start && (log->start < log->first || log->start >= log->last)))
		return bad(err, "its oldest transaction is out of range");
	return I2N_OK;
}

int log_init(struct journal_log *log, uint32_t block_size, uint32_t sb_blk, struct i2n_err *err)
{
	unsigned char sb[1024];
	const unsigned char *block;
	int rc;

	log->block_size = block_size;
	log->win_n = 0;
	log->win = malloc(WINDOW > block_size ? WINDOW : block_size);
	if (!log->win)
		return i2n_err_nomem(err);
	rc = log_read(log, sb_blk, &block, err);
	if (rc != I2N_OK)
		return rc;
	memcpy(sb, block, sizeof(sb));
	if (i2n_be32(sb) != 0xc03b3998u || (i2n_be32(sb + 4) != 3 && i2n_be32(sb + 4) != 4))
		return bad(err, "there is no journal superblock");
	rc = check_features(log, sb, err);
	if (rc == I2N_OK)
		rc = check_geometry(log, sb, err);
	/* A tag is 8 bytes, and 4 more for the upper half of the block number; csum v2 adds two
	 * bytes that nothing uses (the 16 bits of its checksum are in the 8), csum v3 is always 16.
	 */
	log->tag_len = log->csum_v3 ? 16 : 8 + (log->has_64bit ? 4 : 0) + (log->csum_v2 ? 2 : 0);
	return rc;
}

void log_release(struct journal_log *log)
{
	journal_map_release(&log->map);
	free(log->win);
	log->win = NULL;
}

/* The run that holds a log block, or NULL. */
static const struct journal_run *find_run(const struct journal_map *map, uint32_t blk)
{
	uint32_t lo = 0, hi = map->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct journal_run *run = &map->runs[mid];

		if (blk < run->log_blk)
			hi = mid;
		else if (blk - run->log_blk >= run->len)
			lo = mid + 1;
		else
			return run;
	}
	return NULL;
}

bool log_pos(const struct journal_log *log, uint32_t blk, uint64_t *ret_pos)
{
	const struct journal_run *run = find_run(&log->map, blk);

	return run && i2n_mul(run->phys_blk + (blk - run->log_blk), log->block_size, ret_pos) &&
	       i2n_range_ok(*ret_pos, log->block_size, log->src->size);
}

/* Fill the window with the blocks from blk on that lie one after the other. */
static int fill_window(struct journal_log *log, uint32_t blk, struct i2n_err *err)
{
	const struct journal_run *run = find_run(&log->map, blk);
	uint32_t n = WINDOW > log->block_size ? WINDOW / log->block_size : 1;
	uint64_t pos;
	int rc;

	log->win_n = 0;
	if (!run || !log_pos(log, blk, &pos))
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"cannot read block %" PRIu32
				" of the journal: it lies outside the image",
				blk);
	if (n > run->len - (blk - run->log_blk))
		n = run->len - (blk - run->log_blk);
	if (n > (log->src->size - pos) / log->block_size)
		n = (uint32_t)((log->src->size - pos) / log->block_size);
	rc = i2n_source_pread(log->src, log->win, (size_t)n * log->block_size, pos, err);
	if (rc != I2N_OK)
		return rc;
	log->win_blk = blk;
	log->win_n = n;
	return I2N_OK;
}

int log_read(struct journal_log *log, uint32_t blk, const unsigned char **ret, struct i2n_err *err)
{
	if (blk < log->win_blk || blk - log->win_blk >= log->win_n) {
		int rc = fill_window(log, blk, err);

		if (rc != I2N_OK)
			return rc;
	}
	*ret = log->win + (size_t)(blk - log->win_blk) * log->block_size;
	return I2N_OK;
}
