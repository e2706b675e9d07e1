#include "extract_report.h"

#include "img2nfs/loss.h"
#include "img2nfs/name.h"

#include "extract_next.h"
#include "human.h"
#include "msg.h"
#include "requests.h"
#include "run_report.h"
#include "status.h"

#include <inttypes.h>
#include <string.h>

/* What the next run does with contents of an image that did not prove to be sound. */
#define HINT_UNPROVEN ";\nwith another IMAGE, contents are compared then"

static void tell_incomplete(const struct extract_result *res)
{
	const struct i2n_progress *at = &res->at;
	const bool is_all = !at->is_partial && at->done.objects == at->total.objects;
	struct i2n_err err = { 0 };

	if (res->unproven && is_all)
		i2n_err_set(&err, I2N_DOM_NONE, 0,
			    "the tree at the destination is incomplete: all %" PRIu64
			    " objects are stored, but their contents may be wrong",
			    at->done.objects);
	else if (at->is_partial)
		i2n_err_set(&err, I2N_DOM_NONE, 0,
			    "the tree at the destination is incomplete: %" PRIu64
			    " objects are stored, of an image that was not read to its end",
			    at->done.objects);
	else
		i2n_err_set(&err, I2N_DOM_NONE, 0,
			    "the tree at the destination is incomplete: %" PRIu64 " of %" PRIu64
			    " objects are stored",
			    at->done.objects, at->total.objects);
	i2n_err_hint(&err, "%sto go on, run the same command again with --update%s",
		     is_all ? "" : "files that were being written may be cut short\n",
		     res->unproven ? HINT_UNPROVEN : "");
	msg_error(&err);
}

/* What could be allowed, as words for --allow-loss. */
static const char *losses(const struct report *report, char *buf, size_t cap)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < I2N_LOSS_CLASSES; i++)
		if ((report->lost & ~report->allow) >> i & 1 && n < cap)
			n += (size_t)snprintf(buf + n, cap - n, "%s%s", n ? "," : "",
					      i2n_loss_word(i));
	return buf;
}

static void tell_not_swapped(const struct extract_result *res, const struct report *report)
{
	char name[600], words[200];
	struct i2n_err err = { 0 };

	i2n_quote(name, sizeof(name), res->swap->name, strlen(res->swap->name));
	if (res->err)
		i2n_err_set(&err, I2N_DOM_NONE, 0, "nothing was swapped: the run did not complete");
	else
		i2n_err_set(&err, I2N_DOM_NONE, 0,
			    "%s stays as it was, because the new tree is not all that it should "
			    "be (status %d); that is kept beside it, as .new", name, res->status);
	if (!res->err && res->status == STATUS_LOSS)
		i2n_err_hint(&err, "if that may be lost, run the same command again with "
			     "--allow-loss=%s; what is there already is not sent again",
			     losses(report, words, sizeof(words)));
	else
		i2n_err_hint(&err, "to go on, run the same command again; what is there already is "
			     "not sent again%s", res->unproven ? HINT_UNPROVEN : "");
	msg_error(&err);
}

static void tell_end(const struct extract_result *res, const struct report *report)
{
	if (res->boot->begun)
		return;		/* boot_tell() says it */
	if (res->swap && res->swap->name && !res->swap->swapped)
		tell_not_swapped(res, report);
	else if (res->swap && res->swap->name)
		msg_line("the new tree is in its place; removing what was there before is not "
			 "complete, which the next run with --atomic does");
	else if (res->proof)
		msg_line("the tree is stored, but what was to follow is incomplete");
	else if (res->ran && res->dest->kind == DEST_TAR)
		msg_line("%s", res->dest->path ? "no archive was left"
					       : "the archive is incomplete");
	else if (res->ran)
		tell_incomplete(res);
}

void extract_tell(const struct extract_result *res, const struct report *report)
{
	const uint64_t failed = res->at.failed + res->boot->at.failed;

	if (res->err) {
		msg_end(res->err);
		tell_end(res, report);
	} else if (report->counts[I2N_NOTE_FAILED]) {
		msg_line("%" PRIu64 " object%s could not be stored", failed, human_s(failed));
	}
	if (!res->err && res->swap && !res->swap->swapped)
		tell_not_swapped(res, report);
	if (res->ran)
		boot_tell(res->boot);
}

static void print_count(const char *name, uint64_t n)
{
	if (n)
		/* main() finds failed writes, here and below */
		(void)printf("  %-12s %8" PRIu64 "\n", name, n);
}

static void print_totals(const struct i2n_totals *t)
{
	char bytes[HUMAN_MAX];

	if (t->files)
		(void)printf("  %-12s %8" PRIu64 "  %s\n", "files", t->files,
			     human_bytes(bytes, t->bytes));
	print_count("directories", t->dirs);
	print_count("symlinks", t->symlinks);
	print_count("devices", t->devices);
	print_count("fifos", t->fifos);
	print_count("sockets", t->sockets);
	print_count("hard links", t->links);
}

static void print_requests(const struct i2n_sink_stats *s)
{
	requests_print(s);
	(void)printf("  at most %" PRIu64 " and %" PRIu64 " bytes in flight, %" PRIu64
		     " sent again, %" PRIu64 " corrections\n",
		     s->max_in_flight, s->max_bytes_in_flight, s->resent, s->corrected);
}

static void print_update(const struct extract_result *res)
{
	const struct i2n_progress *at = &res->at;

	(void)puts("Of them:");
	print_count("equal", at->equal);
	print_count("new", at->done.objects - at->equal - at->mended - at->replaced);
	print_count("replaced", at->replaced);
	print_count("attributes", at->mended);
	if (res->update.deleted)
		(void)printf("Deleted: %" PRIu64 " object%s that the image does not have.\n",
			     res->update.deleted, human_s(res->update.deleted));
	else if (res->update.extra)
		(void)printf("Left alone: %" PRIu64 " object%s that the image does not have.\n",
			     res->update.extra, human_s(res->update.extra));
}

static void print_swap(const struct i2n_swap *swap)
{
	char name[600];

	(void)printf("In its place: %s is the new tree%s", i2n_quote(name, sizeof(name), swap->name,
								    strlen(swap->name)),
		     swap->has_old ? ", the one before it is beside it as .old" : "");
	if (swap->removed)
		(void)printf("; %" PRIu64 " object%s of older ones removed", swap->removed,
			     human_s(swap->removed));
	(void)puts(".");
}

void extract_print(const struct extract_result *res, const struct report *report)
{
	const struct i2n_progress *at = &res->at;
	char bytes[HUMAN_MAX], rate[HUMAN_MAX];

	(void)printf("%" PRIu64 " object%s, %s of data in %" PRIu64 ".%u s (%s/s), %" PRIu64
		     " request%s\n",
		     at->done.objects, human_s(at->done.objects), human_bytes(bytes, at->written),
		     res->ms / 1000, (unsigned)(res->ms % 1000 / 100),
		     human_bytes(rate, at->written * 1000 / (res->ms + 1)), at->requests,
		     human_s(at->requests));
	print_totals(&at->done);
	if (res->update.ran)
		print_update(res);
	if (at->failed)
		print_count("not stored", at->failed);
	if (report->verbose && at->requests)
		print_requests(&res->stats);
	if (res->stats.reconnects)
		(void)printf("The connection was lost and made again %" PRIu64 " time%s.\n",
			     res->stats.reconnects, human_s(res->stats.reconnects));
	netboot_print(res->netboot);
	boot_print(res->boot, report);
	report_print(report, stdout);
	if (res->proof && res->proof->ran) {
		(void)fputs("Read back and compared: ", stdout);
		verify_print(res->proof, report);
	}
	if (res->swap && res->swap->swapped)
		print_swap(res->swap);
	if (res->next)
		next_print(res->next);
}

static void json_totals(struct json *j, const char *key, const struct i2n_totals *t)
{
	json_object(j, key);
	json_u64(j, "files", t->files);
	json_u64(j, "directories", t->dirs);
	json_u64(j, "symlinks", t->symlinks);
	json_u64(j, "devices", t->devices);
	json_u64(j, "fifos", t->fifos);
	json_u64(j, "sockets", t->sockets);
	json_u64(j, "links", t->links);
	json_u64(j, "total", t->objects);
	json_u64(j, "file_bytes", t->bytes);
	json_end(j);
}

static void json_requests(struct json *j, const struct extract_result *res)
{
	requests_json(j, &res->stats, res->at.requests);
	json_u64(j, "resent", res->stats.resent);
	json_u64(j, "jukebox", res->stats.jukebox);
	json_u64(j, "corrected", res->stats.corrected);
	json_u64(j, "reconnects", res->stats.reconnects);
	json_u64(j, "max_in_flight", res->stats.max_in_flight);
	json_u64(j, "max_bytes_in_flight", res->stats.max_bytes_in_flight);
}

/* null without --atomic */
static void json_swap(struct json *j, const struct i2n_swap *swap)
{
	if (!swap) {
		json_null(j, "atomic");
		return;
	}
	json_object(j, "atomic");
	json_bool(j, "swapped", swap->swapped);
	json_bool(j, "old_kept", swap->has_old);
	json_u64(j, "removed", swap->removed);
	json_end(j);
}

/* null for a run onto an empty destination */
static void json_update(struct json *j, const struct extract_result *res)
{
	const struct i2n_progress *at = &res->at;

	if (!res->update.ran) {
		json_null(j, "update");
		return;
	}
	json_object(j, "update");
	json_u64(j, "equal", at->equal);
	json_u64(j, "attributes", at->mended);
	json_u64(j, "replaced", at->replaced);
	json_u64(j, "extra", res->update.extra);
	json_u64(j, "deleted", res->update.deleted);
	json_u64(j, "bytes_compared", res->update.bytes_read);
	json_u64(j, "hole_bytes", res->update.hole_bytes);
	json_end(j);
}

void extract_json(const struct extract_result *res, const struct report *report, struct json *j)
{
	json_status(j, res->status);
	json_error(j, res->err);
	json_bytes(j, "image", res->image, strlen(res->image));
	json_bytes(j, "destination", res->destination, strlen(res->destination));
	if (res->part_no)
		json_u64(j, "partition", res->part_no);
	else
		json_null(j, "partition");
	json_ms(j, "seconds", res->ms);
	phases_json(res->phases, j);
	json_totals(j, "planned", &res->at.total);
	json_totals(j, "stored", &res->at.done);
	json_update(j, res);
	json_swap(j, res->swap);
	netboot_json(res->netboot, j);
	boot_json(res->boot, j);
	json_u64(j, "not_stored", res->at.failed + res->at.left);
	json_u64(j, "bytes_written", res->at.written);
	json_requests(j, res);
	report_json(report, j);
	if (res->proof && res->proof->ran) {
		json_object(j, "verify");
		verify_json(res->proof, report, j);
		json_end(j);
	}
	next_json(j, res->next);
}
