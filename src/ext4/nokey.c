#include "ext4.h"
#include "sha256.h"

#include <string.h>

/* Names in encrypted directories are cipher text; without the key the kernel shows base64url of the
 * hash that the directory index has for it, of the first 149 bytes and of a digest of the rest.
 * Source: kernel, fs/crypto/fname.c, struct fscrypt_nokey_name. */

#define CIPHER_MIN 16
#define HASH_LEN 8
#define BYTES_LEN 149

static size_t encode(const unsigned char *in, size_t len, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned bits = 0, n = 0;
	size_t i, o = 0;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (n += 8; n >= 6; n -= 6)
			out[o++] = digits[bits >> (n - 6) & 63];
		bits &= (1u << n) - 1;
	}
	if (n)
		out[o++] = digits[bits << (6 - n) & 63];
	return o;
}

static void put_le32(unsigned char *p, uint32_t v)
{
	p[0] = v & 255;
	p[1] = v >> 8 & 255;
	p[2] = v >> 16 & 255;
	p[3] = v >> 24;
}

/* With the feature dir_index all directories are listed by hash, indexed or not; else the hash
 * shown is zero. */
static void put_hash(const struct i2n_fs *fs, const void *cipher, size_t len, unsigned char *ret)
{
	const struct ext2_super_block *sb = fs->e2->super;
	int version = sb->s_def_hash_version;
	ext2_dirhash_t hash, minor;

	if (!(fs->sb.compat & COMPAT_DIR_INDEX))
		return;
	if (version <= EXT2_HASH_TEA && sb->s_flags & EXT2_FLAGS_UNSIGNED_HASH)
		version += EXT2_HASH_LEGACY_UNSIGNED - EXT2_HASH_LEGACY;
	if (ext2fs_dirhash(version, cipher, (int)len, sb->s_hash_seed, &hash, &minor))
		return;
	put_le32(ret, hash);
	put_le32(ret + 4, minor);
}

size_t ext4_nokey_name(const struct i2n_fs *fs, const void *cipher, size_t len,
		       char buf[I2N_NAME_MAX])
{
	unsigned char raw[HASH_LEN + BYTES_LEN + SHA256_LEN] = { 0 };
	const unsigned char *p = cipher;

	if (len < CIPHER_MIN)
		return 0;
	put_hash(fs, cipher, len, raw);
	if (len <= BYTES_LEN) {
		memcpy(raw + HASH_LEN, p, len);
		return encode(raw, HASH_LEN + len, buf);
	}
	memcpy(raw + HASH_LEN, p, BYTES_LEN);
	ext4_sha256(p + BYTES_LEN, len - BYTES_LEN, raw + HASH_LEN + BYTES_LEN);
	return encode(raw, sizeof(raw), buf);
}
