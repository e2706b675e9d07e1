#include "img2nfs/source.h"

#include "checked.h"
#include "ext4.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR_BITS 9
#define EXTRA_EPOCH_MASK 3u	/* of an *_extra field: two more bits of seconds, then
				 * nanoseconds */
#define EXTRA_EPOCH_BITS 2

bool ext4_inode_is_used(const unsigned char *raw)
{
	return i2n_le16(raw + I_LINKS) != 0;
}

uint32_t ext4_inode_seed(const struct i2n_fs *fs, uint32_t ino, uint32_t generation)
{
	unsigned char n[8] = {
		ino & 255,	  ino >> 8 & 255,	 ino >> 16 & 255,	 ino >> 24,
		generation & 255, generation >> 8 & 255, generation >> 16 & 255, generation >> 24
	};

	return ext2fs_crc32c_le(fs->e2->csum_seed, n, sizeof(n));
}

/* kernel: EXT4_FITS_IN_INODE(); a field of len bytes at off is there */
static bool has_field(const struct i2n_fs *fs, unsigned extra, unsigned off, unsigned len)
{
	return fs->sb.inode_size > I_GOOD_OLD_SIZE && off + len <= I_GOOD_OLD_SIZE + extra;
}

static bool is_checksum_right(const struct i2n_fs *fs, uint32_t ino, const unsigned char *raw,
			      unsigned extra)
{
	static const unsigned char zero[2];
	bool has_hi = has_field(fs, extra, I_CHECKSUM_HI, 2);
	uint32_t want = i2n_le16(raw + I_CHECKSUM_LO), c, at = I_CHECKSUM_LO + 2;

	c = ext4_inode_seed(fs, ino, i2n_le32(raw + I_GENERATION));
	c = ext2fs_crc32c_le(c, raw, I_CHECKSUM_LO);
	c = ext2fs_crc32c_le(c, zero, 2);
	if (has_hi) {
		want |= (uint32_t)i2n_le16(raw + I_CHECKSUM_HI) << 16;
		c = ext2fs_crc32c_le(c, raw + at, I_CHECKSUM_HI - at);
		c = ext2fs_crc32c_le(c, zero, 2);
		at = I_CHECKSUM_HI + 2;
	}
	c = ext2fs_crc32c_le(c, raw + at, fs->sb.inode_size - at);
	return want == (has_hi ? c : c & 0xffff);
}

/* kernel: ext4_decode_extra_time(). The epoch bits are added to the signed 32 bits, whatever their
 * sign. */
static uint64_t decode_time(const struct i2n_fs *fs, const unsigned char *raw, unsigned extra,
			    unsigned off,
			    unsigned extra_off)
{
	struct i2n_time t = { .sec = (int32_t)i2n_le32(raw + off) };

	if (has_field(fs, extra, extra_off, 4)) {
		uint32_t e = i2n_le32(raw + extra_off);

		t.sec += (int64_t)(e & EXTRA_EPOCH_MASK) << 32;
		t.nsec = e >> EXTRA_EPOCH_BITS;
	}
	return i2n_time_pack(t);
}

/* kernel: ext4_inode_blocks() */
static uint64_t decode_sectors(const struct i2n_fs *fs, const unsigned char *raw, uint32_t flags)
{
	uint64_t n = i2n_le32(raw + I_BLOCKS_LO);

	if (!(fs->sb.ro_compat & RO_COMPAT_HUGE_FILE))
		return n;
	n |= (uint64_t)i2n_le16(raw + I_BLOCKS_HIGH) << 32;
	return flags & I_FL_HUGE_FILE ? n << (fs->block_bits - SECTOR_BITS) : n;
}

/* kernel: ext4_isize() */
static uint64_t decode_size(const struct i2n_fs *fs, const unsigned char *raw, unsigned type)
{
	uint64_t n = i2n_le32(raw + I_SIZE_LO);

	if (type == I2N_S_IFREG || ext4_has_incompat(fs, INCOMPAT_LARGEDIR))
		n |= (uint64_t)i2n_le32(raw + I_SIZE_HIGH) << 32;
	return n;
}

static void decode_fields(const struct i2n_fs *fs, uint32_t ino, const unsigned char *raw,
			  unsigned extra,
			  struct raw_inode *r)
{
	*r = (struct raw_inode){
		.ino = ino,
		.mode = i2n_le16(raw + I_MODE),
		.uid = i2n_le16(raw + I_UID) | (uint32_t)i2n_le16(raw + I_UID_HIGH) << 16,
		.gid = i2n_le16(raw + I_GID) | (uint32_t)i2n_le16(raw + I_GID_HIGH) << 16,
		.nlink = i2n_le16(raw + I_LINKS),
		.flags = i2n_le32(raw + I_FLAGS),
		.generation = i2n_le32(raw + I_GENERATION),
		.file_acl = i2n_le32(raw + I_FILE_ACL_LO),
		.mtime = decode_time(fs, raw, extra, I_MTIME, I_MTIME_EXTRA),
		.atime = decode_time(fs, raw, extra, I_ATIME, I_ATIME_EXTRA),
	};
	if (ext4_has_incompat(fs, INCOMPAT_64BIT))
		r->file_acl |= (uint64_t)i2n_le16(raw + I_FILE_ACL_HIGH) << 32;
	r->size = decode_size(fs, raw, raw_type(r));
	r->sectors = decode_sectors(fs, raw, r->flags);
	memcpy(r->block, raw + I_BLOCK, I_BLOCK_LEN);
	if (fs->sb.inode_size >= I_GOOD_OLD_SIZE + extra + XI_HEADER && extra &&
	    i2n_le32(raw + I_GOOD_OLD_SIZE + extra) == XATTR_MAGIC_VALUE) {
		r->body = raw + I_GOOD_OLD_SIZE + extra;
		r->body_len = fs->sb.inode_size - I_GOOD_OLD_SIZE - extra;
	}
}

bool ext4_inode_is_fast_symlink(const struct i2n_fs *fs, const struct raw_inode *r)
{
	uint64_t acl_sectors = r->file_acl ? fs->sb.cluster_size >> SECTOR_BITS : 0;

	if (raw_type(r) != I2N_S_IFLNK)
		return false;
	/* kernel, ext4_inode_is_fast_symlink(): with ea_inode the size decides, as sectors count
	 * the values too */
	if (ext4_has_incompat(fs, INCOMPAT_EA_INODE))
		return r->size && r->size < I_BLOCK_LEN && !(r->flags & I_FL_INLINE_DATA);
	return !(r->flags & I_FL_INLINE_DATA) && r->sectors == acl_sectors;
}

static enum damage check_symlink(const struct i2n_fs *fs, const struct raw_inode *r)
{
	if (!r->size || r->size >= fs->sb.block_size)
		return DMG_SYMLINK_SIZE;
	if (!ext4_inode_is_fast_symlink(fs, r))
		return DMG_NONE;
	if (r->size >= I_BLOCK_LEN)
		return DMG_SYMLINK_SIZE;
	if (!(r->flags & I_FL_ENCRYPT) && memchr(r->block, 0, (size_t)r->size))
		return DMG_SYMLINK_NUL;
	return DMG_NONE;
}

/* The largest size whose blocks can all be named: 2^32 blocks by extents, or what three levels of
 * pointers reach. */
static uint64_t size_limit(const struct i2n_fs *fs, const struct raw_inode *r)
{
	uint64_t per = fs->sb.block_size / 4, blocks = 12 + per + per * per + per * per * per;

	if (r->flags & (I_FL_EXTENTS | I_FL_INLINE_DATA) || blocks > UINT64_C(1) << 32)
		blocks = UINT64_C(1) << 32;
	return blocks << fs->block_bits;
}

static enum damage check_map(const struct i2n_fs *fs, const struct raw_inode *r)
{
	if (r->size > size_limit(fs, r))
		return DMG_INODE_SIZE;
	if (r->flags & I_FL_INLINE_DATA)
		return ext4_has_incompat(fs, INCOMPAT_INLINE_DATA) ? DMG_NONE : DMG_INLINE;
	return r->flags & I_FL_EXTENTS ? ext4_extent_check_root(fs, r->block)
				       : ext4_indirect_check_root(fs, r->block);
}

static enum damage check_type(const struct i2n_fs *fs, const struct raw_inode *r)
{
	enum damage d;

	switch (raw_type(r)) {
	case I2N_S_IFDIR:
		if (r->flags & I_FL_INDEX && !(fs->sb.compat & COMPAT_DIR_INDEX))
			return DMG_INODE_INDEX;
		return check_map(fs, r);
	case I2N_S_IFREG:
		return check_map(fs, r);
	case I2N_S_IFLNK:
		d = check_symlink(fs, r);
		return d || ext4_inode_is_fast_symlink(fs, r) ? d : check_map(fs, r);
	case I2N_S_IFCHR:
	case I2N_S_IFBLK:
	case I2N_S_IFIFO:
	case I2N_S_IFSOCK:
		return DMG_NONE;
	default:
		return DMG_INODE_MODE;
	}
}

enum damage ext4_inode_decode(const struct i2n_fs *fs, uint32_t ino, const unsigned char *raw,
			      struct raw_inode *ret)
{
	unsigned extra = 0;

	if (fs->sb.inode_size > I_GOOD_OLD_SIZE) {
		extra = i2n_le16(raw + I_EXTRA_ISIZE);
		if (extra > fs->sb.inode_size - I_GOOD_OLD_SIZE || extra & 3)
			return DMG_INODE_EXTRA;
	}
	if (fs->csum && !is_checksum_right(fs, ino, raw, extra))
		return DMG_INODE_CHECKSUM;
	decode_fields(fs, ino, raw, extra, ret);
	if (ret->file_acl && !ext4_is_data_block(fs, ret->file_acl, 1))
		return DMG_ACL_BLOCK;
	return check_type(fs, ret);
}

/* kernel: a device number in the first word is in the 16-bit encoding, in the second one in the
 * 32-bit encoding. */
static void fill_rdev(const struct raw_inode *r, struct i2n_inode *in)
{
	uint32_t old = i2n_le32(r->block), dev = i2n_le32(r->block + 4);

	if (old) {
		in->rdev.major = old >> 8 & 0xff;
		in->rdev.minor = old & 0xff;
	} else {
		in->rdev.major = dev >> 8 & 0xfff;
		in->rdev.minor = (dev & 0xff) | (dev >> 12 & 0xfff00);
	}
}

static void fill_data(const struct i2n_fs *fs, const struct raw_inode *r, struct i2n_inode *in)
{
	uint64_t off;

	if (r->flags & I_FL_INLINE_DATA)
		in->flags |= READER_INLINE;
	else if (ext4_inode_is_fast_symlink(fs, r))
		in->flags |= READER_FAST_LINK;
	if (in->flags & (READER_INLINE | READER_FAST_LINK)) {
		if (ext4_inode_offset(fs, r->ino, &off))
			in->data = (off >> fs->block_bits) << 16;
	} else if (ext4_map_compact(fs, r, &in->data)) {
		in->flags |= READER_EXTENT;
	}
	if (raw_type(r) == I2N_S_IFREG && !(in->flags & READER_INLINE) &&
	    r->sectors < (r->size + 511) >> SECTOR_BITS)
		in->flags |= I2N_INODE_SPARSE;
}

/* The flags that a user sets to change behaviour; the others describe how the file is stored. */
#define CHATTR_FLAGS (I_FL_SYNC | I_FL_IMMUTABLE | I_FL_APPEND | I_FL_NODUMP | I_FL_NOATIME | \
	I_FL_JOURNAL_DATA | I_FL_DIRSYNC | I_FL_TOPDIR | I_FL_NOCOW | I_FL_DAX | \
	I_FL_PROJINHERIT | I_FL_CASEFOLD)

void ext4_inode_fill(const struct i2n_fs *fs, const struct raw_inode *r, struct i2n_inode *ret)
{
	*ret = (struct i2n_inode){
		.size = r->size,
		.mtime = r->mtime,
		.atime = r->atime,
		.uid = r->uid,
		.gid = r->gid,
		.ino = r->ino,
		.nlink = (uint16_t)r->nlink,
		.first_dirent = I2N_NONE,
		.mode = r->mode,
	};
	if (r->flags & CHATTR_FLAGS)
		ret->flags |= I2N_INODE_CHATTR;
	if (r->flags & I_FL_ENCRYPT)
		ret->flags |= I2N_INODE_ENCRYPTED;
	switch (raw_type(r)) {
	case I2N_S_IFCHR:
	case I2N_S_IFBLK:
		fill_rdev(r, ret);
		break;
	case I2N_S_IFREG:
	case I2N_S_IFLNK:
		fill_data(fs, r, ret);
		break;
	}
}

int ext4_inode_fetch(struct i2n_fs *fs, uint32_t ino, unsigned char **ret, struct i2n_err *err)
{
	struct inode_cache *c = &fs->cache;
	uint64_t off, start;
	int rc;

	if (!ino || ino > fs->sb.inodes || !ext4_inode_offset(fs, ino, &off))
		return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0,
				"inode %u lies outside of the file system", ino);
	if (!c->buf) {
		c->buf = malloc(fs->sb.block_size);
		if (!c->buf)
			return i2n_err_nomem(err);
	}
	start = off & ~(uint64_t)(fs->sb.block_size - 1);
	if (!c->valid || c->off != start) {
		c->valid = false;
		rc = i2n_source_pread(fs->src, c->buf, fs->sb.block_size, start, err);
		if (rc)
			return rc;
		c->off = start;
		c->valid = true;
	}
	*ret = c->buf + (off - start);
	return I2N_OK;
}

int ext4_inode_read(struct i2n_fs *fs, uint32_t ino, struct raw_inode *ret, struct i2n_err *err)
{
	unsigned char *raw;
	enum damage d;
	int rc = ext4_inode_fetch(fs, ino, &raw, err);

	if (rc)
		return rc;
	d = ext4_inode_decode(fs, ino, raw, ret);
	return d ? ext4_bad_inode(ino, d, err) : I2N_OK;
}
