#include "checked.h"
#include "ext4.h"

#include <string.h>

/* Directory entries. Source: Documentation/filesystems/ext4/directory.rst; the checks are those of
 * the kernel's __ext4_check_dir_entry(), and as there a bad entry costs the rest of its block.
 * Indexed directories need no code of their own: the blocks of the index look like entries that are
 * free. */

/* In blocks of 64 KiB the length does not fit; the two low bits hold the high ones. kernel:
 * ext4_rec_len_from_disk() */
static uint32_t rec_len(const unsigned char *de, size_t block)
{
	uint32_t len = i2n_le16(de + DE_REC_LEN);

	if (block < 65536)
		return len;
	return len == 65535 || !len ? (uint32_t)block : (len & 65532) | (len & 3) << 16;
}

/* Offset of the checksum entry of a leaf block, 0 if there is none. */
static size_t find_tail(const unsigned char *buf, size_t len)
{
	const unsigned char *t = buf + len - DE_TAIL_LEN;

	if (i2n_le32(t + DE_INODE) || i2n_le16(t + DE_REC_LEN) != DE_TAIL_LEN || t[DE_NAME_LEN] ||
	    t[DE_FILE_TYPE] != DE_FT_CSUM)
		return 0;
	return len - DE_TAIL_LEN;
}

/* Offset of the count and limit of a block of the hash index, 0 if this is a leaf. kernel:
 * get_dx_countlimit() */
static size_t find_countlimit(const unsigned char *buf, size_t len)
{
	const unsigned char *second = buf + 12, *info = buf + 24;

	if (rec_len(buf, len) == len)
		return 8;
	if (rec_len(buf, len) == 12 && rec_len(second, len) == len - 12 && !i2n_le32(info) &&
	    info[5] == 8)
		return 32;
	return 0;
}

static bool is_hash_checksum_right(const unsigned char *buf, size_t len, size_t at, uint32_t seed)
{
	static const unsigned char zero[4];
	size_t limit = i2n_le16(buf + at), count = i2n_le16(buf + at + 2), tail = at + limit * 8;
	uint32_t c;

	if (tail + 8 > len || count > limit)
		return false;
	c = ext2fs_crc32c_le(seed, buf, at + count * 8);
	c = ext2fs_crc32c_le(c, buf + tail, 4);
	c = ext2fs_crc32c_le(c, zero, 4);
	return c == i2n_le32(buf + tail + 4);
}

/* What is wrong with the block as a whole; *ret_len: where its entries end. */
static enum damage check_block(const struct dir_part *p, const unsigned char *buf, size_t len,
			       size_t *ret_len)
{
	size_t tail, at;

	*ret_len = len;
	if (!p->has_tail)
		return DMG_NONE;
	at = p->indexed ? find_countlimit(buf, len) : 0;
	if (at && (p->first || at == 8))
		return is_hash_checksum_right(buf, len, at,
					      p->seed) ? DMG_NONE : DMG_DIR_HASH_CHECKSUM;
	tail = find_tail(buf, len);
	if (!tail || ext2fs_crc32c_le(p->seed, buf, tail) != i2n_le32(buf + tail +
								      DE_TAIL_CHECKSUM))
		return DMG_DIR_CHECKSUM;
	*ret_len = tail;
	return DMG_NONE;
}

static enum damage check_name(const struct dir_part *p, const unsigned char *name, size_t len)
{
	if (!len)
		return DMG_DE_EMPTY;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return DMG_DE_DOT;
	/* encrypted names are bytes of a cipher, of which a name is made */
	if (!p->encrypted && (memchr(name, '/', len) || memchr(name, 0, len)))
		return DMG_DE_BYTES;
	return DMG_NONE;
}

static bool is_dot(const unsigned char *de, unsigned dots)
{
	return de[DE_NAME_LEN] == dots && !memcmp(de + DE_NAME, "..", dots);
}

static int parse_entry(struct load *l, const struct dir_part *p, const unsigned char *de,
		       struct i2n_err *err)
{
	uint32_t ino = i2n_le32(de + DE_INODE);
	unsigned type = ext4_has_incompat(l->fs, INCOMPAT_FILETYPE) ? de[DE_FILE_TYPE] & 15 : 0;
	char nokey[I2N_NAME_MAX];
	enum damage d;
	size_t len;

	if (ino)
		ino = fastcommit_dirent(l->fs->replay.fast, p->ino, de + DE_NAME, de[DE_NAME_LEN],
					ino);
	if (!ino)
		return I2N_OK;
	d = check_name(p, de + DE_NAME, de[DE_NAME_LEN]);
	if (d)
		return ext4_load_damage(l, p->ino, d, p->lblk, de + DE_NAME, de[DE_NAME_LEN], err);
	if (p->encrypted) {
		len = ext4_nokey_name(l->fs, de + DE_NAME, de[DE_NAME_LEN], nokey);
		if (!len)
			return ext4_load_damage(l, p->ino, DMG_DE_CIPHER, p->lblk, NULL, 0, err);
		return ext4_load_dirent(l, p->ino, ino, p->lblk << 4 | type, nokey, len, err);
	}
	return ext4_load_dirent(l, p->ino, ino, p->lblk << 4 | type, de + DE_NAME, de[DE_NAME_LEN],
				err);
}

int ext4_dirents_parse(struct load *l, const struct dir_part *p, const unsigned char *buf,
		       size_t len,
		       struct i2n_err *err)
{
	size_t pos, end, rec;
	unsigned nth = 0;
	enum damage d = check_block(p, buf, len, &end);
	int rc = d ? ext4_load_damage(l, p->ino, d, p->lblk, NULL, 0, err) : I2N_OK;

	if (rc || d == DMG_DIR_CHECKSUM)
		return rc;
	for (pos = 0; pos < end && !rc; pos += rec, nth++) {
		const unsigned char *de = buf + pos;

		if (end - pos < DE_MIN_LEN)
			break;
		rec = rec_len(de, len);
		if (rec < DE_MIN_LEN || rec % 4 || rec > len - pos || rec < (size_t)DE_NAME +
		    de[DE_NAME_LEN])
			return ext4_load_damage(l, p->ino, DMG_DIR_REC_LEN, p->lblk, NULL, 0, err);
		if (p->first && nth < 2 && is_dot(de, nth + 1))
			continue;
		if (p->first && nth < 2 && i2n_le32(de + DE_INODE))
			rc = ext4_load_damage(l, p->ino, DMG_WARN_NO_DOT, p->lblk, NULL, 0, err);
		if (!rc)
			rc = parse_entry(l, p, de, err);
	}
	return rc;
}
