#include "img2nfs/packed.h"

#include "img2nfs/ptable.h"

#include "packed_own.h"

#include <stdlib.h>

struct i2n_image {
	struct i2n_image_opts opts;
	struct i2n_source *raw;		/* the file as it is */
	struct i2n_source *unpacked;	/* NULL: raw is the disk */
	const char *rest;
};

/* By content: is it something that has to be unpacked? */
static int look_inside(struct i2n_image *image, struct i2n_err *err)
{
	struct i2n_fstype is;
	int rc = i2n_fstype_probe(image->raw, &is, err);

	if (rc != I2N_OK || is.kind != I2N_FS_ARCHIVE)
		return rc;
	rc = packed_random_open(is.type, image->raw, &image->opts, &image->unpacked, err);
	return rc == I2N_END ? I2N_OK : rc;
}

int i2n_image_open(const char *spec, const struct i2n_image_opts *opts, struct i2n_image **ret,
		   struct i2n_err *err)
{
	struct i2n_image *image = calloc(1, sizeof(*image));
	int rc;

	if (!image)
		return i2n_err_nomem(err);
	image->opts = *opts;
	image->rest = "";
	rc = i2n_source_open_file(spec, &image->raw, err);
	if (rc == I2N_OK)
		rc = look_inside(image, err);
	if (rc == I2N_OK)
		*ret = image;
	else
		i2n_image_free(image);
	return rc;
}

void i2n_image_free(struct i2n_image *image)
{
	if (!image)
		return;
	i2n_source_free(image->unpacked);
	i2n_source_free(image->raw);
	free(image);
}

struct i2n_source *i2n_image_source(struct i2n_image *image)
{
	return image->unpacked ? image->unpacked : image->raw;
}

const char *i2n_image_rest(const struct i2n_image *image)
{
	return image->rest;
}
