/*
 * table: rows of cells under each other, for people. Cells are made safe; the last column is cut
 * where it would leave the terminal, and nothing is cut where there is none.
 */
#ifndef LILY_CLI_TABLE_H
#define LILY_CLI_TABLE_H

#include "cli/term.h"

struct table_cell {
	size_t start, size; /* in the table's text */
	enum term_paint paint;
};

struct table {
	const char *const *headings; /* NULL: none */
	const bool *right;           /* columns that stand to the right; NULL: none */
	size_t columns;
	struct text text;
	struct table_cell *cells;
	size_t n_cells, cells_capacity;
};

void table_init(
	struct table *table, const char *const *headings, const bool *right, size_t columns);
void table_done(struct table *table);

/* The next cell, row by row. */
void table_add(struct table *table, enum term_paint paint, const char *string);
/* Likewise; clears the text. */
void table_take(struct table *table, enum term_paint paint, struct text *cell);

void table_print(const struct table *table, const struct term *term, struct text *ret_text);

#endif
