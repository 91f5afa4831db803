#include "run/restore.h"

#include "base/clock.h"
#include "base/memory.h"
#include "graph/step_question.h"
#include "run/ask.h"
#include "run/body_status.h"
#include "run/engine_end.h"
#include "run/growth.h"
#include "run/held.h"
#include "run/judged.h"
#include "run/labels.h"
#include "run/record.h"
#include "run/record_once.h"
#include "run/record_verdict.h"
#include "run/revisit.h"
#include "run/routing.h"
#include "run/scope.h"
#include "store/artifact.h"
#include "store/stats.h"

#include <fcntl.h>
#include <unistd.h>

/* What the rows say of one step. */
struct step_past {
	uint32_t since;                        /* attempts numbered up to this do not count */
	uint32_t visit;                        /* nor do those of an earlier one */
	uint32_t counted_visit, counted_tries; /* of the newest attempt that was paid for */
	uint32_t tries;                        /* attempts that count */
	uint32_t last;     /* number of its newest attempt that counts, 0 if none */
	uint32_t accepted; /* number of the attempt that was accepted, 0 if none */
	uint32_t
		faulty; /* of the newest that counts, where its faults are the next one's feedback */
	bool interrupted;
	bool taken_over;                    /* adopted or reused */
	const struct attempt_row *taken;    /* the one that was accepted, or NULL */
	const struct attempt_row *rejected; /* the newest that was, or NULL */
	bool unknown;                       /* interrupted, and it must not happen twice */
	bool held;                          /* a person says what becomes of its attempt */
};

struct past {
	struct engine *engine;
	struct arena arena;
	struct step_past *steps;
	uint32_t *step_by_attempt; /* by attempt number */
	uint32_t n_attempts;
	struct produced **outputs; /* by step, NULL where it has none */
	struct visit_row *visits;
	size_t n_visits;
	uint32_t retried_after; /* the newest attempt when something was retried last */
	bool *begun;            /* by number of scope: was about to be opened, or is open */
};

static int
corrupt(struct err *err, const char *what, uint32_t number)
{
	return err_set(err, ERR_CORRUPT,
		"the record does not fit its plan: %s %u; run lily fsck", what, number);
}

/* Whether the budget had to pay for it: a program was to run, and did where nobody said no before. */
static bool
is_paid(const struct step *declared, const struct attempt_row *row)
{
	return !declared->is_last && !declared->foreach && !declared->scope &&
		!declared->judges && !step_is_human(declared) &&
		(row->started_us || !str_is(row->class, "rejected"));
}

/* Whether what is wrong with what it made is handed to the next one. */
static bool
is_faulty(const struct attempt_row *row)
{
	return str_is(row->class, "schema") || str_is(row->class, "gate");
}

/* What was decided by the end of an attempt counts; going back was paid for. */
static void
hold_decision(struct past *past, const struct attempt_row *row)
{
	const struct step *step = &past->engine->graph->steps[row->step];

	if (routing_hold(past->engine->routing, row->number) == ROUTE_TO_GOTO)
		past->engine->spending.transitions += !step->is_last;
}

/* Each try behind the first of a visit was paid for, once, however often it was begun. */
static void
count_tries(struct past *past, const struct attempt_row *row)
{
	struct step_past *step = &past->steps[row->step];
	struct spending *spending = &past->engine->spending;

	if (row->visit != step->counted_visit || row->try_number <= 1)
		step->counted_tries = 1;
	step->counted_visit = row->visit;
	spending->attempts++;
	if (row->try_number <= step->counted_tries)
		return;
	spending->transitions += row->try_number - step->counted_tries;
	step->counted_tries = row->try_number;
}

/* Of a visit that counts no more: only that it has ended, and what was decided by its end. */
static int
settle_superseded(
	struct past *past, const struct attempt_row *row, enum try_state state, struct err *err)
{
	struct run_hold *hold = &past->engine->hold;

	if (state == TRY_SUBMITTED || state == TRY_STARTED || state == TRY_ENDED)
		return record_interrupted_once(hold, row->number, row->once, err);
	if (state == TRY_HELD)
		return record_cancelled(
			hold, row->number, NULL, 0, (struct record_gates){NULL, 0}, err);
	if (state == TRY_ACCEPTED || state == TRY_REJECTED)
		hold_decision(past, row);
	return 0;
}

/* An attempt without a verdict ended with the process that drove it. */
static int
settle_attempt(struct past *past, const struct attempt_row *row, struct err *err)
{
	struct step_past *step = &past->steps[row->step];
	const struct step *declared = &past->engine->graph->steps[row->step];
	enum try_state state;

	if (!try_state_parse(row->state, &state))
		return corrupt(err, "state of attempt", row->number);
	if (is_paid(declared, row))
		count_tries(past, row);
	if (row->visit != step->visit)
		return settle_superseded(past, row, state, err);
	switch (state) {
	case TRY_SUBMITTED:
	case TRY_STARTED:
	case TRY_ENDED:
		step->interrupted = true;
		step->unknown = row->once.n > 0;
		return record_interrupted_once(
			&past->engine->hold, row->number, row->once, err);
	case TRY_ACCEPTED:
		step->accepted = row->number;
		step->taken = row;
		step->faulty = 0;
		hold_decision(past, row);
		break;
	case TRY_REJECTED:
		step->rejected = row;
		hold_decision(past, row);
		engine_set_feedback(past->engine, row->step, NULL);
		step->faulty = is_faulty(row) ? row->number : 0;
		break;
	case TRY_HELD:
		if (!past->engine->asks)
			return corrupt(err, "an attempt that is held, of step", row->step);
		if (row->number <= step->since)
			break;
		step->held = true;
		step->faulty = is_faulty(row) ? row->number : 0;
		held_note(past->engine, row);
		break;
	case TRY_NONE:
	case TRY_CANCELLED: break;
	case TRY_INTERRUPTED:
	case TRY_STATE_COUNT: return 0;
	}
	if (row->number > step->since) {
		step->tries++;
		step->last = row->number;
	}
	return 0;
}

/* The process before had no time to remove them. */
static void
take_folders(struct past *past, const struct attempt_row *rows, size_t n)
{
	struct engine *engine = past->engine;

	if (faccessat(engine->hold.directory, "attempts", F_OK, 0) != 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (rows[i].has_log)
			folders_add(&engine->folders, &engine->hold, rows[i].number);
}

static int
read_attempts(struct past *past, const struct run_row *row, struct err *err)
{
	struct attempt_row *rows;
	size_t n;
	int r = run_attempts(
		past->engine->store, row->number, STORE_ALL, &past->arena, &rows, &n, err);

	if (r < 0)
		return r;
	past->n_attempts = past->engine->hold.next_attempt;
	past->step_by_attempt = ARENA_ARRAY(&past->arena, past->n_attempts, uint32_t);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (rows[i].step >= past->engine->graph->n_steps)
			return corrupt(err, "attempt of step", rows[i].step);
		if (rows[i].number >= past->n_attempts)
			return corrupt(err, "attempt", rows[i].number);
		past->step_by_attempt[rows[i].number] = rows[i].step;
		r = settle_attempt(past, &rows[i], err);
	}
	take_folders(past, rows, n);
	return r;
}

/* Puts an accepted output where references look for it. */
static void
take_output(struct past *past, uint32_t number, const struct artifact_row *row)
{
	const struct step *step = &past->engine->graph->steps[number];
	struct produced **outputs = &past->outputs[number];

	if (!*outputs)
		*outputs = ARENA_ARRAY(&past->engine->arena, step->n_outputs, struct produced);
	for (uint32_t i = 0; i < step->n_outputs; i++)
		if (str_equal(step->outputs[i].name, row->name))
			(*outputs)[i] = (struct produced){.digest = row->digest,
				.size = row->size,
				.artifact = row->number,
				.is_tree = str_is(row->kind, "dir")};
}

static void
take_input(struct engine *engine, const struct artifact_row *row)
{
	for (uint32_t i = 0; i < engine->graph->n_inputs; i++)
		if (str_equal(engine->graph->inputs[i].name, row->name))
			engine->input_numbers[i] = row->number;
}

/* What was adopted or reused was made by no attempt of this run: its producer tells whose it is. */
static void
take_taken_over(struct past *past, const struct artifact_row *row)
{
	uint32_t step = graph_find(past->engine->graph, row->producer);

	if (step == STEP_NONE || !past->steps[step].taken_over)
		return;
	if (str_is(row->role, "output"))
		take_output(past, step, row);
	else if (str_is(row->role, "gate"))
		judged_note(past->engine->schedule, past->engine->graph, step, row->name,
			&row->digest, &past->engine->arena);
}

static int
read_artifacts(struct past *past, const struct run_row *row, struct err *err)
{
	const struct artifact_filter filter = {.run = row->number, .with_rejected = true};
	struct artifact_row *rows;
	size_t n;
	int r = artifact_list(past->engine->store, &filter, &past->arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		uint32_t step;

		if (str_is(rows[i].role, "input"))
			take_input(past->engine, &rows[i]);
		else if (str_is(rows[i].role, "work_order"))
			take_input(past->engine,
				&(struct artifact_row){
					.name = STR("work_order"), .number = rows[i].number});
		if (!rows[i].attempt)
			take_taken_over(past, &rows[i]);
		if (!rows[i].attempt || rows[i].attempt >= past->n_attempts)
			continue;
		step = past->step_by_attempt[rows[i].attempt];
		/* The last one of that name: a candidate may have it too. */
		if (str_is(rows[i].role, "rejected") && str_is(rows[i].name, "errors") &&
			past->steps[step].faulty == rows[i].attempt)
			engine_set_feedback(past->engine, step, &rows[i].digest);
		if (str_is(rows[i].role, "gate") && past->steps[step].last == rows[i].attempt)
			judged_note(past->engine->schedule, past->engine->graph, step,
				rows[i].name, &rows[i].digest, &past->engine->arena);
		if (!str_is(rows[i].role, "output"))
			continue;
		if (past->steps[step].accepted == rows[i].attempt)
			take_output(past, step, &rows[i]);
	}
	return r;
}

/* When a visit goes on, on the clock of this boot. After another boot only UTC says so, and a clock
 * that was set back since must not stretch the wait. */
static int64_t
restore_due(const struct engine *engine, const struct visit_row *row, const struct step *step)
{
	int64_t now = clock_boot_us();
	int64_t left = str_is(row->boot, engine->boot) ? row->due_us - now
						       : row->until_us - clock_utc_us();

	return now + MIN(MAX(0, left), step->settings->retry.max_backoff_us);
}

static void
note_failure(struct engine *engine, const struct attempt_row *row)
{
	bool by_itself = row->has_exit && !row->signal;

	for (enum failure_class class = 0; class <= FAILURE_VIOLATION; class ++)
		if (str_is(row->class, failure_class_name(class)))
			schedule_note_failure(engine->schedule, row->step, class,
				by_itself ? row->exit_code : -1);
}

/* Who retried anything after a rule had ended the run wants it to go on. */
static void
restore_route(struct past *past, const struct attempt_row *rejected)
{
	struct engine *engine = past->engine;
	enum visit_routed routed =
		routing_made(routing_hold(engine->routing, rejected->number));

	schedule_note_route(engine->schedule, rejected->step, routed);
	if (routed == ROUTED_ABORT && rejected->number > past->retried_after)
		routing_note_abort(engine->routing);
}

/* A state that needs outputs must find them, or the run would go on with holes. */
static int
restore_visit(struct past *past, const struct visit_row *row, struct err *err)
{
	struct engine *engine = past->engine;
	const struct step_past *step = &past->steps[row->step];
	const struct step *declared = &engine->graph->steps[row->step];
	const struct attempt_row *ended;
	enum visit_state state;
	int64_t until = 0;
	enum route_action action;

	if (!visit_state_parse(row->state, &state))
		return corrupt(err, "state of step", row->step);
	/* An attempt of its own, which only ends it, may have been interrupted. */
	if (declared->scope && (state == VISIT_RUNNING || state == VISIT_READY)) {
		past->begun[declared->scope->number] = true;
		return 0;
	}
	if (state == VISIT_RUNNING && step->interrupted) {
		state = step->unknown ? VISIT_UNKNOWN : VISIT_READY;
		until = clock_utc_us();
	} else if (state == VISIT_UNKNOWN) {
		until = row->until_us;
	}
	/* Its items run, or have ended: then it gathers again. */
	if (graph_expansion(engine->graph, row->step) && state == VISIT_READY)
		state = VISIT_RUNNING;
	if (graph_expansion(engine->graph, row->step) && state == VISIT_RUNNING) {
		schedule_restore(engine->schedule, row->step, state, step->tries, 0, NULL);
		return 0;
	}
	if (state == VISIT_RUNNING && step->held) {
		schedule_restore(engine->schedule, row->step, state, step->tries, 0, NULL);
		return 0;
	}
	if (state == VISIT_RUNNING)
		return corrupt(err, "no attempt of running step", row->step);
	ended = state == VISIT_FAILED      ? step->rejected
		: state == VISIT_SUCCEEDED ? step->taken
					   : NULL;
	action = ended ? routing_hold(engine->routing, ended->number) : ROUTE_ACTION_COUNT;
	if (action == ROUTE_TO_GOTO)
		revisit_note_due(engine, ended);
	/* The try that is waited for was paid for when the one before was rejected. */
	if (state == VISIT_WAITING && step->rejected && is_paid(declared, step->rejected))
		engine->spending.transitions++;
	if (state == VISIT_WAITING)
		until = restore_due(engine, row, declared);
	if (visit_is_done(state) && declared->n_outputs && !past->outputs[row->step])
		past->outputs[row->step] =
			ARENA_ARRAY(&engine->arena, declared->n_outputs, struct produced);
	for (uint32_t i = 0; visit_is_done(state) && i < declared->n_outputs; i++)
		if (!declared->outputs[i].optional && !past->outputs[row->step][i].artifact)
			return corrupt(err, "a missing output of step", row->step);
	if (state == VISIT_FAILED && step->rejected) {
		note_failure(engine, step->rejected);
		restore_route(past, step->rejected);
	} else if (action == ROUTE_TO_ABORT) {
		restore_route(past, ended);
	}
	schedule_restore(engine->schedule, row->step, state, step->tries, until,
		past->outputs[row->step]);
	if (state != VISIT_ADOPTED)
		return 0;
	return judged_adopt(engine->store, engine->schedule, engine->graph, row->step,
		&row->origin, row->origin_attempt, &engine->arena, err);
}

static int
read_visits(struct past *past, const struct run_row *row, struct err *err)
{
	int r = run_visits(past->engine->store, row->number, &past->arena, &past->visits,
		&past->n_visits, err);

	for (size_t i = 0; r == 0 && i < past->n_visits; i++) {
		const struct visit_row *visit = &past->visits[i];

		if (visit->step >= past->engine->graph->n_steps)
			return corrupt(err, "step", visit->step);
		past->steps[visit->step].since = visit->since;
		past->retried_after = MAX(past->retried_after, visit->since);
		past->steps[visit->step].visit = visit->visit;
		revisit_restore_number(past->engine, visit->step, visit->visit);
		past->steps[visit->step].taken_over = visit->origin_attempt != 0;
	}
	return r;
}

/* What a scope is given is made of facts only: where it cannot be made, the scope was never open, and
 * its end not recorded. */
static int
restore_scopes(struct past *past, struct err *err)
{
	struct engine *engine = past->engine;

	/* A scope that is in another, or in an item of it, has the greater number. */
	for (uint32_t i = 0; i < engine->graph->n_scopes; i++) {
		uint32_t step = engine->graph->scopes[i]->step;
		struct err why = ERR_INIT;
		int r;

		if (!past->begun[i])
			continue;
		r = scope_give(engine, step, &why);
		if (r < 0 && !scope_is_refusal(r)) {
			*err = why;
			return r;
		}
		schedule_restore(engine->schedule, step, r < 0 ? VISIT_READY : VISIT_RUNNING, 0,
			0, NULL);
	}
	return 0;
}

int
restore_run(
	struct engine *engine, const struct run_row *row, bool *ret_cancelling, struct err *err)
{
	struct past past = {.engine = engine, .arena = ARENA_INIT};
	int r;

	engine->input_numbers = ARENA_ARRAY(&engine->arena, engine->graph->n_inputs, uint32_t);
	r = growth_restore(engine->store, row->number, engine->graph, engine->schedule, err);
	if (r == 0)
		r = routing_read(engine, err);
	past.steps = ARENA_ARRAY(&past.arena, engine->graph->n_steps, struct step_past);
	past.outputs = ARENA_ARRAY(&past.arena, engine->graph->n_steps, struct produced *);
	if (r == 0)
		r = read_visits(&past, row, err);
	if (r == 0)
		r = revisit_restore(engine, err);
	if (r == 0)
		r = read_attempts(&past, row, err);
	if (r == 0)
		r = read_artifacts(&past, row, err);
	past.begun = ARENA_ARRAY(&past.arena, engine->graph->n_scopes, bool);
	for (size_t i = 0; r == 0 && i < past.n_visits; i++)
		r = restore_visit(&past, &past.visits[i], err);
	if (r == 0)
		r = restore_scopes(&past, err);
	if (r == 0)
		r = labels_read(engine->labels, engine->store, row->number, err);
	if (r == 0)
		r = asks_restore(engine, row->number, err);
	if (r == 0 && engine->graph->asks_status)
		r = body_status_read(engine->store, row->number, engine->graph, &engine->arena,
			&engine->body_status, err);
	arena_done(&past.arena);
	if (r == 0) {
		spending_add_driven(&engine->spending, row->driven_us);
		for (unsigned i = 0; i < BOUNDS; i++)
			if (row->stops & (uint32_t)RUN_STOP_ATTEMPTS << i)
				engine->spending.exhausted |= 1U << i;
		engine->cancelling_last = (row->stops & RUN_STOP_FINALLY) != 0;
		*ret_cancelling = (row->stops & RUN_STOP_CANCEL) != 0;
	}
	return r;
}
