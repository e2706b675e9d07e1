/* sums.h - the SHA-256 that somebody wrote down for a file: FILE.sha256, FILE.sha256sum or
 * SHA256SUMS beside it.
 *
 * Lines are "HEX  NAME", "HEX *NAME" (sha256sum) or "SHA256 (NAME) = HEX" (BSD, openssl); of a file
 * made for one image alone, "HEX" will do.
 *
 * Trust: the files are hostile; those longer than SUMS_MAX are passed over. */
#ifndef SUMS_H
#define SUMS_H

#include "img2nfs/err.h"

#include <stddef.h>

#define SUMS_MAX ((size_t)4 << 20)

/* 64 hexadecimal digits, made lower case in hex. */
bool sums_is_hex(const char *text, size_t len, char hex[65]);

/* The digest that the text has for `name` (without folders). nameless: a line of digits alone
 * counts. */
bool sums_parse(const char *text, size_t len, const char *name, bool nameless, char hex[65]);

/* Look beside path. I2N_OK: found, and where (caller frees); I2N_END: nothing there.
 * *ret_other: a file made for this image was there, but does not name it (caller frees; else
 * NULL). */
int sums_find(const char *path, char hex[65], char **ret_where, char **ret_other,
	      struct i2n_err *err);

#endif
