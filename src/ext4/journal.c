#include "journal.h"

#include "checked.h"
#include "fastcommit_state.h"
#include "journal_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct replay {
	struct i2n_source *src;
	const unsigned char *sb;
	const struct i2n_fs_opts *opts;
	const struct i2n_notes *notes;
	struct journal_fs fs;
	struct journal_log log;
	struct journal_scan scan;
};

static void hint_ignore(struct i2n_err *err)
{
	i2n_err_hint(err, "the kernel would not mount this either; --journal ignore reads the "
			  "image without its journal, "
			  "which shows an older and perhaps inconsistent state");
}

/* --- finding the log --- */

static int open_internal(struct replay *r, struct i2n_err *err)
{
	struct i2n_err second = { .msg = "" };
	int rc = journal_map_inode(&r->fs, r->fs.journal_ino, &r->log.map, err), again;

	if (rc == I2N_OK)
		rc = log_init(&r->log, r->fs.block_size, 0, err);
	if (rc != I2N_BADNODE || !r->fs.has_backup)
		return rc;
	/* The inode is damaged: the superblock keeps a copy of where the journal lies. */
	log_release(&r->log);
	r->log = (struct journal_log){ .src = r->src };
	again = journal_map_backup(&r->fs, &r->log.map, &second);
	if (again == I2N_OK)
		again = log_init(&r->log, r->fs.block_size, 0, &second);
	if (again == I2N_BADNODE)
		return rc;
	if (again != I2N_OK) {
		if (err)
			*err = second;
		return again;
	}
	i2n_note(r->notes, I2N_NOTE_WARN, "journal", NULL, 0,
		 "the inode of the journal is damaged: found the journal by the copy in the "
		 "superblock");
	return I2N_OK;
}

static void format_uuid(char *buf, size_t cap, const unsigned char *u)
{
	(void)snprintf(buf, cap,
		       "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0],
		       u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
		       u[13], u[14], u[15]);
}

static int check_external(const struct replay *r, struct i2n_source *dev, struct i2n_err *err)
{
	char want[40], got[40];
	unsigned char sb[1024];
	int rc = i2n_source_pread(dev, sb, sizeof(sb), 1024, err);

	if (rc != I2N_OK)
		return rc;
	if (i2n_le16(sb + 0x38) != 0xef53 || !(i2n_le32(sb + 0x60) & JOURNAL_FS_JOURNAL_DEV))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot use %s as a journal: it is not a journal device",
				dev->name);
	if (memcmp(sb + 0x68, r->fs.journal_uuid, 16)) {
		format_uuid(want, sizeof(want), r->fs.journal_uuid);
		format_uuid(got, sizeof(got), sb + 0x68);
		return i2n_fail(
			err, I2N_FATAL, I2N_DOM_IMAGE, 0,
			"cannot use %s as a journal: its UUID is %s, the file system wants %s",
			dev->name, got, want);
	}
	return I2N_OK;
}

/* On a device of its own log blocks are counted from the start of the device; the journal
 * superblock follows the block with the ext2 superblock. */
static int open_external(struct replay *r, struct i2n_err *err)
{
	struct i2n_source *dev = r->opts->journal_device;
	char uuid[40];
	uint64_t blocks;
	int rc;

	if (!dev) {
		format_uuid(uuid, sizeof(uuid), r->fs.journal_uuid);
		i2n_err_set(err, I2N_DOM_IMAGE, 0,
			    "cannot replay the journal of %s: it is on another device, UUID %s",
			    r->src->name, uuid);
		i2n_err_hint(err, "give that device or an image of it with --journal-device PATH");
		return I2N_FATAL;
	}
	rc = check_external(r, dev, err);
	if (rc != I2N_OK)
		return rc;
	blocks = dev->size / r->fs.block_size;
	if (blocks > JOURNAL_MAX_BLOCKS)
		blocks = JOURNAL_MAX_BLOCKS;
	r->log.src = dev;
	r->log.external = true;
	r->log.map.runs = calloc(1, sizeof(*r->log.map.runs));
	if (!r->log.map.runs)
		return i2n_err_nomem(err);
	r->log.map.n = r->log.map.cap = 1;
	r->log.map.blocks = r->log.map.runs[0].len = (uint32_t)blocks;
	return log_init(&r->log, r->fs.block_size, 1024 / r->fs.block_size + 1, err);
}

/* I2N_BADNODE: there is no usable journal; I2N_FATAL: it cannot be read, is not known or not given.
 */
static int open_log(struct replay *r, struct i2n_err *err)
{
	r->log = (struct journal_log){ .src = r->src };
	return r->fs.journal_ino ? open_internal(r, err) : open_external(r, err);
}

/* --- what is done with it --- */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "2026-11-22 10:00:00 UTC, 3 days ago" */
static void format_age(char *buf, size_t cap, int64_t when)
{
	time_t t = (time_t)when, now = time(NULL);
	int64_t age = (int64_t)now - when;
	char date[40];
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm)) {
		(void)snprintf(buf, cap, "at an unknown time");
		return;
	}
	if (age < 0)
		(void)snprintf(buf, cap, "%s, in the future", date);
	else if (age < 7200)
		(void)snprintf(buf, cap, "%s, %" PRId64 " minute%s ago", date, age / 60,
			       plural((uint64_t)age / 60));
	else if (age < 2 * 86400)
		(void)snprintf(buf, cap, "%s, %" PRId64 " hours ago", date, age / 3600);
	else
		(void)snprintf(buf, cap, "%s, %" PRId64 " days ago", date, age / 86400);
}

static void note_left_out(const struct replay *r, const char *why)
{
	char age[80];

	format_age(age, sizeof(age), r->scan.last_commit);
	i2n_note(r->notes, I2N_NOTE_WARN, "journal", NULL, 0,
		 "%s: %" PRIu32 " transaction%s left out, the last one committed %s", why,
		 r->scan.end, plural(r->scan.end), age);
}

/* --journal=ignore. A journal that cannot even be read is no reason to stop then. */
static int ignore_journal(struct replay *r, struct journal_replay *ret, struct i2n_err *err)
{
	struct i2n_err why = { .msg = "" };
	int rc = open_log(r, &why);

	if (rc == I2N_OK)
		rc = scan_log(&r->log, &r->scan, &why);
	if (rc != I2N_OK && why.domain == I2N_DOM_SYS) {
		if (err)
			*err = why;
		return I2N_FATAL;
	}
	if (rc != I2N_OK)
		i2n_note(r->notes, I2N_NOTE_WARN, "journal", NULL, 0,
			 "the journal is ignored, and it is damaged: %s", why.msg);
	else if (r->scan.end)
		note_left_out(r, "the journal is ignored");
	ret->transactions = r->scan.end;
	ret->last_commit = r->scan.last_commit;
	return I2N_OK;
}

/* The kernel discards the log of a file system that does not ask for recovery. Say so if that loses
 * something, but let a journal that is damaged pass: nothing is wanted from it. */
static int discard_journal(struct replay *r, struct i2n_err *err)
{
	struct i2n_err why = { .msg = "" };
	int rc = r->fs.journal_ino || r->opts->journal_device ? open_log(r, &why) : I2N_BADNODE;

	if (rc == I2N_OK && r->log.start)
		rc = scan_log(&r->log, &r->scan, &why);
	if (rc != I2N_OK && why.domain == I2N_DOM_SYS) {
		if (err)
			*err = why;
		return I2N_FATAL;
	}
	if (rc == I2N_OK && r->scan.end)
		note_left_out(
			r,
			"the journal is not empty, but the superblock does not ask for its replay");
	return I2N_OK;
}

static int tell_damage(struct replay *r, uint64_t outside, struct i2n_err *err)
{
	char text[300];

	if (r->scan.damaged)
		(void)snprintf(text, sizeof(text),
			       "the journal is damaged in transaction %" PRIu32
			       ", log block %" PRIu32 ": %s; %" PRIu32
			       " transaction%s before it %s replayed, the rest is left out",
			       r->log.sequence + r->scan.end, r->scan.damaged_blk,
			       r->scan.what ? r->scan.what : "its checksum is wrong", r->scan.end,
			       plural(r->scan.end), r->scan.end == 1 ? "is" : "are");
	else if (outside)
		(void)snprintf(text, sizeof(text),
			       "the journal holds %" PRIu64
			       " block%s for places outside the image, "
			       "left out",
			       outside, plural(outside));
	else
		return I2N_OK;
	if (r->opts->strict) {
		i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot replay the journal of %s: %s",
			    r->src->name, text);
		hint_ignore(err);
		return I2N_FATAL;
	}
	i2n_note(r->notes, I2N_NOTE_DAMAGED, "journal", NULL, 0, "%s", text);
	return I2N_OK;
}

static void tell_replayed(const struct replay *r, size_t blocks)
{
	if (r->log.errnum)
		i2n_note(r->notes, I2N_NOTE_WARN, "journal", NULL, 0,
			 "the kernel had given up this journal with error %" PRId32
			 ": what came after that is not in it",
			 r->log.errnum);
	if (r->scan.dropped && !r->scan.damaged)
		i2n_note(r->notes, I2N_NOTE_WARN, "journal", NULL, 0,
			 "transaction %" PRIu32
			 " is incomplete and left out, as the kernel does (async commit)",
			 r->log.sequence + r->scan.end);
	if (r->scan.end)
		i2n_note(r->notes, I2N_NOTE_INFO, "journal", NULL, 0,
			 "replayed %" PRIu32 " transaction%s of the journal in memory: %zu block%s",
			 r->scan.end, plural(r->scan.end), blocks, plural(blocks));
}

/* Fast commits follow the last full transaction. They are looked for only where that is certain. */
static int replay_fast(struct replay *r, struct journal_replay *ret, struct i2n_err *err)
{
	unsigned char sb[1024];
	uint32_t left_out;
	int rc = I2N_OK;

	if (!r->log.has_fast || !r->log.start || r->scan.damaged || r->scan.dropped)
		return I2N_OK;
	if (!ret->overlay)
		rc = overlay_new(r->src, NULL, r->fs.block_size, NULL, 0, &ret->overlay, err);
	/* the journal may have brought another superblock; without a sound primary one the backup
	 * stays good */
	if (rc == I2N_OK)
		rc = i2n_source_pread(ret->overlay, sb, sizeof(sb), 1024, err);
	if (rc == I2N_OK)
		rc = fast_replay(ret->overlay, i2n_le16(sb + 0x38) == 0xef53 ? sb : r->sb, &r->log,
				 r->log.sequence + r->scan.end, r->notes, &ret->fast, &left_out,
				 err);
	if (rc != I2N_OK || !left_out)
		return rc;
	if (r->opts->strict)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot replay the fast commits of %s: %" PRIu32
				" tag%s do not fit the file system",
				r->src->name, left_out, plural(left_out));
	i2n_note(r->notes, I2N_NOTE_DAMAGED, "journal", NULL, 0,
		 "%" PRIu32 " tag%s of the fast commits %s not fit the file system, left out as "
			    "the kernel does",
		 left_out, plural(left_out), left_out == 1 ? "does" : "do");
	return I2N_OK;
}

static int replay_journal(struct replay *r, struct journal_replay *ret, struct i2n_err *err)
{
	struct overlay_block *blocks = NULL;
	uint64_t outside = 0;
	size_t n = 0;
	int rc = open_log(r, err);

	if (rc == I2N_BADNODE) {
		i2n_err_wrap(err, "cannot replay the journal of %s", r->src->name);
		hint_ignore(err);
		return I2N_FATAL;
	}
	if (rc == I2N_OK)
		rc = scan_log(&r->log, &r->scan, err);
	if (rc == I2N_OK)
		rc = scan_blocks(&r->log, &r->scan, r->src->size / r->fs.block_size, &blocks, &n,
				 &outside, err);
	if (rc == I2N_OK)
		rc = tell_damage(r, outside, err);
	if (rc == I2N_OK && n)
		rc = overlay_new(r->src, r->opts->journal_device, r->fs.block_size, blocks, n,
				 &ret->overlay, err);
	if (rc != I2N_OK || !n) {
		free(blocks);
		if (rc != I2N_OK)
			return rc;
	}
	ret->transactions = r->scan.end;
	ret->last_commit = r->scan.last_commit;
	ret->blocks = (uint32_t)n;
	ret->damaged = r->scan.damaged;
	tell_replayed(r, n);
	return replay_fast(r, ret, err);
}

static int refuse_dirty(const struct replay *r, struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot read %s: its journal has to be replayed",
		    r->src->name);
	i2n_err_hint(err, "--journal replay does that in memory and leaves the image as it is");
	return I2N_FATAL;
}

/* Where a read unpacks all that is around it, the unpacking begins now and goes on beside that of
 * the tables, which are read first. */
static void hint_log(const struct replay *r)
{
	struct journal_map map = { 0 };
	struct i2n_err err;

	if (journal_map_inode(&r->fs, r->fs.journal_ino, &map, &err) == I2N_OK && map.n)
		i2n_source_willneed(r->src, map.runs[0].phys_blk * r->fs.block_size,
				    r->fs.block_size);
	journal_map_release(&map);
}

static int decide(struct replay *r, struct journal_replay *ret, struct i2n_err *err)
{
	if (r->fs.incompat & JOURNAL_FS_JOURNAL_DEV || !(r->fs.compat & JOURNAL_FS_HAS_JOURNAL)) {
		if (r->fs.incompat & JOURNAL_FS_RECOVER)
			i2n_note(r->notes, I2N_NOTE_WARN, "journal", NULL, 0,
				 "the superblock asks for the replay of a journal, but there is "
				 "none");
		return I2N_OK;
	}
	if (!(r->fs.incompat & JOURNAL_FS_RECOVER)) {
		/* nothing that decides about the tree: no reason to wait for half of a stream */
		ret->look_later = i2n_source_available(r->src) < r->src->size || r->src->by_block;
		if (r->src->by_block)
			hint_log(r);
		return ret->look_later ? I2N_OK : discard_journal(r, err);
	}
	switch (r->opts->journal) {
	case I2N_JOURNAL_FAIL:
		return refuse_dirty(r, err);
	case I2N_JOURNAL_IGNORE:
		return ignore_journal(r, ret, err);
	case I2N_JOURNAL_REPLAY:
		break;
	}
	return replay_journal(r, ret, err);
}

int journal_replay(struct i2n_source *src, const void *sb, const struct i2n_fs_opts *opts,
		   const struct i2n_notes *notes, struct journal_replay *ret, struct i2n_err *err)
{
	struct replay r = { .src = src, .opts = opts, .notes = notes };
	unsigned char primary[1024];
	int rc = I2N_OK;

	memset(ret, 0, sizeof(*ret));
	if (!sb) {
		rc = i2n_source_pread(src, primary, sizeof(primary), 1024, err);
		sb = primary;
	}
	r.sb = sb;
	if (rc == I2N_OK)
		rc = journal_fs_init(&r.fs, src, sb, err);
	if (rc == I2N_OK)
		rc = decide(&r, ret, err);
	log_release(&r.log);
	if (rc == I2N_OK)
		return I2N_OK;
	journal_release(ret);
	return I2N_FATAL;
}

int journal_look(struct i2n_source *src, const void *sb, const struct i2n_fs_opts *opts,
		 const struct i2n_notes *notes, struct i2n_err *err)
{
	struct replay r = { .src = src, .opts = opts, .notes = notes, .sb = sb };
	int rc = journal_fs_init(&r.fs, src, sb, err);

	if (rc == I2N_OK)
		rc = discard_journal(&r, err);
	log_release(&r.log);
	return rc;
}

void journal_release(struct journal_replay *replay)
{
	i2n_source_free(replay->overlay);
	fastcommit_free(replay->fast);
	memset(replay, 0, sizeof(*replay));
}
