#include "img2nfs/name.h"

#include "cmd.h"
#include "msg.h"
#include "status.h"

#include <stddef.h>
#include <string.h>

struct help_opts {
	bool commands, options;
};

/* main() finds failed writes to stdout, here and below. */
static void print_overview(void)
{
	(void)puts("Usage: img2nfs COMMAND [OPTION]... [OPERAND]...\n"
		   "Copy the Linux file tree of a disk image to an NFS server, without root and\n"
		   "without a mount.\n");
	for (const struct i2n_cmd *const *c = i2n_cmds; *c; c++)
		(void)printf("  %-12s %s\n", (*c)->name, (*c)->line);
	(void)puts("\n"
		   "'img2nfs COMMAND --help' shows the options of a command, 'img2nfs --version'\n"
		   "the versions of program and libraries, 'man img2nfs' everything.");
}

static int exec_help(const void *values, unsigned n_args, char **args)
{
	const struct help_opts *o = values;
	const struct i2n_cmd *cmd = n_args ? cmd_find(args[0]) : NULL;
	struct i2n_err err;
	char q[160];

	if (n_args && !cmd) {
		i2n_err_set(&err, I2N_DOM_USAGE, 0, "unknown command %s",
			    i2n_quote(q, sizeof(q), args[0], strlen(args[0])));
		i2n_err_hint(&err, "'img2nfs help' lists the commands");
		msg_error(&err);
		return STATUS_USAGE;
	}
	if (o->commands)
		for (const struct i2n_cmd *const *c = i2n_cmds; *c; c++)
			(void)puts((*c)->name);
	else if (o->options)
		opts_list(cmd ? cmd : &cmd_help, stdout);
	else if (cmd)
		opts_help(cmd, stdout);
	else
		print_overview();
	return STATUS_OK;
}

static const struct opt rows[] = {
	{ .name = "commands", .type = OPT_FLAG, .off = offsetof(struct help_opts, commands),
	  .help = "print the names of the commands, one per line, for the shell's completion" },
	{ .name = "options", .type = OPT_FLAG, .off = offsetof(struct help_opts, options),
	  .help = "print the options of COMMAND, one per line, for the shell's completion" },
	{ 0 },
};

const struct i2n_cmd cmd_help = {
	.name = "help",
	.args = "[COMMAND]",
	.line = "show what there is, or the options of a command",
	.max_args = 1,
	.opts = rows,
	.opts_size = sizeof(struct help_opts),
	.exec = exec_help,
};
