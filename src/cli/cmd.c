#include "cmd.h"

#include <string.h>

const struct i2n_cmd *const i2n_cmds[] = {
	&cmd_extract,
	&cmd_verify,
	&cmd_manifest,
	&cmd_check,
	&cmd_list,
	&cmd_ls,
	&cmd_stat,
	&cmd_cat,
	&cmd_lint_cmdline,
	&cmd_help,
	NULL,
};

const struct i2n_cmd *cmd_find(const char *name)
{
	for (const struct i2n_cmd *const *c = i2n_cmds; *c; c++)
		if (!strcmp((*c)->name, name))
			return *c;
	return NULL;
}
