/* cmd.h - a command is one file cmd_x.c that exports one const struct i2n_cmd, listed in cmd.c. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "opts.h"

struct i2n_cmd {
	const char *name;		/* "extract" */
	const char *args;		/* operands, as the synopsis shows them: "IMAGE URL" */
	const char *line;		/* one line for `img2nfs help`: no capital, no full stop */
	unsigned min_args, max_args;	/* how many operands */
	/* the command's rows; --help is known to all commands and not among them */
	const struct opt *opts;
	size_t opts_size;		/* size of the struct that the rows write to */
	/* values: the parsed struct; args: the operands. Prints what there is to print (msg.h) and
	 * returns the exit status (status.h). A failed write to stdout is found by main(), not
	 * here. */
	int (*exec)(const void *values, unsigned n_args, char **args);
};

/* All commands in the order in which help shows them; ends with NULL. */
extern const struct i2n_cmd *const i2n_cmds[];
const struct i2n_cmd *cmd_find(const char *name);

/* One per file cmd_x.c. */
extern const struct i2n_cmd cmd_cat, cmd_check, cmd_extract, cmd_help, cmd_list, cmd_ls, cmd_stat,
	cmd_lint_cmdline, cmd_manifest, cmd_verify;

#endif
