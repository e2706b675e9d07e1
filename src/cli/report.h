/* report.h - gathers what the layers tell (note.h), says at once what cannot wait, and sums it up
 * at the end.
 *
 * Said at once, on stderr: warnings, passing states, and of damaged and failed objects the first
 * REPORT_SAID of each; with `verbose` everything. The summary counts all by class. Kept for JSON:
 * the first REPORT_KEPT objects of each class.
 *
 * Ownership: the report copies what it keeps. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "img2nfs/note.h"

#include "json.h"

#include <stdbool.h>

#define REPORT_SAID 20u
#define REPORT_KEPT 1000u
#define REPORT_CLASSES 64u	/* further classes are counted as "other" */
#define REPORT_KINDS (I2N_NOTE_STATE + 1)

struct report_item {
	enum i2n_note_kind kind;
	char *path;		/* NULL: not about one object */
	size_t path_len;
	char *text;
	char cls[24];
};

struct report_class {
	enum i2n_note_kind kind;
	char cls[24];
	uint64_t count;
	char *text;		/* of its first note; NULL when there was no memory */
};

struct report {
	bool verbose, quiet;
	uint32_t allow;		/* classes of loss.h that may be lost */
	uint64_t counts[REPORT_KINDS];
	uint32_t lost;		/* classes of loss.h that occurred */
	struct report_class classes[REPORT_CLASSES];
	unsigned n_classes;
	struct report_item *items;
	unsigned n_items, cap_items;
};

/* The callback for struct i2n_notes; ctx is a struct report. */
void report_note(void *ctx, const struct i2n_note *note);

/* Exit status that the notes alone make: 4, 6, 5, 1 or 0. */
int report_status(const struct report *r);

/* For the summary: one line per class of what was lost, damaged and failed. Nothing when there is
 * nothing. */
void report_print(const struct report *r, FILE *f);

/* Members "losses", "damaged", "failed", "warnings" of the object that is open in j. */
void report_json(const struct report *r, struct json *j);

/* Member "objects" of the object that is open in j: what a verification found. */
void report_json_differences(const struct report *r, struct json *j);

void report_release(struct report *r);

#endif
