#include "img2nfs/name.h"

#include "extract_next.h"
#include "image_json.h"
#include "msg.h"
#include "signals.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

/* Several destinations: one image, and for each a run of its own. */
struct boards {
	const struct extract_opts *o;
	const struct many *many;
	struct run lead;		/* reads the image */
	struct run *runs;
	unsigned n;
	bool together;
	struct i2n_share *share;
	struct many_progress progress;
	struct json *json;		/* or NULL */
	uint64_t bytes_read;		/* of file data, to store it */
	bool finished;			/* the image has proved to be good */
};

/* What is each one's own: "{}" in values, and the name where there is none. */
static int board_options(struct run *r, struct i2n_err *err)
{
	struct netboot_opts *netboot = &r->own.netboot;
	struct boot_opts *boot = &r->own.boot;
	const struct {
		const char *name, **value;
	} rows[RUN_VALUES] = {
		{ "hostname", &netboot->hostname },
		{ "nfsroot", &netboot->nfsroot },
		{ "manifest", &r->own.manifest },
		{ "serial", &boot->serial },
		{ "mac", &boot->mac },
		{ "boot", &boot->dest },
	};

	r->own = *r->o;
	r->o = &r->own;
	if (r->own.squashed == SQUASHED_SCRIPT)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--squashed=script' is for one destination");
	for (size_t i = 0; i < RUN_VALUES; i++) {
		/* each below a directory of its own */
		if (rows[i].value == &boot->dest && (boot->serial || boot->mac))
			break;
		if (many_value(rows[i].name, *rows[i].value, r->name, &r->values[i], err))
			return I2N_FATAL;
		*rows[i].value = r->values[i];
	}
	if (!netboot->profile)
		return I2N_OK;
	netboot->new_identity = true;
	if (!netboot->hostname)
		netboot->hostname = r->name;
	return I2N_OK;
}

static int boards_parse(struct boards *b, struct i2n_err *err)
{
	for (unsigned i = 0; i < b->n; i++) {
		struct run *r = &b->runs[i];

		run_init(r, b->o, b->lead.result.image, b->many->urls[i]);
		r->name = b->many->names[i];
		r->i = i;
		msg_about(r->name);
		if (board_options(r, err) || run_parse(r, err)) {
			i2n_err_wrap(err, "%s", r->name);
			return I2N_FATAL;
		}
	}
	msg_about(NULL);
	return I2N_OK;
}

/* Its own tree, which the edits may change as they like. */
static int board_edit(struct boards *b, struct run *r, struct i2n_err *err)
{
	r->image = &b->lead.own_image;
	r->share = b->share;
	r->reader = b->share ? i2n_share_reader(b->share, r->i) : b->lead.reader;
	r->tree = i2n_tree_copy(b->lead.tree);
	if (!r->tree)
		return i2n_err_nomem(err);
	if (netboot_is_on(&r->o->netboot) && r->o->update.dry_run && !b->o->json)
		(void)printf("%s:\n", r->name);	/* main() finds failed writes */
	if (run_edit(r, err))
		return I2N_FATAL;
	return run_edit_tree(r, r->tree, &r->notes, err);
}

static int boards_read(struct boards *b, struct i2n_err *err)
{
	struct run *lead = &b->lead;

	for (unsigned i = 0; i < b->n; i++)
		if (run_confine(&b->runs[i], &lead->confine, err))
			return I2N_FATAL;
	if (run_open_image(lead, lead->image, err))
		return I2N_FATAL;
	phases_enter(&lead->phases, PHASE_TREE);
	if (image_tree(lead->image, &lead->tree, err))
		return I2N_FATAL;
	lead->reader = i2n_fs_reader(lead->image->fs);
	if (b->together && i2n_share_new(lead->reader, b->n, signals_stop(), &b->share, err))
		return I2N_FATAL;
	for (unsigned i = 0; i < b->n; i++) {
		msg_about(b->runs[i].name);
		if (board_edit(b, &b->runs[i], err))
			return I2N_FATAL;
	}
	msg_about(NULL);
	if (b->share)
		i2n_share_begin(b->share);
	return I2N_OK;
}

/* In a thread of its own, so that one that fails or waits does not disturb the others. */
static void board_store(void *run)
{
	struct run *r = run;

	msg_about(r->name);
	r->rc = run_open_sink(r, &r->err);
	if (!r->rc)
		r->rc = run_store(r, &r->err);
	if (!r->rc)
		r->rc = run_unlock(r, &r->err);
	phases_enter(&r->phases, PHASE_NONE);
	run_end_locked(r);
	i2n_share_leave(r->share, r->i);
	msg_about(NULL);
}

static int boards_together(struct boards *b, struct i2n_err *err)
{
	struct many_progress *p = &b->progress;

	signals_catch();
	phases_enter(&b->lead.phases, PHASE_STORE);
	p->n = b->n;
	progress_begin(&p->shown, &b->lead.progress_opts);
	p->shown.image = b->lead.image->file;
	for (unsigned i = 0; i < b->n; i++) {
		p->parts[i].all = p;
		b->runs[i].part = &p->parts[i];
	}
	many_together(board_store, b->runs, sizeof(b->runs[0]), b->n);
	progress_end(&p->shown);
	b->bytes_read = i2n_share_stats(b->share).bytes_read;
	if (run_finish_image(&b->lead, err))
		return I2N_FATAL;
	phases_enter(&b->lead.phases, PHASE_NONE);
	for (unsigned i = 0; i < b->n; i++) {
		struct run *r = &b->runs[i];

		msg_about(r->name);
		if (!r->rc)
			r->rc = run_proved(r, &r->err);
		if (!r->rc)
			r->rc = run_prove(r, &r->err);
		if (!r->rc)
			r->rc = run_store_boot(r, &r->err);
	}
	msg_about(NULL);
	return I2N_OK;
}

/* As run_all(), but the image is finished once. */
static int board_all(struct boards *b, struct run *r, struct i2n_err *err)
{
	bool only_edits = r->o->update.dry_run && !r->o->update.update;

	if (!only_edits && (run_open_sink(r, err) || run_store(r, err)))
		return I2N_FATAL;
	if (!b->finished && run_finish_image(r, err))
		return I2N_FATAL;
	b->finished = true;
	if (only_edits)
		return I2N_OK;
	if (run_proved(r, err) || run_unlock(r, err) || run_prove(r, err) || run_swap(r, err))
		return I2N_FATAL;
	return run_store_boot(r, err);
}

/* What the run of a board came to. */
static void board_tell(struct boards *b, struct run *r)
{
	char name[300];

	msg_about(r->name);
	run_end(r);
	msg_about(NULL);
	if (!b->o->json && !b->o->progress.quiet && r->result.ran)
		/* main() finds failed writes */
		(void)printf("%s: ", i2n_escape(name, sizeof(name), r->name, strlen(r->name)));
	run_print(r);
	if (r->json)
		json_end(r->json);
}

static void board_json(struct boards *b, struct run *r)
{
	r->json = b->json;
	if (r->json)
		json_object(r->json, NULL);
}

/* Where verdicts differ, each reads what it needs, and one ends before the next begins. */
static void boards_in_turn(struct boards *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		struct run *r = &b->runs[i];

		msg_about(r->name);
		r->start_ms = progress_now_ms();
		board_json(b, r);
		r->rc = board_all(b, r, &r->err);
		run_end_locked(r);
		board_tell(b, r);
	}
}

static void boards_tell(struct boards *b)
{
	for (unsigned i = 0; i < b->n; i++) {
		struct run *r = &b->runs[i];

		board_json(b, r);
		board_tell(b, r);
	}
}

static int boards_status(struct boards *b)
{
	int status = status_worse(report_status(&b->lead.report),
				  b->lead.rc ? status_of(&b->lead.err) : STATUS_OK);
	unsigned bad = 0;

	for (unsigned i = 0; i < b->n; i++) {
		status = status_worse(status, b->runs[i].result.status);
		bad += b->runs[i].rc != I2N_OK;
	}
	if (bad && !b->lead.rc)
		msg_line("%u of %u destinations are not complete", bad, b->n);
	return status;
}

static void boards_json(struct boards *b, int status, const struct i2n_next *next)
{
	const struct run *lead = &b->lead;
	struct json *j = b->json;

	json_end(j);
	json_status(j, status);
	json_error(j, lead->rc ? &lead->err : NULL);
	json_bytes(j, "image", lead->result.image, strlen(lead->result.image));
	json_ms(j, "seconds", (uint64_t)(progress_now_ms() - lead->start_ms));
	phases_json(&lead->phases, j);
	if (b->share)
		json_u64(j, "bytes_read", b->bytes_read);
	else
		json_null(j, "bytes_read");
	report_json(&lead->report, j);
	next_json(j, next);
	image_json(j, lead->image);
}

/* false: nothing was begun. */
static bool boards_run(struct boards *b)
{
	struct run *lead = &b->lead;

	lead->rc = boards_parse(b, &lead->err);
	if (!lead->rc)
		lead->rc = boards_read(b, &lead->err);
	msg_about(NULL);
	if (lead->rc)
		return false;
	if (b->together)
		lead->rc = boards_together(b, &lead->err);
	else
		boards_in_turn(b);
	return true;
}

static void boards_release(struct boards *b)
{
	for (unsigned i = 0; i < b->n; i++)
		run_release(&b->runs[i]);
	free(b->runs);
	i2n_share_free(b->share);
	run_release(&b->lead);
}

int boards_exec(const struct extract_opts *o, const char *image, const struct many *many)
{
	struct boards b = { .o = o, .many = many, .n = many->n,
			    .together = !o->update.update && !o->atomic && !o->update.dry_run };
	struct run_report_opts opts = run_report_opts(o, image, &b.lead.confine);
	struct run_report out;
	struct i2n_next next;
	bool has_next;
	int status;

	run_init(&b.lead, o, image, NULL);
	b.lead.rc = extract_check_files(o, image, NULL, &b.lead.err);
	if (b.lead.rc)
		opts.file = NULL;
	if (run_report_open(&out, &opts, &b.lead.err))
		b.lead.rc = I2N_FATAL;
	b.json = run_report_json(&out);
	b.runs = calloc(b.n, sizeof(b.runs[0]));
	if (!b.runs) {
		b.n = 0;
		b.lead.rc = i2n_err_nomem(&b.lead.err);
	}
	if (b.json)
		json_array(b.json, "destinations");
	if (!b.lead.rc && boards_run(&b) && b.together)
		boards_tell(&b);
	if (b.lead.rc)
		msg_end(&b.lead.err);
	status = boards_status(&b);
	has_next = next_make(b.runs, b.n, &next);
	if (has_next && !o->json && !o->progress.quiet)
		next_print(&next);
	status = status_printed(status);
	phases_enter(&b.lead.phases, PHASE_NONE);
	if (b.json)
		boards_json(&b, status, has_next ? &next : NULL);
	i2n_next_release(&next);
	boards_release(&b);
	return run_report_close(&out, status);
}
