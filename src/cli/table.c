#include "table.h"

#include <stdlib.h>
#include <string.h>

static void add(struct table *t, const char *text, size_t len)
{
	char *cell = malloc(len + 1);

	if (t->n_cells == t->cap_cells && cell) {
		size_t cap = t->cap_cells ? 2 * t->cap_cells : 64;
		char **cells = realloc(t->cells, cap * sizeof(*cells));

		if (cells) {
			t->cells = cells;
			t->cap_cells = cap;
		}
	}
	if (!cell || t->n_cells == t->cap_cells) {
		free(cell);
		t->failed = true;
		return;
	}
	memcpy(cell, text, len);
	cell[len] = '\0';
	t->cells[t->n_cells++] = cell;
}

void table_init(struct table *t, const char *heads)
{
	size_t n;

	*t = (struct table){ 0 };
	for (; *heads && t->n_cols < TABLE_COLS_MAX; heads += n + (heads[n] == '|')) {
		t->right[t->n_cols] = *heads == '>';
		heads += *heads == '>';
		n = strcspn(heads, "|");
		add(t, heads, n);
		t->n_cols++;
	}
}

void table_cell(struct table *t, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	/* longer cells are cut: labels and UUIDs are short */
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(t, text, strlen(text));
}

/* Columns on a terminal: UTF-8's continuation bytes take none. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static size_t column_width(const struct table *t, unsigned col)
{
	size_t i, w, max = 0;

	for (i = col; i < t->n_cells; i += t->n_cols) {
		w = width(t->cells[i]);
		if (w > max)
			max = w;
	}
	return max;
}

/* Failed writes are found at the end of the program. */
static void print_cell(FILE *f, const char *cell, size_t w, bool right, bool last)
{
	int pad = (int)(w - width(cell));

	if (right)
		(void)fprintf(f, "%*s%s", pad, "", cell);
	else
		(void)fprintf(f, "%s%*s", cell, last ? 0 : pad, "");
	(void)fputs(last ? "\n" : "  ", f);
}

int table_print(const struct table *t, FILE *f, struct i2n_err *err)
{
	size_t w[TABLE_COLS_MAX], i;
	unsigned col;

	if (t->failed)
		return i2n_err_nomem(err);
	for (col = 0; col < t->n_cols; col++)
		w[col] = column_width(t, col);
	for (i = 0; i < t->n_cells; i++) {
		col = (unsigned)(i % t->n_cols);
		print_cell(f, t->cells[i], w[col], t->right[col], col + 1 == t->n_cols);
	}
	return I2N_OK;
}

void table_release(struct table *t)
{
	size_t i;

	for (i = 0; i < t->n_cells; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table){ 0 };
}
