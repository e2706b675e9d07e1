/* extract_boot.h - `extract --boot`: the files that a board boots from, into a TFTP root or onto a
 * card.
 *
 * They are written last, when the root file system is complete (and swapped, with --atomic): a
 * board that is switched on meanwhile finds the old files, or none, but never new ones without a
 * root.
 *
 * Ownership: boot_release() frees all; it accepts a zeroed struct. */
#ifndef CLI_EXTRACT_BOOT_H
#define CLI_EXTRACT_BOOT_H

#include "img2nfs/card.h"
#include "img2nfs/cmdline.h"
#include "img2nfs/edit.h"
#include "img2nfs/engine.h"

#include "boot_source.h"
#include "json.h"
#include "opts.h"
#include "progress.h"
#include "verify_report.h"

struct boot_opts {
	const char *dest, *serial, *mac, *partition;
};

#define BOOT_ROWS(tag, m) \
	{ .name = "boot", .type = OPT_STRING, .off = offsetof(tag, m.dest), .arg = "DEST", \
	  .help = "afterwards store the files that the machine boots from: into nfs://..., " \
	  "into a directory, or as the image of a memory card, FILE.img" }, \
	{ .name = "boot-partition", .type = OPT_STRING, .off = offsetof(tag, m.partition), \
	  .arg = "N", .help = "where they are in the image, if --boot does not find them: a " \
	  "partition's number, or root for /boot of the root" }, \
	{ .name = "serial", .type = OPT_STRING, .off = offsetof(tag, m.serial), .arg = "HEX", \
	  .help = "with --boot: below a directory of this name, the serial number of a Raspberry " \
	  "Pi, 8 digits" }, \
	{ .name = "mac", .type = OPT_STRING, .off = offsetof(tag, m.mac), .arg = "ADDRESS", \
	  .help = "the same with a MAC address, as dc-a6-32-01-36-c2" }

enum boot_kind { BOOT_NONE, BOOT_NFS, BOOT_DIR, BOOT_CARD };

struct boot_run {
	enum boot_kind kind;
	const char *dest;		/* as given */
	char below[24];			/* the board's own directory: "9ffefdef", or "" */
	struct i2n_nfs_url url;		/* NFS: with that directory */
	/* What the machine can mount to have them in its tree: "10.0.0.1:/tftp/9ffefdef", NULL:
	 * nothing; and options for that. */
	char *mount, mount_opts[48];
	struct boot_source source;
	struct i2n_tree *tree;
	struct i2n_reader *reader;	/* of tree */
	struct i2n_edits *edits;	/* NULL: none */
	struct i2n_notes notes;		/* which name the boot part in paths */
	const struct i2n_notes *outer;
	bool begun, complete;		/* writing it */
	struct i2n_progress at;
	struct i2n_card_result card;
	struct verify_summary proof;
};

/* In front of their paths, so that nobody looks for them in the root. */
#define BOOT_PREFIX "boot:"

/* The file or directory of this machine that will be written; NULL: none. */
const char *boot_file(const struct boot_opts *o);

/* Refuse what makes no sense, and take the destination apart. */
int boot_check(const struct boot_opts *o, const struct i2n_notes *notes, struct boot_run *ret,
	       struct i2n_err *err);

/* NFS: what the machine could mount; before the root is edited. Where that cannot be, there is a
 * warning and no `mount`. */
int boot_find_mount(struct boot_run *r, struct i2n_err *err);

/* Read all but the content, so that nothing is written where that fails. */
int boot_read(struct boot_run *r, const struct boot_opts *o, const struct boot_root *root,
	      struct i2n_err *err);

/* Let the command lines among them mount this root; only with --boot. */
int boot_edit(struct boot_run *r, const struct i2n_nfsroot *root, struct i2n_err *err);

struct boot_args {
	const struct i2n_nfs_opts *nfs;		/* as for the root */
	const struct progress_opts *progress;
	bool break_lock;
	struct out_file *card;			/* open, if it goes to a card; closed by it */
	struct report *report;
	bool silent;				/* differences only go to the report */
};
int boot_store(struct boot_run *r, const struct boot_args *args, struct i2n_err *err);

/* Read back what boot_store() has written: files of a directory by their paths, a card through its
 * partition table and file system, a server over a new connection. Other files are others'. */
int boot_prove(struct boot_run *r, const struct boot_args *args, struct i2n_err *err);

/* After a failure: where what is. */
void boot_tell(const struct boot_run *r);
void boot_print(const struct boot_run *r, const struct report *report);
/* For --dry-run: what would go where. */
void boot_print_dry(const struct boot_run *r);
/* Member "boot" of the object that is open in j; null without --boot. */
void boot_json(const struct boot_run *r, struct json *j);

void boot_release(struct boot_run *r);

#endif
