/* fat_image.h - for unit tests of src/fat: a FAT file system of one's own making in memory.
 *
 * 512-byte sectors, one per cluster, one FAT; the tables are laid out as in Microsoft's FAT
 * specification 1.03. FAT12: 1 reserved sector, 12 of FAT, 64 entries of root directory. */
#ifndef TESTS_FAT_IMAGE_H
#define TESTS_FAT_IMAGE_H

#include "img2nfs/fat.h"
#include "t.h"

#include <stdbool.h>

enum {
	SECTOR = 512,
	FAT_SECTORS = 12,
	ROOT_ENTRIES = 64,
	ROOT = (1 + FAT_SECTORS) * SECTOR,
	DATA = ROOT + ROOT_ENTRIES * 32,
	SECTORS = 400
};

struct fat_image {
	unsigned char b[SECTORS * SECTOR];
	struct i2n_source *src;
	struct i2n_fat *fat;
	struct i2n_tree *tree;
	struct i2n_err err;
	unsigned n_damaged, n_warned, n_lost;
	char last[600];			/* the last note: "path: text" */
};

static inline void put16(unsigned char *p, unsigned v)
{
	p[0] = v & 0xff;
	p[1] = v >> 8 & 0xff;
}

static inline void put32(unsigned char *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static inline void make_fat12(struct fat_image *im)
{
	memset(im, 0, sizeof(*im));
	put16(im->b + 11, SECTOR);
	im->b[13] = 1;
	put16(im->b + 14, 1);
	im->b[16] = 1;
	put16(im->b + 17, ROOT_ENTRIES);
	put16(im->b + 19, SECTORS);
	im->b[21] = 0xf8;
	put16(im->b + 22, FAT_SECTORS);
	put32(im->b + 39, 0x12345678);
}

static inline void set_fat12(struct fat_image *im, unsigned cluster, unsigned v)
{
	unsigned char *p = im->b + SECTOR + cluster + cluster / 2;

	if (cluster % 2) {
		p[0] = (unsigned char)((p[0] & 0x0f) | v << 4);
		p[1] = (unsigned char)(v >> 4);
	} else {
		p[0] = v & 0xff;
		p[1] = (unsigned char)((p[1] & 0xf0) | v >> 8);
	}
}

static inline unsigned char *cluster_at(struct fat_image *im, unsigned cluster)
{
	return im->b + DATA + (cluster - 2) * SECTOR;
}

/* The nth entry of a directory at dir; name has 11 characters. */
static inline unsigned char *put_entry(unsigned char *dir, unsigned nth, const char *name,
				       unsigned attr, unsigned start, uint32_t size)
{
	unsigned char *e = dir + nth * 32;

	memcpy(e, name, 11);
	e[11] = (unsigned char)attr;
	put16(e + 22, 0x6000);			/* 12:00:00 */
	put16(e + 24, 44 << 9 | 2 << 5 | 29);	/* 2024-02-29 */
	put16(e + 26, start);
	put32(e + 28, size);
	return e;
}

/* A directory in one cluster with its "." and "..". */
static inline unsigned char *put_dir(struct fat_image *im, unsigned cluster)
{
	set_fat12(im, cluster, 0xfff);
	put_entry(cluster_at(im, cluster), 0, ".          ", 0x10, cluster, 0);
	put_entry(cluster_at(im, cluster), 1, "..         ", 0x10, 0, 0);
	return cluster_at(im, cluster);
}

/* One entry of a long name: up to 13 units, closed by a NUL and 0xffff. */
static inline void put_long(unsigned char *e, unsigned no, unsigned char sum, const uint16_t *units,
			    size_t n)
{
	static const unsigned char offs[13] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };

	memset(e, 0, 32);
	e[0] = (unsigned char)no;
	e[11] = 0x0f;
	e[13] = sum;
	for (size_t i = 0; i < 13; i++)
		put16(e + offs[i], i < n ? units[i] : i == n ? 0 : 0xffff);
}

/* As the specification's ChkSum(). */
static inline unsigned char sum_of(const char *name)
{
	unsigned char sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (unsigned char)(((sum & 1) ? 0x80 : 0) + (sum >> 1) + (unsigned char)name[i]);
	return sum;
}

static inline void on_fat_note(void *ctx, const struct i2n_note *note)
{
	struct fat_image *im = ctx;

	im->n_damaged += note->kind == I2N_NOTE_DAMAGED;
	im->n_warned += note->kind == I2N_NOTE_WARN;
	im->n_lost += note->kind == I2N_NOTE_LOSS;
	snprintf(im->last, sizeof(im->last), "%.*s: %s", (int)note->path_len,
		 note->path ? note->path : "", note->text);
}

static inline int open_fat(struct fat_image *im)
{
	struct i2n_notes notes = { on_fat_note, im };
	int rc = i2n_source_mem(im->b, sizeof(im->b), &im->src, &im->err);

	if (!rc)
		rc = i2n_fat_open(im->src, &notes, &im->fat, &im->err);
	if (!rc)
		rc = i2n_fat_tree(im->fat, &im->tree, &im->err);
	return rc;
}

static inline void close_fat(struct fat_image *im)
{
	i2n_tree_free(im->tree);
	i2n_fat_free(im->fat);
	i2n_source_free(im->src);
	im->tree = NULL;
	im->fat = NULL;
	im->src = NULL;
}

/* All names of the tree with '/' before each, in order of the tree; valid until the next call. */
static inline const char *names_of(const struct fat_image *im)
{
	static char all[8192];
	size_t at = 0;

	all[0] = '\0';
	for (uint32_t d = 0; im->tree && d < im->tree->n_dirents; d++) {
		char *path = i2n_tree_path(im->tree, d, NULL);

		at += (size_t)snprintf(all + at, sizeof(all) - at, "/%s", path ? path : "?");
		free(path);
	}
	return all;
}

#endif
