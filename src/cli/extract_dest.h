/* extract_dest.h - where `extract` stores: a server, a tar, nowhere. */
#ifndef CLI_EXTRACT_DEST_H
#define CLI_EXTRACT_DEST_H

#include "img2nfs/sink.h"

#include "out_file.h"

struct dest {
	enum dest_kind { DEST_NFS, DEST_NULL, DEST_TAR } kind;
	const char *path;	/* TAR: of the archive; NULL: standard output */
	const char *type;	/* TAR: how it is compressed, NULL: not */
	int fd;			/* TAR without path: standard output, which is then standard
				 * error's */
};

/* What the operand means. Of a tar to standard output what is printed goes to standard error from
 * here on. */
int dest_parse(const char *text, struct dest *ret, struct i2n_err *err);

/* Open the sink of a tar. file: open, where it has a path; the caller's. */
int dest_open_tar(const struct dest *dest, const struct out_file *file,
		  const struct i2n_sink_env *env, struct i2n_sink **ret, struct i2n_err *err);

/* The word of a message: "null:", "a tar". */
const char *dest_word(const struct dest *dest);

#endif
