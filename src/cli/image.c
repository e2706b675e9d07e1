#include "image.h"

#include <string.h>

/* in the order of IMAGE_SECTOR_WORDS */
static const uint32_t sector_sizes[] = { 0, 512, 4096 };

int image_open(const struct image_opts *opts, const char *path, const struct i2n_notes *notes,
	       struct image *ret, struct i2n_err *err)
{
	struct pick_opts pick = {
		.partition = opts->partition,
		.has_offset = opts->offset != OPT_UNSET,
		.offset = opts->offset,
		.sector_size = sector_sizes[opts->sector_size],
	};
	struct i2n_fs_opts fs = { .journal = (enum i2n_journal_mode)opts->journal,
				  .strict = opts->strict };

	memset(ret, 0, sizeof(*ret));
	if (i2n_source_open_file(path, &ret->file, err))
		return I2N_FATAL;
	if (pick_find(ret->file, &pick, notes, &ret->pick, err))
		return I2N_FATAL;
	ret->picked = true;
	if (opts->journal_device && i2n_source_open_file(opts->journal_device, &ret->journal, err))
		return I2N_FATAL;
	fs.journal_device = ret->journal;
	return i2n_fs_open(ret->pick.slice, &fs, notes, &ret->fs, err);
}

void image_release(struct image *image)
{
	i2n_fs_free(image->fs);
	i2n_source_free(image->journal);
	if (image->picked)
		pick_release(&image->pick);
	i2n_source_free(image->file);
	memset(image, 0, sizeof(*image));
}
