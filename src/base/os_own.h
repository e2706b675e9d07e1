/* os_own.h - what os_linux.c and os_posix.c have in common. */
#ifndef BASE_OS_OWN_H
#define BASE_OS_OWN_H

#include "os.h"

/* As os_open_unlinked(), with a name for a moment. */
int os_make_unlinked(const char *dir);
int os_make_unlinked_tmp(void);	/* in $TMPDIR */

#endif
