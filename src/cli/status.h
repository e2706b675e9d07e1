/* status.h - exit statuses: the table in img2nfs(1), each row with a test. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "img2nfs/err.h"

enum status {
	STATUS_OK = 0,		/* everything arrived and is kept */
	/* done, but something could not be kept there, and --allow-loss did not name it */
	STATUS_LOSS = 1,
	STATUS_USAGE = 2,	/* wrong command line */
	STATUS_IMAGE = 3,	/* the image cannot be read or used */
	/* the destination refuses, is unreachable, full or not empty, or did not take objects */
	STATUS_SERVER = 4,
	STATUS_DAMAGED = 5,	/* done, but damaged objects of the image were left out */
	STATUS_DIFFERS = 6,	/* a verification found differences */
	STATUS_LOCAL = 7,	/* trouble on this side: memory, standard output */
	STATUS_CHECKSUM = 8,	/* the image's checksum is not the one that was given */
	STATUS_SIGNAL = 128,	/* plus the number of the signal that stopped the run */
};

/* Its name: "ok", "loss", "stopped". */
const char *status_name(int status);

/* What an error that ended the run comes to. */
int status_of(const struct i2n_err *err);

/* status, or what is worse where what was printed so far cannot be written. */
int status_printed(int status);

/* The one of two that is told: a signal, then 2, 8, 7, 3, 4, 6, 5, 1, 0. */
int status_worse(int a, int b);

#endif
