/* The steps of a watched run in the lines there are: watch_steps of watch.h. */
#include "cli/watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Steps that deserve a line of their own however few lines there are. */
static bool
is_lively(const struct follow_step *step)
{
	return strcmp(step->state, "running") == 0 || strcmp(step->state, "waiting") == 0 ||
		strcmp(step->state, "failed") == 0;
}

static int64_t
utc_now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
add_line(struct text *text, const struct term *term, const char *state, const struct text *line,
	size_t columns)
{
	struct term_sign sign = term_sign(term, state);

	text_format(text, "%s%s%s ", term_on(term, sign.paint), sign.sign, term_off(term));
	text_add_cut(text, text_string(line), line->size, columns > 2 ? columns - 2 : 0);
	text_add_char(text, '\n');
}

static void
add_step(struct text *text, const struct term *term, const struct follow_step *step,
	size_t columns, size_t width)
{
	const char *name = step->name ? step->name : "?";
	AUTO_TEXT struct text line = TEXT_INIT;
	bool running = strcmp(step->state, "running") == 0;

	text_add_safe(&line, name, strlen(name), TEXT_LINE);
	if (line.size < width)
		text_fill(&line, ' ', width - line.size);
	text_add_string(&line, "  ");
	if (running)
		text_add_duration(&line, utc_now_us() - step->since_us);
	else if (step->duration_us > 0)
		text_add_duration(&line, step->duration_us);
	if (step->tries > 1)
		text_format(&line, "  try %" PRIu32, step->tries);
	if (step->message && is_lively(step) && !running) {
		text_add_string(&line, "  ");
		text_add_safe(&line, step->message, strlen(step->message), TEXT_LINE);
	}
	while (line.size > 0 && line.bytes[line.size - 1] == ' ')
		line.size--;
	add_line(text, term, step->state, &line, columns);
}

/* "✓ 120 succeeded  first … last". */
static void
add_fold(struct text *text, const struct term *term, const struct follow_step *steps, size_t n,
	size_t columns)
{
	AUTO_TEXT struct text line = TEXT_INIT;

	text_add_count(&line, n);
	text_format(&line, " %s", steps[0].state);
	if (steps[0].name && steps[n - 1].name) {
		text_add_string(&line, "  ");
		text_add_safe(&line, steps[0].name, strlen(steps[0].name), TEXT_LINE);
		text_add_string(&line, " … ");
		text_add_safe(&line, steps[n - 1].name, strlen(steps[n - 1].name), TEXT_LINE);
	}
	add_line(text, term, steps[0].state, &line, columns);
}

/* How many steps from `start` on share a quiet state. */
static size_t
fold_length(const struct follow *follow, size_t start)
{
	size_t n = 1;

	if (is_lively(&follow->steps[start]))
		return 1;
	while (start + n < follow->n_steps &&
		strcmp(follow->steps[start + n].state, follow->steps[start].state) == 0)
		n++;
	return n;
}

static size_t
folded_lines(const struct follow *follow)
{
	size_t lines = 0;

	for (size_t i = 0; i < follow->n_steps; i += fold_length(follow, i))
		lines++;
	return lines;
}

static size_t
name_width(const struct follow *follow)
{
	size_t width = 8;

	for (size_t i = 0; i < follow->n_steps; i++) {
		size_t n = follow->steps[i].name ? strlen(follow->steps[i].name) : 0;

		if (n > width && n <= 40)
			width = n;
	}
	return width;
}

/* Too many groups even when folded: only what is lively, running steps first. */
static void
add_lively(struct text *text, const struct term *term, const struct follow *follow,
	size_t columns, size_t rows)
{
	static const char *const order[] = {"running", "failed", "waiting"};
	size_t width = name_width(follow);
	size_t left = rows;

	for (size_t k = 0; k < COUNT(order); k++)
		for (size_t i = 0; i < follow->n_steps && left > 0; i++) {
			if (strcmp(follow->steps[i].state, order[k]) != 0)
				continue;
			add_step(text, term, &follow->steps[i], columns, width);
			left--;
		}
}

void
watch_steps(struct text *text, const struct term *term, const struct follow *follow,
	size_t columns, size_t rows)
{
	bool all = follow->n_steps <= rows;
	size_t width = name_width(follow);

	if (!all && folded_lines(follow) > rows) {
		add_lively(text, term, follow, columns, rows);
		return;
	}
	for (size_t i = 0; i < follow->n_steps;) {
		size_t n = all ? 1 : fold_length(follow, i);

		if (n == 1)
			add_step(text, term, &follow->steps[i], columns, width);
		else
			add_fold(text, term, &follow->steps[i], n, columns);
		i += n;
	}
}
