/* nfs_hint.h - what the server's administrator has to change, said once for all failures before the
 * run. */
#ifndef NFS_HINT_H
#define NFS_HINT_H

#include "img2nfs/check.h"

/* Set the hint: what is missing, the ready line for /etc/exports, and the words of other servers.
 * path: the export, escaped by the caller; client: our numeric address, "" if unknown. */
void nfs_hint(struct i2n_err *err, enum i2n_remedy remedy, const char *path, const char *client);

#endif
