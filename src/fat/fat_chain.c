#include "fat_own.h"

#include "checked.h"

#include <string.h>

/* Bytes of the FAT. Most of them are asked for in order, cluster after cluster. */
static int cached(struct i2n_fat *fat, uint64_t off, unsigned char *buf, unsigned len,
		  struct i2n_err *err)
{
	struct fat_cache *c = &fat->cache;

	for (unsigned i = 0; i < len; i++, off++) {
		uint64_t no = off / FAT_PAGE, begin = no * FAT_PAGE;
		unsigned slot = (unsigned)(no % FAT_PAGES);
		uint64_t left = fat->geo.fat_len - begin;

		if (c->no[slot] != no + 1) {
			c->no[slot] = 0;
			if (i2n_source_pread(fat->src, c->bytes[slot],
					     left < FAT_PAGE ? (size_t)left : FAT_PAGE,
					     fat->geo.fat_off + begin, err))
				return I2N_FATAL;
			c->no[slot] = no + 1;
		}
		buf[i] = c->bytes[slot][off - begin];
	}
	return I2N_OK;
}

/* The entry of a cluster, and what the smallest end mark is. The geometry promises that it lies in
 * the FAT. */
static int entry_of(struct i2n_fat *fat, uint32_t cluster, uint32_t *ret, uint32_t *ret_bad,
		    struct i2n_err *err)
{
	unsigned char b[4];

	switch (fat->geo.bits) {
	case 12:
		if (cached(fat, cluster + cluster / 2, b, 2, err))
			return I2N_FATAL;
		*ret = cluster % 2 ? i2n_le16(b) >> 4 : i2n_le16(b) & 0x0fff;
		*ret_bad = 0x0ff7;
		return I2N_OK;
	case 16:
		if (cached(fat, (uint64_t)cluster * 2, b, 2, err))
			return I2N_FATAL;
		*ret = i2n_le16(b);
		*ret_bad = 0xfff7;
		return I2N_OK;
	default:
		if (cached(fat, (uint64_t)cluster * 4, b, 4, err))
			return I2N_FATAL;
		*ret = i2n_le32(b) & 0x0fffffff;
		*ret_bad = 0x0ffffff7;
		return I2N_OK;
	}
}

int fat_next(struct i2n_fat *fat, uint32_t cluster, uint32_t *ret, struct i2n_err *err)
{
	uint32_t next, bad;

	if (entry_of(fat, cluster, &next, &bad, err))
		return I2N_FATAL;
	if (next >= bad)	/* the mark of a bad cluster ends a chain, as in Linux */
		next = FAT_CHAIN_END;
	else if (!fat_is_cluster(fat, next))
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"its cluster %u is followed by %u, which cannot be", cluster, next);
	*ret = next;
	return I2N_OK;
}
