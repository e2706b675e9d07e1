/* fs_image.h - for unit tests of src/ext4: make an image with the tools of e2fsprogs, open it,
 * gather notes. */
#ifndef TESTS_FS_IMAGE_H
#define TESTS_FS_IMAGE_H

#include "img2nfs/fs.h"
#include "t.h"

#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A shell command, by printf; its failure ends the test. */
__attribute__((format(printf, 1, 2))) static inline void run(const char *fmt, ...)
{
	char cmd[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	if (system(cmd)) {
		fprintf(stderr, "failed: %s\n", cmd);
		exit(1);
	}
}

/* Put bytes into img at off. */
static inline void poke(const char *img, long off, const void *bytes, size_t len)
{
	FILE *f = fopen(img, "r+b");

	if (!f || fseek(f, off, SEEK_SET) || fwrite(bytes, 1, len, f) != len || fclose(f)) {
		perror(img);
		exit(1);
	}
}

/* Standard output of a command, without its last newline; valid until the next call. */
static inline const char *output(const char *cmd)
{
	static char buf[65536];
	FILE *p = popen(cmd, "r");
	size_t n = p ? fread(buf, 1, sizeof(buf) - 1, p) : 0;

	if (p)
		(void)pclose(p);	/* an empty answer fails the comparison */
	buf[n] = '\0';
	if (n && buf[n - 1] == '\n')
		buf[n - 1] = '\0';
	return buf;
}

struct image {
	struct i2n_source *src;
	struct i2n_fs *fs;
	struct i2n_tree *tree;
	struct i2n_err err;
	unsigned n_notes[I2N_NOTE_STATE + 1];	/* by kind */
	char last[1024];		/* "cls: text" of the last note */
};

static inline void image_note(void *ctx, const struct i2n_note *note)
{
	struct image *im = ctx;

	im->n_notes[note->kind]++;
	snprintf(im->last, sizeof(im->last), "%s: %s", note->cls, note->text);
}

/* Open and, unless only information is wanted, read the tree. The return value of what failed, or
 * I2N_OK. */
static inline int image_open(struct image *im, const char *path, const struct i2n_fs_opts *opts)
{
	const struct i2n_notes notes = { image_note, im };
	int rc;

	memset(im, 0, sizeof(*im));
	rc = i2n_source_open_file(path, &im->src, &im->err);
	if (!rc)
		rc = i2n_fs_open(im->src, opts, &notes, &im->fs, &im->err);
	if (!rc && !(opts && opts->info_only))
		rc = i2n_fs_tree(im->fs, &im->tree, &im->err);
	return rc;
}

static inline void image_close(struct image *im)
{
	i2n_tree_free(im->tree);
	i2n_fs_free(im->fs);
	i2n_source_free(im->src);
}

/* The inode at path, NULL if it is not there. */
static inline const struct i2n_inode *image_at(const struct image *im, const char *path)
{
	uint32_t i = i2n_tree_resolve(im->tree, path, strlen(path), NULL);

	return i == I2N_NONE ? NULL : &im->tree->inodes[i];
}

#endif
