#include "cli/table.h"

#include "cli/heap.h"

#include <stdlib.h>
#include <string.h>

void
table_init(struct table *table, const char *const *headings, const bool *right, size_t columns)
{
	*table = (struct table){.headings = headings, .right = right, .columns = columns};
}

void
table_done(struct table *table)
{
	text_done(&table->text);
	free(table->cells);
}

static void
add_bytes(struct table *table, enum term_paint paint, const char *bytes, size_t n)
{
	struct table_cell *cell;
	size_t start = table->text.size;

	text_add_safe(&table->text, bytes, n, TEXT_LINE);
	table->cells = heap_grow(
		table->cells, table->n_cells, &table->cells_capacity, sizeof(*table->cells));
	cell = &table->cells[table->n_cells++];
	*cell = (struct table_cell){start, table->text.size - start, paint};
}

void
table_add(struct table *table, enum term_paint paint, const char *string)
{
	add_bytes(table, paint, string, strlen(string));
}

void
table_take(struct table *table, enum term_paint paint, struct text *cell)
{
	add_bytes(table, paint, text_string(cell), cell->size);
	text_clear(cell);
}

static size_t
cell_width(const struct table *table, const struct table_cell *cell)
{
	return text_width(table->text.bytes + cell->start, cell->size);
}

static size_t
column_width(const struct table *table, size_t column)
{
	size_t width = 0;

	if (table->headings)
		width = strlen(table->headings[column]);
	for (size_t i = column; i < table->n_cells; i += table->columns) {
		size_t cell = cell_width(table, &table->cells[i]);

		if (cell > width)
			width = cell;
	}
	return width;
}

struct row {
	const struct table *table;
	const struct term *term;
	const size_t *widths;
	size_t room; /* columns of the terminal, 0: no end */
	size_t used;
};

static void
add_cell(struct row *row, size_t column, const char *bytes, size_t n, struct text *text)
{
	const struct table *table = row->table;
	bool last = column + 1 == table->columns;
	size_t width = text_width(bytes, n);
	size_t pad = row->widths[column] - width;

	if (table->right && table->right[column])
		text_fill(text, ' ', pad);
	if (last && row->room > row->used && !(table->right && table->right[column]))
		text_add_cut(text, bytes, n, row->room - row->used);
	else
		text_add(text, bytes, n);
	if (!last && !(table->right && table->right[column]))
		text_fill(text, ' ', pad);
	row->used += row->widths[column] + 2;
}

static void
add_headings(struct row *row, struct text *text)
{
	text_add_string(text, term_on(row->term, PAINT_DIM));
	for (size_t i = 0; i < row->table->columns; i++) {
		const char *heading = row->table->headings[i];

		if (i > 0)
			text_fill(text, ' ', 2);
		add_cell(row, i, heading, strlen(heading), text);
	}
	text_add_string(text, term_off(row->term));
	text_add_char(text, '\n');
}

static void
add_row(struct row *row, const struct table_cell *cells, struct text *text)
{
	for (size_t i = 0; i < row->table->columns; i++) {
		bool painted = cells[i].paint != PAINT_NONE && cells[i].size > 0;

		if (i > 0)
			text_fill(text, ' ', 2);
		if (painted)
			text_add_string(text, term_on(row->term, cells[i].paint));
		add_cell(row, i, row->table->text.bytes + cells[i].start, cells[i].size, text);
		if (painted)
			text_add_string(text, term_off(row->term));
	}
	while (text->bytes[text->size - 1] == ' ')
		text->size--;
	text_add_char(text, '\n');
}

void
table_print(const struct table *table, const struct term *term, struct text *ret_text)
{
	size_t *widths = heap_new(table->columns, sizeof(*widths));
	struct row row = {.table = table, .term = term, .widths = widths};
	size_t rows;

	if (term->is_terminal)
		term_size(term, &row.room, &rows);
	for (size_t i = 0; i < table->columns; i++)
		widths[i] = column_width(table, i);
	if (table->headings)
		add_headings(&row, ret_text);
	for (size_t i = 0; i + table->columns <= table->n_cells; i += table->columns) {
		row.used = 0;
		add_row(&row, table->cells + i, ret_text);
	}
	free(widths);
}
