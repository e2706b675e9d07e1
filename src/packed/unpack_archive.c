/* libarchive: compressed streams that zlib and liblzma do not know, and archives. It is given only
 * the one format that was recognised, so that it guesses nothing. */
#include "img2nfs/name.h"

#include "unpack_own.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct unpack_archive {
	struct archive *a;
	const char *name;
	bool lists_at_end;		/* where it lies in the file, what is in it */
	struct stream *from;		/* or */
	struct i2n_source *file;
	uint64_t at;			/* in file */
	int rc;				/* what reading below gave */
	struct i2n_err err;
	unsigned char buf[UNPACK_BUF];
};

/* --- what libarchive reads --- */

static int read_file(struct unpack_archive *ar, size_t *ret_n, struct i2n_err *err)
{
	uint64_t left = ar->file->size - ar->at;

	*ret_n = left < sizeof(ar->buf) ? (size_t)left : sizeof(ar->buf);
	return *ret_n ? ar->file->ops->pread(ar->file, ar->buf, *ret_n, ar->at, err) : I2N_OK;
}

static la_ssize_t on_read(struct archive *a, void *ctx, const void **ret)
{
	struct unpack_archive *ar = ctx;
	size_t n = 0;

	if (ar->rc == I2N_OK)
		ar->rc = ar->file ? read_file(ar, &n, &ar->err)
				  : stream_read(ar->from, ar->buf, sizeof(ar->buf), &n, &ar->err);
	if (ar->rc != I2N_OK) {
		archive_set_error(a, EIO, "reading failed");
		return ARCHIVE_FATAL;
	}
	ar->at += n;
	*ret = ar->buf;
	return (la_ssize_t)n;
}

static la_int64_t on_skip(struct archive *a, void *ctx, la_int64_t n)
{
	struct unpack_archive *ar = ctx;
	uint64_t left = ar->file->size - ar->at;

	(void)a;
	if (n < 0)
		return 0;
	if ((uint64_t)n > left)
		n = (la_int64_t)left;
	ar->at += (uint64_t)n;
	return n;
}

static la_int64_t on_seek(struct archive *a, void *ctx, la_int64_t off, int whence)
{
	struct unpack_archive *ar = ctx;
	la_int64_t size = (la_int64_t)ar->file->size, base;

	(void)a;
	base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (la_int64_t)ar->at : size;
	/* sizes of files are far below the limit of the type, hostile offsets need not be */
	if (off > 0 ? off > size - base : off < -base)
		return ARCHIVE_FATAL;
	ar->at = (uint64_t)(base + off);
	return (la_int64_t)ar->at;
}

/* --- errors --- */

/* The words are libarchive's. */
static const char *hint_of(const char *text)
{
	if (strstr(text, "runcated"))
		return "it was not copied or downloaded completely";
	if (strstr(text, "ncrypted") || strstr(text, "assphrase"))
		return "unpack it with its password first";
	return "copy or download it again and compare its size or checksum";
}

static int failed(struct unpack_archive *ar, const char *name, struct i2n_err *err)
{
	const char *text = archive_error_string(ar->a);
	char safe[200];

	if (ar->rc != I2N_OK) {
		*err = ar->err;
		return ar->rc;
	}
	if (!text)
		text = "its data are damaged";
	else if (ar->lists_at_end && strstr(text, "nrecognized archive format"))
		text = "its list of contents, at its end, is missing (truncated?)";
	i2n_escape(safe, sizeof(safe), text, strlen(text));
	i2n_err_set(err, I2N_DOM_PACKED, 0, "cannot unpack %s: %s", name, safe);
	i2n_err_hint(err, "%s", hint_of(text));
	return I2N_FATAL;
}

/* --- members --- */

static const struct {
	const char *type;
	enum unpack_kind kind;
	int (*support)(struct archive *a);
	int (*support_seeking)(struct archive *a);
} types[] = {
	{ "gzip", UNPACK_FILTER, NULL, NULL },
	{ "xz", UNPACK_FILTER, NULL, NULL },
	{ "zstd", UNPACK_FILTER, archive_read_support_filter_zstd, NULL },
	{ "bzip2", UNPACK_FILTER, archive_read_support_filter_bzip2, NULL },
	{ "lz4", UNPACK_FILTER, archive_read_support_filter_lz4, NULL },
	{ "lzma", UNPACK_FILTER, archive_read_support_filter_lzma, NULL },
	{ "lzip", UNPACK_FILTER, archive_read_support_filter_lzip, NULL },
	{ "zip", UNPACK_ARCHIVE, archive_read_support_format_zip_streamable,
	  archive_read_support_format_zip_seekable },
	{ "7z", UNPACK_ARCHIVE, NULL, archive_read_support_format_7zip },
	{ "tar", UNPACK_ARCHIVE, archive_read_support_format_tar,
	  archive_read_support_format_tar },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static size_t row_of(const char *type)
{
	size_t i;

	for (i = 0; i < TYPES && strcmp(types[i].type, type); i++)
		;
	return i;
}

enum unpack_kind unpack_kind_of(const char *type)
{
	size_t i = row_of(type);

	return i < TYPES ? types[i].kind : UNPACK_NONE;
}

/* ar->a with what it reads from; `support` is ours to call because of its order. */
static int begin(struct unpack_archive *ar, int (*support)(struct archive *a), bool is_filter,
		 struct i2n_err *err)
{
	ar->a = archive_read_new();
	if (!ar->a)
		return i2n_err_nomem(err);
	/* ARCHIVE_WARN: this libarchive would have to run a program for it */
	if (support(ar->a) != ARCHIVE_OK ||
	    (is_filter && archive_read_support_format_raw(ar->a) != ARCHIVE_OK)) {
		i2n_err_set(err, I2N_DOM_PACKED, 0,
			    "cannot unpack %s: this libarchive was built without its format",
			    ar->name);
		return I2N_FATAL;
	}
	/* setting callbacks of a new archive cannot fail */
	(void)archive_read_set_callback_data(ar->a, ar);
	(void)archive_read_set_read_callback(ar->a, on_read);
	if (ar->file) {
		(void)archive_read_set_skip_callback(ar->a, on_skip);
		(void)archive_read_set_seek_callback(ar->a, on_seek);
	}
	return archive_read_open1(ar->a) == ARCHIVE_OK ? I2N_OK : failed(ar, ar->name, err);
}

static int archive_open(int (*support)(struct archive *a), bool is_filter, struct stream *from,
			struct i2n_source *file, const char *name, struct unpack_archive **ret,
			struct i2n_err *err)
{
	struct unpack_archive *ar = calloc(1, sizeof(*ar));
	int rc;

	if (!ar)
		return i2n_err_nomem(err);
	ar->name = name;
	ar->from = from;
	ar->file = file;
	ar->lists_at_end = support == archive_read_support_format_zip_seekable ||
			   support == archive_read_support_format_7zip;
	rc = begin(ar, support, is_filter, err);
	if (rc == I2N_OK) {
		*ret = ar;
	} else {
		ar->from = NULL;	/* stays the caller's */
		unpack_archive_free(ar);
	}
	return rc;
}

int unpack_archive_open(const char *type, struct stream *from, struct i2n_source *file,
			const char *name, struct unpack_archive **ret, struct i2n_err *err)
{
	size_t i = row_of(type);
	int (*support)(struct archive *a) = file ? types[i].support_seeking : types[i].support;

	if (!support) {
		i2n_err_set(err, I2N_DOM_PACKED, 0,
			    "cannot unpack %s: a %s archive can only be read from a file", name,
			    type);
		i2n_err_hint(err, "its list of contents is at its end; save it to a file first");
		return I2N_FATAL;
	}
	return archive_open(support, false, from, file, name, ret, err);
}

void unpack_archive_free(struct unpack_archive *ar)
{
	if (!ar)
		return;
	(void)archive_read_free(ar->a);	/* NULL is fine; errors of the content were told */
	stream_free(ar->from);
	free(ar);
}

int unpack_archive_next(struct unpack_archive *ar, struct unpack_member *ret, struct i2n_err *err)
{
	struct archive_entry *e;
	int got = archive_read_next_header(ar->a, &e);
	la_int64_t size;

	if (got == ARCHIVE_EOF)
		return ar->rc == I2N_OK ? I2N_END : failed(ar, ar->name, err);
	if (got != ARCHIVE_OK && got != ARCHIVE_WARN)	/* WARN: a name in an unknown encoding */
		return failed(ar, ar->name, err);
	size = archive_entry_size_is_set(e) ? archive_entry_size(e) : 0;
	*ret = (struct unpack_member){
		.path = archive_entry_pathname(e),
		.is_file = archive_entry_filetype(e) == AE_IFREG && !archive_entry_hardlink(e),
		.is_encrypted = archive_entry_is_data_encrypted(e) > 0,
		.size = size > 0 ? (uint64_t)size : 0,
	};
	if (!ret->path)
		ret->path = "";
	return I2N_OK;
}

struct content {
	struct stream stream;
	struct unpack_archive *ar;
	bool owns;
};

static int content_read(struct stream *s, void *buf, size_t len, size_t *ret_n,
			struct i2n_err *err)
{
	struct content *c = (struct content *)s;
	la_ssize_t n;

	do {
		n = archive_read_data(c->ar->a, buf, len);
	} while (n == ARCHIVE_RETRY);
	/* ARCHIVE_WARN is how some formats tell that a checksum differs */
	if (n < 0 || c->ar->rc != I2N_OK)
		return failed(c->ar, s->name, err);
	*ret_n = (size_t)n;
	return I2N_OK;
}

static void content_free(struct stream *s)
{
	struct content *c = (struct content *)s;

	if (c->owns)
		unpack_archive_free(c->ar);
	free(c);
}

static const struct stream_ops content_ops = { .read = content_read, .free = content_free };

int unpack_archive_content(struct unpack_archive *ar, const char *name, struct stream **ret,
			   struct i2n_err *err)
{
	struct content *c = calloc(1, sizeof(*c));

	if (!c)
		return i2n_err_nomem(err);
	c->stream = (struct stream){ .ops = &content_ops, .name = name };
	c->ar = ar;
	*ret = &c->stream;
	return I2N_OK;
}

/* --- compressed streams --- */

int unpack_other_open(const char *type, struct stream *from, struct stream **ret,
		      struct i2n_err *err)
{
	struct unpack_archive *ar;
	struct unpack_member only;
	int rc = archive_open(types[row_of(type)].support, true, from, NULL, from->name, &ar, err);

	if (rc != I2N_OK)
		return rc;
	rc = unpack_archive_next(ar, &only, err);
	if (rc == I2N_END)
		rc = stream_fail(from, "nothing is in it", err);
	if (rc == I2N_OK)
		rc = unpack_archive_content(ar, from->name, ret, err);
	if (rc == I2N_OK) {
		((struct content *)*ret)->owns = true;
	} else {
		ar->from = NULL;
		unpack_archive_free(ar);
	}
	return rc;
}
