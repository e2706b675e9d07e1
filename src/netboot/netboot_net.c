#include "netboot_own.h"

#include <stdlib.h>
#include <string.h>

/* The interface was configured by the kernel or the initramfs. Whoever takes its address away, for
 * a moment or at shutdown, takes the root away. */

static const char why[] = "the root is behind this interface";

/* NetworkManager.conf(5). It takes an interface that is configured for somebody else's
 * (raspberrypi/bookworm-feedback issue 94); what it must not do is to give it up when the switch is
 * restarted. */
static int edit_manager(struct netboot *n)
{
	static const char text[] =
		"# img2nfs: the root is behind the wired interface\n"
		"[main]\n"
		"ignore-carrier=interface-name:eth*,interface-name:en*\n"
		"\n"
		"[device-img2nfs]\n"
		"match-device=interface-name:eth*,interface-name:en*\n"
		"keep-configuration=yes\n";

	if (!netboot_has(n, "etc/NetworkManager/NetworkManager.conf"))
		return I2N_OK;
	return netboot_write(n, "etc/NetworkManager/conf.d/90-img2nfs.conf", why, text,
			     strlen(text));
}

static bool has_line(struct i2n_text text, const char *word)
{
	struct cmdline_span rest = netboot_all(text), line, words[1];
	const char *eol;

	while (cmdline_next_line(&rest, &line, &eol)) {
		unsigned k = netboot_words(line, words, 1);

		if (k && (netboot_is(words[0], "interface") || netboot_is(words[0], "ssid")))
			break;		/* from here on it is for one interface */
		if (k && netboot_is(words[0], word))
			return true;
	}
	return false;
}

/* dhcpcd.conf(5): nolink, no answer to a lost carrier; persistent, the address stays when dhcpcd
 * ends. What is for all interfaces comes before the first block of one. */
static int edit_dhcpcd(struct netboot *n)
{
	struct i2n_text old;
	struct text new = { 0 };
	bool is;
	int rc = netboot_read(n, "etc/dhcpcd.conf", &old, &is);

	if (rc != I2N_OK || !is)
		return rc;
	if (!has_line(old, "nolink"))
		text_addf(&new, "# img2nfs: %s\nnolink\n", why);
	if (!has_line(old, "persistent"))
		text_addf(&new, "# img2nfs: %s\npersistent\n", why);
	text_put(&new, old.bytes, old.len);
	free(old.bytes);
	return netboot_write_text(n, "etc/dhcpcd.conf", why, &new);
}

/* The kernel's and udev's names of Ethernet: eth0, end0, enp2s0, enx... */
static bool is_wired(struct cmdline_span name)
{
	return netboot_begins(name, "eth") || netboot_begins(name, "en");
}

/* "auto NAME..." and "allow-hotplug NAME...": ifup at boot, and ifdown at shutdown. */
static bool brings_up(struct cmdline_span line, struct cmdline_span w[2])
{
	return netboot_words(line, w, 2) == 2 &&
	       (netboot_is(w[0], "auto") || netboot_is(w[0], "allow-auto") ||
		netboot_is(w[0], "allow-hotplug"));
}

/* Puts the names that are not wired, each with a blank before it. The number of those that are. */
static unsigned put_others(struct text *out, struct cmdline_span names)
{
	struct cmdline_span w;
	unsigned wired = 0;

	for (; netboot_words(names, &w, 1); names.p = w.end) {
		struct cmdline_span bare = w;

		bare.p += *w.p == '/';	/* a pattern */
		if (is_wired(bare)) {
			wired++;
		} else {
			text_add(out, " ");
			text_put(out, w.p, (size_t)(w.end - w.p));
		}
	}
	return wired;
}

/* A line that brings up a wired interface becomes a comment, and one for the others on it. */
static void edit_line(struct text *out, struct cmdline_span line, const char *eol)
{
	struct cmdline_span w[2];
	struct text others = { 0 };
	bool is = brings_up(line, w) &&
		  put_others(&others, (struct cmdline_span){ w[1].p, line.end, line.line });

	if (is)
		text_addf(out, "# img2nfs: %s%s#", why, eol[0] ? eol : "\n");
	text_put(out, line.p, (size_t)(line.end - line.p));
	if (is && others.len) {
		text_add(out, eol[0] ? eol : "\n");
		text_put(out, line.p, (size_t)(w[0].end - line.p));
		text_put(out, others.p, others.len);
	}
	text_add(out, eol);
	out->failed |= others.failed;
	text_release(&others);
}

/* interfaces(5). It is not enough to call the interface "manual": ifdown sets that down, too, and
 * then a machine with Debian 12 never gets to the end of its shutdown (seen in tests/boot). */
static int edit_interfaces(struct netboot *n, const char *path)
{
	struct cmdline_span rest, line;
	struct text new = { 0 };
	struct i2n_text old;
	const char *eol;
	bool is;
	int rc = netboot_read(n, path, &old, &is);

	if (rc != I2N_OK || !is)
		return rc;
	rest = netboot_all(old);
	while (cmdline_next_line(&rest, &line, &eol))
		edit_line(&new, line, eol);
	free(old.bytes);
	return netboot_write_text(n, path, why, &new);
}

/* systemd.network(5): neither the end of networkd nor that of the lease takes the address. The
 * whole of a file's section may be for another interface, to which it does no harm. */
static int edit_network_file(struct netboot *n, const char *path)
{
	static const char text[] = "# img2nfs: the root may be behind this interface\n"
				   "[Network]\nKeepConfiguration=yes\n";
	static const char end[] = ".network";
	size_t len = strlen(path);
	struct text to = { 0 };
	int rc;

	if (len < strlen(end) || strcmp(path + len - strlen(end), end))
		return I2N_OK;
	text_addf(&to, "%s.d/90-img2nfs.conf", path);
	rc = text_check(&to, n->err);
	if (rc == I2N_OK)
		rc = netboot_write(n, to.p, why, text, strlen(text));
	text_release(&to);
	return rc;
}

int netboot_network(struct netboot *n)
{
	int rc = edit_manager(n);

	if (rc == I2N_OK)
		rc = edit_dhcpcd(n);
	if (rc == I2N_OK)
		rc = edit_interfaces(n, "etc/network/interfaces");
	if (rc == I2N_OK)
		rc = netboot_each_file(n, "etc/network/interfaces.d", edit_interfaces);
	if (rc == I2N_OK)
		rc = netboot_each_file(n, "etc/systemd/network", edit_network_file);
	return rc;
}
