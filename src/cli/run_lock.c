#include "run_lock.h"

#include "msg.h"
#include "os.h"
#include "signals.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LAST_TRY_S 5	/* a server that does not answer any more keeps the lock */

static uint64_t random_number(void)
{
	struct timespec ts = { 0, 0 };
	uint64_t n = 0;

	if (os_random(&n))
		return n;
	(void)clock_gettime(CLOCK_REALTIME, &ts);	/* cannot fail with this clock */
	return ((uint64_t)ts.tv_sec * 1000000007u + (uint64_t)ts.tv_nsec) * 1000003u ^
	       (uint64_t)getpid();
}

static void write_who(struct run_lock *l)
{
	char host[65] = "?", when[24] = "?";
	time_t now = time(NULL);
	struct tm tm;

	if (!gethostname(host, sizeof(host)))
		host[sizeof(host) - 1] = '\0';
	if (gmtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	/* a long host name is cut */
	(void)snprintf(l->who, sizeof(l->who), "img2nfs %s, pid %ld on %s, since %s", I2N_VERSION,
		       (long)getpid(), host, when);
}

int run_lock_init(struct run_lock *l, const struct i2n_nfs_url *url, const char *name,
		  bool break_it, const struct i2n_nfs_opts *nfs, const struct i2n_notes *notes,
		  struct i2n_err *err)
{
	struct i2n_lock_opts opts = { .dir = I2N_OBJ_ROOT, .name = name, .who = l->who,
				      .nonce = random_number(), .break_it = break_it,
				      .notes = notes, .stop = signals_stop() };

	write_who(l);
	l->url = url;
	l->nfs = *nfs;
	l->notes = notes;
	l->lock = i2n_lock_new(&opts);
	return l->lock ? I2N_OK : i2n_err_nomem(err);
}

int run_lock_arrived(void *ctx, struct i2n_sink *sink, struct i2n_err *err)
{
	struct run_lock *l = ctx;

	return l->lock ? i2n_lock_look(l->lock, sink, err) : I2N_OK;
}

static void on_tick(void *ctx)
{
	struct run_lock *l = ctx;
	struct i2n_err err;	/* of a dead connection: then nothing beats, and the run is told by
				 * its own */

	if (l->ticking)
		return;
	l->ticking = true;
	i2n_lock_beat(l->lock);
	if (l->home != l->at_work)
		(void)i2n_sink_service(l->home, 0, &err);
	if (i2n_lock_is_lost(l->lock, &err))
		i2n_sink_cancel(l->at_work, 0);
	l->ticking = false;
}

void run_lock_watch(struct run_lock *l, struct i2n_sink *sink)
{
	if (!l->lock)
		return;
	if (l->at_work)
		l->at_work->tick = NULL;
	l->at_work = sink;
	if (!sink)
		return;
	sink->tick = on_tick;
	sink->tick_ctx = l;
}

int run_lock_take(struct run_lock *l, struct i2n_sink *sink, struct i2n_err *err)
{
	int rc;

	if (!l->lock)
		return I2N_OK;
	l->home = sink;
	rc = i2n_lock_take(l->lock, sink, err);
	run_lock_watch(l, sink);
	return rc;
}

int run_lock_confirm(struct run_lock *l, struct i2n_err *err)
{
	return l->lock ? i2n_lock_confirm(l->lock, l->home, err) : I2N_OK;
}

bool run_lock_is_lost(const struct run_lock *l, struct i2n_err *err)
{
	return l->lock && i2n_lock_is_lost(l->lock, err);
}

/* The run's own connection is closed to new requests after a stop or a failure. */
static int drop_afresh(struct run_lock *l, struct i2n_err *err)
{
	struct i2n_sink_env env = { .notes = l->notes };
	struct i2n_nfs_opts nfs = l->nfs;
	struct i2n_sink *sink;
	int rc;

	nfs.dest = I2N_DEST_EXISTING;
	nfs.check = NULL;
	nfs.arrived = NULL;
	if (nfs.retry_for_s > LAST_TRY_S)
		nfs.retry_for_s = LAST_TRY_S;
	rc = i2n_sink_open_nfs3(l->url, &nfs, &env, NULL, &sink, err);
	if (rc != I2N_OK)
		return rc;
	rc = i2n_lock_drop(l->lock, sink, err);
	i2n_sink_free(sink);
	return rc;
}

static void tell_it_stays(const char *why)
{
	msg_line("the lock of this run stays at the destination (%s): the next run waits for a "
		 "sign of this one, or takes it at once with --break-lock", why);
}

void run_lock_drop(struct run_lock *l, bool unreachable)
{
	int stop = *signals_stop();
	struct i2n_err err;

	run_lock_watch(l, NULL);
	if (!l->lock || !i2n_lock_is_held(l->lock))
		return;
	if (stop)
		i2n_sink_cancel(l->home, stop);
	if (unreachable)
		tell_it_stays("the server does not answer");
	else if (i2n_lock_drop(l->lock, l->home, &err) && drop_afresh(l, &err))
		tell_it_stays(err.msg);
}

void run_lock_release(struct run_lock *l)
{
	i2n_lock_free(l->lock);
	l->lock = NULL;
}
