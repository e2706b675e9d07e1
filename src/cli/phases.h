/* phases.h - what a run spends its time on: one clock that is always on one thing. */
#ifndef CLI_PHASES_H
#define CLI_PHASES_H

#include "json.h"

enum phase {
	PHASE_NONE,	/* the clock stands */
	PHASE_OPEN,	/* recognise the image and read what describes it */
	PHASE_TREE,	/* read all metadata, edit it */
	PHASE_CONNECT,	/* the destination: open, check, lock */
	PHASE_DIGESTS,	/* of the image's content, where they are made before */
	PHASE_COMPARE,	/* what is there with what should be */
	PHASE_STORE,	/* objects and data, until the last is safe */
	PHASE_FINISH,	/* the rest of the image, its checksums; the archive, the lock */
	PHASE_MANIFEST,
	PHASE_VERIFY,
	PHASE_SWAP,	/* --atomic */
	PHASE_BOOT,	/* --boot */
	PHASES
};

struct phases {
	enum phase now;
	int64_t since_ms;
	int64_t ms[PHASES];
};

/* From here on it is this. Does nothing when p is NULL: a part that is on one thing as a whole. */
void phases_enter(struct phases *p, enum phase phase);

/* The present one: "store"; NULL while the clock stands, or p is NULL. */
const char *phases_word(const struct phases *p);

/* Member "phases" of the object that is open in j: seconds for each. */
void phases_json(const struct phases *p, struct json *j);

#endif
