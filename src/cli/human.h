/* human.h - numbers as people read them. For machines there is json.h. */
#ifndef CLI_HUMAN_H
#define CLI_HUMAN_H

#include <stddef.h>
#include <stdint.h>

#define HUMAN_MAX 24	/* room that is always enough */

/* "17 B", "4.1 kB", "850.3 MB": powers of 1000, as disks and networks are sold. Returns buf. */
const char *human_bytes(char buf[HUMAN_MAX], uint64_t bytes);

/* "0:07", "12:34", "1:02:03". Returns buf. */
const char *human_time(char buf[HUMAN_MAX], uint64_t seconds);

/* "s" unless n is 1. */
const char *human_s(uint64_t n);

#endif
