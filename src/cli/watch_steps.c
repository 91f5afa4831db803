/* The steps of a watched run in the lines there are: watch_steps of watch.h. */
#include "cli/watch.h"

#include "cli/heap.h"
#include "cli/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NONE UINT32_MAX

/* What has a line, in this order. */
struct view {
	const struct follow *follow;
	uint32_t *steps;
	size_t n;
	uint32_t *
		loop_of; /* beside the steps of follow: the loop whose items stand in its line, or NONE */
	size_t name_width;
};

static const struct follow_step *
view_at(const struct view *view, size_t i)
{
	return &view->follow->steps[view->steps[i]];
}

/* --- which --- */

/* The items of each loop as chains: the first of each, then the next of each step. */
struct chains {
	uint32_t *first;
	uint32_t *next;
};

static struct chains
chain_items(const struct follow *follow)
{
	struct chains chains = {heap_new(follow->n_loops + 1, sizeof(*chains.first)),
		heap_new(follow->n_steps + 1, sizeof(*chains.next))};

	for (size_t i = 0; i < follow->n_loops; i++)
		chains.first[i] = NONE;
	for (size_t i = follow->n_steps; i-- > 0;) {
		uint32_t loop = follow->steps[i].loop;

		/* Nameless is what is no step, or not known yet. */
		if (loop == 0 || !follow->steps[i].name)
			continue;
		chains.next[i] = chains.first[loop - 1];
		chains.first[loop - 1] = (uint32_t)i;
	}
	return chains;
}

static void
view_add(struct view *view, uint32_t step)
{
	size_t width = strlen(view->follow->steps[step].name);

	view->steps[view->n++] = step;
	if (width > view->name_width && width <= 40)
		view->name_width = width;
}

static void
view_add_items(
	struct view *view, const struct chains *chains, uint32_t loop, enum watch_items items)
{
	size_t left = items == WATCH_OPEN ? SIZE_MAX : TALLY_FAILED_SHOWN;

	for (uint32_t i = chains->first[loop]; i != NONE && left > 0; i = chains->next[i]) {
		if (items == WATCH_FOLDED &&
			strcmp(view->follow->steps[i].state, "failed") != 0)
			continue;
		view_add(view, i);
		left--;
	}
}

static void
view_init(struct view *view, const struct follow *follow, enum watch_items items)
{
	struct chains chains = chain_items(follow);

	*view = (struct view){.follow = follow,
		.steps = heap_new(follow->n_steps + 1, sizeof(*view->steps)),
		.loop_of = heap_new(follow->n_steps + 1, sizeof(*view->loop_of)),
		.name_width = 8};
	for (size_t i = 0; i < follow->n_steps; i++)
		view->loop_of[i] = NONE;
	for (size_t i = 0; i < follow->n_loops; i++)
		view->loop_of[follow->loops[i].step] = (uint32_t)i;
	for (size_t i = 0; i < follow->n_steps; i++) {
		if (follow->steps[i].loop || !follow->steps[i].name)
			continue;
		view_add(view, (uint32_t)i);
		if (view->loop_of[i] != NONE)
			view_add_items(view, &chains, view->loop_of[i], items);
	}
	free(chains.first);
	free(chains.next);
}

static void
view_done(struct view *view)
{
	free(view->steps);
	free(view->loop_of);
}

/* --- how --- */

/* Steps that deserve a line of their own however few lines there are. */
static bool
is_lively(const struct follow_step *step)
{
	static const char *const states[] = {
		"running", "waiting", "asked", "unknown", "failed"};

	for (size_t i = 0; i < COUNT(states); i++)
		if (strcmp(follow_state(step), states[i]) == 0)
			return true;
	return false;
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
add_remarks(struct text *line, const struct view *view, const struct follow_step *step)
{
	uint32_t loop = view->loop_of[step - view->follow->steps];
	bool running = strcmp(follow_state(step), "running") == 0;

	if (running)
		text_add_duration(line, utc_now_us() - step->since_us);
	else if (step->duration_us > 0)
		text_add_duration(line, step->duration_us);
	if (loop != NONE) {
		text_add_string(line, "  ");
		tally_add_items(line, &view->follow->loops[loop].counts);
	}
	if (step->tries > 1)
		text_format(line, "  try %" PRIu32, step->tries);
	if (step->message && is_lively(step) && !running) {
		text_add_string(line, "  ");
		text_add_safe(line, step->message, strlen(step->message), TEXT_LINE);
	}
}

static void
add_step(struct text *text, const struct term *term, const struct view *view, size_t i,
	size_t columns)
{
	const struct follow_step *step = view_at(view, i);
	AUTO_TEXT struct text line = TEXT_INIT;

	text_add_safe(&line, step->name, strlen(step->name), TEXT_LINE);
	if (line.size < view->name_width)
		text_fill(&line, ' ', view->name_width - line.size);
	text_add_string(&line, "  ");
	add_remarks(&line, view, step);
	while (line.size > 0 && line.bytes[line.size - 1] == ' ')
		line.size--;
	add_line(text, term, follow_state(step), &line, columns);
}

/* "✓ 120 succeeded  first … last". */
static void
add_neighbours(struct text *text, const struct term *term, const struct view *view, size_t i,
	size_t n, size_t columns)
{
	const struct follow_step *first = view_at(view, i);
	const struct follow_step *last = view_at(view, i + n - 1);
	AUTO_TEXT struct text line = TEXT_INIT;

	text_add_count(&line, n);
	text_format(&line, " %s  ", first->state);
	text_add_safe(&line, first->name, strlen(first->name), TEXT_LINE);
	text_add_string(&line, " … ");
	text_add_safe(&line, last->name, strlen(last->name), TEXT_LINE);
	add_line(text, term, first->state, &line, columns);
}

/* How many from `start` on share a quiet state. */
static size_t
neighbours(const struct view *view, size_t start)
{
	size_t n = 1;

	if (is_lively(view_at(view, start)))
		return 1;
	while (start + n < view->n &&
		strcmp(follow_state(view_at(view, start + n)), view_at(view, start)->state) ==
			0)
		n++;
	return n;
}

static size_t
folded_lines(const struct view *view)
{
	size_t lines = 0;

	for (size_t i = 0; i < view->n; i += neighbours(view, i))
		lines++;
	return lines;
}

/* Too many groups even when folded: only what is lively, running steps first. */
static void
add_lively(struct text *text, const struct term *term, const struct view *view, size_t columns,
	size_t rows)
{
	static const char *const order[] = {"running", "failed", "asked", "unknown", "waiting"};
	size_t left = rows;

	for (size_t k = 0; k < COUNT(order); k++)
		for (size_t i = 0; i < view->n && left > 0; i++) {
			if (strcmp(follow_state(view_at(view, i)), order[k]) != 0)
				continue;
			add_step(text, term, view, i, columns);
			left--;
		}
}

static void
add_view(struct text *text, const struct term *term, const struct view *view, size_t columns,
	size_t rows)
{
	bool all = view->n <= rows;

	if (!all && folded_lines(view) > rows) {
		add_lively(text, term, view, columns, rows);
		return;
	}
	for (size_t i = 0; i < view->n;) {
		size_t n = all ? 1 : neighbours(view, i);

		if (n == 1)
			add_step(text, term, view, i, columns);
		else
			add_neighbours(text, term, view, i, n, columns);
		i += n;
	}
}

void
watch_steps(struct text *text, const struct term *term, const struct follow *follow,
	enum watch_items items, size_t columns, size_t rows)
{
	struct view view;

	view_init(&view, follow, items);
	add_view(text, term, &view, columns, rows);
	view_done(&view);
}
