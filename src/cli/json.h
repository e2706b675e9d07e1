/* json.h - write one JSON value after another: RFC 8259, nothing more.
 *
 *	struct json j;
 *	json_init(&j, true);
 *	json_into(&j, stdout);
 *	json_object(&j, NULL);
 *	json_str(&j, "type", "ext4");
 *	json_bytes(&j, "path", name, len);
 *	json_end(&j);
 *
 * Keys are NULL in arrays and at the top; they are our own words and not escaped. A top-level value
 * ends with a newline.
 *
 * Unit:      numbers are written in full, also above 2^53.
 * Trust:     strings may be any bytes. JSON text is UTF-8 and names are not, so json_bytes() writes
 *            two members where needed: "path" with every byte that is not part of valid UTF-8
 *            replaced by U+FFFD, for people, and "path_base64" with the exact bytes. Valid UTF-8
 *            has only the first.
 * Errors:    a failed write is found at the end of the program, or of the file (ferror). */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "img2nfs/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH 16

#define JSON_FILES 2

struct json {
	FILE *f[JSON_FILES];
	unsigned n_files;
	bool pretty;			/* over several lines, else on one */
	unsigned depth;
	struct {
		bool array, used;
	} level[JSON_DEPTH];
};

void json_init(struct json *j, bool pretty);
/* Where to; several get the same bytes. Before the first value. */
void json_into(struct json *j, FILE *f);

void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
void json_end(struct json *j);		/* of the innermost object or array */

void json_str(struct json *j, const char *key, const char *text);	/* NULL: null */
/* only in an object */
void json_bytes(struct json *j, const char *key, const void *bytes, size_t len);
void json_u64(struct json *j, const char *key, uint64_t v);
void json_i64(struct json *j, const char *key, int64_t v);
void json_ms(struct json *j, const char *key, uint64_t ms);		/* as seconds: 12.345 */
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
void json_error(struct json *j, const struct i2n_err *err);	/* member "error"; NULL: null */

#endif
