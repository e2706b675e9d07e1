#include "fat_own.h"

#include "checked.h"

#include <string.h>

#define DELETED 0xe5
#define LAST_LONG 0x40		/* in the number of the entry that comes first */
#define LONG_ENTRIES_MAX 20
#define LONG_UNITS 13		/* of one entry */

/* --- times --- */

/* Days since 1970 of a day of the Gregorian calendar; year >= 1970, month 1 to 15. */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	static const uint16_t before[15] = { 0,	  31,  59,  90,	 120, 151,
					     181, 212, 243, 273, 304, 334 };
	int64_t y = year - 1;
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return (year - 1970) * 365 + (y / 4 - y / 100 + y / 400) - 477 + before[month - 1] +
	       (leap && month > 2) + (day - 1);
}

/* Out-of-range parts count on, as in Linux; there are zeros for months that do not exist. */
uint64_t fat_time(uint16_t date, uint16_t time)
{
	unsigned month = date >> 5 & 15, day = date & 31;
	struct i2n_time t = { 0, 0 };

	t.sec = days_of(1980 + (date >> 9), month ? month : 1, day ? day : 1) * 86400 +
		(time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2;
	return i2n_time_pack(t);
}

/* --- entries --- */

static bool is_end(const unsigned char *e)
{
	return !e[0];
}

static bool is_long(const unsigned char *e)
{
	return e[11] == FAT_LONG_NAME;
}

static bool is_object(const unsigned char *e)
{
	return !is_end(e) && e[0] != DELETED && !(e[11] & FAT_VOLUME);
}

static bool is_dot(const unsigned char *e)
{
	return !memcmp(e, ".          ", 11) || !memcmp(e, "..         ", 11);
}

static const unsigned char *at(const struct fat_dir *dir)
{
	if (dir->len - dir->pos < FAT_DIRENT || is_end(dir->bytes + dir->pos))
		return NULL;
	return dir->bytes + dir->pos;
}

static void take_units(uint16_t *units, const unsigned char *e)
{
	static const unsigned char offs[LONG_UNITS] = { 1,  3,	5,  7,	9,  14, 16,
							18, 20, 22, 24, 28, 30 };

	for (unsigned i = 0; i < LONG_UNITS; i++)
		units[i] = i2n_le16(e + offs[i]);
}

/* A long name: its entries come last part first, numbered down to 1, each with the sum of the short
 * name that follows. */
struct long_name {
	uint16_t units[FAT_LONG_UNITS];
	unsigned n;			/* entries; 0: there is no long name */
	unsigned left;			/* of them not met yet */
	unsigned char sum;
	bool is_broken;			/* entries were met that belong to nothing */
};

static void take_long(struct long_name *l, const unsigned char *e)
{
	unsigned no = e[0] & ~LAST_LONG & 0xffu;

	if (e[0] & LAST_LONG) {
		l->is_broken |= l->n;
		l->n = l->left = no <= LONG_ENTRIES_MAX ? no : 0;
		l->sum = e[13];
	} else if (!l->left || no != l->left || e[13] != l->sum) {
		l->n = l->left = 0;
	}
	if (!l->left) {		/* complete already, and here is another one; or out of order */
		l->is_broken = true;
		l->n = 0;
		return;
	}
	take_units(l->units + (size_t)--l->left * LONG_UNITS, e);
}

static size_t long_name(const struct long_name *l, const unsigned char *e, unsigned char *buf)
{
	if (!l->n || l->left || l->sum != fat_short_sum(e))
		return 0;
	return fat_utf16_to_utf8(l->units, (size_t)l->n * LONG_UNITS, buf);
}

static bool is_label(const unsigned char *e)
{
	return e[0] != DELETED && (e[11] & (FAT_VOLUME | FAT_DIRECTORY)) == FAT_VOLUME &&
	       (e[11] & FAT_LONG_NAME) != FAT_LONG_NAME && !i2n_le16(e + 20) && !i2n_le16(e + 26);
}

static void take_label(struct fat_dir *dir, const unsigned char *e)
{
	if (dir->has_label)
		return;
	dir->has_label = true;
	memcpy(dir->label, e, sizeof(dir->label));
	if (dir->label[0] == 0x05)
		dir->label[0] = 0xe5;
	dir->label_mtime = fat_time(i2n_le16(e + 24), i2n_le16(e + 22));
}

static bool take_object(const unsigned char *e, const struct long_name *l, struct fat_entry *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->name_len = long_name(l, e, ret->name);
	ret->lost_long_name = (l->n || l->is_broken) && !ret->name_len;
	if (ret->name_len > I2N_NAME_MAX) {
		ret->cut_long_name = true;
		ret->name_len = 0;
	}
	if (!ret->name_len)
		ret->name_len = fat_short_name(e, ret->name);
	ret->attr = e[11];
	ret->start = i2n_le16(e + 26) | (uint32_t)i2n_le16(e + 20) << 16;
	ret->size = i2n_le32(e + 28);
	ret->mtime = fat_time(i2n_le16(e + 24), i2n_le16(e + 22));
	ret->atime = fat_time(i2n_le16(e + 18), 0);
	return ret->name_len;
}

bool fat_dir_next(struct fat_dir *dir, struct fat_entry *ret)
{
	struct long_name l = { .n = 0 };
	const unsigned char *e;

	while ((e = at(dir))) {
		dir->pos += FAT_DIRENT;
		if (is_long(e) && e[0] != DELETED) {
			take_long(&l, e);
			continue;
		}
		if (is_object(e)) {
			dir->n_subdirs += e[11] & FAT_DIRECTORY ? 1 : 0;
			if (!is_dot(e) && take_object(e, &l, ret))
				return true;
		} else if (is_label(e)) {
			take_label(dir, e);
		}
		l = (struct long_name){ .n = 0 };
	}
	return false;
}

bool fat_dir_has_rest(const struct fat_dir *dir)
{
	for (size_t i = dir->pos; i < dir->len; i++)
		if (dir->bytes[i])
			return true;
	return false;
}
