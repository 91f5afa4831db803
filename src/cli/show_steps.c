#include "cli/show_steps.h"

#include "cli/field.h"
#include "cli/heap.h"
#include "cli/show.h"
#include "cli/table.h"
#include "cli/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNNING_SHOWN 10
#define SLOWEST_SHOWN 5

static int64_t
now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The time that a step's attempts took, and the one that runs has taken. What was left behind when
 * lily was killed took nobody knows how long. */
static int64_t
step_duration(const struct lily_value *run, const struct lily_value *step)
{
	bool is_driven = field_is(run, "status", "running");
	const struct lily_value *attempts = lily_value_get(step, "attempts");
	int64_t total = 0;

	for (size_t i = 0; i < lily_value_count(attempts); i++) {
		const struct lily_value *attempt = lily_value_at(attempts, i);
		int64_t began = field_time(attempt, "started_at");

		if (field_has(attempt, "duration_us"))
			total += field_integer(attempt, "duration_us", 0);
		else if (is_driven && field_is(attempt, "state", "started") && began < now_us())
			total += now_us() - began;
	}
	return total;
}

struct timed_step {
	const struct lily_value *step;
	int64_t duration_us;
};

static int
compare_slowest(const void *a, const void *b)
{
	const struct timed_step *x = a;
	const struct timed_step *y = b;

	return (x->duration_us < y->duration_us) - (x->duration_us > y->duration_us);
}

/* --- items of a foreach, told in its own line --- */

struct fold {
	const char *name;              /* of the foreach */
	struct lily_run_counts counts; /* of the steps of its items */
};

struct folds {
	struct fold *items;
	size_t n;
};

static struct fold *
find_fold(const struct folds *folds, const char *name)
{
	if (!folds)
		return NULL;
	/* Those of one foreach stand together. */
	for (size_t i = folds->n; i-- > 0;)
		if (strcmp(folds->items[i].name, name) == 0)
			return &folds->items[i];
	return NULL;
}

static bool
is_folded(const struct folds *folds, const struct lily_value *step)
{
	return folds && field_has(step, "item_of");
}

static void
fold_items(struct folds *folds, const struct lily_value *list)
{
	folds->items = heap_new(lily_value_count(list) + 1, sizeof(*folds->items));
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *step = lily_value_at(list, i);
		struct fold *fold;
		uint64_t *count;

		if (!field_has(step, "item_of"))
			continue;
		fold = find_fold(folds, field_text(step, "item_of"));
		if (!fold) {
			fold = &folds->items[folds->n++];
			*fold = (struct fold){.name = field_text(step, "item_of")};
		}
		fold->counts.steps++;
		count = tally_count(&fold->counts, field_text(step, "state"));
		if (count)
			++*count;
	}
}

static void
add_step_row(struct table *table, const struct term *term, const struct lily_value *run,
	const struct lily_value *step, const struct folds *folds)
{
	const char *state = field_text(step, "state");
	struct term_sign sign = term_sign(term, state);
	const struct fold *fold = find_fold(folds, field_text(step, "step"));
	int64_t tries = field_integer(step, "tries", 0);
	AUTO_TEXT struct text cell = TEXT_INIT;

	text_format(&cell, "  %s", sign.sign);
	table_take(table, sign.paint, &cell);
	table_add(table, PAINT_NONE, field_text(step, "step"));
	if (step_duration(run, step) > 0)
		text_add_duration(&cell, step_duration(run, step));
	table_take(table, PAINT_NONE, &cell);
	text_add_string(&cell, strcmp(state, "succeeded") == 0 ? "" : state);
	if (tries > 1)
		text_format(&cell, "%s%" PRId64 " tries", cell.size > 0 ? ", " : "", tries);
	if (field_has(step, "visit"))
		text_format(&cell, "%svisit %" PRId64, cell.size > 0 ? ", " : "",
			field_integer(step, "visit", 1));
	if (fold) {
		text_add_string(&cell, cell.size > 0 ? "  " : "");
		tally_add_items(&cell, &fold->counts);
	}
	table_take(table, PAINT_DIM, &cell);
}

/* Behind their foreach: which of its items failed, as far as there is room. */
static void
add_failed_items(struct table *table, const struct term *term, const struct lily_value *run,
	const struct lily_value *step, const struct folds *folds)
{
	const struct lily_value *list = lily_value_get(run, "step_list");
	const char *name = field_text(step, "step");
	const struct fold *fold = find_fold(folds, name);
	AUTO_TEXT struct text cell = TEXT_INIT;
	uint64_t n = 0;

	for (size_t i = 0; fold && n < fold->counts.failed && n < TALLY_FAILED_SHOWN &&
		i < lily_value_count(list);
		i++) {
		const struct lily_value *item = lily_value_at(list, i);

		if (!field_is(item, "state", "failed") || !field_is(item, "item_of", name))
			continue;
		add_step_row(table, term, run, item, NULL);
		n++;
	}
	if (!fold || n == fold->counts.failed)
		return;
	table_add(table, PAINT_NONE, "");
	text_format(
		&cell, "and %" PRIu64 " more that failed: --items", fold->counts.failed - n);
	table_take(table, PAINT_DIM, &cell);
	table_add(table, PAINT_NONE, "");
	table_add(table, PAINT_NONE, "");
}

static void
add_steps(struct text *text, const struct term *term, const struct lily_value *run,
	const struct folds *folds)
{
	const struct lily_value *list = lily_value_get(run, "step_list");
	static const bool right[] = {false, false, true, false};
	struct table table;

	text_add_string(text, "\nsteps\n");
	table_init(&table, NULL, right, COUNT(right));
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *step = lily_value_at(list, i);

		if (is_folded(folds, step))
			continue;
		add_step_row(&table, term, run, step, folds);
		add_failed_items(&table, term, run, step, folds);
	}
	table_print(&table, term, text);
	table_done(&table);
}

/* The steps that run now, unless nobody drives the run. */
static void
add_running(struct text *text, const struct term *term, const struct lily_value *run,
	const struct folds *folds)
{
	const struct lily_value *list = lily_value_get(run, "step_list");
	static const bool right[] = {false, false, true, false};
	struct table table;
	uint64_t left = 0;

	if (!field_is(run, "status", "running"))
		return;
	table_init(&table, NULL, right, COUNT(right));
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *step = lily_value_at(list, i);

		if (!field_is(step, "state", "running") || is_folded(folds, step))
			continue;
		if (table.n_cells < RUNNING_SHOWN * COUNT(right))
			add_step_row(&table, term, run, step, folds);
		else
			left++;
	}
	if (table.n_cells > 0)
		text_add_string(text, "\nrunning\n");
	table_print(&table, term, text);
	if (left > 0)
		text_format(text, "  and %" PRIu64 " more\n", left);
	table_done(&table);
}

static void
add_slowest(struct text *text, const struct term *term, const struct lily_value *run)
{
	const struct lily_value *list = lily_value_get(run, "step_list");
	static const bool right[] = {false, false, true, false};
	size_t n = lily_value_count(list);
	struct timed_step *steps = heap_new(n, sizeof(*steps));
	struct table table;

	for (size_t i = 0; i < n; i++) {
		steps[i].step = lily_value_at(list, i);
		if (!field_is(steps[i].step, "state", "running"))
			steps[i].duration_us = step_duration(run, steps[i].step);
	}
	qsort(steps, n, sizeof(*steps), compare_slowest);
	table_init(&table, NULL, right, COUNT(right));
	for (size_t i = 0; i < n && i < SLOWEST_SHOWN && steps[i].duration_us > 0; i++)
		add_step_row(&table, term, run, steps[i].step, NULL);
	if (table.n_cells > 0)
		text_add_string(text, "\nslowest\n");
	table_print(&table, term, text);
	table_done(&table);
	free(steps);
}

void
show_steps(
	struct text *text, const struct term *term, const struct lily_value *run, unsigned what)
{
	bool folds_items = term->is_terminal && !(what & SHOW_ITEMS);
	struct folds folds = {NULL, 0};

	if (folds_items)
		fold_items(&folds, lily_value_get(run, "step_list"));
	if (what) {
		add_steps(text, term, run, folds_items ? &folds : NULL);
	} else {
		add_running(text, term, run, folds_items ? &folds : NULL);
		add_slowest(text, term, run);
	}
	free(folds.items);
}
