/* Lists in braces are written out as bash does: the wanted words come from it, where it is. */
#include "cli/extract_many.h"

#include "t.h"

static const struct {
	const char *operand, *want;
} good[] = {
	{ "nfs://nas/pi/{kitchen,hall,door}",
	  "nfs://nas/pi/kitchen nfs://nas/pi/hall nfs://nas/pi/door" },
	{ "nfs://n/{a,b}p{1,2,}",
	  "nfs://n/ap1 nfs://n/ap2 nfs://n/ap nfs://n/bp1 nfs://n/bp2 nfs://n/bp" },
	{ "nfs://n/{a,b{1,2}c,d}e", "nfs://n/ae nfs://n/b1ce nfs://n/b2ce nfs://n/de" },
	{ "nfs://n/{x}", "nfs://n/{x}" },
	{ "nfs://n/{}", "nfs://n/{}" },
	{ "nfs://n/{a,b", "nfs://n/{a,b" },
	{ "nfs://n/{{a,b}}", "nfs://n/{a} nfs://n/{b}" },
	{ "nfs://n/a,b", "nfs://n/a,b" },
	{ "nfs://n/p{1,2}?uid=0", "nfs://n/p1?uid=0 nfs://n/p2?uid=0" },
};

static void join(const struct many *m, char *buf, size_t cap)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < m->n && n < cap; i++)
		n += (size_t)snprintf(buf + n, cap - n, "%s%s", i ? " " : "", m->urls[i]);
}

/* What bash makes of it; false: there is none. */
static bool ask_bash(const char *operand, char *buf, size_t cap)
{
	char cmd[400];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "bash -c 'set -f; echo %s' 2>/dev/null", operand);
	f = popen(cmd, "r");
	if (!f || !fgets(buf, (int)cap, f))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return f && !pclose(f) && buf[0];
}

static void check_bad(char *const *operands, unsigned n, const char *msg)
{
	struct i2n_err err = { 0 };
	struct many m;

	T_EQ(many_expand(operands, n, &m, &err), I2N_FATAL);
	T_HAS(err.msg, msg);
	many_release(&m);
}

static void check_values(void)
{
	struct i2n_err err = { 0 };
	char *v;

	T_EQ(many_value("hostname", "pi-{}-{}", "hall", &v, &err), I2N_OK);
	T_STR(v, "pi-hall-hall");
	free(v);
	T_EQ(many_value("hostname", NULL, "hall", &v, &err), I2N_OK);
	T_OK(!v);
	T_EQ(many_value("hostname", "pi", "hall", &v, &err), I2N_FATAL);
	T_HAS(err.msg, "'--hostname'");
}

int main(void)
{
	char *same[] = { (char *)"nfs://n/{a,b}", (char *)"nfs://n/b" };
	char *names[] = { (char *)"nfs://n/a/pi", (char *)"nfs://n/b/pi/" };
	char *null[] = { (char *)"nfs://n/a", (char *)"null:" };
	char *top[] = { (char *)"nfs://{n,m}/" };
	char *lots[] = { (char *)"nfs://n/{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b}" };
	char got[1000], bash[1000];
	struct i2n_err err;
	struct many m;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char *operand = (char *)good[i].operand;

		T_EQ(many_expand(&operand, 1, &m, &err), I2N_OK);
		join(&m, got, sizeof(got));
		T_STR(got, good[i].want);
		if (!strchr(operand, '?') && ask_bash(operand, bash, sizeof(bash)))
			T_STR(bash, good[i].want);
		many_release(&m);
	}
	T_EQ(many_expand(names, 1, &m, &err), I2N_OK);
	many_release(&m);
	check_bad(same, 2, "given twice");
	check_bad(names, 2, "different names");
	check_bad(null, 2, "'null:'");
	check_bad(top, 1, "different names");
	check_bad(lots, 1, "more than 64");
	check_values();
	return t_end();
}
