/* Names: long ones with their sum and numbers right, short ones by code page 437 and case bits, as
 * the specification and Linux have them. Expected values are by hand. */
#include "fat_image.h"

static void put_name(struct fat_image *im, const char *short_name, const uint16_t *units, size_t n)
{
	unsigned entries = (unsigned)((n + 12) / 13);

	make_fat12(im);
	for (unsigned i = 0; i < entries; i++) {
		unsigned no = entries - i;
		size_t from = (no - 1) * (size_t)13;

		put_long(im->b + ROOT + i * 32, no | (i ? 0 : 0x40), sum_of(short_name),
			 units + from, n - from < 13 ? n - from : 13);
	}
	put_entry(im->b + ROOT, entries, short_name, 0x20, 0, 0);
}

static void check_long(const char *what, const uint16_t *units, size_t n, const char *want,
		       unsigned warned)
{
	static struct fat_image im;

	put_name(&im, "SHORT~1 TXT", units, n);
	if (open_fat(&im))
		fprintf(stderr, "%s: %s\n", what, im.err.msg);
	T_STR(names_of(&im), want);
	T_EQ(im.n_warned, warned);
	T_EQ(im.n_damaged, 0);
	close_fat(&im);
}

static void long_names(void)
{
	static const uint16_t plain[] = { 'c', 'm', 'd', 'l', 'i', 'n', 'e', '.', 't', 'x', 't' };
	static const uint16_t exactly[] = { 'a', 'b', 'c', 'd', 'e', 'f', 'g',
					    'h', 'i', 'j', 'k', 'l', 'm' };
	static const uint16_t pair[] = { 'x', 0xd83d, 0xde00, 'y' };
	static const uint16_t lone[] = { 'x', 0xde00, 'y', 0xd83d, 'z', 0xd83d };
	static const uint16_t nothing[] = { 0xd83d };
	static const uint16_t widths[] = { 0x7f, 0x80, 0x7ff, 0x800, 0xffee };
	static uint16_t longest[255];

	check_long("plain", plain, 11, "/cmdline.txt", 0);
	check_long("full entry", exactly, 13, "/abcdefghijklm", 0);
	check_long("surrogates", pair, 4, "/x\xf0\x9f\x98\x80y", 0);
	check_long("lone surrogates", lone, 6, "/xyz", 0);
	check_long("nothing else", nothing, 1, "/SHORT~1.TXT", 1);
	check_long("widths", widths, 5, "/\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xae", 0);
	for (unsigned i = 0; i < 255; i++)
		longest[i] = 'n';
	{
		static char want[257] = "/";

		memset(want + 1, 'n', 255);
		check_long("longest", longest, 255, want, 0);
	}
}

/* 255 characters of two bytes do not fit into a name of NFS. */
static void long_name_is_cut(void)
{
	static struct fat_image im;
	static uint16_t units[255];

	for (unsigned i = 0; i < 255; i++)
		units[i] = 0xe4;
	put_name(&im, "SHORT~1 TXT", units, 255);
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), "/SHORT~1.TXT");
	T_EQ(im.n_lost, 1);
	close_fat(&im);
}

static void check_short(const char *raw, unsigned case_bits, const char *want)
{
	static struct fat_image im;

	make_fat12(&im);
	put_entry(im.b + ROOT, 0, raw, 0x20, 0, 0)[12] = (unsigned char)case_bits;
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), want);
	close_fat(&im);
}

static void short_names(void)
{
	check_short("KERNEL8 IMG", 0, "/KERNEL8.IMG");
	check_short("KERNEL8 IMG", 0x08, "/kernel8.IMG");
	check_short("KERNEL8 IMG", 0x10, "/KERNEL8.img");
	check_short("KERNEL8 IMG", 0x18, "/kernel8.img");
	check_short("README     ", 0x08, "/readme");
	check_short("A B     C D", 0, "/A B.C D");
	check_short("        EXT", 0, "/.EXT");
	check_short("\x05"
		    "BC     TXT", 0, "/\xcf\x83"
				     "BC.TXT");	/* 0xe5: sigma */
	check_short("\x80\x9a\xff     \xa5  ", 0x18, "/\xc3\xa7\xc3\xbc\xc2\xa0.\xc3\xb1");
	check_short("           ", 0, "");
	check_short("\xe5"
		    "ELETED TXT", 0, "");
}

/* Entries of a long name that are no one's: the short name counts. */
static void broken_long_names(void)
{
	static const uint16_t u[] = { 'l', 'o', 'n', 'g' };
	static struct fat_image im;
	unsigned char sum = sum_of("SHORT~1 TXT");

	for (unsigned kind = 0; kind < 6; kind++) {
		put_name(&im, "SHORT~1 TXT", u, 4);
		switch (kind) {
		case 0: im.b[ROOT + 13]++; break;		/* the sum */
		case 1: im.b[ROOT] = 1; break;			/* not the last one */
		case 2: im.b[ROOT] = 0x42; break;		/* one is missing */
		case 3: im.b[ROOT] = 0x40; break;		/* none at all */
		case 4: im.b[ROOT] = 0x40 | 21; break;		/* too many */
		case 5: put_long(im.b + ROOT, 0x41, (unsigned char)(sum + 1), u, 4); break;
		}
		T_EQ(open_fat(&im), I2N_OK);
		T_STR(names_of(&im), "/SHORT~1.TXT");
		T_EQ(im.n_warned, 1);
		close_fat(&im);
	}
}

/* An entry between the long name and its short one: the long name belongs to nobody. */
static void interrupted_long_name(void)
{
	static const uint16_t u[] = { 'l', 'o', 'n', 'g' };
	static struct fat_image im;

	put_name(&im, "SHORT~1 TXT", u, 4);
	put_entry(im.b + ROOT, 1, "\xe5"
				  "ELETED    ", 0x20, 0, 0);
	put_entry(im.b + ROOT, 2, "SHORT~1 TXT", 0x20, 0, 0);
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), "/SHORT~1.TXT");
	close_fat(&im);
}

/* What no file system may show: left out, and told. */
static void impossible_names(void)
{
	static const uint16_t slash[] = { 'a', '/', 'b' }, dots[] = { '.', '.' };
	static struct fat_image im;

	put_name(&im, "SHORT~1 TXT", slash, 3);
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), "");
	T_EQ(im.n_damaged, 1);
	close_fat(&im);
	put_name(&im, "SHORT~1 TXT", dots, 2);
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), "");
	T_STR(im.last, "..: its name cannot be");
	close_fat(&im);
}

static void names_twice(void)
{
	static struct fat_image im;

	make_fat12(&im);
	put_entry(im.b + ROOT, 0, "TWICE      ", 0x20, 5, 3);
	set_fat12(&im, 5, 0xfff);
	put_entry(im.b + ROOT, 1, "TWICE      ", 0x20, 0, 0);
	put_entry(im.b + ROOT, 2, "ANOTHER    ", 0x20, 0, 0);
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), "/ANOTHER/TWICE");
	T_EQ(im.n_damaged, 1);
	T_EQ(im.tree->n_inodes, 3);
	T_EQ(im.tree->inodes[im.tree->dirents[1].inode].size, 3);
	close_fat(&im);
}

int main(void)
{
	long_names();
	long_name_is_cut();
	short_names();
	broken_long_names();
	interrupted_long_name();
	impossible_names();
	names_twice();
	return t_end();
}
