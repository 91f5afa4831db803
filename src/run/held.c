#include "run/held_state.h"

#include "base/memory.h"
#include "run/gather.h"
#include "run/question.h"
#include "run/record_question.h"
#include "run/try_end.h"

const struct step *
held_step(const struct held *held)
{
	return &held->engine->graph->steps[held->step];
}

struct held *
held_new(struct engine *engine, uint32_t step, uint32_t attempt, uint32_t try_number)
{
	struct held *held = memory_zeroed(1, sizeof(*held));

	held->engine = engine;
	held->step = step;
	held->attempt = attempt;
	held->try_number = try_number;
	held->outputs = ARENA_ARRAY(
		&held->arena, engine->graph->steps[step].n_outputs, struct record_artifact);
	return held;
}

void
held_free(struct held *held)
{
	if (!held)
		return;
	arena_done(&held->arena);
	free(held);
}

uint32_t
held_attempt(const struct held *held)
{
	return held->attempt;
}

bool
held_has_failed(const struct held *held)
{
	return held->has_failed;
}

bool
held_is_asked(const struct held *held, const struct digest *request)
{
	return digest_equal(&held->request, request);
}

/* Nothing more is to be known of it. */
void
held_drop(struct engine *engine, uint32_t step)
{
	struct ask *ask = ask_find(engine, step);

	if (ask->held && ask->held->is_looked_at)
		ask->held->is_dropped = true;
	else
		held_free(ask->held);
	ask->held = NULL;
}

const struct value *
held_find(const struct value *list, const char *member, struct str name)
{
	for (uint32_t i = 0; list && list->kind == VALUE_ARRAY && i < list->n; i++) {
		const struct value *its = value_get(&list->items[i], str_of(member));

		if (its && str_equal(value_text(its), name))
			return &list->items[i];
	}
	return NULL;
}

bool
held_is_called_off(const struct held *held)
{
	const struct engine *engine = held->engine;

	return engine->cancelling && (!held_step(held)->is_last || engine->cancelling_last);
}

/* --- holding --- */

bool
held_is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_LIMIT || code == ERR_NOT_FOUND ||
		code == ERR_DENIED;
}

/* Who wants nothing new is asked nothing, either. */
bool
held_asks_nobody(const struct engine *engine, uint32_t step)
{
	return (engine->failed_fast || spending_is_over(&engine->spending)) &&
		!engine->graph->steps[step].is_last;
}

int
held_ask(struct held *held, struct str text, struct err *err)
{
	const struct step_question *question = held_step(held)->question;

	return ask_open(held->engine,
		&(struct ask_opening){.step = held->step,
			.kind = held->has_failed ? QUESTION_ROW_FAILURE : QUESTION_ROW_COMMIT,
			.request = held->request,
			.text = text,
			.expires_us = held->has_failed ? 0 : question->expires_us,
			.attempt = held->attempt},
		err);
}

void
held_add_label(struct held *held, uint32_t artifact, struct str label, const struct gate *gate)
{
	held->labels[held->n_labels++] = (struct record_label){.artifact = artifact,
		.label = label,
		.gate = gate->name,
		.definition = gate->definition};
}

static void
take_labels(const struct try *try, struct held *held)
{
	size_t n = 0;

	for (size_t i = 0; i < try->n_gates; i++)
		n += try->gates[i].n_grants;
	held->labels = ARENA_ARRAY(&held->arena, n, struct record_label);
	for (size_t i = 0; i < try->n_gates; i++)
		for (size_t j = 0; j < try->gates[i].n_grants; j++)
			held_add_label(held, try->gates[i].grants[j].artifact,
				try->gates[i].grants[j].label, try->gates[i].gate);
}

/* They are of no type before they are accepted. */
static int
record(struct try *try, const struct held *held, struct err *err)
{
	struct record_artifact *candidates =
		ARENA_ARRAY(&try->arena, try->outputs.n, struct record_artifact);
	struct record_holding holding = {.number = try->number,
		.request = &held->request,
		.candidates = candidates,
		.gates = {try->gates, try->n_gates}};

	try_number_logs(try);
	holding.logs = try->judge.logs;
	holding.n_logs = try->judge.n_logs;
	for (uint32_t i = 0; i < try->outputs.n; i++) {
		if (!try->outputs.items[i].present)
			continue;
		candidates[holding.n_candidates] = held->outputs[i];
		candidates[holding.n_candidates].type = STR_EMPTY;
		candidates[holding.n_candidates++].schema = NULL;
	}
	return record_held(&try->engine->hold, &holding, err);
}

struct held *
held_place(struct try *try, const struct question_document *document)
{
	struct engine *engine = try->engine;
	struct held *held = held_new(engine, try->step, try->number, try->try_number);
	struct ask *ask = ask_need(engine, try->step);

	held->request = document->digest;
	held->has_log = try->has_log;
	held->log = try->log.digest;
	held->duration_us = MAX(0, try->end.ended_at_us - try->end.started_at_us);
	held_free(ask->held);
	ask->held = held;
	return held;
}

int
held_settle(struct try *try, struct held *held, const struct question_document *document,
	struct err *err)
{
	try_state_move(&try->state, TRY_HELD, EVENT_ATTEMPT_HELD);
	try_release(try);
	return held_ask(held, document->ask, err);
}

static int
hold(struct try *try, const struct question_document *document, struct err *err)
{
	struct held *held = held_place(try, document);
	int r;

	try_number_candidates(try);
	for (uint32_t i = 0; i < try->outputs.n; i++)
		if (try->outputs.items[i].present)
			held->outputs[i] = try->outputs.items[i].artifact;
	take_labels(try, held);
	r = record(try, held, err);
	return r < 0 ? r : held_settle(try, held, document, err);
}

int
held_begin(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	struct question_document document = QUESTION_DOCUMENT_INIT;
	const struct question_attempt attempt = {.number = try->number,
		.outputs = &try->outputs,
		.gates = {try->gates, try->n_gates},
		.log = try->has_log ? &try->log : NULL};
	struct err why = ERR_INIT;
	struct digest digest;
	int r;

	if (try->cancelled || held_asks_nobody(engine, try->step))
		return try_record_cancelled(try, err);
	r = question_write(&try->values, try->step, &try->inputs, &attempt, &document, &why);
	if (held_is_of_step(r)) {
		buf_done(&document.text);
		return try_reject(try, FAILURE_START, why.message, err);
	}
	if (r < 0)
		*err = why;
	else
		r = object_put(engine->store, buf_str(&document.text), &digest, err);
	if (r == 0)
		r = hold(try, &document, err);
	buf_done(&document.text);
	return r;
}

/* --- what becomes of them --- */

static int
record_end_cancelled(struct held *held, struct err *err)
{
	return record_cancelled(&held->engine->hold, held->attempt, NULL, 0,
		(struct record_gates){NULL, 0}, err);
}

int
held_end_cancelled(struct held *held, struct err *err)
{
	struct engine *engine = held->engine;
	uint32_t step = held->step;
	int r = record_end_cancelled(held, err);

	if (r < 0)
		return r;
	(void)notices_add(&engine->notices, NOTICE_CANCELLED, step);
	held_drop(engine, step);
	schedule_attempt_cancelled(engine->schedule, step);
	return engine_settle(engine, err);
}

int
held_cancel(struct engine *engine, const uint32_t *steps, size_t n_steps, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && engine->asks && i < n_steps; i++) {
		struct ask *ask = ask_find(engine, steps[i]);

		if (!ask || !ask->held)
			continue;
		r = record_end_cancelled(ask->held, err);
		held_drop(engine, steps[i]);
	}
	return r;
}

int
held_reject(struct held *held, const char *message, struct err *err)
{
	struct engine *engine = held->engine;
	const struct record_attempt attempt = {.number = held->attempt,
		.step = held->step,
		.name = held_step(held)->name,
		.try_number = held->try_number};

	held_drop(engine, attempt.step);
	return gather_fail(engine, &attempt, FAILURE_REJECTED, message, err);
}

static int
refuse(struct held *held, const struct ask *ask, struct err *err)
{
	AUTO_BUF struct buf message = BUF_INIT(ERR_MESSAGE_SIZE);
	int r = 0;

	if (ask->state == QUESTION_EXPIRED)
		buf_add_cstr(&message, "nobody answered in time");
	else
		r = question_add_refusal(held->engine->store, &ask->approval, &message, err);
	return r < 0 ? r : held_reject(held, buf_cstr(&message), err);
}

/* The process before had no time to ask. */
static int
ask_now(struct held *held, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str text;
	int r = question_read_ask(held->engine->store, &held->request, &arena, &text, err);

	return r < 0 ? r : held_ask(held, text, err);
}

int
held_conclude(struct engine *engine, struct ask *ask, struct err *err)
{
	struct held *held = ask->held;

	if (held_is_called_off(held))
		return held_end_cancelled(held, err);
	switch (ask->state) {
	case QUESTION_OPEN: return 0;
	case QUESTION_VOID:
		return held_asks_nobody(engine, ask->step) ? held_end_cancelled(held, err)
							   : ask_now(held, err);
	case QUESTION_ACCEPTED:
	case QUESTION_ANSWERED:
	case QUESTION_REFUSED:
	case QUESTION_EXPIRED: break;
	}
	if (held->has_failed)
		return held_conclude_failed(held, ask, err);
	return ask->state == QUESTION_ACCEPTED ? held_approve(held, err)
					       : refuse(held, ask, err);
}
