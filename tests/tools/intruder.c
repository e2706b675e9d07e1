/* intruder.c - preload object: what somebody could do who took the process over while it reads an
 * image. At the first read of the image (the first pread() of all, or the first read() of standard
 * input) and at the end of the program it tries what the program itself never does, and writes what
 * came of it to the file descriptor INTRUDER_FD, a line each:
 *
 *	first read: open EACCES
 *
 * with OK or the name of the error. With INTRUDER_OLD=landlock, seccomp or both words, the system does
 * not have these calls, as in an old kernel or in a container. It opens /etc/passwd, makes the file
 * INTRUDER_FILE, makes a UNIX socket, starts a program, asks if it may send a signal to its parent.
 * In the folder INTRUDER_BESIDE it reads, overwrites and empties the file "other", puts something into
 * a new file "new", and at the end renames "here" to "there" and removes "gone". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static int tried;	/* at the first read */

static void tell(const char *when, const char *what, int code)
{
	const char *fd = getenv("INTRUDER_FD");

	(void)dprintf(fd ? atoi(fd) : 2, "%s: %s %s\n", when, what,
		      code ? strerrorname_np(code) : "OK");
}

static int close_it(int fd)
{
	int code = fd < 0 ? errno : 0;

	if (fd >= 0)
		(void)close(fd);
	return code;
}

static int start_program(void)
{
	char program[] = "true", *argv[] = { program, NULL };
	pid_t pid;
	int code = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ);

	if (!code)
		(void)waitpid(pid, NULL, 0);
	return code;
}

static int fill(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600), code = errno;

	if (fd < 0)
		return code;
	code = write(fd, "x", 1) == 1 ? 0 : errno;
	(void)close(fd);
	(void)unlink(path);	/* for the next try */
	return code;
}

static int empty(const char *path)
{
	if (!truncate(path, 0))
		return 0;
	return close_it(open(path, O_WRONLY | O_TRUNC));
}

static void try_beside(const char *when, const char *folder)
{
	char other[4096], new[4096];

	(void)snprintf(other, sizeof(other), "%s/other", folder);
	(void)snprintf(new, sizeof(new), "%s/new", folder);
	tell(when, "peek", close_it(open(other, O_RDONLY)));
	tell(when, "overwrite", close_it(open(other, O_WRONLY)));
	tell(when, "empty", empty(other));
	tell(when, "fill", fill(new));
}

/* What is allowed where a file is to get its name. */
static void try_names(const char *when, const char *folder)
{
	char from[4096], to[4096];

	(void)snprintf(from, sizeof(from), "%s/here", folder);
	(void)snprintf(to, sizeof(to), "%s/there", folder);
	tell(when, "rename", rename(from, to) ? errno : 0);
	(void)snprintf(from, sizeof(from), "%s/gone", folder);
	tell(when, "remove", unlink(from) ? errno : 0);
}

static void try_all(const char *when)
{
	const char *file = getenv("INTRUDER_FILE");

	tell(when, "open", close_it(open("/etc/passwd", O_RDONLY)));
	if (file)
		tell(when, "make", close_it(open(file, O_WRONLY | O_CREAT, 0600)));
	tell(when, "socket", close_it(socket(AF_UNIX, SOCK_STREAM, 0)));
	tell(when, "program", start_program());
	tell(when, "signal", kill(getppid(), 0) ? errno : 0);
	if (getenv("INTRUDER_BESIDE"))
		try_beside(when, getenv("INTRUDER_BESIDE"));
}

static void first_read(void)
{
	if (tried)
		return;
	tried = 1;
	try_all("first read");
}

static int is_missing(long nr)
{
	const char *old = getenv("INTRUDER_OLD");

	if (!old)
		return 0;
	/* 444 to 446 on all architectures; headers may be older */
	return (nr >= 444 && nr <= 446 && strstr(old, "landlock")) ||
	       (nr == SYS_seccomp && strstr(old, "seccomp"));
}

/* Libraries call these by number, and prctl() for filters where seccomp() is missing. */
long syscall(long nr, ...)
{
	long (*real)(long, ...) = NULL, a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);	/* registers: there are always six */
	va_end(ap);
	if (is_missing(nr)) {
		errno = ENOSYS;
		return -1;
	}
	*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int prctl(int option, ...)
{
	unsigned long a[4];
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (option == PR_SET_SECCOMP && is_missing(SYS_seccomp)) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_prctl, (long)option, a[0], a[1], a[2], a[3], 0L);
}

ssize_t pread64(int fd, void *buf, size_t len, off64_t off)
{
	ssize_t (*real)(int, void *, size_t, off64_t) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "pread64");
	first_read();
	return real(fd, buf, len, off);
}

ssize_t read(int fd, void *buf, size_t len)
{
	ssize_t (*real)(int, void *, size_t) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "read");
	if (fd == STDIN_FILENO)
		first_read();
	return real(fd, buf, len);
}

__attribute__((destructor)) static void at_end(void)
{
	if (!tried)
		return;
	try_all("end");
	if (getenv("INTRUDER_BESIDE"))
		try_names("end", getenv("INTRUDER_BESIDE"));
}
