/* Fail each op in turn: as a bad node the run goes on and accounts for every object; as fatal, or
 * stopped, it ends. */
#include "fake_tree.h"
#include "t.h"

#define N 120

static unsigned notes_seen;

static void on_note(void *ctx, const struct i2n_note *note)
{
	(void)ctx;
	T_EQ(note->kind, I2N_NOTE_FAILED);
	T_STR(note->text, "asked to fail");
	notes_seen++;
}

enum how { BADNODE, FATAL, STOP };

/* Returns the number of ops submitted. */
static uint64_t one(uint64_t seed, uint64_t k, enum how how)
{
	struct i2n_tree *t = fake_tree(N, &seed);
	struct i2n_reader reader = { .ops = &fake_reader_ops };
	volatile int stop = 0;
	struct i2n_engine_opts opts = { .stop = &stop };
	struct i2n_notes notes = { on_note, NULL };
	struct i2n_progress p;
	struct i2n_plan *plan;
	struct fake_sink fs;
	struct i2n_err err;
	uint64_t ops;
	int rc;

	T_EQ(i2n_plan_make(t, &reader, 0, NULL, &plan, &err), I2N_OK);
	fake_sink_init(&fs, t, seed);
	fs.stop = &stop;
	fs.fail_op = how == STOP ? 0 : k;
	fs.stop_op = how == STOP ? k : 0;
	fs.fail_rc = how == FATAL ? I2N_FATAL : I2N_BADNODE;
	notes_seen = 0;
	rc = i2n_engine_run(plan, &reader, &fs.base, &notes, &opts, &p, &err);
	ops = fs.ops;
	T_EQ(fs.wrong, 0);
	T_EQ(fs.n_queue, 0);
	T_EQ(p.done.objects + p.failed + p.left, p.total.objects);
	if (how == BADNODE) {
		T_EQ(rc, I2N_OK);
		T_EQ(p.left, 0);
		T_EQ(notes_seen, k <= ops);
		for (uint32_t i = 0; i < N; i++)
			T_OK(!fs.held[i]);
	} else if (rc) {
		T_EQ(rc, I2N_FATAL);
		T_EQ(err.domain, how == FATAL ? I2N_DOM_NFS3 : I2N_DOM_STOPPED);
		if (how == STOP)
			T_EQ(err.code, 2);
	} else {
		/* stopped when all was submitted already: nothing is missing */
		T_OK(how == STOP && !p.left);
	}
	fake_sink_release(&fs);
	i2n_plan_free(plan);
	i2n_tree_free(t);
	return ops;
}

int main(void)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		uint64_t all = one(seed, UINT64_MAX, BADNODE);

		T_OK(all > N);
		for (uint64_t k = 1; k <= all; k++) {
			one(seed, k, BADNODE);
			one(seed, k, FATAL);
			one(seed, k, STOP);
		}
	}
	return t_end();
}
