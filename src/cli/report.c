#include "report.h"

#include "img2nfs/loss.h"
#include "img2nfs/name.h"

#include "human.h"
#include "msg.h"
#include "status.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Bit of the word in enum i2n_loss; a word that loss.h does not know can not be allowed. */
static uint32_t loss_bit(const char *cls)
{
	for (unsigned i = 0; i < I2N_LOSS_CLASSES; i++)
		if (!strcmp(i2n_loss_word(i), cls))
			return UINT32_C(1) << i;
	return UINT32_C(1) << 31;
}

static char *copy(const char *bytes, size_t len)
{
	char *p = bytes ? malloc(len + 1) : NULL;

	if (p) {
		memcpy(p, bytes, len);
		p[len] = '\0';
	}
	return p;
}

static struct report_class *find_class(struct report *r, enum i2n_note_kind kind, const char *cls)
{
	for (unsigned i = 0; i < r->n_classes; i++)
		if (r->classes[i].kind == kind && !strcmp(r->classes[i].cls, cls))
			return &r->classes[i];
	return NULL;
}

/* The how-manieth of its class it is. */
static uint64_t count_class(struct report *r, const struct i2n_note *note)
{
	char cls[sizeof(r->classes[0].cls)];
	struct report_class *c;

	(void)snprintf(cls, sizeof(cls), "%s", note->cls);	/* class words are short */
	c = find_class(r, note->kind, cls);
	if (!c && r->n_classes == REPORT_CLASSES)
		c = &r->classes[REPORT_CLASSES - 1];
	if (!c) {
		c = &r->classes[r->n_classes++];
		c->kind = note->kind;
		(void)snprintf(c->cls, sizeof(c->cls), "%s", r->n_classes == REPORT_CLASSES ?
			       "other" : cls);
		c->text = copy(note->text, strlen(note->text));
	}
	return ++c->count;
}

/* Without memory the counts are right all the same. */
static void keep(struct report *r, const struct i2n_note *note, uint64_t nth)
{
	struct report_item *item;

	if (nth > REPORT_KEPT)
		return;
	if (r->n_items == r->cap_items) {
		unsigned cap = r->cap_items ? 2 * r->cap_items : 16;
		struct report_item *grown = realloc(r->items, cap * sizeof(*grown));

		if (!grown)
			return;
		r->items = grown;
		r->cap_items = cap;
	}
	item = &r->items[r->n_items++];
	*item = (struct report_item){ .kind = note->kind, .path_len = note->path_len };
	item->path = copy(note->path, note->path_len);
	item->text = copy(note->text, strlen(note->text));
	(void)snprintf(item->cls, sizeof(item->cls), "%s", note->cls);	/* class words are short */
}

/* Most texts name their object; the others get it in front. */
static void say(const struct i2n_note *note)
{
	char q[1024];

	if (note->path)
		i2n_quote(q, sizeof(q), note->path, note->path_len);
	if (note->path && !strstr(note->text, q))
		msg_line("%s: %s", q, note->text);
	else
		msg_line("%s", note->text);
}

static void say_limited(struct report *r, const struct i2n_note *note)
{
	if (r->verbose || r->counts[note->kind] <= REPORT_SAID)
		say(note);
	else if (r->counts[note->kind] == REPORT_SAID + 1)
		msg_line("further %s objects are only counted; -v shows them all",
			 note->kind == I2N_NOTE_DAMAGED ? "damaged" : "failed");
}

/* Once a run is enough, whatever the number of boards and connections, each with its report. */
static bool is_told(const struct i2n_note *note)
{
	static atomic_flag auth_sys = ATOMIC_FLAG_INIT;

	return !strcmp(note->cls, I2N_NOTE_AUTH_SYS) && atomic_flag_test_and_set(&auth_sys);
}

void report_note(void *ctx, const struct i2n_note *note)
{
	struct report *r = ctx;

	r->counts[note->kind]++;
	switch (note->kind) {
	case I2N_NOTE_DAMAGED:
	case I2N_NOTE_FAILED:
		keep(r, note, count_class(r, note));
		say_limited(r, note);
		break;
	case I2N_NOTE_LOSS:
		r->lost |= loss_bit(note->cls);
		keep(r, note, count_class(r, note));
		if (r->verbose)
			say(note);
		break;
	case I2N_NOTE_DIFFERS:	/* a result: the command shows it */
		keep(r, note, count_class(r, note));
		break;
	case I2N_NOTE_WARN:
		keep(r, note, r->counts[note->kind]);
		say(note);
		break;
	case I2N_NOTE_INFO:
		if (r->verbose)
			say(note);
		break;
	case I2N_NOTE_STATE:
		if (!r->quiet && !is_told(note))
			say(note);
		break;
	}
}

int report_status(const struct report *r)
{
	if (r->counts[I2N_NOTE_FAILED])
		return STATUS_SERVER;
	if (r->counts[I2N_NOTE_DIFFERS])
		return STATUS_DIFFERS;
	if (r->counts[I2N_NOTE_DAMAGED])
		return STATUS_DAMAGED;
	return r->lost & ~r->allow ? STATUS_LOSS : STATUS_OK;
}

/* What a class means to the reader: the sentence of loss.h, or the text of the first note. */
static const char *class_text(const struct report_class *c)
{
	for (unsigned i = 0; c->kind == I2N_NOTE_LOSS && i < I2N_LOSS_CLASSES; i++)
		if (!strcmp(i2n_loss_word(i), c->cls))
			return i2n_loss_text(i);
	return c->text ? c->text : "";
}

static void print_kind(const struct report *r, enum i2n_note_kind kind, const char *title, FILE *f)
{
	if (!r->counts[kind])
		return;
	/* main() finds failed writes to stdout, here and below */
	(void)fprintf(f, "%s\n", title);
	for (unsigned i = 0; i < r->n_classes; i++) {
		const struct report_class *c = &r->classes[i];
		bool allowed = kind == I2N_NOTE_LOSS && (loss_bit(c->cls) & r->allow);

		if (c->kind == kind)
			(void)fprintf(f, "  %-14s %8" PRIu64 " object%s%s  %s%s\n", c->cls,
				      c->count, human_s(c->count), c->count == 1 ? " " : "",
				      class_text(c), allowed ? " (allowed)" : "");
	}
}

void report_print(const struct report *r, FILE *f)
{
	print_kind(r, I2N_NOTE_FAILED, "Not stored:", f);
	print_kind(r, I2N_NOTE_DAMAGED,
		   "Damaged in the image and left out; the first of each class:", f);
	print_kind(r, I2N_NOTE_LOSS, "Could not be kept at the destination:", f);
	if ((r->lost & ~r->allow) && !r->verbose)
		(void)fputs("  (-v lists the objects; --allow-loss=CLASS,... makes it no error)\n",
			    f);
}

static void json_items(const struct report *r, struct json *j, enum i2n_note_kind kind,
		       const char *cls)
{
	json_array(j, "objects");
	for (unsigned i = 0; i < r->n_items; i++) {
		const struct report_item *item = &r->items[i];

		if (item->kind != kind || (cls && strcmp(item->cls, cls)))
			continue;
		json_object(j, NULL);
		if (item->path)
			json_bytes(j, "path", item->path, item->path_len);
		if (!cls)
			json_str(j, "class", item->cls);
		json_str(j, "text", item->text);
		json_end(j);
	}
	json_end(j);
}

static void json_kind(const struct report *r, struct json *j, const char *key,
		      enum i2n_note_kind kind)
{
	json_object(j, key);
	json_u64(j, "count", r->counts[kind]);
	json_items(r, j, kind, NULL);
	json_end(j);
}

void report_json_differences(const struct report *r, struct json *j)
{
	json_items(r, j, I2N_NOTE_DIFFERS, NULL);
}

void report_json(const struct report *r, struct json *j)
{
	json_array(j, "losses");
	for (unsigned i = 0; i < r->n_classes; i++) {
		const struct report_class *c = &r->classes[i];

		if (c->kind != I2N_NOTE_LOSS)
			continue;
		json_object(j, NULL);
		json_str(j, "class", c->cls);
		json_str(j, "text", class_text(c));
		json_bool(j, "allowed", loss_bit(c->cls) & r->allow);
		json_u64(j, "count", c->count);
		json_items(r, j, I2N_NOTE_LOSS, c->cls);
		json_end(j);
	}
	json_end(j);
	json_kind(r, j, "damaged", I2N_NOTE_DAMAGED);
	json_kind(r, j, "failed", I2N_NOTE_FAILED);
	json_kind(r, j, "warnings", I2N_NOTE_WARN);
}

void report_release(struct report *r)
{
	for (unsigned i = 0; i < r->n_items; i++) {
		free(r->items[i].path);
		free(r->items[i].text);
	}
	for (unsigned i = 0; i < r->n_classes; i++)
		free(r->classes[i].text);
	free(r->items);
	r->items = NULL;
	r->n_items = r->cap_items = r->n_classes = 0;
}
