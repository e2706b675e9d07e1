/* spool_file.h - a file without a name that keeps of a stream what is of use: not zeros, not what
 * nobody will read.
 *
 * Unit:      bytes.
 * Thread:    spool_file_add() by the thread that brings the stream, the others by any; reads of
 *            what was added.
 * Errors:    domain SYS: the folder cannot be written to, or is full. */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include "img2nfs/packed.h"

#include "unkept.h"

#include <pthread.h>
#include <stddef.h>

/* The file itself: made before anything is known of the stream, as later there may be no right to
 * it (sandbox.h), and closed again where it is not needed. */
struct spool_place {
	int fd;		/* -1: none */
	int code;	/* why: errno */
};
void spool_place_make(struct spool_place *place, const char *dir);
void spool_place_release(struct spool_place *place);

struct spool_file {
	const char *name;		/* of the stream, for messages, quoted; borrowed */
	char dir[200];			/* quoted */
	int fd;
	struct i2n_source come;		/* the adding thread's: what lies in the file already */
	bool asked;			/* its own, too: what came before `unused` was looked
					 * through */
	pthread_mutex_t mutex;		/* of all that follows */
	uint64_t spooled;		/* bytes that it keeps */
	uint64_t keep_off, keep_end;	/* what is still of use */
	bool keep_news;			/* the rest of what came is not punched out yet */
	struct i2n_image_unused unused;	/* of that, what is not; .at NULL: all is */
	struct unkept unkept;
};

/* In what was made in dir; NULL: $TMPDIR, else /var/tmp. That it could not be made is told here.
 * spool_file_close() is needed in any case. */
int spool_file_open(struct spool_file *f, struct spool_place *place, const char *dir,
		    const char *name, struct i2n_err *err);
void spool_file_close(struct spool_file *f);

/* What comes next: off is the end of all before. */
int spool_file_add(struct spool_file *f, const unsigned char *buf, size_t n, uint64_t off,
		   struct i2n_err *err);
/* What was not kept reads as zeros. */
int spool_file_read(const struct spool_file *f, void *to, size_t len, uint64_t off,
		    struct i2n_err *err);
/* Something in the range was not zero, and was not kept. */
bool spool_file_lacks(struct spool_file *f, uint64_t off, uint64_t len);

void spool_file_keep_only(struct spool_file *f, uint64_t off, uint64_t len);
void spool_file_leave_out(struct spool_file *f, const struct i2n_image_unused *unused);

uint64_t spool_file_spooled(struct spool_file *f);
/* That its file system still has; UINT64_MAX: it does not say. */
uint64_t spool_file_room(const struct spool_file *f);

#endif
