/* verify_own.h - the inside of i2n_verify_run(), shared by its files.
 *
 *	verify.c	the loop: what is started when, and how it ends
 *	verify_dir.c	LIST: which entry is what, missing and extra ones, hard links
 *	verify_attr.c	attributes of one object against its inode
 *	verify_file.c	what becomes of content and targets that differ
 *
 * Directories are listed depth first and only as long as few files wait for their content, so that
 * handles and tasks stay few however large the tree is. */
#ifndef VERIFY_OWN_H
#define VERIFY_OWN_H

#include "img2nfs/compare.h"
#include "img2nfs/verify.h"

struct verify;

/* A directory to be listed, or under way. */
struct verify_dir {
	struct verify_dir *next;
	uint32_t inode;
	i2n_obj obj;
	struct i2n_list_pos pos;	/* where a paused one goes on */
	uint64_t *extras;		/* hashes of names told as extra, for a listing that
					 * restarts */
	unsigned n_extras, cap_extras;
};

struct verify_symlink_time {
	uint32_t inode;
	uint64_t got;
};

struct verify {
	const struct i2n_tree *tree;
	struct i2n_reader *reader;
	struct i2n_sink *sink;
	const struct i2n_verify_opts *opts;
	const struct i2n_notes *notes;
	struct i2n_verify_result *res;
	unsigned char *seen;		/* a bit per dirent */
	uint64_t *ids;			/* per inode: what the server calls it; 0 = not seen */
	unsigned char *parted;		/* a bit per inode: its names are several objects */
	struct verify_dir *dirs, *paused;	/* a stack; and those to go on with later */
	unsigned n_dirs;
	struct i2n_compare compare;
	struct verify_symlink_time *times;
	size_t n_times, cap_times;
	bool symlink_times_kept;
	unsigned out, lists_out;	/* ops under way, without those of compare */
	bool dead;			/* err says why; only what is under way is awaited */
	struct i2n_err err;
};

static inline bool verify_knows(const struct verify *v, uint32_t inode, unsigned what)
{
	return !v->opts->expect || (v->opts->expect->known[inode] & what);
}

/* verify.c */
void verify_die(struct verify *v, const struct i2n_err *err);
/* One difference, told and counted. path: NULL = of dirent. */
void verify_differ(struct verify *v, enum i2n_diff d, uint32_t dirent, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* An object that cannot be compared: told with the text of *err. */
void verify_unread(struct verify *v, uint32_t dirent, const struct i2n_err *err);
/* An op is back. false: it failed; told, unless it ends the run. */
bool verify_op_back(struct verify *v, const struct i2n_op *op);
/* An op was refused for now or for good. I2N_RETRY or I2N_FATAL. */
int verify_submit(struct verify *v, struct i2n_op *op);
void verify_count(struct verify *v, uint32_t inode, bool is_link);

/* verify_attr.c. false: it is of another type, nothing else was compared. */
bool verify_attrs(struct verify *v, uint32_t dirent, uint32_t inode, const struct i2n_attr *got);
/* The symlinks whose times differ, once it is known whether the server keeps such times. */
void verify_symlink_times(struct verify *v);

/* verify_dir.c */
int verify_dir_push(struct verify *v, uint32_t inode, i2n_obj obj);
/* An object whose attributes have been compared: compare its ACL, then what is in it.
 * I2N_FATAL: no memory, obj is still the caller's. */
int verify_object_push(struct verify *v, uint32_t dirent, uint32_t inode,
		       const struct i2n_attr *got, i2n_obj obj);
/* The same without the ACL. */
int verify_content_push(struct verify *v, uint32_t dirent, uint32_t inode,
			const struct i2n_attr *got, i2n_obj obj);
int verify_dir_start(struct verify *v, struct verify_dir *dir);	/* I2N_RETRY: dir is still ours */
void verify_dir_free(struct verify *v, struct verify_dir *dir);
/* Different inodes of the image that are one object at the server. */
int verify_merged(struct verify *v, struct i2n_err *err);

/* verify_file.c */
void verify_compare_init(struct verify *v, uint64_t budget);
/* A file or symlink whose content is to be read. I2N_FATAL: no memory, obj is still the
 * caller's. */
int verify_file_push(struct verify *v, uint32_t dirent, const struct i2n_attr *got, i2n_obj obj);
int verify_acl_push(struct verify *v, uint32_t dirent, uint32_t inode, const struct i2n_attr *got,
		    i2n_obj obj);

#endif
