#include "keep.h"

#include <stdlib.h>

/* Whether an entry stays, then how many of those before it do; one more than there are entries. */
struct places {
	uint32_t *inodes, *dirents;
};

static void add_up(uint32_t *n, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i <= count; i++) {
		uint32_t stays = i < count && n[i];

		n[i] = sum;
		sum += stays;
	}
}

static void find_places(const struct i2n_tree *t, const unsigned char *kept, uint32_t root,
			struct places *p)
{
	p->inodes[root] = 1;
	for (uint32_t d = 0; d < t->n_dirents; d++) {
		p->dirents[d] = kept[d];
		if (kept[d])
			p->inodes[t->dirents[d].inode] = 1;
	}
	add_up(p->inodes, t->n_inodes);
	add_up(p->dirents, t->n_dirents);
}

static bool stays(const uint32_t *places, uint32_t i)
{
	return places[i + 1] > places[i];
}

/* The first name of an inode may be gone: it gets the first of those that stay. */
static void move_inodes(struct i2n_tree *t, const struct places *p)
{
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		struct i2n_inode *in = &t->inodes[i];

		if (!stays(p->inodes, i))
			continue;
		in->links = 0;
		in->first_dirent = in->first_dirent != I2N_NONE &&
				   stays(p->dirents, in->first_dirent)
					   ? p->dirents[in->first_dirent]
					   : I2N_NONE;
		if (i2n_inode_type(in) == I2N_S_IFDIR) {
			uint32_t end = p->dirents[in->dir.first + in->dir.count];

			in->dir.first = p->dirents[in->dir.first];
			in->dir.count = end - in->dir.first;
		}
		t->inodes[p->inodes[i]] = *in;
	}
	t->n_inodes = p->inodes[t->n_inodes];
}

static void move_dirents(struct i2n_tree *t, const struct places *p)
{
	uint32_t n = t->n_dirents;

	for (uint32_t d = 0; d < n; d++) {
		const struct i2n_dirent *de = &t->dirents[d];
		struct i2n_inode *in;

		if (!stays(p->dirents, d))
			continue;
		in = &t->inodes[p->inodes[de->inode]];
		if (in->first_dirent == I2N_NONE)
			in->first_dirent = p->dirents[d];
		i2n_inode_add_link(in);
		t->dirents[p->dirents[d]] = (struct i2n_dirent){
			.parent = p->inodes[de->parent], .inode = p->inodes[de->inode],
			.name = de->name
		};
	}
	t->n_dirents = p->dirents[n];
}

int keep_names(struct i2n_tree *t, const unsigned char *kept, uint32_t root, struct i2n_err *err)
{
	struct places p = { calloc((size_t)t->n_inodes + 1, sizeof(*p.inodes)),
			    calloc((size_t)t->n_dirents + 1, sizeof(*p.dirents)) };
	int rc = p.inodes && p.dirents ? I2N_OK : i2n_err_nomem(err);

	if (rc == I2N_OK) {
		find_places(t, kept, root, &p);
		move_inodes(t, &p);
		t->root = p.inodes[root];
		move_dirents(t, &p);
		t->inodes[t->root].first_dirent = I2N_NONE;
		t->inodes[t->root].links = 1;
	}
	free(p.inodes);
	free(p.dirents);
	return rc;
}
