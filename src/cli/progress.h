/* progress.h - how far a run has come, for the one who waits.
 *
 *	auto	a line at the bottom of the terminal, in the foreground only; a plain line every
 *		30 s where stderr is no terminal
 *	json	one JSON object per line and second on stderr
 *	none	nothing */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "img2nfs/engine.h"

enum progress_mode { PROGRESS_AUTO, PROGRESS_JSON, PROGRESS_NONE };
#define PROGRESS_WORDS "auto|json|none"

struct progress {
	enum progress_mode mode;
	bool terminal;
	int64_t start_ms, shown_ms;
};

void progress_begin(struct progress *p, enum progress_mode mode);
/* Call as often as you like; shows itself when it is time. */
void progress_update(struct progress *p, const struct i2n_progress *at);
/* Takes the line away. */
void progress_end(struct progress *p);

/* Milliseconds of a clock that only goes forward. */
int64_t progress_now_ms(void);

#endif
