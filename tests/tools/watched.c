/* watched.c - run a program and tell about it.
 *
 *	watched FILE PROGRAM [ARG...]
 *
 * FILE gets "pid N" when the program starts, and "maxrss_kib N", "wall_ms N", "user_ms N" and
 * "system_ms N" when it has ended; the exit status is the program's (128 + signal when it was
 * killed). SIGINT and SIGQUIT are set back to their
 * defaults first, because a shell without job control starts background jobs with them ignored. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int put(const char *file, const char *what, long n)
{
	FILE *f = fopen(file, "a");

	if (!f || fprintf(f, "%s %ld\n", what, n) < 0 || fclose(f)) {
		fprintf(stderr, "watched: cannot write %s: %s\n", file, strerror(errno));
		return -1;
	}
	return 0;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static long ms(struct timeval tv)
{
	return tv.tv_sec * 1000 + tv.tv_usec / 1000;
}

int main(int argc, char **argv)
{
	struct rusage ru;
	int status;
	pid_t pid;
	long kib, begin = now_ms(), end;

	if (argc < 3) {
		fprintf(stderr, "usage: watched FILE PROGRAM [ARG...]\n");
		return 2;
	}
	pid = fork();
	if (pid < 0)
		return 2;
	if (!pid) {
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		execvp(argv[2], argv + 2);
		fprintf(stderr, "watched: cannot run %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (put(argv[1], "pid", (long)pid))
		return 2;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 2;
	}
	end = now_ms();
	if (getrusage(RUSAGE_CHILDREN, &ru))
		return 2;
	kib = ru.ru_maxrss;
#ifdef __APPLE__
	kib /= 1024;
#endif
	if (put(argv[1], "maxrss_kib", kib) || put(argv[1], "wall_ms", end - begin) ||
	    put(argv[1], "user_ms", ms(ru.ru_utime)) || put(argv[1], "system_ms", ms(ru.ru_stime)))
		return 2;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
