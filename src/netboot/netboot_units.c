#include "netboot_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_OWN 200	/* our own paths are shorter */

bool netboot_has_unit(struct netboot *n, const char *unit)
{
	static const char *const dirs[] = { "etc/systemd/system", "lib/systemd/system",
					    "usr/lib/systemd/system" };
	char path[PATH_MAX_OWN];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dirs[i], unit);	/* fits */
		if (netboot_has(n, path))
			return true;
	}
	return false;
}

bool netboot_has_systemd(struct netboot *n)
{
	return netboot_has(n, "usr/lib/systemd/systemd") || netboot_has(n, "lib/systemd/systemd");
}

int netboot_add_unit(struct netboot *n, const char *unit, const char *text, const char *why)
{
	char path[PATH_MAX_OWN], wants[PATH_MAX_OWN];
	int rc;

	/* these fit */
	(void)snprintf(path, sizeof(path), "/etc/systemd/system/%s", unit);
	(void)snprintf(wants, sizeof(wants), "etc/systemd/system/multi-user.target.wants/%s", unit);
	rc = netboot_write(n, path + 1, why, text, strlen(text));
	return rc == I2N_OK ? netboot_link(n, wants, why, path) : rc;
}

static bool has_script(struct netboot *n, const char *init)
{
	char path[PATH_MAX_OWN];

	(void)snprintf(path, sizeof(path), "etc/init.d/%s", init);	/* fits */
	return netboot_has(n, path);
}

/* A unit that somebody put into /etc is not thrown away: it gets a condition that never holds. */
static int disable_own(struct netboot *n, const char *unit, const char *why)
{
	static const char text[] = "# img2nfs\n[Unit]\nConditionKernelCommandLine=!root=/dev/nfs\n";
	char path[PATH_MAX_OWN];

	/* fits */
	(void)snprintf(path, sizeof(path), "etc/systemd/system/%s.d/90-img2nfs.conf", unit);
	return netboot_write(n, path, why, text, strlen(text));
}

int netboot_mask(struct netboot *n, const char *unit, const char *init, const char *why)
{
	const struct i2n_inode *in;
	char path[PATH_MAX_OWN];

	if (!netboot_has_unit(n, unit) && !(init && has_script(n, init)))
		return I2N_OK;
	(void)snprintf(path, sizeof(path), "etc/systemd/system/%s", unit);	/* fits */
	in = i2n_edits_at(n->e, path, false);
	if (in && i2n_inode_type(in) == I2N_S_IFREG)
		return disable_own(n, unit, why);
	return netboot_link(n, path, why, "/dev/null");
}

/* cloud-init(1): cc_growpart and cc_resizefs, which find no block device. */
static int calm_cloud_init(struct netboot *n)
{
	static const char text[] = "# img2nfs: the root is no disk\n"
				   "growpart:\n  mode: 'off'\nresize_rootfs: false\n";

	if (!netboot_has(n, "etc/cloud/cloud.cfg"))
		return I2N_OK;
	return netboot_write(n, "etc/cloud/cloud.cfg.d/99_zz_img2nfs.cfg", "the root is no disk",
			     text, strlen(text));
}

int netboot_resize(struct netboot *n)
{
	static const char why[] = "there is no partition to grow";
	int rc;

	/* Raspberry Pi OS up to Bookworm: a script that removes itself only when it succeeds */
	rc = netboot_mask(n, "resize2fs_once.service", "resize2fs_once", why);
	/* Trixie: rpi-resize pulls the other one in */
	if (rc == I2N_OK && netboot_has_unit(n, "rpi-resize.service")) {
		rc = netboot_mask(n, "rpi-resize.service", NULL, why);
		if (rc == I2N_OK)
			rc = netboot_mask(n, "systemd-growfs-root.service", NULL, why);
	}
	if (rc == I2N_OK)
		rc = netboot_mask(n, "armbian-resize-filesystem.service",
				  "armbian-resize-filesystem", why);
	return rc == I2N_OK ? calm_cloud_init(n) : rc;
}

static bool has_rpi_swap(struct netboot *n)
{
	return netboot_has(n, "etc/rpi/swap.conf") ||
	       netboot_has(n, "usr/lib/systemd/system-generators/rpi-swap-generator") ||
	       netboot_has(n, "lib/systemd/system-generators/rpi-swap-generator");
}

int netboot_swap(struct netboot *n)
{
	/* of auto, none, swapfile, zram and zram+file, see swap.conf(5) of rpi-swap */
	static const char text[] = "# img2nfs: swap in memory, none in a file\n"
				   "[Main]\nMechanism=zram\n";
	static const char why[] = "a swap file over NFS hangs";
	int rc = netboot_mask(n, "dphys-swapfile.service", "dphys-swapfile", why);

	if (rc != I2N_OK || !has_rpi_swap(n))
		return rc;
	return netboot_write(n, "etc/rpi/swap.conf.d/90-img2nfs.conf", why, text, strlen(text));
}
