/* mkstemp() and fcntl() for both implementations of os.h. */
#define _XOPEN_SOURCE 700
#include "os_own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int os_make_unlinked(const char *dir)
{
	char path[4096];
	int n, fd;

	n = snprintf(path, sizeof(path), "%s/img2nfs.XXXXXX", dir);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	(void)unlink(path);	/* a name left behind is harmless */
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);	/* a valid descriptor: cannot fail */
	return fd;
}

int os_make_unlinked_tmp(void)
{
	const char *dir = getenv("TMPDIR");

	return os_make_unlinked(dir && dir[0] ? dir : "/tmp");
}
