/* run_report.h - what a run came to as one JSON object: on stdout with --json, in a file with
 * --report, the same bytes.
 *
 *	rc = run_report_open(&out, &opts, &err);	refuses before anything is done
 *	...						members into run_report_json(&out)
 *	return run_report_close(&out, status);		however the run ended
 *
 * The file is there when the run has ended, whole, whatever it came to; not after a second ctrl-C,
 * nor when the program is killed. */
#ifndef CLI_RUN_REPORT_H
#define CLI_RUN_REPORT_H

#include "confine.h"
#include "json.h"
#include "opts.h"
#include "out_file.h"

#define REPORT_ROW(tag, member) \
	{ .name = "report", .type = OPT_STRING, .off = offsetof(tag, member), .arg = "FILE", \
	  .help = "write the JSON object into FILE, too, however the run ends" }

struct run_report_opts {
	const char *command;
	bool json;		/* on stdout */
	const char *file;	/* or NULL */
	/* that the user needs, and which FILE must therefore not be; NULL: none, or not a file */
	const char *image;
	struct confine *confine;	/* gets what is still to be written then */
};

struct run_report {
	struct json json;
	int peak;		/* for os_peak_memory() */
	struct out_file file;
};

/* The first members. The object is open also when it fails, if it was asked for on stdout. */
int run_report_open(struct run_report *r, const struct run_report_opts *opts, struct i2n_err *err);

/* The open object, or NULL: nobody asked for it. */
struct json *run_report_json(struct run_report *r);

/* Members "status" and "status_name" of the object that is open in j. */
void json_status(struct json *j, int status);

/* The last members. Returns status, or what is worse: the file could not be written, which it
 * tells. */
int run_report_close(struct run_report *r, int status);

#endif
