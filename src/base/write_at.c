#define _XOPEN_SOURCE 700
#include "write_at.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

bool write_at(int fd, const void *buf, size_t len, uint64_t off)
{
	const unsigned char *from = buf;

	while (len) {
		ssize_t n = pwrite(fd, from, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return false;
		from += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}
