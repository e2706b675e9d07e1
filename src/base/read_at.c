#define _XOPEN_SOURCE 700
#include "read_at.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

bool read_at(int fd, void *buf, size_t len, uint64_t off, size_t *ret)
{
	unsigned char *to = buf;

	for (*ret = 0; *ret < len;) {
		ssize_t n = pread(fd, to + *ret, len - *ret, (off_t)(off + *ret));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		*ret += (size_t)n;
	}
	return true;
}
