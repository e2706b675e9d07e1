#define _POSIX_C_SOURCE 200809L
#include "img2nfs/packed.h"

#include "img2nfs/name.h"
#include "img2nfs/ptable.h"

#include "layers.h"
#include "os.h"
#include "packed_own.h"
#include "spec.h"
#include "spool.h"
#include "spool_file.h"
#include "stream_ahead.h"
#include "sums.h"
#include "unpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAPS_MAX 2u			/* a container in blocks of xz */

struct i2n_image {
	struct i2n_image_opts opts;
	const char *operand;
	struct spec spec;
	char name[600];			/* of the raw bytes, for messages, quoted */
	struct i2n_source *raw;		/* the file as it is; NULL: standard input */
	struct input *input;		/* reads all of it once; NULL: nobody has to */
	struct spool_place place;	/* until it is needed */
	struct i2n_source *spool;	/* what comes out of it; NULL: nothing does */
	/* over raw or spool, each over the one before: formats with random access */
	struct i2n_source *maps[MAPS_MAX];
	unsigned n_maps;
	char stamp[100];		/* of the file; "": it has none */
	bool is_packed;			/* spool: the bytes of the file are not those of the disk */
	bool has_sum;
	char sum[SHA256_HEX];		/* that the file must have */
	char *sum_where;		/* the file that says so; NULL: the user */
	bool finished;
	int rc;				/* with `finished` */
	struct i2n_err err;
};

/* --- the checksum that is wanted --- */

static int take_given(struct i2n_image *image, struct i2n_err *err)
{
	const char *hex = image->opts.sha256;

	if (!i2n_packed_libraries())
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--sha256': this img2nfs was built without the library for "
				"it");
	image->has_sum = true;
	return sums_is_hex(hex, strlen(hex), image->sum)
		       ? I2N_OK
		       : i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				  "option '--sha256': it takes 64 hexadecimal digits");
}

static void note_found(const struct i2n_image *image, const char *where)
{
	char q[300];

	i2n_quote(q, sizeof(q), where, strlen(where));
	if (!i2n_packed_libraries())
		i2n_note(image->opts.notes, I2N_NOTE_WARN, "sha256", NULL, 0,
			 "the SHA-256 in %s cannot be compared: this img2nfs was built without the "
			 "library for it",
			 q);
	else if (image->has_sum)
		i2n_note(image->opts.notes, I2N_NOTE_STATE, "sha256", NULL, 0,
			 "the SHA-256 of %s is compared with the one in %s", image->name, q);
	else
		i2n_note(image->opts.notes, I2N_NOTE_WARN, "sha256", NULL, 0,
			 "%s has no SHA-256 of %s: it is not compared", q, image->name);
}

static int find_sum(struct i2n_image *image, struct i2n_err *err)
{
	char *other = NULL;
	int rc;

	if (image->opts.sha256)
		return take_given(image, err);
	if (image->opts.checksum != I2N_CHECKSUM_FIND || !image->spec.file)
		return I2N_OK;
	rc = sums_find(image->spec.file, image->sum, &image->sum_where, &other, err);
	image->has_sum = rc == I2N_OK;
	if (image->has_sum || other)
		note_found(image, image->has_sum ? image->sum_where : other);
	if (!i2n_packed_libraries())
		image->has_sum = false;
	free(other);
	return rc == I2N_END ? I2N_OK : rc;
}

/* --- what has to be unpacked --- */

static int open_input(struct i2n_image *image, bool digest_only, struct i2n_err *err)
{
	const struct input_opts opts = {
		.source = image->raw,
		.fd = STDIN_FILENO,
		.name = image->name,
		.digest = image->has_sum,
		.digest_only = digest_only,
		.image = &image->opts,
	};

	return input_open(&opts, &image->input, err);
}

/* type: of an archive that is read by seeking in the file; NULL: read in order. */
static int open_layers(struct i2n_image *image, const char *type, struct stream **ret,
		       bool *ret_is_packed, struct i2n_err *err)
{
	struct layers_opts opts = {
		.file = type ? image->raw : NULL,
		.type = type,
		.name = image->name,
		.spec = image->spec.file ? image->spec.file : "-",
		.threads = image->opts.threads,
	};

	if (!spec_take_member(&image->spec, image->opts.rest))
		return i2n_err_nomem(err);
	opts.member = image->spec.member;
	if (open_input(image, type != NULL, err) ||
	    (!type && input_stream(image->input, &opts.raw, err)))
		return I2N_FATAL;
	if (layers_open(&opts, ret, ret_is_packed, err))
		return I2N_FATAL;
	return *ret_is_packed ? ahead_open(*ret, image->opts.stop, ret, err) : I2N_OK;
}

static void close_maps(struct i2n_image *image)
{
	while (image->n_maps)
		i2n_source_free(image->maps[--image->n_maps]);
}

/* Put on `bottom` what can be read at random; *ret_is: what then comes out. */
static int open_maps(struct i2n_image *image, struct i2n_source *bottom, struct i2n_fstype *ret_is,
		     struct i2n_err *err)
{
	int rc = i2n_fstype_probe(bottom, ret_is, err);

	while (rc == I2N_OK && ret_is->kind == I2N_FS_ARCHIVE && image->n_maps < MAPS_MAX) {
		struct i2n_source **map = &image->maps[image->n_maps];

		rc = packed_random_open(ret_is->type, bottom, &image->opts, map, err);
		if (rc == I2N_END)
			return I2N_OK;
		if (rc != I2N_OK)
			return rc;
		image->n_maps++;
		bottom = *map;
		rc = i2n_fstype_probe(bottom, ret_is, err);
	}
	return rc;
}

static int unpack(struct i2n_image *image, const char *type, struct i2n_err *err)
{
	struct spool_opts opts = {
		.image = &image->opts,
		.packed_size = image->raw ? image->raw->size : 0,
		.place = &image->place,
	};
	struct i2n_fstype is;
	struct stream *s = NULL;
	int rc = open_layers(image, type, &s, &opts.is_packed, err);

	if (rc != I2N_OK)
		return rc;
	opts.input = image->input;
	image->is_packed = opts.is_packed;
	rc = spool_open(s, &opts, &image->spool, err);
	if (rc != I2N_OK) {
		input_stop(image->input);	/* a thread of the stream may wait there */
		stream_free(s);
		return rc;
	}
	return open_maps(image, image->spool, &is, err);
}

/* --- opening --- */

static bool is_packed(const struct i2n_fstype *is)
{
	return is->kind == I2N_FS_ARCHIVE && unpack_kind_of(is->type) != UNPACK_NONE;
}

/* By content. */
static int look_inside(struct i2n_image *image, struct i2n_err *err)
{
	struct i2n_fstype is;
	int rc = i2n_fstype_probe(image->raw, &is, err);

	if (rc == I2N_OK && image->opts.scattered && is_packed(&is) &&
	    unpack_kind_of(is.type) == UNPACK_FILTER)
		return unpack(image, NULL, err);
	if (rc == I2N_OK)
		rc = open_maps(image, image->raw, &is, err);
	if (rc != I2N_OK || !is_packed(&is))
		return rc;
	close_maps(image);	/* blocks of an archive: nothing to read at random after all */
	rc = i2n_fstype_probe(image->raw, &is, err);
	if (rc != I2N_OK)
		return rc;
	return unpack(image, unpack_kind_of(is.type) == UNPACK_ARCHIVE ? is.type : NULL, err);
}

static int check_rest(const struct i2n_image *image, struct i2n_err *err)
{
	char q[600];

	if (!image->spec.rest[0] || image->opts.rest == I2N_REST_ANY ||
	    (image->opts.rest == I2N_REST_PATH && image->spec.rest[0] == '/'))
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "cannot open %s: %s is no archive",
			i2n_quote(q, sizeof(q), image->operand, strlen(image->operand)),
			image->name);
}

/* Nothing is opened from here on. */
static int all_is_open(struct i2n_image *image, struct i2n_err *err)
{
	const struct i2n_image_opts *opts = &image->opts;

	spool_place_make(&image->place, opts->spool);
	return opts->opened ? opts->opened(opts->opened_ctx, err) : I2N_OK;
}

/* No cause to fail: a file without one is never taken for the same. */
static void make_stamp(struct i2n_image *image)
{
	struct stat st;

	if (!stat(image->spec.file, &st) && S_ISREG(st.st_mode))
		(void)snprintf(image->stamp, sizeof(image->stamp),
			       "%" PRIu64 " bytes, inode %" PRIu64 ", of %" PRId64 " and %" PRId64,
			       (uint64_t)st.st_size, (uint64_t)st.st_ino, (int64_t)st.st_mtime,
			       (int64_t)st.st_ctime);
}

static int open_file(struct i2n_image *image, struct i2n_err *err)
{
	int rc = i2n_source_open_file(image->spec.file, &image->raw, err);

	make_stamp(image);
	if (rc == I2N_OK)
		rc = all_is_open(image, err);
	if (rc == I2N_OK)
		rc = look_inside(image, err);
	spool_place_release(&image->place);	/* where it was not needed */
	if (rc == I2N_OK)
		rc = check_rest(image, err);
	/* nothing else reads the file from front to end */
	if (rc == I2N_OK && image->has_sum && !image->input)
		rc = open_input(image, true, err);
	return rc;
}

static int open_stdin(struct i2n_image *image, struct i2n_err *err)
{
	if (isatty(STDIN_FILENO)) {
		i2n_err_set(err, I2N_DOM_USAGE, 0,
			    "cannot read an image from standard input: it is a terminal");
		i2n_err_hint(err, "img2nfs ... - < FILE, or another program's output | img2nfs "
				  "... -");
		return I2N_FATAL;
	}
	os_widen_pipe(STDIN_FILENO);
	return all_is_open(image, err) ? I2N_FATAL : unpack(image, NULL, err);
}

static int open_all(struct i2n_image *image, struct i2n_err *err)
{
	const char *file;
	int rc;

	if (!spec_parse(&image->spec, image->operand))
		return i2n_err_nomem(err);
	file = image->spec.file;
	if (file)
		i2n_quote(image->name, sizeof(image->name), file, strlen(file));
	else
		(void)snprintf(image->name, sizeof(image->name), "standard input");
	rc = find_sum(image, err);
	if (rc != I2N_OK)
		return rc;
	return file ? open_file(image, err) : open_stdin(image, err);
}

int i2n_image_open(const char *spec, const struct i2n_image_opts *opts, struct i2n_image **ret,
		   struct i2n_err *err)
{
	struct i2n_image *image = calloc(1, sizeof(*image));
	int rc;

	if (!image)
		return i2n_err_nomem(err);
	image->opts = *opts;
	image->operand = spec;
	image->place.fd = -1;
	rc = open_all(image, err);
	if (rc == I2N_OK)
		*ret = image;
	else
		i2n_image_free(image);
	return rc;
}

bool i2n_image_is(const char *spec, const char *path)
{
	struct stat a, b;
	struct spec parts;
	bool found;

	if (!spec_parse(&parts, spec))
		return false;
	found = parts.file ? !stat(parts.file, &a) : !fstat(STDIN_FILENO, &a);
	spec_release(&parts);
	return found && !stat(path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

void i2n_image_free(struct i2n_image *image)
{
	if (!image)
		return;
	close_maps(image);
	i2n_source_free(image->spool);	/* before what its thread reads from */
	spool_place_release(&image->place);
	input_free(image->input);
	i2n_source_free(image->raw);
	spec_release(&image->spec);
	free(image->sum_where);
	free(image);
}

struct i2n_source *i2n_image_source(struct i2n_image *image)
{
	if (image->n_maps)
		return image->maps[image->n_maps - 1];
	return image->spool ? image->spool : image->raw;
}

const char *i2n_image_rest(const struct i2n_image *image)
{
	return image->spec.rest;
}

const char *i2n_image_checksum(const struct i2n_image *image)
{
	return image->has_sum ? image->sum : NULL;
}

bool i2n_image_is_unproven(const struct i2n_image *image)
{
	const bool has_proved = image->finished && image->rc == I2N_OK;

	return (image->has_sum || image->is_packed) && !has_proved;
}

const char *i2n_image_stamp(const struct i2n_image *image)
{
	return image->stamp;
}

void i2n_image_keep_only(struct i2n_image *image, uint64_t off, uint64_t len)
{
	if (image->spool && !image->n_maps)
		spool_keep_only(image->spool, off, len);
}

void i2n_image_leave_out(struct i2n_image *image, const struct i2n_image_unused *unused)
{
	if (image->spool && !image->n_maps)
		spool_leave_out(image->spool, unused);
}

void i2n_image_expect(struct i2n_image *image, uint64_t len)
{
	if (image->spool && !image->n_maps)
		spool_expect(image->spool, len);
}

bool i2n_image_progress(struct i2n_image *image, struct i2n_image_progress *ret)
{
	struct input_progress in;

	*ret = (struct i2n_image_progress){ .packed_total = image->raw ? image->raw->size : 0 };
	if (!image->input)
		return false;
	input_progress(image->input, &in);
	ret->packed = in.bytes;
	ret->is_done = in.is_done;
	if (image->spool)
		spool_progress(image->spool, ret);
	return true;
}

bool i2n_image_blocks(struct i2n_image *image, uint64_t *ret_unpacked, uint64_t *ret_all)
{
	const struct i2n_source_stats *stats = image->n_maps ? &image->maps[0]->stats : NULL;

	if (!stats || !stats->n_blocks)
		return false;
	*ret_unpacked = stats->blocks;
	*ret_all = stats->n_blocks;
	return true;
}

/* --- the end --- */

static int compare(const struct i2n_image *image, const char *hex, struct i2n_err *err)
{
	char q[300];

	if (!strcmp(hex, image->sum))
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "the SHA-256 of %s is not the one %s%s", image->name,
		    image->sum_where ? "in " : "that was given",
		    image->sum_where ? i2n_quote(q, sizeof(q), image->sum_where,
						 strlen(image->sum_where))
				     : "");
	i2n_err_hint(err, "it is %s,\nand should be %s", hex, image->sum);
	i2n_err_blame(err, I2N_BLAME_CHECKSUM);
	return I2N_FATAL;
}

static int finish(struct i2n_image *image, struct i2n_err *err)
{
	char hex[SHA256_HEX] = "";
	int rc = I2N_OK;

	if (image->spool)
		rc = spool_finish(image->spool, err);
	if (rc == I2N_OK && image->input)
		rc = input_finish(image->input, hex, err);
	if (rc != I2N_OK || !image->has_sum)
		return rc;
	rc = compare(image, hex, err);
	if (rc == I2N_OK)
		i2n_note(image->opts.notes, I2N_NOTE_INFO, "sha256", NULL, 0,
			 "the SHA-256 of %s is right", image->name);
	return rc;
}

int i2n_image_finish(struct i2n_image *image, struct i2n_err *err)
{
	if (!image->finished) {
		image->rc = finish(image, &image->err);
		image->finished = image->err.domain != I2N_DOM_STOPPED;
	}
	if (image->rc != I2N_OK)
		*err = image->err;
	return image->rc;
}
