#include "extract_run.h"

#include <string.h>

static void add_boot(const struct run *r, struct confine *c)
{
	if (r->boot.kind == BOOT_NFS)
		confine_server(c, &r->boot.url);
	else if (r->boot.kind == BOOT_DIR)
		confine_path(c, r->boot.dest, I2N_SANDBOX_FILL);
	else if (r->boot.kind == BOOT_CARD)
		confine_path(c, r->boot.dest,
			     r->o->verify ? I2N_SANDBOX_READ_WRITE : I2N_SANDBOX_WRITE);
}

void run_confine(const struct run *r, struct confine *c)
{
	const struct extract_opts *o = r->o;

	if (r->dest.kind == DEST_NFS)
		confine_server(c, &r->url);
	if (r->dest.kind == DEST_TAR)	/* NULL: standard output */
		confine_path(c, r->dest.path, I2N_SANDBOX_WRITE);
	confine_path(c, o->manifest, I2N_SANDBOX_WRITE);
	if (o->squashed == SQUASHED_SCRIPT)	/* FILE.mtree comes beside it */
		confine_path(c, o->script, I2N_SANDBOX_WRITE);
	add_boot(r, c);
}
