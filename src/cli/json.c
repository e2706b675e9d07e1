#include "json.h"

#include "img2nfs/name.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

void json_init(struct json *j, bool pretty)
{
	memset(j, 0, sizeof(*j));
	j->pretty = pretty;
}

void json_into(struct json *j, FILE *f)
{
	assert(j->n_files < JSON_FILES);
	j->f[j->n_files++] = f;
}

/* Failed writes are found through ferror(), by main() or who closes the file; nothing here could do
 * more. */
static void put(struct json *j, const void *bytes, size_t len)
{
	for (unsigned i = 0; i < j->n_files; i++)
		(void)fwrite(bytes, 1, len, j->f[i]);
}

static void puts_to(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

/* Short texts only. */
static void putf(struct json *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void putf(struct json *j, const char *fmt, ...)
{
	char buf[128];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	puts_to(j, buf);
}

static void put_char(struct json *j, char c)
{
	put(j, &c, 1);
}

static void new_line(struct json *j)
{
	if (j->pretty)
		putf(j, "\n%*s", (int)(2 * j->depth), "");
}

/* Comma, line and key before a value. */
static void begin(struct json *j, const char *key)
{
	if (j->depth) {
		if (j->level[j->depth].used)
			puts_to(j, j->pretty ? "," : ", ");
		j->level[j->depth].used = true;
		new_line(j);
		assert(j->level[j->depth].array == !key);
	}
	if (key)
		putf(j, "\"%s\": ", key);
}

static void after(struct json *j)
{
	if (!j->depth)
		put_char(j, '\n');
}

static void open_level(struct json *j, const char *key, bool array)
{
	begin(j, key);
	assert(j->depth + 1 < JSON_DEPTH);
	j->depth++;
	j->level[j->depth].array = array;
	j->level[j->depth].used = false;
	put_char(j, array ? '[' : '{');
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
	put_char(j, array ? ']' : '}');
	after(j);
}

/* What a terminal acts on, or what some programs take for the end of a line (U+0085, U+2028 and
 * U+2029: Python's splitlines(), older JavaScript) though JSON lets it stand. n: bytes at p. */
static bool is_control(const unsigned char *p, size_t n, unsigned *ret_code)
{
	*ret_code = n == 1 ? p[0] : n == 2 ? p[1] : 0x2000u | (p[n - 1] & 0x3fu);
	if (n == 1)
		return p[0] < 0x20 || p[0] == 0x7f;
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0;
	return n == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] | 1) == 0xa9;
}

static void put_string(struct json *j, const unsigned char *p, size_t len)
{
	unsigned code;

	put_char(j, '"');
	for (size_t i = 0, n; i < len; i += n ? n : 1) {
		n = i2n_utf8_len(p + i, len - i);
		if (!n)
			puts_to(j, "\\ufffd");
		else if (is_control(p + i, n, &code))
			putf(j, "\\u%04x", code);
		else if (p[i] == '"' || p[i] == '\\')
			putf(j, "\\%c", p[i]);
		else
			put(j, p + i, n);
	}
	put_char(j, '"');
}

static void put_base64(struct json *j, const unsigned char *p, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	put_char(j, '"');
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (len - i > 1)
			v |= (uint32_t)p[i + 1] << 8;
		if (len - i > 2)
			v |= p[i + 2];
		put_char(j, digits[v >> 18]);
		put_char(j, digits[v >> 12 & 63]);
		put_char(j, len - i > 1 ? digits[v >> 6 & 63] : '=');
		put_char(j, len - i > 2 ? digits[v & 63] : '=');
	}
	put_char(j, '"');
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
	putf(j, "%" PRIu64, v);
	after(j);
}

void json_i64(struct json *j, const char *key, int64_t v)
{
	begin(j, key);
	putf(j, "%" PRId64, v);
	after(j);
}

void json_ms(struct json *j, const char *key, uint64_t ms)
{
	begin(j, key);
	putf(j, "%" PRIu64 ".%03u", ms / 1000, (unsigned)(ms % 1000));
	after(j);
}

void json_bool(struct json *j, const char *key, bool v)
{
	begin(j, key);
	puts_to(j, v ? "true" : "false");
	after(j);
}

void json_null(struct json *j, const char *key)
{
	begin(j, key);
	puts_to(j, "null");
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
