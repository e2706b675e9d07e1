#include "ext4.h"

#include <string.h>

#define LINKS_MAX 8		/* followed on one path */
#define PATH_MAX_LOCAL 512	/* longer targets do not lead to /sbin/init on any real system */

/* The inode that `name` in directory dir names, 0 = none. */
static uint32_t find_in_dir(struct i2n_fs *fs, uint32_t dir, const char *name, size_t len)
{
	struct load l = { .fs = fs };
	uint32_t ino = 0;
	size_t i;

	if (!ext4_load_one_dir(&l, dir, NULL))
		for (i = 0; i < l.n_dirents && !ino; i++) {
			const unsigned char *n = l.names + l.dirents[i].name;

			if (n[0] == len && !memcmp(n + 1, name, len))
				ino = l.dirents[i].inode;
		}
	ext4_load_release(&l);
	return ino;
}

/* Put the target of symlink ino in front of the rest of the path. */
static bool splice(struct i2n_fs *fs, const struct raw_inode *r, char path[PATH_MAX_LOCAL],
		   const char *rest)
{
	struct i2n_inode in;
	char joined[2 * PATH_MAX_LOCAL];
	size_t rest_len = strlen(rest);

	ext4_inode_fill(fs, r, &in);
	if (in.size + rest_len + 2 > PATH_MAX_LOCAL ||
	    ext4_readlink(&fs->reader, &in, joined, sizeof(joined), NULL))
		return false;
	joined[in.size] = '/';
	memcpy(joined + in.size + 1, rest, rest_len + 1);
	memcpy(path, joined, (size_t)in.size + rest_len + 2);
	return true;
}

/* Is there something at path? Symlinks on the way are followed, the last name is not ("/sbin/init"
 * often is one).
 * ".." is not known: no system needs it here, and false is an allowed answer. */
static bool exists(struct i2n_fs *fs, const char *start)
{
	char path[PATH_MAX_LOCAL];
	const char *at = path;
	uint32_t dir = EXT2_ROOT_INO, ino;
	unsigned links = 0;
	struct raw_inode r;

	memcpy(path, start, strlen(start) + 1);
	for (;;) {
		size_t n;

		at += strspn(at, "/");
		n = strcspn(at, "/");
		ino = find_in_dir(fs, dir, at, n);
		if (!ino || !at[n])
			return ino;
		if (ext4_inode_read(fs, ino, &r, NULL))
			return false;
		if (raw_type(&r) == I2N_S_IFDIR) {
			dir = ino;
			at += n;
			continue;
		}
		if (raw_type(&r) != I2N_S_IFLNK || ++links > LINKS_MAX ||
		    !splice(fs, &r, path, at + n + 1))
			return false;
		at = path;
		if (path[0] == '/')
			dir = EXT2_ROOT_INO;
	}
}

bool i2n_fs_is_linux_root(struct i2n_fs *fs)
{
	if (!fs->e2 && (ext4_features_check(&fs->sb, NULL, NULL) || ext4_fs_ready(fs, NULL)))
		return false;
	return exists(fs, "etc") &&
		(exists(fs, "sbin/init") || exists(fs, "usr/lib/systemd") ||
		 exists(fs, "lib/systemd"));
}
