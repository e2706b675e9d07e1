#include "img2nfs/ptable.h"

#include "checked.h"
#include "ptable_own.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_LEN 8192u		/* where the labels of BSD, Sun and SGI lie, too */

struct table {
	struct i2n_source *src;
	const struct i2n_notes *notes;
	struct i2n_err *err;
	uint32_t sector_size;
	struct gpt gpt;
	enum mbr_kind mbr;
	unsigned char head[HEAD_LEN];
	size_t head_len;
};

static bool has_gpt(const struct table *t)
{
	return t->gpt.primary.is_valid || t->gpt.backup.is_valid;
}

static bool is_sector_size(uint32_t n)
{
	return n == 512 || n == 1024 || n == 2048 || n == 4096;
}

static bool has_protective_entry(const struct table *t)
{
	unsigned i;

	for (i = 0; i < 4 && t->head_len >= MBR_SIZE; i++)
		if (t->head[446 + 16 * i + 4] == 0xee)
			return true;
	return false;
}

/* The backup at the end of a stream is worth waiting for only where a GPT ought to be. */
static int load_gpt(struct table *t, uint32_t sector_size)
{
	bool may_wait = !t->src->is_open_ended && has_protective_entry(t);

	t->sector_size = sector_size;
	gpt_release(&t->gpt);
	return gpt_load(t->src, sector_size, !t->src->is_stream || may_wait, &t->gpt, t->err);
}

/* Settle the sector size and read the GPT with it. */
static int find_gpt(struct table *t, uint32_t wanted)
{
	int rc;

	if (wanted && !is_sector_size(wanted))
		return i2n_fail(t->err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"cannot use sectors of %" PRIu32
				" bytes, but of 512, 1024, 2048 or 4096",
				wanted);
	if (!wanted && is_sector_size(t->src->sector_size))
		wanted = t->src->sector_size;
	if (wanted)
		return load_gpt(t, wanted);
	rc = load_gpt(t, 512);
	if (rc != I2N_OK || has_gpt(t))
		return rc;
	rc = load_gpt(t, 4096);
	if (rc != I2N_OK || has_gpt(t))
		return rc;
	return load_gpt(t, 512);
}

/* The boot sector of FAT and NTFS has the signature of a DOS table, and a file system may have been
 * made over an old one: where a file system begins at byte 0, only a table that makes sense
 * counts. */
static int judge_mbr(struct table *t)
{
	struct i2n_fstype whole;
	int rc;

	t->mbr = t->head_len < MBR_SIZE ? MBR_NONE
					: mbr_judge(t->head, t->src->size / t->sector_size);
	if (t->mbr != MBR_EMPTY && t->mbr != MBR_DOUBTFUL)
		return I2N_OK;
	rc = i2n_fstype_probe(t->src, &whole, t->err);
	if (rc == I2N_OK && whole.kind != I2N_FS_UNKNOWN && whole.kind != I2N_FS_EMPTY)
		t->mbr = MBR_NONE;
	return rc;
}

static void note_gpt(const struct table *t)
{
	const char *name = t->src->name;

	if (t->mbr == MBR_PROTECTIVE && !has_gpt(t))
		i2n_note(t->notes, I2N_NOTE_WARN, "partition-table", NULL, 0,
			 "both copies of the GPT of %s are damaged or missing", name);
	else if (t->mbr == MBR_PROTECTIVE && !t->gpt.primary.is_valid)
		i2n_note(t->notes, I2N_NOTE_WARN, "partition-table", NULL, 0,
			 "the GPT of %s is damaged; its backup at the end is used", name);
	else if (t->mbr == MBR_PROTECTIVE && !t->gpt.backup.is_valid && !t->gpt.is_backup_skipped)
		i2n_note(t->notes, I2N_NOTE_INFO, "partition-table", NULL, 0,
			 "the backup GPT of %s is damaged or missing", name);
	else if (t->mbr != MBR_PROTECTIVE && t->gpt.primary.is_valid)
		i2n_note(
			t->notes, I2N_NOTE_WARN, "partition-table", NULL, 0,
			"%s has a GPT, but no protective MBR; the GPT is left alone, as Linux does",
			name);
}

/* As long as the disk that the GPT was made for, so that libfdisk decodes the table of a truncated
 * image, too. */
static uint64_t view_size(const struct table *t)
{
	uint64_t size = t->src->size;

	if (t->gpt.primary.is_valid && t->gpt.primary.end > size)
		size = t->gpt.primary.end;
	if (t->gpt.backup.is_valid && t->gpt.backup.end > size)
		size = t->gpt.backup.end;
	return size;
}

static int fill_view(struct table *t, struct view *v)
{
	int rc;

	/* a header that did not stand the test must not be met by libfdisk, which trusts the sizes
	 * in it */
	if (t->head_len > t->sector_size && !memcmp(t->head + t->sector_size, "EFI PART", 8))
		memset(t->head + t->sector_size, 0, 8);
	if (t->mbr == MBR_NONE && t->head_len >= MBR_SIZE)
		memset(t->head + 510, 0, 2);	/* no DOS table: libfdisk shall not see one */
	rc = view_put(v, t->head, t->head_len, 0, t->err);
	if (rc == I2N_OK)
		rc = gpt_copy_to(&t->gpt, v, t->err);
	if (rc == I2N_OK && t->mbr != MBR_NONE)
		rc = dos_copy_chain(t->src, t->head, t->sector_size, v, t->notes, t->err);
	return rc;
}

static int decode(struct table *t, struct i2n_ptable *pt)
{
	struct view v;
	int rc = view_init(&v, view_size(t), t->err);

	if (rc == I2N_OK)
		rc = fill_view(t, &v);
	if (rc == I2N_OK)
		rc = fdisk_decode(&v, t->src->size, t->sector_size, t->notes, pt, t->err);
	view_release(&v);
	return rc;
}

static int read_table(struct table *t, uint32_t sector_size, struct i2n_ptable *pt)
{
	int rc;

	t->head_len = t->src->size < HEAD_LEN ? (size_t)t->src->size : HEAD_LEN;
	rc = i2n_source_pread(t->src, t->head, t->head_len, 0, t->err);
	if (rc == I2N_OK)
		rc = find_gpt(t, sector_size);
	if (rc == I2N_OK)
		rc = judge_mbr(t);
	if (rc != I2N_OK)
		return rc;
	pt->sector_size = t->sector_size;
	if (t->src->size < 2 * t->sector_size)
		return I2N_OK;	/* too small for any table */
	note_gpt(t);
	return decode(t, pt);
}

int i2n_ptable_read(struct i2n_source *src, uint32_t sector_size, const struct i2n_notes *notes,
		    struct i2n_ptable **ret, struct i2n_err *err)
{
	struct i2n_ptable *pt = calloc(1, sizeof(*pt));
	struct table *t = calloc(1, sizeof(*t));
	int rc;

	if (!pt || !t) {
		rc = i2n_err_nomem(err);
		goto out;
	}
	t->src = src;
	t->notes = notes;
	t->err = err;
	rc = read_table(t, sector_size, pt);
	gpt_release(&t->gpt);
out:
	free(t);
	if (rc == I2N_OK)
		*ret = pt;
	else
		i2n_ptable_free(pt);
	return rc;
}

void i2n_ptable_free(struct i2n_ptable *pt)
{
	if (!pt)
		return;
	free(pt->parts);
	free(pt);
}
