#include "wild.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum kind { ONE, STAR, STARSTAR };

/* Matches one character, or any number of them. */
struct element {
	enum kind kind;
	unsigned char set[32];		/* ONE: a bit for each character */
};

struct wild {
	size_t n;
	unsigned char *states;		/* two sets of n + 1: so many elements have matched */
	struct element elements[];
};

static void add(struct element *e, unsigned c)
{
	e->set[c / 8] |= (unsigned char)(1u << c % 8);
}

static bool has(const struct element *e, unsigned c)
{
	return e->set[c / 8] >> c % 8 & 1;
}

static void drop(struct element *e, unsigned c)
{
	e->set[c / 8] &= (unsigned char)~(1u << c % 8);
}

/* "[:alpha:]" at p, behind its bracket and colon; its length, 0 where it is none. */
static size_t add_class(struct element *e, const char *p, size_t len)
{
	static const struct {
		const char *name;
		int (*is)(int c);
	} classes[] = {
		{ "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank },
		{ "cntrl", iscntrl }, { "digit", isdigit }, { "graph", isgraph },
		{ "lower", islower }, { "print", isprint }, { "punct", ispunct },
		{ "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t n = strlen(classes[i].name);

		if (len < n + 2 || memcmp(p, classes[i].name, n) || p[n] != ':' || p[n + 1] != ']')
			continue;
		for (unsigned c = 0; c < 128; c++)	/* beyond, characters have several bytes */
			if (classes[i].is((int)c))
				add(e, c);
		return n + 2;
	}
	return 0;
}

/* One character of a set, or the first of a range; *at is moved behind it. */
static unsigned set_char(const char *p, size_t len, size_t *at)
{
	if (p[*at] == '\\' && *at + 1 < len)
		++*at;
	return (unsigned char)p[(*at)++];
}

/* [...] at p, behind its bracket. Its length, 0 where it is not closed. */
static size_t take_set(struct element *e, const char *p, size_t len)
{
	bool negated = len && (p[0] == '!' || p[0] == '^');
	size_t at = negated, first = at, n;

	while (at < len && (p[at] != ']' || at == first)) {
		unsigned lo, hi;

		n = len - at > 2 && p[at] == '[' && p[at + 1] == ':'
			    ? add_class(e, p + at + 2, len - at - 2)
			    : 0;
		if (n) {
			at += n + 2;
			continue;
		}
		lo = hi = set_char(p, len, &at);
		add(e, lo);	/* a range that runs backwards has its first one */
		if (at + 1 < len && p[at] == '-' && p[at + 1] != ']') {
			at++;
			hi = set_char(p, len, &at);
		}
		for (unsigned c = lo; c <= hi; c++)
			add(e, c);
	}
	if (at >= len) {
		memset(e->set, 0, sizeof(e->set));
		return 0;
	}
	for (unsigned i = 0; negated && i < sizeof(e->set); i++)
		e->set[i] = (unsigned char)~e->set[i];
	return at + 1;
}

/* One element at p; its length. */
static size_t take(struct element *e, const char *p, size_t len)
{
	size_t n = 1;

	switch (p[0]) {
	case '*':
		while (n < len && p[n] == '*')
			n++;
		e->kind = n > 1 ? STARSTAR : STAR;
		return n;
	case '?':
		memset(e->set, 0xff, sizeof(e->set));
		drop(e, '/');
		return 1;
	case '[':
		n = take_set(e, p + 1, len - 1);
		drop(e, '/');
		return n ? n + 1 : len;
	case '\\':
		n = len > 1;
		add(e, (unsigned char)p[n]);
		return n + 1;
	default:
		add(e, (unsigned char)p[0]);
		return 1;
	}
}

struct wild *wild_new(const char *pattern, size_t len, bool is_literal)
{
	struct wild *w = calloc(1, sizeof(*w) + len * sizeof(w->elements[0]));

	if (!w)
		return NULL;
	for (size_t i = 0; i < len; w->n++) {
		struct element *e = &w->elements[w->n];

		if (is_literal)
			add(e, (unsigned char)pattern[i++]);
		else
			i += take(e, pattern + i, len - i);
	}
	w->states = malloc(2 * (w->n + 1));
	if (!w->states) {
		free(w);
		return NULL;
	}
	return w;
}

void wild_free(struct wild *w)
{
	if (!w)
		return;
	free(w->states);
	free(w);
}

/* State i, and those that follow without a character: stars may match none. */
static void enter(const struct wild *w, unsigned char *states, size_t i)
{
	for (; !states[i]; i++) {
		states[i] = 1;
		if (i == w->n || w->elements[i].kind == ONE)
			break;
	}
}

static void step(const struct wild *w, const unsigned char *from, unsigned char *to, unsigned c)
{
	memset(to, 0, w->n + 1);
	for (size_t i = 0; i < w->n; i++) {
		const struct element *e = &w->elements[i];

		if (!from[i])
			continue;
		if (e->kind == ONE && has(e, c))
			enter(w, to, i + 1);
		else if (e->kind == STARSTAR || (e->kind == STAR && c != '/'))
			enter(w, to, i);
	}
}

/* One character more. */
static void feed(const struct wild *w, unsigned char **states, unsigned c, unsigned how)
{
	unsigned char *now = states[0];

	step(w, now, states[1], c);
	if (how & WILD_ANY_PART && c == '/')
		enter(w, states[1], 0);
	states[0] = states[1];
	states[1] = now;
}

bool wild_matches(const struct wild *w, const char *text, size_t len, unsigned how)
{
	unsigned char *states[2] = { w->states, w->states + w->n + 1 };

	memset(states[0], 0, w->n + 1);
	enter(w, states[0], 0);
	if (how & WILD_SLASH_BEFORE)
		feed(w, states, '/', how);
	for (size_t i = 0; i < len; i++)
		feed(w, states, (unsigned char)text[i], how);
	if (how & WILD_SLASH_BEHIND)
		feed(w, states, '/', how);
	return states[0][w->n];
}
