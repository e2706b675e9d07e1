/* Chains that loop, meet, break, or end too early; directories in themselves; boot sectors of any
 * kind: each costs what it concerns and is told. */
#include "fat_image.h"

static struct fat_image im;

static void want(const char *names, unsigned damaged, const char *last)
{
	T_EQ(open_fat(&im), I2N_OK);
	T_STR(names_of(&im), names);
	T_EQ(im.n_damaged, damaged);
	if (damaged)
		T_STR(im.last, last);
	close_fat(&im);
}

static void file(unsigned start, uint32_t size)
{
	make_fat12(&im);
	put_entry(im.b + ROOT, 0, "GOOD       ", 0x20, 0, 0);
	put_entry(im.b + ROOT, 1, "BAD        ", 0x20, start, size);
}

static void chains(void)
{
	file(0, 1);
	want("/GOOD", 1, "BAD: its first cluster cannot be");
	file(1, 1);
	want("/GOOD", 1, "BAD: its first cluster cannot be");
	file(0xfff, 1);
	want("/GOOD", 1, "BAD: its first cluster cannot be");
	file(5, 1025);		/* three clusters */
	set_fat12(&im, 5, 6);
	set_fat12(&im, 6, 0xfff);
	want("/GOOD", 1, "BAD: its chain of clusters is shorter than its size");
	file(5, 1025);
	set_fat12(&im, 5, 6);
	set_fat12(&im, 6, 0);
	want("/GOOD", 1, "BAD: its chain of clusters is broken");
	file(5, 1025);
	set_fat12(&im, 5, 6);
	set_fat12(&im, 6, 0xff0);
	want("/GOOD", 1, "BAD: its chain of clusters is broken");
	file(5, 0xffffffff);
	set_fat12(&im, 5, 6);
	set_fat12(&im, 6, 5);
	want("/GOOD", 1, "BAD: it shares clusters with something else");
	file(5, 512);		/* longer than the size: Linux does not mind */
	set_fat12(&im, 5, 6);
	set_fat12(&im, 6, 7);
	want("/BAD/GOOD", 0, "");
	file(5, 600);
	set_fat12(&im, 5, 6);
	set_fat12(&im, 6, 0xfff);
	put_entry(im.b + ROOT, 2, "CROSS      ", 0x20, 6, 10);
	want("/BAD/GOOD", 1, "CROSS: it shares clusters with something else");
}

static void directories(void)
{
	unsigned char *d;

	make_fat12(&im);	/* in itself */
	put_entry(im.b + ROOT, 0, "DIR        ", 0x10, 5, 0);
	d = put_dir(&im, 5);
	put_entry(d, 2, "SELF       ", 0x10, 5, 0);
	want("/DIR/DIR/SELF", 1,
	     "DIR/SELF: it shares clusters with something else; the rest is left out");

	make_fat12(&im);	/* its chain goes in a circle */
	put_entry(im.b + ROOT, 0, "DIR        ", 0x10, 5, 0);
	d = put_dir(&im, 5);
	for (unsigned i = 2; i < 16; i++)
		put_entry(d, i, "FILE       ", 0x20, 0, 0)[4] = (unsigned char)('A' + i);
	set_fat12(&im, 5, 6);
	memset(cluster_at(&im, 6), 0xe5, SECTOR);
	set_fat12(&im, 6, 5);
	T_EQ(open_fat(&im), I2N_OK);
	T_EQ(im.tree->n_dirents, 15);
	T_EQ(im.n_damaged, 1);
	close_fat(&im);

	make_fat12(&im);	/* nowhere */
	put_entry(im.b + ROOT, 0, "DIR        ", 0x10, 0, 0);
	want("/DIR", 1, "DIR: its first cluster cannot be");

	make_fat12(&im);	/* entries behind the end are none */
	put_entry(im.b + ROOT, 1, "GHOST      ", 0x20, 0, 0);
	want("", 0, "");
}

static void refused(const char *why)
{
	T_EQ(open_fat(&im), I2N_FATAL);
	T_HAS(im.err.msg, why);
	close_fat(&im);
}

static void boot_sectors(void)
{
	make_fat12(&im);
	put16(im.b + 11, 513);
	refused("its sector size is impossible");
	make_fat12(&im);
	put16(im.b + 11, 8192);
	refused("its sector size is impossible");
	make_fat12(&im);
	im.b[13] = 0;
	refused("its cluster size is impossible");
	make_fat12(&im);
	im.b[16] = 0;
	refused("none of FAT's numbers");
	make_fat12(&im);
	put16(im.b + 17, 17);
	refused("root directory is impossible");
	make_fat12(&im);
	put16(im.b + 22, 0xffff);
	refused("larger than the file system");
	make_fat12(&im);
	put16(im.b + 22, 0);	/* FAT32 with a FAT of 2 TiB */
	put16(im.b + 17, 0);
	put32(im.b + 36, 0xffffffff);
	refused("larger than the file system");
	make_fat12(&im);
	put16(im.b + 14, 2000);
	put16(im.b + 19, 0);
	put32(im.b + 32, 0xffffffff);
	refused("past the end of the image");
}

/* Every single byte of the tables, with the values that hurt most. Whatever happens, it ends. */
static void every_byte(void)
{
	static const unsigned char odd[] = { 0, 1, 0x7f, 0x80, 0xff };
	static unsigned char good[sizeof(im.b)];
	unsigned char *d;

	make_fat12(&im);
	put_entry(im.b + ROOT, 0, "DIR        ", 0x10, 5, 0);
	d = put_dir(&im, 5);
	put_entry(d, 2, "FILE       ", 0x20, 6, 1000);
	set_fat12(&im, 6, 7);
	set_fat12(&im, 7, 0xfff);
	memcpy(good, im.b, sizeof(good));
	for (size_t at = 0; at < DATA + 4 * SECTOR; at++) {
		if (at == 64)
			at = SECTOR;
		if (at == SECTOR + 24)
			at = ROOT;
		if (at == ROOT + 64)
			at = DATA + 3 * SECTOR;
		for (size_t i = 0; i < sizeof(odd); i++) {
			memset(&im, 0, sizeof(im));
			memcpy(im.b, good, sizeof(good));
			im.b[at] = odd[i];
			(void)open_fat(&im);	/* either result will do */
			close_fat(&im);
		}
	}
}

int main(void)
{
	chains();
	directories();
	boot_sectors();
	every_byte();
	return t_end();
}
