/*
 * screen: a few lines at the bottom of a terminal that are drawn again and again, below the lines
 * that stay.
 *
 * No mode of the terminal is changed and the cursor rests at the end of the last drawn line, so
 * that the terminal is sound whenever the program ends, by whatever way. A terminal that became
 * narrower has broken the lines of the last frame; that is taken into account. A frame is one
 * write.
 */
#ifndef LILY_CLI_SCREEN_H
#define LILY_CLI_SCREEN_H

#include "cli/term.h"

struct screen {
	const struct term *term;
	size_t *widths; /* of the last frame's lines, in columns */
	size_t drawn;   /* how many they are */
	size_t capacity;
	struct text frame; /* kept for its room */
};

void screen_init(struct screen *screen, const struct term *term);
void screen_done(struct screen *screen);

/* Replaces the last frame: first the lines that stay (each with its line end, may be empty; their
 * colours are their own), then the frame's lines, of which each is at most `columns` wide. */
void screen_draw(struct screen *screen, const struct text *above, const struct text *lines);

/* Takes the frame away; the cursor is where it began. */
void screen_erase(struct screen *screen);

#endif
