/* Tables that lie, or are none: each has a defined result and a note, by the standard or as the
 * kernel does it. The sectors are made by hand in a buffer. */
#include "img2nfs/ptable.h"

#include <stdbool.h>

#include "img2nfs/note.h"

#include "t.h"

#define SECTORS 4096u
#define SIZE (SECTORS * 512u)

static unsigned char img[SIZE];
static char notes_text[4096];

static void on_note(void *ctx, const struct i2n_note *note)
{
	size_t n = strlen(notes_text);

	(void)ctx;
	snprintf(notes_text + n, sizeof(notes_text) - n, "%s\n", note->text);
}

static void put32(size_t off, uint32_t v)
{
	img[off] = (unsigned char)v;
	img[off + 1] = (unsigned char)(v >> 8);
	img[off + 2] = (unsigned char)(v >> 16);
	img[off + 3] = (unsigned char)(v >> 24);
}

static void entry(uint32_t sector, unsigned i, unsigned type, uint32_t start, uint32_t len)
{
	size_t at = sector * 512u + 446 + 16 * i;

	img[at + 4] = (unsigned char)type;
	put32(at + 8, start);
	put32(at + 12, len);
	img[sector * 512u + 510] = 0x55;
	img[sector * 512u + 511] = 0xaa;
}

static struct i2n_ptable *read_table(void)
{
	const struct i2n_notes notes = { .fn = on_note };
	struct i2n_source *src = NULL;
	struct i2n_ptable *pt = NULL;
	struct i2n_err err = { 0 };

	notes_text[0] = '\0';
	T_EQ(i2n_source_mem(img, sizeof(img), &src, &err), I2N_OK);
	T_EQ(i2n_ptable_read(src, 0, &notes, &pt, &err), I2N_OK);
	i2n_source_free(src);
	if (!pt)
		exit(1);
	return pt;
}

static void done(struct i2n_ptable *pt)
{
	i2n_ptable_free(pt);
	memset(img, 0, sizeof(img));
}

static void part_is(const struct i2n_ptable *pt, unsigned i, unsigned no, uint64_t start,
		    uint64_t len, bool outside)
{
	T_OK(i < pt->n_parts);
	if (i >= pt->n_parts)
		return;
	T_EQ(pt->parts[i].part_no, no);
	T_EQ(pt->parts[i].start, start * 512);
	T_EQ(pt->parts[i].size, len * 512);
	T_EQ(pt->parts[i].outside, outside);
}

static void extended_chain_loops(void)
{
	struct i2n_ptable *pt;

	entry(0, 0, 0x05, 100, 2000);
	entry(100, 0, 0x83, 10, 100);
	entry(100, 1, 0x05, 200, 200);
	entry(300, 0, 0x83, 10, 100);
	entry(300, 1, 0x05, 0, 200);	/* back to 100 */
	pt = read_table();
	T_EQ(pt->label, I2N_LABEL_DOS);
	T_EQ(pt->n_parts, 3);
	part_is(pt, 0, 1, 100, 2000, false);
	T_OK(pt->parts[0].container);
	part_is(pt, 1, 5, 110, 100, false);
	part_is(pt, 2, 6, 310, 100, false);
	T_HAS(notes_text,
	      "the chain of logical partitions is cut at byte 51200 of memory: it comes back");
	done(pt);
}

static void extended_chain_leaves_image(void)
{
	struct i2n_ptable *pt;

	entry(0, 0, 0x0f, 100, 2000);
	entry(100, 0, 0x83, 10, 100);
	entry(100, 1, 0x05, 1000000, 200);
	pt = read_table();
	T_EQ(pt->n_parts, 2);
	part_is(pt, 1, 5, 110, 100, false);
	T_HAS(notes_text, "past the end");
	done(pt);
}

static void extended_chain_meets_no_record(void)
{
	struct i2n_ptable *pt;

	entry(0, 0, 0x0f, 100, 2000);
	entry(100, 0, 0x83, 10, 100);
	entry(100, 1, 0x05, 300, 200);
	pt = read_table();
	T_EQ(pt->n_parts, 2);
	T_HAS(notes_text, "no boot record is there");
	done(pt);

	entry(0, 0, 0x0f, 100, 2000);	/* not even the first */
	pt = read_table();
	T_EQ(pt->n_parts, 1);
	done(pt);
}

static void partition_past_end(void)
{
	struct i2n_ptable *pt;

	entry(0, 0, 0x83, 10, 100);
	entry(0, 1, 0x83, 200, SECTORS);
	entry(0, 2, 0x83, 0xfffffff0, 0xfffffff0);
	pt = read_table();
	T_EQ(pt->n_parts, 3);
	part_is(pt, 0, 1, 10, 100, false);
	part_is(pt, 1, 2, 200, SECTORS, true);
	part_is(pt, 2, 3, 0xfffffff0, 0xfffffff0, true);
	T_HAS(notes_text, "partition 2 ends 102400 bytes after the end of the image");
	done(pt);
}

/* The active flag of an entry is 0x00 or 0x80: other bytes are program code. libblkid: "missing
 * boot indicator". */
static void boot_code_is_no_table(void)
{
	struct i2n_ptable *pt;

	entry(0, 0, 0x83, 10, 100);
	img[446 + 16] = 0x41;
	pt = read_table();
	T_EQ(pt->label, I2N_LABEL_NONE);
	T_EQ(pt->n_parts, 0);
	done(pt);
}

/* ext4 made over an old table that makes no sense (partitions overlap): the file system counts. */
static void ext_with_boot_signature(void)
{
	struct i2n_ptable *pt;
	int with_entries;

	for (with_entries = 0; with_entries < 2; with_entries++) {
		img[510] = 0x55;
		img[511] = 0xaa;
		if (with_entries) {
			entry(0, 0, 0x83, 10, 1000);
			entry(0, 1, 0x83, 500, 1000);
		}
		img[0x438] = 0x53;
		img[0x439] = 0xef;
		put32(0x420, 8192);	/* blocks per group */
		pt = read_table();
		T_EQ(pt->label, I2N_LABEL_NONE);
		done(pt);
	}
}

static void both_gpt_headers_broken(void)
{
	struct i2n_ptable *pt;

	entry(0, 0, 0xee, 1, SECTORS - 1);
	memcpy(img + 512, "EFI PART", 8);
	put32(512 + 12, 0xffffffff); /* a header size that would make libfdisk 2.38 read far past
					its buffer */
	pt = read_table();
	T_EQ(pt->label, I2N_LABEL_DOS);
	T_EQ(pt->n_parts, 1);
	T_STR(pt->parts[0].type_id, "ee");
	T_HAS(notes_text, "both copies of the GPT of memory are damaged or missing");
	done(pt);
}

/* Sun: magic 0xDABE at 508, big-endian, and the XOR of all 16 bit words is 0. */
static void sun_label_is_named(void)
{
	struct i2n_ptable *pt;
	unsigned char a = 0, b = 0;
	unsigned i;

	img[128 + 3] = 1;	/* version 1 */
	img[140 + 1] = 8;	/* 8 partitions */
	put32(188, 0xeedd0d60);	/* sanity 0x600DDEEE, big-endian */
	img[188] = 0x60, img[189] = 0x0d, img[190] = 0xde, img[191] = 0xee;
	img[508] = 0xda;
	img[509] = 0xbe;
	for (i = 0; i < 510; i += 2) {
		a ^= img[i];
		b ^= img[i + 1];
	}
	img[510] = a;
	img[511] = b;
	pt = read_table();
	T_EQ(pt->label, I2N_LABEL_NONE);
	T_HAS(notes_text, "a partition table of type sun is there; only dos and gpt are read");
	done(pt);
}

static void tiny_sources(void)
{
	size_t sizes[] = { 1, 511, 512, 513, 1023, 1024, 1536, 5000 }, i;

	entry(0, 0, 0x83, 1, 1);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct i2n_source *src = NULL;
		struct i2n_ptable *pt = NULL;
		struct i2n_fstype fs;
		struct i2n_err err = { 0 };

		T_EQ(i2n_source_mem(img, sizes[i], &src, &err), I2N_OK);
		T_EQ(i2n_ptable_read(src, 0, NULL, &pt, &err), I2N_OK);
		T_EQ(i2n_fstype_probe(src, &fs, &err), I2N_OK);
		T_EQ(pt->label, sizes[i] < 1024 ? I2N_LABEL_NONE : I2N_LABEL_DOS);
		i2n_ptable_free(pt);
		i2n_source_free(src);
	}
	memset(img, 0, sizeof(img));
}

int main(void)
{
	struct i2n_ptable *pt;

	extended_chain_loops();
	extended_chain_leaves_image();
	extended_chain_meets_no_record();
	partition_past_end();
	boot_code_is_no_table();
	ext_with_boot_signature();
	both_gpt_headers_broken();
	sun_label_is_named();
	tiny_sources();
	pt = read_table();	/* zeros */
	T_EQ(pt->label, I2N_LABEL_NONE);
	T_STR(notes_text, "");
	done(pt);
	return t_end();
}
