/* fat_own.h - what the files of src/fat share.
 *
 * Clusters are numbered as on the medium: the first is 2. */
#ifndef FAT_OWN_H
#define FAT_OWN_H

#include "img2nfs/fat.h"

#define FAT_DIRENT 32			/* bytes of a directory entry */
#define FAT_FIRST_CLUSTER 2u
#define FAT_CHAIN_END UINT32_MAX	/* fat_next(): nothing follows */
#define FAT_DIR_MAX (65536u * FAT_DIRENT)	/* the specification's limit of a directory */

enum fat_attr {
	FAT_READ_ONLY = 0x01,
	FAT_VOLUME = 0x08,
	FAT_DIRECTORY = 0x10,
	FAT_ARCHIVE = 0x20,
	FAT_LONG_NAME = 0x0f,
};

/* Case bits of a short name, in byte 12 of its entry. */
enum fat_case { FAT_LOWER_BASE = 0x08, FAT_LOWER_EXT = 0x10 };

struct fat_geometry {
	unsigned bits;
	uint32_t sector, cluster;	/* bytes */
	uint32_t clusters;		/* data clusters: FAT_FIRST_CLUSTER .. clusters + 1 */
	uint64_t fat_off, fat_len;	/* the FAT in use */
	uint64_t root_off;		/* FAT12/16: the root directory; FAT32: none */
	uint32_t root_len, root_cluster;
	uint64_t data_off;		/* of FAT_FIRST_CLUSTER */
	uint64_t size;
	uint32_t serial;
	bool is_dirty;
};

#define FAT_PAGE 4096u
#define FAT_PAGES 32u

/* Pieces of the FAT that were read, each at its number modulo FAT_PAGES. */
struct fat_cache {
	uint64_t no[FAT_PAGES];		/* counted from 1; 0: nothing there */
	unsigned char bytes[FAT_PAGES][FAT_PAGE];
};

struct i2n_fat {
	struct i2n_reader reader;	/* first: fat_of() */
	struct i2n_source *src;
	struct i2n_notes notes;
	struct fat_geometry geo;
	struct i2n_fat_info info;
	struct fat_cache cache;
};

extern const struct i2n_reader_ops fat_reader_ops;

/* Judge the 512 bytes of a boot sector. NULL, or why this is no FAT file system that can be
 * read. */
const char *fat_geometry_decode(const unsigned char *boot, struct fat_geometry *ret);

static inline bool fat_is_cluster(const struct i2n_fat *fat, uint32_t cluster)
{
	return cluster >= FAT_FIRST_CLUSTER && cluster - FAT_FIRST_CLUSTER < fat->geo.clusters;
}

static inline uint64_t fat_cluster_off(const struct i2n_fat *fat, uint32_t cluster)
{
	return fat->geo.data_off + (uint64_t)(cluster - FAT_FIRST_CLUSTER) * fat->geo.cluster;
}

/* The cluster that follows one that is valid, or FAT_CHAIN_END. I2N_BADNODE: the chain is broken
 * here; I2N_FATAL: the FAT cannot be read. */
int fat_next(struct i2n_fat *fat, uint32_t cluster, uint32_t *ret, struct i2n_err *err);

/* --- entries of a directory --- */

#define FAT_LONG_UNITS (20 * 13)	/* UTF-16 units that the entries of a long name hold */
#define FAT_NAME_BYTES (FAT_LONG_UNITS * 3)	/* as UTF-8; 255 of them make a name of node.h */

struct fat_entry {
	unsigned char name[FAT_NAME_BYTES];
	size_t name_len;
	unsigned char attr;
	uint32_t start, size;
	uint64_t mtime, atime;		/* packed */
	bool lost_long_name;		/* has entries of a long name that are not its own */
	bool cut_long_name;		/* its long name does not fit into a node: this is the short
					 * one */
};

struct fat_dir {
	const unsigned char *bytes;	/* the caller's */
	size_t len, pos;
	unsigned n_subdirs;		/* entries of directories met, "." and ".." included */
	bool has_label;
	unsigned char label[11];
	uint64_t label_mtime;
};

/* The next file or directory; false at the end. "." and ".." are passed over. The name may be
 * anything but empty. */
bool fat_dir_next(struct fat_dir *dir, struct fat_entry *ret);

/* Is there something behind the entry that ended it? */
bool fat_dir_has_rest(const struct fat_dir *dir);

/* The short name in an entry, as Linux shows it, into 36 bytes; the length, 0: none. */
size_t fat_short_name(const unsigned char *entry, unsigned char *buf);

/* UTF-16 up to a NUL or n units; a surrogate without its other half is passed over, as in Linux.
 * buf: 3 bytes per unit. Returns the length. */
size_t fat_utf16_to_utf8(const uint16_t *units, size_t n, unsigned char *buf);

/* What long-name entries say of the short name they belong to. */
unsigned char fat_short_sum(const unsigned char *short_name);

/* A date and time of FAT as a packed time. */
uint64_t fat_time(uint16_t date, uint16_t time);

/* Code page 437: the character of a byte, and its lower case. */
uint16_t fat_cp437(unsigned char byte);
unsigned char fat_cp437_lower(unsigned char byte);

#endif
