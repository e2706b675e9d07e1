/* pick_refuse.h - why a volume cannot be read, and what the user can do. All return I2N_FATAL. */
#ifndef CLI_PICK_REFUSE_H
#define CLI_PICK_REFUSE_H

#include "volumes.h"

#define VOLUME_NAME_MAX 600

/* "partition 2 of 'x.img'", or "'x.img'" alone. Returns buf. */
const char *volume_name(const struct i2n_source *image, const struct i2n_part *part,
			char buf[VOLUME_NAME_MAX]);

/* It holds something else than ext2, ext3 or ext4. */
int refuse_type(const struct i2n_source *image, const struct i2n_part *part,
		const struct i2n_fstype *fs,
		struct i2n_err *err);

/* It reaches past the end of the image. */
int refuse_missing(const struct i2n_source *image, const struct volume *v, struct i2n_err *err);

/* Make the hint a list of the volumes, those of ext only if only_ext; head is its first line. */
void hint_volumes(const struct volumes *vols, bool only_ext, const char *head, struct i2n_err *err);

#endif
