#include "extract_update.h"

#include "img2nfs/update.h"

/* The safest order: out of the way what would make requests fail, then all that is new or different. */
int update_store(const struct update_opts *o, const struct i2n_plan *plan, struct i2n_reader *reader,
		 struct i2n_sink *sink, const struct i2n_notes *notes, struct i2n_engine_opts *opts,
		 struct update_result *ret, struct i2n_progress *ret_at, struct i2n_err *err)
{
	struct i2n_survey_opts so = { .stop = opts->stop, .progress = opts->progress, .ctx = opts->ctx };
	struct i2n_survey *s = NULL;
	uint64_t leftovers = 0;
	int rc;

	(void)o;
	ret_at->total = plan->totals;
	ret_at->left = plan->totals.objects;
	rc = i2n_survey_run(plan, reader, sink, notes, &so, &s, err);
	if (rc)
		return rc;
	ret->ran = true;
	ret->extra = s->n_extra;
	rc = i2n_remove_run(s, sink, I2N_EXTRA_LEFTOVER, true, notes, &so, &leftovers, err);
	if (!rc)
		rc = i2n_remove_run(s, sink, I2N_EXTRA_BLOCK, false, notes, &so, &leftovers, err);
	opts->have = &s->have;
	if (!rc)
		rc = i2n_engine_run(plan, reader, sink, notes, opts, ret_at, err);
	i2n_survey_free(s);
	return rc;
}
