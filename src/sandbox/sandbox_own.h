/* sandbox_own.h - what the sandboxes of several systems have in common, and the two halves of that
 * of Linux.
 *
 * Ownership: nothing is kept. */
#ifndef SANDBOX_OWN_H
#define SANDBOX_OWN_H

#include "img2nfs/sandbox.h"

#include <stdbool.h>

/* Is there a path with this right? */
static inline bool sandbox_has(const struct i2n_sandbox_opts *opts, enum i2n_sandbox_right right)
{
	for (unsigned i = 0; i < opts->n_paths; i++)
		if (opts->paths[i].right == right)
			return true;
	return false;
}

/* Is there a path that can be opened? */
static inline bool sandbox_opens(const struct i2n_sandbox_opts *opts)
{
	return sandbox_has(opts, I2N_SANDBOX_READ) || sandbox_has(opts, I2N_SANDBOX_FILL);
}

/* sandbox_hosts.c: what it takes to find them. */
struct sandbox_net {
	bool any;	/* sockets */
	bool names;	/* the resolver's files, and UDP */
	bool local;	/* and its local sockets */
};
struct sandbox_net sandbox_net_of(const struct i2n_sandbox_opts *opts);

/* sandbox_hosts.c: what a resolver reads, files and directories; ends with NULL. Most systems have
 * only some of them. */
extern const char *const sandbox_resolver_files[];

/* linux_landlock.c */
int landlock_abi(void);			/* 0: the kernel has none, or does not let us; errno */
bool landlock_enter(const struct i2n_sandbox_opts *opts, const struct sandbox_net *net);

/* linux_seccomp.c, or linux_no_seccomp.c where the library is missing */
const char *seccomp_name(char *buf, size_t cap);	/* "libseccomp 2.5.4" */
bool seccomp_enter(const struct i2n_sandbox_opts *opts, const struct sandbox_net *net);

#endif
