#include "img2nfs/check.h"
#include "img2nfs/name.h"
#include "img2nfs/plan.h"

/* Which findings matter to this inode, besides those that matter to all trees. */
static uint32_t uses_of(const struct i2n_inode *in)
{
	uint32_t uses = 0;

	switch (i2n_inode_type(in)) {
	case I2N_S_IFCHR:
	case I2N_S_IFBLK:
		uses |= 1u << I2N_CHECK_DEVICES;
		break;
	case I2N_S_IFIFO:
	case I2N_S_IFSOCK:
		uses |= 1u << I2N_CHECK_SPECIAL;
		break;
	case I2N_S_IFLNK:
		uses |= 1u << I2N_CHECK_SYMLINKS | 1u << I2N_CHECK_SYMLINK_TIMES;
		break;
	default:
		break;
	}
	if (in->mode & 07000 && i2n_inode_type(in) != I2N_S_IFLNK)
		uses |= 1u << I2N_CHECK_SETID;
	if (in->uid || in->gid)
		uses |= 1u << I2N_CHECK_OWNERS;
	if (in->links > 1)
		uses |= 1u << I2N_CHECK_HARDLINKS;
	return uses;
}

static uint32_t uses_of_names(const struct i2n_tree *tree)
{
	uint32_t uses = 1u << I2N_CHECK_CASE; /* whether two names differ only in case is not worth
						 the search */

	for (uint32_t i = 0; i < tree->n_dirents; i++) {
		size_t len;
		const unsigned char *name = i2n_dirent_name(tree, &tree->dirents[i], &len);

		if (len > 143) /* what file systems with encrypted names leave of 255 */
			uses |= 1u << I2N_CHECK_LONG_NAMES;
		if (!i2n_is_utf8(name, len))
			uses |= 1u << I2N_CHECK_BYTE_NAMES;
	}
	return uses;
}

uint64_t i2n_data_bytes(struct i2n_reader *reader, const struct i2n_inode *in)
{
	struct i2n_range range;
	struct i2n_file *file;
	uint64_t sum = 0;
	struct i2n_err err;

	if (i2n_inode_type(in) != I2N_S_IFREG)
		return 0;
	if (!(in->flags & I2N_INODE_SPARSE))
		return in->size;
	if (reader->ops->open(reader, in, &file, &err) != I2N_OK)
		return 0;
	while (reader->ops->next(file, UINT64_MAX, &range, &err) == I2N_OK)
		sum += range.len;	/* disjoint, inside the size */
	reader->ops->close(file);
	return sum;
}

void i2n_needs_of(const struct i2n_tree *tree, struct i2n_reader *reader, struct i2n_needs *ret)
{
	int64_t latest = I2N_TIME_MIN;

	/* the root may be there already */
	*ret = (struct i2n_needs){ .inodes = tree->n_inodes - 1, .uses = 1u << I2N_CHECK_TIMES };
	for (uint32_t i = 0; i < tree->n_inodes; i++) {
		const struct i2n_inode *in = &tree->inodes[i];
		int64_t mtime = i2n_time_unpack(in->mtime).sec,
			atime = i2n_time_unpack(in->atime).sec;
		uint64_t data;

		ret->uses |= uses_of(in);
		latest = mtime > latest ? mtime : latest;
		latest = atime > latest ? atime : latest;
		if (i2n_inode_type(in) != I2N_S_IFREG)
			continue;
		data = i2n_data_bytes(reader, in);
		ret->bytes = data > UINT64_MAX - ret->bytes ? UINT64_MAX : ret->bytes + data;
		ret->largest_file = in->size > ret->largest_file ? in->size : ret->largest_file;
	}
	ret->uses |= uses_of_names(tree);
	if (latest > INT64_C(2147483647))
		ret->uses |= 1u << I2N_CHECK_TIME_RANGE;
}
