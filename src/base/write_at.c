#define _XOPEN_SOURCE 700
#include "write_at.h"

#include "img2nfs/name.h"

#include <errno.h>
#include <string.h>
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

int dest_failed(const char *verb, const char *path, struct i2n_err *err)
{
	int code = errno;
	char q[400];

	i2n_err_set(err, I2N_DOM_SYS, code, "cannot %s %s: %s", verb,
		    i2n_quote(q, sizeof(q), path, strlen(path)), strerror(code));
	i2n_err_blame(err, I2N_BLAME_SERVER);
	return I2N_FATAL;
}
