/* fat_make.h - what the files that make a FAT file system share.
 *
 * Each dirent has its own clusters, because FAT has no hard links. */
#ifndef FAT_MAKE_H
#define FAT_MAKE_H

#include "img2nfs/card.h"

#include "fat_own.h"

#define MAKE_SECTOR 512u

/* What a dirent becomes. */
struct made {
	unsigned char alias[11];	/* its short name */
	unsigned char n_long;		/* entries of its long name; 0: the short one says it all */
	bool left_out;
	uint32_t start, clusters;
};

struct make {
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	const struct i2n_card_opts *opts;
	const struct i2n_notes *notes;
	struct i2n_card_result *ret;
	struct made *made;		/* by dirent */
	/* Dirents in the order of their clusters: directories from the top, then files as they lie
	 * on the medium that they come from. */
	uint32_t *order;
	uint32_t n_order, n_dirs;
	uint32_t root_slots, root_clusters;
	/* where everything is, in sectors of the partition */
	unsigned bits;
	uint32_t reserved, per_fat, root_sectors, per_cluster, clusters, used;
	uint64_t data, sectors;
	int fd;
	const char *path;
};

/* Names: decide what is stored and by which short names. */
int make_names(struct make *m, struct i2n_err *err);
/* Sizes and places: everything up to `sectors`. */
int make_layout(struct make *m, struct i2n_err *err);
/* Tables, directories and files. */
int make_content(struct make *m, struct i2n_err *err);

/* Left out, and told. */
void make_leave_out(struct make *m, uint32_t dirent, const char *why);

/* The name of a dirent as UTF-16; the number of units, 0: it cannot be a name of FAT. units:
 * 255. */
size_t make_units(const struct i2n_tree *t, uint32_t dirent, uint16_t *units);

static inline bool make_is_dir(const struct make *m, uint32_t dirent)
{
	return i2n_inode_type(&m->tree->inodes[m->tree->dirents[dirent].inode]) == I2N_S_IFDIR;
}

#endif
