#define _POSIX_C_SOURCE 200809L
#include "img2nfs/choose.h"
#include "img2nfs/name.h"

#include "wild.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX 4096u

struct rule {
	struct wild *wild;
	bool is_include;
	bool dirs_only;
	bool with_self;		/* ends in three stars: a directory, too, for which "/" follows its
				 * path */
	unsigned how;		/* enum wild_how */
	unsigned parts;		/* the last so many of the path; 0: all of it */
};

struct i2n_rules {
	struct rule *rules;
	size_t n;
};

int i2n_rules_new(struct i2n_rules **ret, struct i2n_err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? I2N_OK : i2n_err_nomem(err);
}

static void clear(struct i2n_rules *r)
{
	while (r->n)
		wild_free(r->rules[--r->n].wild);
}

void i2n_rules_free(struct i2n_rules *r)
{
	if (!r)
		return;
	clear(r);
	free(r->rules);
	free(r);
}

/* --- a list of patterns --- */

/* Which part of a path the pattern speaks of. text without a slash at its end. */
static void place(struct rule *rule, const char *text, size_t len)
{
	bool is_anchored = text[0] == '/', has_two;
	const char *two = NULL;
	unsigned slashes = 0;

	for (size_t i = 0; i < len; i++) {
		slashes += text[i] == '/';
		if (!two && i + 1 < len && text[i] == '*' && text[i + 1] == '*')
			two = text + i;
	}
	has_two = two;
	rule->with_self = has_two && len >= 3 && !memcmp(text + len - 3, "***", 3);
	if (has_two && two == text)	/* they match the slash before the root's names, too */
		rule->how = WILD_SLASH_BEFORE;
	else if (has_two && !is_anchored)
		rule->how = WILD_ANY_PART;
	if (!slashes && !has_two)
		rule->parts = 1;
	else if (!is_anchored && !has_two)
		rule->parts = slashes + 1;
}

static int append(struct i2n_rules *r, bool is_include, const char *text, size_t len,
		  struct i2n_err *err)
{
	struct rule rule = { .is_include = is_include }, *grown;
	bool is_literal;

	if (len > 1 && text[len - 1] == '/') {
		rule.dirs_only = true;
		len--;
	}
	place(&rule, text, len);
	is_literal = strcspn(text, "*?[") >= len;
	rule.wild = wild_new(text + (text[0] == '/'), len - (text[0] == '/'), is_literal);
	grown = realloc(r->rules, (r->n + 1) * sizeof(*grown));
	if (grown)
		r->rules = grown;
	if (!rule.wild || !grown) {
		wild_free(rule.wild);
		return i2n_err_nomem(err);
	}
	grown[r->n++] = rule;
	return I2N_OK;
}

int i2n_rules_add(struct i2n_rules *r, bool is_include, const char *text, struct i2n_err *err)
{
	size_t len = strlen(text);

	if (!strcmp(text, "!")) {
		clear(r);
		return I2N_OK;
	}
	if (len >= 2 && (text[0] == '+' || text[0] == '-') && text[1] == ' ') {
		is_include = text[0] == '+';
		text += 2;
		len -= 2;
	}
	if (!len || len > PATTERN_MAX)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"a pattern has no characters, or more than %u", PATTERN_MAX);
	return append(r, is_include, text, len, err);
}

static int read_lines(struct i2n_rules *r, FILE *f, struct i2n_err *err)
{
	char line[PATTERN_MAX + 8];
	size_t len = 0;
	int c, rc = I2N_OK;

	do {
		c = getc(f);
		if (c != '\n' && c != '\r' && c != EOF) {
			if (!c || len == sizeof(line) - 1)
				return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
						"a line is too long, or has a zero byte");
			line[len++] = (char)c;
			continue;
		}
		line[len] = '\0';
		if (len && line[0] != '#' && line[0] != ';')
			rc = i2n_rules_add(r, false, line, err);
		len = 0;
	} while (rc == I2N_OK && c != EOF);
	return rc;
}

int i2n_rules_read(struct i2n_rules *r, const char *path, struct i2n_err *err)
{
	FILE *f = fopen(path, "r");
	char q[400];
	int rc;

	i2n_quote(q, sizeof(q), path, strlen(path));
	if (!f)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, errno, "cannot read %s: %s", q,
				strerror(errno));
	rc = read_lines(r, f, err);
	if (rc != I2N_OK)
		i2n_err_wrap(err, "in %s", q);
	else if (ferror(f))
		rc = i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, errno, "cannot read %s: %s", q,
			      strerror(errno));
	(void)fclose(f);	/* was only read */
	return rc;
}

/* --- matching --- */

/* NULL: it has not so many. */
static const char *last_parts(const char *path, size_t len, unsigned parts)
{
	for (const char *at = path + len; at > path; at--)
		if (at[-1] == '/' && !--parts)
			return at;
	return parts == 1 ? path : NULL;
}

static bool rule_matches(const struct rule *rule, const char *path, size_t len, bool is_dir)
{
	const char *from = rule->parts ? last_parts(path, len, rule->parts) : path;

	if (!from || (rule->dirs_only && !is_dir))
		return false;
	return wild_matches(rule->wild, from, len - (size_t)(from - path),
			    rule->how | (rule->with_self && is_dir ? WILD_SLASH_BEHIND : 0));
}

bool i2n_rules_excludes(const struct i2n_rules *r, const char *path, size_t len, bool is_dir)
{
	for (size_t i = 0; i < r->n; i++)
		if (rule_matches(&r->rules[i], path, len, is_dir))
			return !r->rules[i].is_include;
	return false;
}
