#include "img2nfs/name.h"

#include "cmdline_own.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

/* The value of nfsroot=: "[IPv4:]path[,options]", read by the kernel (fs/nfs/nfsroot.c) or, where
 * there is an initramfs of Debian, by scripts/nfs and klibc's nfsmount. */

/* Options that both take. klibc ends with an error at any other. */
static const struct option {
	const char *name;
	bool number;			/* "name=N" */
	bool fatal;			/* taken, and the board does not come up */
	const char *what, *remedy;	/* NULL: nothing wrong with it */
} options[] = {
	{ "tcp", false, false, NULL, NULL },
	{ "udp", false, false, "kernels are built without NFS over UDP since 5.6", "write tcp" },
	{ "nolock", false, false, NULL, NULL },
	{ "lock", false, false, "no rpc.statd runs before the root is there", "write nolock" },
	{ "hard", false, false, NULL, NULL },
	{ "soft", false, false, "programs see I/O errors when the server pauses", "write hard" },
	{ "intr", false, false, NULL, NULL },
	{ "nointr", false, false, NULL, NULL },
	{ "posix", false, false, NULL, NULL },
	{ "noposix", false, false, NULL, NULL },
	{ "cto", false, false, NULL, NULL },
	{ "nocto", false, false, NULL, NULL },
	{ "ac", false, false, NULL, NULL },
	{ "noac", false, false, NULL, NULL },
	{ "acl", false, false, NULL, NULL },
	{ "noacl", false, false, NULL, NULL },
	{ "v3", false, false, NULL, NULL },
	{ "v2", false, true, "servers have given NFSv2 up", "write vers=3" },
	{ "rw", false, false, NULL, NULL },
	{ "ro", false, true, "mounts the root read-only, whatever rw says", "" },
	{ "broken_suid", false, true, "the kernel has no such option any more", "" },
	{ "port", true, false, NULL, NULL },
	{ "rsize", true, false, NULL, NULL },
	{ "wsize", true, false, NULL, NULL },
	{ "timeo", true, false, NULL, NULL },
	{ "retrans", true, false, NULL, NULL },
	{ "acregmin", true, false, NULL, NULL },
	{ "acregmax", true, false, NULL, NULL },
	{ "acdirmin", true, false, NULL, NULL },
	{ "acdirmax", true, false, NULL, NULL },
};

static bool is(const char *p, size_t len, const char *s)
{
	return strlen(s) == len && !memcmp(p, s, len);
}

struct check {
	nfsroot_fault_fn *fn;
	void *ctx;
	bool has_version;
};

static void found(const struct check *c, bool fatal, const char *part, size_t len,
		  const char *what, const char *remedy)
{
	const struct nfsroot_fault fault = { fatal, part, len, what, remedy };

	c->fn(c->ctx, &fault);
}

static bool is_number(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return len != 0;
}

/* vers=, nfsvers= and v4: false if it is none of them. */
static bool check_version(struct check *c, const char *p, size_t len, size_t name)
{
	bool vers = name < len && (is(p, name, "vers") || is(p, name, "nfsvers"));

	c->has_version |= vers || (len == 2 && p[0] == 'v');
	if (len >= 2 && p[0] == 'v' && p[1] == '4') {
		found(c, true, p, len, "klibc's nfsmount in the initramfs only knows NFSv3",
		      "write vers=3");
		return true;
	}
	if (!vers)
		return false;
	if (!is(p + name + 1, len - name - 1, "3"))
		found(c, true, p, len,
		      len > name + 1 && p[name + 1] == '2' ?
			      "servers have given NFSv2 up" :
			      "klibc's nfsmount in the initramfs only knows NFSv3",
		      "write vers=3");
	return true;
}

static void check_option(struct check *c, const char *p, size_t len)
{
	const char *eq = memchr(p, '=', len);
	size_t name = eq ? (size_t)(eq - p) : len;

	if (!len || check_version(c, p, len, name))
		return;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const struct option *o = &options[i];

		if (!is(p, name, o->name) || o->number != !!eq)
			continue;
		if (o->what)
			found(c, o->fatal, p, len, o->what, o->remedy);
		else if (eq && !is_number(eq + 1, len - name - 1))
			found(c, true, p, len, "klibc's nfsmount wants a number without suffix",
			      "write it in full");
		return;
	}
	found(c, true, p, len, "klibc's nfsmount in the initramfs gives up at an option that it "
	      "does not know", is(p, name, "proto") ? "write tcp alone" : "leave it out");
}

/* Four numbers with dots, as the kernel and inet_aton() both take them. */
static bool parse_ipv4(const char *p, size_t len, struct in_addr *ret)
{
	char text[INET_ADDRSTRLEN];

	if (len >= sizeof(text))
		return false;
	memcpy(text, p, len);
	text[len] = '\0';
	return inet_pton(AF_INET, text, ret) == 1;
}

const char *nfsroot_ip_fault(const char *value, size_t len, struct cmdline_span *ret)
{
	/* client, server, gateway, netmask; two name servers; a server of time */
	static const char addresses[] = { 1, 1, 1, 1, 0, 0, 0, 1, 1, 1 };
	static const char *const how[] = { "off", "none", "on", "any", "dhcp", "bootp", "rarp",
					   "both" };
	const char *p = value, *end = value + len, *colon;
	struct in_addr a;
	bool known = false;

	for (unsigned i = 0; i < sizeof(addresses); i++, p = colon + 1) {
		colon = memchr(p, ':', (size_t)(end - p));
		*ret = (struct cmdline_span){ p, colon ? colon : end, 1 };
		len = (size_t)(ret->end - p);
		if (len && addresses[i] && !parse_ipv4(p, len, &a))
			return i == 3 ? "is no netmask as 255.255.255.0" : "is no IPv4 address";
		for (size_t k = 0; k < sizeof(how) / sizeof(how[0]); k++)
			known |= is(p, len, how[k]);
		if (len && i == 6 && !known)
			return "is none of the ways to get an address";
		known = false;
		if (!colon)
			return NULL;
	}
	*ret = (struct cmdline_span){ p, end, 1 };
	return "is one field too many";
}

static bool is_loopback(struct in_addr a)
{
	return ntohl(a.s_addr) >> 24 == 127;
}

static const char own_address[] = "is the board itself, not the server";

static void check_server(const struct check *c, const char *p, size_t len)
{
	struct in_addr a;

	if (memchr(p, ':', len) || (len && *p == '['))
		found(c, true, p, len, "is an IPv6 address; nfsroot= takes IPv4 only",
		      "write the server's IPv4 address");
	else if (!parse_ipv4(p, len, &a))
		found(c, true, p, len,
		      "is no IPv4 address, and names are not resolved at this point of the boot",
		      "write the server's IPv4 address");
	else if (is_loopback(a))
		found(c, true, p, len, own_address, "write its address in the network");
	else if (!a.s_addr)
		found(c, true, p, len, "is no address of a server",
		      "write its address in the network");
}

/* The first byte of a path that cannot be said, or NULL. A comma ends the path, blanks end the
 * token, the kernel puts something in place of %s, a quote is one for the kernel but not for the
 * initramfs, and the rest means something to the shells of U-Boot, GRUB and the initramfs. */
static const char *bad_byte(const char *p, size_t len)
{
	for (; len; p++, len--)
		if (*p <= ' ' || *p > '~' || strchr(",%\"'\\$`;&|<>()*?[]{}", *p))
			return p;
	return NULL;
}

static void check_path(const struct check *c, const char *p, size_t len)
{
	const char *bad = bad_byte(p, len);

	if (!len || *p != '/')
		found(c, true, p, len, "is no path from the root of the server",
		      "write nfsroot=ADDRESS:/path");
	else if (bad && *bad == '%')
		found(c, false, bad, 1, "the kernel replaces %s by the board's name, the initramfs "
		      "does not", "write the path in full");
	else if (bad)
		found(c, true, bad, 1, "does not pass through the boot as it is",
		      "rename the directory on the server");
}

/* Where the server's part ends: the colon in front of the path. An IPv6 address has some before. */
static const char *end_of_server(const char *p, size_t len)
{
	const char *slash = memchr(p, '/', len), *end = slash ? slash : p + len;

	while (end > p && end[-1] != ':')
		end--;
	return end > p ? end - 1 : NULL;
}

void nfsroot_check(const char *value, size_t len, nfsroot_fault_fn *fn, void *ctx)
{
	struct check c = { .fn = fn, .ctx = ctx };
	const char *comma = memchr(value, ',', len), *end = value + len, *colon;
	size_t main_len = comma ? (size_t)(comma - value) : len;

	colon = end_of_server(value, main_len);
	if (!main_len || is(value, main_len, "auto")) {
		found(&c, false, value, main_len, "leaves server and path to the DHCP server",
		      "write nfsroot=ADDRESS:/path");
	} else if (colon) {
		check_server(&c, value, (size_t)(colon - value));
		check_path(&c, colon + 1, main_len - (size_t)(colon + 1 - value));
	} else {
		check_path(&c, value, main_len);
		if (*value == '/')
			found(&c, false, value, main_len, "leaves the server to the DHCP server",
			      "write nfsroot=ADDRESS:/path");
	}
	for (const char *p = comma; p && p < end; p = comma) {
		p++;
		comma = memchr(p, ',', (size_t)(end - p));
		check_option(&c, p, (size_t)((comma ? comma : end) - p));
	}
	if (!c.has_version)
		found(&c, false, value, len, "without a version some kernels ask for NFSv2",
		      "append ,vers=3");
}

static int fail(struct i2n_err *err, const char *hint, const char *what, const char *p, size_t len,
		const char *why)
{
	char q[256];

	(void)i2n_fail(err, I2N_FATAL, I2N_DOM_USAGE, 0, "%s: %s %s", what,
		       i2n_quote(q, sizeof(q), p, len), why);
	if (*hint)
		i2n_err_hint(err, "%s", hint);
	return I2N_FATAL;
}

/* The first fault that a board would not survive; others are told as warnings. */
struct judge {
	const struct i2n_notes *notes;
	struct i2n_err *err;
	int rc;
};

static void on_fault(void *ctx, const struct nfsroot_fault *f)
{
	struct judge *j = ctx;
	char q[256];

	/* the user may have a reason, as where server and board share a machine */
	if (f->fatal && f->what != own_address) {
		if (!j->rc)
			j->rc = fail(j->err, f->remedy, "option '--nfsroot'", f->part, f->part_len,
				     f->what);
		return;
	}
	i2n_note(j->notes, I2N_NOTE_WARN, "nfsroot", NULL, 0, "option '--nfsroot': %s %s",
		 i2n_quote(q, sizeof(q), f->part, f->part_len), f->what);
}

static int set_copy(char **ret, const char *s, struct i2n_err *err)
{
	*ret = strdup(s);
	return *ret ? I2N_OK : i2n_err_nomem(err);
}

static int given(const char *value, const struct i2n_notes *notes, struct i2n_nfsroot *ret,
		 struct i2n_err *err)
{
	struct judge j = { notes, err, I2N_OK };
	const char *bad = value;

	while (*bad && (*bad > ' ' && *bad <= '~' && *bad != '"'))
		bad++;
	if (*bad)
		return fail(err, "", "option '--nfsroot'", bad, 1,
			    "cannot be in a command line of the kernel");
	nfsroot_check(value, strlen(value), on_fault, &j);
	return j.rc ? j.rc : set_copy(&ret->nfsroot, value, err);
}

static int fail_address(const char *host, int code, struct i2n_err *err)
{
	const struct addrinfo hints = { .ai_family = AF_INET6, .ai_socktype = SOCK_STREAM };
	struct addrinfo *v6 = NULL;
	char q[256];

	i2n_quote(q, sizeof(q), host, strlen(host));
	if (!getaddrinfo(host, NULL, &hints, &v6)) {
		freeaddrinfo(v6);
		(void)i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
			       "cannot tell the board the address of %s: it has only IPv6 "
			       "addresses, and a board mounts its root by IPv4", q);
	} else {
		(void)i2n_fail(err, I2N_FATAL, I2N_DOM_DEST, 0,
			       "cannot tell the board the address of %s: %s", q,
			       gai_strerror(code));
	}
	i2n_err_hint(err, "give the server an IPv4 address, or say --nfsroot=ADDRESS:/path,vers=3,"
		     "tcp");
	return I2N_FATAL;
}

static int resolve(const char *host, struct in_addr *ret, struct i2n_err *err)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int code = getaddrinfo(host, NULL, &hints, &list);

	if (code)
		return fail_address(host, code, err);
	*ret = ((const struct sockaddr_in *)(const void *)list->ai_addr)->sin_addr;
	freeaddrinfo(list);
	return I2N_OK;
}

static void warn_loopback(const char *host, const char *text, const struct i2n_notes *notes)
{
	char q[256];

	i2n_note(notes, I2N_NOTE_WARN, "nfsroot", NULL, 0,
		 "%s is %s, which a board cannot reach: say --nfsroot=ADDRESS:/path,vers=3,tcp "
		 "with the server's address in the network",
		 i2n_quote(q, sizeof(q), host, strlen(host)), text);
}

static int from_url(const struct i2n_nfsroot_want *want, const struct i2n_notes *notes,
		    struct i2n_nfsroot *ret, struct i2n_err *err)
{
	const char *bad = bad_byte(want->path, strlen(want->path));
	char address[INET_ADDRSTRLEN];
	struct text t = { 0 };
	struct in_addr a;

	if (bad) {
		(void)fail(err, "rename the directory on the server", "the path of the destination",
			   bad, 1, "cannot be in a command line of the kernel");
		return I2N_FATAL;
	}
	if (resolve(want->host, &a, err))
		return I2N_FATAL;
	if (!inet_ntop(AF_INET, &a, address, sizeof(address)))
		return i2n_err_nomem(err);
	if (is_loopback(a))
		warn_loopback(want->host, address, notes);
	if (want->mountport)
		i2n_note(notes, I2N_NOTE_WARN, "nfsroot", NULL, 0,
			 "a board asks the server's portmapper for the MOUNT service; mountport "
			 "of the URL cannot be told to it");
	text_addf(&t, "%s:%s,vers=3,tcp", address, want->path);
	if (want->port && want->port != 2049)
		text_addf(&t, ",port=%u", want->port);
	ret->nfsroot = t.p;
	return text_check(&t, err);
}

static int check_ip(const char *ip, struct i2n_err *err)
{
	static const char form[] = "ip=dhcp, or ip=<client>:<server>:<gateway>:<netmask>:<host>:"
				   "<device>:<autoconf>";
	const char *bad = ip, *what;
	struct cmdline_span part;

	while (*bad && *bad > ' ' && *bad <= '~' && !strchr("\"'\\$`;&|<>()*?[]{}#", *bad))
		bad++;
	if (*bad || !*ip)
		return fail(err, form, "option '--ip'", ip, strlen(ip),
			    "cannot be the value of ip=");
	what = strchr(ip, ':') ? nfsroot_ip_fault(ip, strlen(ip), &part) : NULL;
	if (what)
		return fail(err, form, "option '--ip'", part.p, (size_t)(part.end - part.p), what);
	return I2N_OK;
}

int i2n_nfsroot_make(const struct i2n_nfsroot_want *want, const struct i2n_notes *notes,
		     struct i2n_nfsroot *ret, struct i2n_err *err)
{
	const char *ip = want->ip ? want->ip : "dhcp";

	*ret = (struct i2n_nfsroot){ 0 };
	if (check_ip(ip, err) || set_copy(&ret->ip, ip, err))
		return I2N_FATAL;
	return want->nfsroot ? given(want->nfsroot, notes, ret, err) :
			       from_url(want, notes, ret, err);
}

void i2n_nfsroot_release(struct i2n_nfsroot *root)
{
	free(root->nfsroot);
	free(root->ip);
	*root = (struct i2n_nfsroot){ 0 };
}
