#include "human.h"

#include <inttypes.h>
#include <stdio.h>

const char *human_bytes(char buf[HUMAN_MAX], uint64_t bytes)
{
	static const char prefixes[] = "kMGTPE";
	/* of a kilobyte; 10 * bytes might not fit */
	uint64_t tenths = bytes / 100 + (bytes % 100 >= 50);
	unsigned i = 0;

	if (bytes < 1000) {
		/* HUMAN_MAX is room for all of these */
		(void)snprintf(buf, HUMAN_MAX, "%" PRIu64 " B", bytes);
		return buf;
	}
	for (; tenths >= 10000; i++)
		tenths = tenths / 1000 + (tenths % 1000 >= 500);
	(void)snprintf(buf, HUMAN_MAX, "%" PRIu64 ".%u %cB", tenths / 10, (unsigned)(tenths % 10),
		       prefixes[i]);
	return buf;
}

const char *human_time(char buf[HUMAN_MAX], uint64_t seconds)
{
	uint64_t h = seconds / 3600;
	unsigned m = (unsigned)(seconds / 60 % 60), s = (unsigned)(seconds % 60);

	if (h)
		(void)snprintf(buf, HUMAN_MAX, "%" PRIu64 ":%02u:%02u", h, m, s);
	else
		(void)snprintf(buf, HUMAN_MAX, "%u:%02u", m, s);
	return buf;
}

const char *human_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}
