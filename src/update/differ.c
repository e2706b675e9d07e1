#include "img2nfs/update.h"

/* Nanoseconds since 1970; the protocol has no times before. */
static uint64_t nsec_of(uint64_t time)
{
	struct i2n_time t = i2n_time_unpack(time);

	return (uint64_t)t.sec * 1000000000u + t.nsec;
}

static bool is_time(const struct i2n_sink *sink, uint64_t want, uint64_t got)
{
	uint64_t delta = sink->time_delta_ns;

	if (want < sink->time_first)
		want = sink->time_first;
	if (want > sink->time_last)
		want = sink->time_last;
	if (want == got)
		return true;
	return delta > 1 && i2n_time_unpack(want).sec >= 0 && i2n_time_unpack(got).sec >= 0 &&
	       nsec_of(got) == nsec_of(want) - nsec_of(want) % delta;
}

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
	if (!is_time(sink, in->mtime, got->mtime))
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
