/* The text edits of --netboot: whatever the files hold, a second run finds nothing to do, and no byte
 * of the old lines is lost: each stays, as it is or as a comment. */
#include "img2nfs/netboot.h"

#define FUZZ_TARGET "netboot"
#define FUZZ_ODD "\n\r\t #=/\\,.\"'x0\xff"

static const char seed_text[] =
	"PARTUUID=4c4e106f-01  /boot/firmware  vfat  defaults  0  2\n"
	"PARTUUID=4c4e106f-02  /  ext4  defaults,noatime  0  1\n/dev/sda1 /\\040x ext4 ro\r\n"
	"UUID=1 none swap sw 0 0\nauto eth0 wlan0\niface eth0 inet dhcp\n127.0.1.1\tpi.home pi # x\n"
	"MODULES=dep\nexport BOOT='local'\npersistent\ninterface eth0\nID=debian\nFWLOC=\n"
	"GRUB_CMDLINE_LINUX=\"root=UUID=1 quiet\"\n";

#include "fuzz_text.h"

#include "../lib/mem_tree.h"

static const char *const files[] = {
	"etc/fstab", "etc/hosts", "etc/hostname", "etc/dhcpcd.conf", "etc/interfaces", "etc/os-release",
	"etc/network/interfaces", "etc/initramfs-tools/initramfs.conf", "etc/machine-id",
	"etc/default/grub", "etc/default/raspberrypi-sys-mods",
};

static void build(struct mem *m, const char *text, size_t len)
{
	mem_init(m);
	mem_dir(m, "boot");
	mem_dir(m, "etc");
	mem_dir(m, "etc/network");
	mem_dir(m, "etc/initramfs-tools");
	mem_dir(m, "etc/default");
	mem_dir(m, "sbin");
	mem_dir(m, "usr");
	mem_dir(m, "usr/lib");
	mem_dir(m, "usr/lib/raspberrypi-sys-mods");
	mem_file(m, "usr/lib/raspberrypi-sys-mods/get_fw_loc", "");
	mem_file(m, "sbin/mount.nfs", "");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		mem_add(m, files[i], 0100644, text, len);
	mem_end(m);
}

/* Every line of the old fstab is one of the new one's, or one without its first byte, '#'. */
static void nothing_lost(struct i2n_text old, struct i2n_text new)
{
	size_t at = 0;

	for (size_t i = 0; i < old.len; ) {
		const char *nl = memchr(old.bytes + i, '\n', old.len - i);
		size_t n = nl ? (size_t)(nl - old.bytes) - i : old.len - i;

		while (at + n <= new.len && memcmp(new.bytes + at, old.bytes + i, n))
			at++;
		if (at + n > new.len)
			abort();
		at += n;
		i += n + 1;
	}
}

static void edit(const struct i2n_tree *tree, struct i2n_reader *reader, bool again)
{
	static char root_path[] = "192.0.2.7:/srv,vers=3,tcp", ip[] = "dhcp";
	const struct i2n_nfsroot root = { root_path, ip };
	const struct i2n_netboot_opts o = { .profile = I2N_PROFILE_RPI, .root = &root,
					    .boot = "192.0.2.7:/b", .new_identity = true,
					    .hostname = "hall" };
	struct i2n_netboot_system sys;
	struct i2n_tree *edited = NULL;
	struct i2n_edits *e = NULL;
	struct i2n_text old, new;
	struct i2n_err err;
	size_t n;

	if (i2n_edits_new(tree, reader, &e, &err) ||
	    i2n_edits_read(e, "etc/fstab", &old, &err))
		abort();
	if (i2n_netboot_edit(e, &o, NULL, &sys, &err)) {	/* a command line with a NUL */
		free(old.bytes);
		i2n_edits_free(e);
		return;
	}
	(void)i2n_edits_changes(e, &n);
	if (again && n)
		abort();
	if (i2n_edits_read(e, "etc/fstab", &new, &err) || i2n_edits_finish(e, &edited, &err))
		abort();
	nothing_lost(old, new);
	free(old.bytes);
	free(new.bytes);
	if (!again)
		edit(edited, i2n_edits_reader(e), true);
	i2n_tree_free(edited);
	i2n_edits_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct mem m;
	char *text = malloc(len ? len : 1);

	if (!text)
		return 0;
	memcpy(text, data, len);	/* exactly as long: a read beyond is seen */
	build(&m, text, len);
	edit(&m.tree, &m.reader, false);
	free(text);
	return 0;
}
