#include "fat_make.h"

#include <stdlib.h>

/* Enough clusters that no reader takes one kind for the other: some count a few of them wrongly
 * (the specification says so, and to stay 16 away). */
#define LEAST_16 (4085u + 16)
#define MOST_16 (65524u - 16)
#define LEAST_32 (65525u + 16)
#define MOST_32 0x0fffff00u
#define ROOT_16 512u		/* entries, at least */
#define SLACK_LEAST (1u << 20)	/* bytes that stay free */
#define SLACK_PART 16		/* or such a part of the content */

static uint64_t up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

static uint32_t slots_in(const struct make *m, const struct i2n_inode *dir)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < dir->dir.count; i++) {
		const struct made *made = &m->made[dir->dir.first + i];

		n += made->left_out ? 0 : 1u + made->n_long;
	}
	return n;
}

static uint64_t bytes_of(const struct make *m, uint32_t d)
{
	const struct i2n_inode *in = &m->tree->inodes[m->tree->dirents[d].inode];

	return make_is_dir(m, d) ? (slots_in(m, in) + (uint64_t)2) * FAT_DIRENT : in->size;
}

/* --- order --- */

struct place {
	uint64_t where;
	uint32_t dirent;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->where != y->where)
		return x->where < y->where ? -1 : 1;
	return x->dirent < y->dirent ? -1 : x->dirent > y->dirent;
}

static uint32_t gather(const struct make *m, const struct i2n_inode *dir, struct place *to)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < dir->dir.count; i++) {
		uint32_t d = dir->dir.first + i;

		if (m->made[d].left_out || make_is_dir(m, d))
			continue;
		to[n++] = (struct place){
			m->reader->ops->where(m->reader,
					      &m->tree->inodes[m->tree->dirents[d].inode]),
			d
		};
	}
	return n;
}

static int order_files(struct make *m, struct i2n_err *err)
{
	const struct i2n_tree *t = m->tree;
	struct place *places = malloc((t->n_dirents + (size_t)1) * sizeof(*places));
	uint32_t n;

	if (!places)
		return i2n_err_nomem(err);
	n = gather(m, &t->inodes[t->root], places);
	for (uint32_t i = 0; i < m->n_dirs; i++)
		n += gather(m, &t->inodes[t->dirents[m->order[i]].inode], places + n);
	qsort(places, n, sizeof(*places), by_place);
	for (uint32_t i = 0; i < n; i++)
		m->order[m->n_order++] = places[i].dirent;
	m->ret->dirs = m->n_dirs;
	m->ret->files = n;
	free(places);
	return I2N_OK;
}

/* --- sizes --- */

/* Clusters of that many bytes that all takes, without the root. */
static uint64_t clusters_for(const struct make *m, uint32_t cluster)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < m->n_order; i++)
		n += up(bytes_of(m, m->order[i]), cluster);
	return n;
}

static uint64_t with_slack(uint64_t clusters, uint32_t cluster)
{
	uint64_t least = SLACK_LEAST / cluster, part = clusters / SLACK_PART;

	return clusters + (part > least ? part : least);
}

static int choose(struct make *m, struct i2n_err *err)
{
	uint64_t n = with_slack(clusters_for(m, MAKE_SECTOR), MAKE_SECTOR);
	uint32_t root = m->root_slots * FAT_DIRENT;

	m->bits = n <= MOST_16 ? 16 : 32;
	m->per_cluster = 1;
	if (m->bits == 16) {
		m->clusters = (uint32_t)(n < LEAST_16 ? LEAST_16 : n);
		return I2N_OK;
	}
	for (m->per_cluster = 8; m->per_cluster > 1; m->per_cluster /= 2) {
		uint32_t c = m->per_cluster * MAKE_SECTOR;

		n = with_slack(clusters_for(m, c) + up(root, c), c);
		if (n >= LEAST_32)
			break;
	}
	if (m->per_cluster == 1)
		n = with_slack(clusters_for(m, MAKE_SECTOR) + up(root, MAKE_SECTOR), MAKE_SECTOR);
	if (n > MOST_32)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
				"cannot write '%s': the files are too large for a FAT file system",
				m->path);
	m->clusters = (uint32_t)(n < LEAST_32 ? LEAST_32 : n);
	m->root_clusters = (uint32_t)up(root, m->per_cluster * MAKE_SECTOR);
	return I2N_OK;
}

static void place_tables(struct make *m)
{
	uint32_t slots = m->root_slots < ROOT_16 ? ROOT_16 : (uint32_t)up(m->root_slots, 16) * 16;

	m->reserved = m->bits == 32 ? 32 : 1;
	m->per_fat = (uint32_t)up(((uint64_t)m->clusters + 2) * (m->bits / 8), MAKE_SECTOR);
	m->root_sectors = m->bits == 32 ? 0 : slots * FAT_DIRENT / MAKE_SECTOR;
	m->data = m->reserved + 2 * (uint64_t)m->per_fat + m->root_sectors;
	m->sectors = m->data + (uint64_t)m->clusters * m->per_cluster;
}

static void place_objects(struct make *m)
{
	uint32_t next = FAT_FIRST_CLUSTER + m->root_clusters;

	for (uint32_t i = 0; i < m->n_order; i++) {
		struct made *made = &m->made[m->order[i]];

		made->clusters = (uint32_t)up(bytes_of(m, m->order[i]),
					      m->per_cluster * MAKE_SECTOR);
		made->start = made->clusters ? next : 0;
		next += made->clusters;
	}
	m->used = next - FAT_FIRST_CLUSTER;
}

static int check_dirs(struct make *m, struct i2n_err *err)
{
	bool fits = m->root_slots * (uint64_t)FAT_DIRENT <= FAT_DIR_MAX - MAKE_SECTOR;

	for (uint32_t i = 0; i < m->n_dirs && fits; i++)
		fits = bytes_of(m, m->order[i]) <= FAT_DIR_MAX;
	return fits ? I2N_OK :
		      i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
			       "cannot write '%s': a directory has more names than FAT can hold",
			       m->path);
}

int make_layout(struct make *m, struct i2n_err *err)
{
	const struct i2n_tree *t = m->tree;

	m->root_slots = slots_in(m, &t->inodes[t->root]) + (m->opts->has_label ? 1 : 0);
	/* an empty root still has a cluster */
	if (!m->root_slots)
		m->root_slots = 1;
	if (check_dirs(m, err) || order_files(m, err) || choose(m, err))
		return I2N_FATAL;
	place_tables(m);
	place_objects(m);
	if (m->opts->start / MAKE_SECTOR + m->sectors > UINT32_MAX)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
				"cannot write '%s': it would have more than 2 TiB", m->path);
	return I2N_OK;
}
