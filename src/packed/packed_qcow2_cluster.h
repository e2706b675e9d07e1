/* packed_qcow2_cluster.h - unpack one compressed cluster. */
#ifndef PACKED_QCOW2_CLUSTER_H
#define PACKED_QCOW2_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

/* The header's compression_type. */
enum qcow2_compression {
	QCOW2_ZLIB = 0,
	QCOW2_ZSTD = 1,
};

/* Exactly out_len bytes from at most in_len; what follows them is not looked at. NULL, or what is
 * wrong as the library calls it. */
const char *qcow2_unpack(enum qcow2_compression type, const void *in, size_t in_len, void *out,
			 size_t out_len);

#endif
