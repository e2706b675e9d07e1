/* acl_canonical.c - ACLs as getxattr(2) gives them become canonical lists, what the kernel would not
 * take is refused; and they survive the form of NFSACL, whose replies are hostile. */
#include "img2nfs/acl.h"

#include "sink/nfs3_acl.h"

#include "t.h"

#include <stdlib.h>

/* value: version 2, then tag, perm, id of each entry */
static size_t xattr(unsigned char *buf, const struct i2n_ace *aces, size_t n)
{
	size_t at = 4;

	memset(buf, 0, 4);
	buf[0] = 2;
	for (size_t i = 0; i < n; i++, at += 8) {
		memcpy(buf + at, (unsigned char[]){ aces[i].tag & 255, aces[i].tag >> 8, aces[i].perm & 255,
						    aces[i].perm >> 8, aces[i].id & 255,
						    aces[i].id >> 8 & 255, aces[i].id >> 16 & 255,
						    aces[i].id >> 24 }, 8);
	}
	return at;
}

#define N(a) (sizeof(a) / sizeof((a)[0]))

static bool parses(const struct i2n_ace *aces, size_t n, struct i2n_acl_list *ret)
{
	unsigned char buf[4 + 16 * 8];

	return i2n_acl_parse(buf, xattr(buf, aces, n), ret);
}

static const struct i2n_ace full[] = {
	{ 1, 7, UINT32_MAX }, { 2, 5, 4294967294u }, { 2, 6, 7 },   { 4, 5, UINT32_MAX },
	{ 8, 4, 99 },	      { 16, 7, UINT32_MAX }, { 32, 0, UINT32_MAX },
};

static void check_refused(void)
{
	static const struct i2n_ace no_mask[] = { { 1, 7, 0 }, { 2, 5, 9 }, { 4, 5, 0 }, { 32, 0, 0 } };
	static const struct i2n_ace twice[] = { { 1, 7, 0 },  { 2, 5, 9 },  { 2, 1, 9 },
						{ 4, 5, 0 },  { 16, 5, 0 }, { 32, 0, 0 } };
	static const struct i2n_ace no_other[] = { { 1, 7, 0 }, { 4, 5, 0 } };
	static const struct i2n_ace perm[] = { { 1, 8, 0 }, { 4, 5, 0 }, { 32, 0, 0 } };
	static const struct i2n_ace tag[] = { { 1, 7, 0 }, { 4, 5, 0 }, { 32, 0, 0 }, { 64, 0, 0 } };
	unsigned char buf[64] = { 1 };
	struct i2n_acl_list l;

	T_OK(!parses(no_mask, N(no_mask), &l) && !l.n);
	T_OK(!parses(twice, N(twice), &l) && !l.n);
	T_OK(!parses(no_other, N(no_other), &l) && !l.n);
	T_OK(!parses(perm, N(perm), &l) && !l.n);
	T_OK(!parses(tag, N(tag), &l) && !l.n);
	T_OK(!i2n_acl_parse(buf, 12, &l));	/* version 1 */
	buf[0] = 2;
	T_OK(!i2n_acl_parse(buf, 3, &l));
	T_OK(!i2n_acl_parse(buf, 13, &l));
	T_OK(i2n_acl_parse(buf, 4, &l) && !l.n);
}

static void check_idle_mask(void)
{
	static const struct i2n_ace idle[] = { { 1, 6, 0 }, { 4, 4, 0 }, { 16, 4, 0 }, { 32, 4, 0 } };
	static const struct i2n_ace narrow[] = { { 1, 6, 0 }, { 4, 6, 0 }, { 16, 4, 0 }, { 32, 4, 0 } };
	struct i2n_acl a = { { NULL, 0 }, { NULL, 0 } };

	T_OK(parses(idle, N(idle), &a.access) && a.access.n == 3);
	T_OK(i2n_acl_from_mode(0100644, &a.dflt) && i2n_acl_is_equal(&a.access, &a.dflt));
	i2n_acl_release(&a);
	T_OK(parses(narrow, N(narrow), &a.access) && a.access.n == 4);
	T_OK(i2n_acl_from_mode(0644, &a.dflt) && !i2n_acl_is_equal(&a.access, &a.dflt));
	i2n_acl_release(&a);
}

/* Through the structures that libnfs encodes, as Linux' nfsacl_encode() would fill them. */
static void check_wire(void)
{
	struct i2n_acl want = { { NULL, 0 }, { NULL, 0 } }, got;
	struct nfsacl_ace aces[N(full) + 3 + 2];
	GETACL3resok res = { .mask = 15 };
	SETACL3args args;

	T_OK(parses(full, N(full), &want.access) && want.access.n == N(full));
	T_OK(want.access.aces[1].id == 7);	/* ordered */
	T_OK(i2n_acl_from_mode(0751, &want.dflt));
	nfs3_acl_args(&want, 11, 12, aces, &args);
	T_OK(args.mask == 15 && args.ace_count == N(full) && args.default_ace_count == 4);
	T_OK((unsigned)args.ace.ace_val[0].type == 1 && args.ace.ace_val[0].id == 11);
	T_OK(args.ace.ace_val[3].id == 12);
	T_OK((unsigned)args.default_ace.default_ace_val[2].type == 0x1010);
	T_OK(args.default_ace.default_ace_val[2].perm == 5);
	T_OK((unsigned)args.default_ace.default_ace_val[3].type == 0x1020);
	res.ace.ace_len = args.ace.ace_len;
	res.ace.ace_val = args.ace.ace_val;
	res.default_ace.default_ace_len = args.default_ace.default_ace_len;
	res.default_ace.default_ace_val = args.default_ace.default_ace_val;
	T_OK(nfs3_acl_take(&res, &got));
	T_OK(i2n_acl_is_equal(&got.access, &want.access));
	T_OK(i2n_acl_is_equal(&got.dflt, &want.dflt));
	i2n_acl_release(&got);
	/* what a server may say */
	aces[0].perm = 0x10007;
	T_OK(!nfs3_acl_take(&res, &got));
	aces[0].perm = 7;
	aces[0].type = (nfsacl_type)0x10001;
	T_OK(!nfs3_acl_take(&res, &got));
	res.ace.ace_len = 0;
	T_OK(!nfs3_acl_take(&res, &got));
	res.ace.ace_len = I2N_ACL_MAX + 1;
	T_OK(!nfs3_acl_take(&res, &got));
	i2n_acl_release(&want);
}

int main(void)
{
	check_refused();
	check_idle_mask();
	check_wire();
	return t_end();
}
