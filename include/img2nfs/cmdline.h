/* cmdline.h - the kernel's command line for a root over NFS, wherever a board keeps it, as text to
 * text.
 *
 *	struct i2n_nfsroot root;
 *	i2n_nfsroot_make(&want, notes, &root, err);
 *	i2n_cmdline_edit(I2N_CMDLINE_TXT, text, len, &root, &edit, err);
 *	... edit.text, edit.changes ...
 *	i2n_cmdline_release(&edit);
 *	i2n_nfsroot_release(&root);
 *
 * What must boot: "root=/dev/nfs nfsroot=<IPv4>:<path>,vers=3,tcp rw ip=dhcp rootwait", which the
 * kernel itself and the initramfs of Debian (klibc's nfsmount) both accept. Tokens are cut as the
 * kernel cuts them, those that want a disk go, all others stay as they are and in order, and an
 * edited text stays as it is when edited again.
 *
 * Thread:    nothing is shared.
 * Ownership: what is returned is the caller's, to be released, also after a failure.
 * Trust:     text is from an image: any bytes, any length up to I2N_CMDLINE_MAX (more is refused).
 *            `token` in a change is raw; quote it with i2n_quote().
 * Source:    Documentation/admin-guide/nfs/nfsroot.rst, fs/nfs/nfsroot.c and next_arg() in
 *            lib/cmdline.c of Linux 6; usr/kinit/nfsmount/main.c of klibc 2.0.12; init and
 *            scripts/nfs of initramfs-tools 0.142. */
#ifndef IMG2NFS_CMDLINE_H
#define IMG2NFS_CMDLINE_H

#include "img2nfs/err.h"
#include "img2nfs/note.h"

#include <stddef.h>

#define I2N_CMDLINE_MAX (64u << 10)	/* bytes of a file that holds a command line */

/* Where the board finds its root. */
struct i2n_nfsroot_want {
	const char *host, *path;	/* of the URL */
	unsigned port, mountport;	/* of the URL; 0: none given */
	const char *nfsroot;		/* --nfsroot: "IPv4:/path[,options]", or NULL */
	const char *ip;			/* --ip, or NULL: "dhcp" */
};

/* The values of nfsroot= and ip=. */
struct i2n_nfsroot {
	char *nfsroot, *ip;
};

/* The host becomes an IPv4 address, because neither the kernel nor nfsmount resolves names. Fails
 * where the board could not mount: only IPv6 there, characters in the path that a command line
 * cannot hold, options in --nfsroot that are refused at boot. A loopback address is noted as a
 * warning. */
int i2n_nfsroot_make(const struct i2n_nfsroot_want *want, const struct i2n_notes *notes,
		     struct i2n_nfsroot *ret, struct i2n_err *err);
void i2n_nfsroot_release(struct i2n_nfsroot *root);

/* What a file is. */
enum i2n_cmdline_format {
	I2N_CMDLINE_NONE,		/* no such file */
	I2N_CMDLINE_TXT,		/* cmdline.txt: the line and nothing else */
	I2N_CMDLINE_EXTLINUX,		/* extlinux.conf: APPEND of every label */
	I2N_CMDLINE_GRUB,		/* /etc/default/grub: GRUB_CMDLINE_LINUX* */
	I2N_CMDLINE_ARMBIAN,		/* armbianEnv.txt: rootdev, rootfstype, extraargs */
	I2N_CMDLINE_BOOT_CMD,		/* boot.cmd, the source of U-Boot's boot.scr */
};

/* By its path in the root tree ("etc/default/grub") or below the boot partition ("cmdline.txt",
 * "extlinux/extlinux.conf"); not NUL-terminated. */
enum i2n_cmdline_format i2n_cmdline_format_of(const char *path, size_t len);

enum i2n_change_kind {
	I2N_CHANGE_OUT,			/* `token` is taken out */
	I2N_CHANGE_IN,			/* `token` is put in */
	I2N_CHANGE_WARN,		/* `token` stays, or is what we could not do: see `why` */
};

struct i2n_change {
	enum i2n_change_kind kind;
	unsigned line;			/* of the old text, from 1 */
	char *token;			/* NUL-terminated; "" when it is about the file */
	const char *why;		/* one line, lower case, no full stop; lives for ever */
};

struct i2n_cmdline_edit {
	char *text;			/* the new file; NUL-terminated beyond len */
	size_t len;
	struct i2n_change *changes;
	unsigned n_changes;		/* warnings included, so compare the texts */
};

int i2n_cmdline_edit(enum i2n_cmdline_format format, const char *text, size_t len,
		     const struct i2n_nfsroot *root, struct i2n_cmdline_edit *ret,
		     struct i2n_err *err);
void i2n_cmdline_release(struct i2n_cmdline_edit *edit);

#endif
