#include "fat_own.h"

#include <string.h>

static size_t put_utf8(unsigned char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (unsigned char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (unsigned char)(0xc0 | c >> 6);
		p[1] = (unsigned char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (unsigned char)(0xe0 | c >> 12);
		p[1] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (unsigned char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (unsigned char)(0xf0 | c >> 18);
	p[1] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (unsigned char)(0x80 | (c & 0x3f));
	return 4;
}

static bool is_surrogate(uint16_t unit)
{
	return (unit & 0xf800) == 0xd800;
}

static bool is_low_surrogate(uint16_t unit)
{
	return (unit & 0xfc00) == 0xdc00;
}

size_t fat_utf16_to_utf8(const uint16_t *units, size_t n, unsigned char *buf)
{
	size_t len = 0;

	for (size_t i = 0; i < n && units[i]; i++) {
		uint32_t c = units[i];

		if (is_surrogate(units[i])) {
			if (is_low_surrogate(units[i]) || i + 1 == n ||
			    !is_low_surrogate(units[i + 1]))
				continue;
			c = 0x10000 + ((c & 0x3ff) << 10) + (units[++i] & 0x3ffu);
		}
		len += put_utf8(buf + len, c);
	}
	return len;
}

/* Up to n bytes without the spaces at the end; appended to units. */
static size_t put_part(uint16_t *units, const unsigned char *part, size_t n, bool is_lower)
{
	size_t len = 0;

	for (size_t i = 0; i < n && part[i]; i++) {
		units[i] = fat_cp437(is_lower ? fat_cp437_lower(part[i]) : part[i]);
		if (part[i] != ' ')
			len = i + 1;
	}
	return len;
}

size_t fat_short_name(const unsigned char *entry, unsigned char *buf)
{
	unsigned char raw[11];
	uint16_t units[12];
	size_t base, ext;

	memcpy(raw, entry, sizeof(raw));
	if (raw[0] == 0x05)	/* stands for 0xe5, which marks a deleted entry */
		raw[0] = 0xe5;
	base = put_part(units, raw, 8, entry[12] & FAT_LOWER_BASE);
	units[base] = '.';
	ext = put_part(units + base + 1, raw + 8, 3, entry[12] & FAT_LOWER_EXT);
	return fat_utf16_to_utf8(units, ext ? base + 1 + ext : base, buf);
}

unsigned char fat_short_sum(const unsigned char *short_name)
{
	unsigned char sum = 0;

	for (size_t i = 0; i < 11; i++)
		sum = (unsigned char)((sum >> 1 | sum << 7) + short_name[i]);
	return sum;
}
