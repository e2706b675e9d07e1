/* unpack.h - what the libraries unpack: one compressed stream each, and members of archives.
 *
 * The types are the words of i2n_fstype_probe(). See stream.h for the rules; each stream made here
 * owns `from` as soon as its constructor gave I2N_OK. */
#ifndef UNPACK_H
#define UNPACK_H

#include "img2nfs/source.h"

#include "stream.h"

enum unpack_kind {
	UNPACK_NONE,		/* not known to the libraries, or not wanted */
	UNPACK_FILTER,		/* one stream in, one stream out */
	UNPACK_ARCHIVE,		/* has members */
};

enum unpack_kind unpack_kind_of(const char *type);

/* The unpacked bytes of one compressed stream. threads: of blocks that are decoded at a time where
 * the format has such. */
int unpack_filter(const char *type, struct stream *from, unsigned threads, struct stream **ret,
		  struct i2n_err *err);

struct unpack_archive;

/* An archive, read either in order (file NULL: `from`, which it owns) or by seeking (`file`, which
 * is borrowed; its pread op is called by the thread that reads). */
int unpack_archive_open(const char *type, struct stream *from, struct i2n_source *file,
			const char *name, struct unpack_archive **ret, struct i2n_err *err);
void unpack_archive_free(struct unpack_archive *ar);

struct unpack_member {
	const char *path;	/* raw bytes, valid until the next call */
	bool is_file, is_encrypted;
	uint64_t size;		/* as the archive says; 0: it does not */
};

/* The next member, whatever of the one before was not read is skipped: I2N_OK, I2N_END. */
int unpack_archive_next(struct unpack_archive *ar, struct unpack_member *ret, struct i2n_err *err);

/* The content of the member that unpack_archive_next() gave; the stream borrows the archive and is
 * to be freed before the next call. `name` must live as long. */
int unpack_archive_content(struct unpack_archive *ar, const char *name, struct stream **ret,
			   struct i2n_err *err);

#endif
