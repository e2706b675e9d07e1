/* fuzz_text.h - the body of a fuzz target that reads text: fuzz.h damages images.
 *
 *	#define FUZZ_TARGET "sums"
 *	#define FUZZ_ODD "\n="		what random damage writes
 *	static const char seed_text[] = "...";
 *	#include "fuzz_text.h"
 *
 * and then LLVMFuzzerTestOneInput(). Built twice, as with fuzz.h, and takes the same words. */
#ifndef TESTS_FUZZ_TEXT_H
#define TESTS_FUZZ_TEXT_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#ifdef FUZZ_PLAIN
static unsigned next_rand(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(*seed >> 33);
}

static int run_random(unsigned long count, uint64_t seed)
{
	static const char odd[] = FUZZ_ODD;
	uint8_t input[sizeof(seed_text) - 1];

	printf("%s: %lu damages from seed %" PRIu64 "\n", FUZZ_TARGET, count, seed);
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

#endif
