/* The lines of checksum files (src/packed/sums.h): whatever they hold, what is found is a digest that
 * stands in them. Own body instead of fuzz.h, which damages images. */
#include "packed/sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"

static const char seed_text[] = "# comment\n" HEX "  other.img\n" HEX " *x.img.xz\r\n"
				"SHA256 (./a/x.img.xz) = " HEX "\n" HEX "\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len ? len : 1), hex[65];
	int nameless;

	if (!text)
		return 0;
	memcpy(text, data, len);	/* exactly as long: a read beyond is seen */
	for (nameless = 0; nameless < 2; nameless++)
		if (sums_parse(text, len, "x.img.xz", nameless, hex) &&
		    (strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64))
			abort();
	free(text);
	return 0;
}

#ifdef FUZZ_PLAIN
static unsigned next_rand(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

static int run_random(unsigned long count, uint64_t seed)
{
	static const char odd[] = "\n\r *()= /0afAFgx";
	uint8_t input[sizeof(seed_text) - 1];

	printf("sums: %lu damages from seed %" PRIu64 "\n", count, seed);
	while (count--) {
		unsigned n = 1 + next_rand(&seed) % 8;

		memcpy(input, seed_text, sizeof(input));
		while (n--)
			input[next_rand(&seed) % sizeof(input)] =
				(uint8_t)odd[next_rand(&seed) % (sizeof(odd) - 1)];
		LLVMFuzzerTestOneInput(input, next_rand(&seed) % (sizeof(input) + 1));
	}
	return 0;
}

static int write_seed(const char *folder)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/seed", folder);
	f = fopen(path, "wb");
	if (!f || fwrite(seed_text, 1, sizeof(seed_text) - 1, f) != sizeof(seed_text) - 1 ||
	    fclose(f)) {
		perror(path);
		return 1;
	}
	return 0;
}

static int run_file(const char *path)
{
	static uint8_t buf[65536];
	FILE *f = fopen(path, "rb");

	if (!f) {
		perror(path);
		return 1;
	}
	LLVMFuzzerTestOneInput(buf, fread(buf, 1, sizeof(buf), f));
	(void)fclose(f);	/* only read from */
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1;
	int i, rc = 0;

	if (argc == 3 && !strcmp(argv[1], "-o"))
		return write_seed(argv[2]);
	if (argc == 5 && !strcmp(argv[3], "-s"))
		seed = strtoull(argv[4], NULL, 10);
	if (argc >= 3 && !strcmp(argv[1], "-n"))
		return run_random(strtoul(argv[2], NULL, 10), seed);
	for (i = 1; i < argc && !rc; i++)
		rc = run_file(argv[i]);
	return rc;
}
#endif
