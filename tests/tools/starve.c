/* starve.c - preload object: memory is out for requests of $STARVE_FROM to $STARVE_TO bytes. */
#include <errno.h>
#include <stdlib.h>

/* glibc's own name for what is replaced here. */
extern void *__libc_malloc(size_t size);

static size_t limit(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

void *malloc(size_t size)
{
	if (size < limit("STARVE_FROM") || size > limit("STARVE_TO"))
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}
