/* compound.h - the COMPOUNDs of NFSv4.0 (RFC 7530), as far as img2nfs sends them, for a proxy that
 * has to find and change single operations in them.
 *
 * Offsets are into an RPC message without its record mark. */
#ifndef COMPOUND_H
#define COMPOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
	OP_COMMIT = 5, OP_CREATE = 6, OP_GETATTR = 9, OP_LINK = 11, OP_LOOKUP = 15, OP_OPEN = 18,
	OP_PUTFH = 22, OP_READ = 25, OP_READDIR = 26, OP_READLINK = 27, OP_REMOVE = 28,
	OP_RENAME = 29, OP_SAVEFH = 32, OP_SETATTR = 34, OP_SETCLIENTID = 35, OP_VERIFY = 37,
	OP_WRITE = 38, OP_LAST = OP_WRITE
};

/* What arguments and results are made of: a digit so many words, 'o' opaque, 'b' bitmap, 'a'
 * attributes, 'c' the kind of a CREATE, 'h' how to open, 'x' not to be taken apart. */
static const char *const compound_shape[OP_LAST + 1][2] = {
	[3] = { "1", "2" },	/* ACCESS */
	[4] = { "5", "4" },	/* CLOSE */
	[OP_COMMIT] = { "3", "2" },
	[OP_CREATE] = { "coa", "5b" },
	[OP_GETATTR] = { "b", "a" },
	[10] = { "", "o" },	/* GETFH */
	[OP_LINK] = { "o", "5" },
	[OP_LOOKUP] = { "o", "" },
	[17] = { "a", "" },	/* NVERIFY */
	[OP_OPEN] = { "32oh1o", "451b1" },
	[20] = { "5", "4" },	/* OPEN_CONFIRM */
	[OP_PUTFH] = { "o", "" },
	[24] = { "", "" },	/* PUTROOTFH */
	[OP_READ] = { "7", "1o" },
	[OP_READDIR] = { "6b", "x" },
	[OP_READLINK] = { "", "o" },
	[OP_REMOVE] = { "o", "5" },
	[OP_RENAME] = { "oo", "55" },
	[30] = { "2", "" },	/* RENEW */
	[OP_SAVEFH] = { "", "" },
	[OP_SETATTR] = { "4a", "b" },
	[OP_SETCLIENTID] = { "2o1oo1", "4" },
	[36] = { "4", "" },	/* SETCLIENTID_CONFIRM */
	[OP_VERIFY] = { "a", "" },
	[OP_WRITE] = { "43o", "4" },
};

#define COMPOUND_OPS 24

struct compound {
	unsigned n;
	size_t count_at;	/* where the number of operations is */
	struct {
		uint32_t op;
		size_t at;	/* where its number is; arguments, or the status, follow */
		size_t end;
	} ops[COMPOUND_OPS];
};

static uint32_t get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

/* Where what begins at `at` ends, or SIZE_MAX. */
static size_t compound_skip(const unsigned char *r, size_t len, size_t at, const char *shape)
{
	for (; *shape && at <= len; shape++) {
		uint32_t word = len - at >= 4 ? get32(r + at) : 0;

		if (*shape >= '1' && *shape <= '9')
			at += 4 * (size_t)(*shape - '0');
		else if (*shape == 'o')
			at += 4 + (((size_t)word + 3) & ~(size_t)3);
		else if (*shape == 'b')
			at += 4 + 4 * (size_t)word;
		else if (*shape == 'a')
			at = compound_skip(r, len, at, "bo");
		else if (*shape == 'c')
			at = compound_skip(r, len, at,
					   word == 5 ? "1o" : word == 3 || word == 4 ? "3" : "1");
		else if (*shape == 'h')
			at = compound_skip(r, len, at, word ? "2a" : "1");
		else
			return len;
	}
	return at <= len ? at : SIZE_MAX;
}

static bool compound_walk(const unsigned char *r, size_t len, size_t at, bool reply,
			  struct compound *ret)
{
	uint32_t n;

	at = compound_skip(r, len, at, reply ? "1o" : "o1");	/* status, tag; tag, version */
	if (at > len || len - at < 4)
		return false;
	ret->count_at = at;
	n = get32(r + at);
	at += 4;
	for (ret->n = 0; ret->n < n && ret->n < COMPOUND_OPS; ret->n++) {
		uint32_t op = len - at >= 8 || !reply ? get32(r + at) : 0;
		const char *shape = op <= OP_LAST ? compound_shape[op][reply] : NULL;
		size_t from = at + (reply ? 8 : 4);

		if (!shape || from > len)
			return false;
		ret->ops[ret->n].op = op;
		ret->ops[ret->n].at = at;
		if (reply && get32(r + at + 4))	/* SETATTR says even then what it set */
			shape = op == OP_SETATTR ? "b" : "";
		at = compound_skip(r, len, from, shape);
		ret->ops[ret->n].end = at;
		if (at > len)
			return false;
	}
	return ret->n == n;
}

/* Index of the first of these operations, or -1. */
static int compound_find(const struct compound *c, uint32_t op)
{
	for (unsigned i = 0; i < c->n; i++)
		if (c->ops[i].op == op)
			return (int)i;
	return -1;
}

/* The procedure of NFSv3 that does the same. 0: none. */
static uint32_t compound_proc(const struct compound *c, const unsigned char *r)
{
	static const struct { uint32_t op, proc; } by[] = {
		{ OP_OPEN, 8 }, { OP_CREATE, 11 }, { OP_LINK, 15 }, { OP_RENAME, 14 },
		{ OP_REMOVE, 12 }, { OP_WRITE, 7 }, { OP_COMMIT, 21 }, { OP_READ, 6 },
		{ OP_READDIR, 17 }, { OP_READLINK, 5 }, { OP_SETATTR, 2 }, { OP_LOOKUP, 3 },
		{ OP_GETATTR, 1 },
	};
	uint32_t type;

	for (unsigned i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		int k = compound_find(c, by[i].op);

		if (k < 0)
			continue;
		if (by[i].op == OP_REMOVE)
			return compound_find(c, OP_VERIFY) >= 0 ? 13 : 12;
		if (by[i].op != OP_CREATE)
			return by[i].proc;
		type = get32(r + c->ops[k].at + 4);
		return type == 2 ? 9 : type == 5 ? 10 : 11;
	}
	return 0;
}

/* The operation that is the heart of this procedure of NFSv3. */
static uint32_t compound_op_of(uint32_t proc)
{
	static const uint32_t ops[22] = {
		[1] = OP_GETATTR, [2] = OP_SETATTR, [3] = OP_LOOKUP, [5] = OP_READLINK,
		[6] = OP_READ, [7] = OP_WRITE, [8] = OP_OPEN, [9] = OP_CREATE, [10] = OP_CREATE,
		[11] = OP_CREATE, [12] = OP_REMOVE, [13] = OP_REMOVE, [14] = OP_RENAME,
		[15] = OP_LINK, [17] = OP_READDIR, [21] = OP_COMMIT,
	};

	return proc < 22 ? ops[proc] : 0;
}

/* Halve the data of its WRITE, which is at ops[i]. mark: the record, with its mark. */
static void compound_shorten(const struct compound *c, int i, unsigned char *mark, size_t *len)
{
	unsigned char *data = mark + 4 + c->ops[i].at + 32, *end = mark + 4 + c->ops[i].end;
	uint32_t half = get32(data) / 2;
	size_t gone;

	if (!half)
		return;
	gone = (size_t)(end - data) - 4 - ((half + 3) & ~3u);
	put32(data, half);
	memset(data + 4 + half, 0, (4 - half % 4) % 4);
	memmove(end - gone, end, *len - (size_t)(end - mark));
	*len -= gone;
	put32(mark, 0x80000000u | (uint32_t)(*len - 4));
}

/* The write verifier in a reply becomes another one. */
static void compound_change_verifier(unsigned char *r, size_t len, uint64_t epoch)
{
	struct compound c;
	int i;

	if (!compound_walk(r, len, 24, true, &c))
		return;
	i = compound_find(&c, OP_WRITE);
	i = i < 0 ? compound_find(&c, OP_COMMIT) : i;
	if (i >= 0 && !get32(r + c.ops[i].at + 4))
		r[c.ops[i].end - 8] ^= (unsigned char)epoch;
}

/* Cut a call off before ops[i]. */
static void compound_cut(const struct compound *c, int i, unsigned char *mark, size_t *len)
{
	put32(mark + 4 + c->count_at, (uint32_t)i);
	*len = 4 + c->ops[i].at;
	put32(mark, 0x80000000u | (uint32_t)(*len - 4));
}

/* The reply to it, as if this operation had come next and failed. out has room for len + 12. */
static size_t compound_fail(const unsigned char *mark, size_t len, uint32_t op, uint32_t status,
			    unsigned char *out)
{
	struct compound c;

	memcpy(out, mark, len);
	if (!compound_walk(out + 4, len - 4, 24, true, &c) || get32(out + 4 + 24))
		return len;
	put32(out + 4 + 24, status);
	put32(out + 4 + c.count_at, c.n + 1);
	put32(out + len, op);
	put32(out + len + 4, status);
	len += 8;
	if (op == OP_SETATTR) {	/* tells even then what it set */
		put32(out + len, 0);
		len += 4;
	}
	put32(out, 0x80000000u | (uint32_t)(len - 4));
	return len;
}

/* The reply to a COMPOUND whose first operation fails: servers do not take one without any. */
static size_t compound_fail_first(uint32_t xid, uint32_t op, uint32_t status, unsigned char out[56])
{
	/* CLID_INUSE says who uses it: two strings */
	size_t len = status == 10017 ? 56 : 48;

	memset(out, 0, len);
	put32(out, 0x80000000u | (uint32_t)(len - 4));
	put32(out + 4, xid);
	put32(out + 8, 1);
	put32(out + 28, status);
	put32(out + 36, 1);
	put32(out + 40, op);
	put32(out + 44, status);
	return len;
}

/* A COMPOUND gets a number that NFSv3 does not have; 23: there is an open-owner of img2nfs' in it,
 * 16 digits and most of them zero. */
static uint32_t compound_number(const unsigned char *r, size_t len)
{
	if (get32(r + 16) != 4 || !get32(r + 20))
		return get32(r + 20);
	return memmem(r, len, "\0\0\0\x10" "00000000", 12) ? 23 : 22;
}

#endif
