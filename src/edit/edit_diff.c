/* A unified diff, as POSIX diff -u has it, by the longest common subsequence of what is between the
 * equal lines at both ends. Edits change a few lines of small files; where it would cost much to
 * find the shortest diff, everything between is taken as replaced. */
#include "img2nfs/edit.h"
#include "img2nfs/name.h"

#include "text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT 3u
#define TABLE_MAX ((size_t)1 << 22)	/* entries of the table, 4 bytes each */

struct line {
	const char *p;
	size_t len;	/* with its newline, if it has one */
};

struct lines {
	struct line *v;
	size_t n;
};

/* Line i of `a` is removed, line j of `b` added, or both are the same. */
struct step {
	char sign;	/* ' ', '-', '+' */
	size_t a, b;	/* lines before this one */
};

struct script {
	struct step *v;
	size_t n;
};

static bool split(const struct i2n_text *text, struct lines *ret)
{
	const char *p = text->bytes, *end = p + text->len;
	size_t n = 1;

	for (size_t i = 0; i < text->len; i++)
		n += p[i] == '\n';
	ret->n = 0;
	ret->v = malloc(n * sizeof(*ret->v));
	while (ret->v && p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl ? (size_t)(nl - p) + 1 : (size_t)(end - p);

		ret->v[ret->n++] = (struct line){ p, len };
		p += len;
	}
	return ret->v;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->len == b->len && !memcmp(a->p, b->p, a->len);
}

static void add_step(struct script *s, char sign, size_t a, size_t b)
{
	s->v[s->n++] = (struct step){ sign, a, b };
}

/* a[from..a_end) against b[from..b_end), by a table of the lengths of common subsequences. */
static bool by_table(const struct lines *a, const struct lines *b, size_t from, size_t a_end,
		     size_t b_end, struct script *s)
{
	size_t w = b_end - from + 1, h = a_end - from + 1, i = 0, j = 0;
	uint32_t *t = calloc(w * h, sizeof(*t));

	if (!t)
		return false;
	for (i = h - 1; i-- > 0;)
		for (j = w - 1; j-- > 0;) {
			uint32_t down = t[(i + 1) * w + j], right = t[i * w + j + 1];

			t[i * w + j] = same(&a->v[from + i], &b->v[from + j]) ?
				t[(i + 1) * w + j + 1] + 1 : down > right ? down : right;
		}
	for (i = j = 0; i < h - 1 || j < w - 1;) {
		if (i < h - 1 && j < w - 1 && same(&a->v[from + i], &b->v[from + j])) {
			add_step(s, ' ', from + i, from + j);
			i++;
			j++;
		} else if (i < h - 1 && (j == w - 1 || t[(i + 1) * w + j] >= t[i * w + j + 1])) {
			add_step(s, '-', from + i++, from + j);
		} else {
			add_step(s, '+', from + i, from + j++);
		}
	}
	free(t);
	return true;
}

static void all_replaced(size_t from, size_t a_end, size_t b_end, struct script *s)
{
	for (size_t i = from; i < a_end; i++)
		add_step(s, '-', i, from);
	for (size_t j = from; j < b_end; j++)
		add_step(s, '+', a_end, j);
}

static bool compare(const struct lines *a, const struct lines *b, struct script *s)
{
	size_t from = 0, a_end = a->n, b_end = b->n;

	while (from < a_end && from < b_end && same(&a->v[from], &b->v[from])) {
		add_step(s, ' ', from, from);
		from++;
	}
	while (a_end > from && b_end > from && same(&a->v[a_end - 1], &b->v[b_end - 1])) {
		a_end--;
		b_end--;
	}
	if (a_end - from + 1 > TABLE_MAX / (b_end - from + 1))
		all_replaced(from, a_end, b_end, s);
	else if (!by_table(a, b, from, a_end, b_end, s))
		return false;
	for (; a_end < a->n; a_end++, b_end++)
		add_step(s, ' ', a_end, b_end);
	return true;
}

/* POSIX: the number of the first line, and how many if it is not one; 0 lines are behind a line. */
static void put_range(struct text *t, char sign, size_t first, size_t n)
{
	if (n == 1)
		text_addf(t, "%c%zu", sign, first + 1);
	else
		text_addf(t, "%c%zu,%zu", sign, n ? first + 1 : first, n);
}

static void put_line(struct text *t, char sign, const struct line *l)
{
	text_put(t, &sign, 1);
	text_put(t, l->p, l->len);
	if (l->p[l->len - 1] != '\n')
		text_add(t, "\n\\ No newline at end of file\n");
}

static void put_hunk(struct text *t, const struct lines *a, const struct lines *b,
		     const struct step *s, size_t n)
{
	size_t in_a = 0, in_b = 0;

	for (size_t i = 0; i < n; i++) {
		in_a += s[i].sign != '+';
		in_b += s[i].sign != '-';
	}
	text_add(t, "@@ ");
	put_range(t, '-', s[0].a, in_a);
	text_add(t, " ");
	put_range(t, '+', s[0].b, in_b);
	text_add(t, " @@\n");
	for (size_t i = 0; i < n; i++)
		put_line(t, s[i].sign, s[i].sign == '+' ? &b->v[s[i].b] : &a->v[s[i].a]);
}

/* The end of the hunk that begins with the change at i: behind the last change that is not further
 * from the next one than twice the context. */
static size_t hunk_end(const struct script *s, size_t i)
{
	size_t last = i;

	for (; i < s->n && i - last <= 2 * CONTEXT + 1; i++)
		if (s->v[i].sign != ' ')
			last = i;
	return last + 1;
}

static void put_hunks(struct text *t, const struct lines *a, const struct lines *b,
		      const struct script *s)
{
	size_t done = 0;

	for (size_t i = 0; i < s->n; i++) {
		size_t first, end;

		if (s->v[i].sign == ' ')
			continue;
		first = i - done < CONTEXT ? done : i - CONTEXT;
		end = hunk_end(s, i);
		i = end - 1;
		end = s->n - end < CONTEXT ? s->n : end + CONTEXT;
		put_hunk(t, a, b, s->v + first, end - first);
		done = end;
	}
}

static void put_texts(struct text *t, const struct i2n_text *before, const struct i2n_text *after)
{
	static const struct i2n_text none = { (char *)(uintptr_t)"", 0 };
	struct lines a = { 0 }, b = { 0 };
	struct script s = { 0 };

	if (split(before->bytes ? before : &none, &a) && split(after->bytes ? after : &none, &b))
		s.v = malloc((a.n + b.n + 1) * sizeof(*s.v));
	if (s.v && compare(&a, &b, &s))
		put_hunks(t, &a, &b, &s);
	else
		t->failed = true;
	free(a.v);
	free(b.v);
	free(s.v);
}

static void put_name(struct text *t, const char *sign, const char *side,
		     const struct i2n_edit_change *c)
{
	char name[1024];

	text_add(t, sign);
	text_add(t, side);
	if (strcmp(side, "/dev/null"))
		text_add(t, i2n_escape(name, sizeof(name), c->path, c->path_len));
	text_add(t, "\n");
}

/* git knows three modes of files. */
static unsigned git_mode(unsigned mode)
{
	if ((mode & I2N_S_IFMT) == I2N_S_IFLNK)
		return I2N_S_IFLNK;
	return I2N_S_IFREG | (mode & 0111 ? 0755 : 0644);
}

/* One side may be nothing. */
static void put_change(struct text *t, const struct i2n_edit_change *c, bool has_before,
		       bool has_after)
{
	unsigned mode = git_mode(has_before ? c->before_mode : c->after_mode);

	if (!has_before || !has_after || mode == I2N_S_IFLNK) {
		put_name(t, "diff --git ", "a/", c);
		t->len -= !t->failed;		/* its newline */
		put_name(t, " ", "b/", c);
		if (!has_before || !has_after)
			text_addf(t, "%s file mode %06o\n", has_before ? "deleted" : "new",
				  mode);
	}
	if (!(has_before && c->before.len) && !(has_after && c->after.len))
		return;		/* an empty file comes or goes */
	put_name(t, "--- ", has_before ? "a/" : "/dev/null", c);
	put_name(t, "+++ ", has_after ? "b/" : "/dev/null", c);
	put_texts(t, has_before ? &c->before : &(struct i2n_text){ 0 },
		  has_after ? &c->after : &(struct i2n_text){ 0 });
}

char *i2n_edit_diff(const struct i2n_edit_change *c, size_t *ret_len)
{
	struct text t = { 0 };
	bool other_type = c->before_mode && c->after_mode &&
			  (c->before_mode & I2N_S_IFMT) != (c->after_mode & I2N_S_IFMT);

	if (other_type) {	/* as git: it goes, and something else comes */
		put_change(&t, c, true, false);
		put_change(&t, c, false, true);
	} else {
		put_change(&t, c, c->before_mode, c->after_mode);
	}
	*ret_len = t.len;
	if (t.failed)
		text_release(&t);
	return t.p;
}
