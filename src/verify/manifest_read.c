#include "img2nfs/name.h"

#include "manifest_own.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_LIMIT (UINT64_C(1) << 30)
#define IMPLIED_MAX 64	/* names per line: a line can imply as many directories as it has slashes */

struct i2n_manifest {
	struct i2n_reader reader;	/* first member */
	struct i2n_tree tree;
	struct i2n_expect expect;
	uint16_t *known;
	unsigned char (*digests)[16];
	char *bytes;
};

/* A name in the tree: line I2N_NONE = a directory without a line of its own. */
struct node {
	uint32_t parent, line, inode;
	uint64_t name;			/* offset into the lines' bytes */
	uint32_t name_len;
};

/* Directories around the line at hand. */
struct around {
	uint32_t node, path_len;
};

struct builder {
	struct manifest_lines lines;
	struct node *nodes;
	uint32_t n_nodes, cap_nodes;
	struct around *stack;
	uint32_t depth, cap_stack;
	struct i2n_manifest *m;
	struct i2n_err *err;
};

/* --- the reader: targets --- */

static int no_open(struct i2n_reader *r, const struct i2n_inode *in, struct i2n_file **ret,
		   struct i2n_err *err)
{
	(void)r;
	(void)in;
	(void)ret;
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "a manifest has no content");
}

static int no_next(struct i2n_file *f, uint64_t max, struct i2n_range *ret, struct i2n_err *err)
{
	(void)f;
	(void)max;
	(void)ret;
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "a manifest has no content");
}

static int no_read(struct i2n_file *f, void *buf, size_t len, uint64_t off, struct i2n_err *err)
{
	(void)f;
	(void)buf;
	(void)len;
	(void)off;
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "a manifest has no content");
}

static int no_rewind(struct i2n_file *f, struct i2n_err *err)
{
	return no_next(f, 0, NULL, err);
}

static void no_close(struct i2n_file *f)
{
	(void)f;
}

static int read_target(struct i2n_reader *r, const struct i2n_inode *in, void *buf, size_t cap,
		       struct i2n_err *err)
{
	const struct i2n_manifest *m = (const struct i2n_manifest *)(const void *)r;

	(void)cap, (void)err;
	assert(cap >= in->size);
	if (in->size)
		memcpy(buf, m->bytes + in->data, (size_t)in->size);
	return I2N_OK;
}

static uint64_t no_where(const struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	(void)in;
	return 0;
}

static void no_hint(struct i2n_reader *r, const struct i2n_inode *in)
{
	(void)r;
	(void)in;
}

static const struct i2n_reader_ops reader_ops = {
	.open = no_open,
	.next = no_next,
	.read = no_read,
	.rewind = no_rewind,
	.close = no_close,
	.readlink = read_target,
	.where = no_where,
	.willneed = no_hint,
};

/* --- lines into nodes --- */

static int bad(const struct builder *b, const struct manifest_line *line, const char *what)
{
	char q[300];

	i2n_err_set(b->err, I2N_DOM_IMAGE, 0, "the manifest: %s: %s", what,
		    i2n_quote(q, sizeof(q), b->lines.bytes + line->path, line->path_len));
	i2n_err_blame(b->err, I2N_BLAME_IMAGE);
	return I2N_FATAL;
}

struct sorted {
	const unsigned char *path;
	uint32_t len, line;
};

/* As a walk through the tree meets them: the slash before every other byte, a directory before
 * what is in it. Of two lines with one path the later counts. */
static int by_path(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	uint32_t n = x->len < y->len ? x->len : y->len;

	for (uint32_t i = 0; i < n; i++) {
		unsigned cx = x->path[i] == '/' ? 0 : x->path[i];
		unsigned cy = y->path[i] == '/' ? 0 : y->path[i];

		if (cx != cy)
			return cx < cy ? -1 : 1;
	}
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int add_node(struct builder *b, uint32_t parent, uint32_t line, uint64_t name,
		    uint32_t name_len)
{
	if (b->n_nodes / IMPLIED_MAX > b->lines.n + 1000)
		return bad(b, &b->lines.lines[0],
			   "too many directories without a line of their own");
	if (b->n_nodes == b->cap_nodes) {
		uint32_t cap = b->cap_nodes ? b->cap_nodes + b->cap_nodes / 2 : 64;
		struct node *grown = cap > b->cap_nodes ?
			realloc(b->nodes, (size_t)cap * sizeof(*grown)) : NULL;

		if (!grown)
			return i2n_err_nomem(b->err);
		b->nodes = grown;
		b->cap_nodes = cap;
	}
	b->nodes[b->n_nodes++] = (struct node){ .parent = parent, .line = line, .name = name,
						.name_len = name_len };
	return I2N_OK;
}

static int push(struct builder *b, uint32_t node, uint32_t path_len)
{
	if (b->depth == b->cap_stack) {
		uint32_t cap = b->cap_stack ? 2 * b->cap_stack : 64;
		struct around *grown = realloc(b->stack, (size_t)cap * sizeof(*grown));

		if (!grown)
			return i2n_err_nomem(b->err);
		b->stack = grown;
		b->cap_stack = cap;
	}
	b->stack[b->depth++] = (struct around){ node, path_len };
	return I2N_OK;
}

static bool is_dir(const struct builder *b, uint32_t node)
{
	uint32_t line = b->nodes[node].line;

	return line == I2N_NONE || (b->lines.lines[line].mode & I2N_S_IFMT) == I2N_S_IFDIR;
}

/* Is the line below the innermost of the stack? prev: the path that was pushed with it, a
 * prefix. */
static bool is_below(const struct builder *b, const struct sorted *s, const char *prev)
{
	const struct around *top = &b->stack[b->depth - 1];

	if (!top->path_len)
		return true;
	return s->len > top->path_len && s->path[top->path_len] == '/' &&
	       !memcmp(s->path, prev, top->path_len);
}

static int place_line(struct builder *b, const struct sorted *s, const char *prev)
{
	const struct manifest_line *line = &b->lines.lines[s->line];
	uint32_t at, end;
	int rc = I2N_OK;

	while (!is_below(b, s, prev))
		b->depth--;
	at = b->stack[b->depth - 1].path_len;
	while (rc == I2N_OK && at < s->len) {
		uint32_t from = at + (at > 0);
		const unsigned char *slash = memchr(s->path + from, '/', s->len - from);
		uint32_t parent = b->stack[b->depth - 1].node;

		if (!is_dir(b, parent))
			return bad(b, line, "something that is no directory has this below it");
		end = slash ? (uint32_t)(slash - s->path) : s->len;
		rc = add_node(b, parent, slash ? I2N_NONE : s->line, line->path + from, end - from);
		if (rc == I2N_OK)
			rc = push(b, b->n_nodes - 1, end);
		at = end;
	}
	return rc;
}

static struct sorted *sort_lines(const struct builder *b)
{
	struct sorted *s = malloc(((size_t)b->lines.n + 1) * sizeof(*s));

	for (uint32_t i = 0; s && i < b->lines.n; i++)
		s[i] = (struct sorted){
			(const unsigned char *)b->lines.bytes + b->lines.lines[i].path,
			b->lines.lines[i].path_len, i };
	if (s && b->lines.n)
		qsort(s, b->lines.n, sizeof(*s), by_path);
	return s;
}

static int make_nodes(struct builder *b)
{
	struct sorted *s = sort_lines(b);
	const char *prev = "";
	uint32_t i = 0;
	int rc;

	if (!s)
		return i2n_err_nomem(b->err);
	rc = add_node(b, I2N_NONE, I2N_NONE, 0, 0);
	for (; rc == I2N_OK && i < b->lines.n && !s[i].len; i++)
		b->nodes[0].line = s[i].line;
	if (rc == I2N_OK)
		rc = push(b, 0, 0);
	for (; rc == I2N_OK && i < b->lines.n; i++) {
		if (i + 1 < b->lines.n && s[i].len == s[i + 1].len &&
		    !memcmp(s[i].path, s[i + 1].path, s[i].len))
			continue;
		rc = place_line(b, &s[i], prev);
		prev = (const char *)s[i].path;
	}
	free(s);
	return rc;
}

/* --- nodes into a tree --- */

struct numbered {
	uint64_t number;
	uint32_t node;
};

static int by_number(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* Names of one object share an inode: those with the same number and the same type. */
static int join_links(struct builder *b)
{
	struct numbered *s = malloc(((size_t)b->n_nodes + 1) * sizeof(*s));
	size_t n = 0;

	if (!s)
		return i2n_err_nomem(b->err);
	for (uint32_t i = 0; i < b->n_nodes; i++) {
		const struct manifest_line *line;

		b->nodes[i].inode = i;
		if (is_dir(b, i))
			continue;
		line = &b->lines.lines[b->nodes[i].line];
		if (line->has_inode && line->nlink != 1)
			s[n++] = (struct numbered){ line->inode, i };
	}
	qsort(s, n, sizeof(*s), by_number);
	for (size_t i = 1; i < n; i++) {
		uint32_t first = b->nodes[s[i - 1].node].inode;
		const struct manifest_line *lines = b->lines.lines;

		if (s[i].number == s[i - 1].number &&
		    (lines[b->nodes[first].line].mode & I2N_S_IFMT) ==
		    (lines[b->nodes[s[i].node].line].mode & I2N_S_IFMT))
			b->nodes[s[i].node].inode = first;
	}
	free(s);
	return I2N_OK;
}

static void fill_inode(const struct builder *b, uint32_t inode, const struct manifest_line *line)
{
	struct i2n_manifest *m = b->m;
	struct i2n_inode *in = &m->tree.inodes[inode];
	uint16_t known = line->known;
	uint32_t nlink = line->nlink < UINT16_MAX ? line->nlink : UINT16_MAX;

	*in = (struct i2n_inode){
		.size = line->size, .mtime = line->mtime, .atime = line->mtime, .uid = line->uid,
		.gid = line->gid, .mode = line->mode, .nlink = (uint16_t)nlink,
		.ino = (uint32_t)line->inode, .first_dirent = I2N_NONE,
	};
	if (line->has_inode || line->nlink == 1)
		known |= I2N_KNOW_LINKS;
	if (i2n_inode_type(in) == I2N_S_IFLNK) {
		in->size = known & I2N_KNOW_TARGET ? line->target_len : 0;
		in->data = line->target;
	}
	if (i2n_inode_type(in) == I2N_S_IFCHR || i2n_inode_type(in) == I2N_S_IFBLK) {
		in->rdev.major = line->major;
		in->rdev.minor = line->minor;
	}
	m->known[inode] = known;
	memcpy(m->digests[inode], line->digest, 16);
}

/* Inode numbers without gaps, and what the lines say of each. */
static void fill_inodes(struct builder *b)
{
	static const struct manifest_line implied = { .mode = I2N_S_IFDIR };
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->n_nodes; i++) {
		struct node *node = &b->nodes[i];

		if (node->inode != i) {	/* of an earlier one, which has its number already */
			node->inode = b->nodes[node->inode].inode;
			continue;
		}
		node->inode = n;
		fill_inode(b, n++, node->line == I2N_NONE ? &implied :
						   &b->lines.lines[node->line]);
	}
	b->m->tree.n_inodes = n;
}

/* Nodes come as a walk meets them, so siblings are in order already. */
static void fill_dirents(struct builder *b)
{
	struct i2n_tree *t = &b->m->tree;
	uint32_t at = 0;

	for (uint32_t i = 1; i < b->n_nodes; i++)
		t->inodes[b->nodes[b->nodes[i].parent].inode].dir.count++;
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		struct i2n_inode *in = &t->inodes[i];

		if (i2n_inode_type(in) != I2N_S_IFDIR)
			continue;
		in->dir.first = at;
		at += in->dir.count;
		in->dir.count = 0;
	}
	for (uint32_t i = 1; i < b->n_nodes; i++) {
		const struct node *node = &b->nodes[i];
		uint32_t parent = b->nodes[node->parent].inode;
		struct i2n_inode *dir = &t->inodes[parent], *in = &t->inodes[node->inode];
		uint32_t d = dir->dir.first + dir->dir.count++;

		t->dirents[d] = (struct i2n_dirent){ parent, node->inode, t->names_len };
		t->names[t->names_len++] = (unsigned char)node->name_len;
		memcpy(t->names + t->names_len, b->lines.bytes + node->name, node->name_len);
		t->names_len += node->name_len;
		if (!in->links)
			in->first_dirent = d;
		i2n_inode_add_link(in);
	}
	t->n_dirents = b->n_nodes - 1;
}

static int make_tree(struct builder *b)
{
	struct i2n_manifest *m = b->m;
	size_t n = b->n_nodes, names = 0;
	int rc = join_links(b);

	if (rc != I2N_OK)
		return rc;
	for (uint32_t i = 1; i < b->n_nodes; i++)
		names += b->nodes[i].name_len + 1u;
	m->tree.inodes = malloc(n * sizeof(*m->tree.inodes));
	m->tree.dirents = malloc(n * sizeof(*m->tree.dirents));
	m->tree.names = malloc(names + 1);
	m->known = malloc(n * sizeof(*m->known));
	m->digests = malloc(n * sizeof(*m->digests));
	if (!m->tree.inodes || !m->tree.dirents || !m->tree.names || !m->known || !m->digests)
		return i2n_err_nomem(b->err);
	fill_inodes(b);
	fill_dirents(b);
	m->expect = (struct i2n_expect){ m->known,
					 (const unsigned char (*)[16])(const void *)m->digests };
	m->bytes = b->lines.bytes;
	b->lines.bytes = NULL;
	return I2N_OK;
}

static int build(char *text, size_t len, struct i2n_manifest *m, struct i2n_err *err)
{
	struct builder b = { .m = m, .err = err };
	int rc = manifest_parse(text, len, &b.lines, err);

	if (rc == I2N_OK && !b.lines.n) {
		i2n_err_set(err, I2N_DOM_IMAGE, 0, "the manifest has no lines");
		i2n_err_blame(err, I2N_BLAME_IMAGE);
		rc = I2N_FATAL;
	}
	if (rc == I2N_OK)
		rc = make_nodes(&b);
	if (rc == I2N_OK)
		rc = make_tree(&b);
	manifest_lines_release(&b.lines);
	free(b.nodes);
	free(b.stack);
	return rc;
}

/* --- the outside --- */

bool i2n_manifest_probe(struct i2n_source *src)
{
	char head[6];

	return src->size >= sizeof(head) &&
	       i2n_source_pread(src, head, sizeof(head), 0, NULL) == I2N_OK &&
	       !memcmp(head, "#mtree", sizeof(head));
}

int i2n_manifest_read(struct i2n_source *src, struct i2n_manifest **ret, struct i2n_err *err)
{
	struct i2n_manifest *m;
	char *text;
	int rc;

	if (src->size > SIZE_LIMIT)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"%s is larger than 1 GiB: too large for a manifest", src->name);
	m = calloc(1, sizeof(*m));
	text = malloc((size_t)src->size + 1);
	if (!m || !text) {
		rc = i2n_err_nomem(err);
		goto out;
	}
	m->reader.ops = &reader_ops;
	rc = i2n_source_pread(src, text, (size_t)src->size, 0, err);
	if (rc == I2N_OK)
		rc = build(text, (size_t)src->size, m, err);
out:
	free(text);
	if (rc == I2N_OK)
		*ret = m;
	else
		i2n_manifest_free(m);
	return rc;
}

const struct i2n_tree *i2n_manifest_tree(const struct i2n_manifest *m)
{
	return &m->tree;
}

struct i2n_reader *i2n_manifest_reader(struct i2n_manifest *m)
{
	return &m->reader;
}

const struct i2n_expect *i2n_manifest_expect(const struct i2n_manifest *m)
{
	return &m->expect;
}

void i2n_manifest_free(struct i2n_manifest *m)
{
	if (!m)
		return;
	free(m->tree.inodes);
	free(m->tree.dirents);
	free(m->tree.names);
	free(m->known);
	free(m->digests);
	free(m->bytes);
	free(m);
}
