/* table.h - columns that are as wide as their widest cell.
 *
 *	struct table t;
 *	table_init(&t, ">No|Label|>Size");	">" aligns to the right
 *	table_cell(&t, "%u", 2); table_cell(&t, "%s", label); table_cell(&t, "%s", size);
 *	table_print(&t, stdout);
 *	table_release(&t);
 *
 * Cells are given row by row; each must be filled, "" and "-" are fine. A memory failure is
 * remembered and told by table_print() (I2N_FATAL).
 *
 * Trust: cells must be escaped already (name.h). */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "img2nfs/err.h"

#include <stdbool.h>
#include <stdio.h>

#define TABLE_COLS_MAX 12u

struct table {
	unsigned n_cols;
	bool right[TABLE_COLS_MAX], failed;
	size_t n_cells, cap_cells;	/* the heads are the first n_cols cells */
	char **cells;
};

void table_init(struct table *t, const char *heads);
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int table_print(const struct table *t, FILE *f, struct i2n_err *err);
void table_release(struct table *t);

#endif
