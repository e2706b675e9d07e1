#include "ext4.h"

static const struct damage_kind {
	const char *cls, *text;
	bool warning;
} kinds[DMG_COUNT] = {
	[DMG_NONE] = { "none", "nothing is wrong", true },
	[DMG_INODE_CHECKSUM] = { "checksum", "the checksum of its inode is wrong", false },
	[DMG_INODE_EXTRA] = { "inode", "the extra size of its inode is impossible", false },
	[DMG_INODE_MODE] = { "inode", "its inode has no file type", false },
	[DMG_INODE_SIZE] = { "inode", "its size is impossible", false },
	[DMG_INODE_SPECIAL] = { "inode", "its inode holds an extended attribute, not a file",
				false },
	[DMG_INODE_INDEX] = { "inode",
			      "it is an indexed directory, which this file system does not have",
			      false },
	[DMG_EXTENT_HEADER] = { "extent", "a header in its extent tree is wrong", false },
	[DMG_EXTENT_RANGE] = { "extent", "an extent lies outside of the file system", false },
	[DMG_EXTENT_ORDER] = { "extent", "its extents overlap or are out of order", false },
	[DMG_EXTENT_CHECKSUM] = { "checksum", "a checksum in its extent tree is wrong", false },
	[DMG_EXTENT_KEY] = { "extent", "a node of its extent tree does not belong where it hangs",
			     false },
	[DMG_EXTENT_LOOP] = { "extent", "it has more blocks than the file system", false },
	[DMG_BLOCK_RANGE] = { "extent", "a block lies outside of the file system", false },
	[DMG_ACL_BLOCK] = { "xattr", "its attribute block lies outside of the file system", false },
	[DMG_SYMLINK_SIZE] = { "symlink", "the length of its target is impossible", false },
	[DMG_SYMLINK_NUL] = { "symlink", "its target is shorter than its size", false },
	[DMG_INLINE] = { "inode", "its inline data is missing", false },
	[DMG_DE_RANGE] = { "dirent", "the entry names an inode that cannot be", false },
	[DMG_DE_RESERVED] = { "dirent", "the entry names a reserved inode", false },
	[DMG_DE_FREE] = { "dirent", "the entry names a free inode", false },
	[DMG_DE_SELF] = { "cycle", "the directory contains itself", false },
	[DMG_DE_ROOT] = { "cycle", "the entry names the root directory", false },
	[DMG_DE_PARENTS] = { "cycle", "the directory has another parent already", false },
	[DMG_DE_TWICE] = { "dirent", "the name is in its directory twice; the first one counts",
			   false },
	[DMG_DE_DOT] = { "dirent", "an entry is named '.' or '..'", false },
	[DMG_DE_EMPTY] = { "dirent", "an entry has no name", false },
	[DMG_DE_BYTES] = { "dirent", "an entry has a '/' or NUL in its name", false },
	[DMG_DE_CIPHER] = { "dirent", "an encrypted name is too short", false },
	[DMG_DIR_REC_LEN] = { "dirent",
			      "an entry has an impossible length; the rest of its block is lost",
			      false },
	[DMG_DIR_CHECKSUM] = { "checksum",
			       "a directory block has a wrong checksum; its entries are left out",
			       false },
	[DMG_DIR_HASH_CHECKSUM] = { "checksum",
				    "the checksum of a block of its hash index is wrong", false },
	[DMG_DIR_MAP] = { "extent", "not all of the directory's blocks can be found", false },
	[DMG_DIR_SHARED] = { "extent",
			     "it shares a block with another directory; its entries are left out",
			     false },
	[DMG_XATTR_BODY] = { "xattr", "its attributes in the inode cannot be read", false },
	[DMG_XATTR_BLOCK] = { "xattr", "its attribute block cannot be read", false },
	[DMG_XATTR_CHECKSUM] = { "checksum", "the checksum of its attribute block is wrong",
				 false },
	[DMG_WARN_TYPE] = { "dirent", "the entry says another type than the inode, which counts",
			    true },
	[DMG_WARN_HOLE] = { "dirent", "the directory has holes", true },
	[DMG_WARN_NO_DOT] = { "dirent", "the directory does not begin with '.' and '..'", true },
};

const char *ext4_damage_cls(enum damage d)
{
	return kinds[d].cls;
}

const char *ext4_damage_text(enum damage d)
{
	return kinds[d].text;
}

bool ext4_damage_is_warning(enum damage d)
{
	return kinds[d].warning;
}

int ext4_bad_inode(uint32_t ino, enum damage d, struct i2n_err *err)
{
	return i2n_fail(err, I2N_BADNODE, I2N_DOM_IMAGE, 0, "inode %u is damaged: %s", ino,
			kinds[d].text);
}
