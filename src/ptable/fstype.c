/* What a range of bytes holds, by its magic numbers.
 *
 * Own code instead of libblkid, which wants a file descriptor: a source may be a slice, a buffer,
 * later a decompressor. The order is libblkid's: what holds other things (RAID, LVM, LUKS) before
 * file systems, because a mirror's member has the file system's superblock, too; archives last,
 * because their magics are the shortest. */
#include "fstype.h"

#include "checked.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX ((size_t)96 << 10)	/* up to btrfs' superblock at 64 KiB */
#define TAIL_MAX ((size_t)4 << 10)

struct probe {
	struct i2n_source *src;
	struct i2n_err *err;
	int rc;				/* first read error */
	unsigned char *head;		/* first HEAD_MAX bytes, or less */
	size_t head_len;
	unsigned char scratch[PROBE_BYTES_MAX];
};

#define OTHER(type, off, magic, ...) \
	{ type, I2N_FS_OTHER, off, sizeof(magic) - 1, magic, __VA_ARGS__ }
#define HOLDER(type, off, magic, ...) \
	{ type, I2N_FS_CONTAINER, off, sizeof(magic) - 1, magic, __VA_ARGS__ }
#define EXT(type, off, magic, ...) { type, I2N_FS_EXT, off, sizeof(magic) - 1, magic, __VA_ARGS__ }
#define ARCHIVE(type, off, magic) { type, I2N_FS_ARCHIVE, off, sizeof(magic) - 1, magic, NULL, 0 }

static const struct fsmagic holders[] = {
	HOLDER("linux_raid_member", 0, "\xfc\x4e\x2b\xa9", decode_md1, 0), /* metadata 1.1 */
	HOLDER("linux_raid_member", 4096, "\xfc\x4e\x2b\xa9", decode_md1, 4096), /* metadata 1.2 */
	HOLDER("LVM2_member", 0x018, "LVM2 001", decode_lvm2, 0x000),
	HOLDER("LVM2_member", 0x218, "LVM2 001", decode_lvm2, 0x200),
	HOLDER("LVM2_member", 0x418, "LVM2 001", decode_lvm2, 0x400),
	HOLDER("LVM2_member", 0x618, "LVM2 001", decode_lvm2, 0x600),
	HOLDER("crypto_LUKS", 0, "LUKS\xba\xbe", decode_luks, 0),
	HOLDER("BitLocker", 3, "-FVE-FS-", NULL, 0),
	HOLDER("bcache", 4096 + 24,
	       "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", decode_bcache,
	       4096),
	HOLDER("ubi", 0, "UBI#", decode_ubi, 0),
};

static const struct fsmagic file_systems[] = {
	OTHER("vfat", 0x52, "MSWIN", decode_vfat, 0),
	OTHER("vfat", 0x52, "FAT32   ", decode_vfat, 0),
	OTHER("vfat", 0x36, "MSDOS", decode_vfat, 0),
	OTHER("vfat", 0x36, "FAT16   ", decode_vfat, 0),
	OTHER("vfat", 0x36, "FAT12   ", decode_vfat, 0),
	OTHER("vfat", 0x36, "FAT     ", decode_vfat, 0),
	OTHER("vfat", 0x1fe, "\x55\xaa", decode_vfat, 0),
	OTHER("swap", 0x0ff6, "SWAPSPACE2", decode_swap, 0),
	OTHER("swap", 0x1ff6, "SWAPSPACE2", decode_swap, 0),
	OTHER("swap", 0x3ff6, "SWAPSPACE2", decode_swap, 0),
	OTHER("swap", 0x7ff6, "SWAPSPACE2", decode_swap, 0),
	OTHER("swap", 0xfff6, "SWAPSPACE2", decode_swap, 0),
	OTHER("swap", 0x0ff6, "SWAP-SPACE", NULL, 0),
	OTHER("swsuspend", 0x0ff6, "S1SUSPEND", decode_swap, 0),
	OTHER("swsuspend", 0x0ff6, "S2SUSPEND", decode_swap, 0),
	OTHER("swsuspend", 0x0ff6, "ULSUSPEND", decode_swap, 0),
	OTHER("swsuspend", 0x0ff6, "LINHIB0001", decode_swap, 0),
	OTHER("xfs", 0, "XFSB", decode_xfs, 0),
	EXT("ext4", 0x438, "\x53\xef", decode_ext, 0x400),
	OTHER("reiserfs", 0x10034, "ReIsErFs", decode_reiserfs, 0x10000),
	OTHER("reiserfs", 0x10034, "ReIsEr2Fs", decode_reiserfs, 0x10000),
	OTHER("reiserfs", 0x10034, "ReIsEr3Fs", decode_reiserfs, 0x10000),
	OTHER("reiserfs", 0x02034, "ReIsErFs", decode_reiserfs, 0x2000),
	OTHER("reiser4", 0x10000, "ReIsEr4", NULL, 0),
	OTHER("jfs", 0x8000, "JFS1", decode_jfs, 0x8000),
	/* UDF and ISO 9660 share their descriptors: probe_udf() comes before this table */
	OTHER("iso9660", 0x8001, "CD001", decode_iso9660, 0x8000),
	OTHER("hfsplus", 0x400, "H+", NULL, 0),
	OTHER("hfsplus", 0x400, "HX", NULL, 0),
	OTHER("ntfs", 3, "NTFS    ", decode_ntfs, 0),
	OTHER("ReFS", 0, "\0\0\0ReFS\0", NULL, 0),
	OTHER("cramfs", 0, "\x45\x3d\xcd\x28", decode_cramfs, 0),
	OTHER("cramfs", 0, "\x28\xcd\x3d\x45", decode_cramfs, 0),
	OTHER("romfs", 0, "-rom1fs-", decode_romfs, 0),
	OTHER("gfs2", 0x10000, "\x01\x16\x19\x70", NULL, 0),
	OTHER("ocfs2", 0x0400, "OCFSV2", NULL, 0),
	OTHER("ocfs2", 0x0800, "OCFSV2", NULL, 0),
	OTHER("ocfs2", 0x1000, "OCFSV2", NULL, 0),
	OTHER("ocfs2", 0x2000, "OCFSV2", NULL, 0),
	OTHER("squashfs", 0, "hsqs", decode_squashfs, 0),
	OTHER("squashfs", 0, "sqsh", decode_squashfs, 0),
	OTHER("btrfs", 0x10040, "_BHRfS_M", decode_btrfs, 0x10000),
	OTHER("ubifs", 0, "\x31\x18\x10\x06", decode_ubifs, 0),
	OTHER("nilfs2", 0x406, "\x34\x34", decode_nilfs2, 0x400),
	OTHER("exfat", 3, "EXFAT   ", decode_exfat, 0),
	OTHER("f2fs", 0x400, "\x10\x20\xf5\xf2", decode_f2fs, 0x400),
	OTHER("bcachefs", 4096 + 24,
	      "\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef", decode_bcachefs,
	      4096),
	OTHER("apfs", 32, "NXSB", NULL, 0),
	OTHER("erofs", 0x400, "\xe2\xe1\xf5\xe0", decode_erofs, 0x400),
};

static const struct fsmagic archives[] = {
	ARCHIVE("gzip", 0, "\x1f\x8b\x08"),
	ARCHIVE("xz", 0, "\xfd" "7zXZ\0"),
	ARCHIVE("zstd", 0, "\x28\xb5\x2f\xfd"),
	ARCHIVE("bzip2", 4, "1AY&SY"),
	ARCHIVE("lz4", 0, "\x04\x22\x4d\x18"),
	ARCHIVE("lzip", 0, "LZIP"),
	ARCHIVE("lzop", 0, "\x89LZO\0\r\n\x1a\n"),
	/* dictionaries of 256 KiB to 64 MiB, as xz -0 to -9 make */
	ARCHIVE("lzma", 0, "\x5d\0\0\x04\0"),
	ARCHIVE("lzma", 0, "\x5d\0\0\x10\0"),
	ARCHIVE("lzma", 0, "\x5d\0\0\x20\0"),
	ARCHIVE("lzma", 0, "\x5d\0\0\x40\0"),
	ARCHIVE("lzma", 0, "\x5d\0\0\x80\0"),
	ARCHIVE("lzma", 0, "\x5d\0\0\0\x01"),
	ARCHIVE("lzma", 0, "\x5d\0\0\0\x02"),
	ARCHIVE("lzma", 0, "\x5d\0\0\0\x04"),
	ARCHIVE("zip", 0, "PK\x03\x04"),
	ARCHIVE("zip", 0, "PK\x05\x06"),
	ARCHIVE("zip", 0, "PK\x07\x08"),
	ARCHIVE("7z", 0, "7z\xbc\xaf\x27\x1c"),
	ARCHIVE("rar", 0, "Rar!\x1a\x07"),
	ARCHIVE("tar", 257, "ustar"),
	ARCHIVE("cpio", 0, "070701"),
	ARCHIVE("cpio", 0, "070702"),
	ARCHIVE("cpio", 0, "070707"),
	ARCHIVE("ar", 0, "!<arch>\n"),
	ARCHIVE("qcow2", 0, "QFI\xfb"),
	ARCHIVE("qed", 0, "QED\0"),
	ARCHIVE("vmdk", 0, "KDMV"),
	ARCHIVE("vmdk", 0, "COWD"),
	ARCHIVE("vmdk", 0, "# Disk DescriptorFile"),
	ARCHIVE("vdi", 64, "\x7f\x10\xda\xbe"),
	ARCHIVE("vhdx", 0, "vhdxfile"),
	ARCHIVE("vhd", 0, "conectix"),
	ARCHIVE("parallels", 0, "WithoutFreeSpace"),
	ARCHIVE("parallels", 0, "WithouFreSpacExt"),
	ARCHIVE("simg", 0, "\x3a\xff\x26\xed"),
	ARCHIVE("ewf", 0, "EVF\x09\x0d\x0a\xff\0"),
	ARCHIVE("wim", 0, "MSWIM\0\0\0"),
};

uint64_t probe_size(const struct probe *p)
{
	return p->src->size;
}

const unsigned char *probe_bytes(struct probe *p, uint64_t off, size_t len)
{
	if (p->rc != I2N_OK || len > PROBE_BYTES_MAX || !i2n_range_ok(off, len, p->src->size))
		return NULL;
	if (i2n_range_ok(off, len, p->head_len))
		return p->head + off;
	p->rc = i2n_source_pread(p->src, p->scratch, len, off, p->err);
	return p->rc == I2N_OK ? p->scratch : NULL;
}

void fstype_label(struct i2n_fstype *ret, const void *bytes, size_t len)
{
	const char *s = bytes, *nul = memchr(s, '\0', len);

	if (nul)
		len = (size_t)(nul - s);
	while (len && isspace((unsigned char)s[len - 1]))
		len--;
	if (len >= sizeof(ret->label))
		len = sizeof(ret->label) - 1;
	memcpy(ret->label, s, len);
	ret->label[len] = '\0';
}

static size_t put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

void fstype_label_utf16(struct i2n_fstype *ret, const unsigned char *le16, size_t units)
{
	char text[sizeof(ret->label)];
	size_t i, o = 0;

	for (i = 0; i < units && o + 4 < sizeof(text); i++) {
		uint32_t c = i2n_le16(le16 + 2 * i), low;

		if (!c)
			break;
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < units) {
			low = i2n_le16(le16 + 2 * (i + 1));
			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i++;
			}
		}
		o += put_utf8(text + o, c);
	}
	fstype_label(ret, text, o);
}

void fstype_uuid(struct i2n_fstype *ret, const unsigned char u[16])
{
	static const unsigned char zero[16];

	ret->uuid[0] = '\0';
	if (memcmp(u, zero, sizeof(zero)))
		(void)snprintf(
			ret->uuid, sizeof(ret->uuid), /* 36 characters always */
			"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
			u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
			u[12], u[13], u[14], u[15]);
}

static void set_type(struct i2n_fstype *ret, enum i2n_fskind kind, const char *type)
{
	ret->kind = kind;
	(void)snprintf(ret->type, sizeof(ret->type), "%s", type);	/* our own words all fit */
}

static bool match_row(struct probe *p, const struct fsmagic *row, struct i2n_fstype *ret)
{
	const unsigned char *b = probe_bytes(p, row->off, row->len);

	if (!b || memcmp(b, row->magic, row->len))
		return false;
	*ret = (struct i2n_fstype){ 0 };
	set_type(ret, row->kind, row->type);
	return !row->decode || row->decode(p, row->sb, ret);
}

static bool match_table(struct probe *p, const struct fsmagic *rows, size_t n,
			struct i2n_fstype *ret)
{
	size_t i;

	for (i = 0; i < n && p->rc == I2N_OK; i++) {
		if (match_row(p, &rows[i], ret))
			return true;
	}
	return false;
}

static bool match_probe(struct probe *p, bool (*probe)(struct probe *p, struct i2n_fstype *ret),
			enum i2n_fskind kind, const char *type, struct i2n_fstype *ret)
{
	*ret = (struct i2n_fstype){ 0 };
	set_type(ret, kind, type);
	return p->rc == I2N_OK && probe(p, ret);
}

static bool is_zero(const unsigned char *b, size_t len)
{
	return !len || (!b[0] && !memcmp(b, b + 1, len - 1));
}

/* Nothing at the front and nothing at the end; of a stream the end is not waited for. */
static bool is_empty(struct probe *p)
{
	uint64_t size = p->src->size;
	size_t tail = size < TAIL_MAX ? (size_t)size : TAIL_MAX;
	const unsigned char *b;

	if (!is_zero(p->head, p->head_len))
		return false;
	if (p->src->is_stream)
		return true;
	b = probe_bytes(p, size - tail, tail);
	return b && is_zero(b, tail);
}

/* Apple's UDIF: its only magic is in the last sector, and it may begin like a bzip2 file. */
static bool probe_dmg(struct probe *p, struct i2n_fstype *ret)
{
	const unsigned char *b;

	(void)ret;
	if (p->src->is_stream || p->src->size < 512)
		return false;
	b = probe_bytes(p, p->src->size - 512, 12);
	return b && !memcmp(b, "koly\0\0\0\4\0\0\2", 12);
}

#define MATCH(rows) match_table(p, rows, sizeof(rows) / sizeof(rows[0]), ret)

static void probe_all(struct probe *p, struct i2n_fstype *ret)
{
	/* the end of a stream is not waited for: one half of a mirror has all of its content */
	if (!p->src->is_stream &&
	    match_probe(p, probe_md_at_end, I2N_FS_CONTAINER, "linux_raid_member", ret))
		return;
	if (MATCH(holders))
		return;
	if (match_probe(p, probe_udf, I2N_FS_OTHER, "udf", ret) || MATCH(file_systems))
		return;
	if (match_probe(p, probe_zfs, I2N_FS_CONTAINER, "zfs_member", ret) ||
	    match_probe(p, probe_dmg, I2N_FS_ARCHIVE, "dmg", ret) || MATCH(archives))
		return;
	*ret = (struct i2n_fstype){ .kind = I2N_FS_UNKNOWN };
	if (is_empty(p))
		ret->kind = I2N_FS_EMPTY;
}

int i2n_fstype_probe(struct i2n_source *src, struct i2n_fstype *ret, struct i2n_err *err)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct i2n_fstype found = { 0 };
	int rc;

	if (!p)
		return i2n_err_nomem(err);
	*p = (struct probe){ .src = src, .err = err };
	p->head_len = src->size < HEAD_MAX ? (size_t)src->size : HEAD_MAX;
	p->head = malloc(p->head_len ? p->head_len : 1);
	if (!p->head) {
		rc = i2n_err_nomem(err);
		goto out;
	}
	p->rc = i2n_source_pread(src, p->head, p->head_len, 0, err);
	if (p->rc == I2N_OK)
		probe_all(p, &found);
	rc = p->rc;
	if (rc == I2N_OK)
		*ret = found;
out:
	free(p->head);
	free(p);
	return rc;
}
