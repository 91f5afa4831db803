#include "run/once.h"

#include "run/engine_end.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "graph/effects.h"
#include "run/record.h"
#include "run/record_once.h"
#include "run/revisit.h"
#include "run/schedule_once.h"
#include "run/verdict.h"

#include <stdio.h>

#define LOOK_EVERY_US INT64_C(200000)

struct once {
	struct once_work *first;
	int64_t looked_us; /* BOOTTIME */
	struct uuid first_run;
	bool has_first_run;
};

struct once *
once_new(const struct graph *graph)
{
	return graph->has_once ? memory_zeroed(1, sizeof(struct once)) : NULL;
}

static void
free_work(struct once_work *work)
{
	fd_close(&work->lock);
	arena_done(&work->arena);
	free(work);
}

void
once_free(struct once *once)
{
	while (once && once->first) {
		struct once_work *work = once->first;

		once->first = work->next;
		free_work(work);
	}
	free(once);
}

bool
once_is(const struct graph *graph, uint32_t step)
{
	const struct step_effects *effects = graph->steps[step].effects;

	return effects && effects->effect == EFFECT_ONCE;
}

static struct once_work *
find_work(const struct engine *engine, uint32_t step)
{
	for (struct once_work *w = engine->once ? engine->once->first : NULL; w; w = w->next)
		if (w->step == step)
			return w;
	return NULL;
}

static void
drop(struct engine *engine, struct once_work *work)
{
	struct once_work **at = &engine->once->first;

	while (*at != work)
		at = &(*at)->next;
	*at = work->next;
	free_work(work);
}

void
once_meet(struct engine *engine, uint32_t step)
{
	struct once_work **at = &engine->once->first;

	if (find_work(engine, step))
		return;
	while (*at)
		at = &(*at)->next;
	*at = memory_zeroed(1, sizeof(**at));
	**at = (struct once_work){.step = step, .lock = -1, .arena = ARENA_INIT};
}

/* The key of a step that does not say one: the first run of the line, the step with its item, and
 * the visit, which goes on counting from run to run of the line. */
static int
make_default_key(struct engine *engine, struct once_work *work, struct err *err)
{
	const struct step *step = &engine->graph->steps[work->step];
	struct once *once = engine->once;
	char hex[DIGEST_HEX_SIZE];
	uint32_t visits_before;
	struct digest key;
	int r = 0;

	if (!once->has_first_run)
		r = once_first_run(
			engine->store, &engine->hold.chain.id, &once->first_run, err);
	if (r < 0)
		return r;
	once->has_first_run = true;
	r = once_visits_before(
		engine->store, &engine->hold.chain.id, step->name, &visits_before, err);
	if (r < 0)
		return r;
	environment_idempotency_key(&once->first_run, step->name, STR_EMPTY,
		visits_before + revisit_number(engine, work->step), &key);
	work->key = arena_str(&work->arena, str_of(digest_to_hex(&key, hex)));
	return 0;
}

static int
make_key(struct engine *engine, struct once_work *work, struct err *err)
{
	const struct step *step = &engine->graph->steps[work->step];
	struct values values;
	int r;

	if (!step->effects->has_key)
		return make_default_key(engine, work, err);
	engine_values(engine, work->step, &work->arena, &values);
	r = values_text(&values, &step->effects->key, &work->key, err);
	work->key = str_trim(work->key);
	if (r == 0 && (!work->key.n || work->key.n > ONCE_KEY_MAX))
		r = err_set(err, ERR_INVALID, "it has %zu bytes; it must have 1 to %d",
			work->key.n, ONCE_KEY_MAX);
	return r < 0 ? err_wrap(err, "once_key") : 0;
}

static enum visit_state
state_of(const struct engine *engine, uint32_t step)
{
	return (enum visit_state)schedule_visit(engine->schedule, step)->state;
}

/* Somebody began it: the visit waits for word of what became of it. */
static int
make_unknown(struct engine *engine, struct once_work *work, struct err *err)
{
	int r = record_unknown(&engine->hold, engine->graph, work->step, work->key, err);

	if (r == 0)
		schedule_become(engine->schedule, work->step, VISIT_UNKNOWN,
			EVENT_VISIT_UNKNOWN, clock_utc_us());
	return r;
}

static int
meet_open(struct engine *engine, struct once_work *work, struct err *err)
{
	int r = 0;

	if (state_of(engine, work->step) == VISIT_READY)
		r = make_unknown(engine, work, err);
	if (r < 0)
		return r;
	if (engine->graph->steps[work->step].effects->has_probe) {
		work->phase = ONCE_UNPROBED;
		return 0;
	}
	return once_end(engine, work, err);
}

/* What was unknown is known by now: the visit starts over from there. */
static int
meet_known(struct engine *engine, struct once_work *work, bool done, struct err *err)
{
	return once_judge(engine, work,
		&(struct once_verdict){.by = "key",
			.says = done ? ONCE_SAYS_DONE : ONCE_SAYS_NOT_DONE,
			.note = STR_EMPTY},
		err);
}

static int
meet_row(struct engine *engine, struct once_work *work, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	bool unknown = state_of(engine, work->step) == VISIT_UNKNOWN;
	struct once_row row;
	int r = once_find(engine->store, work->key, &arena, &row, err);

	if (r < 0)
		return r;
	if (row.state == ONCE_OPEN)
		return meet_open(engine, work, err);
	if (unknown)
		return meet_known(engine, work, row.state == ONCE_DONE, err);
	if (row.state != ONCE_DONE) {
		work->phase = ONCE_CLAIMED;
		return 0;
	}
	r = once_adopt(engine, work, &row, err);
	return r < 0 ? r : once_end(engine, work, err);
}

/* A key that cannot be made is the step's failure. */
static int
fail_key(struct engine *engine, struct once_work *work, const struct err *why, struct err *err)
{
	int r;

	if (why->code != ERR_INVALID && why->code != ERR_LIMIT && why->code != ERR_NOT_FOUND) {
		*err = *why;
		return why->code;
	}
	r = once_refuse(engine, work->step, why->message, err);
	drop(engine, work);
	return r;
}

static int
examine(struct engine *engine, struct once_work *work, struct err *err)
{
	struct err why = ERR_INIT;
	enum visit_state state = state_of(engine, work->step);
	int r = 0;

	/* It was cancelled meanwhile. */
	if (state != VISIT_READY && state != VISIT_UNKNOWN) {
		drop(engine, work);
		return 0;
	}
	if (!work->key.n)
		r = make_key(engine, work, &why);
	if (r < 0)
		return fail_key(engine, work, &why, err);
	r = once_lock(engine->store, work->key, &work->lock, err);
	if (r < 0)
		return r;
	work->phase = r ? ONCE_EXAMINED : ONCE_HELD;
	return r ? meet_row(engine, work, err) : 0;
}

/* What is not asked for any more: nobody will start it, or its visit was superseded. */
static bool
is_vain(const struct engine *engine, const struct once_work *w)
{
	enum visit_state state = state_of(engine, w->step);

	switch (w->phase) {
	case ONCE_EXAMINED:
	case ONCE_HELD: return state != VISIT_READY && state != VISIT_UNKNOWN;
	case ONCE_CLAIMED: return state != VISIT_READY;
	case ONCE_UNPROBED: return engine->cancelling || state != VISIT_UNKNOWN;
	case ONCE_BEGUN:
	case ONCE_PROBED: return false;
	}
	BUG("a key in phase %d", (int)w->phase);
}

int
once_look(struct engine *engine, struct err *err)
{
	int64_t now = clock_boot_us();
	bool again;
	struct once_work *next;
	int r = 0;

	if (!engine->once || !engine->once->first)
		return 0;
	again = now - engine->once->looked_us >= LOOK_EVERY_US;
	if (again)
		engine->once->looked_us = now;
	for (struct once_work *w = engine->once->first; r == 0 && w; w = next) {
		next = w->next;
		if (is_vain(engine, w))
			drop(engine, w);
		else if (w->phase == ONCE_EXAMINED || (w->phase == ONCE_HELD && again))
			r = examine(engine, w, err);
		else if (w->phase == ONCE_UNPROBED && engine->busy < engine->slots)
			r = MIN(once_probe(engine, w, err), 0);
	}
	return r;
}

/* One that was refused or cancelled since is dropped by the next look. */
uint32_t
once_next(const struct engine *engine)
{
	for (struct once_work *w = engine->once ? engine->once->first : NULL; w; w = w->next)
		if (w->phase == ONCE_CLAIMED && !w->in_line &&
			state_of(engine, w->step) == VISIT_READY)
			return w->step;
	return STEP_NONE;
}

void
once_line_up(struct engine *engine, uint32_t step)
{
	find_work(engine, step)->in_line = true;
}

bool
once_is_new(const struct engine *engine)
{
	for (struct once_work *w = engine->once ? engine->once->first : NULL; w; w = w->next)
		if (w->phase == ONCE_EXAMINED)
			return true;
	return false;
}

bool
once_has_work(const struct engine *engine)
{
	return engine->once && engine->once->first;
}

struct once_work *
once_begin(struct engine *engine, uint32_t step)
{
	struct once_work *work = find_work(engine, step);

	if (work)
		work->phase = ONCE_BEGUN;
	return work;
}

int
once_end(struct engine *engine, struct once_work *work, struct err *err)
{
	int r;

	if (!work)
		return 0;
	r = store_flush(engine->store, err);
	if (r == 0)
		drop(engine, work);
	return r;
}

int
once_end_unknown(struct engine *engine, struct once_work *work, struct err *err)
{
	if (!engine->graph->steps[work->step].effects->has_probe)
		return once_end(engine, work, err);
	work->phase = ONCE_UNPROBED;
	return 0;
}

/* What becomes of the visit; *ret_until where it waits (UTC). */
static enum visit_state
choose_state(const struct engine *engine, const struct once_work *work,
	const struct once_verdict *verdict, int64_t *ret_until)
{
	const struct visit *visit = schedule_visit(engine->schedule, work->step);
	const struct retry_rule *rule = &engine->graph->steps[work->step].settings->retry;

	*ret_until = 0;
	if (verdict->says == ONCE_SAYS_NOTHING)
		return VISIT_UNKNOWN;
	if (verdict->says == ONCE_SAYS_DONE || verdict->word)
		return VISIT_READY;
	if (!visit->until_us)
		return VISIT_FAILED;
	if (rule->attempts > 1 && visit->tries)
		*ret_until = clock_utc_us() +
			verdict_backoff(rule, &engine->hold.chain.id,
				engine->graph->steps[work->step].name, visit->tries);
	return *ret_until ? VISIT_WAITING : VISIT_READY;
}

static int
record(struct engine *engine, const struct once_work *work, const struct once_verdict *verdict,
	enum visit_state state, int64_t until, struct err *err)
{
	static const char *const words[] = {"done", "not_done", "unknown"};
	struct record_judgement judgement = {.step = work->step,
		.once = work->key,
		.by = verdict->by,
		.verdict = words[verdict->says],
		.visit = state == VISIT_UNKNOWN ? NULL : visit_state_name(state),
		.until_us = until,
		.note = verdict->note,
		.account = STR_EMPTY,
		.reason = STR_EMPTY};

	if (verdict->word) {
		judgement.account = verdict->word->account;
		judgement.reason = verdict->word->reason;
		judgement.request = verdict->word->request;
	}
	return record_judged(&engine->hold, engine->graph, &judgement, err);
}

int
once_failed(struct engine *engine, uint32_t step, struct err *err)
{
	return engine->graph->steps[step].continue_on_error ? engine_settle(engine, err)
							    : engine_step_failed(engine, err);
}

int
once_judge(struct engine *engine, struct once_work *work, const struct once_verdict *verdict,
	struct err *err)
{
	struct notice *notice;
	uint32_t step = work->step;
	int64_t until;
	enum visit_state state = choose_state(engine, work, verdict, &until);
	int r = record(engine, work, verdict, state, until, err);

	if (r == 0)
		r = once_end(engine, work, err);
	if (r < 0 || state == VISIT_UNKNOWN)
		return r;
	if (until)
		until = clock_boot_us() + MAX(0, until - clock_utc_us());
	schedule_become(engine->schedule, step, state, EVENT_ONCE_JUDGED, until);
	if (state != VISIT_FAILED)
		return 0;
	notice = notices_add(&engine->notices, NOTICE_FAILED, step);
	(void)snprintf(notice->message, sizeof(notice->message),
		"its effect has not happened, and no attempt is left");
	return once_failed(engine, step, err);
}

int
once_settle(struct engine *engine, uint32_t step, const struct once_word *word, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct once_work *work;
	struct once_row row;
	struct err why = ERR_INIT;
	int r;

	if (!engine->once || step >= engine->graph->n_steps ||
		state_of(engine, step) != VISIT_UNKNOWN || find_work(engine, step))
		return 0;
	once_meet(engine, step);
	work = find_work(engine, step);
	r = make_key(engine, work, &why);
	if (r < 0)
		return fail_key(engine, work, &why, err);
	r = once_lock(engine->store, work->key, &work->lock, err);
	if (r == 0)
		work->phase = ONCE_HELD;
	if (r <= 0)
		return r;
	r = once_find(engine->store, work->key, &arena, &row, err);
	/* Where the key knows better by now, looking at it does the rest. */
	if (r < 0 || row.state != ONCE_OPEN) {
		fd_close(&work->lock);
		return r;
	}
	r = once_judge(engine, work,
		&(struct once_verdict){.by = "person",
			.says = word->done ? ONCE_SAYS_DONE : ONCE_SAYS_NOT_DONE,
			.note = STR_EMPTY,
			.word = word},
		err);
	return r < 0 ? r : 1;
}
