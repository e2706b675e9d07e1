#include "run_report.h"

#include "img2nfs/name.h"
#include "img2nfs/packed.h"

#include "msg.h"
#include "os.h"
#include "signals.h"
#include "status.h"
#include "version.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static int check_file(const struct run_report_opts *o, struct i2n_err *err)
{
	char q[300];

	if (!strcmp(o->file, "-")) {
		i2n_err_set(err, I2N_DOM_USAGE, 0,
			    "option '--report': it takes the name of a file");
		i2n_err_hint(err, "on standard output --json writes the same");
		return I2N_FATAL;
	}
	if (o->image && i2n_image_is(o->image, o->file))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "option '--report': %s is %s",
				i2n_quote(q, sizeof(q), o->file, strlen(o->file)),
				"what is to be read");
	return I2N_OK;
}

/* A ctrl-C is an end like others, from here on. */
static int open_file(struct run_report *r, const struct run_report_opts *o, struct i2n_err *err)
{
	if (check_file(o, err) || out_file_open(&r->file, o->file, err))
		return I2N_FATAL;
	confine_out(o->confine, &r->file);
	signals_catch();
	return I2N_OK;
}

static void put_started(struct json *j)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32] = "";

	if (gmtime_r(&now, &tm))	/* the array is larger than that */
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_str(j, "started", text);
}

int run_report_open(struct run_report *r, const struct run_report_opts *o, struct i2n_err *err)
{
	int rc;

	*r = (struct run_report){ 0 };
	rc = o->file ? open_file(r, o, err) : I2N_OK;
	json_init(&r->json, true);
	if (o->json)
		json_into(&r->json, stdout);
	if (r->file.f)
		json_into(&r->json, r->file.f);
	if (!run_report_json(r))
		return rc;
	r->peak = os_open_peak();
	json_object(&r->json, NULL);
	json_str(&r->json, "command", o->command);
	put_started(&r->json);
	version_json(&r->json);
	return rc;
}

struct json *run_report_json(struct run_report *r)
{
	return r->json.n_files ? &r->json : NULL;
}

void json_status(struct json *j, int status)
{
	json_u64(j, "status", (uint64_t)status);
	json_str(j, "status_name", status_name(status));
}

int run_report_close(struct run_report *r, int status)
{
	struct i2n_err err = { 0 };
	int rc;

	if (!run_report_json(r))
		return status;
	json_u64(&r->json, "peak_memory", os_peak_memory(r->peak));
	if (r->peak >= 0)
		(void)close(r->peak);	/* only read */
	json_end(&r->json);
	rc = out_file_close(&r->file, true, &err);
	if (rc == I2N_OK)
		return status;
	msg_error(&err);
	return status_worse(status, status_of(&err));
}
