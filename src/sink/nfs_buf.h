/* nfs_buf.h - buffers for file data on its way to the server, bounded in total.
 *
 * Sizes are powers of two from 4 KiB to 1 MiB (larger write sizes get their own size), so that
 * small files do not take the room of large ones. The sum of all buffers, in use and kept for
 * reuse, never exceeds the cap; when the cap is lowered, what comes back is freed. */
#ifndef NFS_BUF_H
#define NFS_BUF_H

#include <stddef.h>
#include <stdint.h>

#define NFS_BUF_CLASSES 19	/* 4 KiB << 18 = 1 GiB, the largest cap */

struct nfs_buf {
	struct nfs_buf *next;
	unsigned class_no;
	unsigned char *data;
};

struct nfs_bufs {
	struct nfs_buf *spare[NFS_BUF_CLASSES];
	uint64_t cap, allocated, in_use;
};

void nfs_bufs_init(struct nfs_bufs *bufs, uint64_t cap);
void nfs_bufs_limit(struct nfs_bufs *bufs, uint64_t cap);	/* another cap from now on */
/* NULL: the cap is reached (or memory is out); try again after a put. One buffer is always granted,
 * whatever its size.
 */
struct nfs_buf *nfs_bufs_get(struct nfs_bufs *bufs, size_t size);
void nfs_bufs_put(struct nfs_bufs *bufs, struct nfs_buf *buf);
void nfs_bufs_release(struct nfs_bufs *bufs);	/* all are back */

#endif
