#include "verify_report.h"

#include "img2nfs/name.h"

#include "text.h"

#include "human.h"
#include "msg.h"
#include "requests.h"

#include <inttypes.h>
#include <stdlib.h>

/* The whole path, however long. */
static void put_path(const char *path, size_t len)
{
	size_t cap = 4 * len + 3;
	char *buf = malloc(cap);

	/* main() finds failed writes, here and below */
	(void)fputs(buf ? i2n_quote(buf, cap, path, len) : "?", stdout);
	free(buf);
}

static void tell(const struct verify_told *told, const struct i2n_note *note)
{
	report_note(told->report, note);
	if (note->kind != I2N_NOTE_DIFFERS || told->silent)
		return;
	msg_passing("");
	(void)printf("%-8s ", note->cls);
	put_path(note->path, note->path_len);
	(void)printf(": %s\n", note->text);
}

void verify_note(void *ctx, const struct i2n_note *note)
{
	const struct verify_told *told = ctx;
	struct i2n_note with = *note;
	struct text path = { 0 };

	if (note->path && told->prefix) {
		text_add(&path, told->prefix);
		text_put(&path, note->path, note->path_len);
	}
	if (path.len && !path.failed) {	/* else the prefix is what is missing */
		with.path = path.p;
		with.path_len = path.len;
	}
	tell(told, &with);
	text_release(&path);
}

static void print_limits(const struct i2n_verify_result *r)
{
	char bytes[HUMAN_MAX];

	if (r->symlink_times)
		(void)printf("  symlink-times  %8" PRIu64 " object%s: the server keeps no times of "
			     "symlinks\n", r->symlink_times, human_s(r->symlink_times));
	if (r->time_range)
		(void)printf("  time-range     %8" PRIu64 " object%s: NFSv3 has no time before "
			     "1970 and after 2106\n", r->time_range, human_s(r->time_range));
	if (r->left_out)
		(void)printf("  encrypted      %8" PRIu64 " object%s: content needs a key\n",
			     r->left_out, human_s(r->left_out));
	if (r->allowed)
		(void)printf("  attr           %8" PRIu64 " attribute%s (allowed)\n", r->allowed,
			     human_s(r->allowed));
	if (r->no_digest)
		(void)printf("  no digest      %8" PRIu64 " file%s: the manifest says nothing of "
			     "their content\n", r->no_digest, human_s(r->no_digest));
	if (r->hole_bytes)
		(void)printf("  holes          %s taken for holes at the server as well\n",
			     human_bytes(bytes, r->hole_bytes));
}

static bool has_limits(const struct i2n_verify_result *r)
{
	return r->symlink_times || r->time_range || r->left_out || r->allowed || r->no_digest ||
	       r->hole_bytes;
}

void verify_print(const struct verify_summary *s, const struct report *report)
{
	const struct i2n_verify_result *r = &s->result;
	char bytes[HUMAN_MAX];

	(void)printf("%" PRIu64 " difference%s; compared %" PRIu64 " object%s and %s of content "
		     "in %" PRIu64 ".%u s",
		     r->differences, human_s(r->differences), r->at.done.objects,
		     human_s(r->at.done.objects), human_bytes(bytes, r->bytes), s->ms / 1000,
		     (unsigned)(s->ms % 1000 / 100));
	if (r->at.requests)
		(void)printf(", %" PRIu64 " request%s", r->at.requests, human_s(r->at.requests));
	(void)putchar('\n');
	for (unsigned d = 0; d < I2N_DIFFS; d++)
		if (r->differs[d])
			(void)printf("  %-12s %8" PRIu64 "\n", i2n_diff_word((enum i2n_diff)d),
				     r->differs[d]);
	if (r->unread)
		(void)printf("  %-12s %8" PRIu64 "\n", "not read", r->unread);
	if (has_limits(r)) {
		(void)puts("Not compared, or not counted as different:");
		print_limits(r);
	}
	if (report->verbose)
		requests_print(&s->stats);
}

static void json_limits(const struct i2n_verify_result *r, struct json *j)
{
	json_object(j, "tolerated");
	json_u64(j, "symlink_times", r->symlink_times);
	json_u64(j, "time_range", r->time_range);
	json_u64(j, "encrypted", r->left_out);
	json_u64(j, "attr", r->allowed);
	json_u64(j, "no_digest", r->no_digest);
	json_u64(j, "hole_bytes", r->hole_bytes);
	json_end(j);
}

void verify_json(const struct verify_summary *s, const struct report *report, struct json *j)
{
	const struct i2n_verify_result *r = &s->result;

	json_u64(j, "compared", r->at.done.objects);
	json_u64(j, "bytes_compared", r->bytes);
	json_u64(j, "not_read", r->unread);
	json_object(j, "differences");
	json_u64(j, "count", r->differences);
	for (unsigned d = 0; d < I2N_DIFFS; d++)
		json_u64(j, i2n_diff_word((enum i2n_diff)d), r->differs[d]);
	report_json_differences(report, j);
	json_end(j);
	json_limits(r, j);
	json_ms(j, "seconds", s->ms);
	requests_json(j, &s->stats, r->at.requests);
	json_u64(j, "reconnects", s->stats.reconnects);
}
