/* os.h for Linux, with glibc and with musl. */
#define _GNU_SOURCE
#include "os_own.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

int os_open_image(const char *path)
{
	int flags = O_RDONLY | O_CLOEXEC;
	int fd = open(path, flags | O_NOATIME);

	/* open(2): EPERM when the file belongs to another user */
	return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

bool os_is_disk(mode_t mode)
{
	return S_ISBLK(mode);
}

uint32_t os_sector_size(int fd)
{
	int size = 0;

	return ioctl(fd, BLKSSZGET, &size) == 0 && size > 0 ? (uint32_t)size : 0;
}

uint64_t os_device_size(int fd)
{
	uint64_t size = 0;

	return ioctl(fd, BLKGETSIZE64, &size) == 0 ? size : 0;
}

/* Linux reads at most the device's read-ahead (128 KiB usually) of one such call, whatever it asks
 * for: mm/readahead.c, force_page_cache_ra(). Seen on 6.18. */
#define HINT_MAX (128u << 10)

static bool is_cached(int fd, uint64_t off)
{
#ifdef RWF_NOWAIT
	char c;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };

	return preadv2(fd, &iov, 1, (off_t)off, RWF_NOWAIT) == 1;
#else
	(void)fd;
	(void)off;
	return false;
#endif
}

/* To be told of what is in its cache costs it a look at every page: of a large file a tenth of our
 * processor time. The first byte is asked for first: asking for one that is not there begins to
 * read it. */
void os_willneed(int fd, uint64_t off, uint64_t len)
{
	if (len && is_cached(fd, off) && is_cached(fd, off + len - 1))
		return;
	while (len) {
		uint64_t n = HINT_MAX - off % HINT_MAX;

		n = n < len ? n : len;
		(void)posix_fadvise(fd, (off_t)off, (off_t)n, POSIX_FADV_WILLNEED); /* a hint */
		off += n;
		len -= n;
	}
}

int os_open_unlinked(const char *dir)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* EISDIR: a kernel before 3.11 */
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	return os_make_unlinked(dir);
}

void os_punch(int fd, uint64_t off, uint64_t len)
{
	/* a file system that cannot keeps the space */
	(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)len);
}

void os_widen_pipe(int fd)
{
	/* pipe(7): 1 MiB is what an ordinary user may ask for by default */
	(void)fcntl(fd, F_SETPIPE_SZ, 1 << 20);
}

bool os_random(uint64_t *ret)
{
	return getrandom(ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret);
}

int os_open_memory(void)
{
	int fd = memfd_create("img2nfs", MFD_CLOEXEC);

	return fd < 0 ? os_make_unlinked_tmp() : fd;
}

#ifdef __GLIBC__

#define LARGEST (4 << 20)	/* more than libnfs takes for a WRITE of 1 MiB; what is larger, the
				 * tables of a tree, goes back to the system when it is freed */
#define KEEP (64 << 20)		/* more than can be in flight */

void os_keep_freed(void)
{
	/* who has tuned glibc knows better, and so do measurements of what is in use */
	if (getenv("MALLOC_MMAP_THRESHOLD_"))
		return;
	/* a libc that refuses is slower, and nothing else */
	(void)mallopt(M_MMAP_THRESHOLD, LARGEST);
	(void)mallopt(M_TRIM_THRESHOLD, KEEP);
}

#else

void os_keep_freed(void)
{
}

#endif

/* getrusage() also counts what the process had before it became this program, which after a fork of
 * a large one is all of that one's. */
int os_open_peak(void)
{
	return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
}

uint64_t os_peak_memory(int fd)
{
	char text[4096];
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, 0);
	unsigned long long kib = 0;
	struct rusage usage;
	const char *at;

	text[n < 0 ? 0 : n] = '\0';
	at = strstr(text, "\nVmHWM:");
	if (at)
		(void)sscanf(at + 7, "%llu", &kib);	/* 0 where it is no number */
	if (!kib && !getrusage(RUSAGE_SELF, &usage))
		kib = (unsigned long long)usage.ru_maxrss;
	return kib * 1024;
}
