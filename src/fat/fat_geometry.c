#include "fat_own.h"

#include "checked.h"

/* Most clusters of FAT12 and FAT16, as Linux has them; those of FAT32 are what 28 bits can name. */
#define CLUSTERS_12 4084u
#define CLUSTERS_16 65524u
#define CLUSTERS_32 0x0ffffff5u

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

/* With mirroring off, one FAT is the right one (BPB_ExtFlags). */
static uint32_t fat_in_use(const unsigned char *boot, uint32_t fats)
{
	uint32_t flags = i2n_le16(boot + 40);

	return flags & 0x80 && (flags & 0x0f) < fats ? flags & 0x0f : 0;
}

/* The kind of a FAT follows from the number of its clusters, but FAT32 from the fields. */
static const char *judge_clusters(struct fat_geometry *g, uint64_t clusters)
{
	uint64_t in_fat;

	if (g->bits != 32)
		g->bits = clusters > CLUSTERS_12 ? 16 : 12;
	in_fat = g->fat_len * 8 / g->bits;
	if (in_fat <= FAT_FIRST_CLUSTER)
		return "its FAT is too short";
	if (clusters > in_fat - FAT_FIRST_CLUSTER)
		clusters = in_fat - FAT_FIRST_CLUSTER;
	if (clusters > (g->bits == 32 ? CLUSTERS_32 : CLUSTERS_16))
		return "it has more clusters than its FAT can name";
	g->clusters = (uint32_t)clusters;
	return NULL;
}

const char *fat_geometry_decode(const unsigned char *boot, struct fat_geometry *ret)
{
	uint32_t reserved = i2n_le16(boot + 14), fats = boot[16], entries = i2n_le16(boot + 17);
	uint32_t sectors = i2n_le16(boot + 19) ? i2n_le16(boot + 19) : i2n_le32(boot + 32);
	uint32_t per_fat = i2n_le16(boot + 22);
	struct fat_geometry g = { .bits = per_fat ? 16 : 32, .sector = i2n_le16(boot + 11) };
	const char *why;

	if (!is_power_of_2(g.sector) || g.sector < 512 || g.sector > 4096)
		return "its sector size is impossible";
	if (!is_power_of_2(boot[13]))
		return "its cluster size is impossible";
	if (!reserved || !fats || (boot[21] < 0xf8 && boot[21] != 0xf0))
		return "its boot sector has none of FAT's numbers";
	if (g.bits == 32)
		per_fat = i2n_le32(boot + 36);
	g.cluster = g.sector * boot[13];
	g.fat_len = (uint64_t)per_fat * g.sector;
	g.fat_off = (uint64_t)reserved * g.sector;
	g.root_off = g.fat_off + fats * g.fat_len;
	g.root_len = g.bits == 32 ? 0 : entries * FAT_DIRENT;
	if (g.root_len % g.sector)
		return "the size of its root directory is impossible";
	g.data_off = g.root_off + g.root_len;
	g.size = (uint64_t)sectors * g.sector;
	if (g.data_off >= g.size)
		return "its tables are larger than the file system";
	why = judge_clusters(&g, (g.size - g.data_off) / g.cluster);
	if (why)
		return why;
	if (g.bits == 32) {
		g.fat_off += fat_in_use(boot, fats) * g.fat_len;
		g.root_cluster = i2n_le32(boot + 44);
	}
	g.serial = i2n_le32(boot + (g.bits == 32 ? 67 : 39));
	g.is_dirty = boot[g.bits == 32 ? 65 : 37] & 1;
	*ret = g;
	return NULL;
}
