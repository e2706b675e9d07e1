/* packed.h - an image as it was downloaded: plain, compressed, in an archive, or from a pipe.
 *
 * One function looks at the first bytes (never at the name) and gives a source of the bytes of the
 * disk:
 *
 *	plain file, block device	the file itself
 *	.xz with several blocks,	decoded block by block where something is read; no
 *	seekable .zst			temporary file
 *	qcow2, Android sparse		read through their maps
 *	other .xz .zst, .gz .bz2 ...,	unpacked once, by a thread of its own, into an unlinked
 *	.zip .7z .tar, a pipe		spool file in which zeros are holes; a read waits until
 *					the stream has passed its end
 *
 * Unit:      bytes.
 * Thread:    one caller's thread; threads of its own are started and joined inside.
 * Ownership: i2n_image_free() frees the source, too, stops what still unpacks and gives the spool's
 *            space back; it accepts NULL. Slices of the source must be gone before.
 * Trust:     all of it is hostile: limits are in the options; a damaged or shortened stream is an
 *            error of the read that meets it, and of i2n_image_finish().
 * Errors:    blame IMAGE; LOCAL for the spool; CHECKSUM when the digest differs. All are
 *            I2N_FATAL. */
#ifndef IMG2NFS_PACKED_H
#define IMG2NFS_PACKED_H

#include "img2nfs/note.h"
#include "img2nfs/source.h"

enum i2n_checksum {
	I2N_CHECKSUM_GIVEN,	/* only against `sha256`, where that is not NULL */
	I2N_CHECKSUM_FIND,	/* else against FILE.sha256, FILE.sha256sum or SHA256SUMS beside
				 * it */
};

struct i2n_image_progress {
	uint64_t packed, packed_total;	/* bytes of the file that were read; total 0: a pipe */
	uint64_t unpacked;		/* bytes that came out; 0 when nothing is unpacked */
	uint64_t spooled;		/* of these, bytes that are kept in the spool */
	bool is_done;			/* nothing more is coming */
};

/* May spec go on with ":REST" that is not ours? */
enum i2n_rest {
	I2N_REST_NONE,
	/* any; MEMBER then needs a ':' after it, and does not begin with '/' */
	I2N_REST_ANY,
	/* what begins with '/', which MEMBER then does not */
	I2N_REST_PATH,
};

struct i2n_image_opts {
	const char *spool;		/* folder for the spool file; NULL: $TMPDIR, else
					 * /var/tmp */
	const char *sha256;		/* 64 hexadecimal digits that the raw file must have; NULL:
					 * none were given */
	enum i2n_checksum checksum;
	uint64_t max_size;		/* unpacked bytes at most, zeros included; 0: the default */
	uint64_t max_ratio;		/* unpacked bytes that are not zero, per packed byte; 0: the
					 * default */
	unsigned threads;		/* that decode blocks; 0: as many as there are cores */
	enum i2n_rest rest;
	/* It will not be read in its own order: what is compressed in blocks is unpacked once, as
	 * other formats are, where single blocks would be unpacked again and again. */
	bool scattered;
	const volatile int *stop;	/* waiting ends when this is not 0; NULL: never */
	/* some times a second while something waits for the stream; may be NULL */
	void (*on_wait)(void *ctx, const struct i2n_image_progress *p);
	void *ctx;
	/* Once, when all is open that will be read or unpacked into, and before the first byte of
	 * it is looked at: the time to give up rights (sandbox.h). I2N_FATAL ends it. May be
	 * NULL. */
	int (*opened)(void *ctx, struct i2n_err *err);
	void *opened_ctx;
	const struct i2n_notes *notes;	/* may be NULL */
};

#define I2N_IMAGE_MAX_SIZE ((uint64_t)1 << 40)
#define I2N_IMAGE_MAX_RATIO 1000u	/* about the best that deflate does */

struct i2n_image;

/* spec: FILE, FILE:MEMBER of an archive that holds several images, or "-" for standard input. Gives
 * I2N_OK as soon as the first bytes are known; what is wrong later is told by reads. */
int i2n_image_open(const char *spec, const struct i2n_image_opts *opts, struct i2n_image **ret,
		   struct i2n_err *err);
void i2n_image_free(struct i2n_image *image);

/* Is what spec names, whatever follows FILE in it, the file or device at path? false where one of
 * them is none. */
bool i2n_image_is(const char *spec, const char *path);

/* The bytes of the disk. It is the image's own. */
struct i2n_source *i2n_image_source(struct i2n_image *image);

/* What follows FILE or FILE:MEMBER in spec, without its ':'; "" when nothing does, and always
 * with I2N_REST_NONE. Points into spec. */
const char *i2n_image_rest(const struct i2n_image *image);

/* May what was read still prove to be wrong: is there a checksum, of the stream or the whole file,
 * that only i2n_image_finish() compares? */
bool i2n_image_is_unproven(const struct i2n_image *image);

/* Some words by which the file is known again when it has not changed; "" for a pipe. */
const char *i2n_image_stamp(const struct i2n_image *image);

/* How far it is. false: there is nothing that goes on beside the caller, the image is plain. */
bool i2n_image_progress(struct i2n_image *image, struct i2n_image_progress *ret);

/* How many of its compressed blocks have been unpacked, again when there was no room to keep them,
 * of how many in all. false: it is not read in blocks. */
bool i2n_image_blocks(struct i2n_image *image, uint64_t *ret_unpacked, uint64_t *ret_all);

/* Wait until the whole file was read and everything in it that can be checked has been: the
 * checksums of the format, that nothing is missing at its end, the SHA-256 when one was given or
 * found. To be called before what was read is declared to be good. Called again it says the same
 * again. */
int i2n_image_finish(struct i2n_image *image, struct i2n_err *err);

/* The SHA-256 that i2n_image_finish() compares with, 64 hexadecimal digits; NULL: none. */
const char *i2n_image_checksum(const struct i2n_image *image);

/* Nothing outside of [off, off + len) will be read any more: what comes need not be kept. A
 * hint. */
void i2n_image_keep_only(struct i2n_image *image, uint64_t off, uint64_t len);

/* What of it holds nothing that anybody will read, so that it need not be kept. Asked by the thread
 * that unpacks, in ascending order: is the byte at off unused, and for how many (*ret_len > 0) is
 * the answer the same? `come`: all that came before. ctx lives as long as the image. */
struct i2n_image_unused {
	bool (*at)(void *ctx, struct i2n_source *come, uint64_t off, uint64_t *ret_len);
	void *ctx;
};
/* A read of bytes that were not kept, and were not zero, is an error (domain IMAGE). */
void i2n_image_leave_out(struct i2n_image *image, const struct i2n_image_unused *unused);

/* What is kept of it has about so many bytes that are not zero: warn where the spool has no room
 * for that. */
void i2n_image_expect(struct i2n_image *image, uint64_t len);

/* Versions of the libraries in use: "libarchive 3.6.2, ..."; NULL: built without them. */
const char *i2n_packed_libraries(void);

#endif
