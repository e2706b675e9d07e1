/* RAID members, LVM, LUKS, bcache, ZFS: what holds something else. */
#include "checked.h"
#include "fstype.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MD_MAGIC 0xa92b4efcu

/* struct mdp_superblock_1, include/uapi/linux/raid/md_p.h */
bool decode_md1(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 256);

	/* own position: a 1.2 superblock copied elsewhere is not one */
	if (!b || i2n_le32(b) != MD_MAGIC || i2n_le32(b + 4) != 1 || i2n_le64(b + 144) != sb / 512)
		return false;
	fstype_label(ret, b + 32, 32);
	fstype_uuid(ret, b + 16);
	return true;
}

/* mdp_super_t (0.90), in the byte order of the machine that made it; the UUID is four words,
 * printed big-endian. */
static bool decode_md0(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	static const unsigned char at[] = { 20, 52, 56, 60 };
	const unsigned char *b = probe_bytes(p, sb, 4096);
	unsigned char uuid[16];
	unsigned i, j;
	bool big;

	if (!b)
		return false;
	big = i2n_be32(b) == MD_MAGIC;
	if (!big && i2n_le32(b) != MD_MAGIC)
		return false;
	if ((big ? i2n_be32(b + 4) : i2n_le32(b + 4)) != 0)
		return false;
	for (i = 0; i < 4; i++) {
		uint32_t w = big ? i2n_be32(b + at[i]) : i2n_le32(b + at[i]);

		for (j = 0; j < 4; j++)
			uuid[4 * i + j] = (unsigned char)(w >> (24 - 8 * j));
	}
	fstype_uuid(ret, uuid);
	return true;
}

/* Metadata 1.0 lies 8 to 12 KiB before the end, 0.90 in the last 64 KiB-aligned 64 KiB. */
bool probe_md_at_end(struct probe *p, struct i2n_fstype *ret)
{
	uint64_t size = probe_size(p), sectors = size / 512;

	if (sectors >= 16 && decode_md1(p, ((sectors - 16) & ~(uint64_t)7) * 512, ret))
		return true;
	return size >= 65536 && decode_md0(p, (size & ~(uint64_t)65535) - 65536, ret);
}

/* LUKS on-disk format 1.2.3 and LUKS2 1.0.0 */
bool decode_luks(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 592);
	unsigned version;

	if (!b)
		return false;
	version = i2n_be16(b + 6);
	if (version != 1 && version != 2)
		return false;
	/* text on disk already */
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%.39s", (const char *)b + 168);
	if (version == 2)
		fstype_label(ret, b + 24, 48);
	return true;
}

/* struct label_header of LVM2: "LABELONE", own sector, crc, offset of the PV header whose first
 * field is the UUID. */
bool decode_lvm2(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	static const unsigned char group[] = { 6, 4, 4, 4, 4, 4, 6 };
	const unsigned char *b = probe_bytes(p, sb, 512);
	size_t i, at, o = 0;

	if (!b || memcmp(b, "LABELONE", 8) || i2n_le64(b + 8) != sb / 512)
		return false;
	at = i2n_le32(b + 20);
	if (at > 512 - 32)
		return false;
	for (i = 0; i < sizeof(group); i++) {
		if (i)
			ret->uuid[o++] = '-';
		memcpy(ret->uuid + o, b + at, group[i]);
		o += group[i];
		at += group[i];
	}
	ret->uuid[o] = '\0';
	return true;
}

bool decode_bcache(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 64);

	if (!b || i2n_le64(b + 8) != sb / 512)	/* own position */
		return false;
	fstype_uuid(ret, b + 40);
	return true;
}

/* ZFS on-disk format 1.2: label 0 has its uberblocks at 128 KiB. Four of them, as libblkid wants,
 * are no accident. */
bool probe_zfs(struct probe *p, struct i2n_fstype *ret)
{
	unsigned half, at, found = 0;

	/* pool name and GUID are in an XDR list; the name of the type is enough for a refusal */
	(void)ret;
	for (half = 0; half < 2; half++) {
		const unsigned char *b = probe_bytes(p, 131072 + half * 65536u, 65536);

		for (at = 0; b && at < 65536; at += 1024) {
			if (i2n_le64(b + at) == 0x00bab10c || i2n_be64(b + at) == 0x00bab10c)
				found++;
		}
	}
	return found >= 4;
}
