#include "json.h"

#include "img2nfs/name.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* Failed writes are found by main() through ferror(stdout); nothing here could do more. */

void json_init(struct json *j, FILE *f, bool pretty)
{
	memset(j, 0, sizeof(*j));
	j->f = f;
	j->pretty = pretty;
}

static void new_line(struct json *j)
{
	if (j->pretty)
		(void)fprintf(j->f, "\n%*s", (int)(2 * j->depth), "");
}

/* Comma, line and key before a value. */
static void begin(struct json *j, const char *key)
{
	if (j->depth) {
		if (j->level[j->depth].used)
			(void)fputs(j->pretty ? "," : ", ", j->f);
		j->level[j->depth].used = true;
		new_line(j);
		assert(j->level[j->depth].array == !key);
	}
	if (key)
		(void)fprintf(j->f, "\"%s\": ", key);
}

static void after(struct json *j)
{
	if (!j->depth)
		(void)fputc('\n', j->f);
}

static void open_level(struct json *j, const char *key, bool array)
{
	begin(j, key);
	assert(j->depth + 1 < JSON_DEPTH);
	j->depth++;
	j->level[j->depth].array = array;
	j->level[j->depth].used = false;
	(void)fputc(array ? '[' : '{', j->f);
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, false);
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, true);
}

void json_end(struct json *j)
{
	bool used = j->level[j->depth].used, array = j->level[j->depth].array;

	assert(j->depth);
	j->depth--;
	if (used)
		new_line(j);
	(void)fputc(array ? ']' : '}', j->f);
	after(j);
}

static void put_string(struct json *j, const unsigned char *p, size_t len)
{
	(void)fputc('"', j->f);
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = i2n_utf8_len(p + i, len - i);
		if (!n)
			(void)fputs("\\ufffd", j->f);
		else if (p[i] < 0x20 || p[i] == 0x7f)
			(void)fprintf(j->f, "\\u%04x", p[i]);
		else if (p[i] == '"' || p[i] == '\\')
			(void)fprintf(j->f, "\\%c", p[i]);
		else
			(void)fwrite(p + i, 1, n, j->f);
	}
	(void)fputc('"', j->f);
}

static void put_base64(struct json *j, const unsigned char *p, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	(void)fputc('"', j->f);
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (len - i > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (len - i > 2)
			v |= p[i + 2];
		(void)fputc(digits[v >> 18], j->f);
		(void)fputc(digits[v >> 12 & 63], j->f);
		(void)fputc(len - i > 1 ? digits[v >> 6 & 63] : '=', j->f);
		(void)fputc(len - i > 2 ? digits[v & 63] : '=', j->f);
	}
	(void)fputc('"', j->f);
}

void json_str(struct json *j, const char *key, const char *text)
{
	if (!text) {
		json_null(j, key);
		return;
	}
	begin(j, key);
	put_string(j, (const unsigned char *)text, strlen(text));
	after(j);
}

void json_bytes(struct json *j, const char *key, const void *bytes, size_t len)
{
	char key64[64];

	assert(key && j->depth);
	begin(j, key);
	put_string(j, bytes, len);
	if (i2n_is_utf8(bytes, len))
		return;
	(void)snprintf(key64, sizeof(key64), "%s_base64", key);	/* our own keys are short */
	begin(j, key64);
	put_base64(j, bytes, len);
}

void json_u64(struct json *j, const char *key, uint64_t v)
{
	begin(j, key);
	(void)fprintf(j->f, "%" PRIu64, v);
	after(j);
}

void json_i64(struct json *j, const char *key, int64_t v)
{
	begin(j, key);
	(void)fprintf(j->f, "%" PRId64, v);
	after(j);
}

void json_ms(struct json *j, const char *key, uint64_t ms)
{
	begin(j, key);
	(void)fprintf(j->f, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
	after(j);
}

void json_bool(struct json *j, const char *key, bool v)
{
	begin(j, key);
	(void)fputs(v ? "true" : "false", j->f);
	after(j);
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	(void)fputs("null", j->f);
	after(j);
}

void json_error(struct json *j, const struct i2n_err *err)
{
	if (!err) {
		json_null(j, "error");
		return;
	}
	json_object(j, "error");
	json_str(j, "message", err->msg);
	json_str(j, "hint", err->hint);
	json_end(j);
}
