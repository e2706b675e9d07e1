/* source.h - bytes to read: a disk image, a slice of one, a buffer.
 *
 * A source stacks: file or unpacked stream -> slice (one partition) -> overlay (replayed journal).
 * Every read passes the gate i2n_source_pread(), so
 * implementations are only called with ranges inside the source.
 *
 * Unit:      bytes, everywhere.
 * Thread:    one source, one thread.
 * Ownership: a source owned by another (a slice's parent) is documented at its constructor. free
 *            accepts NULL.
 * Trust:     the bytes are hostile; `size` is what the system says and may shrink under us (a short
 *            read is an error).
 * Errors:    blame IMAGE; I2N_FATAL unless noted. After one of domain PACKED nothing that the
 *            source gives can be relied on; after others (a bad sector) only what was asked for is
 *            lost. */
#ifndef IMG2NFS_SOURCE_H
#define IMG2NFS_SOURCE_H

#include "img2nfs/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct i2n_source;

struct i2n_source_ops {
	const char *name;
	/* Read exactly len bytes at off, or fail; never a short read. Only called with off + len <=
	 * size, len > 0. */
	int (*pread)(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		     struct i2n_err *err);
	/* Optional: these bytes will be read soon (posix_fadvise WILLNEED). A hint, cannot fail. */
	void (*willneed)(struct i2n_source *src, uint64_t off, uint64_t len);
	/* Optional: what is unpacked of these bytes will be read again when all around it has made
	 * room: keep it, if there is room for that. A hint, cannot fail. */
	void (*keep)(struct i2n_source *src, uint64_t off, uint64_t len);
	/* Optional: see i2n_source_available(). */
	uint64_t (*available)(struct i2n_source *src);
	void (*free)(struct i2n_source *src);
};

struct i2n_source_stats {
	uint64_t reads, bytes;	/* calls of pread and bytes read through this source */
	uint64_t seeks;		/* reads that did not start where the one before ended */
	uint64_t blocks, n_blocks;	/* compressed blocks: decoded, and in all; 0 where there
					 * are none */
};

/* Embed as first member. */
struct i2n_source {
	const struct i2n_source_ops *ops;
	uint64_t size;
	uint32_t sector_size;	/* logical sector size the medium reports, 0 = unknown (a plain
				 * file) */
	uint64_t ahead;		/* willneed() is worth saying so many bytes ahead; 0 = of no use */
	bool by_block;		/* a read costs the unpacking of all that is around it, unless that
				 * was read just before: read in order who can */
	uint64_t behind;	/* with by_block: so many bytes before what was read last are at
				 * hand still, if reads come in order but for so much */
	const char *name;	/* for messages, quoted already; lives as long as the source */
	/* The bytes come one after the other, and a read waits until all before its end have come:
	 * nobody should look at the end who can do without. */
	bool is_stream;
	bool is_open_ended;	/* `size` is a limit only; where it ends, nobody knows yet */
	bool any_thread;	/* ops->pread, not the gate, may be called by several threads at a
				 * time */
	struct i2n_source_stats stats;
	uint64_t next_off;	/* gate's own: where a sequential read would continue */
};

/* The gate. Checks the range (I2N_FATAL, domain IMAGE: "'x' ends at ..., cannot read ...") and
 * counts. len 0 is OK. */
int i2n_source_pread(struct i2n_source *src, void *buf, size_t len, uint64_t off,
		     struct i2n_err *err);

/* Both are clipped to the source and do nothing where it has no such op. */
void i2n_source_willneed(struct i2n_source *src, uint64_t off, uint64_t len);
void i2n_source_keep(struct i2n_source *src, uint64_t off, uint64_t len);

/* Bytes from 0 on that can be read without waiting for a stream: `size` where nothing is waited
 * for, or nothing more will come. Never becomes less. */
uint64_t i2n_source_available(struct i2n_source *src);

void i2n_source_free(struct i2n_source *src);

/* A regular file or block device, opened O_RDONLY (O_NOATIME where the system has and allows it).
 * An empty file, a directory, a socket and the like are refused by name. */
int i2n_source_open_file(const char *path, struct i2n_source **ret, struct i2n_err *err);

/* [off, off + len) of parent, which must outlive the slice and is not owned by it. */
int i2n_source_slice(struct i2n_source *parent, uint64_t off, uint64_t len, struct i2n_source **ret,
		     struct i2n_err *err);

/* A buffer (tests, fuzz targets). The buffer is not copied and must outlive the source. */
int i2n_source_mem(const void *buf, size_t len, struct i2n_source **ret, struct i2n_err *err);

/* A filter that makes the k-th read (counted from 1) fail with EIO; for tests. Does not own
 * parent. */
int i2n_source_fault(struct i2n_source *parent, uint64_t fail_read, struct i2n_source **ret,
		     struct i2n_err *err);

#endif
