/* extract_update.h - `extract` onto a destination that holds something already. */
#ifndef CLI_EXTRACT_UPDATE_H
#define CLI_EXTRACT_UPDATE_H

#include "img2nfs/engine.h"

#include "json.h"
#include "opts.h"
#include "phases.h"

struct update_opts {
	bool update, checksum, delete_extra, dry_run;
	struct opt_list protect;	/* each of patterns, separated by commas */
	const struct i2n_rules *rules;	/* that the tree was chosen by, or NULL */
};

/* Beside what the engine counts. */
struct update_result {
	bool ran;		/* compared */
	bool wrote;		/* changes have begun */
	bool dry;		/* compared and told, nothing changed */
	uint64_t extra;		/* objects there that the image does not have, not those below
				 * them */
	uint64_t deleted;	/* those below them included */
	uint64_t bytes_read, hole_bytes;	/* content compared; taken for holes */
};

/* Refuse what makes no sense together. */
int update_check(const struct update_opts *o, struct i2n_err *err);

/* path: from the destination directory, without leading slash. */
bool update_is_protected(const struct update_opts *o, const char *path, size_t len);

struct update_job {
	const struct update_opts *o;
	const struct i2n_plan *plan;
	struct i2n_reader *reader;
	const struct i2n_digests *digests;	/* or NULL, see image_digests() */
	struct i2n_sink *sink;
	const struct i2n_notes *notes;
	struct i2n_engine_opts *engine;	/* have is filled in */
	struct phases *phases;
	/* of a dry run: an open object that gets a member "changes", or NULL; lines on stdout */
	struct json *json;
	bool lines;
	bool check_room;
	bool unproven;		/* as in struct i2n_survey_opts */
};

/* Compare, and carry out what differs, or tell it. */
int update_store(const struct update_job *j, struct update_result *ret,
		 struct i2n_progress *ret_at, struct i2n_err *err);

#endif
