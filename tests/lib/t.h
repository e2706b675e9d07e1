/* t.h - checks for unit tests. One test program = one behaviour; main() makes checks and ends with
 * `return t_end();`. A failed check prints both values and where it stands, and the program goes on
 * and ends with status 1. `return t_skip("reason")` ends with 77, which the runner counts as a
 * skip. */
#ifndef TESTS_T_H
#define TESTS_T_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int t_failures;

#define T_OK(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond); \
		t_failures++; \
	} \
} while (0)

#define T_EQ(got, want) do { \
	int64_t t_g = (int64_t)(got), t_w = (int64_t)(want); \
	if (t_g != t_w) { \
		fprintf(stderr, "%s:%d: %s is %" PRId64 " (0x%" PRIx64 "), want %" PRId64 " (0x%" PRIx64 \
			")\n", __FILE__, __LINE__, #got, t_g, (uint64_t)t_g, t_w, (uint64_t)t_w); \
		t_failures++; \
	} \
} while (0)

#define T_STR(got, want) do { \
	const char *t_g = (got), *t_w = (want); \
	if (strcmp(t_g ? t_g : "(null)", t_w)) { \
		fprintf(stderr, "%s:%d: %s is\n\t\"%s\", want\n\t\"%s\"\n", __FILE__, __LINE__, #got, \
			t_g ? t_g : "(null)", t_w); \
		t_failures++; \
	} \
} while (0)

/* got contains part */
#define T_HAS(got, part) do { \
	const char *t_g = (got), *t_p = (part); \
	if (!strstr(t_g, t_p)) { \
		fprintf(stderr, "%s:%d: %s is\n\t\"%s\", which lacks\n\t\"%s\"\n", __FILE__, __LINE__, #got, \
			t_g, t_p); \
		t_failures++; \
	} \
} while (0)

#define T_MEM(got, want, len) do { \
	if (memcmp((got), (want), (len))) { \
		fprintf(stderr, "%s:%d: the %zu bytes of %s differ from %s\n", __FILE__, __LINE__, \
			(size_t)(len), #got, #want); \
		t_failures++; \
	} \
} while (0)

static inline int t_end(void)
{
	return t_failures ? 1 : 0;
}

static inline int t_skip(const char *why)
{
	printf("skip: %s\n", why);
	return 77;
}

#endif
