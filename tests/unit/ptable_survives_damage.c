/* Random damage to real tables and superblocks never crashes the readers, and what they say
 * afterwards still holds: partitions lie inside the image or are marked. Half of the damaged GPTs
 * get right checksums again, so that their numbers are believed. Usage: ptable_survives_damage
 * [SEED [ROUNDS]] */
#define _XOPEN_SOURCE 700
#include "img2nfs/ptable.h"

#include <time.h>

#include "libfdisk_leak.h"
#include "t.h"

#define SIZE ((size_t)4 << 20)

static unsigned char seed_img[SIZE], img[SIZE];
static uint64_t rnd_state;

static uint32_t rnd(void)
{
	rnd_state = rnd_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(rnd_state >> 33);
}

static uint32_t crc32_of(const unsigned char *b, size_t len)
{
	uint32_t crc = UINT32_MAX;
	unsigned i;

	while (len--) {
		crc ^= *b++;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static uint32_t get32(const unsigned char *b)
{
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void put32(unsigned char *b, uint32_t v)
{
	b[0] = (unsigned char)v;
	b[1] = (unsigned char)(v >> 8);
	b[2] = (unsigned char)(v >> 16);
	b[3] = (unsigned char)(v >> 24);
}

static void mend_gpt(size_t header)
{
	uint64_t lba = get32(img + header + 72),
		 len = (uint64_t)get32(img + header + 80) * get32(img + header + 84);
	uint32_t header_len = get32(img + header + 12);

	if (memcmp(img + header, "EFI PART", 8) || header_len > 512)
		return;
	if (lba * 512 < SIZE && len <= 65536 && len <= SIZE - lba * 512)
		put32(img + header + 88, crc32_of(img + lba * 512, (size_t)len));
	put32(img + header + 16, 0);
	put32(img + header + 16, crc32_of(img + header, header_len));
}

/* Where tables and superblocks are: the first MiB, mostly its beginning, and the end. */
static size_t spot(void)
{
	switch (rnd() % 6) {
	case 0:
		return 440 + rnd() % 72;
	case 1:
		return 512 + rnd() % 96;
	case 2:
		return 1024 + rnd() % 1024;
	case 3:
		return SIZE - 1 - rnd() % 20000;
	case 4:
		return SIZE - 512 + rnd() % 96;
	default:
		return rnd() % (1 << 20);
	}
}

static void damage(void)
{
	unsigned n = 1 + rnd() % 8, i;
	static const unsigned char nasty[] = { 0, 1, 0x7f, 0x80, 0xff, 5 };

	for (i = 0; i < n; i++) {
		size_t at = spot();

		if (rnd() % 2)
			img[at] ^= (unsigned char)(1u << rnd() % 8);
		else
			img[at] = nasty[rnd() % sizeof(nasty)];
	}
	if (rnd() % 2) {
		mend_gpt(512);
		mend_gpt(SIZE - 512);
	}
}

static void check_parts(struct i2n_source *src, const struct i2n_ptable *pt)
{
	unsigned i;

	T_OK(pt->n_parts <= I2N_PARTS_MAX);
	for (i = 0; i < pt->n_parts; i++) {
		const struct i2n_part *p = &pt->parts[i];
		struct i2n_source *slice = NULL;
		struct i2n_fstype fs;
		struct i2n_err err = { 0 };

		if (p->outside)
			continue;
		T_OK(p->size && p->start <= SIZE && p->size <= SIZE - p->start);
		T_EQ(i2n_source_slice(src, p->start, p->size, &slice, &err), I2N_OK);
		if (slice)
			T_EQ(i2n_fstype_probe(slice, &fs, &err), I2N_OK);
		i2n_source_free(slice);
	}
}

static void one_round(void)
{
	struct i2n_source *src = NULL;
	struct i2n_ptable *pt = NULL;
	struct i2n_fstype fs;
	struct i2n_err err = { 0 };
	int rc;

	T_EQ(i2n_source_mem(img, SIZE, &src, &err), I2N_OK);
	rc = i2n_ptable_read(src, rnd() % 8 ? 0 : 4096, NULL, &pt, &err);
	T_OK(rc == I2N_OK || (rc == I2N_FATAL && err.msg[0]));
	if (pt)
		check_parts(src, pt);
	T_EQ(i2n_fstype_probe(src, &fs, &err), I2N_OK);
	i2n_ptable_free(pt);
	i2n_source_free(src);
}

static const char *const seeds[] = {
	"printf 'label: dos\\n,1M,c,*\\n,,E\\n,300K,L\\n,300K,L\\n,,L\\n' | sfdisk -q x",
	"sgdisk -n 1:0:+1M -c 1:one -n 2:0:+500k -c 2:two -n 3:0:0 x",
	"mke2fs -q -t ext4 -L root x",
	"mkfs.vfat -F 12 -n BOOT x",
	"mkntfs -q -F -L Win x",
	"mkfs.exfat -n karte x",
	"mkswap -q x",
};

static int load_seed(const char *command)
{
	char line[512];
	FILE *f;
	int ok;

	snprintf(line, sizeof(line), "rm -f x; truncate -s %zu x; { %s; } >log 2>&1", SIZE,
		 command);
	if (system(line) != 0)
		return 0;
	f = fopen("x", "rb");
	ok = f && fread(seed_img, 1, SIZE, f) == SIZE;
	if (f)
		fclose(f);
	return ok;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 300, used = 0, i, k;
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);

	printf("seed %llu\n", (unsigned long long)seed);
	rnd_state = seed;
	T_EQ(setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1), 0);
	for (i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		if (!load_seed(seeds[i])) {
			printf("skipped seed: %s\n", seeds[i]);
			continue;
		}
		used++;
		memcpy(img, seed_img, SIZE);
		for (k = 0; k < rounds && !t_failures; k++) {
			if (k % 4 == 0)
				memcpy(img, seed_img, SIZE);
			damage();
			one_round();
		}
	}
	if (!used)
		return t_skip("no tool to make tables with is installed");
	printf("%u rounds on each of %u seeds\n", rounds, used);
	return t_end();
}
