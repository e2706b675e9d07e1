/* A server of NFSv4 may answer a COMPOUND with fewer results than were asked for, with others, twice the same, and with any
 * length and status in them: nothing outside of the reply is read, what is wrong is an error, and who opens files is left
 * in a state that makes sense. */
#include "t.h"

#include "sink/nfs4_own.h"
#include "sink/rpc.h"

#include <stdlib.h>

#define RESULTS_MAX 12
#define BLOCKS_MAX 64
#define ROUNDS 20000

static nfs_resop4 ops[RESULTS_MAX];
static unsigned n_ops;
static void *blocks[BLOCKS_MAX];	/* of this reply: exactly as long as said, for ASan */
static unsigned n_blocks;
static uint64_t seed = 1;

static unsigned dice(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

static void *block(size_t len)
{
	void *p = n_blocks < BLOCKS_MAX ? malloc(len ? len : 1) : NULL;

	if (!p)
		abort();
	return blocks[n_blocks++] = p;
}

static char *noise(size_t len)
{
	char *p = block(len);

	for (size_t i = 0; i < len; i++)
		p[i] = (char)dice(256);
	return p;
}

static void begin_reply(void)
{
	while (n_blocks)
		free(blocks[--n_blocks]);
	n_ops = 0;
}

static nfs_resop4 *add(nfs_opnum4 what, nfsstat4 status)
{
	nfs_resop4 *op = &ops[n_ops++];

	memset(op, 0, sizeof(*op));
	op->resop = what;
	op->nfs_resop4_u.opillegal.status = status;
	return op;
}

static void add_fh(u_int len)
{
	nfs_fh4 *fh = &add(OP_GETFH, NFS4_OK)->nfs_resop4_u.opgetfh.GETFH4res_u.resok4.object;

	fh->nfs_fh4_len = len;
	fh->nfs_fh4_val = noise(len);
}

/* A call that is on its way, as far as nfs4_take() looks at it. */
static struct i2n_notes notes;
static struct nfs_calls calls;
static struct nfs_call call;

static const void *answered(enum i2n_proc proc, nfsstat4 status)
{
	COMPOUND4res res;

	memset(&res, 0, sizeof(res));
	res.status = status;
	res.resarray.resarray_len = n_ops;
	res.resarray.resarray_val = ops;
	call.calls = &calls;
	call.proc = proc;
	if (nfs4_opens(&call) && !call.opener)
		call.opener = nfs4_owner_get(calls.v4);
	return nfs4_take(calls.v4, &call, &res);
}

static void begin(void)
{
	begin_reply();
	memset(&call, 0, sizeof(call));
	calls.v4 = nfs4_new(&notes);
	T_OK(calls.v4 != NULL);
}

static void end(void)
{
	nfs4_free(calls.v4);
	begin_reply();
}

/* What every owner promises. */
static void check_owners(void)
{
	const struct nfs4 *v4 = calls.v4;
	unsigned n = 0, n_free = 0;

	for (const struct nfs4_owner *o = v4->owners; o; o = o->next, n++)
		T_OK(o->n_opens <= NFS4_OPENS);
	for (const struct nfs4_owner *o = v4->free_owners; o && n_free <= n; o = o->next_free)
		n_free++;
	T_EQ(n_free, n);
	T_EQ(v4->opening, 0);
}

static void test_closes_too_often(void)
{
	const nfsstat3 *status;

	begin();
	for (int i = 0; i < 3; i++)
		add(OP_CLOSE, NFS4_OK);
	status = answered(I2N_PROC_CREATE, NFS4_OK);
	T_OK(status && *status == NFS3ERR_SERVERFAULT);
	check_owners();
	/* and after one file was opened, which it may be asked to close once */
	begin_reply();
	add(OP_PUTFH, NFS4_OK);
	add(OP_OPEN, NFS4_OK);
	add_fh(28);
	status = answered(I2N_PROC_CREATE, NFS4_OK);
	T_OK(status && *status == NFS3_OK);
	T_OK(calls.v4->has_open && calls.v4->free_owners->n_opens == 1);
	begin_reply();
	for (int i = 0; i < 2; i++)
		add(OP_OPEN_CONFIRM, NFS4_OK);
	for (int i = 0; i < 3; i++)
		add(OP_CLOSE, NFS4_OK);
	add(OP_OPEN, NFS4_OK);
	add_fh(28);
	(void)answered(I2N_PROC_CREATE, NFS4_OK);
	check_owners();
	end();
}

static void test_handles(void)
{
	static const u_int lens[] = { 0, 129, 100000 };
	const CREATE3res *made;
	const nfsstat3 *status;

	for (unsigned i = 0; i < 3; i++) {
		begin();
		add(OP_OPEN, NFS4_OK);
		add_fh(lens[i]);
		made = answered(I2N_PROC_CREATE, NFS4_OK);
		T_OK(made && made->status == NFS3_OK);
		T_OK(!made->CREATE3res_u.resok.obj.handle_follows);
		T_OK(calls.v4->has_open);	/* at the server it is */
		check_owners();
		begin_reply();
		add_fh(lens[i]);
		status = answered(I2N_PROC_LOOKUP, NFS4_OK);
		T_OK(status && *status == NFS3ERR_BADHANDLE);
		end();
	}
}

static entry4 *entry(const char *name, size_t len)
{
	entry4 *e = block(sizeof(*e));

	memset(e, 0, sizeof(*e));
	e->name.utf8string_len = (u_int)len;
	e->name.utf8string_val = memcpy(block(len), name, len);
	return e;
}

/* What has a NUL byte in it is no name, not the one before the NUL. */
static void test_names(void)
{
	const READDIRPLUS3res *list;
	entryplus3 got;

	begin();
	add(OP_READDIR, NFS4_OK)->nfs_resop4_u.opreaddir.READDIR4res_u.resok4.reply.entries =
		entry("a\0b", 3);
	list = answered(I2N_PROC_READDIRPLUS, NFS4_OK);
	T_OK(list && list->status == NFS3_OK);
	got = nfs3_entry(list->READDIRPLUS3res_u.resok.reply.entries);
	T_STR(got.name, "");
	T_OK(!got.nextentry);
	end();
}

/* Nothing is done when there is no result that says so. */
static void test_no_results(void)
{
	for (unsigned proc = 0; proc < I2N_PROCS; proc++) {
		const nfsstat3 *status;

		begin();
		add(OP_PUTFH, NFS4_OK);
		status = answered((enum i2n_proc)proc, NFS4_OK);
		/* those that NFSv4 does not have are never sent */
		T_OK(status && (*status == NFS3ERR_SERVERFAULT || proc == I2N_PROC_NULL ||
				proc == I2N_PROC_MNT || proc == I2N_PROC_GETACL ||
				proc == I2N_PROC_SETACL));
		end();
	}
}

/* --- replies by chance --- */

static nfsstat4 some_status(void)
{
	static const int some[] = { NFS4ERR_DELAY, NFS4ERR_GRACE, NFS4ERR_RESOURCE, NFS4ERR_EXPIRED,
				    NFS4ERR_STALE_CLIENTID, NFS4ERR_BAD_SEQID, NFS4ERR_EXIST,
				    NFS4ERR_OLD_STATEID, NFS4ERR_SAME, 10004711 };

	return dice(4) ? NFS4_OK : (nfsstat4)some[dice(sizeof(some) / sizeof(some[0]))];
}

static u_int some_length(void)
{
	static const u_int lens[] = { 0, 1, 8, 28, 128, 129, 255, 1024, 5000 };

	return lens[dice(sizeof(lens) / sizeof(lens[0]))];
}

static fattr4 some_attrs(void)
{
	bitmap4 wanted = nfs4_attrs_wanted((enum nfs4_wanted)dice(NFS4_OF_TYPE + 1));
	fattr4 f;

	memset(&f, 0, sizeof(f));
	f.attrmask.bitmap4_len = dice(5);
	f.attrmask.bitmap4_val = block(f.attrmask.bitmap4_len * sizeof(uint32_t));
	for (unsigned i = 0; i < f.attrmask.bitmap4_len; i++)
		f.attrmask.bitmap4_val[i] = i < 2 && dice(4) ? wanted.bitmap4_val[i] : dice(1u << 31);
	f.attr_vals.attrlist4_len = some_length();
	f.attr_vals.attrlist4_val = noise(f.attr_vals.attrlist4_len);
	/* mostly zeros, so that lengths in it are small */
	for (u_int i = 0; i < f.attr_vals.attrlist4_len; i++)
		if (dice(8))
			f.attr_vals.attrlist4_val[i] = 0;
	return f;
}

static void add_list(void)
{
	READDIR4resok *ok =
		&add(OP_READDIR, NFS4_OK)->nfs_resop4_u.opreaddir.READDIR4res_u.resok4;

	for (unsigned n = dice(4); n; n--) {
		u_int len = some_length();
		entry4 *e = entry(noise(len), len);

		e->cookie = dice(3);
		e->attrs = some_attrs();
		e->nextentry = ok->reply.entries;
		ok->reply.entries = e;
	}
	ok->reply.eof = dice(2);
}

static void add_content(nfs_opnum4 what)
{
	nfs_resop4 *op;

	if (what == OP_GETFH) {
		add_fh(some_length());
		return;
	}
	if (what == OP_READDIR) {
		add_list();
		return;
	}
	op = add(what, NFS4_OK);
	if (what == OP_GETATTR) {
		op->nfs_resop4_u.opgetattr.GETATTR4res_u.resok4.obj_attributes = some_attrs();
	} else if (what == OP_READLINK) {
		utf8string *text = &op->nfs_resop4_u.opreadlink.READLINK4res_u.resok4.link;

		text->utf8string_len = some_length();
		text->utf8string_val = noise(text->utf8string_len);
	} else if (what == OP_READ) {
		READ4resok *ok = &op->nfs_resop4_u.opread.READ4res_u.resok4;

		ok->data.data_len = some_length();
		ok->data.data_val = noise(ok->data.data_len);
		ok->eof = dice(2);
	} else if (what == OP_OPEN) {
		op->nfs_resop4_u.opopen.OPEN4res_u.resok4.rflags = dice(2) ? OPEN4_RESULT_CONFIRM : 0;
	} else if (what == OP_WRITE) {
		op->nfs_resop4_u.opwrite.WRITE4res_u.resok4.count = dice(1u << 31);
	}
}

static void some_reply(void)
{
	static const nfs_opnum4 known[] = {
		OP_ACCESS, OP_CLOSE, OP_COMMIT, OP_CREATE, OP_GETATTR, OP_GETFH, OP_LINK, OP_LOOKUP,
		OP_OPEN, OP_OPEN_CONFIRM, OP_PUTFH, OP_PUTROOTFH, OP_READ, OP_READDIR, OP_READLINK,
		OP_REMOVE, OP_RENAME, OP_RENEW, OP_SAVEFH, OP_SETATTR, OP_SETCLIENTID,
		OP_SETCLIENTID_CONFIRM, OP_VERIFY, OP_WRITE,
	};

	begin_reply();
	for (unsigned n = dice(RESULTS_MAX + 1); n; n--) {
		nfs_opnum4 what = known[dice(sizeof(known) / sizeof(known[0]))];
		nfsstat4 status = some_status();

		if (status == NFS4_OK)
			add_content(what);
		else
			add(what, status);
	}
}

static unsigned sum;

static void look(const void *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += ((const unsigned char *)at)[i];
}

static void look_at_handle(const nfs_fh3 *fh)
{
	T_OK(fh->data.data_len && fh->data.data_len <= NFS_FH_MAX);
	look(fh->data.data_val, fh->data.data_len);
}

/* Whoever gets the result reads all of it. */
static void look_at(enum i2n_proc proc, const void *res)
{
	const READDIRPLUS3resok *list;
	const CREATE3resok *made;
	const READLINK3resok *link;
	static char data[65536];

	if (!res || *(const nfsstat3 *)res != NFS3_OK)
		return;
	list = &((const READDIRPLUS3res *)res)->READDIRPLUS3res_u.resok;
	made = &((const CREATE3res *)res)->CREATE3res_u.resok;
	link = &((const READLINK3res *)res)->READLINK3res_u.resok;
	if (proc == I2N_PROC_READDIRPLUS) {
		for (const void *next = list->reply.entries; next;) {
			entryplus3 e = nfs3_entry(next);

			look(e.name, strlen(e.name));
			if (e.name_handle.handle_follows)
				look_at_handle(&e.name_handle.post_op_fh3_u.handle);
			next = e.nextentry;
		}
	} else if (proc == I2N_PROC_LOOKUP || proc == I2N_PROC_ROOT) {
		look_at_handle(&((const LOOKUP3res *)res)->LOOKUP3res_u.resok.object);
	} else if (proc == I2N_PROC_CREATE || proc == I2N_PROC_MKDIR) {
		if (made->obj.handle_follows)
			look_at_handle(&made->obj.post_op_fh3_u.handle);
	} else if (proc == I2N_PROC_READLINK) {
		look(link->data, strlen(link->data));
	} else if (proc == I2N_PROC_READ) {
		look(data, rpc_read_take(res, data, 100));
		look(data, rpc_read_take(res, data, sizeof(data)));
	} else if (proc == I2N_PROC_STORE) {
		T_OK(!((const struct nfs_store_res *)res)->has_fh ||
		     ((const struct nfs_store_res *)res)->fh.len);
	}
}

static void test_by_chance(void)
{
	static const enum i2n_proc procs[] = {
		I2N_PROC_LOOKUP, I2N_PROC_GETATTR, I2N_PROC_SETATTR, I2N_PROC_FSINFO, I2N_PROC_FSSTAT,
		I2N_PROC_READDIRPLUS, I2N_PROC_CREATE, I2N_PROC_MKDIR, I2N_PROC_SYMLINK, I2N_PROC_MKNOD,
		I2N_PROC_LINK, I2N_PROC_WRITE, I2N_PROC_COMMIT, I2N_PROC_REMOVE, I2N_PROC_RMDIR,
		I2N_PROC_RENAME, I2N_PROC_READ, I2N_PROC_READLINK, I2N_PROC_ACCESS, I2N_PROC_STORE,
		I2N_PROC_ROOT, I2N_PROC_SETCLIENTID, I2N_PROC_SETCLIENTID_CONFIRM, I2N_PROC_RENEW,
	};

	begin();
	for (unsigned i = 0; i < ROUNDS; i++) {
		/* every second one opens, for the state of the owners */
		enum i2n_proc proc = i % 2 ? procs[dice(sizeof(procs) / sizeof(procs[0]))]
				     : dice(2) ? I2N_PROC_STORE : I2N_PROC_CREATE;

		some_reply();
		memset(&call, 0, sizeof(call));
		look_at(proc, answered(proc, some_status()));
		check_owners();
	}
	end();
	printf("%u\n", sum);	/* so that looking is not left out */
}

int main(void)
{
	test_closes_too_often();
	test_handles();
	test_names();
	test_no_results();
	test_by_chance();
	return t_end();
}
