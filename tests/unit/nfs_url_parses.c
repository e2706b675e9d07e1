#include "t.h"

#include "img2nfs/sink.h"

static int warnings;

static void on_note(void *ctx, const struct i2n_note *note)
{
	(void)ctx;
	warnings += note->kind == I2N_NOTE_WARN;
}

static const struct i2n_notes notes = { .fn = on_note };

static void good(const char *text, const char *host, const char *path, unsigned port,
		 unsigned mountport)
{
	const char *version = strstr(text, "version=");

	struct i2n_nfs_url url;
	struct i2n_err err = { 0 };

	if (i2n_nfs_url_parse(text, &notes, &url, &err) != I2N_OK) {
		T_STR(err.msg, text);
		return;
	}
	T_STR(url.host, host);
	T_STR(url.path, path);
	T_EQ(url.port, port);
	T_EQ(url.mountport, mountport);
	T_EQ(url.version, version ? (unsigned)(version[8] - '0') : 0u);
	i2n_nfs_url_release(&url);
}

static void bad(const char *text, const char *part)
{
	struct i2n_nfs_url url;
	struct i2n_err err = { 0 };

	T_EQ(i2n_nfs_url_parse(text, &notes, &url, &err), I2N_FATAL);
	T_EQ(err.domain, I2N_DOM_USAGE);
	T_HAS(err.msg, part);
}

static void test_ids(void)
{
	struct i2n_nfs_url url;
	struct i2n_err err = { 0 };

	T_EQ(i2n_nfs_url_parse("nfs://h/p?uid=4294967295&gid=0", NULL, &url, &err), I2N_OK);
	T_OK(url.has_uid && url.uid == UINT32_MAX && url.has_gid && url.gid == 0);
	i2n_nfs_url_release(&url);
	T_EQ(i2n_nfs_url_parse("nfs://h/p", NULL, &url, &err), I2N_OK);
	T_OK(!url.has_uid && !url.has_gid);
	i2n_nfs_url_release(&url);
}

static void test_security(void)
{
	struct i2n_nfs_url url;
	struct i2n_err err = { 0 };

	T_EQ(i2n_nfs_url_parse("nfs://h/p?sec=krb5p&xprtsec=mtls", NULL, &url, &err), I2N_OK);
	T_STR(url.sec, "krb5p");
	T_STR(url.xprtsec, "mtls");
	i2n_nfs_url_release(&url);
	T_EQ(i2n_nfs_url_parse("nfs://h/p?sec=sys&xprtsec=none", NULL, &url, &err), I2N_OK);
	T_OK(!url.sec && !url.xprtsec);
	i2n_nfs_url_release(&url);
}

int main(void)
{
	good("nfs://nas/nfs/rootfs/openhab", "nas", "/nfs/rootfs/openhab", 0, 0);
	good("nfs://nas:2050/", "nas", "/", 2050, 0);
	good("nfs://nas///a//b/?", "nas", "/a/b", 0, 0);
	good("nfs://[fe80::1%25eth0]:1/x", "fe80::1%eth0", "/x", 1, 0);
	good("nfs://[::1]/x?nfsport=27049&mountport=27050", "::1", "/x", 27049, 27050);
	good("nfs://h:5/x?version=4", "h", "/x", 5, 0);
	good("nfs://h:5/x?nfsport=5&version=3&sec=sys&xprtsec=none", "h", "/x", 5, 0);
	good("nfs://h/a%20b%2525/%ff", "h", "/a b%25/\xff", 0, 0);
	good("nfs://h/...", "h", "/...", 0, 0);
	T_EQ(warnings, 0);
	good("nfs://h/x?readahead=1&autoreconnect=-1&", "h", "/x", 0, 0);
	T_EQ(warnings, 2);

	bad("http://h/x", "nfs://");
	bad("nfs:/h/x", "nfs://");
	bad("nfs://h", "no path");
	bad("nfs://h?nfsport=1", "no path");
	bad("nfs:///x", "no host");
	bad("nfs://:1/x", "no host");
	bad("nfs://me@h/x", "user name");
	bad("nfs://[::1/x", "']'");
	bad("nfs://[::1]x/x", "']'");
	bad("nfs://h:0/x", "port");
	bad("nfs://h:65536/x", "port");
	bad("nfs://h:/x", "port");
	bad("nfs://h:1/x?nfsport=2", "two different ports");
	bad("nfs://h/a/../b", "'..'");
	bad("nfs://h/a/.", "'.'");
	bad("nfs://h/%2e%2E/x", "'..'");
	bad("nfs://h/a%2", "'%'");
	bad("nfs://h/a%zz", "'%'");
	bad("nfs://h/a%00b", "%00");
	bad("nfs://h/x?version=5", "NFS version");
	bad("nfs://h/x?version=4.1", "NFS version");
	bad("nfs://h/x?version=", "NFS version");
	bad("nfs://h/x?sec=krb", "security flavour");
	bad("nfs://h/x?sec=krb5ip", "security flavour");
	bad("nfs://h/x?sec=", "security flavour");
	bad("nfs://h/x?xprtsec=ssl", "transport security");
	bad("nfs://h/x?uid=root", "uid");
	bad("nfs://h/x?gid=4294967296", "gid");
	bad("nfs://h/x?port=1", "'port'");
	bad("nfs://h/x?uid", "uid");
	test_ids();
	test_security();
	return t_end();
}
