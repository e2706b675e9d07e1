#include "img2nfs/plan.h"

#include "img2nfs/loss.h"
#include "img2nfs/sink.h"

#include "disk_order.h"

#include <assert.h>
#include <stdlib.h>

void i2n_totals_add(struct i2n_totals *t, const struct i2n_inode *in, bool is_link)
{
	t->objects++;
	if (is_link) {
		t->links++;
		return;
	}
	switch (i2n_inode_type(in)) {
	case I2N_S_IFREG:
		t->files++;
		t->bytes += in->size;
		break;
	case I2N_S_IFDIR:
		t->dirs++;
		break;
	case I2N_S_IFLNK:
		t->symlinks++;
		break;
	case I2N_S_IFIFO:
		t->fifos++;
		break;
	case I2N_S_IFSOCK:
		t->sockets++;
		break;
	default:
		t->devices++;
	}
}

/* What each flag of an inode means for a sink that lacks the capability. */
static const struct {
	uint16_t flag;
	uint32_t cap;
	unsigned loss;		/* bit number in enum i2n_loss */
} keeps[] = {
	{ I2N_INODE_XATTR, I2N_CAP_XATTR, 0 },
	{ I2N_INODE_ACL, I2N_CAP_ACL, 1 },
	{ I2N_INODE_CAPS, I2N_CAP_CAPS, 2 },
	{ I2N_INODE_CHATTR, I2N_CAP_CHATTR, 3 },
};
#define LOSS_SOCKET 9

static int note_losses(const struct i2n_tree *tree, const struct i2n_inode *in, uint32_t caps,
		       const struct i2n_notes *notes, struct i2n_err *err)
{
	bool lost_socket = i2n_inode_type(in) == I2N_S_IFSOCK && !(caps & I2N_CAP_SOCKETS);
	size_t len;
	char *path;

	if (!lost_socket &&
	    !(in->flags & (I2N_INODE_XATTR | I2N_INODE_ACL | I2N_INODE_CAPS | I2N_INODE_CHATTR)))
		return I2N_OK;
	path = i2n_tree_path(tree, in->first_dirent, &len);
	if (!path)
		return i2n_err_nomem(err);
	for (size_t i = 0; i < sizeof(keeps) / sizeof(keeps[0]); i++)
		if ((in->flags & keeps[i].flag) && !(caps & keeps[i].cap))
			i2n_note(notes, I2N_NOTE_LOSS, i2n_loss_word(keeps[i].loss), path, len,
				 "cannot keep %s", i2n_loss_text(keeps[i].loss));
	if (lost_socket)
		i2n_note(notes, I2N_NOTE_LOSS, i2n_loss_word(LOSS_SOCKET), path, len,
			 "cannot keep %s", i2n_loss_text(LOSS_SOCKET));
	free(path);
	return I2N_OK;
}

/* Directories with parents before children: a queue that starts with the root's. Not recursive. */
static void order_dirs(struct i2n_plan *plan)
{
	const struct i2n_tree *t = plan->tree;
	const struct i2n_inode *dir = &t->inodes[t->root];
	uint32_t next = 0;

	for (;;) {
		for (uint32_t d = dir->dir.first; d < dir->dir.first + dir->dir.count; d++)
			if (i2n_inode_type(&t->inodes[t->dirents[d].inode]) == I2N_S_IFDIR)
				plan->dirs[plan->n_dirs++] = d;
		if (next == plan->n_dirs)
			break;
		dir = &t->inodes[t->dirents[plan->dirs[next++]].inode];
	}
	assert(plan->n_dirs == plan->totals.dirs);
}

static void list_links(struct i2n_plan *plan)
{
	const struct i2n_tree *t = plan->tree;

	for (uint32_t d = 0; d < t->n_dirents; d++)
		if (t->inodes[t->dirents[d].inode].first_dirent != d)
			plan->links[plan->n_links++] = d;
	assert(plan->n_links == plan->totals.links);
}

static int count_all(struct i2n_plan *plan, uint32_t caps, const struct i2n_notes *notes,
		     struct i2n_err *err)
{
	const struct i2n_tree *t = plan->tree;

	for (uint32_t i = 0; i < t->n_inodes; i++) {
		if (i != t->root)
			i2n_totals_add(&plan->totals, &t->inodes[i], false);
		if (note_losses(t, &t->inodes[i], caps, notes, err))
			return I2N_FATAL;
	}
	/* every inode but the root has one first name */
	plan->totals.links = t->n_dirents - (t->n_inodes - 1);
	plan->totals.objects += plan->totals.links;
	return I2N_OK;
}

static uint32_t *new_list(uint64_t n)
{
	return malloc((n ? n : 1) * sizeof(uint32_t));
}

int i2n_plan_make(const struct i2n_tree *tree, struct i2n_reader *reader, uint32_t caps,
		  const struct i2n_notes *notes,
		  struct i2n_plan **ret, struct i2n_err *err)
{
	struct i2n_plan *plan = calloc(1, sizeof(*plan));
	uint64_t others;

	if (!plan)
		return i2n_err_nomem(err);
	plan->tree = tree;
	if (count_all(plan, caps, notes, err)) {
		i2n_plan_free(plan);
		return I2N_FATAL;
	}
	others = plan->totals.objects - plan->totals.dirs - plan->totals.links;
	plan->order = new_list(others);
	plan->dirs = new_list(plan->totals.dirs);
	plan->links = new_list(plan->totals.links);
	if (!plan->order || !plan->dirs || !plan->links || !disk_order(plan, reader)) {
		i2n_plan_free(plan);
		return i2n_err_nomem(err);
	}
	list_links(plan);
	order_dirs(plan);
	*ret = plan;
	return I2N_OK;
}

void i2n_plan_free(struct i2n_plan *plan)
{
	if (!plan)
		return;
	free(plan->order);
	free(plan->dirs);
	free(plan->links);
	free(plan);
}
