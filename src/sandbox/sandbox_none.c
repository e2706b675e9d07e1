/* Where the system has nothing that we use: macOS (its sandbox_init() is deprecated), NetBSD,
 * others. */
#include "img2nfs/sandbox.h"

#include <stdio.h>

unsigned i2n_sandbox_enter(const struct i2n_sandbox_opts *opts, char text[I2N_SANDBOX_TEXT])
{
	(void)opts;
	(void)i2n_sandbox_about(text);
	return 0;
}

const char *i2n_sandbox_about(char text[I2N_SANDBOX_TEXT])
{
	(void)snprintf(text, I2N_SANDBOX_TEXT, "no sandbox");	/* fits */
	return text;
}
