#include "img2nfs/glob.h"

#include <stdlib.h>
#include <string.h>

/* [...] at p, after the '['; *ret_end behind the ']'. A set that is not closed is no set: false,
 * *ret_end NULL. */
static bool in_set(const char *p, unsigned char c, const char **ret_end)
{
	bool negated = *p == '!' || *p == '^', found = false, first = true;

	for (p += negated; *p && (first || *p != ']'); first = false) {
		unsigned char lo = (unsigned char)*p++, hi = lo;

		if (p[0] == '-' && p[1] && p[1] != ']') {
			hi = (unsigned char)p[1];
			p += 2;
		}
		found |= lo <= c && c <= hi;
	}
	*ret_end = *p ? p + 1 : NULL;
	return *p && found != negated;
}

/* One character against one element of the pattern; *ret_next: behind the element. */
static bool one(const char *p, unsigned char c, const char **ret_next)
{
	const char *end;
	bool yes;

	*ret_next = p + 1;
	switch (*p) {
	case '?':
		return c != '/';
	case '[':
		yes = in_set(p + 1, c, &end);
		if (!end)
			return c == '[';
		*ret_next = end;
		return yes && c != '/';
	case '\\':
		if (p[1]) {
			*ret_next = p + 2;
			return c == (unsigned char)p[1];
		}
		return c == '\\';
	default:
		return c == (unsigned char)*p;
	}
}

/* Steps back to the last '*' and the last '**' only, so it takes at most the product of the
 * lengths. */
static bool matches(const char *p, const char *s, const char *end)
{
	const char *star = NULL, *star_s = NULL, *deep = NULL, *deep_s = NULL, *next;

	for (;;) {
		if (p[0] == '*' && p[1] == '*') {
			p += 2;
			deep = p;
			deep_s = s;
			star = NULL;
		} else if (*p == '*') {
			star = ++p;
			star_s = s;
		} else if (s < end && *p && one(p, (unsigned char)*s, &next)) {
			p = next;
			s++;
		} else if (s == end && !*p) {
			return true;
		} else if (star && star_s < end && *star_s != '/') {
			p = star;
			s = ++star_s;
		} else if (deep && deep_s < end) {
			p = deep;
			s = ++deep_s;
			star = NULL;
		} else {
			return false;
		}
	}
}

bool i2n_glob_match(const char *glob, const char *path, size_t len)
{
	const char *end = path + len, *name = path;
	bool anchored = *glob == '/';

	if (anchored)
		return matches(glob + 1, path, end);
	if (strchr(glob, '/') || strstr(glob, "**")) {	/* the end of the path, from any component
							 * on */
		for (; name; name = memchr(name, '/', (size_t)(end - name)), name = name ? name +
		     1 : NULL)
			if (matches(glob, name, end))
				return true;
		return false;
	}
	for (const char *c = path; c < end; c++)
		if (*c == '/')
			name = c + 1;
	return matches(glob, name, end);
}
