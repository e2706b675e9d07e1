/* The shipped lines of Raspberry Pi OS, and what people make of them, become the line that the
 * kernel and klibc's nfsmount both take. Wanted lines are written by hand from the documentation of
 * the kernel (nfsroot.rst) and of Raspberry Pi. */
#include "img2nfs/cmdline.h"

#include "t.h"

#define OURS "root=/dev/nfs nfsroot=192.0.2.1:/srv/kitchen,vers=3,tcp rw ip=dhcp"
#define PARTUUID "root=PARTUUID=4b5c6d7e-02"

static struct i2n_nfsroot root = { .nfsroot = (char *)"192.0.2.1:/srv/kitchen,vers=3,tcp",
				   .ip = (char *)"dhcp" };

static const struct {
	const char *old, *want;
} lines[] = {
	/* Bullseye and older */
	{ "console=serial0,115200 console=tty1 " PARTUUID " rootfstype=ext4 fsck.repair=yes "
	  "rootwait quiet init=/usr/lib/raspi-config/init_resize.sh sdhci.debug_quirks2=4\n",
	  "console=serial0,115200 console=tty1 " OURS " rootwait quiet\n" },
	/* Bookworm */
	{ "console=serial0,115200 console=tty1 " PARTUUID " rootfstype=ext4 fsck.repair=yes "
	  "rootwait quiet init=/usr/lib/raspberrypi-sys-mods/firstboot\n",
	  "console=serial0,115200 console=tty1 " OURS " rootwait quiet\n" },
	/* Trixie */
	{ "console=serial0,115200 console=tty1 " PARTUUID " rootfstype=ext4 fsck.repair=yes "
	  "rootwait resize\n",
	  "console=serial0,115200 console=tty1 " OURS " rootwait\n" },
	/* what the boot sequence does not need stays, in order */
	{ "cfg80211.ieee80211_regdom=DE " PARTUUID " ds=nocloud;i=rpios-image a b=c",
	  "cfg80211.ieee80211_regdom=DE " OURS " rootwait ds=nocloud;i=rpios-image a b=c" },
	/* one line, whatever it was */
	{ "console=tty1 \r\n" PARTUUID "\r\n\r\n", "console=tty1 " OURS " rootwait\n" },
	{ "# the old one\nconsole=tty1\n#" PARTUUID "\n", "console=tty1 " OURS " rootwait\n" },
	{ "", OURS " rootwait\n" },
	{ "\n", OURS " rootwait\n" },
	{ "\xef\xbb\xbf" "console=tty1\n", "console=tty1 " OURS " rootwait\n" },
	/* an older root over NFS, a read-only one, several */
	{ "root=/dev/nfs nfsroot=nas:/pi,vers=4 ip=on ro x",
	  "root=/dev/nfs nfsroot=192.0.2.1:/srv/kitchen,vers=3,tcp rw ip=dhcp rootwait x" },
	{ "root=/dev/sda1 root=/dev/sda2 rw rw rootwait=5",
	  "root=/dev/nfs nfsroot=192.0.2.1:/srv/kitchen,vers=3,tcp ip=dhcp rw rootwait=5" },
	/* quotes as next_arg(): in the name, in the value, with blanks */
	{ "\"root=LABEL=my disk\" foo=\"a b\" x=\"init=/usr/lib/raspberrypi-sys-mods/firstboot\"",
	  OURS " rootwait foo=\"a b\" x=\"init=/usr/lib/raspberrypi-sys-mods/firstboot\"" },
	{ "init=\"/usr/lib/raspberrypi-sys-mods/firstboot\" \"resize\"", OURS " rootwait" },
	{ "a=\"b\nc\" d", "a=\"b c\" d " OURS " rootwait" },
	/* names that only look like ours */
	{ "resize=1x noresume xroot=1 zip=2 roo", "noresume xroot=1 zip=2 roo " OURS " rootwait" },
	{ "init=/bin/sh boot=overlay boot=nfs", "init=/bin/sh boot=nfs " OURS " rootwait" },
	/* what follows -- is for init; what follows systemd.run is deleted by its script */
	{ "quiet -- root=5 ro", "quiet " OURS " rootwait -- root=5 ro" },
	{ "quiet systemd.run=/boot/setup.sh systemd.unit=kernel-command-line.target",
	  "quiet " OURS " rootwait systemd.run=/boot/setup.sh "
	  "systemd.unit=kernel-command-line.target" },
	/* but for Raspberry Pi's Imager (rpi-imager, src/imagewriter.cpp) */
	{ "quiet systemd.run=/boot/firstrun.sh systemd.run_success_action=reboot "
	  "systemd.unit=kernel-command-line.target\n", "quiet " OURS " rootwait\n" },
	{ "systemd.run=/boot/firmware/firstrun.sh " PARTUUID " systemd.unit=rescue.target",
	  OURS " rootwait systemd.unit=rescue.target" },
};

static void check(const char *old, const char *want)
{
	struct i2n_cmdline_edit edit, again;
	struct i2n_err err;

	T_EQ(i2n_cmdline_edit(I2N_CMDLINE_TXT, old, strlen(old), &root, &edit, &err), I2N_OK);
	T_STR(edit.text, want);
	T_EQ(edit.len, strlen(want));
	T_EQ(i2n_cmdline_edit(I2N_CMDLINE_TXT, edit.text, edit.len, &root, &again, &err), I2N_OK);
	T_STR(again.text, want);
	for (unsigned i = 0; i < again.n_changes; i++)
		T_EQ(again.changes[i].kind, I2N_CHANGE_WARN);
	i2n_cmdline_release(&edit);
	i2n_cmdline_release(&again);
}

/* Every change is told, with its line and in order. */
static void check_changes(void)
{
	static const struct i2n_change want[] = {
		{ I2N_CHANGE_OUT, 1, (char *)"root=/dev/sda2", NULL },
		{ I2N_CHANGE_IN, 1, (char *)"root=/dev/nfs", NULL },
		{ I2N_CHANGE_IN, 1, (char *)"nfsroot=192.0.2.1:/srv/kitchen,vers=3,tcp", NULL },
		{ I2N_CHANGE_IN, 1, (char *)"rw", NULL },
		{ I2N_CHANGE_IN, 1, (char *)"ip=dhcp", NULL },
		{ I2N_CHANGE_OUT, 2, (char *)"resize", NULL },
		{ I2N_CHANGE_WARN, 3, (char *)"resume=/dev/sda3", NULL },
	};
	static const char old[] = "console=tty1 root=/dev/sda2\nrootwait resize\nresume=/dev/sda3";
	struct i2n_cmdline_edit edit;
	struct i2n_err err;

	T_EQ(i2n_cmdline_edit(I2N_CMDLINE_TXT, old, strlen(old), &root, &edit, &err), I2N_OK);
	T_EQ(edit.n_changes, sizeof(want) / sizeof(want[0]));
	for (unsigned i = 0; i < edit.n_changes && i < sizeof(want) / sizeof(want[0]); i++) {
		T_EQ(edit.changes[i].kind, want[i].kind);
		T_EQ(edit.changes[i].line, want[i].line);
		T_STR(edit.changes[i].token, want[i].token);
		T_OK(edit.changes[i].why[0]);
	}
	i2n_cmdline_release(&edit);
}

static void check_limits(void)
{
	static const char nul[] = "console=tty1\0root=/dev/sda2";
	char *big = malloc(I2N_CMDLINE_MAX + 1);
	struct i2n_cmdline_edit edit;
	struct i2n_err err;

	T_EQ(i2n_cmdline_edit(I2N_CMDLINE_TXT, nul, sizeof(nul) - 1, &root, &edit, &err), I2N_OK);
	T_STR(edit.text, "console=tty1 " OURS " rootwait");
	T_EQ(edit.changes[0].kind, I2N_CHANGE_OUT);
	i2n_cmdline_release(&edit);
	memset(big, '"', I2N_CMDLINE_MAX + 1);
	T_EQ(i2n_cmdline_edit(I2N_CMDLINE_TXT, big, I2N_CMDLINE_MAX, &root, &edit, &err), I2N_OK);
	i2n_cmdline_release(&edit);
	T_EQ(i2n_cmdline_edit(I2N_CMDLINE_TXT, big, I2N_CMDLINE_MAX + 1, &root, &edit, &err),
	     I2N_BADNODE);
	i2n_cmdline_release(&edit);
	free(big);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		check(lines[i].old, lines[i].want);
	check_changes();
	check_limits();
	return t_end();
}
