#include "packed_random.h"

#include "packed_own.h"

#include <string.h>

static const struct {
	const char *type;	/* as i2n_fstype_probe() calls it */
	int (*open)(struct i2n_source *raw, const struct i2n_image_opts *opts,
		    struct i2n_source **ret, struct i2n_err *err);
} formats[] = {
#if I2N_PACKED
	{ "xz", packed_xz_open },
	{ "zstd", packed_zstd_open },
	{ "qcow2", packed_qcow2_open },
#endif
	{ "simg", packed_simg_open },
	{ NULL, NULL },
};

int packed_random_open(const char *type, struct i2n_source *raw, const struct i2n_image_opts *opts,
		       struct i2n_source **ret, struct i2n_err *err)
{
	for (size_t i = 0; formats[i].type; i++)
		if (!strcmp(formats[i].type, type))
			return formats[i].open(raw, opts, ret, err);
	return I2N_END;
}
