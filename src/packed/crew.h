/* crew.h - a few threads that run jobs while their only client goes on.
 *
 *	crew_submit(crew, &slot->job);
 *	...
 *	crew_await(crew, &slot->job);	now what the job wrote may be read
 *
 * Thread:    one client thread calls all functions but crew_is_stopping(), which is for
 *            the jobs. The threads take no signals: those are the
 *            client's.
 * Ownership: a job, and what its run() touches, is the crew's from crew_submit() until
 *            crew_await() or a successful crew_cancel(). */
#ifndef PACKED_CREW_H
#define PACKED_CREW_H

#include "img2nfs/err.h"

struct crew;

enum job_state {
	JOB_IDLE,	/* the client's */
	JOB_QUEUED,
	JOB_RUNNING,
	JOB_DONE,
};

/* Embed it. */
struct job {
	void (*run)(struct job *job);
	struct job *next;	/* crew's own, as is what follows */
	enum job_state state;
};

/* As many threads as the system grants, `threads` at most; with none a job is run by the client
 * when it waits for it. */
int crew_new(unsigned threads, struct crew **ret, struct i2n_err *err);

/* Waits for the jobs that run; those that are queued are dropped. */
void crew_free(struct crew *crew);

/* Behind all others. */
void crew_submit(struct crew *crew, struct job *job);

/* True when it has run; if it is queued still, it is next. False when *stop became other than 0
 * before; stop may be NULL. */
bool crew_await(struct crew *crew, struct job *job, const volatile int *stop);

/* True: it has not run and will not. */
bool crew_cancel(struct crew *crew, struct job *job);

/* True: it is over, crew_await() would not wait. */
bool crew_is_done(struct crew *crew, const struct job *job);

/* For long jobs: true when crew_free() waits for them and nobody for their result. */
bool crew_is_stopping(struct crew *crew);

#endif
