/* check.h - does an export keep what a Linux root file system needs? Asked with a scratch directory
 * on the server.
 *
 * In the deepest directory of the URL's path that exists a directory of a unique name is made, one
 * object of each kind in it, and everything is read back and removed again; that takes some thirty
 * requests in seven round trips. `extract` does the essential part of it before it writes anything
 * else: eight requests, and three round trips until it knows what it wants to know.
 *
 *	struct i2n_check check = { .needs = I2N_NEEDS_ALL };
 *	i2n_check_nfs3(&url, &opts, &notes, stop, &check, &err);
 *	for (i = 0; i < I2N_CHECKS; i++) check.findings[i].state ...
 *
 * Unit:      bytes; times in seconds since 1970.
 * Ownership: no allocation.
 * Trust:     texts of findings are quoted and fit for a terminal.
 * Source:    RFC 1813; what mends it: exports(5) and the manuals of the servers named. */
#ifndef IMG2NFS_CHECK_H
#define IMG2NFS_CHECK_H

#include "img2nfs/node.h"
#include "img2nfs/reader.h"
#include "img2nfs/sink.h"

enum i2n_check_id {
	I2N_CHECK_EXPORT, /* there is an export for us, and it takes our source port */
	I2N_CHECK_WRITABLE,
	I2N_CHECK_IDENTITY, /* we are who we say: uid 0 is not squashed */
	I2N_CHECK_OWNERS, /* any 32-bit uid and gid */
	I2N_CHECK_SETID, /* set-user-ID and set-group-ID of a file; set-group-ID and sticky of a
			    directory */
	I2N_CHECK_DEVICES, /* character and block devices, with large numbers */
	I2N_CHECK_SPECIAL, /* FIFOs and sockets */
	I2N_CHECK_HARDLINKS,
	I2N_CHECK_SYMLINKS,
	I2N_CHECK_SYMLINK_TIMES,
	I2N_CHECK_LONG_NAMES, /* 255 bytes */
	I2N_CHECK_BYTE_NAMES, /* bytes that are no UTF-8 */
	I2N_CHECK_CASE, /* upper and lower case are told apart */
	I2N_CHECK_TIMES, /* granularity */
	I2N_CHECK_TIME_RANGE, /* after 2038 */
	I2N_CHECK_SPACE,
	I2N_CHECK_INODES,
	I2N_CHECK_FILE_SIZE,
	I2N_CHECK_WRITE_SIZE,
	I2N_CHECK_CLEANUP, /* all that the check made is removed */
	I2N_CHECKS
};

enum i2n_check_state {
	I2N_CHECK_UNKNOWN, /* not asked, or the server does not say */
	I2N_CHECK_OK,
	I2N_CHECK_LOSS, /* extract would work and lose something; `loss` says which class */
	I2N_CHECK_FAIL, /* extract would fail */
};

/* What has to be changed on the server. */
enum i2n_remedy {
	I2N_REMEDY_NONE,
	I2N_REMEDY_EXPORT,
	I2N_REMEDY_RW,
	I2N_REMEDY_ROOT,
	I2N_REMEDY_PORT,
	I2N_REMEDY_SPACE,
	I2N_REMEDY_INODES,
	I2N_REMEDY_CASE,
	I2N_REMEDY_NAMES,
	I2N_REMEDY_LINKS,
	I2N_REMEDY_KEEP,
};

struct i2n_finding {
	enum i2n_check_state state;
	enum i2n_remedy remedy;
	uint32_t loss; /* enum i2n_loss, with I2N_CHECK_LOSS */
	char text[300]; /* "uid 0 is squashed: the server takes us for uid 65534" */
};

/* What a tree asks of its destination. */
struct i2n_needs {
	uint64_t bytes, inodes, largest_file; /* 0: unknown, or nothing */
	uint32_t uses; /* 1 << enum i2n_check_id: findings that matter to it */
	bool later; /* bytes and inodes are compared when it is known what there is already */
};
#define I2N_NEEDS_ALL              \
	{                          \
		.uses = UINT32_MAX \
	}

struct i2n_check {
	struct i2n_needs needs; /* set by the caller */
	/* The same findings for extract with --squashed=script: squashing, owners, devices and
	 * set-ID bits are no failures. */
	bool allow_squash;
	struct i2n_finding findings[I2N_CHECKS];
	uint32_t uid, gid; /* who we are there */
	bool squashed; /* not who we say */
	char path[300],
		client[64]; /* the export (escaped) and our address, for remedies; "" if unknown */
	bool low_port;	/* our requests come from below 1024, as 'secure' exports want it */
	uint64_t requests;
	unsigned version; /* of NFS, that was spoken */
};

/* What tree needs at least: the data of its files without their holes, as a server may store it in
 * no more. */
void i2n_needs_of(const struct i2n_tree *tree, struct i2n_reader *reader, struct i2n_needs *ret);

/* I2N_OK: look at the findings. I2N_FATAL: could not be asked (no connection, stopped, no memory);
 * err says why, and findings tells what was found before that. retry_for_s of opts counts for each
 * lost connection. */
int i2n_check_nfs3(const struct i2n_nfs_url *url, const struct i2n_nfs_opts *opts,
		   const struct i2n_notes *notes, const volatile int *stop, struct i2n_check *check,
		   struct i2n_err *err);

/* The finding's word ("identity") and what is asked ("uid 0 is not squashed"); never NULL. */
const char *i2n_check_word(enum i2n_check_id id);
const char *i2n_check_title(enum i2n_check_id id);

/* What is missing, in one sentence without a full stop; NULL for I2N_REMEDY_NONE. */
const char *i2n_remedy_missing(enum i2n_remedy remedy);

/* The i-th way to mend it: *ret_where says on which server ("Linux", "Synology", ...), buf what to
 * do there. Linux comes first, with a ready line for /etc/exports where there is one. false: there
 * are no more. */
bool i2n_remedy_line(enum i2n_remedy remedy, unsigned i, const char *path, const char *client,
		     const char **ret_where, char *buf, size_t cap);

#endif
