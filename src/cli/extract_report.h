/* extract_report.h - what a run of `extract` came to, told to people and to machines. */
#ifndef CLI_EXTRACT_REPORT_H
#define CLI_EXTRACT_REPORT_H

#include "img2nfs/engine.h"

#include "img2nfs/next.h"
#include "img2nfs/swap.h"

#include "extract_boot.h"
#include "extract_dest.h"
#include "extract_netboot.h"
#include "extract_update.h"
#include "phases.h"
#include "report.h"
#include "verify_report.h"

struct extract_result {
	const char *image, *destination;	/* as given */
	const struct dest *dest;
	unsigned part_no;			/* 0: no partition table */
	const struct i2n_err *err;		/* what ended the run, or NULL */
	const struct verify_summary *proof;	/* of --verify, if it ran; else NULL or not `ran` */
	const struct i2n_swap *swap;		/* NULL without --atomic */
	const struct netboot_run *netboot;
	const struct boot_run *boot;
	const struct i2n_next *next;		/* what is left to do, or NULL */
	/* objects may have been stored: `at` and `stats` count */
	bool ran;
	bool unproven;				/* and it is not known whether they are right */
	struct i2n_progress at;
	struct update_result update;
	struct i2n_sink_stats stats;
	const struct phases *phases;
	uint64_t ms;
	int status;
};

/* What is wrong, on stderr: the error, what is incomplete and how to go on. */
void extract_tell(const struct extract_result *res, const struct report *report);

/* The summary, on stdout. */
void extract_print(const struct extract_result *res, const struct report *report);
/* The members of the object that is open in j. */
void extract_json(const struct extract_result *res, const struct report *report, struct json *j);

#endif
