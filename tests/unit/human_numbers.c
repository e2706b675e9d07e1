/* Numbers for people: three or four digits, one after the point, powers of 1000; no overflow at the
 * end. */
#include "cli/human.h"
#include "t.h"

static const char *b(uint64_t n)
{
	static char buf[HUMAN_MAX];

	return human_bytes(buf, n);
}

static const char *t(uint64_t n)
{
	static char buf[HUMAN_MAX];

	return human_time(buf, n);
}

int main(void)
{
	T_STR(b(0), "0 B");
	T_STR(b(999), "999 B");
	T_STR(b(1000), "1.0 kB");
	T_STR(b(1949), "1.9 kB");
	T_STR(b(1950), "2.0 kB");
	T_STR(b(999949), "999.9 kB");
	T_STR(b(999951), "1.0 MB");
	T_STR(b(1854590976), "1.9 GB");
	T_STR(b(UINT64_C(17592186040320)), "17.6 TB");
	T_STR(b(UINT64_MAX), "18.4 EB");
	T_STR(t(0), "0:00");
	T_STR(t(61), "1:01");
	T_STR(t(3599), "59:59");
	T_STR(t(3723), "1:02:03");
	T_STR(human_s(1), "");
	T_STR(human_s(0), "s");
	return t_end();
}
