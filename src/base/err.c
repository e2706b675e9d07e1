#include "img2nfs/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum i2n_blame blame_of(enum i2n_err_domain domain)
{
	switch (domain) {
	case I2N_DOM_USAGE:
		return I2N_BLAME_USAGE;
	case I2N_DOM_IMAGE:
	case I2N_DOM_EXT2:
	case I2N_DOM_PACKED:
		return I2N_BLAME_IMAGE;
	case I2N_DOM_DEST:
	case I2N_DOM_RPC:
	case I2N_DOM_MOUNT3:
	case I2N_DOM_NFS3:
		return I2N_BLAME_SERVER;
	case I2N_DOM_STOPPED:
		return I2N_BLAME_USER;
	case I2N_DOM_SYS:
		return I2N_BLAME_LOCAL;
	case I2N_DOM_NONE:
		break;
	}
	return I2N_BLAME_NONE;
}

__attribute__((format(printf, 3, 0)))
static void vformat(char *buf, size_t cap, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, cap, fmt, ap);

	if (n < 0)
		buf[0] = '\0';
	else if ((size_t)n >= cap)
		memcpy(buf + cap - 4, "...", 4);
}

__attribute__((format(printf, 4, 0)))
static void fill(struct i2n_err *err, enum i2n_err_domain domain, int64_t code, const char *fmt,
		 va_list ap)
{
	char text[sizeof(err->msg)];

	/* into a local first: an argument may be the old err->msg */
	vformat(text, sizeof(text), fmt, ap);
	memcpy(err->msg, text, sizeof(text));
	err->domain = domain;
	err->blame = blame_of(domain);
	err->code = code;
	err->hint[0] = '\0';
}

void i2n_err_set(struct i2n_err *err, enum i2n_err_domain domain, int64_t code, const char *fmt,
		 ...)
{
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	fill(err, domain, code, fmt, ap);
	va_end(ap);
}

int i2n_fail(struct i2n_err *err, int rc, enum i2n_err_domain domain, int64_t code,
	     const char *fmt, ...)
{
	va_list ap;

	if (err) {
		va_start(ap, fmt);
		fill(err, domain, code, fmt, ap);
		va_end(ap);
	}
	return rc;
}

void i2n_err_wrap(struct i2n_err *err, const char *fmt, ...)
{
	char context[sizeof(err->msg)], text[2 * sizeof(err->msg) + 4];
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	vformat(context, sizeof(context), fmt, ap);
	va_end(ap);
	/* cut below, visibly */
	(void)snprintf(text, sizeof(text), "%s: %s", context, err->msg);
	if (strlen(text) >= sizeof(err->msg))
		memcpy(text + sizeof(err->msg) - 4, "...", 4);
	memcpy(err->msg, text, strlen(text) + 1);
}

void i2n_err_hint(struct i2n_err *err, const char *fmt, ...)
{
	char text[sizeof(err->hint)];
	va_list ap;

	if (!err)
		return;
	va_start(ap, fmt);
	vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(err->hint, text, sizeof(text));
}

void i2n_err_blame(struct i2n_err *err, enum i2n_blame blame)
{
	if (err)
		err->blame = blame;
}

int i2n_err_nomem(struct i2n_err *err)
{
	return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, ENOMEM, "out of memory");
}
