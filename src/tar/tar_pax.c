#include "tar_pax.h"

#include "img2nfs/name.h"
#include "img2nfs/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields of a ustar header: offset and length. */
#define F_NAME 0
#define F_MODE 100
#define F_UID 108
#define F_GID 116
#define F_SIZE 124
#define F_MTIME 136
#define F_SUM 148
#define F_TYPE 156
#define F_LINK 157
#define F_MAGIC 257
#define F_MAJOR 329
#define F_MINOR 337
#define F_PREFIX 345
#define NAME_LEN 100u
#define PREFIX_LEN 155u
#define ID_MAX 07777777u
#define SIZE_MAX_OCTAL UINT64_C(077777777777)

void tar_buf_add(struct tar_buf *b, const void *bytes, size_t len)
{
	if (len > b->cap - b->len && !b->failed) {
		size_t cap = b->cap * 2 > b->len + len ? b->cap * 2 : b->len + len;
		unsigned char *more = realloc(b->bytes, cap);

		b->failed = !more;
		if (more) {
			b->bytes = more;
			b->cap = cap;
		}
	}
	if (b->failed || !len)
		return;
	memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

void tar_buf_release(struct tar_buf *b)
{
	free(b->bytes);
	*b = (struct tar_buf){ 0 };
}

static void pad(struct tar_buf *b, uint64_t len)
{
	static const unsigned char zeros[TAR_BLOCK];

	tar_buf_add(b, zeros, tar_padding(len));
}

static size_t digits(size_t n)
{
	size_t count = 1;

	while (n /= 10)
		count++;
	return count;
}

/* The number in front counts itself. */
void tar_record(struct tar_buf *b, const char *key, const void *value, size_t len)
{
	size_t rest = strlen(key) + len + 3, total = rest + digits(rest);
	char front[32];

	total = rest + digits(total);
	/* fits always */
	tar_buf_add(b, front, (size_t)snprintf(front, sizeof(front), "%zu ", total));
	tar_buf_add(b, key, strlen(key));
	tar_buf_add(b, "=", 1);
	tar_buf_add(b, value, len);
	tar_buf_add(b, "\n", 1);
}

static void record_number(struct tar_buf *b, const char *key, uint64_t v)
{
	char text[24];

	/* fits always */
	tar_record(b, key, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, v));
}

/* -1.5 is one and a half second before 1970: a decimal fraction, as POSIX has it and GNU tar reads
 * and writes it. libarchive takes the digits after the point as more, not less. */
static void record_time(struct tar_buf *b, const char *key, uint64_t packed)
{
	struct i2n_time t = i2n_time_unpack(packed);
	bool negative = t.sec < 0 && t.nsec;
	int64_t sec = negative ? t.sec + 1 : t.sec;
	uint32_t nsec = negative ? 1000000000u - t.nsec : t.nsec;
	char text[40];
	int n;

	/* fits always */
	n = snprintf(text, sizeof(text), "%s%" PRId64, negative && !sec ? "-" : "", sec);
	if (nsec)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ".%09" PRIu32, nsec);
	while (nsec && text[n - 1] == '0')
		n--;
	tar_record(b, key, text, (size_t)n);
}

/* --- ustar --- */

static void put_octal(unsigned char *field, unsigned n, uint64_t v)
{
	for (field += n - 1; n-- > 1; v >>= 3)
		*--field = (unsigned char)('0' + (v & 7));
}

/* Where to cut a path in two so that both halves fit, 0: it fits as it is, SIZE_MAX: nowhere. */
static size_t cut_of(const char *path, size_t len)
{
	if (len <= NAME_LEN)
		return 0;
	for (size_t i = len - 1 - NAME_LEN; i <= PREFIX_LEN && i + 1 < len; i++)
		if (i && path[i] == '/')
			return i;
	return SIZE_MAX;
}

static void put_path(unsigned char *block, const char *path, size_t len)
{
	size_t cut = cut_of(path, len), from = cut && cut != SIZE_MAX ? cut + 1 : 0;

	if (from)
		memcpy(block + F_PREFIX, path, cut);
	memcpy(block + F_NAME, path + from, len - from < NAME_LEN ? len - from : NAME_LEN);
}

/* Numbers that are too large are in records. */
static void put_numbers(unsigned char *block, const struct tar_head *h)
{
	struct i2n_time t = i2n_time_unpack(h->mtime);
	uint64_t sec = t.sec < 0 ? 0 : (uint64_t)t.sec;

	put_octal(block + F_MODE, 8, h->mode & 07777);
	put_octal(block + F_UID, 8, h->uid <= ID_MAX ? h->uid : 0);
	put_octal(block + F_GID, 8, h->gid <= ID_MAX ? h->gid : 0);
	put_octal(block + F_SIZE, 12, h->size <= SIZE_MAX_OCTAL ? h->size : 0);
	put_octal(block + F_MTIME, 12, sec);
	put_octal(block + F_MAJOR, 8, h->major);	/* 12 and 20 bits, on Linux */
	put_octal(block + F_MINOR, 8, h->minor);
}

static void put_ustar(struct tar_buf *b, const struct tar_head *h, char type)
{
	unsigned char block[TAR_BLOCK] = { 0 };
	unsigned sum = 0;

	put_path(block, h->path, h->path_len);
	put_numbers(block, h);
	block[F_TYPE] = (unsigned char)type;
	if (h->link)
		memcpy(block + F_LINK, h->link, h->link_len < NAME_LEN ? h->link_len : NAME_LEN);
	memcpy(block + F_MAGIC, "ustar\00000", 8);
	memset(block + F_SUM, ' ', 8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += block[i];
	put_octal(block + F_SUM, 7, sum);
	block[F_SUM + 6] = '\0';
	tar_buf_add(b, block, sizeof(block));
}

/* --- records --- */

static bool is_utf8_or_none(const char *text, size_t len)
{
	return !text || i2n_is_utf8(text, len);
}

static void put_names(struct tar_buf *b, const struct tar_head *h)
{
	bool long_path = h->is_sparse || cut_of(h->path, h->path_len) == SIZE_MAX,
	     long_link = h->link && h->link_len > NAME_LEN;

	/* what is not said so is UTF-8 in records */
	if ((long_path && !is_utf8_or_none(h->path, h->path_len)) ||
	    (long_link && !is_utf8_or_none(h->link, h->link_len)))
		tar_record(b, "hdrcharset", "BINARY", 6);
	if (long_path)
		tar_record(b, h->is_sparse ? "GNU.sparse.name" : "path", h->path, h->path_len);
	if (long_link)
		tar_record(b, "linkpath", h->link, h->link_len);
}

static void put_records(struct tar_buf *b, const struct tar_head *h)
{
	struct i2n_time mtime = i2n_time_unpack(h->mtime);

	if (h->is_sparse) {
		tar_record(b, "GNU.sparse.major", "1", 1);
		tar_record(b, "GNU.sparse.minor", "0", 1);
	}
	put_names(b, h);
	if (h->is_sparse)
		record_number(b, "GNU.sparse.realsize", h->real_size);
	if (h->size > SIZE_MAX_OCTAL)
		record_number(b, "size", h->size);
	if (h->uid > ID_MAX)
		record_number(b, "uid", h->uid);
	if (h->gid > ID_MAX)
		record_number(b, "gid", h->gid);
	if (mtime.nsec || mtime.sec < 0 || (uint64_t)mtime.sec > SIZE_MAX_OCTAL)
		record_time(b, "mtime", h->mtime);
	record_time(b, "atime", h->atime);
	if (h->records)
		tar_buf_add(b, h->records->bytes, h->records->len);
}

/* "./usr/PaxHeaders/ls" for "./usr/ls": for programs that take it for a file. */
static size_t odd_name(char buf[NAME_LEN], const char *dir, const struct tar_head *h)
{
	size_t end = h->path_len, from;
	int n;

	while (end > 1 && h->path[end - 1] == '/')
		end--;
	for (from = end; from && h->path[from - 1] != '/'; from--)
		;
	n = snprintf(buf, NAME_LEN, "./%s/%.*s", dir, (int)(end - from), h->path + from);
	return n < (int)NAME_LEN ? (size_t)n : NAME_LEN - 1;
}

void tar_head_put(struct tar_buf *b, const struct tar_head *h)
{
	struct tar_buf records = { 0 };
	struct tar_head own = *h;
	char name[NAME_LEN];

	put_records(&records, h);
	b->failed |= records.failed;
	if (records.len) {
		const struct tar_head x = { .path = name, .mode = 0644, .size = records.len,
					    .path_len = odd_name(name, "PaxHeaders", h),
					    .mtime = i2n_time_pack((struct i2n_time){ 0, 0 }) };

		put_ustar(b, &x, 'x');
		tar_buf_add(b, records.bytes, records.len);
		pad(b, records.len);
	}
	if (h->is_sparse) {
		own.path_len = odd_name(name, "GNUSparseFile.0", h);
		own.path = name;
	}
	put_ustar(b, &own, (char)h->type);
	tar_buf_release(&records);
}
