/* spoil.c - preload object: a disk that keeps something else than it was given.
 *
 * When a file has been renamed to one whose last part is $SPOIL_NAME, the byte at $SPOIL_AT of it
 * is changed; without $SPOIL_AT the file is removed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void spoil(int dir, const char *path)
{
	const char *name = getenv("SPOIL_NAME"), *at = getenv("SPOIL_AT");
	const char *slash = strrchr(path, '/');
	unsigned char byte;
	int fd;

	if (!name || strcmp(slash ? slash + 1 : path, name))
		return;
	if (!at) {
		(void)unlinkat(dir, path, 0);
		return;
	}
	fd = openat(dir, path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || pread(fd, &byte, 1, atol(at)) != 1)
		abort();
	byte ^= 1;
	if (pwrite(fd, &byte, 1, atol(at)) != 1 || close(fd))
		abort();
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int (*next)(int, const char *, int, const char *);
	void *symbol = dlsym(RTLD_NEXT, "renameat");
	int rc;

	memcpy(&next, &symbol, sizeof(next));
	rc = next(from_dir, from, to_dir, to);
	if (!rc)
		spoil(to_dir, to);
	return rc;
}
