#include "cli/term.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool
environment_says(const char *name)
{
	const char *value = getenv(name);

	return value && *value && strcmp(value, "0") != 0;
}

void
term_init(struct term *term, int fd)
{
	const char *type = getenv("TERM");
	const char *refused = getenv("NO_COLOR");
	bool dumb = !type || !*type || strcmp(type, "dumb") == 0;

	term->fd = fd;
	term->is_terminal = isatty(fd) == 1;
	term->moves = term->is_terminal && !dumb;
	term->colors = term->moves || environment_says("CLICOLOR_FORCE");
	if (refused && *refused)
		term->colors = false;
	term->unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void
term_refuse_colors(struct term *term)
{
	term->colors = false;
}

void
term_size(const struct term *term, size_t *ret_columns, size_t *ret_rows)
{
	struct winsize size = {0};

	*ret_columns = 80;
	*ret_rows = 24;
	if (!term->is_terminal || ioctl(term->fd, TIOCGWINSZ, &size) != 0)
		return;
	if (size.ws_col > 0)
		*ret_columns = size.ws_col;
	if (size.ws_row > 0)
		*ret_rows = size.ws_row;
}

const char *
term_on(const struct term *term, enum term_paint paint)
{
	static const char *const codes[] = {
		[PAINT_NONE] = "",
		[PAINT_BOLD] = "\033[1m",
		[PAINT_DIM] = "\033[2m",
		[PAINT_RED] = "\033[31m",
		[PAINT_GREEN] = "\033[32m",
		[PAINT_YELLOW] = "\033[33m",
		[PAINT_CYAN] = "\033[36m",
	};

	return term->colors ? codes[paint] : "";
}

const char *
term_off(const struct term *term)
{
	return term->colors ? "\033[0m" : "";
}

struct term_sign
term_sign(const struct term *term, const char *state)
{
	static const struct {
		const char *state, *sign, *plain;
		enum term_paint paint;
	} signs[] = {
		{"succeeded", "✓", "+", PAINT_GREEN},
		{"unknown", "?", "?", PAINT_YELLOW},
		{"asked", "?", "?", PAINT_YELLOW},
		{"adopted", "✓", "+", PAINT_DIM},
		{"retried", "↻", "~", PAINT_YELLOW},
		{"reused", "=", "=", PAINT_GREEN},
		{"failed", "✗", "x", PAINT_RED},
		{"running", "▸", ">", PAINT_CYAN},
		{"waiting", "↻", "~", PAINT_YELLOW},
		{"interrupted", "!", "!", PAINT_YELLOW},
		{"cancelled", "⊘", "/", PAINT_YELLOW},
		{"skipped", "↷", ">", PAINT_DIM},
		{"blocked", "⊘", "-", PAINT_DIM},
		{"ready", "·", ".", PAINT_DIM},
		{"pending", "·", ".", PAINT_DIM},
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strcmp(signs[i].state, state) == 0)
			return (struct term_sign){
				term->unicode ? signs[i].sign : signs[i].plain, signs[i].paint};
	return (struct term_sign){term->unicode ? "·" : ".", PAINT_NONE};
}
