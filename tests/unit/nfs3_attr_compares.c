/* Attributes in replies against what is wanted: RFC 1813 2.6 fattr3. */
#include "t.h"

#include "sink/nfs3_attr.h"

static const struct nfstime3 fine = { 0, 1 }, second = { 1, 0 }, none = { 0, 0 };

static struct i2n_inode inode(unsigned mode)
{
	return (struct i2n_inode){
		.mode = (uint16_t)mode, .uid = 1, .gid = 2, .size = 5,
		.mtime = i2n_time_pack((struct i2n_time){ 1000, 500 }),
		.atime = i2n_time_pack((struct i2n_time){ 2000, 0 }),
	};
}

static fattr3 attrs(ftype3 type, unsigned mode)
{
	fattr3 a = { .type = type, .mode = mode, .uid = 1, .gid = 2, .size = 5 };

	a.mtime = (struct nfstime3){ 1000, 500 };
	a.atime = (struct nfstime3){ 2000, 0 };
	return a;
}

static void test_files(void)
{
	struct i2n_inode in = inode(I2N_S_IFREG | 04755);
	struct nfs3_want w;
	fattr3 a = attrs(NF3REG, 04755);

	nfs3_want_init(&w, &in);
	T_EQ(nfs3_want_diff(&w, &a, &fine), 0);
	a.mode = 0100000 | 04755;	/* some servers send the type bits too */
	T_EQ(nfs3_want_diff(&w, &a, &fine), 0);
	a.mode = 0755;
	T_EQ(nfs3_want_diff(&w, &a, &fine), NFS3_ATTR_MODE);
	a.uid = 65534;
	T_EQ(nfs3_want_diff(&w, &a, &fine), NFS3_ATTR_MODE | NFS3_ATTR_OWNER);
	a = attrs(NF3REG, 04755);
	a.size = 4;
	T_EQ(nfs3_want_diff(&w, &a, &fine), NFS3_ATTR_SIZE);
	a = attrs(NF3DIR, 04755);
	T_EQ(nfs3_want_diff(&w, &a, &fine), NFS3_ATTR_TYPE);
}

static void test_times(void)
{
	struct i2n_inode in = inode(I2N_S_IFREG | 0644);
	struct nfs3_want w;
	fattr3 a = attrs(NF3REG, 0644);

	nfs3_want_init(&w, &in);
	a.mtime.nseconds = 0;
	T_EQ(nfs3_want_diff(&w, &a, &fine), NFS3_ATTR_MTIME);
	T_EQ(nfs3_want_diff(&w, &a, &none), NFS3_ATTR_MTIME);
	T_EQ(nfs3_want_diff(&w, &a, &second), 0);
	a.mtime = (struct nfstime3){ 1001, 0 };	/* rounded up is another time */
	T_EQ(nfs3_want_diff(&w, &a, &second), NFS3_ATTR_MTIME);
	a = attrs(NF3REG, 0644);
	a.atime.seconds = 1;
	T_EQ(nfs3_want_diff(&w, &a, &fine), NFS3_ATTR_ATIME);
}

static void test_clamp(void)
{
	struct i2n_inode in = inode(I2N_S_IFREG | 0644);
	struct nfs3_want w;

	in.mtime = i2n_time_pack((struct i2n_time){ -5, 1 });
	nfs3_want_init(&w, &in);
	T_OK(w.clamped && w.mtime.seconds == 0 && w.mtime.nseconds == 0);
	in.mtime = i2n_time_pack((struct i2n_time){ INT64_C(4294967295), 7 });
	nfs3_want_init(&w, &in);
	T_OK(!w.clamped && w.mtime.seconds == UINT32_MAX && w.mtime.nseconds == 7);
	in.mtime = i2n_time_pack((struct i2n_time){ INT64_C(4294967296), 7 });
	nfs3_want_init(&w, &in);
	T_OK(w.clamped && w.mtime.seconds == UINT32_MAX);
}

static void test_types(void)
{
	struct i2n_inode in = inode(I2N_S_IFLNK | 0777);
	struct nfs3_want w;
	fattr3 a = attrs(NF3LNK, 0755);

	a.size = 0;	/* not all servers tell the length of a target */
	nfs3_want_init(&w, &in);
	T_EQ(nfs3_want_diff(&w, &a, &fine), 0);
	in = inode(I2N_S_IFBLK | 0600);
	in.rdev.major = 259;
	in.rdev.minor = 70000;
	a = attrs(NF3BLK, 0600);
	a.size = 0;
	nfs3_want_init(&w, &in);
	T_EQ(nfs3_want_diff(&w, &a, &fine), NFS3_ATTR_RDEV);
	a.rdev.specdata1 = 259;
	a.rdev.specdata2 = 70000;
	T_EQ(nfs3_want_diff(&w, &a, &fine), 0);
}

static void test_sattr(void)
{
	struct i2n_inode in = inode(I2N_S_IFREG | 0644);
	struct nfs3_want w;
	sattr3 s;

	nfs3_want_init(&w, &in);
	nfs3_want_sattr(&w, NFS3_ATTR_MODE | NFS3_ATTR_MTIME, &s);
	T_OK(s.mode.set_it && s.mode.set_mode3_u.mode == 0644);
	T_OK(s.mtime.set_it == SET_TO_CLIENT_TIME && s.mtime.set_mtime_u.mtime.nseconds == 500);
	T_OK(!s.uid.set_it && !s.gid.set_it && !s.size.set_it && s.atime.set_it == DONT_CHANGE);
	nfs3_want_sattr(&w, NFS3_ATTR_OWNER | NFS3_ATTR_SIZE, &s);
	T_OK(!s.mode.set_it && s.uid.set_uid3_u.uid == 1 && s.gid.set_gid3_u.gid == 2 &&
	     s.size.set_size3_u.size == 5);
}

int main(void)
{
	test_files();
	test_times();
	test_clamp();
	test_types();
	test_sattr();
	return t_end();
}
