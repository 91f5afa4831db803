#include "graph/declared_budget.h"

#include "base/clock.h"
#include "graph/loader.h"

enum { HELD_ATTEMPTS, HELD_WALL, HELD };

static const struct shape budget_shape[] = {
	[HELD_ATTEMPTS] = {"attempts", KEY_NUMBER, false},
	[HELD_WALL] = {"wall", KEY_NUMBER, false},
};

const char *
bound_name(enum bound bound)
{
	static const char *const names[BOUNDS] = {
		[BOUND_ATTEMPTS] = "attempts",
		[BOUND_TRANSITIONS] = "transitions",
		[BOUND_WALL] = "wall",
	};

	return names[bound];
}

static void
read_count(struct workflow *w, const struct place *place, const char *key, int64_t most,
	const struct value *v, uint32_t *ret_count)
{
	int64_t number;

	if (!v)
		return;
	if (value_to_i64(v, &number) && number >= 1 && number <= most)
		*ret_count = (uint32_t)number;
	else
		finding_error(&w->findings, place, v->offset,
			"\"%s\" must be a whole number from 1 to %lld, not %.*s", key,
			(long long)most, (int)MIN(v->n, 60), v->text);
}

static void
read_wall(struct workflow *w, const struct place *place, const struct value *v)
{
	struct str text = value_text(v);

	if (clock_parse_duration(text, &w->budget.wall_us) && w->budget.wall_us > 0)
		return;
	finding_error(&w->findings, place, v->offset,
		"\"wall\" is not a time longer than 0: \"%.*s\"; write 90s, 10m, 1h30m or 7d",
		(int)MIN(text.n, 60), text.p);
}

void
budget_read(struct workflow *w)
{
	const struct place place = {NULL, "budget", STR_EMPTY};
	const struct value *budget = w->keys[WORKFLOW_BUDGET];
	const struct value *keys[BUDGET_KEYS];

	w->budget.transitions = TRANSITIONS_DEFAULT;
	read_count(w, NULL, "max_transitions", TRANSITIONS_MAX,
		w->keys[WORKFLOW_MAX_TRANSITIONS], &w->budget.transitions);
	if (!budget)
		return;
	keys_read(&w->findings, &place, &budget_keys, budget, keys, NULL);
	read_count(w, &place, "attempts", BUDGET_ATTEMPTS_MAX, keys[BUDGET_ATTEMPTS],
		&w->budget.attempts);
	if (keys[BUDGET_WALL])
		read_wall(w, &place, keys[BUDGET_WALL]);
}

void
budget_write(const struct budget *budget, struct buf *b)
{
	if (!budget->attempts && !budget->wall_us)
		return;
	buf_add_cstr(b, "\"budget\":{");
	if (budget->attempts)
		buf_printf(
			b, "\"attempts\":%u%s", budget->attempts, budget->wall_us ? "," : "");
	if (budget->wall_us)
		buf_printf(b, "\"wall\":%lld", (long long)budget->wall_us);
	buf_add_cstr(b, "},");
}

int
loader_read_budget(struct loader *l, const struct value *budget,
	const struct value *transitions, struct err *err)
{
	const struct value *members[HELD];
	uint64_t attempts = 0;
	uint64_t wall = 0;
	uint64_t moves = TRANSITIONS_DEFAULT;
	int r = 0;

	if (transitions)
		r = loader_read_number(
			transitions, "\"max_transitions\"", TRANSITIONS_MAX, &moves, err);
	if (r == 0 && budget)
		r = loader_read_object(budget, "the budget", budget_shape, HELD, members, err);
	if (r == 0 && budget && members[HELD_ATTEMPTS])
		r = loader_read_number(members[HELD_ATTEMPTS], "\"attempts\"",
			BUDGET_ATTEMPTS_MAX, &attempts, err);
	if (r == 0 && budget && members[HELD_WALL])
		r = loader_read_number(members[HELD_WALL], "\"wall\"", INT64_MAX, &wall, err);
	if (r == 0)
		l->graph->budget = (struct budget){.wall_us = (int64_t)wall,
			.attempts = (uint32_t)attempts,
			.transitions = (uint32_t)moves};
	return r;
}
