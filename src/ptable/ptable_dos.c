/* The DOS table in sector 0 and its chain of extended boot records: judged and copied, not
 * decoded. */
#include "checked.h"
#include "ptable_own.h"

#include <inttypes.h>
#include <string.h>

#define ENTRY_SIZE 16u
#define CHAIN_MAX 60u	/* as many as libfdisk keeps */

static const unsigned char *entry_at(const unsigned char *mbr, unsigned i)
{
	return mbr + 446 + i * ENTRY_SIZE;
}

static uint32_t entry_start(const unsigned char *e)
{
	return i2n_le32(e + 8);
}

static uint32_t entry_len(const unsigned char *e)
{
	return i2n_le32(e + 12);
}

static bool is_extended(const unsigned char *e)
{
	return e[4] == 0x05 || e[4] == 0x0f || e[4] == 0x85;
}

static bool has_signature(const unsigned char *sector)
{
	return sector[510] == 0x55 && sector[511] == 0xaa;
}

static bool is_unused(const unsigned char *e)
{
	return !e[4] && !entry_len(e);
}

static bool overlap(const unsigned char *a, const unsigned char *b)
{
	uint64_t a_start = entry_start(a), b_start = entry_start(b);

	return a_start < b_start + entry_len(b) && b_start < a_start + entry_len(a);
}

static bool is_entry_plausible(const unsigned char *mbr, unsigned i, uint64_t disk_sectors)
{
	const unsigned char *e = entry_at(mbr, i);
	unsigned j;

	if (!e[4] || !entry_start(e) || !entry_len(e) || entry_start(e) >= disk_sectors)
		return false;
	for (j = 0; j < i; j++) {
		if (overlap(e, entry_at(mbr, j)))
			return false;
	}
	return true;
}

enum mbr_kind mbr_judge(const unsigned char mbr[MBR_SIZE], uint64_t disk_sectors)
{
	unsigned i, used = 0, plausible = 0;

	if (!has_signature(mbr))
		return MBR_NONE;
	/* The kernel and libblkid ask the same: the active flag is 0x00 or 0x80, or this is program
	 * code or text. */
	for (i = 0; i < 4; i++) {
		if (entry_at(mbr, i)[0] & 0x7f)
			return MBR_NONE;
	}
	for (i = 0; i < 4; i++) {
		if (entry_at(mbr, i)[4] == 0xee)
			return MBR_PROTECTIVE;
		if (is_unused(entry_at(mbr, i)))
			continue;
		used++;
		plausible += is_entry_plausible(mbr, i, disk_sectors);
	}
	if (!used)
		return MBR_EMPTY;
	return plausible == used ? MBR_PLAUSIBLE : MBR_DOUBTFUL;
}

static unsigned char *link_of(unsigned char *ebr)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		unsigned char *e = ebr + 446 + i * ENTRY_SIZE;

		if (is_extended(e) && entry_len(e))
			return e;
	}
	return NULL;
}

struct chain {
	struct i2n_source *src;
	const struct i2n_notes *notes;
	uint32_t sector_size;
	uint64_t seen[CHAIN_MAX];	/* offsets of the boot records so far */
	unsigned n;
};

static void note_cut(const struct chain *c, uint64_t off, const char *why)
{
	i2n_note(c->notes, I2N_NOTE_WARN, "partition-table", NULL, 0,
		 "the chain of logical partitions is cut at byte %" PRIu64 " of %s: %s", off,
		 c->src->name, why);
}

/* Read the boot record at off. false: the chain must not go there. */
static int read_record(struct chain *c, uint64_t off, unsigned char ebr[MBR_SIZE], bool *ret_ok,
		       struct i2n_err *err)
{
	unsigned i;
	int rc;

	*ret_ok = false;
	for (i = 0; i < c->n; i++) {
		if (c->seen[i] == off) {
			note_cut(c, off, "it comes back to an earlier record");
			return I2N_OK;
		}
	}
	if (c->n == CHAIN_MAX) {
		note_cut(c, off, "it is too long");
		return I2N_OK;
	}
	if (!i2n_range_ok(off, c->sector_size, c->src->size)) {
		note_cut(c, off, "that is past the end");
		return I2N_OK;
	}
	rc = i2n_source_pread(c->src, ebr, MBR_SIZE, off, err);
	if (rc != I2N_OK)
		return rc;
	if (!has_signature(ebr)) {
		note_cut(c, off, "no boot record is there");
		return I2N_OK;
	}
	c->seen[c->n++] = off;
	*ret_ok = true;
	return I2N_OK;
}

int dos_copy_chain(struct i2n_source *src, const unsigned char mbr[MBR_SIZE], uint32_t sector_size,
		   struct view *v, const struct i2n_notes *notes, struct i2n_err *err)
{
	struct chain c = { .src = src, .notes = notes, .sector_size = sector_size };
	unsigned char record[2][MBR_SIZE] = { { 0 } }, *this = record[0], *next = record[1], *link;
	uint64_t base, at, next_at;
	bool ok;
	int rc;

	memcpy(this, mbr, MBR_SIZE);
	link = link_of(this);
	if (!link)
		return I2N_OK;
	base = at = (uint64_t)entry_start(link) * sector_size;
	rc = read_record(&c, at, this, &ok, err);
	while (rc == I2N_OK && ok) {
		link = link_of(this);
		next_at = at;
		ok = false;
		if (link) {
			next_at = base + (uint64_t)entry_start(link) * sector_size;
			rc = read_record(&c, next_at, next, &ok, err);
			if (!ok)
				/* in our copy only: libfdisk shall not follow it */
				memset(link, 0, ENTRY_SIZE);
		}
		if (rc == I2N_OK)
			rc = view_put(v, this, MBR_SIZE, at, err);
		at = next_at;
		link = NULL;
		memcpy(this, next, MBR_SIZE);
	}
	return rc;
}
