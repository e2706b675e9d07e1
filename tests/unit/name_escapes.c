/* i2n_escape() and i2n_quote() let nothing through that a terminal would act on. */
#include "img2nfs/name.h"
#include "t.h"

static void check(const char *in, size_t len, const char *want)
{
	char buf[128];

	T_STR(i2n_escape(buf, sizeof(buf), in, len), want);
}

int main(void)
{
	char buf[16];
	size_t cap;

	check("etc/fstab", 9, "etc/fstab");
	check("", 0, "");
	check("a\nb\tc'd\\e\"", 10, "a\\nb\\tc\\'d\\\\e\"");
	check("\0\r\x1b\x7f", 4, "\\x00\\x0d\\x1b\\x7f");
	check("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7", 15,
	      "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7");
	check("\xff\xc3", 2, "\\xff\\xc3");			/* never a start; cut short */
	check("\xc0\xaf", 2, "\\xc0\\xaf");			/* overlong '/' */
	check("\xed\xa0\x80", 3, "\\xed\\xa0\\x80");		/* surrogate */
	check("\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80");	/* above U+10FFFF */
	check("\xc2\x9b" "31m", 5, "\\xc2\\x9b31m");		/* CSI in C1 */
	check("\xe2\x80\xae" "gpj", 6, "\\xe2\\x80\\xaegpj");	/* right-to-left override */
	T_STR(i2n_quote(buf, sizeof(buf), "a'b", 3), "'a\\'b'");
	/* too long: cut in front, never inside an escape */
	T_STR(i2n_escape(buf, 10, "0123456789abcdef", 16), "...abcdef");
	T_STR(i2n_escape(buf, 10, "0123456789\n\n\xff", 13), "...\\n\\xff");
	T_STR(i2n_quote(buf, 12, "0123456789abcdef", 16), "'...abcdef'");
	for (cap = 1; cap <= sizeof(buf); cap++) {
		i2n_escape(buf, cap, "\xff\xff\xff\xff\xff", 5);
		T_OK(strlen(buf) < cap);
		i2n_quote(buf, cap, "\xff\xff\xff\xff\xff", 5);
		T_OK(strlen(buf) < cap);
	}
	return t_end();
}
