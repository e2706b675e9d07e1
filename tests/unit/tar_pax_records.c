/* Headers of a tar say what POSIX wants them to: records count themselves, numbers and names that
 * do not fit go into records, times are decimal fractions, checksums are sums. */
#include "t.h"
#include "img2nfs/node.h"
#include "tar/tar_pax.h"

static struct tar_buf b;

static void fresh(void)
{
	tar_buf_release(&b);
}

/* A record of any length begins with its own length. */
static void records_count_themselves(void)
{
	static char value[1200];

	memset(value, 'v', sizeof(value));
	for (size_t len = 0; len < sizeof(value); len++) {
		char *end;

		fresh();
		tar_record(&b, "k", value, len);
		T_EQ(strtoul((char *)b.bytes, &end, 10), b.len);
		T_OK(!memcmp(end, " k=", 3) && b.bytes[b.len - 1] == '\n');
	}
	fresh();
	/* POSIX: the length counts all, itself and the newline included */
	tar_record(&b, "path", "x", 1);
	T_OK(b.len == 9 && !memcmp(b.bytes, "9 path=x\n", 9));
}

static unsigned field(const unsigned char *block, size_t off, size_t len)
{
	char text[13] = "";

	memcpy(text, block + off, len);
	return (unsigned)strtoul(text, NULL, 8);
}

static void check_sum(const unsigned char *block)
{
	unsigned sum = 8 * ' ';

	for (unsigned i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0 : block[i];
	T_EQ(field(block, 148, 6), sum);
	T_OK(!memcmp(block + 257, "ustar\0" "00", 8));
}

/* Is there such a record among those of the first extended header? */
static bool has(const char *record)
{
	const unsigned len = field(b.bytes, 124, 11);
	size_t n = strlen(record);

	for (unsigned i = 0; i + n <= len; i++)
		if (!memcmp(b.bytes + 512 + i, record, n))
			return true;
	return false;
}

static struct tar_head head(const char *path)
{
	const uint64_t t = i2n_time_pack((struct i2n_time){ 1500000000, 0 });

	return (struct tar_head){ .type = TAR_FILE, .path = path, .path_len = strlen(path),
				  .mode = 0104755, .uid = 1000, .gid = 07777777, .size = 5,
				  .mtime = t, .atime = t };
}

static void plain(void)
{
	struct tar_head h = head("./bin/su");
	const unsigned char *own;

	fresh();
	tar_head_put(&b, &h);
	T_EQ(b.len, 3 * 512);
	T_EQ(b.bytes[156], 'x');
	check_sum(b.bytes);
	T_OK(has("20 atime=1500000000\n") && !has("mtime") && !has("path") && !has("gid"));
	own = b.bytes + 1024;
	check_sum(own);
	T_STR((const char *)own, "./bin/su");
	T_EQ(field(own, 100, 7), 04755);
	T_EQ(field(own, 108, 7), 1000);
	T_EQ(field(own, 116, 7), 07777777);
	T_EQ(field(own, 124, 11), 5);
	T_EQ(field(own, 136, 11), 1500000000);
	T_EQ(own[156], '0');
}

static void large_numbers(void)
{
	struct tar_head h = head("./x");

	h.uid = 010000000;
	h.gid = 4294967294u;
	h.size = UINT64_C(8589934592);		/* 8 GiB: twelve octal digits */
	fresh();
	tar_head_put(&b, &h);
	T_OK(has("15 uid=2097152\n") && has("18 gid=4294967294\n") && has("19 size=8589934592\n"));
	h.size--;
	fresh();
	tar_head_put(&b, &h);
	T_OK(!has("size="));
}

static void times(void)
{
	static const struct {
		int64_t sec;
		uint32_t nsec;
		const char *record;
	} t[] = {
		{ 1500000000, 123456789, "30 mtime=1500000000.123456789\n" },
		{ 1, 500000000, "13 mtime=1.5\n" },
		{ 0, 1, "21 mtime=0.000000001\n" },
		{ -2, 500000000, "14 mtime=-1.5\n" },	/* -2 s and half a second more */
		{ -1, 999999999, "22 mtime=-0.000000001\n" },
		{ -2147483648, 0, "21 mtime=-2147483648\n" },
		{ INT64_C(15032385535), 0, "21 mtime=15032385535\n" },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct tar_head h = head("./x");

		h.mtime = i2n_time_pack((struct i2n_time){ t[i].sec, t[i].nsec });
		fresh();
		tar_head_put(&b, &h);
		T_OK(has(t[i].record));
	}
}

static void names(void)
{
	char path[400], *slash;
	struct tar_head h;

	/* 102 bytes fit, cut at their slash; 103 do not */
	memset(path, 'n', sizeof(path));
	path[0] = '.';
	path[1] = '/';
	path[103] = '\0';
	h = head(path);
	fresh();
	tar_head_put(&b, &h);
	T_OK(has("113 path=./nnn"));
	h.path_len = 102;
	fresh();
	tar_head_put(&b, &h);
	T_OK(!has("path="));
	/* a slash behind at most 155 bytes, and at most 100 behind it */
	memset(path, 'n', sizeof(path));
	path[0] = '.';
	path[1] = '/';
	path[256] = '\0';
	slash = path + 155;
	*slash = '/';
	h = head(path);
	fresh();
	tar_head_put(&b, &h);
	T_OK(!has("path="));
	T_OK(!memcmp(b.bytes + 1024 + 345, path, 155) && !memcmp(b.bytes + 1024, slash + 1, 100));
	*slash = 'n';
	path[156] = '/';
	fresh();
	tar_head_put(&b, &h);
	T_OK(has("path=") && !has("hdrcharset"));
	path[20] = '\xff';
	fresh();
	tar_head_put(&b, &h);
	T_OK(has("path=") && has("21 hdrcharset=BINARY\n"));
}

static void sparse(void)
{
	struct tar_head h = head("./var/hole");

	h.is_sparse = true;
	h.real_size = UINT64_C(1) << 40;
	h.size = 512;
	fresh();
	tar_head_put(&b, &h);
	T_OK(has("22 GNU.sparse.major=1\n") && has("22 GNU.sparse.minor=0\n") &&
	     has("30 GNU.sparse.name=./var/hole\n") && has("GNU.sparse.realsize=1099511627776\n"));
	T_STR((const char *)b.bytes + 1024, "./GNUSparseFile.0/hole");
}

int main(void)
{
	records_count_themselves();
	plain();
	large_numbers();
	times();
	names();
	sparse();
	fresh();
	return t_end();
}
