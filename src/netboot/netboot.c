#include "img2nfs/netboot.h"

#include "img2nfs/name.h"

#include "netboot_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	RPI = 1 << I2N_PROFILE_RPI,
	DEBIAN = 1 << I2N_PROFILE_DEBIAN,
	ANY = RPI | DEBIAN | 1 << I2N_PROFILE_GENERIC,
};

/* In the order in which they are made: fwloc looks at what became of fstab. */
static const struct edit {
	const char *word, *text;
	unsigned profiles;	/* 0: on request, whatever the profile */
	int (*run)(struct netboot *n);
} edits[I2N_NETBOOT_NAMES] = {
	[I2N_NETBOOT_FSTAB] = { "fstab", "no root, swap and boot partition of a disk in /etc/fstab",
				ANY, netboot_fstab },
	[I2N_NETBOOT_RESIZE] = { "resize", "nothing grows the root file system at the first boot",
				 ANY, netboot_resize },
	[I2N_NETBOOT_SWAP] = { "swap", "no swap file over NFS", ANY, netboot_swap },
	[I2N_NETBOOT_INITRAMFS] = { "initramfs", "an initramfs that is made later can mount NFS",
				    RPI | DEBIAN, netboot_initramfs },
	[I2N_NETBOOT_NETWORK] = { "network", "the wired interface keeps the address it booted with",
				  ANY, netboot_network },
	[I2N_NETBOOT_DNS] = { "dns", "name servers of the answer that the machine booted with", ANY,
			      netboot_dns },
	[I2N_NETBOOT_FWLOC] = { "fwloc", "scripts find the boot files without a boot partition",
				RPI, netboot_fwloc },
	[I2N_NETBOOT_FIRST_BOOT] = { "first-boot", "what the boot partition has for the first boot "
				     "is found without it", RPI | DEBIAN, netboot_first_boot },
	[I2N_NETBOOT_CMDLINE] = { "cmdline", "kernel command lines name the NFS root", ANY,
				  netboot_cmdline },
	[I2N_NETBOOT_MACHINE_ID] = { "machine-id", "a new machine-id and random seed", 0,
				     netboot_machine_id },
	[I2N_NETBOOT_SSH_KEYS] = { "ssh-keys", "new SSH host keys at the next boot", 0,
				   netboot_ssh_keys },
	[I2N_NETBOOT_HOSTNAME] = { "hostname", "another host name", 0, netboot_hostname },
};

const char *i2n_netboot_word(enum i2n_netboot_name name)
{
	return edits[name].word;
}

const char *i2n_netboot_text(enum i2n_netboot_name name)
{
	return edits[name].text;
}

const char *i2n_profile_word(enum i2n_profile profile)
{
	static const char *const words[] = { "none", "auto", "rpi", "debian", "generic" };

	return words[profile];
}

int i2n_netboot_parse(const char *word, uint32_t *ret_mask, struct i2n_err *err)
{
	char q[100], list[200] = "";

	for (unsigned i = 0; i < I2N_NETBOOT_NAMES; i++) {
		size_t len = strlen(list);

		if (!strcmp(edits[i].word, word)) {
			*ret_mask = UINT32_C(1) << i;
			return I2N_OK;
		}
		/* our own words fit */
		(void)snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
			       edits[i].word);
	}
	i2n_err_set(err, I2N_DOM_USAGE, 0, "there is no edit %s",
		    i2n_quote(q, sizeof(q), word, strlen(word)));
	i2n_err_hint(err, "the edits are %s", list);
	return I2N_FATAL;
}

/* --- files --- */

bool netboot_has(struct netboot *n, const char *path)
{
	return i2n_edits_at(n->e, path, true);
}

int netboot_read(struct netboot *n, const char *path, struct i2n_text *ret, bool *ret_is)
{
	int rc = i2n_edits_read(n->e, path, ret, n->err);

	*ret_is = rc == I2N_OK;
	if (rc != I2N_OK)
		*ret = (struct i2n_text){ NULL, 0 };
	return rc == I2N_END ? I2N_OK : rc;
}

int netboot_write(struct netboot *n, const char *path, const char *why, const void *bytes,
		  size_t len)
{
	struct i2n_edit_what what = { n->name, why };

	return i2n_edits_write(n->e, &what, path, bytes, len, 0644, n->err);
}

int netboot_write_text(struct netboot *n, const char *path, const char *why, struct text *t)
{
	int rc = text_check(t, n->err);

	if (rc == I2N_OK)
		rc = netboot_write(n, path, why, t->p ? t->p : "", t->len);
	text_release(t);
	return rc;
}

int netboot_link(struct netboot *n, const char *path, const char *why, const char *target)
{
	struct i2n_edit_what what = { n->name, why };

	return i2n_edits_symlink(n->e, &what, path, target, n->err);
}

/* --- lines --- */

struct cmdline_span netboot_all(struct i2n_text text)
{
	const char *end = text.len ? text.bytes + text.len : text.bytes;

	return (struct cmdline_span){ text.bytes, end, 1 };
}

unsigned netboot_words(struct cmdline_span line, struct cmdline_span *ret, unsigned max)
{
	const char *p = line.p;
	unsigned n = 0;

	while (n < max) {
		while (p < line.end && (*p == ' ' || *p == '\t'))
			p++;
		if (p == line.end)
			break;
		ret[n].p = p;
		while (p < line.end && *p != ' ' && *p != '\t')
			p++;
		ret[n].end = p;
		ret[n++].line = line.line;
	}
	return n;
}

bool netboot_begins(struct cmdline_span word, const char *s)
{
	size_t len = strlen(s);

	return (size_t)(word.end - word.p) >= len && !memcmp(word.p, s, len);
}

bool netboot_is(struct cmdline_span word, const char *s)
{
	return netboot_begins(word, s) && (size_t)(word.end - word.p) == strlen(s);
}

/* --- what it is --- */

/* The value of NAME= in os-release(5), which may be in quotes. */
static void os_value(struct i2n_text file, const char *name, char *ret, size_t cap)
{
	struct cmdline_span rest = netboot_all(file), line;
	size_t n = strlen(name), len = 0;
	const char *eol;

	while (cmdline_next_line(&rest, &line, &eol)) {
		if (!netboot_begins(line, name) || line.p + n == line.end || line.p[n] != '=')
			continue;
		len = 0;
		for (const char *p = line.p + n + 1; p < line.end && len + 1 < cap; p++)
			if (*p != '"' && *p != '\'')
				ret[len++] = *p >= ' ' && *p < 0x7f ? *p : '?';
	}
	ret[len] = '\0';
}

static bool has_word(const char *list, const char *word)
{
	struct cmdline_span words[16];
	struct cmdline_span all = { list, list + strlen(list), 1 };
	unsigned n = netboot_words(all, words, 16);

	for (unsigned i = 0; i < n; i++)
		if (netboot_is(words[i], word))
			return true;
	return false;
}

static enum i2n_profile recognise(struct netboot *n, const char *id_like)
{
	if (netboot_has(n, "etc/rpi-issue") || !strcmp(n->sys.id, "raspbian"))
		return I2N_PROFILE_RPI;
	if (!strcmp(n->sys.id, "debian") || has_word(id_like, "debian") ||
	    netboot_has(n, "etc/debian_version"))
		return I2N_PROFILE_DEBIAN;
	return I2N_PROFILE_GENERIC;
}

static const char *find_boot_dir(struct netboot *n)
{
	static const char *const dirs[] = { "/boot/firmware", "/boot" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (netboot_has(n, dirs[i]))
			return dirs[i];
	return NULL;
}

static int look_at_system(struct netboot *n)
{
	struct i2n_text file;
	char like[128] = "";
	bool is;
	int rc = netboot_read(n, "etc/os-release", &file, &is);

	if (rc == I2N_OK && !is)
		rc = netboot_read(n, "usr/lib/os-release", &file, &is);
	if (rc == I2N_FATAL)
		return rc;
	if (is) {
		os_value(file, "ID", n->sys.id, sizeof(n->sys.id));
		os_value(file, "ID_LIKE", like, sizeof(like));
		os_value(file, "VERSION_CODENAME", n->sys.codename, sizeof(n->sys.codename));
		os_value(file, "PRETTY_NAME", n->sys.pretty, sizeof(n->sys.pretty));
	}
	free(file.bytes);
	n->sys.boot_dir = find_boot_dir(n);
	n->sys.profile = n->o->profile == I2N_PROFILE_AUTO ? recognise(n, like) : n->o->profile;
	return I2N_OK;
}

/* --- all of them --- */

static bool is_wanted(const struct netboot *n, unsigned i)
{
	if (n->o->skip >> i & 1)
		return false;
	if (i == I2N_NETBOOT_HOSTNAME)
		return n->o->hostname;
	if (!edits[i].profiles)
		return n->o->new_identity;
	return edits[i].profiles >> n->sys.profile & 1;
}

static int run_edit(struct netboot *n, unsigned i)
{
	int rc;

	n->name = edits[i].word;
	rc = edits[i].run(n);
	if (rc == I2N_BADNODE) {
		i2n_err_hint(n->err, "--no-edit %s goes on without this edit (%s)", n->name,
			     edits[i].text);
		rc = I2N_FATAL;
	}
	return rc;
}

int i2n_netboot_edit(struct i2n_edits *e, const struct i2n_netboot_opts *opts,
		     const struct i2n_notes *notes, struct i2n_netboot_system *ret,
		     struct i2n_err *err)
{
	struct i2n_err own;
	struct netboot n = { .e = e, .o = opts, .notes = notes, .err = err ? err : &own };
	int rc = look_at_system(&n);

	for (unsigned i = 0; rc == I2N_OK && i < I2N_NETBOOT_NAMES; i++)
		if (is_wanted(&n, i))
			rc = run_edit(&n, i);
	if (rc == I2N_OK)
		rc = netboot_look_for_user(&n);
	*ret = n.sys;
	return rc;
}
