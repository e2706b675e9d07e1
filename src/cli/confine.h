/* confine.h - what a command still needs when it begins to read what may be hostile, and giving up
 * the rest (img2nfs/sandbox.h).
 *
 *	struct confine c = { 0 };
 *	confine_out(&c, &manifest);
 *	confine_server(&c, &url);
 *	opts.packed.confine = &c;		image_open() does it at the right moment
 *	confine_enter(&c, off, notes, err);	where there is no image
 *	confine_release(&c);
 *
 * Kerberos and TLS switch it off: their libraries load what the system's configuration names, keep
 * keys in the kernel and look for servers of their own.
 *
 * Ownership: paths, files and servers are borrowed until confine_enter(). */
#ifndef CLI_CONFINE_H
#define CLI_CONFINE_H

#include "img2nfs/err.h"
#include "img2nfs/note.h"
#include "img2nfs/sandbox.h"
#include "img2nfs/sink.h"

#include "opts.h"
#include "out_file.h"

/* Row for a struct (`tag`) with a bool member `m`. */
#define CONFINE_ROW(tag, m) \
	{ .name = "no-sandbox", .type = OPT_FLAG, .off = offsetof(tag, m), \
	  .help = "keep all rights of the process while it reads what may be hostile" }

struct confine {
	struct i2n_sandbox_path *paths;
	const char **hosts;
	unsigned n_paths, n_hosts;
	bool failed;		/* out of memory */
	bool secured;		/* Kerberos or TLS */
	bool entered;
};

/* path NULL: nothing. */
void confine_path(struct confine *c, const char *path, enum i2n_sandbox_right right);
/* An open file (or one that is not open: nothing) gets its name later. */
void confine_out(struct confine *c, const struct out_file *o);
void confine_server(struct confine *c, const struct i2n_nfs_url *url);

/* Once, further calls do nothing. off: with --no-sandbox. Fails only for want of memory. */
int confine_enter(struct confine *c, bool off, const struct i2n_notes *notes, struct i2n_err *err);
void confine_release(struct confine *c);

#endif
