#include "msg.h"

#include "img2nfs/name.h"

#include "signals.h"

#include <stdio.h>
#include <string.h>

/* Is there a passing line on the terminal? */
static bool passing;

static _Thread_local const char *about;

void msg_about(const char *name)
{
	about = name;
}

/* A failed write to stderr has nowhere to be told; the exit status says what there is to say. */
static void clear(void)
{
	if (passing)
		(void)fputs("\r\033[K", stderr);
	passing = false;
}

void msg_line(const char *fmt, ...)
{
	char q[300];
	va_list ap;

	flockfile(stderr);
	clear();
	(void)fputs("img2nfs: ", stderr);
	if (about)
		(void)fprintf(stderr, "%s: ", i2n_escape(q, sizeof(q), about, strlen(about)));
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	funlockfile(stderr);
}

void msg_error(const struct i2n_err *err)
{
	const char *line = err->hint;

	flockfile(stderr);
	msg_line("%s", err->msg);
	while (*line) {
		size_t n = strcspn(line, "\n");

		(void)fprintf(stderr, "  %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	funlockfile(stderr);
}

void msg_end(const struct i2n_err *err)
{
	if (err->domain == I2N_DOM_STOPPED)
		msg_line("stopped by %s", signals_name((int)err->code));
	else
		msg_error(err);
}

void msg_passing(const char *text)
{
	flockfile(stderr);
	clear();
	if (*text) {
		(void)fputs(text, stderr);
		(void)fflush(stderr);
		passing = true;
	}
	funlockfile(stderr);
}
