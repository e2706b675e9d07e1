#include "extract_many.h"

#include "img2nfs/name.h"

#include "task.h"
#include "text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* First list in braces of a URL: from { to }, with a comma between at its own level. */
static bool find_list(const char *s, const char **ret_open, const char **ret_close)
{
	/* elsewhere a brace is a brace */
	if (strncmp(s, "nfs://", 6))
		return false;
	for (const char *open = strchr(s, '{'); open; open = strchr(open + 1, '{')) {
		unsigned depth = 0;
		bool comma = false;

		for (const char *p = open; *p; p++) {
			depth += *p == '{';
			comma |= *p == ',' && depth == 1;
			if (*p == '}' && !--depth) {
				*ret_open = open;
				*ret_close = p;
				if (comma)
					return true;
				break;
			}
		}
	}
	return false;
}

static int fail_many(struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "there are more than %u destinations",
			I2N_SHARE_RUNS);
}

/* Takes url over. */
static int add_url(struct many *m, char *url, struct i2n_err *err)
{
	char q[400];

	for (unsigned i = 0; i < m->n; i++)
		if (!strcmp(m->urls[i], url)) {
			(void)i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				       "destination %s is given twice",
				       i2n_quote(q, sizeof(q), url, strlen(url)));
			free(url);
			return I2N_FATAL;
		}
	m->urls[m->n++] = url;
	return I2N_OK;
}

/* Put s with one item of its first list into list[*n]. */
static int push_item(const char *s, const char *open, const char *item, size_t len,
		     const char *close, char **list, unsigned *n, struct i2n_err *err)
{
	struct text t = { 0 };

	text_put(&t, s, (size_t)(open - s));
	text_put(&t, item, len);
	text_add(&t, close + 1);
	if (text_check(&t, err)) {
		text_release(&t);
		return I2N_FATAL;
	}
	list[(*n)++] = t.p;
	return I2N_OK;
}

/* The items of the first list of s, last one first, so that the first lies on top. */
static int push_items(const char *s, const char *open, const char *close, char **list, unsigned *n,
		      struct i2n_err *err)
{
	const char *end = close;
	unsigned depth = 0;

	for (const char *p = close - 1; p >= open; p--) {
		depth += *p == '}';
		if (p == open || (*p == ',' && !depth)) {
			if (*n == I2N_SHARE_RUNS)
				return fail_many(err);
			if (push_item(s, open, p + 1, (size_t)(end - p - 1), close, list, n, err))
				return I2N_FATAL;
			end = p;
		}
		depth -= *p == '{' && depth;
	}
	return I2N_OK;
}

/* Written out from the left, as a shell does: a stack of what is still to be looked at. */
static int expand(struct many *m, const char *operand, struct i2n_err *err)
{
	char *stack[I2N_SHARE_RUNS] = { strdup(operand) };
	unsigned n = 1;
	int rc = stack[0] ? I2N_OK : i2n_err_nomem(err);

	while (n && stack[n - 1]) {
		const char *open, *close;
		char *s = stack[--n];

		if (rc) {
			free(s);
		} else if (find_list(s, &open, &close)) {
			rc = push_items(s, open, close, stack, &n, err);
			free(s);
		} else if (m->n == I2N_SHARE_RUNS) {
			free(s);
			rc = fail_many(err);
		} else {
			rc = add_url(m, s, err);
		}
	}
	return rc;
}

/* The last part of the path; "" where there is none. */
static char *name_of(const char *url)
{
	size_t len = strcspn(url, "?");
	const char *end, *p;

	while (len && url[len - 1] == '/')
		len--;
	end = url + len;
	for (p = end; p > url && p[-1] != '/'; )
		p--;
	/* behind "nfs://" is the host */
	return p - url <= 6 ? strdup("") : strndup(p, (size_t)(end - p));
}

static bool is_twice(const struct many *m, unsigned i)
{
	for (unsigned k = 0; k < m->n; k++)
		if (k != i && !strcmp(m->names[i], m->names[k]))
			return true;
	return false;
}

static int name_all(struct many *m, struct i2n_err *err)
{
	char q[300];

	for (unsigned i = 0; i < m->n; i++) {
		m->names[i] = name_of(m->urls[i]);
		if (!m->names[i])
			return i2n_err_nomem(err);
	}
	for (unsigned i = 0; i < m->n; i++) {
		if (!strncmp(m->urls[i], "nfs://", 6) && m->names[i][0] && !is_twice(m, i))
			continue;
		(void)i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
			       "several destinations must be directories of different names: %s",
			       i2n_quote(q, sizeof(q), m->urls[i], strlen(m->urls[i])));
		i2n_err_hint(err, "the last part of the path is the board's name");
		return I2N_FATAL;
	}
	return I2N_OK;
}

int many_expand(char *const *operands, unsigned n, struct many *ret, struct i2n_err *err)
{
	*ret = (struct many){ .urls = calloc(I2N_SHARE_RUNS, sizeof(*ret->urls)),
			      .names = calloc(I2N_SHARE_RUNS, sizeof(*ret->names)) };
	if (!ret->urls || !ret->names)
		return i2n_err_nomem(err);
	for (unsigned i = 0; i < n; i++)
		if (expand(ret, operands[i], err))
			return I2N_FATAL;
	return ret->n > 1 ? name_all(ret, err) : I2N_OK;
}

void many_release(struct many *m)
{
	for (unsigned i = 0; i < m->n; i++) {
		free(m->urls[i]);
		free(m->names[i]);
	}
	free(m->urls);
	free(m->names);
	*m = (struct many){ 0 };
}

int many_value(const char *option, const char *value, const char *name, char **ret,
	       struct i2n_err *err)
{
	const char *at = value ? strstr(value, "{}") : NULL;
	struct text t = { 0 };

	*ret = NULL;
	if (!value)
		return I2N_OK;
	if (!at) {
		(void)i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
			       "option '--%s' would be the same for several destinations", option);
		i2n_err_hint(err, "{} in it stands for the last part of the destination's path");
		return I2N_FATAL;
	}
	for (; at; at = strstr(value, "{}")) {
		text_put(&t, value, (size_t)(at - value));
		text_add(&t, name);
		value = at + 2;
	}
	text_add(&t, value);
	*ret = t.p;
	return text_check(&t, err);
}

static void add_totals(struct i2n_totals *sum, const struct i2n_totals *t)
{
	sum->objects += t->objects;
	sum->files += t->files;
	sum->bytes += t->bytes;
}

void many_progress_update(void *ctx, const struct i2n_progress *at)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct many_progress_part *part = ctx;
	struct many_progress *all = part->all;
	struct i2n_progress sum = { 0 };

	(void)pthread_mutex_lock(&lock);	/* cannot fail, nor can unlocking */
	part->at = *at;
	for (unsigned i = 0; i < all->n; i++) {
		const struct i2n_progress *p = &all->parts[i].at;

		add_totals(&sum.total, &p->total);
		add_totals(&sum.done, &p->done);
		sum.failed += p->failed;
		sum.written += p->written;
		sum.requests += p->requests;
	}
	progress_update(&all->shown, &sum);
	(void)pthread_mutex_unlock(&lock);
}

struct job {
	void (*fn)(void *run);
	void *run;
	struct task task;
};

static void *call(void *arg)
{
	struct job *job = arg;

	job->fn(job->run);
	return NULL;
}

void many_together(void (*fn)(void *run), void *runs, size_t size, unsigned n)
{
	struct job jobs[I2N_SHARE_RUNS];
	bool started[I2N_SHARE_RUNS];

	for (unsigned i = 0; i < n; i++) {
		jobs[i] = (struct job){ .fn = fn, .run = (char *)runs + i * size };
		started[i] = !task_start(&jobs[i].task, call, &jobs[i], NULL);
	}
	for (unsigned i = 0; i < n; i++)
		task_join(&jobs[i].task);
	for (unsigned i = 0; i < n; i++)
		if (!started[i])
			fn(jobs[i].run);
}
