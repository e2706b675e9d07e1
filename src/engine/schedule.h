/* schedule.h - what may be done next: the dependencies among the dirents of a plan.
 *
 * Every dirent is in at most one list at a time, so one `next` index per dirent links them all:
 *
 *	a dirent that needs its directory waits in that directory's list; a further name (LINK)
 *	waits in the list of the inode it names, then in that of its directory; a directory all
 *	whose children are done is in the `attr` list until its DIRATTR is submitted; for that a
 *	directory in it need only be made, so that the last DIRATTRs go together and not level by
 *	level (as they do in a tree with directories that lack x). Files that waited go into a
 *	queue in disk order instead of a list.
 *
 * Memory: 4 bytes per dirent; 12 per directory and per inode with several names; a bit or so for
 *         each other inode, on which nothing ever waits.
 * Source: the order of storing is that of CONVENTIONS and RFC 1813: parents first, directory
 *         attributes last. */
#ifndef IMG2NFS_SCHEDULE_H
#define IMG2NFS_SCHEDULE_H

#include "img2nfs/plan.h"
#include "img2nfs/sink.h"

#include "disk_queue.h"
#include "rank.h"

/* An object that could not be stored: what depends on it fails too. Not a value a sink hands
 * out. */
#define OBJ_FAILED (I2N_OBJ_NONE - 1)

struct inode_state {
	i2n_obj obj;		/* I2N_OBJ_NONE until stored */
	uint32_t waiting;	/* tail of a circular list of dirents, I2N_NONE = empty */
	uint32_t pending;	/* directory: children not done, for directories: not made; else:
				 * further names not done */
};

struct list {
	uint32_t tail;		/* circular: next[tail] is the head; I2N_NONE = empty */
};

/* Kinds of work in order of preference: what lets other work start comes first. */
enum work { WORK_DIR, WORK_ATTR, WORK_LINK, WORK_FILE, WORKS };

struct schedule {
	const struct i2n_plan *plan;
	struct i2n_reader *reader;		/* knows where files lie */
	struct rank others_need;	/* inodes that have a state: other dirents need their
					 * objects */
	struct inode_state *states;
	uint32_t *next;
	struct list ready[WORK_FILE];
	struct disk_queue files;
	uint32_t dir_cursor, order_cursor;	/* how far plan->dirs and plan->order have been
						 * looked at */
	/* files put into waiting lists because their directory is not there yet */
	uint32_t deferred;
	uint64_t deferred_from;			/* where the first of them lies, or one before it */
	bool root_attr;				/* the root directory's DIRATTR is ready */
	bool level_by_level;			/* some directory cannot be passed once it has its
						 * mode, unless by root */
};

int schedule_init(struct schedule *s, const struct i2n_plan *plan, struct i2n_reader *reader,
		  struct i2n_err *err);
void schedule_release(struct schedule *s);

/* The next thing to do: *ret_work and *ret_dirent (I2N_NONE = the root, for WORK_ATTR). false:
 * nothing can start now. A dirent whose directory or target has failed is returned too;
 * schedule_is_failed() tells. */
bool schedule_next(struct schedule *s, enum work *ret_work, uint32_t *ret_dirent);

/* Where on the medium the first file lies that schedule_next() has not returned, or a place before
 * it; 0: there is none. */
uint64_t schedule_awaited(const struct schedule *s);

/* The sink's window is full: the dirent just returned comes first again. */
void schedule_put_back(struct schedule *s, enum work work, uint32_t dirent);

/* The directory it lies in, or the inode it is a further name of, could not be stored. */
bool schedule_is_failed(const struct schedule *s, uint32_t dirent);

/* Something was stored (obj valid) or not (OBJ_FAILED): frees what waits for it. Not for
 * LINK and DIRATTR. */
void schedule_stored(struct schedule *s, uint32_t dirent, i2n_obj obj);

/* This dirent needs no more work: a file or link stored, a directory settled, or a failure. Returns
 * the inode whose object is no longer needed by it (to be released), or I2N_NONE. */
uint32_t schedule_done(struct schedule *s, uint32_t dirent);

/* An inode that no dirent but one needs; its object is the caller's. */
bool schedule_is_plain(const struct schedule *s, uint32_t inode);
/* Of an inode that is not plain: what schedule_stored() was told, I2N_OBJ_NONE before. */
i2n_obj schedule_obj(const struct schedule *s, uint32_t inode);

#endif
