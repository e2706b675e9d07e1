#define _POSIX_C_SOURCE 200809L
#include "img2nfs/stage.h"

#include "carry.h"
#include "pace.h"

#include <limits.h>
#include <time.h>

/* A stage begins when so much more has come that it is worth the loading of a tree: enough bytes,
 * and so much time that loading takes a small part of it. */
#define STEP_MAX ((uint64_t)16 << 20)
#define STEPS 16u		/* of a small file system, at most */
#define LOADS 15		/* times that it took to load the tree before */
#define WAIT_MS 20

struct stage {
	const struct i2n_stage_job *job;
	const struct i2n_stage_opts *opts;
	struct i2n_have have;
	struct carry_owners owners;
	struct i2n_progress p;
	uint64_t before, below;		/* what had come for the stage before; for the tree at
					 * hand */
	uint64_t loaded;		/* for the tree at hand; 0: for the first, which is older
					 * than the sink */
	struct pace pace;
	uint64_t written;		/* by the sink when the stage began */
	int64_t load_ms, loaded_ms;	/* loading it took so long, until then */
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);	/* cannot fail with this clock */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool is_coming(struct i2n_fs *fs)
{
	return i2n_fs_available(fs) < i2n_fs_info(fs)->size;
}

static int check_stop(const struct i2n_stage_opts *opts, struct i2n_err *err)
{
	const int signo = opts->stop ? *opts->stop : 0;

	return signo ? i2n_fail(err, I2N_FATAL, I2N_DOM_STOPPED, signo, "stopped by signal %d",
				signo)
		     : I2N_OK;
}

/* The sink has work of its own: it keeps the connection, and the lock alive. May be NULL. */
static int pass_time(struct i2n_sink *sink, struct i2n_err *err)
{
	const int64_t until = now_ms() + WAIT_MS;
	const struct timespec nap = { .tv_nsec = 1000000L };
	int rc = I2N_OK;

	do {
		if (sink)
			rc = i2n_sink_service(sink, WAIT_MS, err);
		if (now_ms() < until)	/* one without work is back at once */
			(void)nanosleep(&nap, NULL);	/* a signal may cut it short */
	} while (rc == I2N_OK && now_ms() < until);
	return rc;
}

/* Until byte `until` has come, and it is time; or all has. */
static int wait_for(struct i2n_fs *fs, struct i2n_sink *sink, const struct i2n_stage_opts *opts,
		    uint64_t until, int64_t until_ms, const struct i2n_progress *p,
		    struct i2n_err *err)
{
	int rc;

	while ((rc = check_stop(opts, err)) == I2N_OK && is_coming(fs)) {
		if (i2n_fs_available(fs) >= until && now_ms() >= until_ms)
			break;
		if (opts->on_wait)
			opts->on_wait(opts->ctx, p);
		rc = pass_time(sink, err);
		if (rc != I2N_OK)
			break;
	}
	return rc;
}

static uint64_t step_of(struct i2n_fs *fs)
{
	const uint64_t step = i2n_fs_info(fs)->size / STEPS;

	return step < STEP_MAX ? step : STEP_MAX;
}

int i2n_stage_first(struct i2n_fs *fs, const struct i2n_stage_opts *opts, struct i2n_tree **ret,
		    struct i2n_err *err)
{
	uint64_t below = 0;
	int64_t start = 0, end = 0;
	int rc;

	while (is_coming(fs)) {
		rc = wait_for(fs, NULL, opts, below + step_of(fs), end + LOADS * (end - start),
			      NULL, err);
		if (rc != I2N_OK)
			return rc;
		start = now_ms();
		below = i2n_fs_available(fs);
		rc = is_coming(fs) ? i2n_fs_tree_below(fs, below, ret, err) : I2N_END;
		if (rc == I2N_OK && opts->is_enough && !opts->is_enough(opts->ctx, *ret)) {
			i2n_tree_free(*ret);
			*ret = NULL;
			rc = I2N_END;
		}
		if (rc != I2N_END)
			return rc;
		end = now_ms();
	}
	return I2N_END;
}

static unsigned on_pace(void *ctx, const struct i2n_progress *p)
{
	struct stage *s = ctx;
	const uint64_t come = i2n_fs_available(s->job->fs);

	if (come == i2n_fs_info(s->job->fs)->size)
		return UINT_MAX;
	return pace_limit(&s->pace, come,
			  pace_cost(p->done.objects - p->equal, p->written - s->written), now_ms());
}

/* What the plan has, and the stages before have not done. */
static void begin_pace(struct stage *s, const struct i2n_totals *all)
{
	const struct i2n_totals *done = &s->p.done;

	s->written = s->job->sink->stats.bytes_written;
	pace_begin(&s->pace, s->before, s->below,
		   pace_cost(all->objects > done->objects ? all->objects - done->objects : 0,
			     all->bytes > done->bytes ? all->bytes - done->bytes : 0));
}

/* One run of the engine over the tree at hand. */
static int run(struct stage *s, bool goes_on, struct i2n_err *err)
{
	const struct i2n_stage_job *job = s->job;
	struct i2n_engine_opts engine = *job->engine;
	struct i2n_plan *plan;
	int rc = i2n_plan_make(job->tree, job->reader, job->sink->caps, goes_on ? NULL : job->notes,
			       &plan, err);

	if (rc != I2N_OK)
		return rc;
	carry_prepare(&s->have, job->tree, goes_on);
	engine.have = &s->have;
	begin_pace(s, &plan->totals);
	engine.pace = on_pace;
	engine.pace_ctx = s;
	rc = i2n_engine_run(plan, job->reader, job->sink, job->notes, &engine, &s->p, err);
	i2n_plan_free(plan);
	return rc;
}

/* The next tree, and whether more will come after it. I2N_END never. */
static int load(struct stage *s, struct i2n_tree **ret, bool *ret_goes_on, struct i2n_err *err)
{
	const struct i2n_stage_job *job = s->job;
	const int64_t start = now_ms();
	int rc = I2N_END;

	s->before = s->below;
	s->loaded = s->below = i2n_fs_available(job->fs);
	*ret_goes_on = is_coming(job->fs);
	if (*ret_goes_on)
		rc = i2n_fs_tree_below(job->fs, s->below, ret, err);
	if (rc == I2N_END) {
		*ret_goes_on = false;
		rc = i2n_fs_tree(job->fs, ret, err);
	}
	s->loaded_ms = now_ms();
	s->load_ms = s->loaded_ms - start;
	return rc;
}

/* The sink knows the tree by its address, so the new one moves in there. */
static void exchange(struct stage *s, struct i2n_tree *tree, const struct i2n_have *have)
{
	const struct i2n_tree old = *s->job->tree;

	*s->job->tree = *tree;
	*tree = old;
	i2n_tree_free(tree);
	carry_release(&s->have);
	s->have = *have;
}

static int next_tree(struct stage *s, bool *ret_goes_on, struct i2n_err *err)
{
	const struct i2n_stage_job *job = s->job;
	struct i2n_have have = { 0 };
	struct i2n_tree *tree;
	int rc = load(s, &tree, ret_goes_on, err);

	if (rc != I2N_OK)
		return rc;
	s->owners.n = 0;	/* of the old tree, which goes */
	if (job->edit)
		rc = job->edit(job->ctx, tree, *ret_goes_on ? NULL : job->notes, err);
	if (rc == I2N_OK)
		rc = carry_over(job->tree, &s->have, tree, &have, &s->owners, job->sink, job->notes,
				s->opts->stop, err);
	exchange(s, tree, &have);
	return rc;
}

static void tell(const struct stage *s)
{
	i2n_note(s->job->notes, I2N_NOTE_INFO, "stage", NULL, 0,
		 "%llu objects are stored; %llu of %llu bytes of the file system had come",
		 (unsigned long long)s->p.done.objects, (unsigned long long)s->below,
		 (unsigned long long)i2n_fs_info(s->job->fs)->size);
}

static int run_all(struct stage *s, struct i2n_err *err)
{
	const struct i2n_stage_job *job = s->job;
	bool goes_on = true;
	int rc;

	while ((rc = run(s, goes_on, err)) == I2N_OK && goes_on) {
		tell(s);
		rc = wait_for(job->fs, job->sink, s->opts, s->loaded + step_of(job->fs),
			      s->loaded_ms + LOADS * s->load_ms, &s->p, err);
		if (rc == I2N_OK)
			rc = next_tree(s, &goes_on, err);
		if (rc != I2N_OK)
			break;
	}
	return rc;
}

int i2n_stage_run(const struct i2n_stage_job *job, const struct i2n_stage_opts *opts,
		  struct i2n_progress *ret, struct i2n_err *err)
{
	struct stage s = { .job = job, .opts = opts };
	int rc;

	s.p.is_partial = true;
	s.below = i2n_fs_available(job->fs);
	s.loaded_ms = now_ms();
	rc = carry_init(&s.have, job->tree, err);
	if (rc == I2N_OK)
		rc = run_all(&s, err);
	carry_restore(job->tree, &s.owners);
	carry_release(&s.have);
	*ret = s.p;
	return rc;
}
