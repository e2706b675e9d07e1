/* A system that answers one byte at a time, and is interrupted in between, gives the same bytes.
 * The pread() of this program stands in for the system's. */
#define _POSIX_C_SOURCE 200809L
#include "img2nfs/source.h"

#include <errno.h>
#include <unistd.h>

#include "t.h"

static unsigned calls;

ssize_t pread(int fd, void *buf, size_t len, off_t off)
{
	if (++calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	if (!len || lseek(fd, off, SEEK_SET) != off)
		return -1;
	return read(fd, buf, 1);
}

int main(void)
{
	static const char text[] = "Sphinx of black quartz, judge my vow";
	struct i2n_source *src = NULL;
	struct i2n_err err = { 0 };
	char buf[sizeof(text)] = "";

	T_EQ(system("printf 'Sphinx of black quartz, judge my vow' >f"), 0);
	T_EQ(i2n_source_open_file("f", &src, &err), I2N_OK);
	if (!src)
		return 1;
	T_EQ(i2n_source_pread(src, buf, sizeof(text) - 1, 0, &err), I2N_OK);
	T_STR(buf, text);
	T_OK(calls > sizeof(text));
	i2n_source_free(src);
	return t_end();
}
