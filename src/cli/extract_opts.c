#include "extract_opts.h"

#include "img2nfs/name.h"
#include "img2nfs/packed.h"

#include "out_file.h"
#include "run_report.h"

#include <stdio.h>
#include <string.h>

#define SCRIPT "img2nfs-complete.sh"

const struct opt extract_rows[] = {
	IMAGE_ROWS(struct extract_opts, image),
	CHOOSE_ROWS(struct extract_opts, choose),
	SERVER_ROWS(struct extract_opts, server, "; owners are only kept for 0",
		    "what may be lost without the run being called incomplete: xattr, acl, caps, "
		    "chattr, time-range, symlink-times, attr, encrypted, name, socket or all",
		    "300"),
	{ .name = "caps",
	  .type = OPT_WORD,
	  .off = offsetof(struct extract_opts, caps),
	  .arg = "POLICY",
	  .words = "fail|drop|setuid",
	  .def = "fail",
	  .help = "what becomes of file capabilities: their loss is told in the exit status, is "
		  "accepted, or programs of root that have some become set-user-ID" },
	{ .name = "squashed",
	  .type = OPT_WORD,
	  .off = offsetof(struct extract_opts, squashed),
	  .arg = "POLICY",
	  .words = "fail|script",
	  .def = "fail",
	  .help = "what to do where the server squashes root: refuse, or store what it takes and "
		  "write a script that does the rest there" },
	{ .name = "script",
	  .type = OPT_STRING,
	  .off = offsetof(struct extract_opts, script),
	  .arg = "FILE",
	  .def = SCRIPT,
	  .help = "where --squashed=script writes it; FILE.mtree lists the tree" },
	{ .name = "verify",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, verify),
	  .help = "afterwards read everything back and compare it, as img2nfs verify does" },
	{ .name = "manifest",
	  .type = OPT_STRING,
	  .off = offsetof(struct extract_opts, manifest),
	  .arg = "FILE",
	  .help = "afterwards write what img2nfs manifest prints into FILE" },
	NETBOOT_ROWS(struct extract_opts, netboot),
	BOOT_ROWS(struct extract_opts, boot),
	{ .name = "update",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.update),
	  .help = "the destination may hold something: leave alone what is equal, replace what "
		  "differs, finish what was interrupted" },
	{ .name = "checksum",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.checksum),
	  .help = "with --update or --atomic: read files of the right size back and compare their "
		  "content" },
	{ .name = "delete",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.delete_extra),
	  .help = "with --update: delete what the image does not have" },
	{ .name = "protect",
	  .type = OPT_LIST,
	  .off = offsetof(struct extract_opts, update.protect),
	  .arg = "GLOB,...",
	  .help = "with --update: leave alone what is there and matches, with all below it; may be "
		  "repeated" },
	{ .name = "dry-run",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, update.dry_run),
	  .help = "change nothing, but print what would be done: with --update as rsync's "
		  "--itemize-changes, with --netboot the edits as diffs" },
	{ .name = "atomic",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, atomic),
	  .help = "build the tree beside the destination, as NAME.new, and put it in its place "
		  "when it is complete; what was there becomes NAME.old" },
	{ .name = "remove-old",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, remove_old),
	  .help = "with --atomic: remove NAME.old afterwards" },
	{ .name = "break-lock",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, break_lock),
	  .help = "where another run has locked the destination, take the lock from it" },
	{ .name = "no-check",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, no_check),
	  .help = "do not try out first whether the server keeps owners, modes and devices and has "
		  "room for all" },
	SERVER_FLOW_ROWS(struct extract_opts, server),
	{ .name = "write-size",
	  .type = OPT_SIZE,
	  .off = offsetof(struct extract_opts, write_size),
	  .arg = "BYTES",
	  .min = 4 << 10,
	  .max = 1 << 20,
	  .help = "largest write; without it what the server prefers" },
	PROGRESS_ROWS(struct extract_opts, progress,
		      "no progress and no summary, only what is wrong"),
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, verbose),
	  .help = "list every object that loses something, and requests by procedure" },
	{ .name = "json",
	  .type = OPT_FLAG,
	  .off = offsetof(struct extract_opts, json),
	  .help = "the summary as one JSON object" },
	REPORT_ROW(struct extract_opts, report),
	{ 0 },
};

static int check_atomic(const struct extract_opts *o, struct i2n_err *err)
{
	const struct update_opts *u = &o->update;
	const char *other = u->update				? "--update"
			    : u->delete_extra			? "--delete"
			    : u->protect.n			? "--protect"
			    : u->dry_run			? "--dry-run"
			    : o->squashed == SQUASHED_SCRIPT	? "--squashed=script"
								: NULL;

	if (o->remove_old && !o->atomic)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--remove-old' needs --atomic");
	if (o->atomic && other)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"options '--atomic' and '%s' exclude each other", other);
	return I2N_OK;
}

/* What only a server can do. */
static int check_dest(const struct extract_opts *o, const struct dest *dest, struct i2n_err *err)
{
	const char *option = o->atomic			       ? "atomic"
			     : o->update.update		       ? "update"
			     : o->verify		       ? "verify"
			     : o->squashed == SQUASHED_SCRIPT  ? "squashed=script"
							       : NULL;

	if (!option || dest->kind == DEST_NFS)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_USAGE, 0, "option '--%s' is for servers, and the destination is "
		    "%s", option, dest_word(dest));
	if (o->verify && dest->kind == DEST_TAR)
		i2n_err_hint(err, "an archive is complete when the exit status says so; --manifest "
			     "keeps digests for a later look at what is extracted from it");
	return I2N_FATAL;
}

struct named_file {
	const char *what, *file;
};

static bool is_same(const struct named_file *a, const struct named_file *b, bool b_is_image)
{
	if (!a->file || !b->file)
		return false;
	return !strcmp(a->file, b->file) || (b_is_image ? i2n_image_is(b->file, a->file) :
							  out_file_is(a->file, b->file));
}

int extract_check_files(const struct extract_opts *o, const char *image, const char *destination,
			struct i2n_err *err)
{
	const bool has_script = o->squashed == SQUASHED_SCRIPT;
	char mtree[4096];	/* a path that does not fit cannot be opened either */
	const struct named_file files[] = {
		{ "the image", image },
		{ "option '--journal-device'", o->image.journal_device },
		{ "the destination", destination },
		{ "option '--boot'", boot_file(&o->boot) },
		{ "option '--manifest'", o->manifest },
		{ "option '--script'", has_script ? o->script : NULL },
		{ "option '--script'", has_script ? mtree : NULL },
		{ "option '--report'", o->report },
	};
	const size_t n = sizeof(files) / sizeof(files[0]);
	char q[300];

	(void)snprintf(mtree, sizeof(mtree), "%s.mtree", o->script);
	for (size_t i = 2; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (is_same(&files[i], &files[k], !k))
				return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
						"%s: %s is the file of %s", files[i].what,
						i2n_quote(q, sizeof(q), files[i].file,
							  strlen(files[i].file)),
						files[k].what);
	return I2N_OK;
}

static int check_squashed(const struct extract_opts *o, struct i2n_err *err)
{
	if (o->squashed != SQUASHED_SCRIPT)
		return !strcmp(o->script, SCRIPT) ? I2N_OK :
		       i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--script' needs --squashed=script");
	if (o->no_check)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"options '--squashed=script' and '--no-check' exclude each other");
	if (!o->verify && !o->manifest)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_USAGE, 0,
		    "option '--squashed=script' excludes --verify and --manifest");
	i2n_err_hint(err, "the tree is complete when the script has run: then use "
		     "'img2nfs verify' and 'img2nfs manifest'");
	return I2N_FATAL;
}

/* Standard output has something else to carry. */
static int check_names(const struct extract_opts *o, struct i2n_err *err)
{
	const char *option = o->manifest && !strcmp(o->manifest, "-") ? "manifest"
			     : !strcmp(o->script, "-")		      ? "script"
								      : NULL;

	if (!option)
		return I2N_OK;
	return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
			"option '--%s': it takes the name of a file", option);
}

int extract_check(const struct extract_opts *o, const struct dest *dest, struct i2n_err *err)
{
	struct update_opts update = o->update;

	update.update |= o->atomic;	/* an interrupted one is continued */
	update.dry_run &= !netboot_is_on(&o->netboot);	/* which has edits to show */
	if (check_dest(o, dest, err) || check_names(o, err) || check_atomic(o, err) ||
	    update_check(&update, err) || check_squashed(o, err))
		return I2N_FATAL;
	if (o->update.dry_run && (o->verify || o->manifest))
		return i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0,
				"option '--dry-run': there is nothing to follow it; leave out "
				"--verify and --manifest");
	return I2N_OK;
}
