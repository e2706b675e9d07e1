/* The two copies of a GPT: found and verified (UEFI 2.10 section 5.3.2), not decoded. */
#include "checked.h"
#include "ptable_own.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_MIN 92u
#define ENTRY_MIN 128u
#define ENTRIES_LEN_MAX ((uint64_t)1 << 20)	/* 8192 entries; the standard has 128 */
#define DISK_END_MAX ((uint64_t)1 << 62)	/* fits into off_t */

/* The CRC of ISO 3309 that UEFI wants: reflected polynomial, all ones before, inverted after. */
static uint32_t crc32_of(const unsigned char *b, size_t len)
{
	uint32_t crc = UINT32_MAX;
	unsigned i;

	while (len--) {
		crc ^= *b++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static bool is_header_sound(const unsigned char *h, uint32_t sector_size, uint64_t lba)
{
	unsigned char zeroed[SECTOR_MAX];
	uint32_t len = i2n_le32(h + 12);

	if (memcmp(h, "EFI PART", 8) || len < HEADER_MIN || len > sector_size)
		return false;
	memcpy(zeroed, h, len);
	memset(zeroed + 16, 0, 4);	/* the field of the checksum itself */
	if (crc32_of(zeroed, len) != i2n_le32(h + 16))
		return false;
	return i2n_le64(h + 24) == lba && i2n_le64(h + 40) <= i2n_le64(h + 48);
}

/* Take the numbers out of a sound header; false when they make no sense. */
static bool take_geometry(struct gpt_copy *c, uint32_t sector_size)
{
	const unsigned char *h = c->header;
	uint32_t n = i2n_le32(h + 80), entry_size = i2n_le32(h + 84);
	uint64_t len, last = i2n_le64(h + 48), my_lba = i2n_le64(h + 24);

	c->alternate_lba = i2n_le64(h + 32);
	if (last < c->alternate_lba)
		last = c->alternate_lba;
	if (last < my_lba)
		last = my_lba;
	if (entry_size < ENTRY_MIN || entry_size & (entry_size - 1) || !n ||
	    !i2n_mul(n, entry_size, &len) || len > ENTRIES_LEN_MAX)
		return false;
	c->entries_len = (size_t)len;
	return i2n_mul(i2n_le64(h + 72), sector_size, &c->entries_off) && i2n_add(last, 1, &last) &&
	       i2n_mul(last, sector_size, &c->end) && c->end <= DISK_END_MAX;
}

static int load_copy(struct i2n_source *src, uint32_t sector_size, uint64_t lba, struct gpt_copy *c,
		     struct i2n_err *err)
{
	int rc;

	c->off = lba * sector_size;	/* inside the source: no overflow */
	rc = i2n_source_pread(src, c->header, sector_size, c->off, err);
	if (rc != I2N_OK)
		return rc;
	if (!is_header_sound(c->header, sector_size, lba) || !take_geometry(c, sector_size) ||
	    !i2n_range_ok(c->entries_off, c->entries_len, src->size))
		return I2N_OK;
	c->entries = malloc(c->entries_len);
	if (!c->entries)
		return i2n_err_nomem(err);
	rc = i2n_source_pread(src, c->entries, c->entries_len, c->entries_off, err);
	if (rc == I2N_OK)
		c->is_valid = crc32_of(c->entries, c->entries_len) == i2n_le32(c->header + 88);
	return rc;
}

int gpt_load(struct i2n_source *src, uint32_t sector_size, bool may_seek, struct gpt *gpt,
	     struct i2n_err *err)
{
	uint64_t sectors = src->size / sector_size, at;
	int rc;

	memset(gpt, 0, sizeof(*gpt));
	if (sectors < 3)
		return I2N_OK;
	rc = load_copy(src, sector_size, 1, &gpt->primary, err);
	if (rc != I2N_OK)
		return rc;
	if (src->is_stream && (gpt->primary.is_valid || !may_seek)) {
		gpt->is_backup_skipped = true;
		return I2N_OK;
	}
	/* an image that was made longer has the backup where the primary says */
	at = gpt->primary.is_valid ? gpt->primary.alternate_lba : sectors - 1;
	return at > 1 && at < sectors ? load_copy(src, sector_size, at, &gpt->backup, err) : I2N_OK;
}

static int put_copy(const struct gpt_copy *c, uint32_t header_len, struct view *v,
		    struct i2n_err *err)
{
	int rc = view_put(v, c->header, header_len, c->off, err);

	return rc == I2N_OK ? view_put(v, c->entries, c->entries_len, c->entries_off, err) : rc;
}

int gpt_copy_to(const struct gpt *gpt, struct view *v, struct i2n_err *err)
{
	int rc = I2N_OK;

	if (gpt->primary.is_valid)
		rc = put_copy(&gpt->primary, i2n_le32(gpt->primary.header + 12), v, err);
	if (rc == I2N_OK && gpt->backup.is_valid)
		rc = put_copy(&gpt->backup, i2n_le32(gpt->backup.header + 12), v, err);
	return rc;
}

void gpt_release(struct gpt *gpt)
{
	free(gpt->primary.entries);
	free(gpt->backup.entries);
	gpt->primary.entries = NULL;
	gpt->backup.entries = NULL;
}
