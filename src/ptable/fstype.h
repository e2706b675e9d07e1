/* fstype.h - between the driver of the magic probing (fstype.c) and the decoders of labels and
 * UUIDs.
 *
 * Ownership: pointers that probe_bytes() returns are valid until the next call.
 * Trust:     all bytes are hostile; decoders check before they believe, and change *ret only.
 * Source:    the formats' own documents; words and label rules as libblkid 2.38 prints them. */
#ifndef FSTYPE_H
#define FSTYPE_H

#include "img2nfs/ptable.h"

#include <stdbool.h>

struct probe;

/* One magic number. A row matches when the bytes are there and `decode` (may be NULL) agrees. */
struct fsmagic {
	const char *type;
	enum i2n_fskind kind;
	uint32_t off;
	uint8_t len;
	const char *magic;
	/* sb: see `sb` below */
	bool (*decode)(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
	uint32_t sb;		/* where the superblock starts, handed to decode */
};

/* len bytes at off, or NULL where they lie outside of the source or cannot be read (p->rc keeps the
 * failure). len <= PROBE_BYTES_MAX. */
#define PROBE_BYTES_MAX 65536u
const unsigned char *probe_bytes(struct probe *p, uint64_t off, size_t len);
uint64_t probe_size(const struct probe *p);

/* Fill ret->label / ret->uuid as blkid does: cut at NUL, without trailing blanks; an all-zero UUID
 * is none. */
void fstype_label(struct i2n_fstype *ret, const void *bytes, size_t len);
void fstype_label_utf16(struct i2n_fstype *ret, const unsigned char *le16, size_t units);
void fstype_uuid(struct i2n_fstype *ret, const unsigned char uuid[16]);

/* fstype_dosfs.c */
bool decode_vfat(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_exfat(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_ntfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);

/* fstype_container.c */
bool decode_md1(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_luks(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_lvm2(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_bcache(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool probe_md_at_end(struct probe *p, struct i2n_fstype *ret);
bool probe_zfs(struct probe *p, struct i2n_fstype *ret);

/* fstype_unix.c */
bool decode_ext(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_xfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_btrfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_squashfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_f2fs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_erofs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_jfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_reiserfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_ubifs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_ubi(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_cramfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_romfs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_iso9660(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_swap(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_bcachefs(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool decode_nilfs2(struct probe *p, uint64_t sb, struct i2n_fstype *ret);
bool probe_udf(struct probe *p, struct i2n_fstype *ret);

#endif
