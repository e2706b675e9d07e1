#include "fat_own.h"

#include <stdlib.h>
#include <string.h>

/* Directories are read in the order in which they are found, which is the order of their inodes:
 * so dirents are grouped by directory as they come, and nothing recurses. Until a directory is
 * read, its inode's `data` is its first cluster. */

#define OBJECTS_MAX (4u << 20)
#define MODE 0755u
#define MODE_READ_ONLY 0555u

struct load {
	struct i2n_fat *fat;
	struct i2n_tree *t;
	size_t cap_inodes, cap_dirents, cap_names;
	unsigned char *claimed;		/* a bit per cluster: belongs to something */
	unsigned char *dir;		/* bytes of the directory at hand */
	size_t dir_len, cap_dir;
	uint32_t at;			/* its inode */
};

static void *grow(void *array, size_t *cap, size_t want, size_t size, struct i2n_err *err)
{
	size_t more = *cap + *cap / 2 + 64;
	void *bigger;

	if (want <= *cap)
		return array;
	if (more < want)
		more = want;
	bigger = more > SIZE_MAX / size ? NULL : realloc(array, more * size);
	if (!bigger)
		(void)i2n_err_nomem(err);	/* the result is the NULL */
	else
		*cap = more;
	return bigger;
}

/* --- what is wrong --- */

/* About an entry of the directory at hand; name NULL: about itself. */
static void note(const struct load *l, enum i2n_note_kind kind, const char *cls, const void *name,
		 size_t len, const char *text)
{
	size_t dir_len = 0;
	uint32_t de = l->t->inodes[l->at].first_dirent;
	char *dir = i2n_tree_path(l->t, de, &dir_len), *path;

	if (de == I2N_NONE && name)
		dir_len = 0;
	path = dir ? malloc(dir_len + len + 2) : NULL;
	if (path) {	/* else the path is what is missing */
		memcpy(path, dir, dir_len);
		if (name && dir_len)
			path[dir_len++] = '/';
		if (name)
			memcpy(path + dir_len, name, len);
		dir_len += name ? len : 0;
	}
	i2n_note(&l->fat->notes, kind, cls, path, path ? dir_len : 0, "%s", text);
	free(path);
	free(dir);
}

static void note_entry(const struct load *l, enum i2n_note_kind kind, const char *cls,
		       const struct fat_entry *e, const char *text)
{
	note(l, kind, cls, e->name, e->name_len, text);
}

/* --- chains --- */

static bool claim(struct load *l, uint32_t cluster)
{
	unsigned char *byte = &l->claimed[(cluster - FAT_FIRST_CLUSTER) / 8];
	unsigned char bit = (unsigned char)(1u << (cluster - FAT_FIRST_CLUSTER) % 8);

	if (*byte & bit)
		return false;
	*byte |= bit;
	return true;
}

/* Go along a chain of n clusters, all of which become claimed. NULL, or what is wrong. Each cluster
 * is met once in all, so a loop ends. */
static int claim_file(struct load *l, const struct fat_entry *e, const char **ret_wrong,
		      struct i2n_err *err)
{
	uint64_t n = ((uint64_t)e->size + l->fat->geo.cluster - 1) / l->fat->geo.cluster;
	uint32_t at = e->start;

	*ret_wrong = NULL;
	if (n && !fat_is_cluster(l->fat, at))
		*ret_wrong = "its first cluster cannot be";
	while (n && !*ret_wrong) {
		int rc;

		if (!claim(l, at))
			*ret_wrong = "it shares clusters with something else";
		if (!--n)
			break;
		rc = fat_next(l->fat, at, &at, err);
		if (rc == I2N_FATAL)
			return rc;
		if (rc)
			*ret_wrong = "its chain of clusters is broken";
		else if (at == FAT_CHAIN_END)
			*ret_wrong = "its chain of clusters is shorter than its size";
	}
	return I2N_OK;
}

static int add_cluster(struct load *l, uint32_t cluster, struct i2n_err *err)
{
	const uint32_t n = l->fat->geo.cluster;
	unsigned char *dir = grow(l->dir, &l->cap_dir, l->dir_len + n, 1, err);

	if (!dir)
		return I2N_FATAL;
	l->dir = dir;
	if (i2n_source_pread(l->fat->src, dir + l->dir_len, n, fat_cluster_off(l->fat, cluster),
			     err))
		return I2N_FATAL;
	l->dir_len += n;
	return I2N_OK;
}

/* Read the directory at hand, as much of it as there is. */
static int read_chain(struct load *l, uint32_t at, struct i2n_err *err)
{
	const char *wrong = fat_is_cluster(l->fat, at) ? NULL : "its first cluster cannot be";

	while (!wrong && at != FAT_CHAIN_END) {
		int rc;

		if (!claim(l, at)) {
			wrong = "it shares clusters with something else; the rest is left out";
		} else if (l->dir_len >= FAT_DIR_MAX) {
			wrong = "it is larger than a directory can be; the rest is left out";
		} else {
			if (add_cluster(l, at, err))
				return I2N_FATAL;
			rc = fat_next(l->fat, at, &at, err);
			if (rc == I2N_FATAL)
				return rc;
			if (rc)
				wrong = "its chain of clusters is broken; the rest is left out";
		}
	}
	if (wrong)
		note(l, I2N_NOTE_DAMAGED, "chain", NULL, 0, wrong);
	return I2N_OK;
}

static int read_root_area(struct load *l, struct i2n_err *err)
{
	const struct fat_geometry *g = &l->fat->geo;
	unsigned char *dir;

	if (!g->root_len)
		return I2N_OK;
	dir = grow(l->dir, &l->cap_dir, g->root_len, 1, err);
	if (!dir)
		return I2N_FATAL;
	l->dir = dir;
	l->dir_len = g->root_len;
	return i2n_source_pread(l->fat->src, dir, g->root_len, g->root_off, err);
}

static int read_dir(struct load *l, struct i2n_err *err)
{
	const struct fat_geometry *g = &l->fat->geo;

	l->dir_len = 0;
	if (l->at != l->t->root)
		return read_chain(l, (uint32_t)l->t->inodes[l->at].data, err);
	return g->bits == 32 ? read_chain(l, g->root_cluster, err) : read_root_area(l, err);
}

/* --- nodes --- */

static int add_inode(struct load *l, const struct fat_entry *e, struct i2n_err *err)
{
	struct i2n_tree *t = l->t;
	struct i2n_inode *all = grow(t->inodes, &l->cap_inodes, t->n_inodes + (size_t)1,
				     sizeof(*all), err);
	bool is_dir = e->attr & FAT_DIRECTORY;

	if (!all)
		return I2N_FATAL;
	t->inodes = all;
	all[t->n_inodes] = (struct i2n_inode){
		.size = is_dir ? 0 : e->size,
		.mtime = e->mtime,
		.atime = e->atime,
		.data = e->start,
		.ino = t->n_inodes + 1,
		.first_dirent = I2N_NONE,
		/* a read-only directory is as another one, as in Linux */
		.mode = (uint16_t)(is_dir			 ? I2N_S_IFDIR | MODE :
				   e->attr & FAT_READ_ONLY ? I2N_S_IFREG | MODE_READ_ONLY :
							     I2N_S_IFREG | MODE),
		.nlink = is_dir ? 2 : 1,
	};
	t->n_inodes++;
	return I2N_OK;
}

static int add_name(struct load *l, const struct fat_entry *e, uint32_t *ret, struct i2n_err *err)
{
	struct i2n_tree *t = l->t;
	unsigned char *all = grow(t->names, &l->cap_names, t->names_len + e->name_len + 1, 1, err);

	if (!all)
		return I2N_FATAL;
	t->names = all;
	*ret = t->names_len;
	all[t->names_len] = (unsigned char)e->name_len;
	memcpy(all + t->names_len + 1, e->name, e->name_len);
	t->names_len += (uint32_t)e->name_len + 1;
	return I2N_OK;
}

static int add_object(struct load *l, const struct fat_entry *e, struct i2n_err *err)
{
	struct i2n_tree *t = l->t;
	struct i2n_dirent de = { .parent = l->at, .inode = t->n_inodes }, *all;

	if (t->n_dirents == OBJECTS_MAX)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"the FAT file system in %s has more than %u objects",
				l->fat->src->name, OBJECTS_MAX);
	all = grow(t->dirents, &l->cap_dirents, t->n_dirents + (size_t)1, sizeof(*all), err);
	if (!all)
		return I2N_FATAL;
	t->dirents = all;
	if (add_name(l, e, &de.name, err) || add_inode(l, e, err))
		return I2N_FATAL;
	all[t->n_dirents++] = de;
	return I2N_OK;
}

static bool is_name(const struct fat_entry *e)
{
	return !(e->name[0] == '.' &&
		 (e->name_len == 1 || (e->name_len == 2 && e->name[1] == '.'))) &&
	       !memchr(e->name, '/', e->name_len);
}

static int take_entry(struct load *l, struct fat_entry *e, struct i2n_err *err)
{
	const char *wrong = NULL;

	if (l->fat->geo.bits != 32)
		e->start &= 0xffff;	/* the rest has other uses there */
	if (!is_name(e)) {
		note_entry(l, I2N_NOTE_DAMAGED, "dirent", e, "its name cannot be");
		return I2N_OK;
	}
	if (e->lost_long_name)
		note_entry(l, I2N_NOTE_WARN, "long-name", e,
			   "its long name is damaged; the short one counts");
	if (e->cut_long_name)
		note_entry(l, I2N_NOTE_LOSS, "name", e,
			   "its long name has more than 255 bytes; the short one is taken");
	if (!(e->attr & FAT_DIRECTORY) && claim_file(l, e, &wrong, err))
		return I2N_FATAL;
	if (wrong) {
		note_entry(l, I2N_NOTE_DAMAGED, "chain", e, wrong);
		return I2N_OK;
	}
	return add_object(l, e, err);
}

/* --- the order of names --- */

/* For qsort(), which has no context. The place in the directory decides between equals. */
struct key {
	const unsigned char *name;	/* as in tree->names */
	struct i2n_dirent de;
};

static int by_name(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int c = memcmp(x->name + 1, y->name + 1,
		       x->name[0] < y->name[0] ? x->name[0] : y->name[0]);

	if (c || x->name[0] != y->name[0])
		return c ? c : x->name[0] - y->name[0];
	return x->de.name < y->de.name ? -1 : x->de.name > y->de.name;
}

static bool is_same_name(const struct key *a, const struct key *b)
{
	return a->name[0] == b->name[0] && !memcmp(a->name + 1, b->name + 1, a->name[0]);
}

/* The dirents from `first` on are those of the directory at hand: order them, and drop names that
 * are there twice. The inode of one that is dropped is marked by its mode 0. */
static int order(struct load *l, uint32_t first, struct i2n_err *err)
{
	struct i2n_tree *t = l->t;
	uint32_t n = t->n_dirents - first, kept = first;
	struct key *keys = malloc((n + (size_t)1) * sizeof(*keys));

	if (!keys)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < n; i++)
		keys[i] = (struct key){ t->names + t->dirents[first + i].name,
					t->dirents[first + i] };
	qsort(keys, n, sizeof(*keys), by_name);
	for (uint32_t i = 0; i < n; i++) {
		struct i2n_inode *in = &t->inodes[keys[i].de.inode];

		if (i && is_same_name(&keys[i], &keys[i - 1])) {
			note(l, I2N_NOTE_DAMAGED, "dirent", keys[i].name + 1, keys[i].name[0],
			     "the name is in its directory twice; the first one counts");
			in->mode = 0;
			continue;
		}
		in->first_dirent = kept;
		in->links = 1;
		t->inodes[l->at].nlink += i2n_inode_type(in) == I2N_S_IFDIR;
		t->dirents[kept++] = keys[i].de;
	}
	t->n_dirents = kept;
	free(keys);
	return I2N_OK;
}

/* --- all of it --- */

static void check_end(struct load *l, const struct fat_dir *dir)
{
	if (l->at != l->t->root && l->dir_len && dir->n_subdirs < 2)
		note(l, I2N_NOTE_WARN, "dirent", NULL, 0,
		     "the directory does not begin with '.' and '..'; Linux would refuse it");
	if (fat_dir_has_rest(dir))
		note(l, I2N_NOTE_INFO, "dirent", NULL, 0,
		     "there is something behind the end of the directory");
}

static int load_dir(struct load *l, struct i2n_err *err)
{
	struct fat_dir dir = { .len = 0 };
	uint32_t first = l->t->n_dirents;
	struct fat_entry e;

	if (read_dir(l, err))
		return I2N_FATAL;
	dir.bytes = l->dir;
	dir.len = l->dir_len;
	while (fat_dir_next(&dir, &e))
		if (take_entry(l, &e, err))
			return I2N_FATAL;
	check_end(l, &dir);
	if (l->at == l->t->root) {
		l->fat->info.has_label = dir.has_label;
		memcpy(l->fat->info.label, dir.label, sizeof(dir.label));
		l->fat->info.label_mtime = dir.label_mtime;
	}
	if (order(l, first, err))
		return I2N_FATAL;
	l->t->inodes[l->at].size = l->dir_len;
	l->t->inodes[l->at].dir.first = first;
	l->t->inodes[l->at].dir.count = l->t->n_dirents - first;
	return I2N_OK;
}

/* Inodes without a dirent, which is what names that were there twice leave behind, are dropped. */
static int drop_nameless(struct i2n_tree *t, struct i2n_err *err)
{
	uint32_t *to = malloc(t->n_inodes * sizeof(*to)), n = 0;

	if (!to)
		return i2n_err_nomem(err);
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		to[i] = n;
		if (t->inodes[i].mode)
			t->inodes[n++] = t->inodes[i];
	}
	t->n_inodes = n;
	for (uint32_t i = 0; i < t->n_dirents; i++) {
		t->dirents[i].parent = to[t->dirents[i].parent];
		t->dirents[i].inode = to[t->dirents[i].inode];
	}
	free(to);
	return I2N_OK;
}

static int load_all(struct load *l, struct i2n_err *err)
{
	const struct fat_entry root = { .attr = FAT_DIRECTORY,
					.mtime = i2n_time_pack((struct i2n_time){ 0, 0 }),
					.atime = i2n_time_pack((struct i2n_time){ 0, 0 }) };

	if (add_inode(l, &root, err))
		return I2N_FATAL;
	for (l->at = 0; l->at < l->t->n_inodes; l->at++)
		if (i2n_inode_type(&l->t->inodes[l->at]) == I2N_S_IFDIR && load_dir(l, err))
			return I2N_FATAL;
	return drop_nameless(l->t, err);
}

int i2n_fat_tree(struct i2n_fat *fat, struct i2n_tree **ret, struct i2n_err *err)
{
	struct load l = { .fat = fat };
	int rc;

	l.t = calloc(1, sizeof(*l.t));
	l.claimed = calloc(fat->geo.clusters / 8 + (size_t)1, 1);
	rc = l.t && l.claimed ? load_all(&l, err) : i2n_err_nomem(err);
	if (rc)
		i2n_tree_free(l.t);
	else
		*ret = l.t;
	free(l.claimed);
	free(l.dir);
	return rc;
}
