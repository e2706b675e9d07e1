/* nfs3_record.h - change calls and replies of NFSv3 (RFC 1813) on their way through a proxy.
 *
 * mark: a record with its mark; r, and offsets: without it. */
#ifndef NFS3_RECORD_H
#define NFS3_RECORD_H

#include "compound.h"

/* Where the arguments of a call begin, after credentials and verifier; 0: not to be understood. */
static size_t args_at(const unsigned char *r, size_t len)
{
	size_t at = 24;

	for (int i = 0; i < 2; i++) {
		if (len < at + 8)
			return 0;
		at += 8 + ((get32(r + at + 4) + 3) & ~3u);
	}
	return at <= len ? at : 0;
}

/* The count in the arguments of a WRITE, which follows the file handle and the offset. */
static uint32_t write_count(const unsigned char *r, size_t at)
{
	return get32(r + at + 4 + ((get32(r + at) + 3) & ~3u) + 8);
}

/* Halve the data of a WRITE: file handle, offset, count, stable, data. */
static void shorten_write(unsigned char *mark, size_t *len, size_t at)
{
	unsigned char *r = mark + 4, *p = r + at + 4 + ((get32(r + at) + 3) & ~3u);
	uint32_t count = get32(p + 8), half = count / 2;

	if (count < 2)
		return;
	put32(p + 8, half);
	put32(p + 16, half);
	*len = (size_t)(p + 20 - mark) + ((half + 3) & ~3u);
	memset(p + 20 + half, 0, (4 - half % 4) % 4);
	put32(mark, 0x80000000u | (uint32_t)(*len - 4));
}

/* Skip optional attributes: pre-operation ones have 24 bytes, others 84. */
static size_t skip_opt(const unsigned char *r, size_t at, size_t size)
{
	return at + 4 + (get32(r + at) ? size : 0);
}

/* Of a WRITE (7) or COMMIT. */
static void change_verifier(unsigned char *r, size_t len, uint32_t proc, uint64_t epoch)
{
	size_t at = 28;

	if (len < at || get32(r + 24) || (proc != 7 && proc != 21))
		return;
	at = skip_opt(r, at, 24);
	at = skip_opt(r, at, 84);
	if (proc == 7)
		at += 8;	/* count, committed */
	if (at + 8 <= len)
		r[at] ^= (unsigned char)epoch;
}

/* CREATE, SYMLINK, MKNOD, MKDIR: absent handle, absent attributes; SETATTR: absent ones. */
static void strip_attrs(unsigned char *mark, size_t *len, uint32_t proc)
{
	unsigned char *r = mark + 4;

	if (get32(r + 24))
		return;
	memset(r + 28, 0, 16);
	*len = 4 + 28 + (proc == 2 ? 8 : 16);
	put32(mark, 0x80000000u | (uint32_t)(*len - 4));
}

#endif
