/* Stages over trees that contradict each other in any way, as those of a damaged image can: what is
 * at the server in the end is the last tree, links included, each directory settled after its last
 * change, and no object is held any more. Where the trees only grow, each name is made once. */
#include "stage/carry.h"
#include "fake_tree.h"
#include "t.h"

#define N 90		/* inodes that there can be */
#define NAMES (4 * N)
#define HANDLES 100000
#define STAGES 5

/* --- the server --- */

struct entry {
	bool used;
	unsigned parent, node;
	char name[32];
};

struct server {
	struct i2n_sink base;
	uint64_t seed;
	struct i2n_op *queue[64];
	unsigned n_queue, n_nodes, n_objs;
	struct { unsigned type; uint32_t ino; bool settled; } nodes[HANDLES];
	struct entry entries[NAMES * 4];
	struct { unsigned node; bool held; } objs[HANDLES];
	unsigned made, removed;
};

static struct server *srv;

static unsigned node_of(i2n_obj obj)
{
	T_OK(obj == I2N_OBJ_ROOT || (obj < srv->n_objs && srv->objs[obj].held));
	return obj == I2N_OBJ_ROOT ? 0 : srv->objs[obj].node;
}

static i2n_obj hold(unsigned node)
{
	srv->objs[srv->n_objs].node = node;
	srv->objs[srv->n_objs].held = true;
	return srv->n_objs++;
}

static struct entry *find(unsigned parent, const void *name, size_t len)
{
	for (size_t i = 0; i < sizeof(srv->entries) / sizeof(srv->entries[0]); i++) {
		struct entry *e = &srv->entries[i];

		if (e->used && e->parent == parent && strlen(e->name) == len &&
		    !memcmp(e->name, name, len))
			return e;
	}
	return NULL;
}

static void enter(unsigned parent, const void *name, size_t len, unsigned node)
{
	struct entry *e = srv->entries;

	T_OK(!find(parent, name, len));
	while (e->used)
		e++;
	*e = (struct entry){ .used = true, .parent = parent, .node = node };
	memcpy(e->name, name, len);
	srv->nodes[parent].settled = false;
}

static unsigned count_in(unsigned parent)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof(srv->entries) / sizeof(srv->entries[0]); i++)
		n += srv->entries[i].used && srv->entries[i].parent == parent;
	return n;
}

static void leave(unsigned parent, const void *name, size_t len, bool dir)
{
	struct entry *e = find(parent, name, len);

	T_OK(e);
	if (!e)
		return;
	T_EQ(srv->nodes[e->node].type == I2N_S_IFDIR, dir);
	T_OK(!dir || !count_in(e->node));
	e->used = false;
	srv->nodes[parent].settled = false;
}

static void make(struct i2n_op *op)
{
	unsigned node = srv->n_nodes++;

	srv->nodes[node].type = i2n_inode_type(op->inode);
	srv->nodes[node].ino = op->inode->ino;
	enter(node_of(op->parent), op->name, op->name_len, node);
	if (op->kind == I2N_OP_MKDIR || op->keep)
		op->obj = hold(node);
	srv->made++;
}

static void list(struct i2n_op *op)
{
	for (size_t i = 0; i < sizeof(srv->entries) / sizeof(srv->entries[0]); i++) {
		struct entry *e = &srv->entries[i];
		struct i2n_entry out = { .name = (unsigned char *)e->name,
					 .name_len = strlen(e->name) };

		if (!e->used || e->parent != node_of(op->obj))
			continue;
		out.attr.mode = (uint16_t)srv->nodes[e->node].type;
		out.obj = hold(e->node);
		op->on_entry(op, &out);
	}
	op->eof = true;
}

static void carry_out(struct i2n_op *op)
{
	struct entry *e;

	switch (op->kind) {
	case I2N_OP_LINK:
		enter(node_of(op->parent), op->name, op->name_len, node_of(op->obj));
		srv->made++;
		break;
	case I2N_OP_DIRATTR:
		T_EQ(srv->nodes[node_of(op->obj)].ino, op->inode->ino);
		srv->nodes[node_of(op->obj)].settled = true;
		break;
	case I2N_OP_LIST:
		list(op);
		break;
	case I2N_OP_REMOVE:
	case I2N_OP_RMDIR:
		leave(node_of(op->parent), op->name, op->name_len, op->kind == I2N_OP_RMDIR);
		srv->removed++;
		break;
	case I2N_OP_RENAME:
		e = find(node_of(op->parent), op->name, op->name_len);
		if (find(node_of(op->parent2), op->name2, op->name2_len))
			leave(node_of(op->parent2), op->name2, op->name2_len, false);
		e->used = false;
		enter(node_of(op->parent2), op->name2, op->name2_len, e->node);
		break;
	default:
		make(op);
	}
	op->rc = I2N_OK;
}

static int submit(struct i2n_sink *sink, struct i2n_op *op, struct i2n_err *err)
{
	(void)sink;
	(void)err;
	if (srv->n_queue == 30)
		return I2N_RETRY;
	srv->queue[srv->n_queue++] = op;
	return I2N_OK;
}

static int service(struct i2n_sink *sink, int timeout_ms, struct i2n_err *err)
{
	struct i2n_op *op;
	unsigned i;

	(void)timeout_ms;
	(void)err;
	if (!srv->n_queue)
		return I2N_OK;
	i = fake_rand(&srv->seed) % srv->n_queue;
	op = srv->queue[i];
	srv->queue[i] = srv->queue[--srv->n_queue];
	carry_out(op);
	i2n_sink_complete(sink, op);
	return I2N_OK;
}

static void release(struct i2n_sink *sink, i2n_obj obj)
{
	(void)sink;
	T_OK(obj < srv->n_objs && srv->objs[obj].held);
	srv->objs[obj].held = false;
}

static const struct i2n_sink_ops server_ops = { .name = "model",
						.submit = submit,
						.service = service,
						.cancel = fake_cancel,
						.release = release,
						.finish = fake_finish };

/* --- trees --- */

struct name {
	uint32_t parent, number, inode;
};

static struct name base[NAMES];	/* the first N: a tree; then further names */
static uint16_t nlink[N];

static bool is_dir(uint32_t i)
{
	return i % 3 == 0;
}

static void make_base(uint64_t *seed)
{
	for (uint32_t i = 1; i < NAMES; i++) {
		uint32_t inode = i < N ? i : 1 + fake_rand(seed) % (N - 1);

		base[i] = (struct name){ fake_rand(seed) % ((inode + 2) / 3) * 3,
					 fake_rand(seed) % 40, inode };
		if (i < N)
			nlink[i] = 1 + fake_rand(seed) % 2;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static bool is_taken(const struct name *list, uint32_t n, const struct name *x)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i].parent == x->parent && list[i].number == x->number)
			return true;
	return false;
}

/* Of the names before `most`, and so many percent of them are others. */
static uint32_t choose(uint64_t *seed, uint32_t most, unsigned percent, struct name *list)
{
	bool there[N] = { true };
	uint32_t n = 0;

	for (uint32_t i = 1; i < most; i++) {
		struct name x = base[i];

		if (fake_rand(seed) % 100 < percent) {
			x.parent = fake_rand(seed) % ((x.inode + 2) / 3) * 3;
			x.number = fake_rand(seed) % 40;
		}
		if (i >= N && (is_dir(x.inode) || !there[x.inode]))
			continue;
		if (!there[x.parent] || is_taken(list, n, &x) ||
		    (percent && fake_rand(seed) % 100 < percent))
			continue;
		there[x.inode] = true;
		list[n++] = x;
	}
	qsort(list, n, sizeof(*list), by_place);
	return n;
}

static void add_inode(struct i2n_tree *t, uint32_t *index, uint32_t i)
{
	index[i] = t->n_inodes;
	t->inodes[t->n_inodes++] = (struct i2n_inode){
		.ino = 11 + i, .nlink = nlink[i], .first_dirent = I2N_NONE,
		.mode = (uint16_t)((is_dir(i) ? I2N_S_IFDIR
				    : i % 3 == 1 ? I2N_S_IFREG : I2N_S_IFIFO) | 0644),
	};
}

static struct i2n_tree *tree_of(const struct name *list, uint32_t n)
{
	struct i2n_tree *t = calloc(1, sizeof(*t));
	uint32_t index[N], i, d;

	t->inodes = calloc(N, sizeof(*t->inodes));
	t->dirents = calloc(n + 1, sizeof(*t->dirents));
	t->names = malloc((n + 1) * 5);
	memset(index, 0xff, sizeof(index));
	add_inode(t, index, 0);
	t->inodes[0].links = 1;
	for (i = 0; i < n; i++)
		if (index[list[i].inode] == I2N_NONE)
			add_inode(t, index, list[i].inode);
	for (d = 0; d < n; d++) {
		struct i2n_inode *in = &t->inodes[index[list[d].inode]];
		struct i2n_inode *dir = &t->inodes[index[list[d].parent]];

		t->dirents[d] = (struct i2n_dirent){ index[list[d].parent],
						     index[list[d].inode], t->names_len };
		t->names[t->names_len] = (unsigned char)snprintf(
			(char *)t->names + t->names_len + 1, 4, "%02u", list[d].number % 100);
		t->names_len += 4;
		if (!in->links++)
			in->first_dirent = d;
		if (!dir->dir.count++)
			dir->dir.first = d;
	}
	t->n_dirents = n;
	return t;
}

/* --- what is wanted --- */

static void compare(const struct i2n_tree *t)
{
	unsigned *at = calloc(t->n_inodes, sizeof(*at)), entries = 0, held = 0;
	uint32_t todo[N] = { t->root }, n_todo = 1;

	for (uint32_t q = 0; q < n_todo; q++) {
		const struct i2n_inode *dir = &t->inodes[todo[q]];

		T_OK(srv->nodes[at[todo[q]]].settled);
		for (uint32_t d = dir->dir.first; d < dir->dir.first + dir->dir.count; d++) {
			uint32_t inode = t->dirents[d].inode;
			size_t len;
			const unsigned char *name = i2n_dirent_name(t, &t->dirents[d], &len);
			struct entry *e = find(at[todo[q]], name, len);

			T_OK(e);
			if (!e)
				continue;
			T_EQ(srv->nodes[e->node].ino, t->inodes[inode].ino);
			T_OK(!at[inode] || at[inode] == e->node);
			at[inode] = e->node;
			if (i2n_inode_type(&t->inodes[inode]) == I2N_S_IFDIR)
				todo[n_todo++] = inode;
		}
	}
	for (size_t i = 0; i < sizeof(srv->entries) / sizeof(srv->entries[0]); i++)
		entries += srv->entries[i].used;
	for (unsigned i = 1; i < srv->n_objs; i++)
		held += srv->objs[i].held;
	T_EQ(entries, t->n_dirents);
	T_EQ(held, 0);
	free(at);
}

static void run(struct i2n_tree *t, struct i2n_have *have, bool goes_on)
{
	struct i2n_reader reader = { .ops = &fake_reader_ops };
	struct i2n_engine_opts opts = { .have = have };
	struct i2n_progress p;
	struct i2n_plan *plan;
	struct i2n_err err = { .msg = "" };

	T_EQ(i2n_plan_make(t, &reader, 0, NULL, &plan, &err), I2N_OK);
	carry_prepare(have, t, goes_on);
	T_EQ(i2n_engine_run(plan, &reader, &srv->base, NULL, &opts, &p, &err), I2N_OK);
	T_EQ(p.failed, 0);
	T_EQ(p.done.objects, t->n_dirents);
	T_EQ(p.is_partial, goes_on);
	i2n_plan_free(plan);
}

static void one(uint64_t seed, unsigned percent)
{
	const uint64_t first_seed = seed;
	struct name list[NAMES];
	struct carry_owners owners = { NULL, 0, 0 };
	struct i2n_have have, next_have;
	struct i2n_err err = { .msg = "" };
	struct i2n_tree *t = NULL, *next;
	int before = t_failures;

	srv = calloc(1, sizeof(*srv));
	srv->base.ops = &server_ops;
	srv->base.caps = I2N_CAP_READBACK;
	srv->seed = seed;
	srv->n_nodes = srv->n_objs = 1;
	srv->nodes[0].ino = 11;
	srv->nodes[0].type = I2N_S_IFDIR;
	make_base(&seed);
	for (unsigned s = 1; s <= STAGES; s++) {
		next = tree_of(list, choose(&seed, NAMES * s / STAGES, percent, list));
		if (s == 1)
			T_EQ(carry_init(&have, next, &err), I2N_OK);
		else {
			owners.n = 0;
			T_EQ(carry_over(t, &have, next, &next_have, &owners, &srv->base, NULL,
					NULL, &err), I2N_OK);
			carry_release(&have);
			i2n_tree_free(t);
			have = next_have;
		}
		t = next;
		run(t, &have, s < STAGES);
	}
	compare(t);
	if (!percent) {
		bool lies = false;	/* a second name of one that said it has one is made again */

		for (uint32_t i = 0; i < t->n_inodes; i++)
			lies |= t->inodes[i].links > t->inodes[i].nlink;
		T_OK(lies || srv->made == t->n_dirents);
		T_EQ(srv->removed, 0);
	}
	carry_restore(t, &owners);
	for (uint32_t i = 1; i < t->n_inodes; i++)
		for (uint32_t d = 0; d < t->inodes[i].first_dirent; d++)
			T_OK(t->dirents[d].inode != i);
	if (t_failures > before)
		fprintf(stderr, "seed %" PRIu64 ", %u %%\n", first_seed, percent);
	carry_release(&have);
	i2n_tree_free(t);
	free(srv);
}

int main(void)
{
	for (uint64_t seed = 1; seed <= 60 && !t_failures; seed++) {
		one(seed, 0);
		one(seed, 3);
		one(seed, 30);
	}
	return t_end();
}
