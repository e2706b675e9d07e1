/* packed_qcow2_block.h - the compressed clusters of a qcow2 disk as blocks that a crew decodes
 * (packed_blocks.h): some neighbours on the disk are one block.
 *
 * Clusters that are not compressed are zeros in the blocks; who wants them reads the file.
 *
 * Thread:    a block is decoded by any thread, with nothing but the tables below, which do not
 *            change, and raw->ops->pread.
 * Trust:     entries of L2 tables are checked when they are used, each time. */
#ifndef PACKED_QCOW2_BLOCK_H
#define PACKED_QCOW2_BLOCK_H

#include "img2nfs/packed.h"

#include "packed_qcow2_cluster.h"

#define OFFSET_MASK 0x00fffffffffffe00u
#define L2_COMPRESSED ((uint64_t)1 << 62)

struct qcow2_tables {
	struct i2n_source *raw;
	unsigned bits;			/* of the cluster size */
	enum qcow2_compression compression;
	uint64_t size;			/* of the disk */
	uint64_t l1_at;
	uint64_t n_l1;
	unsigned char *l1;		/* as in the file */
};

static inline size_t cluster_size(const struct qcow2_tables *t)
{
	return (size_t)1 << t->bits;
}

/* Where the L2 table of an L1 entry lies; 0 = there is none. */
int qcow2_l2_at(const struct qcow2_tables *t, uint64_t i, uint64_t *ret, struct i2n_err *err);

/* The blocks, whose size is that of the disk in whole clusters. *ret stays as it is when a disk is
 * too large to have them. */
int qcow2_blocks(const struct qcow2_tables *t, const struct i2n_image_opts *opts,
		 struct i2n_source **ret, struct i2n_err *err);

int qcow2_damaged(const struct i2n_source *raw, const char *what, uint64_t at,
		  struct i2n_err *err);

#endif
