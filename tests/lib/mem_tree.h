/* mem_tree.h - trees in memory with content, made from lines, and what must hold of any tree.
 *
 *	struct mem m;
 *	mem_init(&m);
 *	mem_dir(&m, "etc");
 *	mem_file(&m, "etc/fstab", "...");
 *	mem_link(&m, "etc/mtab", "../proc/mounts");
 *	mem_same(&m, "etc/other", "etc/fstab");		a further name
 *	mem_end(&m);					m.tree, m.reader
 *
 * Folders come before what is in them. */
#ifndef TESTS_MEM_TREE_H
#define TESTS_MEM_TREE_H

#include "img2nfs/reader.h"

#include "t.h"

#define MEM_MAX 512

struct mem_text {
	const char *bytes;
	size_t len;
};

struct mem {
	struct i2n_tree tree;
	struct i2n_reader reader;
	struct i2n_inode inodes[MEM_MAX];
	struct i2n_dirent dirents[MEM_MAX];
	unsigned char names[MEM_MAX * 64];
	struct mem_text texts[MEM_MAX];
	unsigned opens;
};

struct i2n_file {
	const struct mem_text *text;
	uint64_t pos, size;
};

static inline struct mem *mem_of(const struct i2n_reader *r)
{
	return (struct mem *)(void *)((char *)(uintptr_t)r - offsetof(struct mem, reader));
}

static inline int mem_open(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_file **ret,
			   struct i2n_err *err)
{
	(void)err;
	*ret = calloc(1, sizeof(**ret));
	(*ret)->text = &mem_of(r)->texts[in->data];
	(*ret)->size = in->size;
	mem_of(r)->opens++;
	return I2N_OK;
}

/* A text of NULL is a hole; of a size that is not the inode's, it is damaged. */
static inline int mem_next(struct i2n_file *f, uint64_t max, struct i2n_range *ret,
			   struct i2n_err *err)
{
	uint64_t left = f->text->bytes ? f->text->len - f->pos : 0;

	if (f->size != f->text->len)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "asked to be damaged");
	if (!left)
		return I2N_END;
	left = left < 3 ? left : 3;
	*ret = (struct i2n_range){ f->pos, left < max ? left : max, 0 };
	f->pos += ret->len;
	return I2N_OK;
}

static inline int mem_read(struct i2n_file *f, void *buf, size_t len, uint64_t off,
			   struct i2n_err *err)
{
	(void)err;
	memcpy(buf, f->text->bytes + off, len);
	return I2N_OK;
}

static inline int mem_rewind(struct i2n_file *f, struct i2n_err *err)
{
	(void)err;
	f->pos = 0;
	return I2N_OK;
}

static inline void mem_close(struct i2n_file *f)
{
	free(f);
}

static inline int mem_readlink(struct i2n_reader *r, const struct i2n_inode *in, void *buf,
			       size_t cap, struct i2n_err *err)
{
	(void)cap;
	(void)err;
	memcpy(buf, mem_of(r)->texts[in->data].bytes, (size_t)in->size);
	return I2N_OK;
}

static inline uint64_t mem_where(const struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	return i2n_inode_type(in) == I2N_S_IFREG ? in->data + 1 : 0;
}

static inline void mem_willneed(struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	(void)in;
}

static const struct i2n_reader_ops mem_ops = {
	.open = mem_open, .next = mem_next, .read = mem_read, .rewind = mem_rewind,
	.close = mem_close, .readlink = mem_readlink, .where = mem_where,
	.willneed = mem_willneed,
};

static inline void mem_init(struct mem *m)
{
	memset(m, 0, sizeof(*m));
	m->tree = (struct i2n_tree){ .inodes = m->inodes, .dirents = m->dirents,
				     .names = m->names, .n_inodes = 1 };
	m->reader.ops = &mem_ops;
	m->inodes[0] = (struct i2n_inode){ .mode = 040755, .first_dirent = I2N_NONE, .ino = 2,
					   .nlink = 2, .mtime = 1000 };
}

/* The inode of a folder that was made; for mem_same() of anything. */
static inline uint32_t mem_find(const struct mem *m, const char *path, size_t len)
{
	uint32_t at = m->tree.root;

	while (len) {
		const char *slash = memchr(path, '/', len);
		size_t n = slash ? (size_t)(slash - path) : len, k;
		uint32_t d;

		for (d = 0; d < m->tree.n_dirents; d++) {
			const unsigned char *s = i2n_dirent_name(&m->tree, &m->dirents[d], &k);

			if (m->dirents[d].parent == at && k == n && !memcmp(s, path, n))
				break;
		}
		if (d == m->tree.n_dirents) {
			fprintf(stderr, "mem_tree.h: there is no %.*s\n", (int)n, path);
			exit(1);
		}
		at = m->dirents[d].inode;
		path += n + (slash != NULL);
		len -= n + (slash != NULL);
	}
	return at;
}

static inline void mem_name(struct mem *m, const char *path, uint32_t inode)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct i2n_dirent *de = &m->dirents[m->tree.n_dirents];

	de->parent = mem_find(m, path, slash ? (size_t)(slash - path) : 0);
	de->inode = inode;
	de->name = m->tree.names_len;
	m->names[m->tree.names_len++] = (unsigned char)strlen(name);
	memcpy(m->names + m->tree.names_len, name, strlen(name));
	m->tree.names_len += (uint32_t)strlen(name);
	m->tree.n_dirents++;
	m->inodes[inode].links++;
	m->inodes[inode].nlink++;
}

static inline struct i2n_inode *mem_add(struct mem *m, const char *path, unsigned mode,
					const char *bytes, size_t len)
{
	uint32_t i = m->tree.n_inodes++;

	m->inodes[i] = (struct i2n_inode){ .mode = (uint16_t)mode, .ino = i + 10, .uid = 7,
					   .gid = 8, .mtime = 5000 + i, .atime = 6000 + i };
	if ((mode & I2N_S_IFMT) != I2N_S_IFDIR) {
		m->inodes[i].size = len;
		m->inodes[i].data = i;
		m->texts[i] = (struct mem_text){ bytes, len };
	}
	mem_name(m, path, i);
	return &m->inodes[i];
}

static inline void mem_dir(struct mem *m, const char *path)
{
	mem_add(m, path, 040755, NULL, 0)->nlink = 2;
}

static inline struct i2n_inode *mem_file(struct mem *m, const char *path, const char *text)
{
	return mem_add(m, path, 0100644, text, strlen(text));
}

static inline void mem_link(struct mem *m, const char *path, const char *target)
{
	mem_add(m, path, 0120777, target, strlen(target));
}

static inline void mem_same(struct mem *m, const char *path, const char *other)
{
	mem_name(m, path, mem_find(m, other, strlen(other)));
}

static struct mem *mem_sorting;

static inline int mem_by_place(const void *a, const void *b)
{
	const struct i2n_dirent *x = a, *y = b;
	const unsigned char *p = mem_sorting->names + x->name, *q = mem_sorting->names + y->name;
	int c;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	c = memcmp(p + 1, q + 1, *p < *q ? *p : *q);
	return c ? c : *p - *q;
}

static inline void mem_end(struct mem *m)
{
	mem_sorting = m;
	qsort(m->dirents, m->tree.n_dirents, sizeof(m->dirents[0]), mem_by_place);
	for (uint32_t i = 0; i < m->tree.n_inodes; i++)
		m->inodes[i].first_dirent = I2N_NONE;
	for (uint32_t d = 0; d < m->tree.n_dirents; d++) {
		struct i2n_inode *in = &m->inodes[m->dirents[d].inode],
				 *dir = &m->inodes[m->dirents[d].parent];

		if (in->first_dirent == I2N_NONE)
			in->first_dirent = d;
		if (!dir->dir.count++)
			dir->dir.first = d;
	}
}

/* All that node.h promises of a tree. */
static inline void mem_check_inode(const struct i2n_tree *t, uint32_t i, uint32_t names)
{
	const struct i2n_inode *in = &t->inodes[i];
	bool is_dir = i2n_inode_type(in) == I2N_S_IFDIR;

	if (i == t->root) {
		T_EQ(in->first_dirent, I2N_NONE);
		T_EQ(names, 0);
	} else {
		T_EQ(in->links, names);
		T_OK(names > 0 && (!is_dir || names == 1));
		T_OK(in->first_dirent < t->n_dirents && t->dirents[in->first_dirent].inode == i);
	}
	for (uint32_t k = 0; is_dir && k < in->dir.count; k++) {
		T_OK(in->dir.first + k < t->n_dirents);
		T_EQ(t->dirents[in->dir.first + k].parent, i);
	}
}

static inline void mem_check_tree(const struct i2n_tree *t)
{
	uint32_t *names = calloc(t->n_inodes + 1u, sizeof(*names)), inside = 0;

	T_OK(t->root < t->n_inodes && i2n_inode_type(&t->inodes[t->root]) == I2N_S_IFDIR);
	for (uint32_t d = 0; d < t->n_dirents; d++) {
		const struct i2n_dirent *de = &t->dirents[d];
		size_t len, last;
		const unsigned char *s, *p;

		T_OK(de->parent < t->n_inodes && de->inode < t->n_inodes &&
		     de->name < t->names_len);
		s = i2n_dirent_name(t, de, &len);
		T_OK(len && de->name + len < t->names_len && !memchr(s, '/', len) &&
		     !memchr(s, 0, len));
		T_OK(!(s[0] == '.' && (len == 1 || (len == 2 && s[1] == '.'))));
		names[de->inode]++;
		if (!d || t->dirents[d - 1].parent != de->parent)
			continue;
		p = i2n_dirent_name(t, de - 1, &last);
		T_OK(memcmp(p, s, last < len ? last : len) < 0 ||
		     (last < len && !memcmp(p, s, last)));
	}
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		mem_check_inode(t, i, names[i]);
		if (i2n_inode_type(&t->inodes[i]) == I2N_S_IFDIR)
			inside += t->inodes[i].dir.count;
	}
	T_EQ(inside, t->n_dirents);
	free(names);
}

#endif
