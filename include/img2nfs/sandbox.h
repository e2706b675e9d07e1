/* sandbox.h - give up what the process does not need, before something hostile is read.
 *
 *	struct i2n_sandbox_path out = { "rootfs.tar", I2N_SANDBOX_RENAME };
 *	struct i2n_sandbox_opts opts = { .paths = &out, .n_paths = 1 };
 *	char text[I2N_SANDBOX_TEXT];
 *
 *	... open what will be read, and rootfs.tar.part0 to be written ...
 *	i2n_sandbox_enter(&opts, text);
 *	... parse it ...
 *
 * What is open stays usable. After that the process can open what is listed and nothing else, speak
 * to servers only if hosts are listed, and run no program, trace or change no other process, load
 * nothing into the kernel, mount nothing, become nobody else. There is no way back, and what comes
 * of it, threads, too, is held by the same.
 *
 * A call that is not allowed fails as if the user had no right to it (EACCES, EPERM), or as if the
 * system did not have it (ENOSYS); the process is not killed, so the error is told as any other.
 *
 *	Linux	Landlock for files, TCP and signals, by raw calls, as much of it as the kernel has;
 *		seccomp through libseccomp for calls, where it was built with it. Where the kernel
 *		has no Landlock, seccomp forbids all opening where no path that can be opened is
 *		listed, and no names of hosts are.
 *	FreeBSD	capability mode, only where nothing is listed: it knows neither paths nor connecting
 *	OpenBSD	pledge and unveil
 *
 * Where the system, the kernel or a container does not have it or does not let us, nothing is given
 * up, and the text says why. Under valgrind, and built with a sanitizer, it is off: they need what
 * it takes away.
 *
 * Thread:    before the program has threads: those that exist already stay free.
 * Ownership: nothing is kept.
 * Trust:     paths and hosts are the user's own words.
 * Source:    landlock(7), seccomp(2), capsicum(4), pledge(2), unveil(2). */
#ifndef IMG2NFS_SANDBOX_H
#define IMG2NFS_SANDBOX_H

#include <stddef.h>

enum i2n_sandbox_right {
	I2N_SANDBOX_READ,	/* this file, or all below this directory */
	/* this name may be taken by a file that is open already under another one beside it, and
	 * that one removed. Nothing can be opened by it; but as systems give rights to directories,
	 * the files in the one that it is in, and below that, can be removed or renamed where they
	 * are, and by Landlock without seccomp empty ones be made. */
	I2N_SANDBOX_RENAME,
	/* this directory and all below; where it does not exist, the one in which it will be
	 * made */
	I2N_SANDBOX_FILL,
};

struct i2n_sandbox_path {
	const char *path;
	enum i2n_sandbox_right right;
};

struct i2n_sandbox_opts {
	const struct i2n_sandbox_path *paths;
	unsigned n_paths;
	/* servers, as names or addresses. A name needs the files of the system's resolver, too; one
	 * in ".local" its local sockets. */
	const char *const *hosts;
	unsigned n_hosts;
};

/* What is confined; bits. */
enum i2n_sandbox_part {
	I2N_SANDBOX_FILES = 1 << 0,	/* what can be opened */
	I2N_SANDBOX_CALLS = 1 << 1,	/* what can be asked of the system */
};

#define I2N_SANDBOX_TEXT 200

/* Enter it, as far as there is one: bits of enum i2n_sandbox_part. text: what was done, or why not,
 * one line for the user. A path that does not exist is no error: whoever opens it will say so. */
unsigned i2n_sandbox_enter(const struct i2n_sandbox_opts *opts, char text[I2N_SANDBOX_TEXT]);

/* What this build and the running system have: "Landlock (ABI 7), libseccomp 2.5.4". */
const char *i2n_sandbox_about(char text[I2N_SANDBOX_TEXT]);

#endif
