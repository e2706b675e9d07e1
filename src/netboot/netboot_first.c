#include "netboot_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the boot partition has for the first boot. That comes before anything is mounted over the
 * network, or wants the partition itself. */

#define UNIT "img2nfs-first-boot.service"
#define SEED "var/lib/cloud/seed/nocloud"

/* --- files of the boot partition --- */

/* FAT names are found in any case. */
static bool is_same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char low = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;

		if (low != *b)
			return false;
	}
	return *a == *b;
}

struct found {
	const char *want;
	char name[I2N_NAME_MAX + 1];
	bool is;
};

static int find_name(void *ctx, const char *name, size_t len, const struct i2n_inode *in)
{
	struct found *f = ctx;

	if (!f->is && i2n_inode_type(in) == I2N_S_IFREG && is_same_name(name, f->want)) {
		memcpy(f->name, name, len + 1);
		f->is = true;
	}
	return I2N_OK;
}

/* *ret_is false: there is no such file, and *ret is empty. The caller frees. */
static int read_boot_file(struct netboot *n, const char *name, struct i2n_text *ret, bool *ret_is)
{
	struct found f = { .want = name };
	int rc = i2n_edits_each(n->o->boot_files, "/", find_name, &f, n->err);

	*ret = (struct i2n_text){ NULL, 0 };
	*ret_is = false;
	if (rc != I2N_OK || !f.is)
		return rc;
	rc = i2n_edits_read(n->o->boot_files, f.name, ret, n->err);
	*ret_is = rc == I2N_OK;
	return rc == I2N_END ? I2N_OK : rc;
}

/* Once it has been put there it is the machine's. A password may be in it. */
static int copy_file(struct netboot *n, const char *name, const char *path, const char *why)
{
	struct i2n_edit_what what = { n->name, why };
	struct i2n_text content;
	bool is;
	int rc;

	if (i2n_edits_at(n->e, path, false))
		return I2N_OK;
	rc = read_boot_file(n, name, &content, &is);
	if (rc == I2N_OK && is)
		rc = i2n_edits_write(n->e, &what, path, content.bytes, content.len, 0600, n->err);
	free(content.bytes);
	return rc;
}

static int copy_into(struct netboot *n, const char *dir, const char *const *names, size_t count)
{
	static const char why[] = "the first boot looks for it before anything is mounted there";
	char path[100];
	int rc = I2N_OK;

	for (size_t i = 0; rc == I2N_OK && i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);	/* fits */
		rc = copy_file(n, names[i], path, why);
	}
	return rc;
}

/* --- what Raspberry Pi's Imager leaves to be run --- */

/* By systemd.run=, or by the script that init= starts; both then edit cmdline.txt, which is not on
 * the machine, and want a partition that is not there. */
static const struct left {
	const char *name, *token, *val, *val2;	/* which starts it */
	const char *needs;			/* in the tree */
	const char *path, *run;
} left[] = {
	{ "firstrun.sh", "systemd.run", "/boot/firstrun.sh", "/boot/firmware/firstrun.sh", NULL,
	  "etc/systemd/img2nfs-firstrun.sh", "/bin/bash" },
	{ "custom.toml", "init", "/usr/lib/raspberrypi-sys-mods/firstboot", NULL,
	  "usr/lib/raspberrypi-sys-mods/init_config", "etc/systemd/img2nfs-custom.toml",
	  "/usr/lib/raspberrypi-sys-mods/init_config" },
};

static bool is_started(struct i2n_text cmdline, const struct left *l)
{
	struct cmdline_span rest = netboot_all(cmdline);
	struct cmdline_token t;

	while (cmdline_next(&rest, &t) && !cmdline_is_end(&t))
		if (cmdline_is(&t, l->token) &&
		    (cmdline_has_val(&t, l->val) || (l->val2 && cmdline_has_val(&t, l->val2))))
			return true;
	return false;
}

/* It is moved away before it is run, so that it runs once, however that ends. */
static int add_runner(struct netboot *n)
{
	static const char why[] = "what was left for the first boot from a card is run once";
	struct text unit = { 0 };
	int rc;

	text_add(&unit, "# img2nfs: made for --netboot\n"
			"[Unit]\n"
			"Description=Run once what was left for the first boot\n"
			"After=regenerate_ssh_host_keys.service\n"
			"Before=userconfig.service systemd-user-sessions.service\n");
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		text_addf(&unit, "ConditionPathExists=|/%s\n", left[i].path);
	text_add(&unit, "SuccessAction=reboot\n"
			"\n"
			"[Service]\n"
			"Type=oneshot\n");
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		text_addf(&unit, "ExecStart=/bin/sh -c '[ ! -e /%s ] || { mv /%s /run/%s && %s "
			  "/run/%s; }'\n", left[i].path, left[i].path, left[i].name, left[i].run,
			  left[i].name);
	text_add(&unit, "\n"
			"[Install]\n"
			"WantedBy=multi-user.target\n");
	rc = text_check(&unit, n->err);
	if (rc == I2N_OK)
		rc = netboot_add_unit(n, UNIT, unit.p, why);
	text_release(&unit);
	return rc;
}

static int run_what_is_left(struct netboot *n)
{
	struct i2n_text cmdline;
	bool is, any = false;
	int rc = read_boot_file(n, "cmdline.txt", &cmdline, &is);

	for (size_t i = 0; rc == I2N_OK && i < sizeof(left) / sizeof(left[0]); i++) {
		const struct left *l = &left[i];

		if (!is_started(cmdline, l) || (l->needs && !netboot_has(n, l->needs)))
			continue;
		rc = copy_file(n, l->name, l->path, "left for the first boot from a card");
		any |= i2n_edits_at(n->e, l->path, false) != NULL;
	}
	free(cmdline.bytes);
	n->left_to_run = any;
	return rc == I2N_OK && any && netboot_has_systemd(n) ? add_runner(n) : rc;
}

/* --- all --- */

static int first_boot_of_pi(struct netboot *n)
{
	/* of cloud-init; of raspberrypi-sys-mods' sshswitch; of userconf-pi */
	static const char *const names[] = { "user-data", "meta-data", "network-config", "ssh",
					     "ssh.txt", "userconf", "userconf.txt" };
	int rc = copy_into(n, n->sys.boot_dir, names, sizeof(names) / sizeof(names[0]));

	return rc == I2N_OK ? run_what_is_left(n) : rc;
}

/* Ubuntu's images look for a partition with the label system-boot (fs_label in
 * /etc/cloud/cloud.cfg.d). This directory is looked into in any case. */
static int first_boot_of_cloud(struct netboot *n)
{
	static const char *const names[] = { "user-data", "meta-data", "network-config",
					     "vendor-data" };

	if (!netboot_has(n, "etc/cloud/cloud.cfg"))
		return I2N_OK;
	return copy_into(n, SEED, names, sizeof(names) / sizeof(names[0]));
}

int netboot_first_boot(struct netboot *n)
{
	if (!n->o->boot_files || !n->sys.boot_dir)
		return I2N_OK;
	return n->sys.profile == I2N_PROFILE_RPI ? first_boot_of_pi(n) : first_boot_of_cloud(n);
}

/* --- what cloud-init reads --- */

/* In YAML a key at the top begins its line. */
static bool is_key(struct cmdline_span line, const char *key)
{
	size_t n = strlen(key);

	return netboot_begins(line, key) && line.p + n < line.end && line.p[n] == ':';
}

static int edit_cloud(struct netboot *n, const char *path, const char *key, const char *name)
{
	struct cmdline_span rest, line;
	struct text want = { 0 }, new = { 0 };
	struct i2n_text old;
	const char *eol;
	bool is, any = false;
	int rc = netboot_read(n, path, &old, &is);

	if (rc != I2N_OK || !is)
		return rc;
	text_addf(&want, "%s: %s", key, name);
	rc = text_check(&want, n->err);
	rest = netboot_all(old);
	while (rc == I2N_OK && cmdline_next_line(&rest, &line, &eol)) {
		bool own = is_key(line, key) && !netboot_is(line, want.p);
		bool other = is_key(line, "fqdn");

		any |= own || other;
		if (own || other)
			text_addf(&new, "# img2nfs: another host name%s#", eol[0] ? eol : "\n");
		text_put(&new, line.p, (size_t)(line.end - line.p));
		text_add(&new, own && !eol[0] ? "\n" : eol);
		if (own)
			text_addf(&new, "%s%s", want.p, eol);
	}
	text_release(&want);
	free(old.bytes);
	if (rc == I2N_OK && any)
		return netboot_write_text(n, path, "cloud-init gives the machine this name", &new);
	text_release(&new);
	return rc;
}

int netboot_cloud_hostname(struct netboot *n, const char *name)
{
	const char *const dirs[] = { n->sys.boot_dir, SEED };
	char path[100];
	int rc = I2N_OK;

	if (!netboot_has(n, "etc/cloud/cloud.cfg"))
		return I2N_OK;
	for (size_t i = 0; rc == I2N_OK && i < 2; i++) {
		if (!dirs[i])
			continue;
		(void)snprintf(path, sizeof(path), "%s/user-data", dirs[i]);	/* these fit */
		rc = edit_cloud(n, path, "hostname", name);
		(void)snprintf(path, sizeof(path), "%s/meta-data", dirs[i]);
		if (rc == I2N_OK)
			rc = edit_cloud(n, path, "local-hostname", name);
	}
	return rc;
}

/* --- who may log in --- */

static bool has_key(struct i2n_text text, const char *key)
{
	struct cmdline_span rest = netboot_all(text), line;
	const char *eol;

	while (cmdline_next_line(&rest, &line, &eol))
		if (is_key(line, key))
			return true;
	return false;
}

/* userconfig.service asks at the console, unless a file says who there shall be. */
int netboot_look_for_user(struct netboot *n)
{
	static const char unit[] = "etc/systemd/system/multi-user.target.wants/userconfig.service";
	static const char *const names[] = { "userconf", "userconf.txt" };
	struct i2n_text text;
	char path[100];
	bool is;
	int rc;

	if (n->sys.profile != I2N_PROFILE_RPI || !n->sys.boot_dir || n->left_to_run ||
	    !i2n_edits_at(n->e, unit, false))
		return I2N_OK;
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", n->sys.boot_dir, names[i]);	/* fits */
		if (i2n_edits_at(n->e, path, false))
			return I2N_OK;
	}
	(void)snprintf(path, sizeof(path), "%s/user-data", n->sys.boot_dir);	/* fits */
	rc = netboot_read(n, path, &text, &is);
	n->sys.no_user = rc == I2N_OK && !has_key(text, "users");
	free(text.bytes);
	return rc == I2N_FATAL ? rc : I2N_OK;
}
