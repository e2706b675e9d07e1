/* netboot.h - edits of a root file system for a machine that has it over NFS and no disk.
 *
 * What an image holds is recognised by its files; a profile is a set of edits by name, each of
 * which does something only where there is something to be done. Files are edited by field and by
 * word, what is replaced stays as a comment, and a tree that was edited stays as it is when edited
 * again.
 *
 *	i2n_edits_new(tree, reader, &edits, err);
 *	i2n_netboot_edit(edits, &opts, notes, &system, err);
 *	... i2n_edits_changes(edits, &n) ...
 *
 * Thread:    one.
 * Ownership: nothing is kept after the call but in the set of edits.
 * Trust:     the files are anything. Names and texts of changes are ours.
 * Errors:    I2N_FATAL. What cannot be edited and must be ends the run (domain IMAGE), with
 *            --no-edit NAME in the hint: a machine that does not boot is no result.
 * Source:    RPi-Distro: pi-gen, raspberrypi-sys-mods, rpi-swap; fstab(5), systemd.unit(5),
 *            machine-id(5), systemd.network(5), NetworkManager.conf(5), interfaces(5),
 *            dhcpcd.conf(5), initramfs.conf(5), resolv.conf(5). */
#ifndef IMG2NFS_NETBOOT_H
#define IMG2NFS_NETBOOT_H

#include "img2nfs/cmdline.h"
#include "img2nfs/edit.h"

enum i2n_profile {
	I2N_PROFILE_NONE,		/* no netboot */
	I2N_PROFILE_AUTO,		/* what the image is recognised as */
	I2N_PROFILE_RPI,		/* Raspberry Pi OS */
	I2N_PROFILE_DEBIAN,		/* Debian and what comes from it */
	I2N_PROFILE_GENERIC,		/* any other Linux */
};

/* The edits, as --no-edit and the report name them. */
enum i2n_netboot_name {
	I2N_NETBOOT_FSTAB,
	I2N_NETBOOT_RESIZE,
	I2N_NETBOOT_SWAP,
	I2N_NETBOOT_INITRAMFS,
	I2N_NETBOOT_NETWORK,
	I2N_NETBOOT_DNS,
	I2N_NETBOOT_FWLOC,
	I2N_NETBOOT_FIRST_BOOT,
	I2N_NETBOOT_CMDLINE,
	I2N_NETBOOT_MACHINE_ID,
	I2N_NETBOOT_SSH_KEYS,
	I2N_NETBOOT_HOSTNAME,
	I2N_NETBOOT_NAMES,
};
const char *i2n_netboot_word(enum i2n_netboot_name name);
const char *i2n_netboot_text(enum i2n_netboot_name name);	/* what it does, one line */

/* The bit of a name in `skip`. Unknown: I2N_FATAL, USAGE, with the list of all as hint. */
int i2n_netboot_parse(const char *word, uint32_t *ret_mask, struct i2n_err *err);

struct i2n_netboot_opts {
	enum i2n_profile profile;
	uint32_t skip;			/* of i2n_netboot_parse() */
	const struct i2n_nfsroot *root;	/* NULL: command lines in the tree are left alone */
	/* Where the boot partition comes to be: "10.0.0.1:/srv/tftp/9ffefdef", or NULL: nowhere
	 * that the machine could mount. boot_opts: more mount options, "port=2049", or NULL. */
	const char *boot, *boot_opts;
	/* What the boot partition of the image has, only read here; NULL: there is none. */
	struct i2n_edits *boot_files;
	bool new_identity;
	const char *hostname;		/* NULL: as it is. See i2n_hostname_check() */
};

/* What was found. Texts: printable ASCII of os-release(5), all else in it is '?'. */
struct i2n_netboot_system {
	enum i2n_profile profile;	/* never AUTO */
	char id[32], codename[32], pretty[80];
	const char *boot_dir;		/* where its boot partition is mounted: "/boot/firmware",
					 * "/boot" or NULL */
	bool has_cmdline;		/* there was a command line in the tree */
	bool no_user;			/* the first boot asks for one at the console */
};

/* Also without a profile, for new_identity and hostname. */
int i2n_netboot_edit(struct i2n_edits *e, const struct i2n_netboot_opts *opts,
		     const struct i2n_notes *notes, struct i2n_netboot_system *ret,
		     struct i2n_err *err);

const char *i2n_profile_word(enum i2n_profile profile);		/* "rpi"; NONE: "none" */

/* RFC 1123 2.1, and what fits into the kernel's 64 bytes. I2N_FATAL: USAGE. */
int i2n_hostname_check(const char *name, struct i2n_err *err);

/* /etc/fstab for such a machine, into `ret` with a NUL behind it; the caller frees ret->bytes. boot
 * and boot_opts as above. */
int i2n_netboot_fstab(const char *text, size_t len, const char *boot, const char *boot_opts,
		      struct i2n_text *ret, struct i2n_err *err);

#endif
