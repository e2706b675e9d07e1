/* FAT, exFAT and NTFS: their magics are text that old partition sectors hold, too, so the numbers
 * around it decide.
 *
 * Source: Microsoft's FAT specification 1.03; exFAT specification 7.00; libblkid's rules for
 * labels. */
#include "checked.h"
#include "fstype.h"

#include <stdio.h>
#include <string.h>

#define DIR_CLUSTERS_MAX 100		/* of a root directory, searched for the label */
#define DIRENT_SIZE 32

static bool is_pow2(uint32_t n)
{
	return n && !(n & (n - 1));
}

struct fat {
	uint32_t sector, cluster;	/* bytes */
	uint64_t fat_off, root_off;	/* first FAT; the fixed root directory of FAT12/16 */
	uint32_t root_len;
	uint64_t data_off;		/* cluster 2 */
	uint32_t clusters, root_cluster;
	bool is_32;
};

static bool is_fat_media(unsigned char media)
{
	return media >= 0xf8 || media == 0xf0;
}

static bool fat_geometry(const unsigned char *b, struct fat *fat)
{
	uint32_t reserved = i2n_le16(b + 14), fats = b[16], root_entries = i2n_le16(b + 17),
		 per_fat, first;
	uint32_t sectors = i2n_le16(b + 19) ? i2n_le16(b + 19) : i2n_le32(b + 32);

	fat->sector = i2n_le16(b + 11);
	if (!reserved || !fats || !is_fat_media(b[21]) || !is_pow2(b[13]) ||
	    !is_pow2(fat->sector) || fat->sector < 512 || fat->sector > 4096)
		return false;
	fat->is_32 = !i2n_le16(b + 22);
	per_fat = fat->is_32 ? i2n_le32(b + 36) : i2n_le16(b + 22);
	fat->cluster = fat->sector * b[13];
	fat->root_len = (root_entries * DIRENT_SIZE + fat->sector - 1) / fat->sector * fat->sector;
	fat->fat_off = (uint64_t)reserved * fat->sector;
	fat->root_off = fat->fat_off + (uint64_t)fats * per_fat * fat->sector;
	fat->data_off = fat->root_off + fat->root_len;
	if (!per_fat || fat->data_off / fat->sector >= sectors)
		return false;
	first = (uint32_t)(fat->data_off / fat->sector);
	fat->clusters = (sectors - first) / b[13];
	fat->root_cluster = i2n_le32(b + 44);
	return !fat->is_32 || fat->clusters > 4084;
}

/* A volume label entry: attribute 0x08 alone of {volume, directory, long name}. Ends at the first
 * free-for-ever entry. */
static bool find_fat_label(const unsigned char *dir, size_t len, struct i2n_fstype *ret,
			   bool *ret_end)
{
	unsigned char name[11];
	size_t at;

	for (at = 0; at + DIRENT_SIZE <= len; at += DIRENT_SIZE) {
		const unsigned char *e = dir + at;

		if (!e[0]) {
			*ret_end = true;
			return false;
		}
		if (e[0] == 0xe5 || (e[11] & 0x3f) == 0x0f || (e[11] & 0x18) != 0x08 ||
		    i2n_le16(e + 26) || i2n_le16(e + 20))
			continue;
		memcpy(name, e, sizeof(name));
		if (name[0] == 0x05)	/* stands for 0xe5, which marks a deleted entry */
			name[0] = 0xe5;
		fstype_label(ret, name, sizeof(name));
		return true;
	}
	return false;
}

static void fat32_label(struct probe *p, const struct fat *fat, struct i2n_fstype *ret)
{
	uint32_t cluster = fat->root_cluster;
	unsigned i;

	for (i = 0; i < DIR_CLUSTERS_MAX && cluster >= 2 && cluster - 2 < fat->clusters; i++) {
		size_t len = fat->cluster < PROBE_BYTES_MAX ? fat->cluster : PROBE_BYTES_MAX;
		const unsigned char *b =
			probe_bytes(p, fat->data_off + (uint64_t)(cluster - 2) * fat->cluster, len);
		bool end = false;

		if (!b || find_fat_label(b, len, ret, &end) || end)
			return;
		b = probe_bytes(p, fat->fat_off + (uint64_t)cluster * 4, 4);
		if (!b)
			return;
		cluster = i2n_le32(b) & 0x0fffffff;
	}
}

static void fat16_label(struct probe *p, const struct fat *fat, struct i2n_fstype *ret)
{
	size_t len = fat->root_len < PROBE_BYTES_MAX ? fat->root_len : PROBE_BYTES_MAX;
	const unsigned char *b = probe_bytes(p, fat->root_off, len);
	bool end = false;

	if (b)
		(void)find_fat_label(b, len, ret, &end);	/* without a label there is none */
}

bool decode_vfat(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 512), *serial;
	struct fat fat;

	/* a boot sector of OS/2 carries FAT's numbers on JFS and HPFS, too */
	if (!b || !fat_geometry(b, &fat) || !memcmp(b + 54, "JFS     ", 8) ||
	    !memcmp(b + 54, "HPFS    ", 8))
		return false;
	serial = b + (fat.is_32 ? 67 : 39);
	if (i2n_le32(serial))
		(void)snprintf(ret->uuid, sizeof(ret->uuid), "%02X%02X-%02X%02X", serial[3],
			       serial[2], serial[1], serial[0]);
	if (fat.is_32)
		fat32_label(p, &fat, ret);
	else
		fat16_label(p, &fat, ret);
	return true;
}

/* Entry type 0x83 of the root directory: length in units, then at most 11 UTF-16 units. */
static bool find_exfat_label(const unsigned char *dir, size_t len, struct i2n_fstype *ret,
			     bool *ret_end)
{
	size_t at;

	for (at = 0; at + DIRENT_SIZE <= len; at += DIRENT_SIZE) {
		if (!dir[at]) {
			*ret_end = true;
			return false;
		}
		if (dir[at] == 0x83) {
			fstype_label_utf16(ret, dir + at + 2, dir[at + 1] < 11 ? dir[at + 1] : 11);
			return true;
		}
	}
	return false;
}

static void exfat_label(struct probe *p, const unsigned char *b, struct i2n_fstype *ret)
{
	uint64_t fat_off = (uint64_t)i2n_le32(b + 80) << b[108];
	uint64_t heap = (uint64_t)i2n_le32(b + 88) << b[108];
	uint32_t clusters = i2n_le32(b + 92), cluster = i2n_le32(b + 96), shift = b[108] + b[109];
	size_t len = (size_t)1 << (shift < 16 ? shift : 16);
	unsigned i;

	for (i = 0; i < DIR_CLUSTERS_MAX && cluster >= 2 && cluster - 2 < clusters; i++) {
		bool end = false;

		b = probe_bytes(p, heap + ((uint64_t)(cluster - 2) << shift), len);
		if (!b || find_exfat_label(b, len, ret, &end) || end)
			return;
		b = probe_bytes(p, fat_off + (uint64_t)cluster * 4, 4);
		if (!b)
			return;
		cluster = i2n_le32(b);
	}
}

bool decode_exfat(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 512);

	/* BytesPerSectorShift 9 to 12, clusters of at most 32 MiB, one or two FATs */
	if (!b || b[108] < 9 || b[108] > 12 || b[109] > 25 - b[108] || (b[110] != 1 && b[110] != 2))
		return false;
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%02X%02X-%02X%02X", b[103], b[102], b[101],
		       b[100]);
	exfat_label(p, b, ret);
	return true;
}

#define MFT_VOLUME 3
#define ATTR_VOLUME_NAME 0x60u
#define ATTR_END 0xffffffffu

static void find_ntfs_label(const unsigned char *rec, size_t len, struct i2n_fstype *ret)
{
	size_t at = i2n_le16(rec + 20);

	while (at + 24 <= len && i2n_le32(rec + at) != ATTR_END) {
		size_t attr_len = i2n_le32(rec + at + 4), value_len, value_at;

		if (attr_len < 24 || attr_len > len - at)
			return;
		value_len = i2n_le32(rec + at + 16);
		value_at = i2n_le16(rec + at + 20);
		if (i2n_le32(rec + at) == ATTR_VOLUME_NAME) {
			if (value_at <= attr_len && value_len <= attr_len - value_at)
				fstype_label_utf16(ret, rec + at + value_at, value_len / 2);
			return;
		}
		at += attr_len;
	}
}

bool decode_ntfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 512);
	uint64_t off, cluster, mft;
	uint32_t sector, record;
	int per_record;

	if (!b)
		return false;
	sector = i2n_le16(b + 11);
	if (!is_pow2(sector) || sector < 256 || sector > 4096 || !b[13])
		return false;
	/* values above 0x80 are a negative power of two (Windows 10's large clusters) */
	if (b[13] > 0x80 && b[13] < 256 - 16)
		return false;
	cluster = b[13] > 0x80 ? (uint64_t)sector << (256 - b[13]) : (uint64_t)sector * b[13];
	mft = i2n_le64(b + 48);
	per_record = (signed char)b[64];
	record = per_record < 0 ? 1u << (-per_record & 31)
				: (uint32_t)per_record * (uint32_t)cluster;
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%08lX%08lX", (unsigned long)i2n_le32(b + 76),
		       (unsigned long)i2n_le32(b + 72));
	if (record < 512 || record > PROBE_BYTES_MAX || !i2n_mul(mft, cluster, &off) ||
	    !i2n_add(off, (uint64_t)MFT_VOLUME * record, &off))
		return true;
	b = probe_bytes(p, off, record);
	if (b && !memcmp(b, "FILE", 4))
		find_ntfs_label(b, record, ret);
	return true;
}
