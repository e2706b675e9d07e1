/* What of a URL a board can be told, and what is refused before it hangs. */
#include "img2nfs/cmdline.h"

#include "t.h"

static char noted[1024];

static void on_note(void *ctx, const struct i2n_note *note)
{
	(void)ctx;
	snprintf(noted + strlen(noted), sizeof(noted) - strlen(noted), "%s\n", note->text);
}

static const struct {
	struct i2n_nfsroot_want want;
	const char *nfsroot, *ip, *note;
} good[] = {
	{ { .host = "192.0.2.7", .path = "/srv/pi" }, "192.0.2.7:/srv/pi,vers=3,tcp", "dhcp", "" },
	{ { .host = "192.0.2.7", .path = "/a", .port = 2049, .ip = "10.0.0.2::10.0.0.1:255.0.0.0" },
	  "192.0.2.7:/a,vers=3,tcp", "10.0.0.2::10.0.0.1:255.0.0.0", "" },
	{ { .host = "192.0.2.7", .path = "/a", .port = 20490, .mountport = 7 },
	  "192.0.2.7:/a,vers=3,tcp,port=20490", "dhcp", "mountport" },
	{ { .host = "127.0.0.1", .path = "/a" }, "127.0.0.1:/a,vers=3,tcp", "dhcp", "--nfsroot=" },
	{ { .host = "localhost", .path = "/" }, "127.0.0.1:/,vers=3,tcp", "dhcp", "--nfsroot=" },
	{ { .host = "::1", .path = "/a b", .nfsroot = "10.0.2.2:/x,v3" }, "10.0.2.2:/x,v3", "dhcp",
	  "" },
	{ { .host = "nas", .path = "/a", .nfsroot = "/x" }, "/x", "dhcp", "DHCP" },
};

static const struct {
	struct i2n_nfsroot_want want;
	const char *msg, *hint;
} bad[] = {
	{ { .host = "::1", .path = "/a" }, "only IPv6", "--nfsroot=" },
	{ { .host = "name.invalid", .path = "/a" }, "'name.invalid'", "--nfsroot=" },
	{ { .host = "192.0.2.7", .path = "/a b" }, "' '", "rename" },
	{ { .host = "192.0.2.7", .path = "/a,b" }, "','", "rename" },
	{ { .host = "192.0.2.7", .path = "/k\xc3\xbc" }, "'\\xc3'", "rename" },
	{ { .host = "192.0.2.7", .path = "/%s" }, "'%'", "rename" },
	{ { .host = "192.0.2.7", .path = "/a\"" }, "'\"'", "rename" },
	{ { .host = "h", .path = "/", .nfsroot = "10.0.0.1:/x,vers=4" }, "'vers=4'", "vers=3" },
	{ { .host = "h", .path = "/", .nfsroot = "10.0.0.1:/x,v4.1" }, "'v4.1'", "vers=3" },
	{ { .host = "h", .path = "/", .nfsroot = "10.0.0.1:/x,proto=tcp" }, "'proto=tcp'", "tcp" },
	{ { .host = "h", .path = "/", .nfsroot = "10.0.0.1:/x,noatime" }, "'noatime'", "leave" },
	{ { .host = "h", .path = "/", .nfsroot = "10.0.0.1:/x,rsize=32k" }, "'rsize=32k'",
	  "in full" },
	{ { .host = "h", .path = "/", .nfsroot = "nas:/x,vers=3" }, "'nas'", "IPv4" },
	{ { .host = "h", .path = "/", .nfsroot = "[fe80::1]:/x" }, "IPv6", "IPv4" },
	{ { .host = "h", .path = "/", .nfsroot = "10.0.0.1:x" }, "'x'", "" },
	{ { .host = "h", .path = "/", .nfsroot = "10.0.0.1:/x rw" }, "' '", "" },
	{ { .host = "192.0.2.7", .path = "/a", .ip = "dhcp rw" }, "'--ip'", "ip=dhcp" },
	{ { .host = "192.0.2.7", .path = "/a", .ip = "" }, "'--ip'", "ip=dhcp" },
	{ { .host = "192.0.2.7", .path = "/a", .ip = "10.0.0.3:::24" }, "'24' is no netmask",
	  "ip=dhcp" },
};

int main(void)
{
	const struct i2n_notes notes = { on_note, NULL };
	struct i2n_nfsroot root;
	struct i2n_err err;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		noted[0] = '\0';
		T_EQ(i2n_nfsroot_make(&good[i].want, &notes, &root, &err), I2N_OK);
		T_STR(root.nfsroot, good[i].nfsroot);
		T_STR(root.ip, good[i].ip);
		T_HAS(noted, good[i].note);
		T_EQ(!!noted[0], !!good[i].note[0]);
		i2n_nfsroot_release(&root);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct i2n_err){ 0 };
		T_EQ(i2n_nfsroot_make(&bad[i].want, &notes, &root, &err), I2N_FATAL);
		T_HAS(err.msg, bad[i].msg);
		T_HAS(err.hint, bad[i].hint);
		i2n_nfsroot_release(&root);
	}
	return t_end();
}
