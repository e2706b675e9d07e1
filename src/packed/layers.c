#include "layers.h"

#include "img2nfs/name.h"

#include "is_disk.h"
#include "unpack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 600u
#define NAMES_SHOWN 6u
#define DISK_MIN ((uint64_t)64 << 10)	/* below this nothing with a file system in it */

/* Names for a hint. */
struct names {
	char text[300];
	unsigned n;
};

/* What an archive was seen to hold. */
struct contents {
	unsigned files, encrypted;
	bool linux_files;
	struct names disks, others;
};

/* --- compressions --- */

/* Take compressions off *s until something else is there. *s is always what is to be freed. */
static int peel(struct stream **s, unsigned threads, struct i2n_fstype *ret_is, unsigned *ret_n,
		struct i2n_err *err)
{
	const unsigned char *head;
	struct stream *above;
	size_t len;
	int rc;

	for (*ret_n = 0;; ++*ret_n) {
		rc = stream_peek_open(*s, &above, err);
		if (rc != I2N_OK)
			return rc;
		*s = above;
		rc = stream_peek(*s, &head, &len, err);
		if (rc == I2N_OK)
			rc = head_probe(head, len, (*s)->size, ret_is, err);
		if (rc != I2N_OK || ret_is->kind != I2N_FS_ARCHIVE ||
		    unpack_kind_of(ret_is->type) != UNPACK_FILTER)
			return rc;
		if (*ret_n == LAYERS_MAX)
			return stream_fail(*s, "it is compressed more than three times", err);
		rc = unpack_filter(ret_is->type, *s, threads, &above, err);
		if (rc != I2N_OK)
			return rc;
		*s = above;
	}
}

/* --- members --- */

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end) && (n == m || path[n - m - 1] == '/');
}

static bool is_of_linux(const char *path)
{
	static const char *const files[] = { "etc/passwd", "etc/os-release", "usr/lib/os-release",
					     "bin/sh", "bin/busybox", "sbin/init", "usr/bin/env" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (ends_with(path, files[i]))
			return true;
	return false;
}

static void add_name(struct names *names, const char *path)
{
	size_t at = strlen(names->text);
	char q[120];

	/* cut where it does not fit: it is a hint */
	if (names->n < NAMES_SHOWN)
		(void)snprintf(names->text + at, sizeof(names->text) - at, "%s%s", at ? ", " : "",
			       i2n_quote(q, sizeof(q), path, strlen(path)));
	else if (names->n == NAMES_SHOWN)
		(void)snprintf(names->text + at, sizeof(names->text) - at, ", ...");
	names->n++;
}

/* A member as a stream, with its compressions taken off. I2N_END: it is not a disk. */
static int open_member(const struct layers_opts *o, struct unpack_archive *ar,
		       const struct unpack_member *m, const char *name, struct stream **ret,
		       struct i2n_err *err)
{
	struct stream *s = NULL;
	const unsigned char *head;
	struct i2n_fstype is;
	unsigned n = 0;
	size_t len;
	int rc = unpack_archive_content(ar, name, &s, err);

	if (rc != I2N_OK)
		return rc;
	s->size = m->size;
	rc = peel(&s, o->threads, &is, &n, err);
	if (rc == I2N_OK)
		rc = stream_peek(s, &head, &len, err);
	if (rc == I2N_OK && !o->member && !is_disk(head, len, s->size))
		rc = I2N_END;
	if (rc == I2N_OK && is.kind == I2N_FS_ARCHIVE && unpack_kind_of(is.type) != UNPACK_NONE)
		rc = stream_fail(s, "it is an archive in an archive", err);
	if (rc == I2N_OK)
		*ret = s;
	else
		stream_free(s);
	return rc;
}

static void member_name(const struct layers_opts *o, const char *path, char name[NAME_MAX_LEN])
{
	char both[2 * NAME_MAX_LEN];

	(void)snprintf(both, sizeof(both), "%.*s:%s", (int)NAME_MAX_LEN - 2, o->spec, path);
	i2n_quote(name, NAME_MAX_LEN, both, strlen(both));
}

/* Is it worth looking into? */
static bool may_be_disk(const struct layers_opts *o, const struct unpack_member *m)
{
	return o->member ? !strcmp(m->path, o->member) : !m->size || m->size >= DISK_MIN;
}

/* What is wrong with a member in a search costs only that member, which may have looked as if it
 * were compressed by accident; what is wrong with the archive will be met again. */
static bool is_passed_over(const struct layers_opts *o, int rc, const struct i2n_err *why)
{
	return rc == I2N_END || (!o->member && rc != I2N_OK && why->domain == I2N_DOM_PACKED);
}

/* The next member that is a disk, or that is named. I2N_END: none. */
static int next_disk(const struct layers_opts *o, struct unpack_archive *ar, struct contents *seen,
		     char name[NAME_MAX_LEN], struct stream **ret, struct i2n_err *err)
{
	struct unpack_member m;
	int rc;

	while ((rc = unpack_archive_next(ar, &m, err)) == I2N_OK) {
		struct i2n_err why = { 0 };
		char path[NAME_MAX_LEN];

		seen->linux_files = seen->linux_files || is_of_linux(m.path);
		if (!m.is_file)
			continue;
		seen->files++;
		seen->encrypted += m.is_encrypted;
		(void)snprintf(path, sizeof(path), "%s", m.path);	/* a name: cut is fine */
		rc = I2N_END;
		if (may_be_disk(o, &m)) {
			member_name(o, path, name);
			rc = open_member(o, ar, &m, name, ret, &why);
		}
		add_name(rc == I2N_OK ? &seen->disks : &seen->others, path);
		if (is_passed_over(o, rc, &why))
			continue;
		if (rc != I2N_OK)
			*err = why;
		return rc;
	}
	return rc;
}

static int refuse_none(const struct layers_opts *o, const struct contents *seen,
		       struct i2n_err *err)
{
	char q[200];

	if (o->member) {
		i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot find %s in %s",
			    i2n_quote(q, sizeof(q), o->member, strlen(o->member)), o->name);
		return I2N_FATAL;
	}
	if (seen->linux_files) {
		i2n_err_set(err, I2N_DOM_IMAGE, 0,
			    "cannot use %s as an image: it is an archive of a Linux system's "
			    "files, not of a disk",
			    o->name);
		i2n_err_hint(err, "unpack it on the server, as root and with --numeric-owner");
		return I2N_FATAL;
	}
	if (seen->encrypted) {
		i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot use %s as an image: it is encrypted",
			    o->name);
		i2n_err_hint(err, "unpack it with its password first");
		return I2N_FATAL;
	}
	if (seen->files == 1)
		i2n_err_set(err, I2N_DOM_IMAGE, 0,
			    "cannot use %s as an image: its only file is no disk image", o->name);
	else
		i2n_err_set(err, I2N_DOM_IMAGE, 0,
			    "cannot use %s as an image: of its %u files none is a disk image",
			    o->name, seen->files);
	if (seen->files)
		i2n_err_hint(err, seen->files == 1 ? "it is: %s" : "they are: %s",
			     seen->others.text);
	return I2N_FATAL;
}

static int refuse_several(const struct layers_opts *o, const struct contents *seen,
			  struct i2n_err *err)
{
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot choose between the disk images in %s", o->name);
	i2n_err_hint(err, "name one as %s:MEMBER: %s", o->spec, seen->disks.text);
	return I2N_FATAL;
}

/* --- the member that was chosen --- */

struct chosen {
	struct stream stream;
	struct layers_opts opts;	/* what it points at is the image's */
	struct unpack_archive *ar;
	struct stream *content;
	struct contents seen;
	bool is_only;			/* nothing after it needs to be looked at */
	char name[NAME_MAX_LEN], other[NAME_MAX_LEN];
};

/* After its end: there must not be a second one. */
static int check_rest(struct chosen *c, struct i2n_err *err)
{
	struct stream *second = NULL;
	int rc;

	stream_free(c->content);
	c->content = NULL;
	c->is_only = true;
	rc = next_disk(&c->opts, c->ar, &c->seen, c->other, &second, err);
	stream_free(second);
	if (rc == I2N_OK)
		return refuse_several(&c->opts, &c->seen, err);
	return rc == I2N_END ? I2N_OK : rc;
}

static int chosen_read(struct stream *s, void *buf, size_t len, size_t *ret_n, struct i2n_err *err)
{
	struct chosen *c = (struct chosen *)s;
	int rc;

	*ret_n = 0;
	if (!c->content)
		return I2N_OK;
	rc = stream_read(c->content, buf, len, ret_n, err);
	return rc == I2N_OK && !*ret_n && !c->is_only ? check_rest(c, err) : rc;
}

static void chosen_free(struct stream *s)
{
	struct chosen *c = (struct chosen *)s;

	stream_free(c->content);
	unpack_archive_free(c->ar);
	free(c);
}

static const struct stream_ops chosen_ops = { .read = chosen_read, .free = chosen_free };

/* Where looking is cheap, look at all members before one is taken. */
static int survey(const struct layers_opts *o, struct i2n_err *err)
{
	struct contents seen = { 0 };
	struct unpack_archive *ar = NULL;
	struct stream *disk = NULL;
	char name[NAME_MAX_LEN];
	int rc;

	rc = unpack_archive_open(o->type, NULL, o->file, o->name, &ar, err);
	while (rc == I2N_OK) {
		rc = next_disk(o, ar, &seen, name, &disk, err);
		if (rc == I2N_OK)
			stream_free(disk);
	}
	unpack_archive_free(ar);
	if (rc != I2N_END)
		return rc;
	if (!seen.disks.n)
		return refuse_none(o, &seen, err);
	return seen.disks.n > 1 ? refuse_several(o, &seen, err) : I2N_OK;
}

/* Members of a zip file and of a tar file can be skipped; those of a 7z file are mostly unpacked
 * for it. */
static bool is_survey_cheap(const struct layers_opts *o)
{
	return o->file && !o->member && strcmp(o->type, "7z") != 0;
}

/* from: NULL with o->file. It is taken, whatever comes of it. */
static int open_archive(const struct layers_opts *o, const char *type, struct stream *from,
			struct stream **ret, struct i2n_err *err)
{
	struct chosen *c;
	int rc;

	c = calloc(1, sizeof(*c));
	if (!c) {
		stream_free(from);
		return i2n_err_nomem(err);
	}
	c->opts = *o;
	c->is_only = is_survey_cheap(o) || o->member;
	rc = is_survey_cheap(o) ? survey(o, err) : I2N_OK;
	if (rc == I2N_OK)
		rc = unpack_archive_open(type, from, o->file, o->name, &c->ar, err);
	if (rc != I2N_OK) {
		stream_free(from);
		free(c);
		return rc;
	}
	rc = next_disk(o, c->ar, &c->seen, c->name, &c->content, err);
	if (rc == I2N_END)
		rc = refuse_none(o, &c->seen, err);
	if (rc == I2N_OK) {
		c->stream = (struct stream){ .ops = &chosen_ops, .name = c->name,
					     .size = c->content->size };
		*ret = &c->stream;
	} else {
		chosen_free(&c->stream);
	}
	return rc;
}

int layers_open(const struct layers_opts *o, struct stream **ret, bool *ret_is_packed,
		struct i2n_err *err)
{
	struct i2n_fstype is = { 0 };
	struct stream *s = o->raw;
	const unsigned char *head;
	unsigned n = 0;
	size_t len = 1;
	int rc = I2N_OK;

	*ret_is_packed = true;
	if (o->file)
		return open_archive(o, o->type, NULL, ret, err);
	rc = peel(&s, o->threads, &is, &n, err);
	if (rc == I2N_OK)
		rc = stream_peek(s, &head, &len, err);
	if (rc == I2N_OK && !len)
		rc = i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
			      "cannot use %s as an image: it is empty", o->name);
	if (rc == I2N_OK && is.kind == I2N_FS_ARCHIVE &&
	    unpack_kind_of(is.type) == UNPACK_ARCHIVE) {
		struct stream *archive = s;

		s = NULL;
		rc = open_archive(o, is.type, archive, &s, err);
	} else if (rc == I2N_OK && o->member) {
		rc = i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
			      "cannot find a member in %s: it is no archive", o->name);
	} else {
		*ret_is_packed = n > 0;
	}
	if (rc == I2N_OK)
		*ret = s;
	else
		stream_free(s);
	return rc;
}
