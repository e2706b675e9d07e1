/* source_os.h - what the file source asks of one operating system and not of POSIX.
 *
 * Unit:      bytes.
 * Ownership: file descriptors are the caller's. */
#ifndef SOURCE_OS_H
#define SOURCE_OS_H

#include <stdint.h>

/* open(2) for reading, close-on-exec, without touching the atime where the system has a way and
 * allows it. */
int source_os_open(const char *path);

/* Logical sector size of a block device, 0 where the system does not say. */
uint32_t source_os_sector_size(int fd);

/* Size of a block device, 0 where the system does not say (the caller then asks lseek). */
uint64_t source_os_device_size(int fd);

/* Ask the system to begin reading this into its cache. A hint. */
void source_os_willneed(int fd, uint64_t off, uint64_t len);

#endif
