/* glob.h - patterns for paths, as rsync has them.
 *
 * '*' any characters but '/', '**' any characters, '?' one character but '/', '[a-z]' and '[!a-z]'
 * one of a set, backslash takes the next one as it is. A pattern that begins with '/' is anchored:
 * it must match the whole path from the destination directory. Otherwise it must match the end of
 * the path from the beginning of a component on; without a '/' in it that is the name.
 *
 * Unit:  bytes. Thread: any. Ownership: no allocation. Trust: path may be anything; time is bounded
 *        by the product of the lengths.
 * Source: rsync(1), PATTERN MATCHING RULES. */
#ifndef IMG2NFS_GLOB_H
#define IMG2NFS_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/* path: without leading slash. */
bool i2n_glob_match(const char *glob, const char *path, size_t len);

#endif
