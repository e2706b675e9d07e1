/* os.h - all that we ask of one operating system and not of POSIX.
 *
 * os_linux.c and os_posix.c implement it; the Makefile takes one of them, with PORTABLE=1 the
 * second on Linux, too. Nothing else in src/ looks at the system it is compiled for (`make lint`).
 *
 * Unit:      bytes.
 * Ownership: file descriptors are the caller's. */
#ifndef BASE_OS_H
#define BASE_OS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* open(2) for reading, close-on-exec, without touching the atime where the system has a way and
 * allows it. */
int os_open_image(const char *path);

/* Can a file of this mode be a disk? Block devices; on the BSDs and macOS character devices as
 * well. */
bool os_is_disk(mode_t mode);

/* Logical sector size of a disk, 0 where the system does not say. */
uint32_t os_sector_size(int fd);

/* Size of a disk, 0 where the system does not say (the caller then asks lseek). */
uint64_t os_device_size(int fd);

/* Ask the system to begin reading this into its cache. A hint. */
void os_willneed(int fd, uint64_t off, uint64_t len);

/* Let a pipe hold more, where the system can: fewer turns between who writes and who reads. A hint;
 * fd may be anything. */
void os_widen_pipe(int fd);

/* A new file in dir that has no name; where the system or the file system cannot, one that is made
 * and unlinked. Close-on-exec. Its space comes back when it is closed, also when the program is
 * killed. -1 and errno. */
int os_open_unlinked(const char *dir);

/* Make a hole in it, where the system can: the space of whole blocks of the file system comes back.
 * What is read there after that is zeros, or what it was. */
void os_punch(int fd, uint64_t off, uint64_t len);

/* A number that nobody can guess; false where the system gives none. */
bool os_random(uint64_t *ret);

/* A new file without a name in memory; where the system cannot, below $TMPDIR. */
int os_open_memory(void);

/* Once, before anything is allocated: keep memory that was freed.
 *
 * libnfs allocates every request together with its data, up to a MiB and more, and frees it when
 * the reply is there. By default glibc gives such memory back to the system each time and has it
 * filled with zeros page by page at the next request: half of the processor time of an extraction
 * of large files. */
void os_keep_freed(void);

/* What os_peak_memory() asks, to be opened before the process gives up the right to; -1: it needs
 * nothing. */
int os_open_peak(void);
/* The most memory that the program has had so far, in bytes; 0 where the system does not say. */
uint64_t os_peak_memory(int fd);

#endif
