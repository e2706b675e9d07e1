/* cmd_lint_cmdline.c - `img2nfs lint-cmdline FILE`: why a board would not come up with it. */
#include "img2nfs/cmdline.h"
#include "img2nfs/cmdline_lint.h"
#include "img2nfs/name.h"

#include "cmd.h"
#include "confine.h"
#include "json.h"
#include "msg.h"
#include "status.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct lint_opts {
	bool json, quiet, no_sandbox;
};

static const struct opt rows[] = {
	{ .name = "quiet", .type = OPT_FLAG, .off = offsetof(struct lint_opts, quiet),
	  .help = "errors only" },
	{ .name = "json", .type = OPT_FLAG, .off = offsetof(struct lint_opts, json),
	  .help = "the findings as one JSON object" },
	CONFINE_ROW(struct lint_opts, no_sandbox),
	{ 0 },
};

struct run {
	const struct lint_opts *o;
	const char *path;
	char *text;
	size_t len;
	unsigned counts[I2N_LINT_ERROR + 1];
	struct json json;
};

static int fail_file(const char *path, int code, const char *why, struct i2n_err *err)
{
	char q[256];

	return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, code, "cannot read %s: %s",
			i2n_quote(q, sizeof(q), path, strlen(path)), why);
}

static int read_all(struct run *r, FILE *f, struct i2n_err *err)
{
	r->text = malloc(I2N_CMDLINE_MAX + 1);
	if (!r->text)
		return i2n_err_nomem(err);
	errno = 0;
	r->len = fread(r->text, 1, I2N_CMDLINE_MAX + 1, f);
	if (ferror(f))
		return fail_file(r->path, errno, strerror(errno), err);
	if (r->len > I2N_CMDLINE_MAX)
		return fail_file(r->path, EFBIG, "more than 64 KiB, no command line", err);
	return I2N_OK;
}

static int read_file(struct run *r, struct i2n_err *err)
{
	FILE *f = strcmp(r->path, "-") ? fopen(r->path, "rb") : stdin;
	int rc;

	if (!f)
		return fail_file(r->path, errno, strerror(errno), err);
	rc = read_all(r, f, err);
	if (f != stdin)
		(void)fclose(f);	/* only read */
	return rc;
}

/* main() finds failed writes, here and below. */
static void print_finding(const struct i2n_lint_finding *f)
{
	char q[512];

	(void)printf("%-8s", i2n_lint_word(f->severity));
	if (f->line)
		(void)printf("line %u%s", f->line, f->word ? ", " : ": ");
	if (f->word)
		(void)printf("word %u: ", f->word);
	if (f->part)
		(void)printf("%s: ", i2n_quote(q, sizeof(q), f->part, f->part_len));
	(void)printf("%s\n", f->what);
	if (*f->remedy)
		(void)printf("        -> %s\n", f->remedy);
}

static void json_finding(struct json *j, const struct i2n_lint_finding *f)
{
	json_object(j, NULL);
	json_str(j, "severity", i2n_lint_word(f->severity));
	json_u64(j, "line", f->line);
	json_u64(j, "word", f->word);
	if (f->part)
		json_bytes(j, "part", f->part, f->part_len);
	json_str(j, "what", f->what);
	json_str(j, "remedy", f->remedy);
	json_end(j);
}

static void on_finding(void *ctx, const struct i2n_lint_finding *f)
{
	struct run *r = ctx;

	r->counts[f->severity]++;
	if (r->o->quiet && f->severity != I2N_LINT_ERROR)
		return;
	if (r->o->json)
		json_finding(&r->json, f);
	else
		print_finding(f);
}

static int lint(struct run *r, const struct i2n_err *err)
{
	struct json *j = &r->json;
	int status;

	if (r->o->json) {
		json_init(j, true);
		json_into(j, stdout);
		json_object(j, NULL);
		json_array(j, "findings");
	}
	if (!err)
		i2n_cmdline_lint(r->text, r->len, on_finding, r);
	status = err ? status_of(err) : r->counts[I2N_LINT_ERROR] ? STATUS_DIFFERS : STATUS_OK;
	if (r->o->json) {
		json_end(j);
		json_u64(j, "errors", r->counts[I2N_LINT_ERROR]);
		json_u64(j, "warnings", r->counts[I2N_LINT_WARNING]);
		json_u64(j, "status", (uint64_t)status);
		json_error(j, err);
		json_end(j);
	} else if (!err && !r->o->quiet) {
		(void)printf("%s over NFS: %u error%s, %u warning%s\n",
			     r->counts[I2N_LINT_ERROR] ? "A board does not boot" :
							 "Nothing keeps a board from booting",
			     r->counts[I2N_LINT_ERROR], r->counts[I2N_LINT_ERROR] == 1 ? "" : "s",
			     r->counts[I2N_LINT_WARNING],
			     r->counts[I2N_LINT_WARNING] == 1 ? "" : "s");
	}
	return status;
}

static int exec_lint_cmdline(const void *values, unsigned n_args, char **args)
{
	struct run r = { .o = values, .path = args[0] };
	struct confine nothing = { 0 };
	struct i2n_err err = { 0 };
	int rc, status;

	(void)n_args;
	rc = read_file(&r, &err);
	if (!rc)
		rc = confine_enter(&nothing, r.o->no_sandbox, NULL, &err);
	if (rc)
		msg_error(&err);
	status = lint(&r, rc ? &err : NULL);
	free(r.text);
	return status;
}

const struct i2n_cmd cmd_lint_cmdline = {
	.name = "lint-cmdline",
	.args = "FILE",
	.line = "say why a board with this cmdline.txt would not boot over NFS",
	.min_args = 1,
	.max_args = 1,
	.opts = rows,
	.opts_size = sizeof(struct lint_opts),
	.exec = exec_lint_cmdline,
};
