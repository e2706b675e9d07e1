#include "img2nfs/source.h"

#include "ext4.h"

#include <string.h>

size_t ext4_inline_read(const struct raw_inode *r, void *buf, size_t cap)
{
	const unsigned char *rest;
	size_t n = cap < I_BLOCK_LEN ? cap : I_BLOCK_LEN, len;

	memcpy(buf, r->block, n);
	if (cap == n || !ext4_xattr_inline_data(r, &rest, &len))
		return n;
	len = len < cap - n ? len : cap - n;
	memcpy((char *)buf + n, rest, len);
	return n + len;
}

/* The target lies in the first block. */
static int read_slow(struct i2n_fs *fs, const struct raw_inode *r, void *buf, struct i2n_err *err)
{
	struct ext4_run run;
	struct ext4_map m;
	int rc;

	ext4_map_init(&m, fs, r);
	rc = ext4_map_next(&m, &run, err);
	ext4_map_release(&m);
	if (rc == I2N_END)
		return ext4_bad_inode(r->ino, DMG_SYMLINK_SIZE, err);
	return rc ? rc : ext4_read_content(fs, buf, (size_t)r->size, run.pblk << fs->block_bits,
					   err);
}

int ext4_readlink(struct i2n_reader *reader, const struct i2n_inode *in, void *buf, size_t cap,
		  struct i2n_err *err)
{
	struct i2n_fs *fs = ext4_fs_of(reader);
	struct raw_inode r;
	int rc;

	if (in->flags & I2N_INODE_ENCRYPTED)
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"the target is encrypted and the key is not in the image");
	rc = ext4_inode_read(fs, in->ino, &r, err);
	if (rc)
		return rc;
	if (r.size != in->size || r.size > cap)
		return ext4_bad_inode(in->ino, DMG_SYMLINK_SIZE, err);
	if (in->flags & READER_FAST_LINK)
		memcpy(buf, r.block, (size_t)r.size);	/* below 60, checked by
							 * ext4_inode_decode() */
	else if (in->flags & READER_INLINE)
		rc = ext4_inline_read(&r, buf, (size_t)r.size) == r.size ? I2N_OK :
			ext4_bad_inode(in->ino, DMG_INLINE, err);
	else
		rc = read_slow(fs, &r, buf, err);
	if (!rc && memchr(buf, 0, (size_t)r.size))
		return ext4_bad_inode(in->ino, DMG_SYMLINK_NUL, err);
	return rc;
}
