/* compare.h - is the content of files, and the target of symlinks, at a server what the image has?
 * Many pieces of one file and many files are under way at a time.
 *
 *	struct i2n_compare c = { .sink, .reader, .budget, .done, .ctx };
 *	i2n_compare_push(&c, &task)			any number of times, at any time
 *	i2n_compare_next(&c, &err)			from the loop that calls i2n_sink_service()
 *
 * Files are compared by their XXH3-128 digest and, with an image, byte by byte to say where they
 * differ. Holes count as the zeros that they read as, and are read. Only where a file has 64 MiB of
 * holes and more, and the server has allocated no more for it than its data needs (with 1/64 and
 * 64 KiB for its own tables), they are taken for holes there too and not read: NFSv3 cannot be
 * asked for holes. On a server that compresses, this is no proof.
 *
 * Unit:      bytes.
 * Memory:    `budget` for content; a small record per task.
 * Thread:    one.
 * Ownership: a task's obj is taken over and released after done, unless done sets *keep. Zero the
 *            struct first; i2n_compare_release() frees what was never started.
 * Trust:     the server may say anything; it is only compared. */
#ifndef IMG2NFS_COMPARE_H
#define IMG2NFS_COMPARE_H

#include "img2nfs/sink.h"

struct i2n_digests;

struct i2n_compare_task {
	const struct i2n_inode *in;	/* a regular file or a symlink; with acl: anything */
	const unsigned char *digest;	/* of a file, 16 bytes; NULL: the reader has the content */
	uint64_t size, used;		/* as the server says; size is in->size unless digest */
	uint32_t dirent;
	i2n_obj obj;
	bool flag;			/* the caller's */
	bool acl;			/* compare ACLs, not content; in has I2N_INODE_ACL */
};

struct i2n_compared {
	const struct i2n_compare_task *task;
	/* I2N_OK: look at equal. I2N_BADNODE, I2N_FATAL: *err says why it could not be compared.
	 * I2N_END: i2n_compare_stop() came before the end. */
	int rc;
	const struct i2n_err *err;
	bool equal;
	bool has_off;			/* files: where they differ first is known */
	uint64_t off;
	char got[360], want[360];	/* files: digests in hex; symlinks: targets, quoted */
};

#define I2N_COMPARE_BUDGET (16u << 20)	/* a good budget */

struct compare_task;
struct compare_file;

struct i2n_compare {
	/* the caller's */
	struct i2n_sink *sink;
	struct i2n_reader *reader;
	uint64_t budget;
	const struct i2n_digests *digests;	/* of digests.h, for files whose task has none;
						 * NULL: they are read in the image */
	bool first_only;		/* read no further where a difference has been found */
	void (*done)(void *ctx, const struct i2n_compared *res, bool *keep);
	void *ctx;
	/* to be looked at */
	uint64_t bytes, hole_bytes;	/* read back and compared; taken for holes */
	unsigned n_tasks;		/* not started yet */
	unsigned out;			/* ops under way */
	/* own */
	struct compare_task *tasks, *tail;
	struct compare_file *sending;	/* not all of it asked for yet */
	uint64_t held;
	bool stopped;
};

int i2n_compare_push(struct i2n_compare *c, const struct i2n_compare_task *task,
		     struct i2n_err *err);

/* Ask for one piece more. I2N_END: there is nothing to ask for; I2N_RETRY: no room now; I2N_FATAL:
 * err says why. Also runs done of what needs no request. */
int i2n_compare_next(struct i2n_compare *c, struct i2n_err *err);

static inline bool i2n_compare_is_idle(const struct i2n_compare *c)
{
	return !c->tasks && !c->sending && !c->out;
}

/* Ask for nothing more; what is under way is awaited by the caller. */
void i2n_compare_stop(struct i2n_compare *c);
void i2n_compare_release(struct i2n_compare *c);	/* with nothing under way */

#endif
