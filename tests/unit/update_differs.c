/* What counts as a difference between an inode and what a server says, by hand from the promise in
 * update.h. */
#include "img2nfs/update.h"

#include "t.h"

#define SEC INT64_C(1000000)

static uint64_t at(int64_t sec, uint32_t nsec)
{
	return i2n_time_pack((struct i2n_time){ sec, nsec });
}

static const struct i2n_sink *server(uint64_t delta_ns)
{
	static struct i2n_sink s;

	s.time_delta_ns = delta_ns;
	s.time_first = at(0, 0);
	s.time_last = at(UINT32_MAX, 999999999);
	return &s;
}

static struct i2n_inode inode(unsigned mode)
{
	return (struct i2n_inode){
		.mode = (uint16_t)mode, .size = 100, .uid = 1, .gid = 2, .mtime = at(SEC, 123456789)
	};
}

static struct i2n_attr attr(unsigned mode)
{
	return (struct i2n_attr){
		.mode = (uint16_t)mode, .size = 100, .uid = 1, .gid = 2, .mtime = at(SEC, 123456789)
	};
}

static void fields(void)
{
	struct i2n_inode in = inode(I2N_S_IFREG | 04755);
	struct i2n_attr a = attr(I2N_S_IFREG | 04755);

	T_EQ(i2n_differ(&in, &a, server(1)), 0);
	a.size++;
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_SIZE);
	a = attr(I2N_S_IFREG | 0755);
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_MODE);
	a = attr(I2N_S_IFREG | 04755);
	a.uid = 9;
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_UID);
	a.gid = 9;
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_UID | I2N_DIFFER_GID);
	a = attr(I2N_S_IFIFO | 04755);
	a.size = a.uid = 0;
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_TYPE);
}

static void times(void)
{
	struct i2n_inode in = inode(I2N_S_IFREG | 0644);
	struct i2n_attr a = attr(I2N_S_IFREG | 0644);

	a.mtime = at(SEC, 123456788);
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_MTIME);
	a.mtime = at(SEC, 123456000);
	T_EQ(i2n_differ(&in, &a, server(1000)), 0);
	T_EQ(i2n_differ(&in, &a, server(1000000)), I2N_DIFFER_MTIME);
	a.mtime = at(SEC, 0);
	T_EQ(i2n_differ(&in, &a, server(1000000000)), 0);
	a.mtime = at(SEC + 1, 0);
	T_EQ(i2n_differ(&in, &a, server(1000000000)), I2N_DIFFER_MTIME);
	/* what the protocol cannot express is stored as the nearest it can */
	in.mtime = at(-5, 7);
	a.mtime = at(0, 0);
	T_EQ(i2n_differ(&in, &a, server(1)), 0);
	in.mtime = at(INT64_C(5000000000), 0);
	a.mtime = at(UINT32_MAX, 999999999);
	T_EQ(i2n_differ(&in, &a, server(1)), 0);
	a.mtime = at(0, 0);
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_MTIME);
}

static void kinds(void)
{
	struct i2n_inode in = inode(I2N_S_IFDIR | 0755);
	struct i2n_attr a = attr(I2N_S_IFDIR | 0755);

	a.size = 4096;	/* a directory's size is the server's business */
	T_EQ(i2n_differ(&in, &a, server(1)), 0);
	in = inode(I2N_S_IFLNK | 0777);
	a = attr(I2N_S_IFLNK | 0700);
	T_EQ(i2n_differ(&in, &a, server(1)), 0);
	a.size = 99;
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_SIZE);
	in = inode(I2N_S_IFCHR | 0600);
	in.rdev.major = 5;
	in.rdev.minor = 1;
	a = attr(I2N_S_IFCHR | 0600);
	a.major = 5;
	a.minor = 1;
	T_EQ(i2n_differ(&in, &a, server(1)), 0);
	a.minor = 2;
	T_EQ(i2n_differ(&in, &a, server(1)), I2N_DIFFER_CONTENT);
}

int main(void)
{
	fields();
	times();
	kinds();
	return t_end();
}
