#define _POSIX_C_SOURCE 200809L
#include "task.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define WAIT_NS 100000000L

int task_start(struct task *t, void *(*fn)(void *arg), void *arg, struct i2n_err *err)
{
	sigset_t all, old;
	int sys;

	/* a new thread inherits the mask; these calls cannot fail with valid arguments */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	sys = pthread_create(&t->thread, NULL, fn, arg);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->runs = !sys;
	return sys ? i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, sys, "cannot start a thread: %s",
			      strerror(sys)) : I2N_OK;
}

void task_join(struct task *t)
{
	if (t->runs)
		(void)pthread_join(t->thread, NULL);	/* ours, not joined yet: cannot fail */
	t->runs = false;
}

void task_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);	/* the clock of conditions; exists */
	until.tv_nsec += WAIT_NS;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(cond, mutex, &until);	/* early or late: callers look
								 * again */
}
