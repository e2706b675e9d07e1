/* cmd_manifest.c - `img2nfs manifest IMAGE`: what a server should have, with digests, for later. */
#include "img2nfs/manifest.h"

#include "choose_opts.h"
#include "cmd.h"
#include "image.h"
#include "msg.h"
#include "report.h"
#include "status.h"

struct manifest_opts {
	struct image_opts image;
	struct choose_opts choose;
	bool verbose;
};

static int run(const struct manifest_opts *o, const char *path, const struct i2n_notes *notes,
	       struct i2n_err *err)
{
	struct image image = { 0 };
	struct choose choose = { 0 };
	struct i2n_tree *tree = NULL;
	struct i2n_reader *reader = NULL;
	int rc = choose_init(&choose, &o->choose, err);

	if (rc == I2N_OK)
		rc = image_open(&o->image, path, IMAGE_TREE, NULL, notes, &image, err);
	if (rc == I2N_OK)
		rc = image_tree(&image, &tree, err);
	if (rc == I2N_OK)
		rc = choose_tree(&choose, image.rest, tree, notes, err);
	if (rc == I2N_OK) {
		reader = i2n_fs_reader(image.fs);
		rc = choose_map(&choose, tree, &reader, err);
	}
	if (rc == I2N_OK)
		rc = i2n_manifest_write(stdout, tree, reader, NULL, notes, err);
	if (rc == I2N_OK)
		rc = image_finish(&image, err);
	choose_release(&choose);
	i2n_tree_free(tree);
	image_release(&image);
	return rc;
}

static int exec_manifest(const void *values, unsigned n_args, char **args)
{
	const struct manifest_opts *o = values;
	struct report report = { .verbose = o->verbose };
	struct i2n_notes notes = { .fn = report_note, .ctx = &report };
	struct i2n_err err = { 0 };
	int status;

	(void)n_args;	/* checked against min_args and max_args */
	status = run(o, args[0], &notes, &err) ? status_of(&err) : STATUS_OK;
	if (status != STATUS_OK)
		msg_error(&err);
	status = status_worse(status, report_status(&report));
	report_release(&report);
	return status;
}

static const struct opt rows[] = {
	IMAGE_ROWS(struct manifest_opts, image),
	CHOOSE_ROWS(struct manifest_opts, choose),
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_FLAG,
	  .off = offsetof(struct manifest_opts, verbose),
	  .help = "show every note" },
	{ 0 },
};

const struct i2n_cmd cmd_manifest = {
	.name = "manifest",
	.args = "IMAGE",
	.line = "print every object with its digest, for a later verify",
	.min_args = 1,
	.max_args = 1,
	.opts = rows,
	.opts_size = sizeof(struct manifest_opts),
	.exec = exec_manifest,
};
