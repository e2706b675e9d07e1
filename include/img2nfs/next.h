/* next.h - what is left to do when a tree for a board is stored: lines to paste on the server, and
 * the next steps.
 *
 * Ownership: what is returned is the caller's, to be released, also after a failure.
 * Trust:     paths come from the command line; in the lines they are quoted as exports(5) and
 *            dnsmasq want it.
 * Source:    exports(5); Raspberry Pi documentation, network-boot-raspberry-pi.adoc and
 *            eeprom-bootloader.adoc; dnsmasq(8). */
#ifndef IMG2NFS_NEXT_H
#define IMG2NFS_NEXT_H

#include "img2nfs/err.h"

/* Where the files of the boot partition went. */
enum i2n_next_boot {
	I2N_NEXT_BOOT_NOWHERE,		/* without --boot */
	I2N_NEXT_BOOT_TFTP,		/* a directory of a TFTP server */
	I2N_NEXT_BOOT_CARD,		/* an image of an SD card */
};

struct i2n_next_want {
	const char *const *roots;	/* directories on the NFS server, n_roots of them */
	unsigned n_roots;
	const char *server;		/* its IPv4 address, which tells the network; or NULL */
	bool high_port;			/* we came from a port that 'secure' exports refuse */
	bool is_pi;
	enum i2n_next_boot boot;
	/* The TFTP server's directory, without that of a board; or the image. NULL: NOWHERE. */
	const char *boot_path;
	bool boot_is_export;		/* it is a directory of the NFS server, too */
	bool boot_is_below;		/* the files are below a serial number or MAC address */
	/* Nobody can log in unless files here say who: the directory of the root where the machine
	 * looks for them, "/boot/firmware"; or that of the boot files, where it mounts them. NULL:
	 * there is a user. */
	const char *user_dir;
	bool user_dir_is_boot;
};

/* Lines without their ends. */
struct i2n_lines {
	char **v;
	unsigned n;
};

struct i2n_next {
	struct i2n_lines exports;	/* for /etc/exports */
	struct i2n_lines dnsmasq;	/* for dnsmasq; none for a card */
	struct i2n_lines steps;		/* sentences, in order */
};

int i2n_next_make(const struct i2n_next_want *want, struct i2n_next *ret, struct i2n_err *err);
void i2n_next_release(struct i2n_next *next);

#endif
