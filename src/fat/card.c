#define _XOPEN_SOURCE 700
#include "fat_make.h"
#include "write_at.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = v >> (8 * i) & 0xff;
}

/* Partition types: 0x0e FAT16 and 0x0c FAT32, both found by their sector numbers (LBA). */
static bool put_mbr(const struct make *m)
{
	static const unsigned char no_chs[] = { 0xfe, 0xff, 0xff };
	unsigned char b[MAKE_SECTOR] = { 0 }, *p = b + 446 + 16 * (m->opts->part_no - 1);

	put32(b + 440, m->opts->disk_id);
	p[0] = m->opts->bootable ? 0x80 : 0;
	memcpy(p + 1, no_chs, sizeof(no_chs));
	p[4] = m->bits == 32 ? 0x0c : 0x0e;
	memcpy(p + 5, no_chs, sizeof(no_chs));
	put32(p + 8, (uint32_t)(m->opts->start / MAKE_SECTOR));
	put32(p + 12, (uint32_t)m->sectors);
	b[510] = 0x55;
	b[511] = 0xaa;
	return write_at(m->fd, b, sizeof(b), 0);
}

static int fill(struct make *m, struct i2n_err *err)
{
	m->ret->bits = m->bits;
	m->ret->size = m->opts->start + m->sectors * MAKE_SECTOR;
	if (ftruncate(m->fd, (off_t)m->ret->size) || !put_mbr(m))
		return dest_failed("write", m->path, err);
	return make_content(m, err);
}

int i2n_card_write(int fd, const char *path, const struct i2n_tree *tree, struct i2n_reader *reader,
		   const struct i2n_card_opts *opts, const struct i2n_notes *notes,
		   struct i2n_card_result *ret, struct i2n_err *err)
{
	struct make m = { .tree = tree,	  .reader = reader, .opts = opts, .notes = notes,
			  .ret = ret, .fd = fd, .path = path };
	int rc;

	assert(opts->start >= MAKE_SECTOR && opts->start % MAKE_SECTOR == 0);
	assert(opts->part_no >= 1 && opts->part_no <= 4);
	*ret = (struct i2n_card_result){ 0 };
	m.made = calloc(tree->n_dirents + (size_t)1, sizeof(*m.made));
	m.order = calloc(tree->n_dirents + (size_t)1, sizeof(*m.order));
	rc = m.made && m.order ? I2N_OK : i2n_err_nomem(err);
	if (!rc)
		rc = make_names(&m, err) || make_layout(&m, err) || fill(&m, err) ? I2N_FATAL :
										   I2N_OK;
	free(m.made);
	free(m.order);
	return rc;
}
