/* task.h - a thread that does one job and ends. (crew.h has those that decode blocks.)
 *
 * Thread:    task_join() by the thread that started it. Signals are never delivered to a task: they
 *            are the business of the program's first thread.
 * Ownership: what fn works on is the starter's again after task_join(). */
#ifndef TASK_H
#define TASK_H

#include "img2nfs/err.h"

#include <pthread.h>

struct task {
	pthread_t thread;
	bool runs;
};

int task_start(struct task *t, void *(*fn)(void *arg), void *arg, struct i2n_err *err);
/* Waits for fn to return. Does nothing for a zeroed task, or a second time. */
void task_join(struct task *t);

/* Wait for cond a tenth of a second at most, so that the caller can look for a reason to stop. */
void task_wait(pthread_cond_t *cond, pthread_mutex_t *mutex);

#endif
