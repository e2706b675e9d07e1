#include "progress.h"

#include "human.h"
#include "image_json.h"
#include "json.h"
#include "msg.h"
#include "phases.h"
#include "signals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define TERMINAL_MS 250
#define PLAIN_MS 30000
#define JSON_MS 1000
/* an object without data costs about as much time as this many bytes of data */
#define OBJECT_COST 16384

int64_t progress_now_ms(void)
{
	struct timespec ts;

	/* cannot fail with this clock and a valid pointer */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A background job must not write over what the user does in the foreground. */
static bool in_foreground(void)
{
	return tcgetpgrp(STDERR_FILENO) == getpgrp();
}

static unsigned terminal_width(void)
{
	struct winsize ws;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &ws) || ws.ws_col < 2)
		return 80;
	return ws.ws_col;
}

void progress_begin(struct progress *p, const struct progress_opts *opts)
{
	p->mode = opts->quiet ? PROGRESS_NONE : (enum progress_mode)opts->how;
	p->terminal = isatty(STDERR_FILENO);
	p->said_stopping = p->has_at = p->has_waited = false;
	p->phases = opts->phases;
	p->image = NULL;
	p->start_ms = progress_now_ms();
	p->shown_ms = p->terminal || p->mode == PROGRESS_JSON ? 0 : p->start_ms;
}

/* Bytes of files, holes included: of files that are complete, or, inside a large one, what the
 * server has taken. */
static uint64_t bytes_done(const struct i2n_progress *at)
{
	uint64_t part = at->written < at->total.bytes ? at->written : at->total.bytes;

	return part > at->done.bytes ? part : at->done.bytes;
}

/* 0..1 */
static double fraction(const struct i2n_progress *at)
{
	double done =
		(double)bytes_done(at) + OBJECT_COST * (double)(at->done.objects + at->failed);
	double total = (double)at->total.bytes + OBJECT_COST * (double)at->total.objects;

	return total > done ? done / total : 1;
}

/* "unpacking: 45%, 1.2 GB of the image" */
static void format_unpacking(const struct i2n_image_progress *at, char *buf, size_t cap)
{
	const char *word = at->unpacked ? "unpacking" : "reading the image";
	char bytes[HUMAN_MAX];

	human_bytes(bytes, at->unpacked ? at->unpacked : at->packed);
	if (at->packed_total)
		(void)snprintf(buf, cap, "%s: %3.0f%%, %s", word,
			       100 * (double)at->packed / (double)at->packed_total, bytes);
	else
		(void)snprintf(buf, cap, "%s: %s", word, bytes);	/* short */
}

/* While the image is being unpacked beside the run. */
static void add_unpacking(const struct progress *p, char *buf, size_t cap)
{
	size_t at = strlen(buf);
	struct i2n_image_progress now;

	if (!p->image || !i2n_image_progress(p->image, &now) || now.is_done || at + 2 >= cap)
		return;
	buf[at++] = ' ';
	buf[at++] = ' ';
	format_unpacking(&now, buf + at, cap - at);
}

static void format_line(const struct progress *p, const struct i2n_progress *at, int64_t now,
			char *buf, size_t cap)
{
	uint64_t ms = (uint64_t)(now - p->start_ms) + 1;
	double f = fraction(at), left = f > 0 ? (double)ms / 1000 * (1 - f) / f : 0;
	char done[HUMAN_MAX], total[HUMAN_MAX], rate[HUMAN_MAX], time_left[HUMAN_MAX];

	human_bytes(done, bytes_done(at));
	if (at->is_partial) {
		(void)snprintf(buf, cap, "%" PRIu64 " objects  %s", at->done.objects, done);
		add_unpacking(p, buf, cap);
		return;
	}
	human_bytes(total, at->total.bytes);
	human_bytes(rate, (uint64_t)((double)at->written / (double)ms * 1000));
	if (ms < 2000 || left > 360000)
		/* a guess would only mislead */
		(void)snprintf(time_left, sizeof(time_left), "-:--");
	else
		human_time(time_left, (uint64_t)left);
	/* cut where it does not fit */
	(void)snprintf(buf, cap,
		       "%3.0f%%  %" PRIu64 "/%" PRIu64 " objects  %s of %s  %s/s  %s left", 100 * f,
		       at->done.objects, at->total.objects, done, total, rate, time_left);
	add_unpacking(p, buf, cap);
}

static void json_total(struct json *j, const char *key, const struct i2n_progress *at, uint64_t n)
{
	if (at->is_partial)
		json_null(j, key);
	else
		json_u64(j, key, n);
}

static void json_counts(struct json *j, const struct i2n_progress *at, uint64_t ms)
{
	json_u64(j, "objects", at->done.objects);
	json_total(j, "objects_total", at, at->total.objects);
	json_u64(j, "objects_failed", at->failed);
	json_u64(j, "bytes", bytes_done(at));
	json_total(j, "bytes_total", at, at->total.bytes);
	json_u64(j, "bytes_written", at->written);
	json_u64(j, "bytes_per_second",
		 (uint64_t)((double)at->written / (double)(ms + 1) * 1000));
	json_u64(j, "requests", at->requests);
}

/* at NULL: nothing goes on but the unpacking, which is as far as `image` says; NULL: nothing is
 * unpacked. */
static void json_line(const struct progress *p, FILE *f, const struct i2n_progress *at,
		      const struct i2n_image_progress *image, bool is_last)
{
	uint64_t ms = (uint64_t)(progress_now_ms() - p->start_ms);
	struct json j;

	json_init(&j, false);
	json_into(&j, f);
	json_object(&j, NULL);
	json_str(&j, "phase", phases_word(p->phases));
	json_bool(&j, "last", is_last);
	json_ms(&j, "seconds", ms);
	if (at)
		json_counts(&j, at, ms);
	if (image)
		json_packed(&j, image);
	json_end(&j);
}

/* In one write, so that nothing comes between, of other threads or other programs. */
static void put_json(const struct progress *p, const struct i2n_progress *at,
		     const struct i2n_image_progress *image, bool is_last)
{
	char *line = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&line, &len);

	if (!f)
		return;		/* without memory for a line it is left out */
	json_line(p, f, at, image, is_last);
	if (!fclose(f))
		(void)fwrite(line, 1, len, stderr);	/* nowhere to tell a failure */
	free(line);
}

static void put_json_at(const struct progress *p, const struct i2n_progress *at, bool is_last)
{
	struct i2n_image_progress image;
	bool has_image = p->image && i2n_image_progress(p->image, &image);

	put_json(p, at, has_image ? &image : NULL, is_last);
}

static void say_stopping(struct progress *p)
{
	if (!*signals_stop() || p->said_stopping)
		return;
	msg_line("%s: waiting for the requests in flight; ctrl-C ends at once",
		 signals_name(*signals_stop()));
	p->said_stopping = true;
}

/* Is it time to show something again? */
static bool is_due(struct progress *p, int64_t now)
{
	int64_t wait = p->mode == PROGRESS_JSON ? JSON_MS : p->terminal ? TERMINAL_MS : PLAIN_MS;

	if (p->mode == PROGRESS_NONE || now - p->shown_ms < wait)
		return false;
	p->shown_ms = now;
	return true;
}

static void put_line(const struct progress *p, char *line, size_t len)
{
	unsigned width;

	if (!p->terminal) {
		msg_line("%s", line);
	} else if (in_foreground()) {
		/* one column less: a full line makes some terminals wrap */
		width = terminal_width();
		if (width <= len)
			line[width - 1] = '\0';
		msg_passing(line);
	}
}

void progress_update(void *ctx, const struct i2n_progress *at)
{
	struct progress *p = ctx;
	int64_t now = progress_now_ms();
	char line[256];

	say_stopping(p);
	p->has_at = true;
	p->at = *at;
	if (!is_due(p, now))
		return;
	if (p->mode == PROGRESS_JSON) {
		put_json_at(p, at, false);
	} else {
		format_line(p, at, now, line, sizeof(line));
		put_line(p, line, strlen(line));
	}
}

void progress_wait(void *ctx, const struct i2n_image_progress *at)
{
	struct progress *p = ctx;
	int64_t now = progress_now_ms();
	char line[256];

	p->has_waited = true;
	p->waited = *at;
	if (!is_due(p, now))
		return;
	if (p->mode == PROGRESS_JSON) {
		put_json(p, NULL, at, false);
	} else {
		format_unpacking(at, line, sizeof(line));
		put_line(p, line, strlen(line));
	}
}

void progress_end(struct progress *p)
{
	if (p->mode == PROGRESS_AUTO && p->terminal)
		msg_passing("");
	if (p->mode == PROGRESS_JSON && p->has_at)
		put_json_at(p, &p->at, true);
	else if (p->mode == PROGRESS_JSON && p->has_waited)
		put_json(p, NULL, &p->waited, true);
	p->has_at = p->has_waited = false;
}
