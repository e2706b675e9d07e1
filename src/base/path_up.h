/* path_up.h - the path of a name in a tree whose names know only the directory they are in.
 *
 * Ownership: the path is the caller's.
 * Unit:      len in bytes; may be larger than PATH_MAX. */
#ifndef BASE_PATH_UP_H
#define BASE_PATH_UP_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of name *at, and *at moves to the name of the directory that holds it, I2N_NONE when
 * that is the root. */
typedef const unsigned char *path_step_fn(const void *tree, uint32_t *at, size_t *ret_len);

/* From the root, without leading slash, NUL-terminated; of I2N_NONE ".". ret_len may be NULL. NULL:
 * out of memory. Not recursive. */
char *path_up(const void *tree, uint32_t at, path_step_fn *step, size_t *ret_len);

#endif
