/* cmdline_lint.h - what is wrong with a command line of the kernel, before the board hangs.
 *
 * Thread:    nothing is shared.
 * Ownership: `part` lies in the text that was given.
 * Trust:     any bytes; `part` is raw, quote it with i2n_quote().
 * Source:    as cmdline.h; COMMAND_LINE_SIZE of Linux: arm 1024, arm64, x86 and riscv 2048. */
#ifndef IMG2NFS_CMDLINE_LINT_H
#define IMG2NFS_CMDLINE_LINT_H

#include <stddef.h>

enum i2n_lint_severity {
	I2N_LINT_NOTE,		/* superfluous, does no harm */
	I2N_LINT_WARNING,	/* boots here and not there, or not as meant */
	I2N_LINT_ERROR,		/* does not boot, or not from NFS */
};

struct i2n_lint_finding {
	enum i2n_lint_severity severity;
	unsigned line, word;		/* from 1; 0: about the whole text */
	const char *part;		/* part_len bytes; NULL when it is about what is missing */
	size_t part_len;
	/* lower case, no full stop; live for ever. what: follows the part; remedy: may be "" */
	const char *what, *remedy;
};

typedef void i2n_lint_fn(void *ctx, const struct i2n_lint_finding *finding);

/* Findings come in the order of the text, then what is missing. */
void i2n_cmdline_lint(const char *text, size_t len, i2n_lint_fn *fn, void *ctx);

const char *i2n_lint_word(enum i2n_lint_severity severity);	/* "error" */

#endif
