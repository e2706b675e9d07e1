/* FreeBSD: capability mode. It has no paths and cannot connect; where one of them is needed it
 * would take a helper process (libcasper) that does both for us, and libnfs, which connects itself,
 * would have to ask it. So commands that need neither are confined: list, ls, cat, stat, manifest,
 * and extract to standard output or to null:. */
#include "img2nfs/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capsicum.h>

unsigned i2n_sandbox_enter(const struct i2n_sandbox_opts *opts, char text[I2N_SANDBOX_TEXT])
{
	if (opts->n_paths || opts->n_hosts) {
		(void)snprintf(text, I2N_SANDBOX_TEXT,
			       "not confined: in capability mode there are no paths and servers");
		return 0;
	}
	if (cap_enter()) {	/* a kernel without it */
		(void)snprintf(text, I2N_SANDBOX_TEXT, "not confined: %s", strerror(errno));
		return 0;
	}
	(void)snprintf(text, I2N_SANDBOX_TEXT, "confined by capability mode");	/* fits */
	return I2N_SANDBOX_FILES | I2N_SANDBOX_CALLS;
}

const char *i2n_sandbox_about(char text[I2N_SANDBOX_TEXT])
{
	(void)snprintf(text, I2N_SANDBOX_TEXT, "Capsicum");	/* fits */
	return text;
}
