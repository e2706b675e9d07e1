#include "img2nfs/name.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define UNIT_MAX 4	/* longest escaped form of one unit: \xHH, or a UTF-8 sequence */

/* As i2n_utf8_len(), of more than ASCII, with the character. */
static size_t utf8_decode(const unsigned char *p, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n, i;
	uint32_t c;

	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2, c = p[0] & 0x1f;
	else if ((p[0] & 0xf0) == 0xe0)
		n = 3, c = p[0] & 0x0f;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4, c = p[0] & 0x07;
	else
		return 0;
	if (n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

size_t i2n_utf8_len(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	uint32_t c;

	return p[0] < 0x80 ? 1 : utf8_decode(p, len, &c);
}

bool i2n_is_utf8(const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = i2n_utf8_len(p + i, len - i);
		if (!n)
			return false;
	}
	return true;
}

/* Characters that a terminal acts on or that hide or reorder their neighbours. */
static bool is_deceptive(uint32_t c)
{
	static const struct { uint32_t first, last; } ranges[] = {
		{ 0x80, 0x9f },		/* C1 controls */
		{ 0xad, 0xad },		/* soft hyphen */
		{ 0x61c, 0x61c },	/* Arabic letter mark */
		{ 0x180e, 0x180e },
		{ 0x200b, 0x200f },	/* zero width, directional marks */
		{ 0x2028, 0x202e },	/* line and paragraph separators, bidi embeddings and
					 * overrides */
		{ 0x2060, 0x206f },	/* invisible operators, bidi isolates */
		{ 0xfdd0, 0xfdef },	/* noncharacters */
		{ 0xfeff, 0xfeff },	/* byte order mark */
		{ 0xfff0, 0xfffb },
		{ 0xe0000, 0xe0fff },	/* tags */
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return (c & 0xfffe) == 0xfffe;
}

/* The escaped form of the first unit of p into out (not terminated); its length. *ret_used: bytes
 * of p taken. */
static size_t escape_unit(const unsigned char *p, size_t len, char out[UNIT_MAX], size_t *ret_used)
{
	static const char hex[] = "0123456789abcdef";
	static const char plain[] = "\n\t'\\", letter[] = "nt'\\";
	const char *at = p[0] ? strchr(plain, p[0]) : NULL;
	uint32_t c;
	size_t n;

	*ret_used = 1;
	if (at) {
		out[0] = '\\';
		out[1] = letter[at - plain];
		return 2;
	}
	if (p[0] >= 0x20 && p[0] < 0x7f) {
		out[0] = (char)p[0];
		return 1;
	}
	n = utf8_decode(p, len, &c);
	if (n && !is_deceptive(c)) {
		memcpy(out, p, n);
		*ret_used = n;
		return n;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[p[0] >> 4];
	out[3] = hex[p[0] & 15];
	return 4;
}

/* Escape into room bytes without terminating; returns the length. */
static size_t escape(char *buf, size_t room, const unsigned char *p, size_t len)
{
	char unit[UNIT_MAX];
	size_t total = 0, pos, used, out = 0, n;

	for (pos = 0; pos < len; pos += used)
		total += escape_unit(p + pos, len - pos, unit, &used);
	pos = 0;
	if (total > room) {
		out = room < 3 ? room : 3;
		memset(buf, '.', out);
		for (; total > room - out; pos += used)
			total -= escape_unit(p + pos, len - pos, unit, &used);
	}
	for (; pos < len; pos += used) {
		n = escape_unit(p + pos, len - pos, unit, &used);
		memcpy(buf + out, unit, n);
		out += n;
	}
	return out;
}

const char *i2n_escape(char *buf, size_t cap, const void *bytes, size_t len)
{
	buf[escape(buf, cap - 1, bytes, len)] = '\0';
	return buf;
}

const char *i2n_quote(char *buf, size_t cap, const void *bytes, size_t len)
{
	size_t n;

	if (cap < 3) {
		buf[0] = '\0';
		return buf;
	}
	buf[0] = '\'';
	n = escape(buf + 1, cap - 3, bytes, len);
	buf[n + 1] = '\'';
	buf[n + 2] = '\0';
	return buf;
}
