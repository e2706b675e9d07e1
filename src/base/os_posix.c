/* os.h for macOS, the BSDs and any other POSIX system. Only macOS has parts of its own: it hides
 * F_RDADVISE when _POSIX_C_SOURCE is defined, and does not tell the size of a disk by lseek(). */
#ifndef __APPLE__
#define _POSIX_C_SOURCE 200809L
#endif
#include "os_own.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#if __has_include(<sys/disk.h>)	/* Xcode has it; headers for cross compilers may not */
#include <sys/disk.h>
#include <sys/ioctl.h>
#endif
#endif

int os_open_image(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

bool os_is_disk(mode_t mode)
{
#ifdef __linux__	/* the twin under test */
	return S_ISBLK(mode);
#else
	return S_ISBLK(mode) || S_ISCHR(mode);
#endif
}

#ifdef DKIOCGETBLOCKCOUNT

uint32_t os_sector_size(int fd)
{
	uint32_t size = 0;

	return ioctl(fd, DKIOCGETBLOCKSIZE, &size) == 0 ? size : 0;
}

uint64_t os_device_size(int fd)
{
	uint64_t count = 0, size = os_sector_size(fd);

	if (ioctl(fd, DKIOCGETBLOCKCOUNT, &count) < 0 || !size || count > UINT64_MAX / size)
		return 0;
	return count * size;
}

#else

uint32_t os_sector_size(int fd)
{
	(void)fd;
	return 0;
}

uint64_t os_device_size(int fd)
{
	(void)fd;
	return 0;
}

#endif

#if defined(F_RDADVISE)

void os_willneed(int fd, uint64_t off, uint64_t len)
{
	struct radvisory r = { .ra_offset = (off_t)off,
			       .ra_count = len < INT32_MAX ? (int)len : INT32_MAX };

	(void)fcntl(fd, F_RDADVISE, &r);	/* a hint */
}

#elif defined(POSIX_FADV_WILLNEED)

void os_willneed(int fd, uint64_t off, uint64_t len)
{
	(void)posix_fadvise(fd, (off_t)off, (off_t)len, POSIX_FADV_WILLNEED);	/* a hint */
}

#else

void os_willneed(int fd, uint64_t off, uint64_t len)
{
	(void)fd, (void)off, (void)len;
}

#endif

int os_open_unlinked(const char *dir)
{
	return os_make_unlinked(dir);
}

void os_punch(int fd, uint64_t off, uint64_t len)
{
	(void)fd, (void)off, (void)len;
}

void os_widen_pipe(int fd)
{
	(void)fd;
}

bool os_random(uint64_t *ret)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);

	if (fd >= 0)
		(void)close(fd);	/* was only read */
	return ok;
}

int os_open_memory(void)
{
	return os_make_unlinked_tmp();
}

void os_keep_freed(void)
{
}

int os_open_peak(void)
{
	return -1;
}

/* POSIX has getrusage() without this member; all systems have it. */
uint64_t os_peak_memory(int fd)
{
#ifdef __APPLE__
	const uint64_t unit = 1;
#else
	const uint64_t unit = 1024;
#endif
	struct rusage usage;

	(void)fd;
	return getrusage(RUSAGE_SELF, &usage) ? 0 : (uint64_t)usage.ru_maxrss * unit;
}
