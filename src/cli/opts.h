/* opts.h - options as rows of a table: parsing, --help, completion and the manual check come from
 * the rows.
 *
 *	struct list_opts { bool json; uint64_t offset; unsigned journal; const char *partition; };
 *	static const struct opt rows[] = {
 *		{ .name = "json", .type = OPT_FLAG, .off = offsetof(struct list_opts, json),
 *		  .help = "..." },
 *		...
 *		{ 0 }
 *	};
 *
 * Syntax: --name=VALUE or --name VALUE, --name[=VALUE] for the rows with `bare`, -v for the rows
 * that have a letter; no abbreviations, no clusters; options and operands in any order; "--" ends
 * the options; "-" and what begins with "-:" are operands; a repeated option counts with its last
 * value, or, as an OPT_LIST, with all of them.
 *
 * Ownership: OPT_STRING values, and those in a list, point into argv. opts_release() frees lists.
 * Errors:    domain USAGE, with the option's own name in the text. */
#ifndef CLI_OPTS_H
#define CLI_OPTS_H

#include "img2nfs/err.h"

#include <stdio.h>

enum opt_type {
	OPT_FLAG,	/* bool; takes no value */
	OPT_NUMBER,	/* uint64_t, decimal */
	/* uint64_t in bytes: decimal, then optionally K, M, G or T, which are powers of 1024 */
	OPT_SIZE,
	OPT_WORD,	/* unsigned: position of the word in `words` */
	OPT_STRING,	/* const char * */
	OPT_LIST,	/* struct opt_list; several rows may share one */
};

/* What was given, in the order of the command line. */
struct opt_list {
	struct opt_item {
		const char *option;	/* name of the row */
		const char *value;
	} *items;
	unsigned n;
};

/* value of a number or size that has no default and was not given */
#define OPT_UNSET UINT64_MAX

struct opt {
	const char *name;	/* without the dashes; NULL ends a table */
	char letter;		/* of a short form, or 0 */
	enum opt_type type;
	size_t off;		/* offsetof() the value in the command's struct */
	const char *arg;	/* what --help calls the value: "BYTES"; NULL for a flag */
	const char *words;	/* OPT_WORD: "replay|ignore|fail" */
	uint64_t min, max;	/* OPT_NUMBER and OPT_SIZE; max 0 = no limit */
	/* parsed as if given first; NULL: false, OPT_UNSET, the first word, NULL */
	const char *def;
	/* OPT_WORD: what `--name` alone stands for; then a value can only be given as --name=VALUE.
	 * NULL: it needs a value */
	const char *bare;
	/* shown in --help: "s"; NULL for sizes, whose unit is always bytes */
	const char *unit;
	const char *help;	/* no capital, no full stop */
};

struct i2n_cmd;

/* Parse argv[0..argc) (the words after the command) into values, which must be zeroed. The operands
 * are moved to the front of argv, *ret_n of them. I2N_END: --help was among them, and nothing else
 * counts. */
int opts_parse(const struct i2n_cmd *cmd, int argc, char **argv, void *values, unsigned *ret_n,
	       struct i2n_err *err);

/* Frees the lists in what opts_parse() filled, whatever it returned. */
void opts_release(const struct i2n_cmd *cmd, void *values);

/* One number as OPT_NUMBER (size false) or OPT_SIZE (true) takes it. `what` begins the message:
 * "option '--window'". */
int opts_number(const char *text, bool size, uint64_t min, uint64_t max, const char *what,
		uint64_t *ret, struct i2n_err *err);

/* The text of `img2nfs COMMAND --help`, at most 80 columns wide. */
void opts_help(const struct i2n_cmd *cmd, FILE *f);

/* One line per option for the completion: "--window=N", "--journal=MODE<tab>replay|ignore|fail",
 * "-v". */
void opts_list(const struct i2n_cmd *cmd, FILE *f);

#endif
