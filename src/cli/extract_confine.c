#include "img2nfs/name.h"

#include "extract_run.h"
#include "signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Files are opened before anything hostile is read: what is left to do then is to give them their
 * names, which is a much smaller right than to open any. */
static int open_file(struct out_file *o, const char *path, struct confine *c, struct i2n_err *err)
{
	if (out_file_open(o, path, err))
		return I2N_FATAL;
	confine_out(c, o);
	signals_catch();	/* so that it is removed */
	return I2N_OK;
}

/* A disk, a pipe or a terminal is not turned into a card. */
static int check_card(const char *path, struct i2n_err *err)
{
	struct stat st;
	char q[300];

	if (stat(path, &st) || S_ISREG(st.st_mode))
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "option '--boot': %s is not a file",
			i2n_quote(q, sizeof(q), path, strlen(path)));
}

static int open_card(struct run *r, struct confine *c, struct i2n_err *err)
{
	struct out_file *card = &r->files.card;

	if (check_card(r->boot.dest, err))
		return I2N_FATAL;
	if (open_file(card, r->boot.dest, c, err)) {
		i2n_err_blame(err, I2N_BLAME_SERVER);	/* it is a destination */
		i2n_err_wrap(err, "boot files");
		return I2N_FATAL;
	}
	if (r->o->verify) {
		confine_path(c, card->part, I2N_SANDBOX_READ);
		confine_path(c, card->to, I2N_SANDBOX_READ);
	}
	return I2N_OK;
}

static int open_script(struct run *r, struct confine *c, struct i2n_err *err)
{
	size_t size = strlen(r->o->script) + sizeof(".mtree");

	r->files.mtree_name = malloc(size);
	if (!r->files.mtree_name)
		return i2n_err_nomem(err);
	(void)snprintf(r->files.mtree_name, size, "%s.mtree", r->o->script);	/* fits */
	return open_file(&r->files.script, r->o->script, c, err) ||
	       open_file(&r->files.mtree, r->files.mtree_name, c, err) ? I2N_FATAL : I2N_OK;
}

static int open_files(struct run *r, struct confine *c, struct i2n_err *err)
{
	const struct extract_opts *o = r->o;

	if (o->update.dry_run)
		return I2N_OK;
	if (r->dest.kind == DEST_TAR && r->dest.path &&
	    open_file(&r->files.tar, r->dest.path, c, err))
		return I2N_FATAL;
	if (o->manifest && open_file(&r->files.manifest, o->manifest, c, err))
		return I2N_FATAL;
	if (o->squashed == SQUASHED_SCRIPT && open_script(r, c, err))
		return I2N_FATAL;
	return r->boot.kind == BOOT_CARD ? open_card(r, c, err) : I2N_OK;
}

int run_confine(struct run *r, struct confine *c, struct i2n_err *err)
{
	if (r->dest.kind == DEST_NFS)
		confine_server(c, &r->url);
	if (r->boot.kind == BOOT_NFS)
		confine_server(c, &r->boot.url);
	else if (r->boot.kind == BOOT_DIR)
		confine_path(c, r->boot.dest, I2N_SANDBOX_FILL);
	return open_files(r, c, err);
}

void run_close_files(struct run *r)
{
	struct out_file *all[] = { &r->files.tar, &r->files.manifest, &r->files.card,
				   &r->files.script, &r->files.mtree };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)out_file_close(all[i], false, NULL);	/* removes, and cannot fail */
	free(r->files.mtree_name);
	r->files.mtree_name = NULL;
}
