/*
 * term: what an output stream can show: whether it is a terminal, how large, colours, UTF-8.
 *
 * Colours: --no-color and NO_COLOR (set and not empty, https://no-color.org) turn them off,
 * CLICOLOR_FORCE (set, not "0") turns them on, else a terminal whose TERM is not "dumb" has them.
 */
#ifndef LILY_CLI_TERM_H
#define LILY_CLI_TERM_H

#include "cli/text.h"

struct term {
	int fd;
	bool is_terminal;
	bool moves; /* a terminal on which the cursor can be moved */
	bool colors;
	bool unicode;
};

enum term_paint {
	PAINT_NONE,
	PAINT_BOLD,
	PAINT_DIM,
	PAINT_RED,
	PAINT_GREEN,
	PAINT_YELLOW,
	PAINT_CYAN,
};

void term_init(struct term *term, int fd);
void term_refuse_colors(struct term *term);

/* Columns and rows now; 80 and 24 where it is not known. */
void term_size(const struct term *term, size_t *ret_columns, size_t *ret_rows);

/* The escape sequences, "" where there are no colours. */
const char *term_on(const struct term *term, enum term_paint paint);
const char *term_off(const struct term *term);

/* How a state of a run or step is shown: its sign (✓ ✗ …, or ASCII) and its colour. */
struct term_sign {
	const char *sign;
	enum term_paint paint;
};
struct term_sign term_sign(const struct term *term, const char *state);

#endif
