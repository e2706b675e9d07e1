/* verify_report.h - what a verification found: each difference on stdout as it is found, the
 * summary for people and for machines. */
#ifndef CLI_VERIFY_REPORT_H
#define CLI_VERIFY_REPORT_H

#include "img2nfs/sink.h"
#include "img2nfs/verify.h"

#include "report.h"

struct verify_told {
	struct report *report;
	bool silent;		/* differences are only gathered: --json */
	const char *prefix;	/* of paths, or NULL */
};

/* The callback for struct i2n_notes; ctx is a struct verify_told. */
void verify_note(void *ctx, const struct i2n_note *note);

struct verify_summary {
	const char *source, *destination;	/* as given */
	const struct i2n_err *err;		/* what ended the run, or NULL */
	bool ran;
	struct i2n_verify_result result;
	struct i2n_sink_stats stats;
	uint64_t ms;
	int status;
};

void verify_print(const struct verify_summary *s, const struct report *report);
/* The members of one object, which is open in j. */
void verify_json(const struct verify_summary *s, const struct report *report, struct json *j);

#endif
