#include "pick_refuse.h"

#include "img2nfs/name.h"
#include "img2nfs/packed.h"

#include "human.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What to do about something that we know by name and cannot read. */
struct advice {
	const char *type, *is, *todo;	/* one %s in todo: the image's quoted name */
};

static const struct advice advices[] = {
	{ "crypto_LUKS", "is encrypted (LUKS)",
	  "open it with 'cryptsetup open' and give the device below /dev/mapper" },
	{ "BitLocker", "is encrypted (BitLocker)", NULL },
	{ "LVM2_member", "is a part of an LVM volume group",
	  "activate the group with 'vgchange -ay' and give the logical volume, /dev/GROUP/VOLUME" },
	{ "linux_raid_member", "is a member of a Linux RAID (mdadm)",
	  "assemble it with 'mdadm --assemble --readonly' and give the device /dev/mdN" },
	{ "zfs_member", "is a part of a ZFS pool", NULL },
	{ "bcache", "is a bcache device", NULL },
	{ "ubi", "is an image of raw flash memory (UBI)", NULL },
	{ "gzip", "is compressed with gzip",
	  "unpack it first: gzip -dk %s" },
	{ "xz", "is compressed with xz",
	  "unpack it first: xz -dk %s" },
	{ "zstd", "is compressed with zstd",
	  "unpack it first: zstd -d %s" },
	{ "bzip2", "is compressed with bzip2", "unpack it first: bzip2 -dk %s" },
	{ "lz4", "is compressed with lz4", "unpack it first: lz4 -d %s" },
	{ "lzma", "is compressed with lzma", "unpack it first: xz -dk --format=lzma %s" },
	{ "lzip", "is compressed with lzip", "unpack it first: lzip -dk %s" },
	{ "lzop", "is compressed with lzop", "unpack it first: lzop -d %s" },
	{ "zip", "is a zip archive",
	  "unpack it first: unzip %s" },
	{ "7z", "is a 7z archive", "unpack it first: 7z x %s" },
	{ "rar", "is a rar archive", "unpack it first" },
	{ "tar", "is a tar archive",
	  "unpack it first: tar -xf %s; if it holds a root file system and no image, "
	  "there is nothing to read here" },
	{ "cpio", "is a cpio archive", NULL },
	{ "ar", "is an ar archive or a Debian package", NULL },
	{ "qcow2", "is a qcow2 disk", "make a raw image of it: qemu-img convert -O raw %s OUTPUT" },
	{ "qed", "is a QED disk", "make a raw image of it: qemu-img convert -O raw %s OUTPUT" },
	{ "vmdk", "is a VMware disk (vmdk)",
	  "make a raw image of it: qemu-img convert -O raw %s OUTPUT" },
	{ "vdi", "is a VirtualBox disk (vdi)",
	  "make a raw image of it: qemu-img convert -O raw %s OUTPUT" },
	{ "vhd", "is a dynamic VHD disk",
	  "make a raw image of it: qemu-img convert -f vpc -O raw %s OUTPUT" },
	{ "vhdx", "is a Hyper-V disk (vhdx)",
	  "make a raw image of it: qemu-img convert -O raw %s OUTPUT" },
	{ "parallels", "is a Parallels disk",
	  "make a raw image of it: qemu-img convert -O raw %s OUTPUT" },
	{ "dmg", "is an Apple disk image (dmg)",
	  "make a raw image of it: qemu-img convert -f dmg -O raw %s OUTPUT" },
	{ "simg", "is an Android sparse image", "make a raw image of it: simg2img %s OUTPUT" },
	{ "ewf", "is an EWF (EnCase) disk image", "make a raw image of it with ewfexport" },
	{ "wim", "is a Windows image (wim)", NULL },
};

const char *volume_name(const struct i2n_source *image, const struct i2n_part *part,
			char buf[VOLUME_NAME_MAX])
{
	if (part)
		(void)snprintf(buf, VOLUME_NAME_MAX, "partition %u of %s", part->part_no,
			       image->name);
	else
		(void)snprintf(buf, VOLUME_NAME_MAX, "%s", image->name);
	return buf;
}

static const struct advice *find_advice(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
		if (!strcmp(advices[i].type, type))
			return &advices[i];
	}
	return NULL;
}

/* The advice with the image's name in the place of %s; what comes through a pipe or is unpacked on
 * the way has none. */
static void set_hint(const char *todo, const struct i2n_source *image, struct i2n_err *err)
{
	const char *at = strstr(todo, "%s"), *why = "", *name = image->name, *before = "";

	if (!strncmp(todo, "unpack", 6) && !i2n_packed_libraries())
		why = "\nthis img2nfs was built without the libraries that do it on the way";
	if (image->is_stream) {
		name = "FILE";
		before = "save it, unpacked, as FILE and ";
	}
	if (at)
		i2n_err_hint(err, "%s%.*s%s%s%s", before, (int)(at - todo), todo, name, at + 2,
			     why);
	else
		i2n_err_hint(err, "%s%s", todo, why);
}

static int refuse_known(const struct i2n_source *image, const struct i2n_part *part,
			const struct i2n_fstype *fs, struct i2n_err *err)
{
	const struct advice *a = find_advice(fs->type);
	char name[VOLUME_NAME_MAX];

	volume_name(image, part, name);
	if (!a)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read %s: it holds %s, not ext2, ext3 or ext4", name,
				fs->type);
	i2n_err_set(err, I2N_DOM_IMAGE, 0, "cannot read %s: it %s", name, a->is);
	if (a->todo)
		set_hint(a->todo, image, err);
	return I2N_FATAL;
}

int refuse_type(const struct i2n_source *image, const struct i2n_part *part,
		const struct i2n_fstype *fs, struct i2n_err *err)
{
	char name[VOLUME_NAME_MAX];

	if (part && part->container)
		return i2n_fail(
			err, I2N_FATAL, I2N_DOM_IMAGE, 0,
			"cannot read %s: it is an extended partition, which only holds others",
			volume_name(image, part, name));
	if (fs->kind != I2N_FS_UNKNOWN && fs->kind != I2N_FS_EMPTY)
		return refuse_known(image, part, fs, err);
	if (!part) {
		i2n_err_set(
			err, I2N_DOM_IMAGE, 0,
			"cannot read %s: no partition table and no file system known to img2nfs",
			image->name);
		i2n_err_hint(err, fs->kind == I2N_FS_EMPTY ?
			     "it begins and ends with zeros; was it copied completely?" :
			     "if a file system begins somewhere inside, say where with --offset");
		return I2N_FATAL;
	}
	return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0, "cannot read %s: it %s",
			volume_name(image, part, name),
			fs->kind == I2N_FS_EMPTY ? "is empty"
						 : "holds no file system known to img2nfs");
}

int refuse_missing(const struct i2n_source *image, const struct volume *v, struct i2n_err *err)
{
	char name[VOLUME_NAME_MAX];

	if (!v->part->size)
		return i2n_fail(err, I2N_FATAL, I2N_DOM_IMAGE, 0,
				"cannot read %s: its size in the table is impossible",
				volume_name(image, v->part, name));
	i2n_err_set(err, I2N_DOM_IMAGE, 0,
		    "cannot read %s: the image is cut short, %" PRIu64 " bytes are missing",
		    volume_name(image, v->part, name), v->missing);
	i2n_err_hint(err, "copy or download the image again and compare its size or checksum");
	return I2N_FATAL;
}

static size_t hint_line(char *buf, size_t cap, const struct volume *v)
{
	char size[HUMAN_MAX], label[160] = "";
	const char *type = v->fstype.type;
	int n;

	if (v->fstype.label[0])
		i2n_quote(label, sizeof(label), v->fstype.label, strlen(v->fstype.label));
	if (v->part->container)
		type = "extended";
	else if (!type[0])
		type = v->fstype.kind == I2N_FS_EMPTY ? "empty" : "unknown";
	n = snprintf(buf, cap, "\n%4u  %9s  %s%s%s%s", v->part->part_no,
		     human_bytes(size, v->part->size), type, label[0] ? "  " : "", label,
		     v->missing ? "  (cut short)" : "");
	return n < 0 || (size_t)n >= cap ? 0 : (size_t)n;
}

void hint_volumes(const struct volumes *vols, bool only_ext, const char *head, struct i2n_err *err)
{
	char text[sizeof(err->hint)];
	size_t at, n = 1;
	unsigned i;

	(void)snprintf(text, sizeof(text), "%s", head);
	at = strlen(text);
	for (i = 0; i < vols->n && n; i++) {
		if (!vols->v[i].part || (only_ext && vols->v[i].fstype.kind != I2N_FS_EXT))
			continue;
		n = hint_line(text + at, sizeof(text) - at, &vols->v[i]);
		if (!n)
			(void)snprintf(text + at, sizeof(text) - at,
				       "\n..."); /* 'img2nfs list' shows all */
		at += n;
	}
	i2n_err_hint(err, "%s", text);
}
