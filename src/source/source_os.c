/* O_NOATIME and the block device ioctls of Linux, F_RDADVISE of macOS; elsewhere plain POSIX. */
#ifdef __linux__
#define _GNU_SOURCE
#elif !defined(__APPLE__)	/* hides F_RDADVISE there */
#define _POSIX_C_SOURCE 200809L
#endif
#include "source_os.h"

#include <errno.h>
#include <fcntl.h>

#ifdef __linux__
#include <linux/fs.h>
#include <sys/ioctl.h>

int source_os_open(const char *path)
{
	int flags = O_RDONLY | O_CLOEXEC;
	int fd = open(path, flags | O_NOATIME);

	/* open(2): EPERM when the file belongs to another user */
	return fd < 0 && errno == EPERM ? open(path, flags) : fd;
}

uint32_t source_os_sector_size(int fd)
{
	int size = 0;

	return ioctl(fd, BLKSSZGET, &size) == 0 && size > 0 ? (uint32_t)size : 0;
}

uint64_t source_os_device_size(int fd)
{
	uint64_t size = 0;

	return ioctl(fd, BLKGETSIZE64, &size) == 0 ? size : 0;
}

#else

int source_os_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

uint32_t source_os_sector_size(int fd)
{
	(void)fd;
	return 0;
}

uint64_t source_os_device_size(int fd)
{
	(void)fd;
	return 0;
}

#endif

#ifdef POSIX_FADV_WILLNEED

/* Linux reads at most the device's read-ahead (128 KiB usually) of one such call, whatever it asks
 * for: mm/readahead.c, force_page_cache_ra(). Seen on 6.18. */
#define HINT_MAX (128u << 10)

void source_os_willneed(int fd, uint64_t off, uint64_t len)
{
	while (len) {
		uint64_t n = HINT_MAX - off % HINT_MAX;

		n = n < len ? n : len;
		(void)posix_fadvise(fd, (off_t)off, (off_t)n, POSIX_FADV_WILLNEED); /* a hint */
		off += n;
		len -= n;
	}
}

#elif defined(F_RDADVISE)

void source_os_willneed(int fd, uint64_t off, uint64_t len)
{
	struct radvisory r = { .ra_offset = (off_t)off,
			       .ra_count = len < INT32_MAX ? (int)len : INT32_MAX };

	(void)fcntl(fd, F_RDADVISE, &r);	/* a hint */
}

#else

void source_os_willneed(int fd, uint64_t off, uint64_t len)
{
	(void)fd, (void)off, (void)len;
}

#endif
