/* spool_os.h - what the spool asks of one operating system: a file without a name.
 *
 * Ownership: the descriptor is the caller's; its space comes back when it is closed, also when the
 *            program is killed. */
#ifndef SPOOL_OS_H
#define SPOOL_OS_H

#include <stdint.h>

/* A new file in dir that has no name (Linux: O_TMPFILE; else, or where the file system cannot, made
 * and unlinked). -1 and errno. */
int spool_os_open(const char *dir);

/* Free space there for an ordinary user; UINT64_MAX where the system does not say. */
uint64_t spool_os_free_space(int fd);

#endif
