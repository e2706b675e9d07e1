#include "schedule.h"

#include <assert.h>
#include <stdlib.h>

/* Files looked at ahead of the directories. Fewer would leave the window empty while directories
 * are made; more would spread the reading over more of the medium. */
#define DEFERRED_MAX 4096

static void append(struct schedule *s, uint32_t *tail, uint32_t dirent)
{
	if (*tail == I2N_NONE) {
		s->next[dirent] = dirent;
	} else {
		s->next[dirent] = s->next[*tail];
		s->next[*tail] = dirent;
	}
	*tail = dirent;
}

static void prepend(struct schedule *s, uint32_t *tail, uint32_t dirent)
{
	uint32_t old = *tail;

	append(s, tail, dirent);
	if (old != I2N_NONE)
		*tail = old;
}

static uint32_t pop(struct schedule *s, uint32_t *tail)
{
	uint32_t head;

	if (*tail == I2N_NONE)
		return I2N_NONE;
	head = s->next[*tail];
	if (head == *tail)
		*tail = I2N_NONE;
	else
		s->next[*tail] = s->next[head];
	return head;
}

static const struct i2n_dirent *de_of(const struct schedule *s, uint32_t dirent)
{
	return &s->plan->tree->dirents[dirent];
}

static const struct i2n_inode *inode_of(const struct schedule *s, uint32_t dirent)
{
	return &s->plan->tree->inodes[de_of(s, dirent)->inode];
}

static bool is_dir(const struct schedule *s, uint32_t dirent)
{
	return i2n_inode_type(inode_of(s, dirent)) == I2N_S_IFDIR;
}

static bool is_link(const struct schedule *s, uint32_t dirent)
{
	return inode_of(s, dirent)->first_dirent != dirent;
}

static struct inode_state *state_of(const struct schedule *s, uint32_t inode)
{
	return &s->states[rank_of(&s->others_need, inode)];
}

static struct inode_state *parent_of(const struct schedule *s, uint32_t dirent)
{
	return state_of(s, de_of(s, dirent)->parent);
}

static enum work work_of(const struct schedule *s, uint32_t dirent)
{
	return is_link(s, dirent) ? WORK_LINK : is_dir(s, dirent) ? WORK_DIR : WORK_FILE;
}

static uint64_t where(const struct schedule *s, uint32_t dirent)
{
	return s->reader->ops->where(s->reader, inode_of(s, dirent));
}

static void queue_file(struct schedule *s, uint32_t dirent)
{
	disk_queue_put(&s->files, where(s, dirent), dirent);
}

/* A state for each inode that others need. */
static bool init_states(struct schedule *s, const struct i2n_tree *t)
{
	uint32_t n = 0;

	if (!rank_init(&s->others_need, t->n_inodes))
		return false;
	for (uint32_t i = 0; i < t->n_inodes; i++)
		if (i2n_inode_type(&t->inodes[i]) == I2N_S_IFDIR || t->inodes[i].links > 1)
			rank_add(&s->others_need, i);
	s->states = malloc(((size_t)rank_seal(&s->others_need) + 1) * sizeof(*s->states));
	if (!s->states)
		return false;
	for (uint32_t i = 0; i < t->n_inodes; i++) {
		const struct i2n_inode *in = &t->inodes[i];
		bool dir = i2n_inode_type(in) == I2N_S_IFDIR;

		s->level_by_level |= dir && !(in->mode & 0100);
		if (rank_has(&s->others_need, i))
			s->states[n++] =
				(struct inode_state){ .obj = I2N_OBJ_NONE,
						      .waiting = I2N_NONE,
						      .pending = dir ? in->dir.count : 0 };
	}
	return true;
}

int schedule_init(struct schedule *s, const struct i2n_plan *plan, struct i2n_reader *reader,
		  struct i2n_err *err)
{
	const struct i2n_tree *t = plan->tree;

	*s = (struct schedule){ .plan = plan, .reader = reader };
	for (int w = 0; w < WORK_FILE; w++)
		s->ready[w].tail = I2N_NONE;
	s->next = malloc(((size_t)t->n_dirents + 1) * sizeof(*s->next));
	/* those that wait, and one put back */
	if (!s->next || !disk_queue_init(&s->files, DEFERRED_MAX + 1) || !init_states(s, t)) {
		schedule_release(s);
		return i2n_err_nomem(err);
	}
	state_of(s, t->root)->obj = I2N_OBJ_ROOT;
	s->root_attr = !state_of(s, t->root)->pending;
	for (uint32_t i = 0; i < plan->n_links; i++) {
		struct inode_state *st = state_of(s, de_of(s, plan->links[i])->inode);

		st->pending++;
		append(s, &st->waiting, plan->links[i]);
	}
	return I2N_OK;
}

void schedule_release(struct schedule *s)
{
	rank_release(&s->others_need);
	disk_queue_release(&s->files);
	free(s->states);
	free(s->next);
	s->states = NULL;
	s->next = NULL;
}

bool schedule_is_plain(const struct schedule *s, uint32_t inode)
{
	return !rank_has(&s->others_need, inode);
}

i2n_obj schedule_obj(const struct schedule *s, uint32_t inode)
{
	assert(!schedule_is_plain(s, inode));
	return state_of(s, inode)->obj;
}

/* Its directory is there (or has failed), or else it now waits for it. */
static bool can_start(struct schedule *s, uint32_t dirent)
{
	struct inode_state *parent = parent_of(s, dirent);

	if (parent->obj != I2N_OBJ_NONE)
		return true;
	append(s, &parent->waiting, dirent);
	return false;
}

static uint32_t next_dir(struct schedule *s)
{
	uint32_t d = pop(s, &s->ready[WORK_DIR].tail);

	if (d != I2N_NONE)
		return d;
	while (s->dir_cursor < s->plan->n_dirs) {
		d = s->plan->dirs[s->dir_cursor++];
		if (can_start(s, d))
			return d;
	}
	return I2N_NONE;
}

static uint32_t next_link(struct schedule *s)
{
	uint32_t d;

	while ((d = pop(s, &s->ready[WORK_LINK].tail)) != I2N_NONE)
		if (schedule_is_failed(s, d) || can_start(s, d))
			return d;
	return I2N_NONE;
}

/* Too far from those that wait for their directories: by the time these can start, what they lie in
 * would have to be unpacked again. */
static bool is_too_far(const struct schedule *s, uint32_t dirent)
{
	return s->deferred && s->reader->by_block &&
	       where(s, dirent) - s->deferred_from > s->reader->behind;
}

static void defer(struct schedule *s, uint32_t dirent)
{
	if (!s->deferred++)
		s->deferred_from = where(s, dirent);
}

static uint32_t next_file(struct schedule *s)
{
	uint32_t d;

	if (s->files.n)
		return disk_queue_get(&s->files);
	while (s->order_cursor < s->plan->n_order && s->deferred < DEFERRED_MAX) {
		d = s->plan->order[s->order_cursor];
		if (is_too_far(s, d))
			break;
		s->order_cursor++;
		if (can_start(s, d))
			return d;
		defer(s, d);
	}
	return I2N_NONE;
}

bool schedule_next(struct schedule *s, enum work *ret_work, uint32_t *ret_dirent)
{
	if ((*ret_dirent = next_dir(s)) != I2N_NONE) {
		*ret_work = WORK_DIR;
	} else if (s->root_attr || (*ret_dirent = pop(s, &s->ready[WORK_ATTR].tail)) != I2N_NONE) {
		*ret_work = WORK_ATTR;
		s->root_attr = false;
	} else if ((*ret_dirent = next_link(s)) != I2N_NONE) {
		*ret_work = WORK_LINK;
	} else if ((*ret_dirent = next_file(s)) != I2N_NONE) {
		*ret_work = WORK_FILE;
	} else {
		return false;
	}
	return true;
}

uint64_t schedule_awaited(const struct schedule *s)
{
	uint64_t ret = UINT64_MAX;

	if (s->files.n)
		ret = s->files.entries[0].where;
	if (s->deferred && s->deferred_from < ret)
		ret = s->deferred_from;
	/* those behind the cursor lie behind those that are deferred */
	if (ret == UINT64_MAX && s->order_cursor < s->plan->n_order)
		ret = where(s, s->plan->order[s->order_cursor]);
	return ret == UINT64_MAX ? 0 : ret ? ret : 1;
}

void schedule_put_back(struct schedule *s, enum work work, uint32_t dirent)
{
	if (dirent == I2N_NONE)
		s->root_attr = true;
	else if (work == WORK_FILE)
		queue_file(s, dirent);
	else
		prepend(s, &s->ready[work].tail, dirent);
}

bool schedule_is_failed(const struct schedule *s, uint32_t dirent)
{
	if (parent_of(s, dirent)->obj == OBJ_FAILED)
		return true;
	return is_link(s, dirent) && schedule_obj(s, de_of(s, dirent)->inode) == OBJ_FAILED;
}

/* Nothing more will be made for it in its directory, which may be ready for its attributes now. */
static void leave_parent(struct schedule *s, uint32_t dirent)
{
	uint32_t parent = de_of(s, dirent)->parent;
	struct inode_state *st = state_of(s, parent);

	assert(st->pending > 0);
	/* a link may fail with its target before its own directory is made: then schedule_stored()
	 * sees pending 0 */
	if (--st->pending || st->obj == I2N_OBJ_NONE)
		return;
	if (parent == s->plan->tree->root)
		s->root_attr = true;
	else
		append(s, &s->ready[WORK_ATTR].tail,
		       s->plan->tree->inodes[parent].first_dirent);
}

void schedule_stored(struct schedule *s, uint32_t dirent, i2n_obj obj)
{
	uint32_t inode = de_of(s, dirent)->inode, d;
	struct inode_state *st;

	assert(obj != I2N_OBJ_NONE);
	if (schedule_is_plain(s, inode))
		return;
	st = state_of(s, inode);
	assert(st->obj == I2N_OBJ_NONE);
	st->obj = obj;
	while ((d = pop(s, &st->waiting)) != I2N_NONE) {
		enum work w = work_of(s, d);

		if (w != WORK_FILE) {
			append(s, &s->ready[w].tail, d);
			continue;
		}
		s->deferred--;
		queue_file(s, d);
	}
	/* an empty directory, or a failed one none of whose children was ever there */
	if (is_dir(s, dirent) && !st->pending)
		append(s, &s->ready[WORK_ATTR].tail, dirent);
	/* what happens inside a directory does not change the one that it is in */
	if (is_dir(s, dirent) && obj != OBJ_FAILED && !s->level_by_level)
		leave_parent(s, dirent);
}

uint32_t schedule_done(struct schedule *s, uint32_t dirent)
{
	uint32_t inode = de_of(s, dirent)->inode;
	struct inode_state *st;

	if (!is_dir(s, dirent) || schedule_obj(s, inode) == OBJ_FAILED || s->level_by_level)
		leave_parent(s, dirent);
	if (schedule_is_plain(s, inode) || is_dir(s, dirent))
		return inode;
	st = state_of(s, inode);
	if (is_link(s, dirent))
		st->pending--;
	return st->pending ? I2N_NONE : inode;
}
