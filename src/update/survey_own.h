/* survey_own.h - the inside of i2n_survey_run(), shared by its files.
 *
 *	survey.c	the loop, and what is known when all has been listed
 *	survey_list.c	LIST: which entry is what
 *	survey_read.c	targets of symlinks and, with checksum, content of files */
#ifndef SURVEY_OWN_H
#define SURVEY_OWN_H

#include "img2nfs/compare.h"
#include "img2nfs/update.h"

struct survey_dir {
	struct survey_dir *next;
	uint32_t inode, dirent;
};

/* A name of an object that has others, there or in the tree. */
struct survey_id {
	uint64_t fsid, fileid;
	uint32_t inode, dirent;
};

struct survey {
	const struct i2n_plan *plan;
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	struct i2n_sink *sink;
	const struct i2n_notes *notes;
	const struct i2n_survey_opts *opts;
	struct i2n_survey *res;
	struct survey_dir *dirs;
	struct i2n_compare compare;	/* flag of a task: the engine needs the object, if it is
					 * EQUAL or ATTRS */
	unsigned lists_out;
	struct survey_id *ids;
	size_t n_ids, cap_ids;
	uint32_t *times;	/* symlinks whose mtime differs and nothing else */
	size_t n_times, cap_times;
	bool symlink_times_kept;
	struct i2n_progress p;
	bool dead;
	struct i2n_err err;
};

/* survey.c */
void survey_die(struct survey *s, const struct i2n_err *err);
void survey_no_memory(struct survey *s);
void survey_note(struct survey *s, enum i2n_note_kind kind, const char *cls, uint32_t dirent,
		 const char *text);
/* Decide on a first name: from what differs to the verdict. Takes obj. */
void survey_decide(struct survey *s, uint32_t dirent, unsigned differs, i2n_obj obj, bool keep);
void survey_frees(struct survey *s, uint64_t bytes);

/* survey_list.c */
int survey_dir_push(struct survey *s, uint32_t inode, uint32_t dirent);
int survey_list_start(struct survey *s);	/* I2N_END: nothing to list */

/* What came of survey_acl_push(). Takes the task's obj, unless it is a directory's. */
void survey_take_acl(struct survey *s, const struct i2n_compare_task *task, bool equal);

/* survey_read.c */
/* Is there an ACL to compare? */
bool survey_has_acl(const struct survey *s, uint32_t inode);
/* Compare it, then survey_take_acl(). dirent I2N_NONE: the root. */
void survey_acl_push(struct survey *s, uint32_t dirent, i2n_obj obj, bool keep);
void survey_read_init(struct survey *s);
/* Read it and decide. I2N_FATAL: no memory, entry->obj is still the caller's. */
int survey_read_push(struct survey *s, uint32_t dirent, const struct i2n_entry *entry, bool keep);

#endif
