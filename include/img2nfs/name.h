/* name.h - bytes of unknown origin, made fit for a terminal and a message.
 *
 * Printable ASCII and valid UTF-8 (without C1 controls, bidi overrides and the like) stay;
 * everything else becomes \xHH, and newline, tab, quote and backslash their C escapes. */
#ifndef IMG2NFS_NAME_H
#define IMG2NFS_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Escape len bytes into buf (cap > 0, always NUL-terminated, cut in front with "..." when too long,
 * because the end of a path tells more). Returns buf. */
const char *i2n_escape(char *buf, size_t cap, const void *bytes, size_t len);

/* The same in single quotes: 'etc/fstab'. */
const char *i2n_quote(char *buf, size_t cap, const void *bytes, size_t len);

/* Length of the UTF-8 sequence at bytes (RFC 3629: shortest form, no surrogates), 0 if there is
 * none. len > 0. */
size_t i2n_utf8_len(const void *bytes, size_t len);
bool i2n_is_utf8(const void *bytes, size_t len);

#endif
