/* nfs_hint.h - what the server's administrator has to change, said once for all failures before the run. */
#ifndef NFS_HINT_H
#define NFS_HINT_H

#include "img2nfs/err.h"

enum nfs_need { NFS_NEED_EXPORT, NFS_NEED_RW, NFS_NEED_ROOT, NFS_NEED_PORT };

/* Set the hint: the missing option, the ready line for /etc/exports, and the words of other servers. path: the export,
 * quoted by the caller if it must be; client: our numeric address, "" if unknown. */
void nfs_hint(struct i2n_err *err, enum nfs_need need, const char *path, const char *client);

#endif
