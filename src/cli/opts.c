#include "opts.h"

#include "img2nfs/name.h"

#include "checked.h"
#include "cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HELP_WIDTH 80
#define HELP_COL 30
#define QUOTED 160	/* room for a quoted word in a message */

static const struct opt opt_help = { .name = "help", .type = OPT_FLAG, .help = "show this text" };

static const char *quoted(char *buf, const char *text)
{
	return i2n_quote(buf, QUOTED, text, strlen(text));
}

/* The multiplier of a size suffix, 0 for an unknown one. */
static uint64_t suffix_factor(const char *suffix)
{
	static const char letters[] = "KMGT";
	const char *at;

	if (!*suffix)
		return 1;
	at = suffix[1] ? NULL : strchr(letters, *suffix);
	return at ? UINT64_C(1) << 10 * (at - letters + 1) : 0;
}

/* 8388608 -> "8M"; only where nothing is lost. */
static const char *size_text(char *buf, size_t cap, uint64_t v, bool size)
{
	static const char letters[] = "\0KMGT";
	unsigned i = 0;

	while (size && v && i < 4 && v % 1024 == 0) {
		v /= 1024;
		i++;
	}
	/* 20 digits always fit */
	(void)snprintf(buf, cap, i ? "%" PRIu64 "%c" : "%" PRIu64, v, letters[i]);
	return buf;
}

static int fail_range(bool size, uint64_t min, uint64_t max, const char *what, const char *text,
		      struct i2n_err *err)
{
	char q[QUOTED], lo[24], hi[24];

	size_text(lo, sizeof(lo), min, size);
	if (!max)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s: %s is less than %s", what,
				quoted(q, text), lo);
	size_text(hi, sizeof(hi), max, size);
	return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s: %s is not in %s..%s", what,
			quoted(q, text), lo, hi);
}

int opts_number(const char *text, bool size, uint64_t min, uint64_t max, const char *what,
		uint64_t *ret, struct i2n_err *err)
{
	uint64_t v = 0, factor;
	bool fits = true;
	const char *p = text;
	char q[QUOTED];

	for (; *p >= '0' && *p <= '9'; p++)
		fits = fits && i2n_mul(v, 10, &v) && i2n_add(v, (uint64_t)(*p - '0'), &v);
	factor = size ? suffix_factor(p) : !*p;
	if (p == text || !factor)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s: %s is not a %s", what,
				quoted(q, text),
				size ? "number of bytes (K, M, G and T may follow it)" : "number");
	/* UINT64_MAX is OPT_UNSET */
	if (!fits || !i2n_mul(v, factor, &v) || v == OPT_UNSET || v < min || (max && v > max))
		return fail_range(size, min, max ? max : OPT_UNSET - 1, what, text, err);
	*ret = v;
	return I2N_OK;
}

/* Position of text in "a|b|c", or -1. */
static int word_index(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (int i = 0; ; i++) {
		size_t n = strcspn(words, "|");

		if (n == len && !memcmp(words, text, n))
			return i;
		if (!words[n])
			return -1;
		words += n + 1;
	}
}

/* "a|b|c" -> "a, b or c" */
static const char *word_list(char *buf, size_t cap, const char *words)
{
	size_t used = 0;

	buf[0] = '\0';
	while (used < cap) {
		size_t n = strcspn(words, "|");
		const char *sep = !words[n] ? "" : strchr(words + n + 1, '|') ? ", " : " or ";

		used += (size_t)snprintf(buf + used, cap - used, "%.*s%s", (int)n, words, sep);
		if (!words[n])
			break;
		words += n + 1;
	}
	return buf;
}

static int set_word(const struct opt *o, const char *what, const char *text, void *to,
		    struct i2n_err *err)
{
	int i = word_index(o->words, text);
	unsigned v = (unsigned)i;
	char q[QUOTED], list[256];

	if (i < 0)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s: %s is not %s", what,
				quoted(q, text), word_list(list, sizeof(list), o->words));
	memcpy(to, &v, sizeof(v));
	return I2N_OK;
}

static int add_to_list(const struct opt *o, const char *text, void *to, struct i2n_err *err)
{
	struct opt_list list;
	struct opt_item *items;

	memcpy(&list, to, sizeof(list));
	items = realloc(list.items, ((size_t)list.n + 1) * sizeof(*items));
	if (!items)
		return i2n_err_nomem(err);
	items[list.n++] = (struct opt_item){ o->name, text };
	list.items = items;
	memcpy(to, &list, sizeof(list));
	return I2N_OK;
}

/* Store one value. `what` begins the message. */
static int set_value(const struct opt *o, const char *what, const char *text, void *values,
		     struct i2n_err *err)
{
	void *to = (char *)values + o->off;
	bool yes = true;
	uint64_t v;
	int rc = I2N_OK;

	switch (o->type) {
	case OPT_FLAG:
		memcpy(to, &yes, sizeof(yes));
		break;
	case OPT_NUMBER:
	case OPT_SIZE:
		rc = opts_number(text, o->type == OPT_SIZE, o->min, o->max, what, &v, err);
		if (!rc)
			memcpy(to, &v, sizeof(v));
		break;
	case OPT_WORD:
		rc = set_word(o, what, text, to, err);
		break;
	case OPT_STRING:
		memcpy(to, &text, sizeof(text));
		break;
	case OPT_LIST:
		rc = add_to_list(o, text, to, err);
		break;
	}
	return rc;
}

static int set_defaults(const struct opt *rows, void *values, struct i2n_err *err)
{
	const uint64_t unset = OPT_UNSET;
	int rc = I2N_OK;

	for (const struct opt *o = rows; !rc && o->name; o++) {
		if (o->def)
			rc = set_value(o, "default", o->def, values, err);
		else if (o->type == OPT_NUMBER || o->type == OPT_SIZE)
			memcpy((char *)values + o->off, &unset, sizeof(unset));
	}
	return rc;
}

static const struct opt *find_long(const struct opt *rows, const char *name, size_t len)
{
	for (const struct opt *o = rows; o->name; o++)
		if (strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	return strlen(opt_help.name) == len && !memcmp(opt_help.name, name, len) ? &opt_help : NULL;
}

static const struct opt *find_letter(const struct opt *rows, const char *word)
{
	for (const struct opt *o = rows; o->name; o++)
		if (o->letter && o->letter == word[0] && !word[1])
			return o;
	return NULL;
}

static int fail_unknown(const struct i2n_cmd *cmd, const char *word, struct i2n_err *err)
{
	char q[QUOTED];
	int rc = i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "unknown option %s", quoted(q, word));

	i2n_err_hint(err, "'img2nfs %s --help' lists the options", cmd->name);
	return rc;
}

/* One option at argv[*i]; *i is moved on when the value is the next word. */
static int parse_option(const struct i2n_cmd *cmd, int argc, char **argv, int *i, void *values,
			struct i2n_err *err)
{
	const char *word = argv[*i], *eq = NULL, *text;
	const struct opt *o;
	char what[64];

	if (word[1] == '-') {
		eq = strchr(word, '=');
		o = find_long(cmd->opts, word + 2, eq ? (size_t)(eq - word - 2) : strlen(word + 2));
	} else {
		o = find_letter(cmd->opts, word + 1);
	}
	if (!o)
		return fail_unknown(cmd, word, err);
	if (o == &opt_help && !eq)
		return I2N_END;
	/* our own names are short */
	(void)snprintf(what, sizeof(what), "option '--%s'", o->name);
	if (o->type == OPT_FLAG) {
		if (eq)
			return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s takes no value",
					what);
		return set_value(o, what, NULL, values, err);
	}
	text = eq ? eq + 1 : o->bare ? o->bare : *i + 1 < argc ? argv[++*i] : NULL;
	if (!text)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s needs a value: %s", what,
				o->arg);
	return set_value(o, what, text, values, err);
}

static int check_count(const struct i2n_cmd *cmd, unsigned n, struct i2n_err *err)
{
	if (n >= cmd->min_args && n <= cmd->max_args)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_USAGE, 0, "'%s' takes %s, but %u word%s given", cmd->name,
		    cmd->max_args ? cmd->args : "no operands", n, n == 1 ? " is" : "s are");
	i2n_err_hint(err, "usage: img2nfs %s [OPTION]... %s", cmd->name, cmd->args);
	return I2N_FATAL;
}

int opts_parse(const struct i2n_cmd *cmd, int argc, char **argv, void *values, unsigned *ret_n,
	       struct i2n_err *err)
{
	bool ended = false;
	unsigned n = 0;
	int rc;

	rc = set_defaults(cmd->opts, values, err);
	for (int i = 0; !rc && i < argc; i++) {
		if (!ended && !strcmp(argv[i], "--"))
			ended = true;
		else if (!ended && argv[i][0] == '-' && argv[i][1] && argv[i][1] != ':')
			rc = parse_option(cmd, argc, argv, &i, values, err);
		else
			argv[n++] = argv[i];
	}
	if (rc)
		return rc;
	*ret_n = n;
	return check_count(cmd, n, err);
}

void opts_release(const struct i2n_cmd *cmd, void *values)
{
	const struct opt_list none = { NULL, 0 };

	for (const struct opt *o = cmd->opts; o && o->name; o++) {
		char *at = (char *)values + o->off;
		struct opt_list list;

		if (o->type != OPT_LIST)
			continue;
		memcpy(&list, at, sizeof(list));
		free(list.items);
		memcpy(at, &none, sizeof(none));	/* another row may share it */
	}
}

/* Words of text from column col on, continued at column indent. */
static void print_wrapped(FILE *f, const char *text, unsigned col, unsigned indent)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (!first && col + 1 + n > HELP_WIDTH) {
			/* main() finds failed writes */
			(void)fprintf(f, "\n%*s", (int)indent, "");
			col = indent;
		} else if (!first) {
			(void)fputc(' ', f);
			col++;
		}
		(void)fprintf(f, "%.*s", (int)n, text);
		col += (unsigned)n;
		text += n + (text[n] == ' ');
		first = false;
	}
	(void)fputc('\n', f);
}

/* "(replay, ignore or fail; default replay)" after the help text. */
static void details(char *buf, size_t cap, const struct opt *o)
{
	char what[256] = "", lo[24], hi[24];
	bool size = o->type == OPT_SIZE;

	if (o->type == OPT_WORD)
		word_list(what, sizeof(what), o->words);
	else if (o->max)
		(void)snprintf(what, sizeof(what), "%s..%s%s%s",
			       size_text(lo, sizeof(lo), o->min, size),
			       size_text(hi, sizeof(hi), o->max, size), o->unit ? " " : "",
			       o->unit ? o->unit : "");
	if (what[0] && o->def)
		(void)snprintf(buf, cap, " (%s; default %s)", what, o->def);
	else if (what[0])
		(void)snprintf(buf, cap, " (%s)", what);
	else if (o->def)
		(void)snprintf(buf, cap, " (default %s)", o->def);
	else
		buf[0] = '\0';
}

/* "=BYTES", "[=PROFILE]" or nothing. */
static const char *value_text(char *buf, size_t cap, const struct opt *o)
{
	/* our own tables fit */
	(void)snprintf(buf, cap, o->bare ? "[=%s]" : o->arg ? "=%s" : "%s", o->arg ? o->arg : "");
	return buf;
}

static void print_row(FILE *f, const struct opt *o)
{
	char left[80], extra[320], text[1024], letter[4] = "", value[40];
	unsigned col;

	if (o->letter)
		/* our own tables fit all of these */
		(void)snprintf(letter, sizeof(letter), "-%c,", o->letter);
	(void)snprintf(left, sizeof(left), "  %-3s --%s%s", letter, o->name,
		       value_text(value, sizeof(value), o));
	details(extra, sizeof(extra), o);
	(void)snprintf(text, sizeof(text), "%s%s", o->help, extra);
	col = (unsigned)strlen(left);
	if (col > HELP_COL - 2) {
		(void)fprintf(f, "%s\n", left);
		col = 0;
		left[0] = '\0';
	}
	(void)fprintf(f, "%s%*s", left, (int)(HELP_COL - col), "");
	print_wrapped(f, text, HELP_COL, HELP_COL);
}

void opts_help(const struct i2n_cmd *cmd, FILE *f)
{
	(void)fprintf(f, "Usage: img2nfs %s [OPTION]...%s%s\n", cmd->name, cmd->args[0] ? " " : "",
		      cmd->args);
	print_wrapped(f, cmd->line, 0, 0);
	(void)fputc('\n', f);
	for (const struct opt *o = cmd->opts; o->name; o++)
		print_row(f, o);
	print_row(f, &opt_help);
}

static void list_row(FILE *f, const struct opt *o)
{
	char value[40];

	(void)fprintf(f, "--%s%s%s%s\n", o->name, value_text(value, sizeof(value), o),
		      o->words ? "\t" : "", o->words ? o->words : "");
	if (o->letter)
		(void)fprintf(f, "-%c\n", o->letter);
}

void opts_list(const struct i2n_cmd *cmd, FILE *f)
{
	for (const struct opt *o = cmd->opts; o->name; o++)
		list_row(f, o);
	list_row(f, &opt_help);
}
