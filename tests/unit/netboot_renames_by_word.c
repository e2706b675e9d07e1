/* --hostname and --new-identity in trees that are not as usual; expected values by hand from hosts(5),
 * hostname(5), machine-id(5). */
#include "img2nfs/netboot.h"

#include "mem_tree.h"

static struct i2n_err err;
static unsigned warned;

static void note(void *ctx, const struct i2n_note *n)
{
	(void)ctx;
	warned += n->kind == I2N_NOTE_WARN;
}

static void edit(struct mem *m, const struct i2n_netboot_opts *o, struct i2n_edits **ret)
{
	const struct i2n_notes notes = { note, NULL };
	struct i2n_netboot_system sys;

	T_EQ(i2n_edits_new(&m->tree, &m->reader, ret, &err), I2N_OK);
	T_EQ(i2n_netboot_edit(*ret, o, &notes, &sys, &err), I2N_OK);
}

static void want(struct i2n_edits *e, const char *path, const char *text)
{
	struct i2n_text t = { NULL, 0 };

	T_EQ(i2n_edits_read(e, path, &t, &err), I2N_OK);
	T_STR(t.bytes, text);
	free(t.bytes);
}

static void rename_host(const char *hostname, const char *hosts, const char *name,
			const char *new_hostname, const char *new_hosts)
{
	const struct i2n_netboot_opts o = { .hostname = name };
	static struct mem m;
	struct i2n_edits *e = NULL;

	mem_init(&m);
	mem_dir(&m, "etc");
	mem_file(&m, "etc/hostname", hostname);
	mem_file(&m, "etc/hosts", hosts);
	mem_end(&m);
	edit(&m, &o, &e);
	want(e, "etc/hostname", new_hostname);
	want(e, "etc/hosts", new_hosts);
	i2n_edits_free(e);
}

static void all_names(void)
{
#define WHY "# img2nfs: another host name\n#"
	rename_host("pi\n", "127.0.1.1\t\tpi\n", "hall", "hall\n",
		    WHY "127.0.1.1\t\tpi\n127.0.1.1\thall\n");
	/* the domain stays, and so does what is not the machine's name */
	rename_host("# c\npi\n", "127.0.1.1 pi.home.arpa pi piano\n127.0.0.1 localhost pi\n", "hall",
		    "hall\n", WHY "127.0.1.1 pi.home.arpa pi piano\n"
		    "127.0.1.1\thall.home.arpa hall piano\n127.0.0.1 localhost pi\n");
	rename_host("pi.home\n", "127.0.1.1 pi.home pi\n", "a.b", "a.b\n",
		    WHY "127.0.1.1 pi.home pi\n127.0.1.1\ta.b a.b\n");
	rename_host("pi\n", "127.0.1.1 other # pi\r\n", "hall", "hall\n",
		    "# img2nfs: another host name\r\n#127.0.1.1 other # pi\r\n127.0.1.1\thall other\r\n");
	rename_host("pi", "127.0.0.1 localhost", "hall", "hall\n",
		    "127.0.0.1 localhost\n127.0.1.1\thall\n");
	rename_host("", "", "hall", "hall\n", "127.0.1.1\thall\n");
	/* it has that name */
	rename_host("hall", "127.0.1.1 hall\n", "hall", "hall", "127.0.1.1 hall\n");
}

static void refuse(const char *name)
{
	T_EQ(i2n_hostname_check(name, &err), I2N_FATAL);
	T_EQ(err.domain, I2N_DOM_USAGE);
	T_HAS(err.msg, "is no host name");
}

static void check_names(void)
{
	char name[100];

	T_EQ(i2n_hostname_check("a", &err), I2N_OK);
	T_EQ(i2n_hostname_check("Kitchen-2.home.arpa", &err), I2N_OK);
	refuse("");
	refuse("-a");
	refuse("a-");
	refuse("a..b");
	refuse("a.");
	refuse(".a");
	refuse("a_b");
	refuse("a b");
	refuse("a\nb");
	refuse("k\xc3\xbc" "che");
	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	T_EQ(i2n_hostname_check(name, &err), I2N_OK);
	name[63] = 'a';
	name[64] = '\0';
	refuse(name);
	memcpy(name + 40, ".b", 3);
	T_EQ(i2n_hostname_check(name, &err), I2N_OK);
	memset(name, 'a', sizeof(name));
	name[50] = '.';
	name[65] = '\0';
	refuse(name);
}

/* Debian without the unit of Raspberry Pi OS: one of ours, which does nothing once there are keys. */
static void debian_identity(void)
{
	const struct i2n_netboot_opts o = { .new_identity = true };
	static struct mem m;
	struct i2n_edits *e = NULL;
	struct i2n_text t = { NULL, 0 };

	mem_init(&m);
	mem_dir(&m, "etc");
	mem_dir(&m, "etc/ssh");
	mem_dir(&m, "usr");
	mem_dir(&m, "usr/bin");
	mem_dir(&m, "usr/lib");
	mem_dir(&m, "usr/lib/systemd");
	mem_dir(&m, "var");
	mem_dir(&m, "var/lib");
	mem_dir(&m, "var/lib/dbus");
	mem_link(&m, "var/lib/dbus/machine-id", "/etc/machine-id");
	mem_file(&m, "usr/lib/systemd/systemd", "");
	mem_file(&m, "usr/bin/ssh-keygen", "");
	mem_file(&m, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	mem_file(&m, "etc/ssh/ssh_host_rsa_key", "secret");
	mem_file(&m, "etc/ssh/ssh_config", "kept");
	mem_end(&m);
	edit(&m, &o, &e);
	want(e, "etc/machine-id", "");
	want(e, "etc/ssh/ssh_config", "kept");
	T_OK(!i2n_edits_at(e, "etc/ssh/ssh_host_rsa_key", false));
	T_OK(i2n_edits_at(e, "var/lib/dbus/machine-id", false));
	T_EQ(i2n_edits_readlink(e, "etc/systemd/system/multi-user.target.wants/img2nfs-ssh-keys.service",
				&t, &err), I2N_OK);
	T_STR(t.bytes, "/etc/systemd/system/img2nfs-ssh-keys.service");
	free(t.bytes);
	T_EQ(i2n_edits_read(e, "etc/systemd/system/img2nfs-ssh-keys.service", &t, &err), I2N_OK);
	T_HAS(t.bytes, "ConditionPathExistsGlob=!/etc/ssh/ssh_host_*_key\n");
	T_HAS(t.bytes, "ExecStart=/usr/bin/ssh-keygen -A\n");
	free(t.bytes);
	T_EQ(warned, 0);
	i2n_edits_free(e);
}

/* Where nothing can make new keys, the user is told. A fresh image is left as it is. */
static void other_identities(void)
{
	const struct i2n_netboot_opts o = { .new_identity = true };
	static struct mem m;
	struct i2n_edits *e = NULL;
	size_t n;

	mem_init(&m);
	mem_dir(&m, "etc");
	mem_dir(&m, "etc/ssh");
	mem_file(&m, "etc/ssh/ssh_host_rsa_key", "secret");
	mem_file(&m, "etc/machine-id", "uninitialized\n");
	mem_end(&m);
	edit(&m, &o, &e);
	T_EQ(warned, 1);
	want(e, "etc/machine-id", "uninitialized\n");
	(void)i2n_edits_changes(e, &n);
	T_EQ(n, 1);
	i2n_edits_free(e);
}

int main(void)
{
	all_names();
	check_names();
	debian_identity();
	other_identities();
	return t_end();
}
