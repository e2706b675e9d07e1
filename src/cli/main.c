/* main.c - find the command, parse its options, run it, and make sure that its output arrived. */
#include "img2nfs/name.h"

#include "cmd.h"
#include "msg.h"
#include "os.h"
#include "status.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run(const struct i2n_cmd *cmd, int argc, char **argv)
{
	void *values = calloc(1, cmd->opts_size);
	struct i2n_err err = { 0 };
	unsigned n = 0;
	int rc, status;

	rc = values ? opts_parse(cmd, argc, argv, values, &n, &err) : i2n_err_nomem(&err);
	if (rc == I2N_END) {
		opts_help(cmd, stdout);
		status = STATUS_OK;
	} else if (rc) {
		msg_error(&err);
		status = status_of(&err);
	} else {
		status = cmd->exec(values, n, argv);
	}
	if (values)
		opts_release(cmd, values);
	free(values);
	return status;
}

static int unknown(const char *word)
{
	struct i2n_err err;
	char q[160];

	if (word)
		i2n_err_set(&err, I2N_DOM_USAGE, 0, "unknown %s %s",
			    word[0] == '-' ? "option" : "command",
			    i2n_quote(q, sizeof(q), word, strlen(word)));
	else
		i2n_err_set(&err, I2N_DOM_USAGE, 0, "no command given");
	i2n_err_hint(&err, "'img2nfs help' lists the commands");
	msg_error(&err);
	return STATUS_USAGE;
}

static int dispatch(int argc, char **argv)
{
	const struct i2n_cmd *cmd;

	if (argc < 2)
		return unknown(NULL);
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		version_print(stdout);
		return STATUS_OK;
	}
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return run(&cmd_help, 0, argv + 2);
	cmd = cmd_find(argv[1]);
	return cmd ? run(cmd, argc - 2, argv + 2) : unknown(argv[1]);
}

/* A result that did not reach its file is no result: NFS and full disks report at the flush. */
static int close_stdout(int status)
{
	int failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) != 0 || failed) {
		msg_line("cannot write to standard output: %s",
			 errno ? strerror(errno) : "an earlier write failed");
		return status_worse(status, STATUS_LOCAL);
	}
	return status;
}

/* The next file to be opened would be standard output, and get what is printed. What is there
 * instead fails as before. */
static void fill_closed(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)	/* the lowest one that is free: open() takes it */
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	fill_closed();
	os_keep_freed();
	(void)signal(SIGPIPE, SIG_IGN);	/* SIGPIPE exists and can be ignored: this cannot fail */
	return close_stdout(dispatch(argc, argv));
}
