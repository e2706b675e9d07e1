#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for len more bytes and the NUL. */
static bool reserve(struct text *t, size_t len)
{
	size_t want, cap = t->cap ? t->cap : 64;
	char *p;

	if (t->failed || len > SIZE_MAX / 4 - 1 || t->len > SIZE_MAX / 4) {
		t->failed = true;
		return false;
	}
	want = t->len + len + 1;
	if (want <= t->cap)
		return true;
	while (cap < want)
		cap *= 2;
	p = realloc(t->p, cap);
	if (!p) {
		t->failed = true;
		return false;
	}
	t->p = p;
	t->cap = cap;
	return true;
}

void text_put(struct text *t, const void *bytes, size_t len)
{
	if (!reserve(t, len))
		return;
	if (len)
		memcpy(t->p + t->len, bytes, len);
	t->len += len;
	t->p[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_put(t, s, strlen(s));
}

void text_addv(struct text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0 || !reserve(t, (size_t)n)) {
		t->failed = true;
	} else {
		/* fits: it was measured */
		(void)vsnprintf(t->p + t->len, (size_t)n + 1, fmt, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void text_addf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_addv(t, fmt, ap);
	va_end(ap);
}

int text_check(const struct text *t, struct i2n_err *err)
{
	return t->failed ? i2n_err_nomem(err) : I2N_OK;
}

void text_release(struct text *t)
{
	free(t->p);
	*t = (struct text){ 0 };
}
