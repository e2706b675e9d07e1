#define _POSIX_C_SOURCE 200809L
#include "sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool sums_is_hex(const char *text, size_t len, char hex[65])
{
	size_t i;

	if (len != 64)
		return false;
	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
		hex[i] = c;
	}
	hex[64] = '\0';
	return true;
}

/* "./folder/x.img" names x.img. */
static bool is_name(const char *text, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len >= n && !memcmp(text + len - n, name, n) &&
	       (len == n || text[len - n - 1] == '/');
}

static size_t trimmed(const char *line, size_t len)
{
	while (len && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	return len;
}

/* SHA256 (NAME) = HEX */
static bool parse_bsd(const char *line, size_t len, const char *name, char hex[65])
{
	static const char begin[] = "SHA256 (", middle[] = ") = ";
	const size_t b = sizeof(begin) - 1, m = sizeof(middle) - 1;

	if (len < b + m + 64 || memcmp(line, begin, b) ||
	    memcmp(line + len - 64 - m, middle, m) != 0)
		return false;
	return is_name(line + b, len - 64 - m - b, name) &&
	       sums_is_hex(line + len - 64, 64, hex);
}

static bool parse_line(const char *line, size_t len, const char *name, bool nameless, char hex[65])
{
	len = trimmed(line, len);
	if (len == 64)
		return nameless && sums_is_hex(line, len, hex);
	if (len > 66 && line[64] == ' ' && (line[65] == ' ' || line[65] == '*'))
		return is_name(line + 66, len - 66, name) && sums_is_hex(line, 64, hex);
	return parse_bsd(line, len, name, hex);
}

bool sums_parse(const char *text, size_t len, const char *name, bool nameless, char hex[65])
{
	while (len) {
		const char *nl = memchr(text, '\n', len);
		size_t n = nl ? (size_t)(nl - text) : len;

		if (parse_line(text, n, name, nameless, hex))
			return true;
		n += nl != NULL;
		text += n;
		len -= n;
	}
	return false;
}

/* I2N_END: there is no such file, or it is too long. */
static int read_all(const char *path, char **ret, size_t *ret_len, struct i2n_err *err)
{
	FILE *f = fopen(path, "re");
	char *buf;
	int rc = I2N_OK;

	if (!f)
		return I2N_END;
	buf = malloc(SUMS_MAX);
	if (!buf) {
		rc = i2n_err_nomem(err);
	} else {
		*ret_len = fread(buf, 1, SUMS_MAX, f);
		if (ferror(f) || *ret_len == SUMS_MAX)
			rc = I2N_END;	/* a folder of that name, too */
	}
	(void)fclose(f);	/* only read from: nothing can be lost */
	if (rc == I2N_OK)
		*ret = buf;
	else
		free(buf);
	return rc;
}

static char *joined(const char *a, size_t n, const char *b)
{
	char *p = malloc(n + strlen(b) + 1);

	if (p) {
		memcpy(p, a, n);
		strcpy(p + n, b);
	}
	return p;
}

/* Takes `where`. */
static int look(char *where, const char *name, bool own, char hex[65], char **ret_where,
		char **ret_other, struct i2n_err *err)
{
	char *text = NULL;
	size_t len = 0;
	int rc;

	if (!where)
		return i2n_err_nomem(err);
	rc = read_all(where, &text, &len, err);
	if (rc == I2N_OK && !sums_parse(text, len, name, own, hex)) {
		rc = I2N_END;
		if (own && !*ret_other) {
			*ret_other = where;
			where = NULL;
		}
	}
	free(text);
	if (rc == I2N_OK)
		*ret_where = where;
	else
		free(where);
	return rc;
}

int sums_find(const char *path, char hex[65], char **ret_where, char **ret_other,
	      struct i2n_err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t dir = (size_t)(name - path);
	int rc;

	*ret_other = NULL;
	rc = look(joined(path, strlen(path), ".sha256"), name, true, hex, ret_where, ret_other,
		  err);
	if (rc == I2N_END)
		rc = look(joined(path, strlen(path), ".sha256sum"), name, true, hex, ret_where,
			  ret_other, err);
	if (rc == I2N_END)
		rc = look(joined(path, dir, "SHA256SUMS"), name, false, hex, ret_where, ret_other,
			  err);
	if (rc != I2N_END) {
		free(*ret_other);
		*ret_other = NULL;
	}
	return rc;
}
