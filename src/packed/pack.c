/* libarchive's write filters around a stream of raw bytes. */
#include "img2nfs/pack.h"

#include "img2nfs/name.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct i2n_pack {
	struct archive *a;
	i2n_pack_fn *fn;
	void *ctx;
	int rc;			/* of fn */
	struct i2n_err err;
};

/* libarchive's name of the filter, and whether it has threads. gzip would write the time. */
static const struct {
	const char *type, *options;
	int (*add)(struct archive *a);
	bool has_threads;
} types[] = {
	{ "gzip", "!timestamp", archive_write_add_filter_gzip, false },
	{ "bzip2", NULL, archive_write_add_filter_bzip2, false },
	{ "xz", NULL, archive_write_add_filter_xz, true },
	{ "zstd", NULL, archive_write_add_filter_zstd, true },
	{ "lz4", NULL, archive_write_add_filter_lz4, false },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static la_ssize_t on_write(struct archive *a, void *ctx, const void *buf, size_t len)
{
	struct i2n_pack *p = ctx;

	if (p->rc == I2N_OK)
		p->rc = p->fn(p->ctx, buf, len, &p->err);
	if (p->rc == I2N_OK)
		return (la_ssize_t)len;
	archive_set_error(a, EIO, "writing failed");
	return ARCHIVE_FATAL;
}

static int failed(const struct i2n_pack *p, struct i2n_err *err)
{
	const char *text = archive_error_string(p->a);
	char safe[200];

	if (p->rc != I2N_OK) {
		*err = p->err;
		return p->rc;
	}
	if (!text)
		text = "unknown error";
	return i2n_fail(err, I2N_FATAL, I2N_DOM_SYS, archive_errno(p->a), "cannot compress: %s",
			i2n_escape(safe, sizeof(safe), text, strlen(text)));
}

/* Two or more: with one thread liblzma and libzstd write other bytes than with several, and with
 * several always the same. A libarchive that knows no threads gives ARCHIVE_WARN and goes on. */
static void set_threads(struct archive *a, const char *type)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	char n[24];

	/* fits always */
	(void)snprintf(n, sizeof(n), "%ld", cores < 2 ? 2 : cores > 16 ? 16 : cores);
	(void)archive_write_set_filter_option(a, type, "threads", n);
}

/* The raw format wants one entry. */
static int begin(struct i2n_pack *p, size_t row)
{
	struct archive_entry *e;
	int rc;

	/* ARCHIVE_WARN: this libarchive would run a program for it */
	if (types[row].add(p->a) != ARCHIVE_OK || archive_write_set_format_raw(p->a) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	if (types[row].options && archive_write_set_options(p->a, types[row].options) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	if (types[row].has_threads)
		set_threads(p->a, types[row].type);
	/* no padding; setting it cannot fail here */
	(void)archive_write_set_bytes_in_last_block(p->a, 1);
	rc = archive_write_open(p->a, p, NULL, on_write, NULL);
	if (rc != ARCHIVE_OK)
		return rc;
	e = archive_entry_new();
	if (!e)
		return ARCHIVE_FATAL;
	archive_entry_set_filetype(e, AE_IFREG);
	rc = archive_write_header(p->a, e);
	archive_entry_free(e);
	return rc;
}

int i2n_pack_open(const char *type, i2n_pack_fn *fn, void *ctx, struct i2n_pack **ret,
		  struct i2n_err *err)
{
	struct i2n_pack *p = calloc(1, sizeof(*p));
	size_t row = 0;
	int rc;

	if (!p)
		return i2n_err_nomem(err);
	p->fn = fn;
	p->ctx = ctx;
	while (row < TYPES && strcmp(types[row].type, type))
		row++;
	p->a = archive_write_new();
	if (!p->a || row == TYPES) {
		i2n_pack_free(p);
		return i2n_err_nomem(err);
	}
	rc = begin(p, row);
	if (rc != ARCHIVE_OK) {
		i2n_err_set(err, I2N_DOM_USAGE, 0,
			    "cannot write %s: this libarchive was built without it", type);
		i2n_pack_free(p);
		return I2N_FATAL;
	}
	*ret = p;
	return I2N_OK;
}

int i2n_pack_write(struct i2n_pack *p, const void *buf, size_t len, struct i2n_err *err)
{
	const unsigned char *at = buf;

	while (len) {
		la_ssize_t n = archive_write_data(p->a, at, len);

		if (n <= 0)
			return failed(p, err);
		at += n;
		len -= (size_t)n;
	}
	return I2N_OK;
}

int i2n_pack_finish(struct i2n_pack *p, struct i2n_err *err)
{
	return archive_write_close(p->a) == ARCHIVE_OK && p->rc == I2N_OK ? I2N_OK :
									    failed(p, err);
}

void i2n_pack_free(struct i2n_pack *p)
{
	if (!p)
		return;
	if (p->a) {
		/* what was not finished is not wanted any more */
		(void)archive_write_fail(p->a);
		(void)archive_write_free(p->a);
	}
	free(p);
}
