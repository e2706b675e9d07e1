/* spec.h - the operand that names an image, in its parts: FILE[:MEMBER][:REST], "-" for standard
 * input.
 *
 * FILE ends at the first ':' before which stands the name of an existing file; an image whose own
 * name has a ':' is thus found, too. Whether the next part is a member depends on what FILE is:
 * spec_take_member().
 *
 * Ownership: spec_release() frees the copies; `rest` points into the operand. */
#ifndef SPEC_H
#define SPEC_H

#include "img2nfs/packed.h"

struct spec {
	char *file;		/* NULL: standard input */
	char *member;		/* NULL: none */
	const char *rest;	/* what follows, without its ':'; "" for nothing */
};

/* false: no memory */
bool spec_parse(struct spec *spec, const char *operand);

/* FILE is an archive: take MEMBER out of the rest. I2N_REST_ANY: only with a ':' after it, because
 * a lone REST is what the caller wants to keep. With any rest: never what begins with '/'. false:
 * no memory. */
bool spec_take_member(struct spec *spec, enum i2n_rest rest);

void spec_release(struct spec *spec);

#endif
