#include "extract_update.h"

#include "img2nfs/glob.h"
#include "img2nfs/update.h"

#include "choose_opts.h"
#include "itemise.h"

#include <string.h>

#define GLOB_MAX 1000

static bool are_globs(const char *globs)
{
	for (const char *g = globs; g; g = strchr(g, ','), g = g ? g + 1 : NULL)
		if (strcspn(g, ",") == 0 || strcspn(g, ",") > GLOB_MAX)
			return false;
	return true;
}

int update_check(const struct update_opts *o, struct i2n_err *err)
{
	const char *alone = o->checksum	      ? "checksum"
			    : o->delete_extra ? "delete"
			    : o->protect.n    ? "protect"
			    : o->dry_run      ? "dry-run"
					      : NULL;

	if (alone && !o->update)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "option '--%s' needs --update",
				alone);
	for (unsigned i = 0; i < o->protect.n; i++)
		if (!are_globs(o->protect.items[i].value))
			return i2n_fail(
				err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--protect': a pattern has no characters, or more than %d",
				GLOB_MAX);
	return I2N_OK;
}

static bool matches(const char *globs, const char *path, size_t len)
{
	char glob[GLOB_MAX + 1];

	while (globs) {
		size_t n = strcspn(globs, ",");

		memcpy(glob, globs, n);	/* update_check() saw to the length */
		while (n > 1 && glob[n - 1] == '/')
			n--;
		glob[n] = '\0';
		if (i2n_glob_match(glob, path, len))
			return true;
		globs = strchr(globs, ',');
		globs = globs ? globs + 1 : NULL;
	}
	return false;
}

static bool is_protected(void *ctx, const char *path, size_t len)
{
	const struct opt_list *list = ctx;

	for (unsigned i = 0; i < list->n; i++)
		if (matches(list->items[i].value, path, len))
			return true;
	return false;
}

bool update_is_protected(const struct update_opts *o, const char *path, size_t len)
{
	return is_protected((void *)(uintptr_t)&o->protect, path, len) ||
	       (o->rules && choose_excludes((void *)(uintptr_t)o->rules, path, len));
}

/* Directories that will lose something are settled when that is gone. */
static void delay(struct i2n_survey *s, bool root_too)
{
	for (size_t i = 0; i < s->n_extras; i++)
		if (s->extras[i].name && s->extras[i].kind == I2N_EXTRA &&
		    (root_too || s->extras[i].dir != s->tree->root))
			s->have.dirs[s->extras[i].dir] |= I2N_HAVE_LATER;
}

/* The safest order: out of the way what would make requests fail, then all that is new or
 * different, and only then what nobody needs any more. */
static int carry_out(const struct update_job *j, const struct i2n_survey_opts *opts,
		     struct i2n_survey *s, struct update_result *ret, struct i2n_progress *ret_at,
		     struct i2n_err *err)
{
	uint64_t cleared = 0;
	int rc;

	if (j->check_room && i2n_survey_room(s, j->reader, j->sink, opts, err))
		return I2N_FATAL;
	phases_enter(j->phases, PHASE_STORE);
	ret->wrote = true;
	if (i2n_remove_run(s, j->sink, I2N_EXTRA_LEFTOVER, true, j->notes, opts, &cleared, err) ||
	    i2n_remove_run(s, j->sink, I2N_EXTRA_BLOCK, j->o->delete_extra, j->notes, opts,
			   &cleared, err))
		return I2N_FATAL;
	if (j->o->delete_extra)
		delay(s, !j->engine->root_later);
	j->engine->have = &s->have;
	rc = i2n_engine_run(j->plan, j->reader, j->sink, j->notes, j->engine, ret_at, err);
	if (rc || !j->o->delete_extra)
		return rc;
	rc = i2n_remove_run(s, j->sink, I2N_EXTRA, true, j->notes, opts, &ret->deleted, err);
	return rc ? rc : i2n_survey_settle(s, j->sink, j->notes, opts, err);
}

int update_store(const struct update_job *j, struct update_result *ret,
		 struct i2n_progress *ret_at, struct i2n_err *err)
{
	struct i2n_survey_opts opts = { .digests = j->digests,
					.stop = j->engine->stop,
					.progress = j->engine->progress,
					.ctx = j->engine->ctx,
					.checksum = j->o->checksum,
					.locked = j->engine->root_later || j->o->dry_run,
					.unproven = j->unproven,
					.is_protected = j->o->protect.n ? is_protected : NULL,
					.protect_ctx = (void *)(uintptr_t)&j->o->protect,
					.is_excluded = j->o->rules ? choose_excludes : NULL,
					.exclude_ctx = (void *)(uintptr_t)j->o->rules };
	struct i2n_survey *s = NULL;
	int rc;

	ret_at->total = j->plan->totals;
	ret_at->left = j->plan->totals.objects;
	phases_enter(j->phases, PHASE_COMPARE);
	rc = i2n_survey_run(j->plan, j->reader, j->sink, j->notes, &opts, &s, err);
	if (rc)
		return rc;
	ret->ran = true;
	ret->extra = s->n_extra;
	ret->bytes_read = s->bytes_read;
	ret->hole_bytes = s->hole_bytes;
	if (j->o->dry_run) {
		ret->dry = true;
		rc = itemise(&(struct itemise){ s, j->reader, j->o, j->json, j->lines }, err);
	} else {
		rc = carry_out(j, &opts, s, ret, ret_at, err);
	}
	i2n_survey_free(s);
	return rc;
}
