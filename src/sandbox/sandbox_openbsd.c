/* OpenBSD: unveil for paths, pledge for calls. */
#include "sandbox_own.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names are a matter of the directory that they are in. */
static void unveil_beside(const char *path, const char *rights)
{
	char copy[PATH_MAX];

	if (strlen(path) < sizeof(copy)) {	/* else nobody can open it */
		strcpy(copy, path);
		(void)unveil(dirname(copy), rights);	/* fails where it is wanted */
	}
}

static void unveil_path(const struct i2n_sandbox_path *p)
{
	struct stat st;

	/* what cannot be unveiled fails where it is wanted */
	if (p->right == I2N_SANDBOX_READ)
		(void)unveil(p->path, "r");
	else if (p->right == I2N_SANDBOX_RENAME)
		unveil_beside(p->path, "c");
	else if (!stat(p->path, &st))
		(void)unveil(p->path, "rwc");
	else
		unveil_beside(p->path, "rwc");
}

unsigned i2n_sandbox_enter(const struct i2n_sandbox_opts *opts, char text[I2N_SANDBOX_TEXT])
{
	const struct sandbox_net net = sandbox_net_of(opts);
	const char *tmp = getenv("TMPDIR");
	char promises[100];

	for (unsigned i = 0; i < opts->n_paths; i++)
		unveil_path(&opts->paths[i]);
	/* os.h: temporary files without a name, and random numbers */
	(void)unveil(tmp && tmp[0] ? tmp : "/tmp", "rwc");
	(void)unveil("/dev/urandom", "r");
	/* "dns" brings the resolver's files along; fits always */
	(void)snprintf(promises, sizeof(promises), "stdio rpath wpath cpath fattr%s%s",
		       net.any ? " inet" : "", net.names ? " dns" : "");
	if (pledge(promises, NULL)) {
		(void)snprintf(text, I2N_SANDBOX_TEXT, "not confined: %s", strerror(errno));
		return 0;
	}
	(void)snprintf(text, I2N_SANDBOX_TEXT, "confined by pledge and unveil");	/* fits */
	return I2N_SANDBOX_FILES | I2N_SANDBOX_CALLS;
}

const char *i2n_sandbox_about(char text[I2N_SANDBOX_TEXT])
{
	(void)snprintf(text, I2N_SANDBOX_TEXT, "pledge and unveil");	/* fits */
	return text;
}
