#include "img2nfs/mtree.h"

#include "manifest_own.h"

#include <inttypes.h>
#include <string.h>

void i2n_mtree_head(FILE *f)
{
	fputs("#mtree\n", f);
}

/* vis(3) with VIS_OCTAL, plus what has a meaning of its own in a specification: glob characters,
 * '#' and '='. */
static void put_vis(FILE *f, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		if (p[i] <= ' ' || p[i] >= 0x7f || strchr("\\#*?[=", p[i]))
			fprintf(f, "\\%03o", p[i]);
		else
			putc(p[i], f);
	}
}

const char *mtree_type_word(unsigned mode)
{
	static const char *const words[16] = {
		[I2N_S_IFREG >> 12] = "file",	[I2N_S_IFDIR >> 12] = "dir",
		[I2N_S_IFLNK >> 12] = "link",	[I2N_S_IFCHR >> 12] = "char",
		[I2N_S_IFBLK >> 12] = "block",	[I2N_S_IFIFO >> 12] = "fifo",
		[I2N_S_IFSOCK >> 12] = "socket",
	};

	return words[(mode & I2N_S_IFMT) >> 12];
}

void i2n_mtree_line(FILE *f, const char *path, size_t path_len, const struct i2n_inode *in,
		    const void *target,
		    const char *digest)
{
	struct i2n_time t = i2n_time_unpack(in->mtime);
	unsigned type = i2n_inode_type(in);

	fputs(path_len == 1 && path[0] == '.' ? "" : "./", f);
	put_vis(f, path, path_len);
	fprintf(f, " type=%s mode=%04o uid=%" PRIu32 " gid=%" PRIu32 " nlink=%" PRIu16,
		mtree_type_word(in->mode), in->mode & 07777u, in->uid, in->gid, in->nlink);
	if (type == I2N_S_IFREG)
		fprintf(f, " size=%" PRIu64, in->size);
	if (in->nlink > 1 && type != I2N_S_IFDIR)
		fprintf(f, " inode=%" PRIu32, in->ino);
	fprintf(f, " time=%" PRId64 ".%09" PRIu32, t.sec, t.nsec);
	if (type == I2N_S_IFCHR || type == I2N_S_IFBLK)
		fprintf(f, " device=native,%" PRIu32 ",%" PRIu32, in->rdev.major, in->rdev.minor);
	if (target) {
		fputs(" link=", f);
		put_vis(f, target, (size_t)in->size);
	}
	if (digest)
		fprintf(f, " xxh3-128=%s", digest);
	putc('\n', f);
}
