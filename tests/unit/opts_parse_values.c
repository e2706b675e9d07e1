/* Options of each type are parsed into their struct; wrong ones are refused with their name in the
 * message. */
#include <stddef.h>

#include "cli/cmd.h"
#include "t.h"

struct values {
	bool flag;
	uint64_t number, size, unset;
	unsigned word;
	const char *string;
	struct opt_list list;
};

static const struct opt rows[] = {
	{ .name = "flag", .letter = 'f', .type = OPT_FLAG, .off = offsetof(struct values,
									   flag), .help = "x" },
	{ .name = "number", .type = OPT_NUMBER, .off = offsetof(struct values,
								number), .arg = "N", .min = 1,
	  .max = 1024, .def = "128", .help = "x" },
	{ .name = "size", .type = OPT_SIZE, .off = offsetof(struct values,
							    size), .arg = "BYTES", .min = 64 << 10,
	  .def = "8M", .help = "x" },
	{ .name = "unset", .type = OPT_SIZE, .off = offsetof(struct values,
							     unset), .arg = "BYTES", .help = "x" },
	{ .name = "word", .type = OPT_WORD, .off = offsetof(struct values,
							    word), .arg = "W", .words = "aa|b|ccc",
	  .def = "b", .help = "x" },
	{ .name = "string", .type = OPT_STRING, .off = offsetof(struct values,
								string), .arg = "S", .help = "x" },
	{ .name = "add", .type = OPT_LIST, .off = offsetof(struct values, list), .arg = "S",
	  .help = "x" },
	{ .name = "take", .type = OPT_LIST, .off = offsetof(struct values, list), .arg = "S",
	  .help = "x" },
	{ 0 },
};

static const struct i2n_cmd cmd = { .name = "test",
				    .args = "IMAGE URL",
				    .line = "x",
				    .min_args = 1,
				    .max_args = 2,
				    .opts = rows,
				    .opts_size = sizeof(struct values) };

static struct i2n_err err;
static char *args[16];
static unsigned n_args;

/* Words separated by single spaces. */
static int parse(const char *line, struct values *v)
{
	static char copy[512];
	int argc = 0;

	memset(v, 0, sizeof(*v));
	memset(&err, 0, sizeof(err));
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		args[argc++] = w;
	return opts_parse(&cmd, argc, args, v, &n_args, &err);
}

static void refused(const char *line, const char *msg)
{
	struct values v;

	T_EQ(parse(line, &v), I2N_FATAL);
	T_EQ(err.domain, I2N_DOM_USAGE);
	T_EQ(err.blame, I2N_BLAME_USAGE);
	T_STR(err.msg, msg);
}

static void accepts(void)
{
	struct values v;

	T_EQ(parse("x", &v), I2N_OK);
	T_OK(!v.flag && v.number == 128 && v.size == 8u << 20 && v.unset == OPT_UNSET &&
	     v.word == 1 && !v.string);
	T_EQ(n_args, 1);

	T_EQ(parse("--flag x --number=1 --size 64K --unset=0 y --word ccc --string=-v", &v),
	     I2N_OK);
	T_OK(v.flag && v.number == 1 && v.size == 65536 && v.unset == 0 && v.word == 2);
	T_STR(v.string, "-v");
	T_EQ(n_args, 2);
	T_STR(args[0], "x");
	T_STR(args[1], "y");

	T_EQ(parse("-f -- --flag -", &v), I2N_OK);
	T_OK(v.flag);
	T_STR(args[0], "--flag");
	T_STR(args[1], "-");

	T_EQ(parse("x --number=2 --number=3 --string --flag --unset=18446744073709551614", &v),
	     I2N_OK);
	T_EQ(v.number, 3);
	T_STR(v.string, "--flag");
	T_OK(!v.flag && v.unset == UINT64_MAX - 1);
	T_EQ(parse("x --unset=16777215T", &v), I2N_OK);
	T_OK(v.unset == UINT64_C(16777215) << 40);

	T_EQ(parse("x --number=0 --help", &v), I2N_FATAL);
	T_EQ(parse("--help --number=0", &v), I2N_END);
}

static void refuses(void)
{
	refused("x --number=0", "option '--number': '0' is not in 1..1024");
	refused("x --number=1025", "option '--number': '1025' is not in 1..1024");
	refused("x --number=99999999999999999999",
		"option '--number': '99999999999999999999' is not in 1..1024");
	refused("x --number=-1", "option '--number': '-1' is not a number");
	refused("x --number=", "option '--number': '' is not a number");
	refused("x --number=1K", "option '--number': '1K' is not a number");
	refused("x --number=0x10", "option '--number': '0x10' is not a number");
	refused("x --size=1M2",
		"option '--size': '1M2' is not a number of bytes (K, M, G and T may follow it)");
	refused("x --size=k",
		"option '--size': 'k' is not a number of bytes (K, M, G and T may follow it)");
	refused("x --size=63K", "option '--size': '63K' is not in 64K..18446744073709551614");
	refused("x --unset=16777216T",
		"option '--unset': '16777216T' is not in 0..18446744073709551614");
	refused("x --word=a", "option '--word': 'a' is not aa, b or ccc");
	refused("x --word=aa|b", "option '--word': 'aa|b' is not aa, b or ccc");
	refused("x --flag=yes", "option '--flag' takes no value");
	refused("x --string", "option '--string' needs a value: S");
	refused("x --fla", "unknown option '--fla'");
	refused("x --flagg", "unknown option '--flagg'");
	refused("x -ff", "unknown option '-ff'");
	refused("x --=1", "unknown option '--=1'");
	refused("x --help=1", "option '--help' takes no value");
	refused("", "'test' takes IMAGE URL, but 0 words are given");
	refused("a b c", "'test' takes IMAGE URL, but 3 words are given");
}

/* Two rows fill one list, in the order of the command line. */
static void lists(void)
{
	struct values v;

	T_EQ(parse("--take=b --add a x --add=b", &v), I2N_OK);
	T_EQ(v.list.n, 3);
	T_STR(v.list.items[0].option, "take");
	T_STR(v.list.items[0].value, "b");
	T_STR(v.list.items[1].option, "add");
	T_STR(v.list.items[1].value, "a");
	T_STR(v.list.items[2].option, "add");
	T_STR(v.list.items[2].value, "b");
	opts_release(&cmd, &v);
	T_OK(!v.list.items && !v.list.n);

	T_EQ(parse("--add=a --number=0 x", &v), I2N_FATAL);
	opts_release(&cmd, &v);
	T_EQ(parse("x", &v), I2N_OK);
	T_OK(!v.list.items);
	opts_release(&cmd, &v);
}

int main(void)
{
	accepts();
	lists();
	refuses();
	return t_end();
}
