#include "img2nfs/check.h"
#include "img2nfs/loss.h"
#include "img2nfs/plan.h"

#include "cmd.h"
#include "image.h"
#include "msg.h"
#include "report.h"
#include "server.h"
#include "signals.h"
#include "status.h"

#include <inttypes.h>
#include <string.h>

struct check_opts {
	struct image_opts image;
	struct server_opts server;
	bool json;
};

struct run {
	const struct check_opts *o;
	const char *destination, *path;	/* path: of the image, NULL = none */
	struct report report;
	struct i2n_notes notes;
	struct i2n_nfs_url url;
	struct i2n_nfs_opts nfs;
	struct image image;
	struct confine confine;
	struct i2n_tree *tree;
	struct i2n_check check;
	bool asked;
	const struct i2n_err *err;	/* what ended the run, or NULL */
	int status;
};

static int parse_values(struct run *r, struct i2n_err *err)
{
	return server_parse(&r->o->server, r->destination, &r->notes, &r->url, &r->nfs,
			    &r->report.allow, err);
}

/* What the image needs, and what of it NFSv3 cannot carry at all. */
static int read_image(struct run *r, struct i2n_err *err)
{
	struct image_opts opts = r->o->image;
	struct i2n_plan *plan = NULL;
	int rc;

	r->check.needs = (struct i2n_needs)I2N_NEEDS_ALL;
	confine_server(&r->confine, &r->url);
	if (!r->path)	/* what the server says is all there is to read */
		return confine_enter(&r->confine, opts.packed.no_sandbox, &r->notes, err);
	opts.packed.confine = &r->confine;
	if (image_open(&opts, r->path, IMAGE_PART, NULL, &r->notes, &r->image, err) ||
	    image_tree(&r->image, &r->tree, err))
		return I2N_FATAL;
	i2n_needs_of(r->tree, i2n_fs_reader(r->image.fs), &r->check.needs);
	rc = i2n_plan_make(r->tree, i2n_fs_reader(r->image.fs), I2N_CAP_SOCKETS,
			   &r->notes, &plan, err);
	i2n_plan_free(plan);
	return rc == I2N_OK ? image_finish(&r->image, err) : rc;
}

static int ask(struct run *r, struct i2n_err *err)
{
	signals_catch();
	if (i2n_check_nfs3(&r->url, &r->nfs, &r->notes, signals_stop(), &r->check, err))
		return I2N_FATAL;
	r->asked = true;
	return I2N_OK;
}

static int finding_status(const struct run *r, const struct i2n_finding *f)
{
	if (f->state == I2N_CHECK_FAIL)
		return STATUS_SERVER;
	if (f->state == I2N_CHECK_LOSS && (f->loss & ~r->report.allow))
		return STATUS_LOSS;
	return STATUS_OK;
}

static int status_of_run(const struct run *r)
{
	int status = r->err ? status_of(r->err) : STATUS_OK;

	status = status_worse(status, report_status(&r->report));
	for (unsigned i = 0; i < I2N_CHECKS; i++)
		status = status_worse(status, finding_status(r, &r->check.findings[i]));
	return status;
}

static const char *state_word(enum i2n_check_state state)
{
	static const char *const words[] = {
		[I2N_CHECK_UNKNOWN] = "unknown",
		[I2N_CHECK_OK] = "ok",
		[I2N_CHECK_LOSS] = "loss",
		[I2N_CHECK_FAIL] = "fail",
	};

	return words[state];
}

static void print_remedies(const struct i2n_check *check, const struct i2n_finding *f)
{
	char text[500];
	const char *where;

	/* main() finds failed writes, here and below */
	if (f->remedy)
		(void)printf("           %s\n", i2n_remedy_missing(f->remedy));
	for (unsigned i = 0; i2n_remedy_line(f->remedy, i, check->path, check->client, &where, text,
					     sizeof(text)); i++)
		(void)printf("           %s: %s\n", where, text);
}

static void print_findings(const struct run *r)
{
	unsigned fails = 0, losses = 0, told = 0;	/* told: remedies, each once */

	for (unsigned i = 0; i < I2N_CHECKS; i++) {
		const struct i2n_finding *f = &r->check.findings[i];
		const char *text = f->text[0] ? f->text : "not found out";

		(void)printf("%-8s %-14s %s\n", state_word(f->state),
			     i2n_check_word((enum i2n_check_id)i), text);
		if (f->state >= I2N_CHECK_LOSS && !(told & 1u << f->remedy))
			print_remedies(&r->check, f);
		told |= 1u << f->remedy;
		fails += f->state == I2N_CHECK_FAIL;
		losses += f->state == I2N_CHECK_LOSS;
	}
	(void)printf("%s", fails ? "The destination is not fit" :
		     losses ? "The destination loses something" : "The destination is fit");
	(void)printf("; %" PRIu64 " requests.\n", r->check.requests);
	report_print(&r->report, stdout);
}

static void json_finding(struct json *j, const struct run *r, enum i2n_check_id id)
{
	const struct i2n_finding *f = &r->check.findings[id];
	char text[500];
	const char *where;

	json_object(j, NULL);
	json_str(j, "id", i2n_check_word(id));
	json_str(j, "title", i2n_check_title(id));
	json_str(j, "state", state_word(f->state));
	json_str(j, "text", f->text);
	for (unsigned i = 0; i < I2N_LOSS_CLASSES; i++)
		if (f->state == I2N_CHECK_LOSS && f->loss & UINT32_C(1) << i)
			json_str(j, "loss", i2n_loss_word(i));
	if (f->remedy)
		json_str(j, "missing", i2n_remedy_missing(f->remedy));
	json_array(j, "remedies");
	for (unsigned i = 0; f->state >= I2N_CHECK_LOSS &&
	     i2n_remedy_line(f->remedy, i, r->check.path, r->check.client, &where, text,
			     sizeof(text)); i++) {
		json_object(j, NULL);
		json_str(j, "where", where);
		json_str(j, "what", text);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void print_json(const struct run *r)
{
	struct json j;

	json_init(&j, true);
	json_into(&j, stdout);
	json_object(&j, NULL);
	json_u64(&j, "status", (uint64_t)r->status);
	json_error(&j, r->err);
	json_bytes(&j, "destination", r->destination, strlen(r->destination));
	json_u64(&j, "requests", r->check.requests);
	json_array(&j, "findings");
	for (unsigned i = 0; i < I2N_CHECKS; i++)
		json_finding(&j, r, (enum i2n_check_id)i);
	json_end(&j);
	report_json(&r->report, &j);
	json_end(&j);
}

static void release(struct run *r)
{
	i2n_tree_free(r->tree);
	confine_release(&r->confine);
	image_release(&r->image);
	i2n_nfs_url_release(&r->url);
	report_release(&r->report);
}

static int exec_check(const void *values, unsigned n_args, char **args)
{
	struct run r = { .o = values };
	struct i2n_err err = { 0 };

	r.notes = (struct i2n_notes){ .fn = report_note, .ctx = &r.report };
	r.destination = args[0];
	r.path = n_args > 1 ? args[1] : NULL;
	if (parse_values(&r, &err) || read_image(&r, &err) || ask(&r, &err)) {
		r.err = &err;
		msg_end(&err);
	}
	r.status = status_of_run(&r);
	if (r.o->json)
		print_json(&r);
	else if (r.asked)
		print_findings(&r);
	release(&r);
	return r.status;
}

static const struct opt rows[] = {
	IMAGE_ROWS(struct check_opts, image),
	SERVER_ROWS(struct check_opts, server, "",
		    "what may be lost without the exit status becoming 1", "30"),
	{ .name = "json",
	  .type = OPT_FLAG,
	  .off = offsetof(struct check_opts, json),
	  .help = "the findings as one JSON object" },
	{ 0 },
};

const struct i2n_cmd cmd_check = {
	.name = "check",
	.args = "URL [IMAGE]",
	.line = "try out what the server at URL keeps and if IMAGE fits there",
	.min_args = 1,
	.max_args = 2,
	.opts = rows,
	.opts_size = sizeof(struct check_opts),
	.exec = exec_check,
};
