#include "fat_make.h"
#include "write_at.h"

#include <stdlib.h>
#include <string.h>

#define BUF_SIZE (1u << 20)
#define MEDIA 0xf8u

static void put16(unsigned char *p, uint32_t v)
{
	p[0] = v & 0xff;
	p[1] = v >> 8 & 0xff;
}

static void put32(unsigned char *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

/* off: from the beginning of the partition. */
static int put(const struct make *m, const void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	if (!write_at(m->fd, buf, len, m->opts->start + off))
		return dest_failed("write", m->path, err);
	return I2N_OK;
}

static uint64_t cluster_off(const struct make *m, uint32_t cluster)
{
	return (m->data + (uint64_t)(cluster - FAT_FIRST_CLUSTER) * m->per_cluster) * MAKE_SECTOR;
}

/* --- boot sector --- */

static void put_label(const struct make *m, unsigned char *p)
{
	memcpy(p, m->opts->has_label ? (const char *)m->opts->label : "NO NAME    ", 11);
}

/* What comes after the fields that both kinds have. */
static void put_tail(const struct make *m, unsigned char *b, size_t at, const char *kind)
{
	b[at] = 0x80;		/* drive number */
	b[at + 2] = 0x29;	/* serial number, label and kind follow */
	put32(b + at + 3, m->opts->serial);
	put_label(m, b + at + 7);
	memcpy(b + at + 18, kind, 8);
}

static int put_boot(const struct make *m, struct i2n_err *err)
{
	unsigned char b[MAKE_SECTOR] = { 0xeb, m->bits == 32 ? 0x58 : 0x3c, 0x90 };

	memcpy(b + 3, "MSWIN4.1", 8);	/* the specification recommends it */
	put16(b + 11, MAKE_SECTOR);
	b[13] = (unsigned char)m->per_cluster;
	put16(b + 14, m->reserved);
	b[16] = 2;
	put16(b + 17, m->root_sectors * MAKE_SECTOR / FAT_DIRENT);
	if (m->bits == 16 && m->sectors < 0x10000)
		put16(b + 19, (uint32_t)m->sectors);
	else
		put32(b + 32, (uint32_t)m->sectors);
	b[21] = MEDIA;
	put16(b + 24, 63);
	put16(b + 26, 255);
	put32(b + 28, (uint32_t)(m->opts->start / MAKE_SECTOR));
	put16(b + 510, 0xaa55);
	if (m->bits == 16) {
		put16(b + 22, m->per_fat);
		put_tail(m, b, 36, "FAT16   ");
		return put(m, b, sizeof(b), 0, err);
	}
	put32(b + 36, m->per_fat);
	put32(b + 44, FAT_FIRST_CLUSTER);	/* root */
	put16(b + 48, 1);			/* FSInfo */
	put16(b + 50, 6);			/* copy of this */
	put_tail(m, b, 64, "FAT32   ");
	return put(m, b, sizeof(b), 0, err) || put(m, b, sizeof(b), 6 * MAKE_SECTOR, err);
}

static int put_fsinfo(const struct make *m, struct i2n_err *err)
{
	unsigned char b[MAKE_SECTOR] = { 0 };

	if (m->bits != 32)
		return I2N_OK;
	put32(b, 0x41615252);
	put32(b + 484, 0x61417272);
	put32(b + 488, m->clusters - m->used);
	put32(b + 492, FAT_FIRST_CLUSTER + m->used);
	put16(b + 510, 0xaa55);
	return put(m, b, sizeof(b), MAKE_SECTOR, err) || put(m, b, sizeof(b), 7 * MAKE_SECTOR, err);
}

/* --- the FATs --- */

struct table {
	const struct make *m;
	unsigned char *buf;	/* BUF_SIZE */
	size_t len;
	uint64_t off;		/* of buf in the FAT */
};

static int flush_table(struct table *t, struct i2n_err *err)
{
	const struct make *m = t->m;
	uint64_t first = (uint64_t)m->reserved * MAKE_SECTOR + t->off;

	if (put(m, t->buf, t->len, first, err) ||
	    put(m, t->buf, t->len, first + (uint64_t)m->per_fat * MAKE_SECTOR, err))
		return I2N_FATAL;
	t->off += t->len;
	t->len = 0;
	return I2N_OK;
}

static int add_entry(struct table *t, uint32_t v, struct i2n_err *err)
{
	if (t->m->bits == 16)
		put16(t->buf + t->len, v & 0xffff);
	else
		put32(t->buf + t->len, v & 0x0fffffff);
	t->len += t->m->bits / 8;
	return t->len == BUF_SIZE ? flush_table(t, err) : I2N_OK;
}

/* Everything lies in one piece, one behind the other. */
static int add_chain(struct table *t, uint32_t *at, uint32_t n, struct i2n_err *err)
{
	for (; n; n--) {
		++*at;
		if (add_entry(t, n > 1 ? *at : UINT32_MAX, err))
			return I2N_FATAL;
	}
	return I2N_OK;
}

static int put_tables(const struct make *m, unsigned char *buf, struct i2n_err *err)
{
	struct table t = { .m = m, .buf = buf };
	uint32_t at = FAT_FIRST_CLUSTER;

	if (add_entry(&t, 0xffffff00 | MEDIA, err) || add_entry(&t, UINT32_MAX, err) ||
	    add_chain(&t, &at, m->root_clusters, err))
		return I2N_FATAL;
	for (uint32_t i = 0; i < m->n_order; i++)
		if (add_chain(&t, &at, m->made[m->order[i]].clusters, err))
			return I2N_FATAL;
	return flush_table(&t, err);
}

/* --- directories --- */

/* The civil date of a day since 1970 (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms),
 * from 1980 on. */
static uint32_t date_of(int64_t days)
{
	int64_t z = days + 719468, era = z / 146097, doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2);

	return (uint32_t)((year - 1980) << 9 | month << 5 | (doy - (153 * mp + 2) / 5 + 1));
}

#define FIRST_SEC INT64_C(315532800)	/* 1980-01-01 */
#define LAST_SEC INT64_C(4354819199)	/* 2107-12-31 23:59:59 */

static uint32_t date_and_time(uint64_t packed)
{
	int64_t sec = i2n_time_unpack(packed).sec;
	int64_t in_day;

	sec = sec < FIRST_SEC ? FIRST_SEC : sec > LAST_SEC ? LAST_SEC : sec;
	in_day = sec % 86400;
	return date_of(sec / 86400) << 16 |
	       (uint32_t)(in_day / 3600 << 11 | in_day / 60 % 60 << 5 | in_day % 60 / 2);
}

static unsigned char *put_entry(unsigned char *e, const void *name, unsigned attr,
				uint64_t mtime, uint64_t atime, uint32_t start, uint32_t size)
{
	memcpy(e, name, 11);
	e[11] = (unsigned char)attr;
	put32(e + 14, date_and_time(mtime));	/* made: not known */
	put16(e + 18, date_and_time(atime) >> 16);
	put16(e + 20, start >> 16);
	put32(e + 22, date_and_time(mtime));
	put16(e + 26, start & 0xffff);
	put32(e + 28, size);
	return e + FAT_DIRENT;
}

static unsigned char *put_long(unsigned char *e, const uint16_t *units, size_t n, unsigned no,
			       bool last, unsigned char sum)
{
	static const unsigned char offs[] = { 1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30 };
	const size_t per = sizeof(offs);

	e[0] = (unsigned char)(no | (last ? 0x40 : 0));
	e[11] = FAT_LONG_NAME;
	e[13] = sum;
	for (size_t i = 0; i < per; i++) {
		size_t at = (no - 1) * per + i;

		put16(e + offs[i], at < n ? units[at] : at == n ? 0 : 0xffff);
	}
	return e + FAT_DIRENT;
}

static unsigned char *put_object(const struct make *m, uint32_t d, unsigned char *e)
{
	const struct made *made = &m->made[d];
	const struct i2n_inode *in = &m->tree->inodes[m->tree->dirents[d].inode];
	const bool is_dir = make_is_dir(m, d);
	unsigned attr = is_dir ? FAT_DIRECTORY : FAT_ARCHIVE;
	uint16_t units[255];
	size_t n = make_units(m->tree, d, units);

	for (unsigned no = made->n_long; no; no--)
		e = put_long(e, units, n, no, no == made->n_long, fat_short_sum(made->alias));
	if (!is_dir && !(in->mode & 0222))
		attr |= FAT_READ_ONLY;
	return put_entry(e, made->alias, attr, in->mtime, in->atime, made->start,
			 is_dir ? 0 : (uint32_t)in->size);
}

/* The directory's own entry and its parent's; d I2N_NONE: the root, which has none. */
static unsigned char *put_dots(const struct make *m, uint32_t d, unsigned char *e)
{
	const struct i2n_inode *in = &m->tree->inodes[m->tree->dirents[d].inode];
	uint32_t up = m->tree->inodes[m->tree->dirents[d].parent].first_dirent;

	e = put_entry(e, ".          ", FAT_DIRECTORY, in->mtime, in->atime, m->made[d].start, 0);
	return put_entry(e, "..         ", FAT_DIRECTORY, in->mtime, in->atime,
			 up == I2N_NONE ? 0 : m->made[up].start, 0);
}

static int put_dir(const struct make *m, uint32_t d, unsigned char *buf, uint64_t off,
		   struct i2n_err *err)
{
	const struct i2n_tree *t = m->tree;
	const struct i2n_inode *dir = &t->inodes[d == I2N_NONE ? t->root : t->dirents[d].inode];
	unsigned char *e = buf;

	memset(buf, 0, FAT_DIR_MAX);
	if (d != I2N_NONE)
		e = put_dots(m, d, e);
	else if (m->opts->has_label)
		e = put_entry(e, m->opts->label, FAT_VOLUME, m->opts->label_mtime,
			      m->opts->label_mtime, 0, 0);
	for (uint32_t i = 0; i < dir->dir.count; i++)
		if (!m->made[dir->dir.first + i].left_out)
			e = put_object(m, dir->dir.first + i, e);
	return put(m, buf, (size_t)(e - buf), off, err);
}

static int put_dirs(const struct make *m, unsigned char *buf, struct i2n_err *err)
{
	uint64_t root = m->bits == 32 ? cluster_off(m, FAT_FIRST_CLUSTER) :
					(m->data - m->root_sectors) * MAKE_SECTOR;

	if (put_dir(m, I2N_NONE, buf, root, err))
		return I2N_FATAL;
	for (uint32_t i = 0; i < m->n_dirs; i++)
		if (put_dir(m, m->order[i], buf, cluster_off(m, m->made[m->order[i]].start), err))
			return I2N_FATAL;
	return I2N_OK;
}

/* --- files --- */

static int put_file(struct make *m, uint32_t d, struct i2n_file *file, unsigned char *buf,
		    struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = m->reader->ops;
	struct i2n_range range;
	int rc;

	while (!(rc = ops->next(file, BUF_SIZE, &range, err))) {
		if (m->opts->stop && *m->opts->stop)
			return i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, *m->opts->stop, "stopped");
		rc = ops->read(file, buf, (size_t)range.len, range.off, err);
		if (rc)
			return rc;
		if (put(m, buf, (size_t)range.len, cluster_off(m, m->made[d].start) + range.off,
			err))
			return I2N_FATAL;
		m->ret->written += range.len;
	}
	return rc == I2N_END ? I2N_OK : rc;
}

/* Its clusters are taken already, so a file that cannot be read ends the work: a card with half a
 * kernel is none. */
static int put_files(struct make *m, unsigned char *buf, struct i2n_err *err)
{
	const struct i2n_reader_ops *ops = m->reader->ops;

	for (uint32_t i = m->n_dirs; i < m->n_order; i++) {
		uint32_t d = m->order[i];
		struct i2n_file *file;
		int rc = ops->open(m->reader, &m->tree->inodes[m->tree->dirents[d].inode], &file,
				   err);

		if (!rc) {
			rc = put_file(m, d, file, buf, err);
			ops->close(file);
		}
		if (rc)
			return I2N_FATAL;
	}
	return I2N_OK;
}

int make_content(struct make *m, struct i2n_err *err)
{
	unsigned char *buf = malloc(FAT_DIR_MAX > BUF_SIZE ? FAT_DIR_MAX : BUF_SIZE);
	int rc;

	if (!buf)
		return i2n_err_nomem(err);
	rc = put_boot(m, err) || put_fsinfo(m, err) || put_tables(m, buf, err) ||
	     put_dirs(m, buf, err) || put_files(m, buf, err) ? I2N_FATAL : I2N_OK;
	free(buf);
	return rc;
}
