#include "netboot_own.h"

#include <stdlib.h>
#include <string.h>

/* Whoever asked for the address got the name servers, too, and that was the kernel or the
 * initramfs, which write them down and do no more. Whoever writes /etc/resolv.conf is told to leave
 * the interface alone, so a script does it, before anything waits for the network. */

#define SCRIPT "etc/systemd/img2nfs-resolv"
#define MARK "# img2nfs: the name servers of the answer that this machine booted with"

static const char why[] = "nobody else writes the name servers down";

/* What is in the files of /run came from the network: nothing of it is executed. klibc's ipconfig
 * and the dhcpcd of newer initramfs quote, older ones do not. A server that is missing is
 * 0.0.0.0. */
static const char script[] =
	"#!/bin/sh\n"
	MARK "\n"
	"# usage: img2nfs-resolv [ROOT]\n"
	"to=${1-}/etc/resolv.conf\n"
	"mark='" MARK "'\n"
	"[ ! -L \"$to\" ] || exit 0\n"
	"if grep -q '^[[:space:]]*nameserver' \"$to\" 2>/dev/null; then\n"
	"\t[ \"$(head -n 1 \"$to\")\" = \"$mark\" ] || exit 0\n"
	"fi\n"
	"# the initramfs, else the kernel\n"
	"found=$(cat \"${1-}\"/run/net-*.conf 2>/dev/null | tr -d \"'\\\"\\r\" | sed -n \\\n"
	"\t-e '/^IPV4DNS[0-9]*=0\\.0\\.0\\.0$/d' \\\n"
	"\t-e 's/^IPV[46]DNS[0-9]*=\\([0-9a-fA-F:.][0-9a-fA-F:.]*\\)$/nameserver \\1/p' \\\n"
	"\t-e 's/^DNSDOMAIN=\\([0-9A-Za-z.-][0-9A-Za-z.-]*\\)$/search \\1/p')\n"
	"case $found in\n"
	"*nameserver*) ;;\n"
	"*) found=$(grep -E '^(nameserver|domain|search) ' \"${1-}/proc/net/pnp\" 2>/dev/null) ;;\n"
	"esac\n"
	"case $found in\n"
	"*nameserver*) ;;\n"
	"*) exit 0 ;;\n"
	"esac\n"
	"printf '%s\\n' \"$mark\" \"$found\" >\"$to.img2nfs\" && mv \"$to.img2nfs\" \"$to\"\n";

/* Early, so that also what mounts over the network before the rest has names; but after those that
 * may write the file themselves. */
static const char unit[] =
	"# img2nfs: made for --netboot\n"
	"[Unit]\n"
	"Description=Name servers of the answer that this machine booted with\n"
	"DefaultDependencies=no\n"
	"After=systemd-remount-fs.service NetworkManager.service dhcpcd.service\n"
	"Before=network-online.target shutdown.target\n"
	"Conflicts=shutdown.target\n"
	"ConditionPathIsReadWrite=/etc\n"
	"ConditionPathIsSymbolicLink=!/etc/resolv.conf\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"ExecStart=/bin/sh /" SCRIPT "\n"
	"\n"
	"[Install]\n"
	"WantedBy=multi-user.target\n";

/* resolved serves names from its own stub and takes servers from networkd and NetworkManager. */
static bool has_resolved(struct netboot *n)
{
	static const char *const wants[] = {
		"etc/systemd/system/sysinit.target.wants/systemd-resolved.service",
		"etc/systemd/system/multi-user.target.wants/systemd-resolved.service",
	};

	return i2n_edits_at(n->e, wants[0], false) || i2n_edits_at(n->e, wants[1], false);
}

/* Does it name a server, and not one that the script wrote? */
static bool names_server(struct i2n_text file)
{
	struct cmdline_span rest = netboot_all(file), line, word[1];
	const char *eol;

	while (cmdline_next_line(&rest, &line, &eol)) {
		if (line.line == 1 && netboot_is(line, MARK))
			return false;
		if (netboot_words(line, word, 1) && netboot_is(word[0], "nameserver"))
			return true;
	}
	return false;
}

int netboot_dns(struct netboot *n)
{
	const struct i2n_inode *in = i2n_edits_at(n->e, "etc/resolv.conf", false);
	struct i2n_text old = { NULL, 0 };
	bool is, has;
	int rc = I2N_OK;

	if (!netboot_has_systemd(n) || has_resolved(n))
		return I2N_OK;
	if (in && i2n_inode_type(in) != I2N_S_IFREG)
		return I2N_OK;
	if (in)
		rc = netboot_read(n, "etc/resolv.conf", &old, &is);
	if (rc != I2N_OK)
		return rc;
	has = names_server(old);
	free(old.bytes);
	if (has)
		return I2N_OK;
	rc = netboot_write(n, SCRIPT, why, script, strlen(script));
	return rc == I2N_OK ? netboot_add_unit(n, "img2nfs-resolv.service", unit, why) : rc;
}
