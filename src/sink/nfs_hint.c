#include "nfs_hint.h"

#include <stdio.h>
#include <string.h>

#define EXPORT_OPTIONS "(rw,insecure,no_root_squash,no_subtree_check)"
#define WAYS 7

struct way {
	const char *where, *text;
};

static const struct remedy {
	const char *missing; /* for a hint */
	bool line; /* a line for /etc/exports mends it on Linux */
	struct way ways[WAYS]; /* besides that line */
} remedies[] = {
	[I2N_REMEDY_EXPORT] = {
		"the server does not export this to us", true, {
			{ "nfs-ganesha",
			  "an EXPORT block with Path, Pseudo, Protocols = 3; and SecType = "
			  "sys;" },
			{ "Synology",
			  "Shared Folder > Edit > NFS Permissions > Create, with this "
			  "client's address; the path is /volume1/NAME" },
			{ "TrueNAS",
			  "Shares > NFS > Add, with this client under Hosts or Networks; "
			  "the path is /mnt/POOL/DATASET" },
			{ "QNAP",
			  "Shared Folders > Edit Shared Folder Permission > NFS host "
			  "access, with this client's address" },
			{ "unRAID",
			  "Shares > NAME > NFS Security Settings > Export: Yes; the path is "
			  "/mnt/user/NAME" },
			{ "macOS",
			  "in /etc/exports: PATH -maproot=root CLIENT, then 'nfsd update'" },
		},
	},
	[I2N_REMEDY_RW] = {
		"the export lacks the option rw, or what lies below it is mounted read-only",
		true, {
			{ "nfs-ganesha", "Access_Type = RW;" },
			{ "Synology", "NFS Permissions > Privilege: Read/Write" },
			{ "TrueNAS", "the NFS share's Advanced Options: Read-Only off" },
			{ "QNAP", "NFS host access > Permission: read/write" },
			{ "unRAID",
			  "NFS Security Settings > Security: Private, Rule: CLIENT(rw,...)" },
			{ "macOS", "no -ro on the export's line in /etc/exports" },
		},
	},
	[I2N_REMEDY_ROOT] = {
		"the export lacks the option no_root_squash, without which no owner can be kept",
		true, {
			{ "nfs-ganesha", "Squash = No_Root_Squash;" },
			{ "Synology", "NFS Permissions > Squash: No mapping" },
			{ "TrueNAS",
			  "the NFS share's Advanced Options: Maproot User: root (and no "
			  "Mapall)" },
			{ "QNAP", "NFS host access > Squash option: No squash (no_root_squash)" },
			{ "unRAID",
			  "NFS Security Settings > Security: Private, Rule: "
			  "CLIENT(rw,insecure,no_root_squash)" },
			{ "macOS",
			  "-maproot=root on the export's line in /etc/exports, then 'nfsd "
			  "update'" },
		},
	},
	[I2N_REMEDY_PORT] = {
		"the export lacks the option insecure, as our source port is above 1023, or is not "
		"for this client", true, {
			{ "nfs-ganesha", "PrivilegedPort = false;" },
			{ "Synology",
			  "NFS Permissions > Allow connections from non-privileged ports "
			  "(ports higher than 1024)" },
			{ "TrueNAS", "Services > NFS: Allow non-root mount" },
			{ "QNAP",
			  "the option insecure in the NFS host access, where the firmware "
			  "offers it; else run img2nfs as root" },
			{ "unRAID",
			  "NFS Security Settings > Rule: CLIENT(rw,insecure,no_root_squash)" },
			{ "macOS",
			  "nfs.server.mount.require_resv_port = 0 in /etc/nfs.conf, then "
			  "'nfsd restart'" },
		},
	},
	[I2N_REMEDY_SPACE] = {
		"make room, or take a destination on a larger file system", false, {
			{ "any",
			  "free space, or raise the quota of the share; 'df' there tells "
			  "what is left" },
		},
	},
	[I2N_REMEDY_INODES] = {
		"take a destination with more inodes", false, {
			{ "Linux",
			  "'df -i' tells what is left; ext4: mkfs with a smaller -i, or use "
			  "xfs or btrfs" },
		},
	},
	[I2N_REMEDY_CASE] = {
		"names that differ only in case become one object there", false, {
			{ "TrueNAS",
			  "a dataset made with the preset Generic, not SMB (casesensitivity "
			  "is fixed at creation)" },
			{ "macOS", "export a volume formatted as APFS (Case-sensitive)" },
			{ "any", "a file system that tells upper from lower case" },
		},
	},
	[I2N_REMEDY_NAMES] = {
		"names are limited there more than on Linux", false, {
			{ "TrueNAS", "a dataset with utf8only=off (fixed at creation)" },
			{ "any",
			  "a Linux file system below the export: ext4, xfs or btrfs, "
			  "without encryption of names" },
		},
	},
	[I2N_REMEDY_LINKS] = {
		"hard links are not supported there", false, {
			{ "unRAID",
			  "Settings > Global Share Settings > Tunable (support Hard Links): "
			  "Yes; or export a disk share" },
			{ "any", "a Linux file system below the export: ext4, xfs or btrfs" },
		},
	},
	[I2N_REMEDY_KEEP] = {
		"the file system below the export does not keep this", false, {
			{ "any",
			  "export a Linux file system (ext4, xfs, btrfs), not vfat, exfat, "
			  "ntfs or a FUSE file system" },
		},
	},
};

static const struct remedy *find(enum i2n_remedy remedy)
{
	return remedy < sizeof(remedies) / sizeof(remedies[0]) ? &remedies[remedy] : &remedies[0];
}

const char *i2n_remedy_missing(enum i2n_remedy remedy)
{
	return find(remedy)->missing;
}

static void exports_line(char *buf, size_t cap, const char *path, const char *client)
{
	(void)snprintf(buf, cap, "%s %s" EXPORT_OPTIONS, *path ? path : "/PATH",
		       *client ? client : "*");
}

bool i2n_remedy_line(enum i2n_remedy remedy, unsigned i, const char *path, const char *client,
		     const char **ret_where, char *buf, size_t cap)
{
	const struct remedy *r = find(remedy);
	char line[400];

	if (r->line && !i) {
		*ret_where = "Linux";
		exports_line(line, sizeof(line), path, client);
		(void)snprintf(buf, cap, "in /etc/exports, followed by 'exportfs -ra': %s", line);
		return true;
	}
	i -= r->line;
	if (i >= WAYS || !r->ways[i].where)
		return false;
	*ret_where = r->ways[i].where;
	(void)snprintf(buf, cap, "%s", r->ways[i].text);
	return true;
}

void nfs_hint(struct i2n_err *err, enum i2n_remedy remedy, const char *path, const char *client)
{
	const struct remedy *r = find(remedy);
	char line[400], others[400] = "";
	size_t used = 0;

	exports_line(line, sizeof(line), path, client);
	for (unsigned i = 0; i < WAYS && r->ways[i].where && used < sizeof(others); i++) {
		/* the two with the shortest words; 'check' shows all of them */
		if (i > 1 && r->line)
			break;
		used += (size_t)snprintf(others + used, sizeof(others) - used, "%s%s: %s",
					 used ? "\n" : "", r->ways[i].where, r->ways[i].text);
	}
	if (r->line)
		i2n_err_hint(
			err,
			"%s; in the server's /etc/exports, followed by 'exportfs -ra':\n%s\n%s",
			r->missing, line, others);
	else
		i2n_err_hint(err, "%s\n%s", r->missing ? r->missing : "", others);
}
