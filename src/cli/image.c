#include "image.h"

#include "signals.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* in the order of IMAGE_SECTOR_WORDS */
static const uint32_t sector_sizes[] = { 0, 512, 4096 };

static bool is_whole(enum image_use use)
{
	return use == IMAGE_WHOLE || use == IMAGE_TREE;
}

struct opened {
	const struct packed_opts *opts;
	const struct i2n_notes *notes;
};

static int on_opened(void *ctx, struct i2n_err *err)
{
	const struct opened *o = ctx;
	struct confine nothing = { 0 };

	return confine_enter(o->opts->confine ? o->opts->confine : &nothing, o->opts->no_sandbox,
			     o->notes, err);
}

int packed_open(const struct packed_opts *opts, const char *operand, enum image_use use,
		const struct i2n_notes *notes, struct progress *waiting, struct i2n_image **ret,
		struct i2n_err *err)
{
	struct opened opened = { .opts = opts, .notes = notes };
	const struct i2n_image_opts image = {
		.spool = opts->spool,
		.sha256 = opts->sha256,
		.checksum = is_whole(use) && !opts->no_sha256 ? I2N_CHECKSUM_FIND
							      : I2N_CHECKSUM_GIVEN,
		.max_size = opts->max_unpacked,
		.max_ratio = opts->max_ratio,
		.rest = use == IMAGE_LOOK   ? I2N_REST_ANY
			: use == IMAGE_TREE ? I2N_REST_PATH
					    : I2N_REST_NONE,
		.scattered = opts->scattered,
		.stop = signals_stop(),
		.opened = on_opened,
		.opened_ctx = &opened,
		.notes = notes,
		.on_wait = progress_wait,
		.ctx = waiting,
	};

	return i2n_image_open(operand, &image, ret, err);
}

void image_begin_waiting(struct progress *p, const struct progress_opts *opts)
{
	const struct progress_opts silent = { .quiet = !isatty(STDERR_FILENO) };

	progress_begin(p, opts ? opts : &silent);
}

static uint64_t start_of(const struct image *image, const struct pick_opts *opts)
{
	if (opts->has_offset)
		return opts->offset;
	return image->pick.part ? image->pick.part->start : 0;
}

static bool on_unused(void *ctx, struct i2n_source *come, uint64_t off, uint64_t *ret_len)
{
	return i2n_unused_at(ctx, come, off, ret_len);
}

/* What the bitmaps call free need not be kept while it comes in. */
static int leave_out_unused(struct image *image, uint64_t start, struct i2n_err *err)
{
	int rc = i2n_fs_unused(image->fs, start, &image->unused, err);
	const struct i2n_image_unused unused = { .at = on_unused, .ctx = image->unused };

	if (rc == I2N_OK)
		i2n_image_leave_out(image->file, &unused);
	return rc == I2N_END ? I2N_OK : rc;
}

static int open_all(const struct image_opts *opts, const char *operand, enum image_use use,
		    const struct progress_opts *progress, const struct i2n_notes *notes,
		    struct image *ret, struct i2n_err *err)
{
	struct pick_opts pick = {
		.partition = opts->partition,
		.has_offset = opts->offset != OPT_UNSET,
		.offset = opts->offset,
		.sector_size = sector_sizes[opts->sector_size],
		.fat_too = use == IMAGE_LOOK,
	};
	struct i2n_fs_opts fs = { .journal = (enum i2n_journal_mode)opts->journal,
				  .strict = opts->strict };

	memset(ret, 0, sizeof(*ret));
	ret->notes = notes;
	ret->must_finish = is_whole(use) || opts->packed.sha256;
	image_begin_waiting(&ret->waiting, progress);
	if (opts->journal_device && i2n_source_open_file(opts->journal_device, &ret->journal, err))
		return I2N_FATAL;
	if (packed_open(&opts->packed, operand, use, notes, &ret->waiting, &ret->file, err))
		return I2N_FATAL;
	ret->rest = i2n_image_rest(ret->file);
	if (pick_find(i2n_image_source(ret->file), &pick, notes, &ret->pick, err))
		return I2N_FATAL;
	ret->picked = true;
	if (!opts->keep_all)
		i2n_image_keep_only(ret->file, start_of(ret, &pick), ret->pick.slice->size);
	fs.journal_device = ret->journal;
	if (!strcmp(ret->pick.fstype.type, "vfat")) {
		if (i2n_fat_open(ret->pick.slice, notes, &ret->fat, err))
			return I2N_FATAL;
		ret->reader = i2n_fat_reader(ret->fat);
		return I2N_OK;
	}
	if (i2n_fs_open(ret->pick.slice, &fs, notes, &ret->fs, err))
		return I2N_FATAL;
	ret->reader = i2n_fs_reader(ret->fs);
	i2n_image_expect(ret->file, i2n_fs_info(ret->fs)->used);
	return leave_out_unused(ret, start_of(ret, &pick), err);
}

void image_waited(struct image *image)
{
	struct progress *p = &image->waiting;

	if (p->has_waited && image->file)
		(void)i2n_image_progress(image->file, &p->waited);
	progress_end(p);
}

int image_open(const struct image_opts *opts, const char *operand, enum image_use use,
	       const struct progress_opts *progress, const struct i2n_notes *notes,
	       struct image *ret, struct i2n_err *err)
{
	int rc = open_all(opts, operand, use, progress, notes, ret, err);

	if (rc != I2N_OK)
		image_waited(ret);
	return rc;
}

int image_tree(struct image *image, struct i2n_tree **ret, struct i2n_err *err)
{
	int rc = image->fat ? i2n_fat_tree(image->fat, ret, err) : i2n_fs_tree(image->fs, ret, err);

	image_waited(image);
	if (!image->must_finish)	/* from here on there is output, which is progress enough */
		image->waiting.mode = PROGRESS_NONE;
	return rc;
}

static void tell_blocks(const struct image *image)
{
	uint64_t unpacked, all;

	if (i2n_image_blocks(image->file, &unpacked, &all))
		i2n_note(image->notes, I2N_NOTE_INFO, "blocks", NULL, 0,
			 "%" PRIu64 " blocks were unpacked of the %" PRIu64 " in %s", unpacked, all,
			 i2n_image_source(image->file)->name);
}

/* Where large holes may make reading the server's file a waste, the image is compared itself. */
#define DIGEST_FILE_MAX ((uint64_t)64 << 20)

int image_digests(struct image *image, const struct i2n_tree *tree, struct i2n_reader *reader,
		  const struct progress_opts *progress, struct i2n_digests *ret,
		  struct i2n_err *err)
{
	struct progress shown;
	const struct i2n_digests_opts opts = { .max_size = DIGEST_FILE_MAX,
					       .stop = signals_stop(),
					       .progress = progress_update, .ctx = &shown };
	uint64_t unpacked, all;
	int rc;

	if (ret->has || !i2n_image_blocks(image->file, &unpacked, &all))
		return I2N_OK;
	i2n_note(image->notes, I2N_NOTE_STATE, "digests", NULL, 0,
		 "%s is read first, in its own order, to be compared then",
		 i2n_image_source(image->file)->name);
	/* what is damaged is told when it is compared */
	progress_begin(&shown, progress);
	rc = i2n_digests_make(tree, reader, &opts, NULL, ret, err);
	progress_end(&shown);
	return rc;
}

int image_finish(struct image *image, struct i2n_err *err)
{
	int rc = image->must_finish ? i2n_image_finish(image->file, err) : I2N_OK;

	image_waited(image);
	tell_blocks(image);
	return rc;
}

void image_release(struct image *image)
{
	i2n_fs_free(image->fs);
	i2n_fat_free(image->fat);
	i2n_source_free(image->journal);
	if (image->picked)
		pick_release(&image->pick);
	i2n_image_free(image->file);
	i2n_unused_free(image->unused);	/* after the thread that asks it */
	memset(image, 0, sizeof(*image));
}
