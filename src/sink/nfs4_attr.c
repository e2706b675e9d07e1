#include "nfs4_attr.h"

#include <stdio.h>

#define BIT(n) (UINT64_C(1) << (n))

/* Without these an object cannot be judged. */
#define NEEDED \
	(BIT(FATTR4_TYPE) | BIT(FATTR4_SIZE) | BIT(FATTR4_FSID) | BIT(FATTR4_FILEID) | \
	 BIT(FATTR4_MODE) | BIT(FATTR4_NUMLINKS) | BIT(FATTR4_OWNER) | BIT(FATTR4_OWNER_GROUP) | \
	 BIT(FATTR4_TIME_ACCESS) | BIT(FATTR4_TIME_METADATA) | BIT(FATTR4_TIME_MODIFY))
#define WELCOME (BIT(FATTR4_RAWDEV) | BIT(FATTR4_SPACE_USED))

#define WORDS(mask) { (uint32_t)((mask) & 0xffffffffu), (uint32_t)((mask) >> 32) }

bitmap4 nfs4_attrs_wanted(enum nfs4_wanted what)
{
	static const uint32_t masks[][2] = {
		[NFS4_OF_OBJECT] = WORDS(NEEDED | WELCOME),
		[NFS4_OF_ENTRY] = WORDS(NEEDED | WELCOME | BIT(FATTR4_FILEHANDLE) |
					BIT(FATTR4_RDATTR_ERROR)),
		[NFS4_OF_LIMITS] = WORDS(BIT(FATTR4_LEASE_TIME) | BIT(FATTR4_MAXFILESIZE) |
					 BIT(FATTR4_MAXREAD) | BIT(FATTR4_MAXWRITE) |
					 BIT(FATTR4_TIME_DELTA)),
		[NFS4_OF_SPACE] = WORDS(BIT(FATTR4_FILES_AVAIL) | BIT(FATTR4_FILES_FREE) |
					BIT(FATTR4_FILES_TOTAL) | BIT(FATTR4_SPACE_AVAIL) |
					BIT(FATTR4_SPACE_FREE) | BIT(FATTR4_SPACE_TOTAL)),
		[NFS4_OF_TYPE] = WORDS(BIT(FATTR4_TYPE)),
	};

	/* libnfs wants no const and only reads it */
	return (bitmap4){ .bitmap4_len = 2, .bitmap4_val = (uint32_t *)(uintptr_t)masks[what] };
}

/* --- taking apart --- */

struct in {
	const unsigned char *at;
	size_t left;
	bool bad;
};

static uint32_t get32(struct in *in)
{
	const unsigned char *p = in->at;

	if (in->left < 4) {
		in->bad = true;
		return 0;
	}
	in->at += 4;
	in->left -= 4;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t get64(struct in *in)
{
	uint64_t high = get32(in);

	return high << 32 | get32(in);
}

/* Variable length, padded to words. NULL: bad. */
static const unsigned char *get_bytes(struct in *in, uint32_t *ret_len)
{
	const unsigned char *p;
	size_t padded;

	*ret_len = get32(in);
	if (in->bad || *ret_len > in->left || in->left - *ret_len < -*ret_len % 4) {
		in->bad = true;
		return NULL;
	}
	padded = *ret_len + -*ret_len % 4;
	p = in->at;
	in->at += padded;
	in->left -= padded;
	return p;
}

static nfstime3 get_time(struct in *in)
{
	uint64_t sec = get64(in);	/* signed */
	uint32_t nsec = get32(in);

	if (sec >> 63)
		return (nfstime3){ 0, 0 };
	if (sec > UINT32_MAX)
		return (nfstime3){ UINT32_MAX, 999999999 };
	return (nfstime3){ (uint32_t)sec, nsec };
}

/* A decimal number; a server that maps ids gives "name@domain". */
static uint32_t get_owner(struct in *in, bool *named)
{
	uint32_t len;
	const unsigned char *s = get_bytes(in, &len);
	uint64_t id = 0;

	if (!s || !len || len > 10)
		*named = true;
	for (uint32_t i = 0; i < len && !*named; i++) {
		if (s[i] < '0' || s[i] > '9')
			*named = true;
		else
			id = id * 10 + (uint64_t)(s[i] - '0');
	}
	if (id > UINT32_MAX)
		*named = true;
	return *named ? UINT32_MAX : (uint32_t)id;
}

static void get_fh(struct in *in, struct nfs4_attrs *ret)
{
	uint32_t len;
	const unsigned char *p = get_bytes(in, &len);

	ret->has_fh = p && nfs3_fh_take(&ret->fh, len, p);
}

static void get_one(struct in *in, unsigned bit, struct nfs4_attrs *ret)
{
	switch (bit) {
	case FATTR4_TYPE:
		ret->obj.type = (ftype3)get32(in);	/* 1 to 7 are those of NFSv3 */
		break;
	case FATTR4_SIZE:
		ret->obj.size = get64(in);
		break;
	case FATTR4_FSID:
		ret->obj.fsid = get64(in);
		ret->obj.fsid ^= get64(in) << 32;
		break;
	case FATTR4_LEASE_TIME:
		ret->lease_s = get32(in);
		break;
	case FATTR4_RDATTR_ERROR:
		ret->error = get32(in);
		break;
	case FATTR4_FILEHANDLE:
		get_fh(in, ret);
		break;
	case FATTR4_FILEID:
		ret->obj.fileid = get64(in);
		break;
	case FATTR4_FILES_AVAIL:
		ret->files_avail = get64(in);
		break;
	case FATTR4_FILES_FREE:
		ret->files_free = get64(in);
		break;
	case FATTR4_FILES_TOTAL:
		ret->files_total = get64(in);
		break;
	case FATTR4_MAXFILESIZE:
		ret->max_file = get64(in);
		break;
	case FATTR4_MAXREAD:
		ret->max_read = get64(in);
		break;
	case FATTR4_MAXWRITE:
		ret->max_write = get64(in);
		break;
	case FATTR4_MODE:
		ret->obj.mode = get32(in);
		break;
	case FATTR4_NUMLINKS:
		ret->obj.nlink = get32(in);
		break;
	case FATTR4_OWNER:
		ret->obj.uid = get_owner(in, &ret->named);
		break;
	case FATTR4_OWNER_GROUP:
		ret->obj.gid = get_owner(in, &ret->named);
		break;
	case FATTR4_RAWDEV:
		ret->obj.rdev.specdata1 = get32(in);
		ret->obj.rdev.specdata2 = get32(in);
		break;
	case FATTR4_SPACE_AVAIL:
		ret->space_avail = get64(in);
		break;
	case FATTR4_SPACE_FREE:
		ret->space_free = get64(in);
		break;
	case FATTR4_SPACE_TOTAL:
		ret->space_total = get64(in);
		break;
	case FATTR4_SPACE_USED:
		ret->obj.used = get64(in);
		break;
	case FATTR4_TIME_ACCESS:
		ret->obj.atime = get_time(in);
		break;
	case FATTR4_TIME_DELTA:
		ret->delta = get_time(in);
		break;
	case FATTR4_TIME_METADATA:
		ret->obj.ctime = get_time(in);
		break;
	case FATTR4_TIME_MODIFY:
		ret->obj.mtime = get_time(in);
		break;
	default:
		in->bad = true;	/* its length is unknown */
		break;
	}
}

bool nfs4_attrs_take(struct nfs4_attrs *ret, const fattr4 *f)
{
	struct in in = { .at = (const unsigned char *)f->attr_vals.attrlist4_val,
			 .left = f->attr_vals.attrlist4_len };
	uint64_t mask = 0;

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < f->attrmask.bitmap4_len; i++) {
		uint32_t word;

		memcpy(&word, (const char *)f->attrmask.bitmap4_val + i * sizeof(word),
		       sizeof(word));
		if (i < 2)
			mask |= (uint64_t)word << 32 * i;
		else if (word)
			return false;
	}
	for (unsigned bit = 0; bit < 64 && !in.bad; bit++)
		if (mask & BIT(bit))
			get_one(&in, bit, ret);
	if (!(mask & BIT(FATTR4_SPACE_USED)))
		ret->obj.used = ret->obj.size;
	ret->has_obj = !in.bad && (mask & NEEDED) == NEEDED && !ret->named;
	return !in.bad;
}

/* --- putting together --- */

struct out {
	struct nfs4_attr_buf *buf;
	size_t n;
};

static void put32(struct out *out, uint32_t v)
{
	unsigned char *p = out->buf->bytes + out->n;

	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
	out->n += 4;
}

static void put_bit(struct out *out, unsigned bit)
{
	out->buf->mask[bit / 32] |= UINT32_C(1) << bit % 32;
}

static void put_owner(struct out *out, unsigned bit, uint32_t id)
{
	char text[12];
	int len = snprintf(text, sizeof(text), "%u", (unsigned)id);

	put_bit(out, bit);
	put32(out, (uint32_t)len);
	memset(out->buf->bytes + out->n, 0, 12);
	memcpy(out->buf->bytes + out->n, text, (size_t)len);
	out->n += ((size_t)len + 3) & ~(size_t)3;
}

static void put_time(struct out *out, unsigned bit, time_how how, const nfstime3 *t)
{
	if (how == DONT_CHANGE)
		return;
	put_bit(out, bit);
	put32(out, how == SET_TO_CLIENT_TIME ? SET_TO_CLIENT_TIME4 : SET_TO_SERVER_TIME4);
	if (how != SET_TO_CLIENT_TIME)
		return;
	put32(out, 0);
	put32(out, t->seconds);
	put32(out, t->nseconds);
}

static fattr4 put_end(const struct out *out)
{
	return (fattr4){ .attrmask = { .bitmap4_len = 2, .bitmap4_val = out->buf->mask },
			 .attr_vals = { .attrlist4_len = (u_int)out->n,
					.attrlist4_val = (char *)out->buf->bytes } };
}

/* At most 8 + 4 + 16 + 16 + 16 + 16 bytes, in the order of the numbers. */
fattr4 nfs4_attrs_put(struct nfs4_attr_buf *buf, const sattr3 *a)
{
	struct out out = { .buf = buf };

	memset(buf->mask, 0, sizeof(buf->mask));
	if (a->size.set_it) {
		put_bit(&out, FATTR4_SIZE);
		put32(&out, (uint32_t)(a->size.set_size3_u.size >> 32));
		put32(&out, (uint32_t)a->size.set_size3_u.size);
	}
	if (a->mode.set_it) {
		put_bit(&out, FATTR4_MODE);
		put32(&out, a->mode.set_mode3_u.mode);
	}
	if (a->uid.set_it)
		put_owner(&out, FATTR4_OWNER, a->uid.set_uid3_u.uid);
	if (a->gid.set_it)
		put_owner(&out, FATTR4_OWNER_GROUP, a->gid.set_gid3_u.gid);
	put_time(&out, FATTR4_TIME_ACCESS_SET, a->atime.set_it, &a->atime.set_atime_u.atime);
	put_time(&out, FATTR4_TIME_MODIFY_SET, a->mtime.set_it, &a->mtime.set_mtime_u.mtime);
	return put_end(&out);
}

fattr4 nfs4_attrs_put_dir(struct nfs4_attr_buf *buf)
{
	struct out out = { .buf = buf };

	memset(buf->mask, 0, sizeof(buf->mask));
	put_bit(&out, FATTR4_TYPE);
	put32(&out, NF4DIR);
	return put_end(&out);
}
