#include "signals.h"

#include "status.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const struct {
	int signo;
	const char *name;
} caught[] = {
	{ SIGINT, "SIGINT" },
	{ SIGTERM, "SIGTERM" },
	{ SIGHUP, "SIGHUP" },
};
#define N_CAUGHT (sizeof(caught) / sizeof(caught[0]))

/* Threads look at `stop` without a lock, which a handler could not take: an int that is set once,
 * and read again soon by who has missed it. ThreadSanitizer need not tell. */
#ifdef __GNUC__
#define SETS_STOP __attribute__((no_sanitize("thread")))
#else
#define SETS_STOP
#endif

/* int instead of sig_atomic_t, which it is on all systems, because the layers below know no
 * signals. */
static volatile int stop;

/* More than one for each of the trees that `extract` stores at most. */
#define FILES_MAX 80

static const char *volatile to_remove[FILES_MAX];

static void remove_all(void)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (to_remove[i])
			(void)unlink(to_remove[i]);
}

/* A signal that comes between the look at `stop` and a call that waits, a write to a pipe that
 * nobody reads, would not end that call. So another one comes each second from then on. */
SETS_STOP static void on_signal(int signo)
{
	const int was = errno;

	if (stop && signo == SIGINT) {
		remove_all();
		_exit(STATUS_SIGNAL + signo);
	}
	if (!stop)
		stop = signo;
	(void)alarm(1);
	errno = was;
}

static void on_alarm(int signo)
{
	const int was = errno;

	(void)signo;
	(void)alarm(1);
	errno = was;
}

void signals_catch(void)
{
	struct sigaction act = { .sa_handler = on_signal }, old;
	struct sigaction again = { .sa_handler = on_alarm };

	/* these calls cannot fail with valid signals and pointers */
	(void)sigemptyset(&act.sa_mask);
	(void)sigemptyset(&again.sa_mask);
	(void)sigaction(SIGALRM, &again, NULL);
	for (size_t i = 0; i < N_CAUGHT; i++) {
		(void)sigaction(caught[i].signo, NULL, &old);
		if (old.sa_handler != SIG_IGN)
			(void)sigaction(caught[i].signo, &act, NULL);
	}
}

static void swap_for(const char *from, const char *to)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (to_remove[i] == from) {
			to_remove[i] = to;
			return;
		}
}

void signals_remove(const char *path)
{
	if (path)
		swap_for(NULL, path);
}

void signals_keep(const char *path)
{
	if (path)
		swap_for(path, NULL);
}

const volatile int *signals_stop(void)
{
	return &stop;
}

const char *signals_name(int signo)
{
	for (size_t i = 0; i < N_CAUGHT; i++)
		if (caught[i].signo == signo)
			return caught[i].name;
	return "a signal";
}
