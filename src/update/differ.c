#include "img2nfs/update.h"

static bool is_device(unsigned type)
{
	return type == I2N_S_IFCHR || type == I2N_S_IFBLK;
}

unsigned i2n_differ(const struct i2n_inode *in, const struct i2n_attr *got,
		    const struct i2n_sink *sink)
{
	unsigned type = i2n_inode_type(in), d = 0;

	if ((got->mode & I2N_S_IFMT) != type)
		return I2N_DIFFER_TYPE;
	if ((type == I2N_S_IFREG || type == I2N_S_IFLNK) && got->size != in->size)
		d |= I2N_DIFFER_SIZE;
	if (!i2n_sink_keeps_time(sink, in->mtime, got->mtime))
		d |= I2N_DIFFER_MTIME;
	if (type != I2N_S_IFLNK && (got->mode & 07777u) != (in->mode & 07777u))
		d |= I2N_DIFFER_MODE;
	if (got->uid != in->uid)
		d |= I2N_DIFFER_UID;
	if (got->gid != in->gid)
		d |= I2N_DIFFER_GID;
	if (is_device(type) && (got->major != in->rdev.major || got->minor != in->rdev.minor))
		d |= I2N_DIFFER_CONTENT;
	return d;
}
