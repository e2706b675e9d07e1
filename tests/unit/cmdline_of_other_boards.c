/* extlinux.conf, /etc/default/grub, armbianEnv.txt and boot.cmd: what is edited, what stays, what is
 * left as a comment. */
#include "img2nfs/cmdline.h"

#include "t.h"

#define NFSROOT "nfsroot=192.0.2.1:/srv/hall,vers=3,tcp rw ip=dhcp"
#define OURS "root=/dev/nfs " NFSROOT

static struct i2n_nfsroot root = { .nfsroot = (char *)"192.0.2.1:/srv/hall,vers=3,tcp",
				   .ip = (char *)"dhcp" };

static const struct {
	const char *path, *old, *want, *warning;	/* warning: part of one; NULL: none */
} files[] = {
	{ "extlinux/extlinux.conf",
	  "TIMEOUT 10\nLABEL one\n\tLINUX /Image\n\tappend root=/dev/mmcblk0p2 ro quiet\n"
	  "\tINITRD /initrd\n\nlabel two\n kernel /Image2\n  APPEND\tconsole=ttyS0  rootwait\n",
	  "TIMEOUT 10\nLABEL one\n\tLINUX /Image\n#\tappend root=/dev/mmcblk0p2 ro quiet\n"
	  "\tappend " OURS " rootwait quiet\n"
	  "\tINITRD /initrd\n\nlabel two\n kernel /Image2\n#  APPEND\tconsole=ttyS0  rootwait\n"
	  "  APPEND\tconsole=ttyS0 rootwait " OURS "\n", NULL },
	/* a label that boots with nothing, and one that boots nothing; no line end */
	{ "boot/extlinux/extlinux.conf",
	  "label a\nlinux /k\nlabel b\nlocalboot 1\nlabel c\nlinux /k\nappend",
	  "label a\nlinux /k\n\tAPPEND " OURS " rootwait\nlabel b\nlocalboot 1\n"
	  "label c\nlinux /k\n#append\nappend " OURS " rootwait", NULL },
	{ "boot/extlinux/extlinux.conf",
	  "## /boot/extlinux/extlinux.conf\n## managed by u-boot-update\nlabel l0\n\tlinux /v\n"
	  "\tappend " OURS " rootwait\n",
	  "## /boot/extlinux/extlinux.conf\n## managed by u-boot-update\nlabel l0\n\tlinux /v\n"
	  "\tappend " OURS " rootwait\n", "u-boot-update" },
	{ "etc/default/grub",
	  "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet ro splash\"\n"
	  "GRUB_CMDLINE_LINUX=''\n# GRUB_CMDLINE_LINUX=\"ro\"\n",
	  "GRUB_TIMEOUT=5\n#GRUB_CMDLINE_LINUX_DEFAULT=\"quiet ro splash\"\n"
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"\n#GRUB_CMDLINE_LINUX=''\n"
	  "GRUB_CMDLINE_LINUX='" OURS " rootwait'\n# GRUB_CMDLINE_LINUX=\"ro\"\n",
	  "update-grub" },
	{ "etc/default/grub", "GRUB_CMDLINE_LINUX=resize # x\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n",
	  "GRUB_CMDLINE_LINUX=resize # x\nGRUB_CMDLINE_LINUX_DEFAULT=quiet\n"
	  "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX " OURS " rootwait\"\n", "only a shell" },
	{ "etc/default/grub", "GRUB_CMDLINE_LINUX=ro",
	  "#GRUB_CMDLINE_LINUX=ro\nGRUB_CMDLINE_LINUX=\"" OURS " rootwait\"", "update-grub" },
	{ "etc/default/grub", "GRUB_CMDLINE_LINUX=\"`cat /x`\"\n",
	  "GRUB_CMDLINE_LINUX=\"`cat /x`\"\n"
	  "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX " OURS " rootwait\"\n", "only a shell" },
	{ "armbianEnv.txt",
	  "verbosity=1\nrootdev=UUID=9e0d\nrootfstype=ext4\nextraargs=cma=256M\noverlays=a b\n",
	  "verbosity=1\n#rootdev=UUID=9e0d\nrootdev=/dev/nfs\n#rootfstype=ext4\nrootfstype=nfs\n"
	  "#extraargs=cma=256M\nextraargs=cma=256M " NFSROOT "\noverlays=a b\n", NULL },
	{ "boot/armbianEnv.txt", "verbosity=1",
	  "verbosity=1\nrootdev=/dev/nfs\nrootfstype=nfs\nextraargs=" NFSROOT "\n", NULL },
	{ "boot.cmd",
	  "setenv bootargs console=ttyS0 root=/dev/mmcblk0p1 rootwait\n"
	  "load mmc 0 ${kernel_addr_r} zImage\nsetenv bootargs ${bootargs} resize\n",
	  "#setenv bootargs console=ttyS0 root=/dev/mmcblk0p1 rootwait\n"
	  "setenv bootargs console=ttyS0 " OURS " rootwait\n"
	  "load mmc 0 ${kernel_addr_r} zImage\n#setenv bootargs ${bootargs} resize\n"
	  "setenv bootargs ${bootargs}\n", "mkimage" },
	{ "boot.cmd", "setenv bootargs \"root=${rootdev} rootwait ro\"\n",
	  "setenv bootargs \"root=${rootdev} rootwait ro\"\n", "armbianEnv.txt" },
	{ "boot.cmd", "\tsetenv  bootargs \"console=tty1 ro\"  \n",
	  "#\tsetenv  bootargs \"console=tty1 ro\"  \n"
	  "\tsetenv  bootargs \"console=tty1 " OURS " rootwait\"  \n", "mkimage" },
	{ "boot.cmd", "setenv bootargs a; boot\n", "setenv bootargs a; boot\n", "only U-Boot" },
	{ "boot.cmd", "boot\n", "boot\n", "no 'setenv bootargs'" },
};

static void check_again(enum i2n_cmdline_format format, const struct i2n_cmdline_edit *first)
{
	struct i2n_cmdline_edit again;
	struct i2n_err err;

	T_EQ(i2n_cmdline_edit(format, first->text, first->len, &root, &again, &err), I2N_OK);
	T_STR(again.text, first->text);
	i2n_cmdline_release(&again);
}

static void check(size_t i)
{
	enum i2n_cmdline_format format =
		i2n_cmdline_format_of(files[i].path, strlen(files[i].path));
	struct i2n_cmdline_edit edit;
	struct i2n_err err;
	bool warned = false;

	T_EQ(i2n_cmdline_edit(format, files[i].old, strlen(files[i].old), &root, &edit, &err),
	     I2N_OK);
	T_STR(edit.text, files[i].want);
	for (unsigned k = 0; k < edit.n_changes; k++)
		if (edit.changes[k].kind == I2N_CHANGE_WARN)
			warned |= files[i].warning && strstr(edit.changes[k].why, files[i].warning);
	T_EQ(warned, files[i].warning != NULL);
	check_again(format, &edit);
	i2n_cmdline_release(&edit);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		check(i);
	T_EQ(i2n_cmdline_format_of("firmware/cmdline.txt", 20), I2N_CMDLINE_TXT);
	T_EQ(i2n_cmdline_format_of("xcmdline.txt", 12), I2N_CMDLINE_NONE);
	T_EQ(i2n_cmdline_format_of("", 0), I2N_CMDLINE_NONE);
	return t_end();
}
