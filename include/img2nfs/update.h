/* update.h - what a destination has already, compared with a tree; and removing what should not be
 * there.
 *
 *	i2n_survey_run(plan, reader, sink, &opts, &notes, &survey, &err)	reads only
 *	i2n_remove_run(sink, survey's extras of a kind, ...)		what is in the way
 *	i2n_engine_run(... .have = &survey->have ...)			what differs
 *	i2n_remove_run(...)						what the tree does not have,
 *									if that is wanted
 *	i2n_survey_settle(...)						times of directories that
 *									changed last
 *
 * Equal is: type, size, mode (not of symlinks), owner, mtime, device numbers, the target of a
 * symlink, and which names are links to one object. A symlink of the right size and mtime has the
 * right target; where the server keeps no times of symlinks the target is read. A time is right
 * when it is the wanted one rounded down to the server's granularity, or the nearest that the
 * protocol can express. With `checksum` files of the right size are read and compared by digest,
 * whatever their mtime, see compare.h about large holes; edited ones (I2N_INODE_MEMORY) always are,
 * because an edit leaves the mtime. What the server does not keep is told as a
 * loss, as the engine does.
 *
 * Progress: `written` counts the bytes compared.
 *
 * Memory: 3 bytes per dirent, 5 per inode, a handle per directory and per hard-linked file, and per
 *         extra name its length and 40 bytes.
 * Thread:    one.
 * Ownership: the survey owns its arrays; the plan must outlive it. The sink must have
 *            I2N_CAP_READBACK.
 * Trust:     the server may say anything; names from it are only compared, quoted and sent back. */
#ifndef IMG2NFS_UPDATE_H
#define IMG2NFS_UPDATE_H

#include "img2nfs/engine.h"

/* In which way an object differs. */
enum i2n_differ {
	I2N_DIFFER_SIZE = 1 << 0,
	I2N_DIFFER_MTIME = 1 << 1,
	I2N_DIFFER_MODE = 1 << 2,
	I2N_DIFFER_UID = 1 << 3,
	I2N_DIFFER_GID = 1 << 4,
	I2N_DIFFER_CONTENT = 1 << 5,	/* bytes of a file, target of a symlink, device numbers */
	I2N_DIFFER_TYPE = 1 << 6,
	I2N_DIFFER_ACL = 1 << 8,	/* asked of objects that have one in the image only */
	I2N_DIFFER_LINK = 1 << 7,	/* another object than it should be a name of */
};

/* Compare one object but for its content. first, last: packed, what the server can express. */
unsigned i2n_differ(const struct i2n_inode *in, const struct i2n_attr *got,
		    const struct i2n_sink *sink);

enum i2n_extra_kind {
	I2N_EXTRA,		/* the tree has no such name */
	I2N_EXTRA_LEFTOVER,	/* made by a run that was interrupted */
	I2N_EXTRA_BLOCK,	/* of another type than `dirent`, and one of both is a directory */
};

struct i2n_extra {
	char *name;		/* NULL: not any more */
	size_t name_len;
	uint32_t dir;		/* inode index of the directory it is in */
	uint32_t dirent;	/* BLOCK; else I2N_NONE */
	i2n_obj obj;		/* of a directory */
	bool is_dir;
	unsigned char kind;
};

struct i2n_digests;

struct i2n_survey_opts {
	const struct i2n_digests *digests;	/* made before, for `checksum`, see compare.h; or
						 * NULL */
	const volatile int *stop;
	void (*progress)(void *ctx, const struct i2n_progress *p);
	void *ctx;
	bool checksum;
	bool locked;		/* the lock in the root is nobody's business */
	bool unproven;		/* nor is the file I2N_UNPROVEN_NAME */
	/* Leave this alone? path: from the destination directory, without leading slash. NULL:
	 * nothing is protected. */
	bool (*is_protected)(void *protect_ctx, const char *path, size_t len);
	void *protect_ctx;
	/* Is this left out of the tree on purpose? Then what is there is none of our business,
	 * either. NULL: nothing is. */
	bool (*is_excluded)(void *exclude_ctx, const char *path, size_t len);
	void *exclude_ctx;
};

struct i2n_survey {
	const struct i2n_tree *tree;
	struct i2n_have have;
	uint16_t *differs;		/* by dirent, and one more: enum i2n_differ, of what is
					 * there */
	struct i2n_extra *extras;
	size_t n_extras, cap_extras;
	uint64_t n_extra;		/* of kind I2N_EXTRA */
	uint64_t frees;			/* bytes that replacing and clearing may set free,
					 * UINT64_MAX = nobody knows */
	uint64_t bytes_read, hole_bytes;	/* content compared; taken for holes */
};

/* Where the sink's destination is `absent`, there is NOTHING, the root included. */
int i2n_survey_run(const struct i2n_plan *plan, struct i2n_reader *reader, struct i2n_sink *sink,
		   const struct i2n_notes *notes, const struct i2n_survey_opts *opts,
		   struct i2n_survey **ret, struct i2n_err *err);
void i2n_survey_free(struct i2n_survey *s);

/* One more extra; its name is copied from `name`, extra->name_len bytes. I2N_FATAL: out of memory,
 * nothing was taken over. */
int i2n_survey_extra_add(struct i2n_survey *s, const struct i2n_extra *extra,
			 const unsigned char *name);

/* Is there room for what is to be made? Refused (I2N_FATAL, domain DEST) is what cannot fit however
 * the server stores it; what replacing sets free counts as free. */
int i2n_survey_room(const struct i2n_survey *s, struct i2n_reader *reader, struct i2n_sink *sink,
		    const struct i2n_survey_opts *opts, struct i2n_err *err);

/* Remove extras of this kind, directories with all that is in them when `deep`, many at a time.
 * What is protected stays, with the directories above it. The directories they are in become
 * TOUCHED. BLOCK: what is gone becomes NOTHING, else it is told and stays BLOCKED. *ret_removed
 * counts objects. What cannot be removed is a note. */
int i2n_remove_run(struct i2n_survey *s, struct i2n_sink *sink, enum i2n_extra_kind kind, bool deep,
		   const struct i2n_notes *notes, const struct i2n_survey_opts *opts,
		   uint64_t *ret_removed, struct i2n_err *err);

/* Remove one name in the destination directory, with all below it. What is not there is no error;
 * what cannot be removed is a note. */
int i2n_remove_tree(struct i2n_sink *sink, const char *name, const struct i2n_notes *notes,
		    const struct i2n_survey_opts *opts, uint64_t *ret_removed, struct i2n_err *err);

/* Attributes of the destination directory itself, after all that happens in it: with
 * i2n_engine_opts.root_later. */
int i2n_settle_root(const struct i2n_tree *tree, struct i2n_sink *sink,
		    const struct i2n_notes *notes, const volatile int *stop, struct i2n_err *err);

/* Attributes of the directories that the engine left for later. */
int i2n_survey_settle(struct i2n_survey *s, struct i2n_sink *sink, const struct i2n_notes *notes,
		      const struct i2n_survey_opts *opts, struct i2n_err *err);

#endif
