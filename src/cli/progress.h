/* progress.h - how far a run has come, for the one who waits.
 *
 *	auto	a line at the bottom of the terminal, in the foreground only; a plain line every
 *		30 s where stderr is no terminal
 *	json	one JSON object per line and second on stderr, and one at the end of each phase
 *	none	nothing, as with --quiet */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "img2nfs/engine.h"
#include "img2nfs/packed.h"

#include "opts.h"

struct phases;

enum progress_mode { PROGRESS_AUTO, PROGRESS_JSON, PROGRESS_NONE };

struct progress_opts {
	unsigned how;			/* enum progress_mode */
	bool quiet;
	const struct phases *phases;	/* of the run, for machines; NULL: no option, set by the
					 * command */
};

/* Rows for a struct (`tag`: "struct x_opts") with a member `m` of type struct progress_opts. */
#define PROGRESS_ROWS(tag, m, quiet_help) \
	{ .name = "progress", .type = OPT_WORD, .off = offsetof(tag, m.how), .arg = "HOW", \
	  .words = "auto|json|none", .def = "auto", \
	  .help = "how to show on stderr how far the run has come" }, \
	{ .name = "quiet", .type = OPT_FLAG, .off = offsetof(tag, m.quiet), .help = quiet_help }

struct progress {
	enum progress_mode mode;
	bool terminal, said_stopping;
	int64_t start_ms, shown_ms;
	const struct phases *phases;
	struct i2n_image *image;	/* shown as well while it is unpacked; NULL: not */
	bool has_at, has_waited;	/* since the begin: */
	struct i2n_progress at;
	struct i2n_image_progress waited;
};

void progress_begin(struct progress *p, const struct progress_opts *opts);
/* Call as often as you like; shows itself when it is time, and says once that a signal is heeded.
 * A callback of the layers below: ctx is a struct progress. */
void progress_update(void *ctx, const struct i2n_progress *at);
/* The same while nothing goes on but the unpacking of an image. A callback of packed.h: ctx is a
 * struct progress. */
void progress_wait(void *ctx, const struct i2n_image_progress *at);
/* Takes the line away, or writes the last one. */
void progress_end(struct progress *p);

/* Milliseconds of a clock that only goes forward. */
int64_t progress_now_ms(void);

#endif
