/* The lines of checksum files (src/packed/sums.h): whatever they hold, what is found is a digest that
 * stands in them. */
#include "packed/sums.h"

#define FUZZ_TARGET "sums"
#define FUZZ_ODD "\n\r *()= /0afAFgx"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"

static const char seed_text[] = "# comment\n" HEX "  other.img\n" HEX " *x.img.xz\r\n"
				"SHA256 (./a/x.img.xz) = " HEX "\n" HEX "\n";

#include "fuzz_text.h"

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
