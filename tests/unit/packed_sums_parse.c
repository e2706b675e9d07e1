/* The digest of a name is found in every form that sha256sum, BSD's sha256 and openssl write, and in
 * no other line. */
#include "packed/sums.h"

#include "t.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void finds(const char *text, bool nameless, const char *want)
{
	char hex[65] = "";
	bool found = sums_parse(text, strlen(text), "x.img", nameless, hex);

	if (found != (want != NULL))
		fprintf(stderr, "in: %s\n", text);
	T_EQ(found, want != NULL);
	if (found && want)
		T_STR(hex, want);
}

int main(void)
{
	finds(A "  x.img\n", false, A);
	finds(A " *x.img\n", false, A);
	finds(A "  x.img", false, A);
	finds(A "  x.img\r\n", false, A);
	finds(A "  ./dir/x.img\n", false, A);
	finds("SHA256 (x.img) = " A "\n", false, A);
	finds("SHA256 (dir/x.img) = " A "\n", false, A);
	finds("\n# x.img\n" B "  y.img\n" A "  x.img\n" B "  x.img\n", false, A);
	finds("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA  x.img", false, A);
	finds(A "\n", true, A);
	finds(A "\n", false, NULL);
	finds(B "  y.img\n" A "\n", true, A);
	finds("", true, NULL);
	finds("\n\n", true, NULL);
	finds(A "  y.img\n", true, NULL);
	finds(A "  prefix-x.img\n", true, NULL);
	finds(A "  x.img.xz\n", true, NULL);
	finds(A " x.img\n", true, NULL);
	finds(A "a  x.img\n", true, NULL);
	finds("g" A "  x.img\n", true, NULL);
	finds("SHA256 (y.img) = " A "\n", true, NULL);
	finds("SHA512 (x.img) = " A "\n", true, NULL);
	finds("SHA256 (x.img) = " A B "\n", true, NULL);
	return t_end();
}
