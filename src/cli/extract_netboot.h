/* extract_netboot.h - `extract` for machines that boot from the network: options, the edits, and
 * what is told of them.
 *
 * Ownership: netboot_release() frees all; it accepts a zeroed struct. */
#ifndef CLI_EXTRACT_NETBOOT_H
#define CLI_EXTRACT_NETBOOT_H

#include "img2nfs/netboot.h"
#include "img2nfs/sink.h"

#include "boot_source.h"
#include "json.h"
#include "opts.h"

struct netboot_opts {
	unsigned profile;		/* enum i2n_profile */
	struct opt_list no_edit;
	bool new_identity;
	const char *hostname, *nfsroot, *ip;
};

/* In the order of enum i2n_profile. */
#define NETBOOT_WORDS "no|auto|rpi|debian|generic"

#define NETBOOT_ROWS(tag, m) \
	{ .name = "netboot", .type = OPT_WORD, .off = offsetof(tag, m.profile), .arg = "PROFILE", \
	  .words = NETBOOT_WORDS, .def = "no", .bare = "auto", .help = "adapt the tree to a " \
	  "machine that has it as its root over NFS; without PROFILE, which is recognised, as " \
	  "auto" }, \
	{ .name = "no-edit", .type = OPT_LIST, .off = offsetof(tag, m.no_edit), .arg = "NAME", \
	  .help = "leave out this edit of --netboot or --new-identity; may be repeated" }, \
	{ .name = "new-identity", .type = OPT_FLAG, .off = offsetof(tag, m.new_identity), \
	  .help = "of an image that was in use: reset machine-id and random seed, and let SSH " \
	  "host keys be made anew at the next boot" }, \
	{ .name = "hostname", .type = OPT_STRING, .off = offsetof(tag, m.hostname), \
	  .arg = "NAME", .help = "the machine's name, in /etc/hostname and /etc/hosts" }, \
	{ .name = "nfsroot", .type = OPT_STRING, .off = offsetof(tag, m.nfsroot), \
	  .arg = "IPV4:PATH", .help = "with --netboot: where the machine finds its root; without " \
	  "it, what the URL says" }, \
	{ .name = "ip", .type = OPT_STRING, .off = offsetof(tag, m.ip), .arg = "IP", \
	  .help = "with --netboot: the value of ip= on the kernel's command line, without it " \
	  "dhcp" }

struct netboot_run {
	bool ran;
	uint32_t skip;
	struct i2n_nfsroot root;
	bool has_root;
	struct i2n_edits *edits;
	struct i2n_netboot_system system;
	struct boot_source boot_source;	/* the image's boot partition, to be read */
	struct i2n_tree *boot_tree;
	struct i2n_edits *boot_files;
};

/* Anything to be done? */
bool netboot_is_on(const struct netboot_opts *o);

/* Refuse what makes no sense. Fills `skip`. */
int netboot_check(const struct netboot_opts *o, struct netboot_run *ret, struct i2n_err *err);

struct netboot_args {
	const struct netboot_opts *o;
	const struct image *image;
	const struct i2n_nfs_url *url;	/* of the root; NULL: it does not go to a server */
	const char *boot, *boot_opts;	/* see netboot.h */
	const struct i2n_notes *notes;
};

/* Edit *tree, which is exchanged for a new one, and *reader, which lives until
 * netboot_release(). */
int netboot_run(const struct netboot_args *args, struct i2n_tree **tree,
		struct i2n_reader **reader, struct netboot_run *ret, struct i2n_err *err);

/* One diff per changed file on stdout, what is in it escaped for a terminal. */
int netboot_print_diffs(const struct i2n_edits *edits, struct i2n_err *err);

/* For the summary: one line per change. */
void netboot_print(const struct netboot_run *r);
/* The same of any edits; and as members of the array that is open in j. */
void netboot_print_edits(const struct i2n_edits *edits);
void netboot_json_edits(const struct i2n_edits *edits, struct json *j);
/* Member "netboot" of the object that is open in j; null if there were no edits. */
void netboot_json(const struct netboot_run *r, struct json *j);

void netboot_release(struct netboot_run *r);

#endif
