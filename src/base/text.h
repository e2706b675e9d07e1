/* text.h - bytes that grow. Running out of memory is remembered, so that only the end has to ask.
 *
 *	struct text t = { 0 };
 *	text_add(&t, "root=");
 *	text_put(&t, bytes, len);
 *	if (text_check(&t, err)) ...
 *	text_release(&t);
 *
 * Ownership: p is the holder's; take it over by copying it and clearing the struct. NULL until the
 *            first byte is put in, then NUL-terminated. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "img2nfs/err.h"

#include <stdarg.h>
#include <stddef.h>

struct text {
	char *p;
	size_t len, cap;
	bool failed;
};

void text_put(struct text *t, const void *bytes, size_t len);
void text_add(struct text *t, const char *s);
void text_addf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void text_addv(struct text *t, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
int text_check(const struct text *t, struct i2n_err *err);	/* I2N_FATAL: memory ran out */
void text_release(struct text *t);

#endif
