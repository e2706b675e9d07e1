/* packed_qcow2_cluster.h - unpack compressed clusters, one after the other.
 *
 * Thread:    one at a time. */
#ifndef PACKED_QCOW2_CLUSTER_H
#define PACKED_QCOW2_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

/* The header's compression_type. */
enum qcow2_compression {
	QCOW2_ZLIB = 0,
	QCOW2_ZSTD = 1,
};

struct qcow2_unpacker;

/* NULL: no memory. */
struct qcow2_unpacker *qcow2_unpacker_new(enum qcow2_compression type);
void qcow2_unpacker_free(struct qcow2_unpacker *u);

/* Exactly out_len bytes from at most in_len; what follows them is not looked at. NULL, or what is
 * wrong as the library calls it. */
const char *qcow2_unpack(struct qcow2_unpacker *u, const void *in, size_t in_len, void *out,
			 size_t out_len);

#endif
