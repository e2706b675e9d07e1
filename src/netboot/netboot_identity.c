#include "img2nfs/name.h"

#include "netboot_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_UNIT "img2nfs-ssh-keys.service"
#define HOSTNAME_LEN 64		/* HOST_NAME_MAX of Linux */

static int remove_path(struct netboot *n, const char *path, const char *why)
{
	struct i2n_edit_what what = { n->name, why };

	return i2n_edits_remove(n->e, &what, path, n->err);
}

/* --- machine-id --- */

/* machine-id(5): from an empty file systemd makes a new id at the next boot. Raspberry Pi OS ships
 * "uninitialized" from Trixie on, which makes that a first boot (pi-gen, 05-finalise). */
static bool ships_uninitialized(struct netboot *n)
{
	return netboot_has(n, "etc/rpi-issue") && netboot_has_unit(n, "rpi-resize.service");
}

static bool is_id(struct i2n_text t)
{
	return t.len && !(t.len >= 13 && !memcmp(t.bytes, "uninitialized", 13));
}

int netboot_machine_id(struct netboot *n)
{
	/* systemd.io/BUILDING_IMAGES: what no two systems may share */
	static const char *const secrets[] = { "var/lib/systemd/random-seed",
					       "var/lib/systemd/credential.secret" };
	const char *id = ships_uninitialized(n) ? "uninitialized\n" : "";
	const struct i2n_inode *in;
	struct i2n_text old;
	bool is;
	int rc = netboot_read(n, "etc/machine-id", &old, &is);

	if (rc == I2N_OK && is && is_id(old))
		rc = netboot_write(n, "etc/machine-id", "each machine has its own", id,
				   strlen(id));
	if (rc == I2N_OK)
		free(old.bytes);
	in = i2n_edits_at(n->e, "var/lib/dbus/machine-id", false);
	if (rc == I2N_OK && in && i2n_inode_type(in) == I2N_S_IFREG)
		rc = remove_path(n, "var/lib/dbus/machine-id", "dbus copies the new one");
	for (size_t i = 0; rc == I2N_OK && i < 2; i++)
		rc = remove_path(n, secrets[i], "a secret of one machine");
	return rc;
}

/* --- SSH host keys --- */

struct keys {
	struct text names;	/* with a NUL behind each */
};

static int add_key(void *ctx, const char *name, size_t len, const struct i2n_inode *in)
{
	struct keys *k = ctx;

	if (len > 9 && !memcmp(name, "ssh_host_", 9) && i2n_inode_type(in) != I2N_S_IFDIR)
		text_put(&k->names, name, len + 1);
	return I2N_OK;
}

static int remove_keys(struct netboot *n, bool *ret_any)
{
	struct keys k = { { 0 } };
	char path[300];
	int rc = i2n_edits_each(n->e, "etc/ssh", add_key, &k, n->err);

	if (rc == I2N_OK)
		rc = text_check(&k.names, n->err);
	*ret_any = k.names.len;
	for (size_t at = 0; rc == I2N_OK && at < k.names.len; at += strlen(k.names.p + at) + 1) {
		/* a name has 255 bytes at most */
		(void)snprintf(path, sizeof(path), "etc/ssh/%s", k.names.p + at);
		rc = remove_path(n, path, "each machine has its own");
	}
	text_release(&k.names);
	return rc;
}

/* The unit of Raspberry Pi OS makes keys and disables itself. */
static int enable_regenerate(struct netboot *n)
{
	static const char unit[] = "regenerate_ssh_host_keys.service";
	char path[128], target[128];

	/* these fit */
	(void)snprintf(path, sizeof(path), "etc/systemd/system/multi-user.target.wants/%s", unit);
	(void)snprintf(target, sizeof(target), "/lib/systemd/system/%s", unit);
	if (!netboot_has(n, target))
		(void)snprintf(target, sizeof(target), "/usr/lib/systemd/system/%s", unit);
	if (i2n_edits_at(n->e, path, false))
		return I2N_OK;
	return netboot_link(n, path, "new keys are made at the next boot", target);
}

/* Does nothing once there are keys, so it may stay. */
static int add_unit(struct netboot *n)
{
	static const char text[] =
		"# img2nfs: made for --new-identity\n"
		"[Unit]\n"
		"Description=Make SSH host keys\n"
		"Before=ssh.service sshd.service ssh.socket sshd.socket\n"
		"ConditionFileIsExecutable=/usr/bin/ssh-keygen\n"
		"ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key\n"
		"\n"
		"[Service]\n"
		"Type=oneshot\n"
		"ExecStart=/usr/bin/ssh-keygen -A\n"
		"\n"
		"[Install]\n"
		"WantedBy=multi-user.target\n";
	static const char why[] = "new keys are made at the next boot";

	return netboot_add_unit(n, KEYS_UNIT, text, why);
}

int netboot_ssh_keys(struct netboot *n)
{
	bool any;
	int rc = remove_keys(n, &any);

	if (rc != I2N_OK || (!any && !netboot_has(n, "usr/sbin/sshd")))
		return rc;
	if (netboot_has_unit(n, "regenerate_ssh_host_keys.service"))
		return enable_regenerate(n);
	if (netboot_has(n, "usr/bin/ssh-keygen") && netboot_has_systemd(n))
		return add_unit(n);
	i2n_note(n->notes, I2N_NOTE_WARN, "netboot", NULL, 0,
		 "nothing in the image makes new SSH host keys: run 'ssh-keygen -A' there");
	return I2N_OK;
}

/* --- host name --- */

static bool is_label(const char *p, size_t n)
{
	if (!n || n > 63 || p[0] == '-' || p[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= 'A' && p[i] <= 'Z') ||
		      (p[i] >= '0' && p[i] <= '9') || p[i] == '-'))
			return false;
	return true;
}

int i2n_hostname_check(const char *name, struct i2n_err *err)
{
	const char *p = name;
	size_t n;
	char q[200];

	while (n = strcspn(p, "."), is_label(p, n) && p[n])
		p += n + 1;
	if (is_label(p, n) && strlen(name) <= HOSTNAME_LEN)
		return I2N_OK;
	i2n_err_set(err, I2N_DOM_USAGE, 0, "%s is no host name",
		    i2n_quote(q, sizeof(q), name, strlen(name)));
	i2n_err_hint(err, "letters, digits and '-', in parts of at most 63, separated by dots; "
		     "%d in all", HOSTNAME_LEN);
	return I2N_FATAL;
}

/* The first word of /etc/hostname that is no comment. */
static struct cmdline_span first_word(struct i2n_text text)
{
	struct cmdline_span rest = netboot_all(text), line, word[1];
	const char *eol;

	while (cmdline_next_line(&rest, &line, &eol))
		if (netboot_words(line, word, 1) && word[0].p[0] != '#')
			return word[0];
	return (struct cmdline_span){ NULL, NULL, 0 };
}

/* A name of the machine: the old host name, with or without a domain, or the short form of it. */
static bool is_old(struct cmdline_span word, struct cmdline_span old)
{
	size_t len = (size_t)(word.end - word.p), n = (size_t)(old.end - old.p);
	const char *dot = n ? memchr(old.p, '.', n) : NULL;

	if (!n)
		return false;
	if (len >= n && !memcmp(word.p, old.p, n) && (len == n || word.p[n] == '.'))
		return true;
	n = dot ? (size_t)(dot - old.p) : n;
	return len == n && !memcmp(word.p, old.p, n);
}

static void put_name(struct text *out, struct cmdline_span word, struct cmdline_span old,
		     const char *name)
{
	size_t n = (size_t)(old.end - old.p), len = (size_t)(word.end - word.p);

	text_add(out, name);
	if (!strchr(name, '.') && len > n)	/* its domain stays */
		text_put(out, word.p + n, len - n);
}

/* The line of 127.0.1.1 with the new name in place of the old one; without one, the new name is all
 * that the line is for. */
static void put_hosts_line(struct text *out, struct cmdline_span line, struct cmdline_span old,
			   const char *name)
{
	struct cmdline_span words[16];
	unsigned n = netboot_words(line, words, 16), hits = 0;

	text_put(out, words[0].p, (size_t)(words[0].end - words[0].p));
	for (unsigned i = 1; i < n && words[i].p[0] != '#'; i++) {
		if (!is_old(words[i], old))
			continue;
		text_add(out, hits++ ? " " : "\t");
		put_name(out, words[i], old, name);
	}
	if (!hits)
		text_addf(out, "\t%s", name);
	for (unsigned i = 1; i < n && words[i].p[0] != '#'; i++)
		if (!is_old(words[i], old)) {
			text_add(out, " ");
			text_put(out, words[i].p, (size_t)(words[i].end - words[i].p));
		}
}

static bool has_name(struct cmdline_span line, const char *name)
{
	struct cmdline_span words[16];
	unsigned n = netboot_words(line, words, 16);

	for (unsigned i = 1; i < n && words[i].p[0] != '#'; i++)
		if (netboot_is(words[i], name))
			return true;
	return false;
}

static int edit_hosts(struct netboot *n, struct cmdline_span old, const char *name)
{
	static const char why[] = "another host name";
	struct cmdline_span rest, line, word[1];
	const char *eol = "\n";
	struct text new = { 0 };
	struct i2n_text hosts;
	bool is, found = false;
	int rc = netboot_read(n, "etc/hosts", &hosts, &is);

	if (rc != I2N_OK || !is)
		return rc;
	rest = netboot_all(hosts);
	while (cmdline_next_line(&rest, &line, &eol)) {
		bool own = netboot_words(line, word, 1) && netboot_is(word[0], "127.0.1.1");

		found |= own;
		if (own && !has_name(line, name)) {
			text_addf(&new, "# img2nfs: %s%s#", why, eol[0] ? eol : "\n");
			text_put(&new, line.p, (size_t)(line.end - line.p));
			text_add(&new, eol[0] ? eol : "\n");
			put_hosts_line(&new, line, old, name);
		} else {
			text_put(&new, line.p, (size_t)(line.end - line.p));
		}
		text_add(&new, eol);
	}
	if (!found)
		text_addf(&new, "%s127.0.1.1\t%s\n", eol[0] ? "" : "\n", name);
	free(hosts.bytes);
	return netboot_write_text(n, "etc/hosts", why, &new);
}

int netboot_hostname(struct netboot *n)
{
	const char *name = n->o->hostname;
	struct text line = { 0 };
	struct i2n_text old;
	bool is;
	int rc = netboot_read(n, "etc/hostname", &old, &is);

	if (rc != I2N_OK)
		return rc;
	rc = edit_hosts(n, first_word(old), name);
	if (rc == I2N_OK && !netboot_is(first_word(old), name)) {
		text_addf(&line, "%s\n", name);
		rc = netboot_write_text(n, "etc/hostname", "another host name", &line);
	}
	free(old.bytes);
	return rc == I2N_OK ? netboot_cloud_hostname(n, name) : rc;
}
