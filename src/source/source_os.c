/* O_NOATIME and the block device ioctls of Linux; elsewhere plain POSIX. */
#ifdef __linux__
#define _GNU_SOURCE
#else
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
