/* Type, label and UUID of a file system are what `blkid -p` of util-linux says, for each file
 * system whose own mkfs is installed; without it the row is skipped and counted. Images of LVM,
 * RAID and ZFS are written by hand from their formats, because their tools want block devices;
 * blkid is still the judge. */
#define _XOPEN_SOURCE 700
#include "img2nfs/ptable.h"

#include <sys/wait.h>
#include <unistd.h>

#include "t.h"

struct row {
	const char *name, *tool, *size, *command; /* the command makes the file x of `size` bytes */
	enum i2n_fskind kind;
};

static const struct row rows[] = {
	{ "ext2", "mke2fs", "8M", "mke2fs -q -t ext2 -L two x", I2N_FS_EXT },
	{ "ext3", "mke2fs", "8M", "mke2fs -q -t ext3 -L 'three 3' x", I2N_FS_EXT },
	{ "ext4", "mke2fs", "8M", "mke2fs -q -t ext4 -L rootfs x", I2N_FS_EXT },
	{ "ext4 16 byte label", "mke2fs", "8M", "mke2fs -q -t ext4 -L 0123456789abcdef x",
	  I2N_FS_EXT },
	{ "ext4 without journal", "mke2fs", "8M", "mke2fs -q -t ext4 -O ^has_journal x",
	  I2N_FS_EXT },
	{ "ext journal device", "mke2fs", "8M", "mke2fs -q -O journal_dev x", I2N_FS_OTHER },
	{ "fat12", "mkfs.vfat", "2M", "mkfs.vfat -F 12 -n TWELVE x", I2N_FS_OTHER },
	{ "fat16", "mkfs.vfat", "16M", "mkfs.vfat -F 16 -n BOOT x", I2N_FS_OTHER },
	{ "fat32", "mkfs.vfat", "64M", "mkfs.vfat -F 32 -n bootfs x", I2N_FS_OTHER },
	{ "fat32 without label", "mkfs.vfat", "64M", "mkfs.vfat -F 32 x", I2N_FS_OTHER },
	{ "fat32 with 4k sectors", "mkfs.vfat", "300M", "mkfs.vfat -F 32 -S 4096 -n big x",
	  I2N_FS_OTHER },
	{ "exfat", "mkfs.exfat", "16M", "mkfs.exfat -n karte x", I2N_FS_OTHER },
	{ "ntfs", "mkntfs", "16M", "mkntfs -q -F -L Windows x", I2N_FS_OTHER },
	{ "xfs", "mkfs.xfs", "320M", "mkfs.xfs -q -L data x", I2N_FS_OTHER },
	{ "btrfs", "mkfs.btrfs", "128M", "mkfs.btrfs -q -L pool x", I2N_FS_OTHER },
	{ "squashfs", "mksquashfs", "0", "mkdir d && mksquashfs d x -noappend -quiet",
	  I2N_FS_OTHER },
	{ "f2fs", "mkfs.f2fs", "64M", "mkfs.f2fs -q -l flash x", I2N_FS_OTHER },
	{ "erofs", "mkfs.erofs", "0", "mkdir d && mkfs.erofs x d", I2N_FS_OTHER },
	{ "jfs", "mkfs.jfs", "16M", "mkfs.jfs -q -L journaled x", I2N_FS_OTHER },
	{ "reiserfs", "mkreiserfs", "40M", "mkreiserfs -q -ff -l reiser x", I2N_FS_OTHER },
	{ "nilfs2", "mkfs.nilfs2", "140M", "mkfs.nilfs2 -q -L log x", I2N_FS_OTHER },
	{ "ubifs", "mkfs.ubifs", "0", "mkdir d && mkfs.ubifs -r d -m 2048 -e 129024 -c 100 -o x",
	  I2N_FS_OTHER },
	{ "ubi", "ubinize", "0",
	  "printf '[v]\\nmode=ubi\\nvol_id=0\\nvol_size=1MiB\\nvol_type=dynamic\\nvol_name=r\\n' "
	  ">cfg && "
	  "ubinize -o x -p 128KiB -m 2048 cfg && truncate -s 4M x",
	  I2N_FS_CONTAINER },
	{ "cramfs", "mkfs.cramfs", "0", "mkdir d && echo hi >d/f && mkfs.cramfs -n small d x",
	  I2N_FS_OTHER },
	{ "romfs", "genromfs", "0", "mkdir d && genromfs -f x -d d -V rom && truncate -s 1M x",
	  I2N_FS_OTHER },
	{ "iso9660", "genisoimage", "0", "mkdir d && genisoimage -quiet -V CDROM -o x d",
	  I2N_FS_OTHER },
	{ "swap", "mkswap", "1M", "mkswap -q -L swap x", I2N_FS_OTHER },
	{ "swap of 64k pages", "mkswap", "2M", "mkswap -q -p 65536 -L big x", I2N_FS_OTHER },
	{ "LUKS1", "cryptsetup", "4M",
	  "echo pass | cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations 1000 x",
	  I2N_FS_CONTAINER },
	{ "LUKS2", "cryptsetup", "20M",
	  "echo pass | cryptsetup -q luksFormat --type luks2 --label secret --pbkdf pbkdf2 "
	  "--pbkdf-force-iterations 1000 x",
	  I2N_FS_CONTAINER },
	{ "bcache", "make-bcache", "16M", "make-bcache -B x", I2N_FS_CONTAINER },
	{ "nothing", "true", "4M", "true", I2N_FS_EMPTY },
};

static void run(const char *what, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "{ %s; } >log 2>&1", command);
	if (system(line) != 0) {
		fprintf(stderr, "%s: failed: %s\n", what, command);
		(void)!system("tail -n 5 log >&2");
		t_failures++;
	}
}

static void blkid_word(const char *key, char *buf, size_t cap)
{
	char line[256];
	FILE *f = popen("PATH=$PATH:/usr/sbin:/sbin blkid -p -o export x", "r");
	size_t n = strlen(key);

	buf[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, key, n) && line[n] == '=')
			snprintf(buf, cap, "%s", line + n + 1);
	}
	if (f)
		pclose(f);
}

/* blkid's export form puts a backslash before blanks */
static void unescape(char *s)
{
	char *o = s;

	for (; *s; s++) {
		if (*s != '\\')
			*o++ = *s;
	}
	*o = '\0';
}

static void compare(const char *name, enum i2n_fskind kind)
{
	struct i2n_source *src = NULL;
	struct i2n_fstype got = { .type = "untouched" };
	struct i2n_err err = { 0 };
	char want[256];
	int before = t_failures;

	T_EQ(i2n_source_open_file("x", &src, &err), I2N_OK);
	if (!src)
		return;
	T_EQ(i2n_fstype_probe(src, &got, &err), I2N_OK);
	T_EQ(got.kind, kind);
	blkid_word("TYPE", want, sizeof(want));
	T_STR(got.type, want);
	blkid_word("LABEL", want, sizeof(want));
	unescape(want);
	T_STR(got.label, want);
	blkid_word("UUID", want, sizeof(want));
	T_STR(got.uuid, want);
	i2n_source_free(src);
	if (t_failures != before)
		fprintf(stderr, "^ in row %s\n", name);
	else
		printf("ok %s: %s\n", name, got.type);
}

static bool has_tool(const char *tool)
{
	char line[128];

	snprintf(line, sizeof(line), "command -v %s >log 2>&1", tool);
	return system(line) == 0;
}

static unsigned char img[4 << 20];

static void put32(size_t off, uint32_t v)
{
	img[off] = (unsigned char)v;
	img[off + 1] = (unsigned char)(v >> 8);
	img[off + 2] = (unsigned char)(v >> 16);
	img[off + 3] = (unsigned char)(v >> 24);
}

static void by_hand(const char *name, uint64_t size)
{
	FILE *f = fopen("x", "wb");

	T_OK(f && fwrite(img, 1, sizeof(img), f) == sizeof(img) && fclose(f) == 0);
	T_EQ(truncate("x", (off_t)size), 0);
	compare(name, I2N_FS_CONTAINER);
	memset(img, 0, sizeof(img));
}

/* Sum of the 256 bytes as 32-bit words, without the sum itself; util-linux looks at it from 2.41
 * on. */
static uint32_t md1_sum(const unsigned char *b)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 256; i += 4)
		sum += b[i] | (uint32_t)b[i + 1] << 8 | (uint32_t)b[i + 2] << 16 |
			(uint32_t)b[i + 3] << 24;
	return (uint32_t)(sum + (sum >> 32));
}

/* struct mdp_superblock_1 */
static void put_md1(size_t off)
{
	unsigned i;

	put32(off, 0xa92b4efc);
	put32(off + 4, 1);
	for (i = 0; i < 16; i++)
		img[off + 16 + i] = (unsigned char)(0x10 + i);
	memcpy(img + off + 32, "host:0", 6);
	put32(off + 144, (uint32_t)(off / 512));	/* super_offset */
	put32(off + 216, md1_sum(img + off));
}

static void md_rows(void)
{
	put_md1(0);
	by_hand("md 1.1", sizeof(img));
	put_md1(4096);
	by_hand("md 1.2", sizeof(img));
	put_md1(((sizeof(img) / 512 - 16) & ~(size_t)7) * 512);
	by_hand("md 1.0", sizeof(img));

	/* mdp_super_t: magic, version 0.90.0, UUID words 5, 13, 14, 15 */
	put32(sizeof(img) - 65536, 0xa92b4efc);
	put32(sizeof(img) - 65536 + 8, 90);
	put32(sizeof(img) - 65536 + 20, 0x01020304);
	put32(sizeof(img) - 65536 + 52, 0x11121314);
	put32(sizeof(img) - 65536 + 56, 0x21222324);
	put32(sizeof(img) - 65536 + 60, 0x31323334);
	by_hand("md 0.90", sizeof(img));
}

/* CRC of LVM2: reflected 0xedb88320, start value 0xf597a6cf, no final inversion */
static uint32_t lvm_crc(const unsigned char *b, size_t len)
{
	uint32_t crc = 0xf597a6cf;
	int i;

	while (len--) {
		crc ^= *b++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return crc;
}

static void lvm_row(void)
{
	memcpy(img + 512, "LABELONE", 8);
	img[512 + 8] = 1;
	put32(512 + 20, 32);
	memcpy(img + 512 + 24, "LVM2 001", 8);
	memcpy(img + 512 + 32, "abcdefghijklmnopqrstuvwxyz012345", 32);
	put32(512 + 16, lvm_crc(img + 512 + 20, 512 - 20));
	by_hand("LVM2", sizeof(img));
}

static void zfs_row(void)
{
	unsigned i;

	for (i = 0; i < 8; i++)
		put32(131072 + 1024 * i, 0x00bab10c);
	/* from 2.41 on it wants a whole pool configuration, which we do not look at */
	if (system("blkid -V | grep -q 'util-linux 2\\.[0-3]'"))
		return;
	by_hand("zfs", 80u << 20);	/* blkid looks for ZFS from 64 MiB on */
}

int main(void)
{
	unsigned i, skipped = 0;
	char line[512];

	T_EQ(setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1), 0);
	if (!has_tool("blkid"))
		return t_skip("blkid (package util-linux) is not installed");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!has_tool(rows[i].tool)) {
			printf("skipped row %s: %s is not installed\n", rows[i].name, rows[i].tool);
			skipped++;
			continue;
		}
		snprintf(line, sizeof(line), "rm -rf x d; truncate -s %s x; %s", rows[i].size,
			 strcmp(rows[i].size, "0") ? "true" : "rm x");
		run(rows[i].name, line);
		run(rows[i].name, rows[i].command);
		compare(rows[i].name, rows[i].kind);
	}
	md_rows();
	lvm_row();
	zfs_row();
	printf("%u rows skipped\n", skipped);
	(void)unlink("x");
	return t_end();
}
