/* In the place of linux_seccomp.c where libseccomp is missing (SECCOMP=0). */
#include "sandbox_own.h"

#include <stdio.h>

const char *seccomp_name(char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "built without libseccomp");	/* fits */
	return buf;
}

bool seccomp_enter(const struct i2n_sandbox_opts *opts, const struct sandbox_net *net)
{
	(void)opts, (void)net;
	return false;
}
