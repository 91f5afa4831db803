#include "cli/screen.h"

#include "cli/heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
screen_init(struct screen *screen, const struct term *term)
{
	*screen = (struct screen){.term = term};
}

void
screen_done(struct screen *screen)
{
	text_done(&screen->frame);
	free(screen->widths);
}

/* A terminal that is gone cannot be told; the run goes on. */
static void
write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		bytes += written;
		n -= (size_t)written;
	}
}

/* Columns of a line without its colours. */
static size_t
line_width(const char *line, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		size_t end = i;

		while (end < n && line[end] != '\033')
			end++;
		width += text_width(line + i, end - i);
		while (end < n && line[end] != 'm')
			end++;
		i = end + 1;
	}
	return width;
}

/* Rows that the last frame takes at the width of now. */
static size_t
drawn_rows(const struct screen *screen)
{
	size_t columns, rows;
	size_t n = 0;

	term_size(screen->term, &columns, &rows);
	for (size_t i = 0; i < screen->drawn; i++)
		n += screen->widths[i] == 0 ? 1 : (screen->widths[i] + columns - 1) / columns;
	return n;
}

static void
begin_frame(struct screen *screen)
{
	size_t rows = drawn_rows(screen);

	text_clear(&screen->frame);
	if (rows > 0)
		text_add_char(&screen->frame, '\r');
	if (rows > 1)
		text_format(&screen->frame, "\033[%zuA", rows - 1);
	if (rows > 0)
		text_add_string(&screen->frame, "\033[J");
	screen->drawn = 0;
}

static void
add_line(struct screen *screen, const char *line, size_t n)
{
	screen->widths = heap_grow(
		screen->widths, screen->drawn, &screen->capacity, sizeof(*screen->widths));
	if (screen->drawn > 0)
		text_add_char(&screen->frame, '\n');
	text_add(&screen->frame, line, n);
	screen->widths[screen->drawn++] = line_width(line, n);
}

void
screen_draw(struct screen *screen, const struct text *above, const struct text *lines)
{
	const char *line = text_string(lines);

	begin_frame(screen);
	text_add(&screen->frame, text_string(above), above->size);
	while (*line) {
		size_t n = strcspn(line, "\n");

		add_line(screen, line, n);
		line += n;
		line += *line == '\n';
	}
	if (screen->frame.size > 0)
		write_all(screen->term->fd, screen->frame.bytes, screen->frame.size);
}

void
screen_erase(struct screen *screen)
{
	begin_frame(screen);
	if (screen->frame.size > 0)
		write_all(screen->term->fd, screen->frame.bytes, screen->frame.size);
}
