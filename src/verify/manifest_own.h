/* manifest_own.h - reading manifests: manifest_parse.c makes lines of text, manifest_read.c a tree
 * of lines. */
#ifndef VERIFY_MANIFEST_OWN_H
#define VERIFY_MANIFEST_OWN_H

#include "img2nfs/manifest.h"

/* What one line says. Paths are normalized: no leading, trailing or double slashes, "" = root. */
struct manifest_line {
	uint64_t size, mtime, target;	/* target: offset into bytes */
	uint32_t target_len, uid, gid, nlink, major, minor;
	uint16_t mode;			/* type 0: none given */
	uint64_t path;			/* offset into bytes */
	uint32_t path_len;
	uint16_t known;
	bool has_inode;
	uint64_t inode;
	unsigned char digest[16];
};

struct manifest_lines {
	struct manifest_line *lines;
	uint32_t n, cap;
	char *bytes;			/* paths and targets */
	uint64_t n_bytes, cap_bytes;
};

/* text: len bytes, is changed. */
int manifest_parse(char *text, size_t len, struct manifest_lines *ret, struct i2n_err *err);
void manifest_lines_release(struct manifest_lines *l);

/* mtree.c: the word of a mode's type, NULL for none that there is. */
const char *mtree_type_word(unsigned mode);

#endif
