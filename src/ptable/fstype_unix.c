/* Labels and UUIDs of the file systems of Unix systems, of CDs and of swap. */
#include "checked.h"
#include "fstype.h"

#include <stdio.h>
#include <string.h>

#define EXT_HAS_JOURNAL 0x0004u
#define EXT_JOURNAL_DEV 0x0008u
#define EXT3_RO_KNOWN 0x0007u		/* sparse_super, large_file, btree_dir */
#define EXT2_INCOMPAT_KNOWN 0x0012u	/* filetype, meta_bg */
#define EXT3_INCOMPAT_KNOWN 0x0016u	/* and needs_recovery */

/* Documentation/filesystems/ext4/super.rst. ext2, ext3 or ext4: the oldest that knows all feature
 * bits, as blkid. */
bool decode_ext(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 1024);
	uint32_t compat, incompat, ro;

	/* log block size, blocks per group */
	if (!b || i2n_le32(b + 0x18) > 10 || !i2n_le32(b + 0x20))
		return false;
	compat = i2n_le32(b + 0x5c);
	incompat = i2n_le32(b + 0x60);
	ro = i2n_le32(b + 0x64);
	if (incompat & EXT_JOURNAL_DEV) {
		strcpy(ret->type, "jbd");
		ret->kind = I2N_FS_OTHER;
	} else if (!(ro & ~EXT3_RO_KNOWN) && !(compat & EXT_HAS_JOURNAL) &&
		   !(incompat & ~EXT2_INCOMPAT_KNOWN)) {
		strcpy(ret->type, "ext2");
	} else if (!(ro & ~EXT3_RO_KNOWN) && (compat & EXT_HAS_JOURNAL) &&
		   !(incompat & ~EXT3_INCOMPAT_KNOWN)) {
		strcpy(ret->type, "ext3");
	}
	fstype_label(ret, b + 0x78, 16);
	fstype_uuid(ret, b + 0x68);
	return true;
}

bool decode_xfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 512);

	if (!b || i2n_be32(b + 4) < 512)	/* sb_blocksize */
		return false;
	fstype_label(ret, b + 0x6c, 12);
	fstype_uuid(ret, b + 0x20);
	return true;
}

bool decode_btrfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 4096);

	if (!b)
		return false;
	fstype_label(ret, b + 0x12b, 256);
	fstype_uuid(ret, b + 0x20);
	return true;
}

bool decode_squashfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 32);
	unsigned major;

	if (!b)
		return false;
	major = b[0] == 'h' ? i2n_le16(b + 28) : i2n_be16(b + 28);
	if (major > 4)
		return false;
	if (major < 4)
		strcpy(ret->type, "squashfs3");
	return true;
}

bool decode_f2fs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 0x7c + 1024);

	if (!b)
		return false;
	fstype_label_utf16(ret, b + 0x7c, 512);
	fstype_uuid(ret, b + 0x6c);
	return true;
}

bool decode_erofs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 128);

	if (!b)
		return false;
	fstype_label(ret, b + 64, 16);
	fstype_uuid(ret, b + 48);
	return true;
}

bool decode_jfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 184);

	/* s_bsize must be 1 << s_l2bsize */
	if (!b || i2n_le16(b + 20) > 16 || i2n_le32(b + 16) != 1u << i2n_le16(b + 20))
		return false;
	fstype_label(ret, b + 152, 16);
	fstype_uuid(ret, b + 136);
	return true;
}

bool decode_reiserfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 128);

	if (!b || i2n_le16(b + 44) < 512)	/* s_blocksize */
		return false;
	if (b[0x34 + 6] == '2' || b[0x34 + 6] == '3') {	/* format 3.5 has neither */
		fstype_label(ret, b + 100, 16);
		fstype_uuid(ret, b + 84);
	}
	return true;
}

bool decode_ubifs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 128);

	if (!b)
		return false;
	fstype_uuid(ret, b + 108);
	return true;
}

bool decode_ubi(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 64);

	if (!b || b[4] != 1)	/* version of the erase counter header */
		return false;
	/* image_seq; fits */
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%u", (unsigned)i2n_be32(b + 24));
	return true;
}

bool decode_cramfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 64);

	if (!b || memcmp(b + 16, "Compressed ROMFS", 16))
		return false;
	fstype_label(ret, b + 48, 16);
	return true;
}

bool decode_romfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 32);

	if (!b)
		return false;
	fstype_label(ret, b + 16, 16);
	return true;
}

/* ECMA-119 8.4.26.1: digits YYYYMMDDHHMMSSss; blkid makes the UUID of them. All '0' means not
 * specified. */
static bool iso_date_uuid(struct i2n_fstype *ret, const unsigned char *d)
{
	const char *s = (const char *)d;

	if (!memcmp(d, "0000000000000000", 16) || !d[0])
		return false;
	(void)snprintf(ret->uuid, sizeof(ret->uuid), "%.4s-%.2s-%.2s-%.2s-%.2s-%.2s-%.2s", s, s + 4,
		       s + 6, s + 8, s + 10, s + 12, s + 14); /* 22 characters at most */
	return true;
}

bool decode_iso9660(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 2048);

	if (!b)
		return false;
	fstype_label(ret, b + 40, 32);
	if (!iso_date_uuid(ret, b + 830))	/* modification, else creation */
		(void)iso_date_uuid(ret, b + 813);
	return true;
}

/* ECMA-167 2/9: the volume structure descriptors start at 32 KiB; one of them says NSR02
 * or NSR03. */
bool probe_udf(struct probe *p, struct i2n_fstype *ret)
{
	unsigned i;

	/* the label sits behind two anchors; the name of the type is enough for a refusal */
	(void)ret;
	for (i = 0; i < 64; i++) {
		const unsigned char *b = probe_bytes(p, 0x8000 + i * 2048u, 7);

		if (!b)
			return false;
		if (!memcmp(b + 1, "NSR02", 5) || !memcmp(b + 1, "NSR03", 5))
			return true;
		if (memcmp(b + 1, "BEA01", 5) && memcmp(b + 1, "BOOT2", 5) &&
		    memcmp(b + 1, "CD001", 5) && memcmp(b + 1, "CDW02", 5) &&
		    memcmp(b + 1, "TEA01", 5))
			return false;
	}
	return false;
}

/* union swap_header, include/linux/swap.h: version 1 in either byte order */
bool decode_swap(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb + 1024, 64);

	if (!b || (i2n_le32(b) != 1 && i2n_be32(b) != 1))
		return false;
	fstype_label(ret, b + 28, 16);
	fstype_uuid(ret, b + 12);
	return true;
}

bool decode_bcachefs(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 128);

	if (!b)
		return false;
	fstype_label(ret, b + 72, 32);
	fstype_uuid(ret, b + 56);
	return true;
}

/* struct nilfs_super_block: s_bytes and s_rev_level keep two bytes of magic from matching by
 * accident */
bool decode_nilfs2(struct probe *p, uint64_t sb, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, sb, 280);

	if (!b || i2n_le32(b) != 2 || i2n_le16(b + 8) < 256 || i2n_le16(b + 8) > 1024)
		return false;
	fstype_uuid(ret, b + 152);
	fstype_label(ret, b + 168, 80);
	return true;
}
