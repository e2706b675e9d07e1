#define _XOPEN_SOURCE 700
#include "fat_make.h"
#include "write_at.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

/* A name beside path that nobody else uses. */
static char *temp_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash - path) + 1 : 0, cap = dir + 64;
	char *temp = malloc(cap);

	if (!temp)
		return NULL;
	memcpy(temp, path, dir);
	/* fits always */
	(void)snprintf(temp + dir, cap - dir, ".img2nfs-tmp-%ld", (long)getpid());
	return temp;
}

/* What is there may be replaced if it is a file. */
static int check_path(const char *path, struct i2n_err *err)
{
	struct stat st;

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return I2N_OK;
	errno = S_ISDIR(st.st_mode) ? EISDIR : EEXIST;
	return dest_failed("write", path, err);
}

static int write_file(struct make *m, struct i2n_err *err)
{
	char *temp = temp_name(m->path);
	int rc = I2N_OK;

	if (!temp)
		return i2n_err_nomem(err);
	m->fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (m->fd < 0) {
		rc = dest_failed("create a file beside", m->path, err);
		free(temp);
		return rc;
	}
	rc = fill(m, err);
	if (!rc && fsync(m->fd))
		rc = dest_failed("write", m->path, err);
	if (close(m->fd) && !rc)
		rc = dest_failed("write", m->path, err);
	if (!rc && rename(temp, m->path))
		rc = dest_failed("replace", m->path, err);
	if (rc)
		(void)unlink(temp);	/* the first failure is told */
	free(temp);
	return rc;
}

int i2n_card_write(const char *path, const struct i2n_tree *tree, struct i2n_reader *reader,
		   const struct i2n_card_opts *opts, const struct i2n_notes *notes,
		   struct i2n_card_result *ret, struct i2n_err *err)
{
	struct make m = { .tree = tree,	  .reader = reader, .opts = opts,
			  .notes = notes, .ret = ret,	    .path = path };
	int rc;

	assert(opts->start >= MAKE_SECTOR && opts->start % MAKE_SECTOR == 0);
	assert(opts->part_no >= 1 && opts->part_no <= 4);
	*ret = (struct i2n_card_result){ 0 };
	m.made = calloc(tree->n_dirents + (size_t)1, sizeof(*m.made));
	m.order = calloc(tree->n_dirents + (size_t)1, sizeof(*m.order));
	rc = m.made && m.order ? check_path(path, err) : i2n_err_nomem(err);
	if (!rc)
		rc = make_names(&m, err) || make_layout(&m, err) || write_file(&m, err) ?
			     I2N_FATAL : I2N_OK;
	free(m.made);
	free(m.order);
	return rc;
}
