/* Attributes of NFSv4 as RFC 7530 and its XDR (RFC 7531) write them, by hand. */
#include "t.h"

#include "sink/nfs4_attr.h"

static const unsigned char set[] = {
	0, 0, 0, 1, 0, 0, 0, 2,			/* size 0x100000002 */
	0, 0, 0x0d, 0xed,			/* mode 06755 */
	0, 0, 0, 10, '4', '0', '0', '0', '0', '0', '0', '0', '0', '1', 0, 0,	/* owner */
	0, 0, 0, 1, '0', 0, 0, 0,		/* owner_group */
	0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 6,	/* time_access_set: client's 5.6 */
	0, 0, 0, 0,				/* time_modify_set: the server's */
};

static void test_put(void)
{
	struct nfs4_attr_buf buf;
	sattr3 a;
	fattr4 f;

	memset(&a, 0, sizeof(a));
	f = nfs4_attrs_put(&buf, &a);
	T_EQ(f.attrmask.bitmap4_val[0] | f.attrmask.bitmap4_val[1], 0);
	T_EQ(f.attr_vals.attrlist4_len, 0);
	a.size.set_it = a.mode.set_it = a.uid.set_it = a.gid.set_it = 1;
	a.size.set_size3_u.size = 0x100000002;
	a.mode.set_mode3_u.mode = 06755;
	a.uid.set_uid3_u.uid = 4000000001u;
	a.atime.set_it = SET_TO_CLIENT_TIME;
	a.atime.set_atime_u.atime = (nfstime3){ 5, 6 };
	a.mtime.set_it = SET_TO_SERVER_TIME;
	f = nfs4_attrs_put(&buf, &a);
	T_EQ(f.attrmask.bitmap4_len, 2);
	T_EQ(f.attrmask.bitmap4_val[0], 1u << 4);
	/* 33, 36, 37, 48, 54 */
	T_EQ(f.attrmask.bitmap4_val[1], 1u << 1 | 1u << 4 | 1u << 5 | 1u << 16 | 1u << 22);
	T_EQ(f.attr_vals.attrlist4_len, sizeof(set));
	T_EQ(memcmp(f.attr_vals.attrlist4_val, set, sizeof(set)), 0);
	f = nfs4_attrs_put_dir(&buf);
	T_EQ(f.attrmask.bitmap4_val[0], 2);
	T_EQ(memcmp(f.attr_vals.attrlist4_val, "\0\0\0\2", 4), 0);
}

static uint32_t mask[2];
static unsigned char bytes[256];
static size_t n;

static void word(uint32_t v)
{
	bytes[n++] = (unsigned char)(v >> 24);
	bytes[n++] = (unsigned char)(v >> 16);
	bytes[n++] = (unsigned char)(v >> 8);
	bytes[n++] = (unsigned char)v;
}

static void number(unsigned bit, uint32_t high, uint32_t low, unsigned words)
{
	mask[bit / 32] |= 1u << bit % 32;
	if (words > 1)
		word(high);
	word(low);
}

static void owner(unsigned bit, const char *text)
{
	number(bit, 0, (uint32_t)strlen(text), 1);
	memset(bytes + n, 0, 40);
	memcpy(bytes + n, text, strlen(text));
	n += (strlen(text) + 3) & ~(size_t)3;
}

static void when(unsigned bit, uint32_t high, uint32_t low, uint32_t nsec)
{
	number(bit, high, low, 2);
	word(nsec);
}

/* A character device, with a handle; its owner as text. */
static fattr4 device(const char *who)
{
	memset(mask, 0, sizeof(mask));
	n = 0;
	number(1, 0, 4, 1);
	number(4, 0, 7, 2);
	number(8, 0, 3, 2);
	word(0);
	word(9);
	number(11, 0, 0, 1);
	number(19, 0, 5, 1);
	memcpy(bytes + n, "hello\0\0", 8);
	n += 8;
	number(20, 1, 2, 2);
	number(33, 0, 0640, 1);
	number(35, 0, 2, 1);
	owner(36, who);
	owner(37, "4294967295");
	number(41, 259, 70000, 2);
	when(47, 0, 1000, 1);
	when(52, 0, 2000, 2);
	when(53, 0xffffffffu, 0xfffffff0u, 3);	/* before 1970 */
	return (fattr4){ { 2, mask }, { (u_int)n, (char *)bytes } };
}

static void test_take(void)
{
	fattr4 f = device("12345");
	struct nfs4_attrs a;

	T_OK(nfs4_attrs_take(&a, &f));
	T_OK(a.has_obj && a.has_fh && !a.named && !a.error);
	T_EQ(a.obj.type, NF3CHR);
	T_EQ(a.obj.size, 7);
	T_EQ(a.obj.used, 7);	/* not told */
	T_EQ(a.obj.fileid, 0x100000002);
	T_EQ(a.obj.mode, 0640);
	T_EQ(a.obj.nlink, 2);
	T_EQ(a.obj.uid, 12345);
	T_EQ(a.obj.gid, 4294967295u);
	T_EQ(a.obj.rdev.specdata1, 259);
	T_EQ(a.obj.rdev.specdata2, 70000);
	T_EQ(a.obj.atime.seconds, 1000);
	T_EQ(a.obj.ctime.nseconds, 2);
	T_EQ(a.obj.mtime.seconds, 0);
	T_EQ(a.fh.len, 5);
	T_EQ(memcmp(a.fh.data, "hello", 5), 0);
}

static void test_names(void)
{
	static const char *const names[] = { "root@localdomain", "", "99999999999", "4294967296",
					     "-1", "12 " };
	struct nfs4_attrs a;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fattr4 f = device(names[i]);

		T_OK(nfs4_attrs_take(&a, &f));
		T_OK(a.named && !a.has_obj);
	}
}

static void test_hostile(void)
{
	fattr4 f = device("0");
	struct nfs4_attrs a;

	for (size_t len = 0; len < n; len++) {
		f.attr_vals.attrlist4_len = (u_int)len;
		T_OK(!nfs4_attrs_take(&a, &f) && !a.has_obj);
	}
	f = device("0");
	mask[0] |= 1u << 12;	/* an ACL, which nobody asked for */
	T_OK(!nfs4_attrs_take(&a, &f));
	f = device("0");
	mask[1] &= ~(1u << 1);	/* without mode: the rest is out of step, and no object */
	(void)nfs4_attrs_take(&a, &f);
	T_OK(!a.has_obj);
	f = device("0");
	memset(bytes + 32, 0xff, 4);	/* length of the handle */
	T_OK(!nfs4_attrs_take(&a, &f) && !a.has_fh);
}

int main(void)
{
	test_put();
	test_take();
	test_names();
	test_hostile();
	return t_end();
}
