/* tar.h - store a tree as a tar archive in the pax format: what NFS cannot hold is in it, too.
 *
 * Each member has owner, mode, and times in nanoseconds; extended attributes are SCHILY.xattr.*,
 * ACLs SCHILY.acl.access and .default, as GNU tar --xattrs --acls, bsdtar, Go and others read them;
 * files with holes are in GNU's format 1.0. Members are in the order of a walk by name, "./" first,
 * a directory before what is in it. Sockets cannot be in a tar, nor chattr flags.
 *
 * The same tree gives the same bytes, whatever the machine, the time and the locale; compressed
 * ones depend on the compressing library.
 *
 * Unit:      bytes.
 * Thread:    as any sink; xz and zstd compress in threads of their own.
 * Ownership: as any sink; opts may go after opening, but for *stop.
 * Memory:    buffers of 2 MiB, and up to 1 MiB of attributes of one object; what the compression
 *            takes.
 * Errors:    a file whose content cannot be read is left out, or, when that is found out after its
 *            beginning was written, has zeros from there on; both are I2N_BADNODE. */
#ifndef IMG2NFS_TAR_H
#define IMG2NFS_TAR_H

#include "img2nfs/sink.h"

struct i2n_tar_opts {
	int fd;				/* written from where it stands; stays the caller's */
	const char *name;		/* for messages: "cannot write NAME: ..." */
	const char *type;		/* for i2n_pack_open(), NULL: not compressed */
	const volatile int *stop;	/* NULL: cannot be stopped while it waits for a reader */
};

/* The word for i2n_pack_open() that goes with the end of a name, *ret NULL for ".tar"; false: it is
 * not the name of a tar, or of one that nobody here can write. */
bool i2n_tar_type(const char *name, const char **ret);
/* The ends that are known, for a message: ".tar, .tar.gz, ..." */
const char *i2n_tar_types(void);

/* The archive is whole when i2n_sink_finish() was: a file that is to have one under its name only
 * should get it then. */
int i2n_sink_open_tar(const struct i2n_tar_opts *opts, const struct i2n_sink_env *env,
		      struct i2n_sink **ret, struct i2n_err *err);

#endif
