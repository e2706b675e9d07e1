/* /etc/fstab is edited by field and mount point; expected values are written by hand after fstab(5)
 * and the rules of netboot.h. What was edited is not edited again. */
#include "img2nfs/netboot.h"

#include "t.h"

#define ROOT_OUT "# img2nfs: the root is mounted over NFS before this file is read\n#"
#define BOOT_OUT "# img2nfs: this machine has no boot partition\n#"
#define BOOT_NFS "# img2nfs: the boot files are at the server\n#"
#define SWAP_OUT "# img2nfs: there is no disk to swap to\n#"
#define SAME_OUT "# img2nfs: this is on the disk that the root was on\n#"
#define MAY_FAIL "# img2nfs: this disk may be missing\n#"

static const struct fstab_case {
	const char *boot, *opts, *before, *after;
} cases[] = {
	{ NULL, NULL, "", "" },
	{ NULL, NULL, "\n\n# only this\n", "\n\n# only this\n" },
	/* the root, however it is written; an NFS root, too (systemd issue 3590) */
	{ NULL, NULL, "/dev/mmcblk0p2 / ext4 defaults 0 1\n",
	  ROOT_OUT "/dev/mmcblk0p2 / ext4 defaults 0 1\n" },
	{ NULL, NULL, "\t/dev/sda1\t//\text4\n", ROOT_OUT "\t/dev/sda1\t//\text4\n" },
	{ NULL, NULL, "UUID=1 \\057 ext4", ROOT_OUT "UUID=1 \\057 ext4" },
	{ NULL, NULL, "/dev/nfs / nfs rw 0 0\n", ROOT_OUT "/dev/nfs / nfs rw 0 0\n" },
	/* root= and / elsewhere in a line mean nothing */
	{ NULL, NULL, "tmpfs /tmp tmpfs x=/ 0 0 # / ext4\n", "tmpfs /tmp tmpfs x=/ 0 0 # / ext4\n" },
	/* swap */
	{ NULL, NULL, "UUID=2 none swap sw 0 0\n/var/swap none swap sw 0 0\n",
	  SWAP_OUT "UUID=2 none swap sw 0 0\n" SWAP_OUT "/var/swap none swap sw 0 0\n" },
	{ NULL, NULL, "/dev/zram0 none swap sw 0 0\n", "/dev/zram0 none swap sw 0 0\n" },
	/* the boot partition */
	{ NULL, NULL, "LABEL=boot /boot/ vfat defaults 0 2\n",
	  BOOT_OUT "LABEL=boot /boot/ vfat defaults 0 2\n" },
	{ "10.0.0.1:/tftp/9ffe", NULL, "PARTUUID=a-01  /boot/firmware  vfat  defaults 0 2\n",
	  BOOT_NFS "PARTUUID=a-01  /boot/firmware  vfat  defaults 0 2\n"
	  "10.0.0.1:/tftp/9ffe\t/boot/firmware\tnfs\tdefaults,vers=3,tcp,nolock,nofail\t0\t0\n" },
	{ "10.0.0.1:/a b", "port=2050,mountport=2051", "/dev/mmcblk0p1 /boot vfat",
	  BOOT_NFS "/dev/mmcblk0p1 /boot vfat\n10.0.0.1:/a\\040b\t/boot\tnfs\t"
	  "defaults,vers=3,tcp,nolock,nofail,port=2050,mountport=2051\t0\t0" },
	{ "10.0.0.1:/tftp", NULL, "UUID=3 /boot/efi vfat umask=0077 0 1\nUUID=4 /boot ext2 ro 0 2\n",
	  BOOT_OUT "UUID=3 /boot/efi vfat umask=0077 0 1\n" BOOT_OUT "UUID=4 /boot ext2 ro 0 2\n" },
	{ "10.0.0.1:/tftp", NULL, "10.0.0.1:/tftp /boot nfs defaults 0 0\n",
	  "10.0.0.1:/tftp /boot nfs defaults 0 0\n" },
	/* the same disk is gone with the root; another one may be there */
	{ NULL, NULL,
	  "PARTUUID=4c4e106f-02 / ext4\nPARTUUID=4c4e106f-03 /data ext4 defaults 0 2\n"
	  "PARTUUID=4c4e106e-03 /other ext4 defaults 0 2\n",
	  ROOT_OUT "PARTUUID=4c4e106f-02 / ext4\n" SAME_OUT "PARTUUID=4c4e106f-03 /data ext4 "
	  "defaults 0 2\n" MAY_FAIL "PARTUUID=4c4e106e-03 /other ext4 defaults 0 2\n"
	  "PARTUUID=4c4e106e-03 /other ext4 defaults,nofail 0 2\n" },
	{ NULL, NULL, "/dev/mmcblk0p3 /data ext4 ro\n/dev/mmcblk0p2 / ext4\n/dev/sda3 /x ext4 ro 0 2\n",
	  SAME_OUT "/dev/mmcblk0p3 /data ext4 ro\n" ROOT_OUT "/dev/mmcblk0p2 / ext4\n" MAY_FAIL
	  "/dev/sda3 /x ext4 ro 0 2\n/dev/sda3 /x ext4 ro,nofail 0 2\n" },
	{ NULL, NULL, "/dev/sda2 /x\text4", MAY_FAIL "/dev/sda2 /x\text4\n"
	  "/dev/sda2 /x\text4\tdefaults,nofail" },
	/* nothing waits for these */
	{ NULL, NULL, "/dev/sr0 /cd iso9660 user,noauto 0 0\nLABEL=x /x ext4 nofail,ro 0 0\n",
	  "/dev/sr0 /cd iso9660 user,noauto 0 0\nLABEL=x /x ext4 nofail,ro 0 0\n" },
	{ NULL, NULL, "LABEL=x /x ext4 nofailure 0 0\n",
	  MAY_FAIL "LABEL=x /x ext4 nofailure 0 0\nLABEL=x /x ext4 nofailure,nofail 0 0\n" },
	/* what is none of our business, and what is no line of fstab at all */
	{ NULL, NULL, "proc /proc proc defaults 0 0\nnas:/home /home nfs defaults\n//nas/s /s cifs x\n",
	  "proc /proc proc defaults 0 0\nnas:/home /home nfs defaults\n//nas/s /s cifs x\n" },
	{ NULL, NULL, "/srv/a /srv/b none bind 0 0\noverlay /o overlay x\n",
	  "/srv/a /srv/b none bind 0 0\noverlay /o overlay x\n" },
	{ NULL, NULL, "/dev/sda1 /\nword\n\xff\xfe \x80\n", "/dev/sda1 /\nword\n\xff\xfe \x80\n" },
	/* line ends are kept */
	{ "h:/b", NULL, "UUID=1 / ext4\r\nUUID=2 /boot vfat\r\nproc /proc proc\r\n",
	  "# img2nfs: the root is mounted over NFS before this file is read\r\n#UUID=1 / ext4\r\n"
	  "# img2nfs: the boot files are at the server\r\n#UUID=2 /boot vfat\r\n"
	  "h:/b\t/boot\tnfs\tdefaults,vers=3,tcp,nolock,nofail\t0\t0\r\nproc /proc proc\r\n" },
	/* bytes that are no UTF-8 */
	{ NULL, NULL, "LABEL=\xe9 / ext4\n", ROOT_OUT "LABEL=\xe9 / ext4\n" },
};

static void check(const struct fstab_case *c)
{
	struct i2n_text once = { NULL, 0 }, twice = { NULL, 0 };
	struct i2n_err err;

	T_EQ(i2n_netboot_fstab(c->before, strlen(c->before), c->boot, c->opts, &once, &err), I2N_OK);
	T_STR(once.bytes, c->after);
	T_EQ(once.len, strlen(c->after));
	T_EQ(i2n_netboot_fstab(once.bytes, once.len, c->boot, c->opts, &twice, &err), I2N_OK);
	T_STR(twice.bytes, c->after);
	free(once.bytes);
	free(twice.bytes);
}

int main(void)
{
	struct i2n_text r = { NULL, 0 };
	struct i2n_err err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
	/* a NUL is a byte like any other */
	T_EQ(i2n_netboot_fstab("a\0b / ext4\n", 11, NULL, NULL, &r, &err), I2N_OK);
	T_EQ(r.len, strlen(ROOT_OUT) + 11);
	T_MEM(r.bytes + r.len - 11, "a\0b / ext4\n", 11);
	free(r.bytes);
	return t_end();
}
