#define _POSIX_C_SOURCE 200809L
#include "crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct crew {
	pthread_mutex_t lock;		/* guards all that follows */
	pthread_cond_t queued, done;
	struct job *first, *last;
	bool stop;
	unsigned n;
	pthread_t threads[];
};

static void append(struct crew *c, struct job *job)
{
	job->next = NULL;
	*(c->last ? &c->last->next : &c->first) = job;
	c->last = job;
}

static void take_out(struct crew *c, struct job *job)
{
	struct job *before = NULL, *j;

	for (j = c->first; j != job; j = j->next)
		before = j;
	*(before ? &before->next : &c->first) = job->next;
	if (c->last == job)
		c->last = before;
}

static void *work(void *arg)
{
	struct crew *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		struct job *job = c->first;

		if (!job) {
			pthread_cond_wait(&c->queued, &c->lock);
			continue;
		}
		take_out(c, job);
		job->state = JOB_RUNNING;
		pthread_mutex_unlock(&c->lock);
		job->run(job);
		pthread_mutex_lock(&c->lock);
		job->state = JOB_DONE;
		pthread_cond_signal(&c->done);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Without signals: they are for the thread that looks after the user. */
static void start(struct crew *c, unsigned threads)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (c->n < threads && !pthread_create(&c->threads[c->n], NULL, work, c))
		c->n++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

int crew_new(unsigned threads, struct crew **ret, struct i2n_err *err)
{
	struct crew *c = calloc(1, sizeof(*c) + threads * sizeof(c->threads[0]));

	if (!c)
		return i2n_err_nomem(err);
	/* with default attributes these fail for want of memory only */
	if (pthread_mutex_init(&c->lock, NULL) || pthread_cond_init(&c->queued, NULL) ||
	    pthread_cond_init(&c->done, NULL)) {
		free(c);
		return i2n_err_nomem(err);
	}
	start(c, threads);
	*ret = c;
	return I2N_OK;
}

void crew_free(struct crew *c)
{
	unsigned i;

	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->queued);
	pthread_mutex_unlock(&c->lock);
	for (i = 0; i < c->n; i++)
		pthread_join(c->threads[i], NULL);
	pthread_cond_destroy(&c->done);
	pthread_cond_destroy(&c->queued);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void crew_submit(struct crew *c, struct job *job)
{
	pthread_mutex_lock(&c->lock);
	job->state = JOB_QUEUED;
	append(c, job);
	pthread_cond_signal(&c->queued);
	pthread_mutex_unlock(&c->lock);
}

static void move_first(struct crew *c, struct job *job)
{
	take_out(c, job);
	job->next = c->first;
	c->first = job;
	if (!c->last)
		c->last = job;
}

/* Until something is done, or a tenth of a second: a signal handler that sets *stop cannot wake
 * us. */
static void wait_done(struct crew *c)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 100000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	(void)pthread_cond_timedwait(&c->done, &c->lock, &t);	/* the caller looks itself */
}

bool crew_await(struct crew *c, struct job *job, const volatile int *stop)
{
	bool over;

	pthread_mutex_lock(&c->lock);
	if (job->state == JOB_QUEUED && c->n) {
		move_first(c, job);
	} else if (job->state == JOB_QUEUED) {
		take_out(c, job);
		pthread_mutex_unlock(&c->lock);
		job->run(job);
		pthread_mutex_lock(&c->lock);
		job->state = JOB_DONE;
	}
	while ((job->state == JOB_QUEUED || job->state == JOB_RUNNING) && !(stop && *stop))
		wait_done(c);
	over = job->state == JOB_DONE || job->state == JOB_IDLE;
	if (over)
		job->state = JOB_IDLE;
	pthread_mutex_unlock(&c->lock);
	return over;
}

bool crew_cancel(struct crew *c, struct job *job)
{
	bool queued;

	pthread_mutex_lock(&c->lock);
	queued = job->state == JOB_QUEUED;
	if (queued) {
		take_out(c, job);
		job->state = JOB_IDLE;
	}
	pthread_mutex_unlock(&c->lock);
	return queued;
}

bool crew_is_done(struct crew *c, const struct job *job)
{
	bool done;

	pthread_mutex_lock(&c->lock);
	done = job->state == JOB_DONE || job->state == JOB_IDLE;
	pthread_mutex_unlock(&c->lock);
	return done;
}

bool crew_is_stopping(struct crew *c)
{
	bool stop;

	pthread_mutex_lock(&c->lock);
	stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	return stop;
}
