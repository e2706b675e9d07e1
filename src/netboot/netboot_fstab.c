#include "netboot_own.h"

#include <stdlib.h>
#include <string.h>

/* fstab(5): source, directory, type, options, dump, pass. */
enum { SRC, DIR, TYPE, OPTS, FIELDS = 6 };

#define DIR_MAX 64	/* longer mount points are none that we know */

struct line {
	struct cmdline_span all;
	const char *eol;
	struct cmdline_span f[FIELDS];
	unsigned n;
};

struct fstab {
	const char *boot, *boot_opts;
	struct text *out;
	/* Sources of root and boot partition: what else is on their disk is gone, too. */
	struct cmdline_span disk[8];
	unsigned n_disk;
};

static bool next_line(struct cmdline_span *rest, struct line *ret)
{
	if (!cmdline_next_line(rest, &ret->all, &ret->eol))
		return false;
	ret->n = netboot_words(ret->all, ret->f, FIELDS);
	if (ret->n && ret->f[0].p[0] == '#')
		ret->n = 0;
	return true;
}

/* A mount point without its escapes ("\040", as getmntent(3) has them) and doubled slashes. */
static void decode_dir(struct cmdline_span f, char ret[DIR_MAX])
{
	size_t n = 0;

	for (const char *p = f.p; p < f.end && n + 1 < DIR_MAX; p++) {
		char c = *p;

		if (c == '\\' && f.end - p > 3 && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' &&
		    p[2] <= '7' && p[3] >= '0' && p[3] <= '7') {
			c = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		}
		if (c != '/' || !n || ret[n - 1] != '/')
			ret[n++] = c;
	}
	while (n > 1 && ret[n - 1] == '/')
		n--;
	ret[n] = '\0';
}

static bool is_boot_dir(const char *dir)
{
	return !strcmp(dir, "/boot") || !strcmp(dir, "/boot/firmware") ||
	       !strcmp(dir, "/boot/efi") || !strcmp(dir, "/efi");
}

/* A disk or a part of one. */
static bool is_local(struct cmdline_span src)
{
	return netboot_begins(src, "/dev/") || netboot_begins(src, "UUID=") ||
	       netboot_begins(src, "LABEL=") || netboot_begins(src, "PARTUUID=") ||
	       netboot_begins(src, "PARTLABEL=") || netboot_begins(src, "ID=");
}

static bool is_fat(struct cmdline_span type)
{
	return netboot_is(type, "vfat") || netboot_is(type, "msdos") || netboot_is(type, "auto");
}

static bool has_option(struct cmdline_span opts, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = opts.p; p < opts.end; p++) {
		const char *comma = memchr(p, ',', (size_t)(opts.end - p));
		const char *end = comma ? comma : opts.end;

		if ((size_t)(end - p) == len && !memcmp(p, name, len))
			return true;
		p = end;
	}
	return false;
}

static bool has_either(const struct line *l)
{
	return l->n > OPTS &&
	       (has_option(l->f[OPTS], "nofail") || has_option(l->f[OPTS], "noauto"));
}

/* The part of a source that its disk has for itself: PARTUUID=12345678 (of a DOS label), /dev/sda,
 * /dev/mmcblk0. false: it does not tell. */
static bool disk_of(struct cmdline_span src, struct cmdline_span *ret)
{
	size_t len = (size_t)(src.end - src.p);
	const char *p = src.end;

	*ret = src;
	if (netboot_begins(src, "PARTUUID=")) {
		ret->end = src.end - 3;
		return len == strlen("PARTUUID=12345678-01") && *ret->end == '-';
	}
	if (!netboot_begins(src, "/dev/") || netboot_begins(src, "/dev/disk/") ||
	    netboot_begins(src, "/dev/mapper/"))
		return false;
	while (p > src.p && p[-1] >= '0' && p[-1] <= '9')
		p--;
	if (p - src.p > 2 && p[-1] == 'p' && p[-2] >= '0' && p[-2] <= '9')
		p--;
	ret->end = p;
	return p != src.end;
}

static bool same(struct cmdline_span a, struct cmdline_span b)
{
	return a.end - a.p == b.end - b.p && !memcmp(a.p, b.p, (size_t)(a.end - a.p));
}

static bool is_on_disk(const struct fstab *t, struct cmdline_span src)
{
	struct cmdline_span disk;

	if (!disk_of(src, &disk))
		return false;
	for (unsigned i = 0; i < t->n_disk; i++)
		if (same(t->disk[i], disk))
			return true;
	return false;
}

static void find_disks(struct fstab *t, struct cmdline_span rest)
{
	char dir[DIR_MAX];
	struct line l;

	while (next_line(&rest, &l) && t->n_disk < sizeof(t->disk) / sizeof(t->disk[0])) {
		if (l.n <= TYPE)
			continue;
		decode_dir(l.f[DIR], dir);
		if (!strcmp(dir, "/") || is_boot_dir(dir))
			t->n_disk += disk_of(l.f[SRC], &t->disk[t->n_disk]);
	}
}

static void put(struct fstab *t, struct cmdline_span s)
{
	text_put(t->out, s.p, (size_t)(s.end - s.p));
}

static void keep(struct fstab *t, const struct line *l)
{
	put(t, l->all);
	text_add(t->out, l->eol);
}

/* The line as a comment, and why. What follows needs a line end. */
static void out(struct fstab *t, const struct line *l, const char *why, bool follows)
{
	const char *eol = l->eol[0] ? l->eol : "\n";

	text_addf(t->out, "# img2nfs: %s%s#", why, eol);
	put(t, l->all);
	text_add(t->out, follows ? eol : l->eol);
}

/* Blanks in a path are written as getmntent(3) reads them. */
static void put_source(struct text *out, const char *s)
{
	for (; *s; s++)
		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\' || *s == '#')
			text_addf(out, "\\%03o", (unsigned)(unsigned char)*s);
		else
			text_put(out, s, 1);
}

/* nolock: nothing there is locked, and no rpc.statd has to run. */
static void boot_over_nfs(struct fstab *t, const struct line *l)
{
	out(t, l, "the boot files are at the server", true);
	put_source(t->out, t->boot);
	text_add(t->out, "\t");
	put(t, l->f[DIR]);
	text_addf(t->out, "\tnfs\tdefaults,vers=3,tcp,nolock,nofail%s%s\t0\t0%s",
		  t->boot_opts ? "," : "", t->boot_opts ? t->boot_opts : "", l->eol);
}

/* May be there or not: the machine does not wait for it. */
static void may_fail(struct fstab *t, const struct line *l)
{
	struct cmdline_span opts = l->f[l->n > OPTS ? OPTS : TYPE], rest = l->all;

	out(t, l, "this disk may be missing", true);
	rest.end = opts.end;
	put(t, rest);
	text_add(t->out, l->n > OPTS ? ",nofail" : "\tdefaults,nofail");
	put(t, (struct cmdline_span){ opts.end, l->all.end, 0 });
	text_add(t->out, l->eol);
}

static void edit_boot(struct fstab *t, const struct line *l, const char *dir)
{
	bool firmware = !strcmp(dir, "/boot") || !strcmp(dir, "/boot/firmware");

	if (!is_local(l->f[SRC]))
		keep(t, l);
	else if (firmware && t->boot && is_fat(l->f[TYPE]))
		boot_over_nfs(t, l);
	else
		out(t, l, "this machine has no boot partition", false);
}

static void edit_line(struct fstab *t, const struct line *l)
{
	char dir[DIR_MAX];

	if (l->n <= TYPE) {
		keep(t, l);
		return;
	}
	decode_dir(l->f[DIR], dir);
	if (!strcmp(dir, "/"))
		out(t, l, "the root is mounted over NFS before this file is read", false);
	else if (netboot_is(l->f[TYPE], "swap") && !netboot_begins(l->f[SRC], "/dev/zram"))
		out(t, l, "there is no disk to swap to", false);
	else if (is_boot_dir(dir))
		edit_boot(t, l, dir);
	else if (!is_local(l->f[SRC]) || has_either(l) || netboot_begins(l->f[SRC], "/dev/zram"))
		keep(t, l);
	else if (is_on_disk(t, l->f[SRC]))
		out(t, l, "this is on the disk that the root was on", false);
	else
		may_fail(t, l);
}

int i2n_netboot_fstab(const char *text, size_t len, const char *boot, const char *boot_opts,
		      struct i2n_text *ret, struct i2n_err *err)
{
	struct cmdline_span rest = { text, text + len, 1 };
	struct text out_text = { 0 };
	struct fstab t = { .boot = boot, .boot_opts = boot_opts, .out = &out_text };
	struct line l;

	text_put(&out_text, "", 0);
	find_disks(&t, rest);
	while (next_line(&rest, &l))
		edit_line(&t, &l);
	if (text_check(&out_text, err)) {
		text_release(&out_text);
		return I2N_FATAL;
	}
	*ret = (struct i2n_text){ out_text.p, out_text.len };
	return I2N_OK;
}

bool netboot_mounts_boot(struct i2n_text fstab)
{
	struct cmdline_span rest = netboot_all(fstab);
	char dir[DIR_MAX];
	struct line l;

	while (next_line(&rest, &l)) {
		if (l.n <= DIR)
			continue;
		decode_dir(l.f[DIR], dir);
		if (!strcmp(dir, "/boot") || !strcmp(dir, "/boot/firmware"))
			return true;
	}
	return false;
}

/* mount(8) needs its helper for NFS; a mount unit that fails would make the boot degraded. */
static bool can_mount_nfs(struct netboot *n)
{
	return netboot_has(n, "sbin/mount.nfs") || netboot_has(n, "usr/sbin/mount.nfs");
}

int netboot_fstab(struct netboot *n)
{
	const char *boot = n->o->boot;
	struct i2n_text old, new = { NULL, 0 };
	bool is;
	int rc = netboot_read(n, "etc/fstab", &old, &is);

	if (rc != I2N_OK || !is)
		return rc;
	if (boot && !can_mount_nfs(n)) {
		i2n_note(n->notes, I2N_NOTE_WARN, "netboot", "etc/fstab", strlen("etc/fstab"),
			 "the boot files will not be mounted, because the image has no mount.nfs "
			 "(package nfs-common)");
		boot = NULL;
	}
	rc = i2n_netboot_fstab(old.bytes, old.len, boot, n->o->boot_opts, &new, n->err);
	if (rc == I2N_OK)
		rc = netboot_write(n, "etc/fstab", "the machine has no disk", new.bytes, new.len);
	free(old.bytes);
	free(new.bytes);
	return rc;
}
