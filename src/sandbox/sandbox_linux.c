#include "sandbox_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

/* What needs more of the system than the program itself; NULL: nothing does. */
static const char *watched_by(void)
{
#ifdef SANITIZED
	return "a sanitizer";	/* its leak checker traces the process, reports read files */
#else
	const char *preload = getenv("LD_PRELOAD");

	/* the program's calls are made by valgrind, among its own */
	return preload && strstr(preload, "/vgpreload_") ? "valgrind" : NULL;
#endif
}

static const char *landlock_text(char *buf, size_t cap)
{
	int abi = landlock_abi();

	if (abi)
		(void)snprintf(buf, cap, "Landlock (ABI %d)", abi);	/* fits, here and below */
	else
		(void)snprintf(buf, cap, "no Landlock in this kernel");
	return buf;
}

const char *i2n_sandbox_about(char text[I2N_SANDBOX_TEXT])
{
	char files[60], calls[60];

	if (watched_by())
		(void)snprintf(text, I2N_SANDBOX_TEXT, "no sandbox under %s", watched_by());
	else
		(void)snprintf(text, I2N_SANDBOX_TEXT, "%s, %s",
			       landlock_text(files, sizeof(files)),
			       seccomp_name(calls, sizeof(calls)));
	return text;
}

unsigned i2n_sandbox_enter(const struct i2n_sandbox_opts *opts, char text[I2N_SANDBOX_TEXT])
{
	const struct sandbox_net net = sandbox_net_of(opts);
	char files[60], calls[60];
	unsigned parts = 0;

	if (watched_by()) {
		(void)snprintf(text, I2N_SANDBOX_TEXT, "not confined under %s", watched_by());
		return 0;
	}
	landlock_text(files, sizeof(files));
	seccomp_name(calls, sizeof(calls));
	parts |= landlock_enter(opts, &net) ? I2N_SANDBOX_FILES : 0;
	parts |= seccomp_enter(opts, &net) ? I2N_SANDBOX_CALLS : 0;
	if (parts & I2N_SANDBOX_CALLS && !sandbox_opens(opts) && !net.names)
		parts |= I2N_SANDBOX_FILES;
	(void)snprintf(text, I2N_SANDBOX_TEXT, "%s: %s%s, %s%s",
		       parts ? "confined" : "not confined", files,
		       parts & I2N_SANDBOX_FILES ? "" : " (not used)", calls,
		       parts & I2N_SANDBOX_CALLS ? "" : " (not used)");
	return parts;
}
