#include "img2nfs/name.h"

#include "netboot_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- NAME=value --- */

/* An assignment to name that is no comment; *ret_value: what it assigns, without quotes around. */
static bool assigns(struct cmdline_span line, const char *name, struct cmdline_span *ret_value)
{
	size_t len = strlen(name);

	while (line.p < line.end && (*line.p == ' ' || *line.p == '\t'))
		line.p++;
	if (netboot_begins(line, "export "))
		line.p += strlen("export ");
	if (!netboot_begins(line, name) || line.p + len == line.end || line.p[len] != '=')
		return false;
	line.p += len + 1;
	while (line.end > line.p && (line.end[-1] == ' ' || line.end[-1] == '\t'))
		line.end--;
	if (line.end - line.p >= 2 && (*line.p == '"' || *line.p == '\'') &&
	    line.end[-1] == *line.p) {
		line.p++;
		line.end--;
	}
	*ret_value = line;
	return true;
}

static void put_line(struct text *out, struct cmdline_span line, const char *eol)
{
	text_put(out, line.p, (size_t)(line.end - line.p));
	text_add(out, eol);
}

void netboot_assign(struct text *out, struct i2n_text old, const char *name, const char *value,
		    const char *why, bool always)
{
	struct cmdline_span rest = netboot_all(old), line, now;
	const char *eol = "\n", *ends = "\n";
	bool is_set = false;

	text_put(out, "", 0);
	while (cmdline_next_line(&rest, &line, &eol)) {
		ends = eol;
		if (!assigns(line, name, &now) || netboot_is(now, value)) {
			is_set |= assigns(line, name, &now);
			put_line(out, line, eol);
			continue;
		}
		ends = eol[0] ? eol : "\n";
		text_addf(out, "# img2nfs: %s%s#", why, ends);
		put_line(out, line, ends);
		if (!is_set)
			text_addf(out, "%s=%s%s", name, value, ends);
		is_set = true;
	}
	if (!is_set && always)
		text_addf(out, "%s# img2nfs: %s\n%s=%s\n", ends[0] ? "" : "\n", why, name, value);
}

/* --- initramfs-tools --- */

/* initramfs.conf(5); files in conf.d are read after it and may say otherwise. */
static int edit_initramfs(struct netboot *n, const char *path, bool always)
{
	static const char *const sets[][3] = {
		{ "MODULES", "most", "no list of modules can be made on an NFS root" },
		{ "BOOT", "nfs", "the root comes over NFS" },
	};
	struct i2n_text text;
	bool is;
	int rc = netboot_read(n, path, &text, &is);

	if (rc != I2N_OK || !is)
		return rc;
	for (size_t i = 0; rc == I2N_OK && i < 2; i++) {
		struct text out = { 0 };

		netboot_assign(&out, text, sets[i][0], sets[i][1], sets[i][2], always);
		rc = text_check(&out, n->err);
		free(text.bytes);
		text = (struct i2n_text){ out.p, out.len };
	}
	if (rc == I2N_OK)
		rc = netboot_write(n, path, "the next initramfs has to mount an NFS root",
				   text.bytes, text.len);
	free(text.bytes);
	return rc;
}

struct names {
	char *v[64];
	unsigned n;
	struct i2n_err *err;
};

static int add_name(void *ctx, const char *name, size_t len, const struct i2n_inode *in)
{
	struct names *names = ctx;
	char *copy;

	(void)in;
	if (names->n == sizeof(names->v) / sizeof(names->v[0]))
		return I2N_OK;
	copy = malloc(len + 1);
	if (!copy)
		return i2n_err_nomem(names->err);
	memcpy(copy, name, len + 1);
	names->v[names->n++] = copy;
	return I2N_OK;
}

int netboot_each_file(struct netboot *n, const char *dir,
		      int (*fn)(struct netboot *n, const char *path))
{
	struct names names = { .err = n->err };
	int rc = i2n_edits_each(n->e, dir, add_name, &names, n->err);

	for (unsigned i = 0; i < names.n; i++) {
		struct text path = { 0 };
		const struct i2n_inode *in = NULL;

		text_addf(&path, "%s/%s", dir, names.v[i]);
		free(names.v[i]);
		if (rc == I2N_OK)
			rc = text_check(&path, n->err);
		if (rc == I2N_OK)
			in = i2n_edits_at(n->e, path.p, true);
		if (in && i2n_inode_type(in) == I2N_S_IFREG)
			rc = fn(n, path.p);
		text_release(&path);
	}
	return rc;
}

static int edit_initramfs_part(struct netboot *n, const char *path)
{
	return edit_initramfs(n, path, false);
}

int netboot_initramfs(struct netboot *n)
{
	int rc = edit_initramfs(n, "etc/initramfs-tools/initramfs.conf", true);

	if (rc != I2N_OK)
		return rc;
	return netboot_each_file(n, "etc/initramfs-tools/conf.d", edit_initramfs_part);
}

/* --- where the boot files are --- */

/* raspberrypi-sys-mods: get_fw_loc asks findmnt for a boot partition, of fstab or mounted, unless
 * it is told where. */
int netboot_fwloc(struct netboot *n)
{
	static const char path[] = "etc/default/raspberrypi-sys-mods";
	struct i2n_text fstab, old;
	struct text new = { 0 };
	bool is, mounts;
	int rc;

	if (!netboot_has(n, "usr/lib/raspberrypi-sys-mods/get_fw_loc") || !n->sys.boot_dir)
		return I2N_OK;
	rc = netboot_read(n, "etc/fstab", &fstab, &is);
	mounts = rc == I2N_OK && netboot_mounts_boot(fstab);
	if (rc == I2N_OK)
		free(fstab.bytes);
	if (rc != I2N_OK || mounts)
		return rc == I2N_BADNODE ? I2N_OK : rc;
	rc = netboot_read(n, path, &old, &is);
	if (rc != I2N_OK)
		return rc;
	netboot_assign(&new, old, "FWLOC", n->sys.boot_dir, "the boot files are here", true);
	free(old.bytes);
	return netboot_write_text(n, path, "there is no boot partition to look for", &new);
}

/* --- command lines --- */

static bool has_root(struct i2n_text text)
{
	for (size_t i = 0; i + 5 <= text.len; i++)
		if (!memcmp(text.bytes + i, "root=", 5) || !memcmp(text.bytes + i, "rootd", 5))
			return true;
	return false;
}

static void tell_warnings(struct netboot *n, const char *path, const struct i2n_cmdline_edit *edit)
{
	char q[200];

	for (unsigned i = 0; i < edit->n_changes; i++) {
		const struct i2n_change *c = &edit->changes[i];

		if (c->kind == I2N_CHANGE_WARN)
			i2n_note(n->notes, I2N_NOTE_WARN, "cmdline", path, strlen(path),
				 "%s%s%s", c->token[0] ? i2n_quote(q, sizeof(q), c->token,
								   strlen(c->token)) : "",
				 c->token[0] ? " " : "", c->why);
	}
}

/* /boot/cmdline.txt of Bookworm only says where the real one is, which the boot partition has. */
static int edit_cmdline(struct netboot *n, const char *path)
{
	struct i2n_cmdline_edit edit = { 0 };
	struct i2n_text old;
	bool is;
	int rc = netboot_read(n, path, &old, &is);

	if (rc != I2N_OK || !is)
		return rc;
	if (i2n_cmdline_format_of(path, strlen(path)) == I2N_CMDLINE_GRUB || has_root(old)) {
		n->sys.has_cmdline = true;
		rc = i2n_cmdline_edit(i2n_cmdline_format_of(path, strlen(path)), old.bytes,
				      old.len, n->o->root, &edit, n->err);
		if (rc == I2N_OK) {
			tell_warnings(n, path, &edit);
			rc = netboot_write(n, path, "the kernel is to mount the root over NFS",
					   edit.text, edit.len);
		}
		i2n_cmdline_release(&edit);
	}
	free(old.bytes);
	return rc;
}

int netboot_cmdline(struct netboot *n)
{
	static const char *const paths[] = {
		"boot/cmdline.txt", "boot/firmware/cmdline.txt", "boot/extlinux/extlinux.conf",
		"boot/firmware/extlinux/extlinux.conf", "etc/default/grub", "boot/armbianEnv.txt",
		"boot/boot.cmd",
	};
	int rc = I2N_OK;

	for (size_t i = 0; rc == I2N_OK && n->o->root && i < sizeof(paths) / sizeof(paths[0]); i++)
		rc = edit_cmdline(n, paths[i]);
	return rc;
}
