/* netboot_own.h - what the edits share. */
#ifndef NETBOOT_NETBOOT_OWN_H
#define NETBOOT_NETBOOT_OWN_H

#include "img2nfs/netboot.h"

#include "cmdline_own.h"
#include "text.h"

struct netboot {
	struct i2n_edits *e;
	const struct i2n_netboot_opts *o;
	const struct i2n_notes *notes;
	struct i2n_netboot_system sys;
	const char *name;		/* of the edit that runs */
	bool left_to_run;		/* a unit runs what was left for a first boot */
	struct i2n_err *err;
};

/* One per name of netboot.h. I2N_BADNODE: cannot be done. */
int netboot_fstab(struct netboot *n);
int netboot_resize(struct netboot *n);
int netboot_swap(struct netboot *n);
int netboot_initramfs(struct netboot *n);
int netboot_network(struct netboot *n);
int netboot_dns(struct netboot *n);
int netboot_fwloc(struct netboot *n);
int netboot_first_boot(struct netboot *n);
int netboot_cmdline(struct netboot *n);
int netboot_machine_id(struct netboot *n);
int netboot_ssh_keys(struct netboot *n);
int netboot_hostname(struct netboot *n);

bool netboot_has(struct netboot *n, const char *path);
/* i2n_edits_read(), and whether there was a file: without one *ret is empty. The caller frees. */
int netboot_read(struct netboot *n, const char *path, struct i2n_text *ret, bool *ret_is);
int netboot_write(struct netboot *n, const char *path, const char *why, const void *bytes,
		  size_t len);
/* Writes t, which is released whatever comes of it. */
int netboot_write_text(struct netboot *n, const char *path, const char *why, struct text *t);
int netboot_link(struct netboot *n, const char *path, const char *why, const char *target);

/* fn for each regular file of a directory, by name, the first 64 of them. */
int netboot_each_file(struct netboot *n, const char *dir,
		      int (*fn)(struct netboot *n, const char *path));

/* Sets sys.no_user. */
int netboot_look_for_user(struct netboot *n);

/* cloud-init gives its own name at each boot; what it takes that from, see netboot_first.c. */
int netboot_cloud_hostname(struct netboot *n, const char *name);

/* A unit of systemd, in one of the folders where packages put them? */
bool netboot_has_unit(struct netboot *n, const char *unit);
bool netboot_has_systemd(struct netboot *n);
/* A unit of ours, and the link with which multi-user.target wants it. */
int netboot_add_unit(struct netboot *n, const char *unit, const char *text, const char *why);
/* So that it never starts. init: of a script in /etc/init.d from which systemd makes the unit, or
 * NULL. Without unit or script nothing is done. */
int netboot_mask(struct netboot *n, const char *unit, const char *init, const char *why);

/* All of a text, which may have no bytes at all. */
struct cmdline_span netboot_all(struct i2n_text text);

/* Words of a line, at most `max`; what comes after them is not looked at. */
unsigned netboot_words(struct cmdline_span line, struct cmdline_span *ret, unsigned max);
bool netboot_is(struct cmdline_span word, const char *s);
bool netboot_begins(struct cmdline_span word, const char *s);

/* NAME=value in a file that a shell reads: an active assignment of another value becomes a comment.
 * always: add it where there is none. */
void netboot_assign(struct text *out, struct i2n_text old, const char *name, const char *value,
		    const char *why, bool always);

/* Any line of fstab for a boot partition that is not a comment. */
bool netboot_mounts_boot(struct i2n_text fstab);

#endif
