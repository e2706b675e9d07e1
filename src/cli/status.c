#include "status.h"

#include <stddef.h>
#include <stdio.h>

const char *status_name(int status)
{
	static const char *const names[] = {
		[STATUS_OK] = "ok",		[STATUS_LOSS] = "loss",
		[STATUS_USAGE] = "usage",	[STATUS_IMAGE] = "image",
		[STATUS_SERVER] = "destination", [STATUS_DAMAGED] = "damaged",
		[STATUS_DIFFERS] = "differs",	[STATUS_LOCAL] = "local",
		[STATUS_CHECKSUM] = "checksum",
	};

	return status >= STATUS_SIGNAL ? "stopped" : names[status];
}

int status_of(const struct i2n_err *err)
{
	switch (err->blame) {
	case I2N_BLAME_USAGE:
		return STATUS_USAGE;
	case I2N_BLAME_IMAGE:
		return STATUS_IMAGE;
	case I2N_BLAME_SERVER:
		return STATUS_SERVER;
	case I2N_BLAME_CHECKSUM:
		return STATUS_CHECKSUM;
	case I2N_BLAME_USER:
		return STATUS_SIGNAL + (int)err->code;
	case I2N_BLAME_LOCAL:
	case I2N_BLAME_NONE:
		break;
	}
	return STATUS_LOCAL;
}

static unsigned rank(int status)
{
	static const int worst_first[] = {
		STATUS_USAGE,  STATUS_CHECKSUM, STATUS_LOCAL,	STATUS_IMAGE,
		STATUS_SERVER, STATUS_DIFFERS,	STATUS_DAMAGED, STATUS_LOSS,
	};
	unsigned n = sizeof(worst_first) / sizeof(worst_first[0]);

	if (status >= STATUS_SIGNAL)
		return n + 1;
	for (unsigned i = 0; i < n; i++)
		if (worst_first[i] == status)
			return n - i;
	return 0;
}

int status_worse(int a, int b)
{
	return rank(b) > rank(a) ? b : a;
}

int status_printed(int status)
{
	return fflush(stdout) || ferror(stdout) ? status_worse(status, STATUS_LOCAL) : status;
}
