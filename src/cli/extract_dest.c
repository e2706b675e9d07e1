#define _POSIX_C_SOURCE 200809L
#include "extract_dest.h"

#include "img2nfs/name.h"
#include "img2nfs/tar.h"

#include "signals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int unknown(const char *text, struct i2n_err *err)
{
	char q[200];

	i2n_err_set(err, I2N_DOM_USAGE, 0, "cannot tell what kind of destination %s is",
		    i2n_quote(q, sizeof(q), text, strlen(text)));
	i2n_err_hint(err, "nfs://server/path, a tar whose name ends in\n%s, or - for a tar on "
		     "standard output, or null:", i2n_tar_types());
	return I2N_FATAL;
}

/* The archive keeps the descriptor, and what is printed goes where messages go, also when there
 * will be none: who reads it takes all for the archive. */
static int move_stdout(struct dest *d, struct i2n_err *err)
{
	if (isatty(STDOUT_FILENO))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"a tar is not written to a terminal");
	d->fd = dup(STDOUT_FILENO);
	if (d->fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, errno,
				"cannot write to standard output: %s", strerror(errno));
	return I2N_OK;
}

int dest_parse(const char *text, struct dest *ret, struct i2n_err *err)
{
	*ret = (struct dest){ .kind = DEST_NFS };
	if (!strcmp(text, "null:")) {
		ret->kind = DEST_NULL;
		return I2N_OK;
	}
	if (!strcmp(text, "-")) {
		ret->kind = DEST_TAR;
		return move_stdout(ret, err);
	}
	if (strstr(text, "://"))
		return I2N_OK;
	if (!i2n_tar_type(text, &ret->type))
		return unknown(text, err);
	ret->kind = DEST_TAR;
	ret->path = text;
	return I2N_OK;
}

int dest_open_tar(const struct dest *d, const struct out_file *file,
		  const struct i2n_sink_env *env, struct i2n_sink **ret, struct i2n_err *err)
{
	struct i2n_tar_opts opts = { .name = "to standard output", .type = d->type,
				     .fd = d->fd, .stop = signals_stop() };
	char q[300];

	if (d->path) {
		opts.fd = fileno(file->f);
		opts.name = i2n_quote(q, sizeof(q), d->path, strlen(d->path));
	}
	return i2n_sink_open_tar(&opts, env, ret, err);
}

const char *dest_word(const struct dest *dest)
{
	return dest->kind == DEST_NULL ? "null:" : dest->kind == DEST_TAR ? "a tar" : "a server";
}
