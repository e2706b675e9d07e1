#include "img2nfs/swap.h"

#include "img2nfs/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 1813 2.6; what servers say to a renaming over a directory that is not empty */
#define NFS3ERR_EXIST 17
#define NFS3ERR_NOTEMPTY 66

enum place { AT_NAME, AT_NEW, AT_OLD, AT_OLDER, PLACES };

static const char *const suffixes[PLACES] = { "", ".new", ".old", ".older" };

struct swapper {
	struct i2n_swap *swap;
	char names[PLACES][I2N_NAME_MAX + 1];
	bool there[PLACES];
	uint64_t fileid[PLACES];
};

static void init(struct swapper *w, struct i2n_swap *swap)
{
	*w = (struct swapper){ .swap = swap };
	for (int i = 0; i < PLACES; i++)
		(void)snprintf(w->names[i], sizeof(w->names[i]), "%.*s%s", (int)I2N_SWAP_NAME_MAX,
			       swap->name, suffixes[i]);
}

static void name_op(const struct swapper *w, struct i2n_op *op, enum place p)
{
	op->dirent = I2N_NONE;
	op->obj = I2N_OBJ_NONE;
	op->parent = I2N_OBJ_ROOT;
	op->name = (const unsigned char *)w->names[p];
	op->name_len = (unsigned char)strlen(w->names[p]);
}

static const char *quoted(const struct swapper *w, enum place p, char *buf, size_t cap)
{
	return i2n_quote(buf, cap, w->names[p], strlen(w->names[p]));
}

static int not_ours(const struct swapper *w, enum place p, const char *what, struct i2n_err *err)
{
	char q[600];

	return i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0, "%s on the server is %s",
			quoted(w, p, q, sizeof(q)), what);
}

/* What is at p? Anything but a directory in the same file system is refused. */
static int look(struct swapper *w, enum place p, uint64_t fsid, const volatile int *stop,
		struct i2n_err *err)
{
	struct i2n_op op = { .kind = I2N_OP_LOOKUP };
	unsigned type;

	name_op(w, &op, p);
	if (i2n_sink_do(w->swap->sink, &op, stop, err))
		return I2N_FATAL;
	w->there[p] = !op.absent;
	w->fileid[p] = op.attr.fileid;
	if (op.absent)
		return I2N_OK;
	i2n_sink_release(w->swap->sink, op.obj);
	type = op.attr.mode & I2N_S_IFMT;
	if (type == I2N_S_IFLNK) {
		(void)not_ours(w, p, "a symlink, not a directory", err);
		i2n_err_hint(err, "directories are swapped here: name the one that it points to, "
				  "or fill a new one and change the link yourself, which is "
				  "atomic, too");
		return I2N_FATAL;
	}
	if (type != I2N_S_IFDIR)
		return not_ours(w, p, "not a directory", err);
	if (op.attr.fsid != fsid)
		return not_ours(w, p, "the root of a file system or an export of its own and "
				      "cannot be renamed", err);
	return I2N_OK;
}

static int look_at_all(struct swapper *w, const volatile int *stop, struct i2n_err *err)
{
	struct i2n_op op = { .kind = I2N_OP_GETATTR, .obj = I2N_OBJ_ROOT, .dirent = I2N_NONE };
	int rc = i2n_sink_do(w->swap->sink, &op, stop, err);

	for (int i = 0; rc == I2N_OK && i < PLACES; i++)
		rc = look(w, (enum place)i, op.attr.fsid, stop, err);
	return rc == I2N_OK ? I2N_OK : I2N_FATAL;
}

int i2n_swap_check(struct i2n_swap *swap, struct i2n_err *err)
{
	struct swapper w;

	init(&w, swap);
	return look_at_all(&w, swap->stop, err);
}

/* From the first renaming on a stop has to wait: that is one round trip. */
static int move(struct swapper *w, enum place from, enum place to, struct i2n_err *err)
{
	struct i2n_op op = { .kind = I2N_OP_RENAME, .parent2 = I2N_OBJ_ROOT };
	int rc;

	name_op(w, &op, from);
	op.name2 = (const unsigned char *)w->names[to];
	op.name2_len = (unsigned char)strlen(w->names[to]);
	rc = i2n_sink_do(w->swap->sink, &op, NULL, err);
	if (rc == I2N_OK) {
		w->there[from] = false;
		w->there[to] = true;
		w->fileid[to] = w->fileid[from];
	}
	return rc;
}

static int remove_at(struct swapper *w, enum place p, struct i2n_err *err)
{
	struct i2n_survey_opts opts = { .stop = w->swap->stop };

	if (!w->there[p])
		return I2N_OK;
	w->there[p] = false;
	return i2n_remove_tree(w->swap->sink, w->names[p], w->swap->notes, &opts,
			       &w->swap->removed, err);
}

static bool is_not_empty(const struct i2n_err *err)
{
	return err->domain == I2N_DOM_NFS3 &&
	       (err->code == NFS3ERR_EXIST || err->code == NFS3ERR_NOTEMPTY);
}

/* Something is at name, and not empty. */
static int move_away(struct swapper *w, struct i2n_err *err)
{
	if (w->there[AT_OLD] && w->there[AT_OLDER]) {	/* a run was killed while it removed that */
		if (remove_at(w, AT_OLDER, err))
			return I2N_FATAL;
	}
	if (w->there[AT_OLD] && move(w, AT_OLD, AT_OLDER, err))
		return I2N_FATAL;
	return move(w, AT_NAME, AT_OLD, err);
}

/* The new tree cannot be put in its place: back with the old one. */
static void move_back(struct swapper *w, struct i2n_err *err)
{
	struct i2n_err why = *err, ignored;
	char old[600], name[600];

	if (move(w, AT_OLD, AT_NAME, &ignored) == I2N_OK)
		return;
	i2n_err_hint(&why, "nothing is at %s now, the old tree is at %s; the same command again "
			   "puts it right", quoted(w, AT_NAME, name, sizeof(name)),
		     quoted(w, AT_OLD, old, sizeof(old)));
	*err = why;
}

static int put_in_place(struct swapper *w, struct i2n_err *err)
{
	int rc = move(w, AT_NEW, AT_NAME, err);

	if (rc == I2N_OK || !w->there[AT_NAME] || !is_not_empty(err))
		return rc == I2N_OK ? rc : I2N_FATAL;
	if (move_away(w, err))
		return I2N_FATAL;
	if (move(w, AT_NEW, AT_NAME, err) == I2N_OK)
		return I2N_OK;
	move_back(w, err);
	return I2N_FATAL;
}

int i2n_swap_run(struct i2n_swap *swap, uint64_t fileid, struct i2n_err *err)
{
	struct swapper w;

	init(&w, swap);
	if (look_at_all(&w, swap->stop, err))
		return I2N_FATAL;
	if (!w.there[AT_NEW] || w.fileid[AT_NEW] != fileid)
		return not_ours(&w, AT_NEW, "not the directory that was built", err);
	if (put_in_place(&w, err))
		return I2N_FATAL;
	swap->swapped = true;
	swap->has_old = w.there[AT_OLD];
	if (remove_at(&w, AT_OLDER, err))
		return I2N_FATAL;
	if (!swap->remove_old || !w.there[AT_OLD])
		return I2N_OK;
	swap->has_old = false;
	return remove_at(&w, AT_OLD, err);
}
