#include "run/ask_state.h"

#include "base/clock.h"
#include "base/memory.h"
#include "run/condition.h"
#include "run/engine_request.h"
#include "run/gather.h"
#include "run/held.h"
#include "run/question.h"
#include "run/record_question.h"
#include "run/schedule_once.h"
#include "run/try_end.h"

#include <stdio.h>

struct asks *
asks_new(const struct graph *graph)
{
	return graph->has_questions || graph->routes ? memory_zeroed(1, sizeof(struct asks))
						     : NULL;
}

void
asks_free(struct asks *asks)
{
	if (!asks)
		return;
	for (uint32_t i = 0; i < asks->n_steps; i++) {
		if (asks->by_step[i])
			held_free(asks->by_step[i]->held);
		free(asks->by_step[i]);
	}
	free(asks->by_step);
	free(asks);
}

struct ask *
ask_find(const struct engine *engine, uint32_t step)
{
	const struct asks *asks = engine->asks;

	return asks && step < asks->n_steps ? asks->by_step[step] : NULL;
}

struct ask *
ask_need(struct engine *engine, uint32_t step)
{
	struct asks *asks = engine->asks;

	if (step >= asks->n_steps) {
		uint32_t n = engine->graph->n_steps;

		asks->by_step = memory_resize(asks->by_step, n, sizeof(struct ask *));
		while (asks->n_steps < n)
			asks->by_step[asks->n_steps++] = NULL;
	}
	if (!asks->by_step[step])
		asks->by_step[step] = memory_zeroed(1, sizeof(struct ask));
	asks->by_step[step]->step = step;
	return asks->by_step[step];
}

static void
list_open(struct asks *asks, struct ask *ask)
{
	ask->state = QUESTION_OPEN;
	ask->next_open = asks->first_open;
	asks->first_open = ask;
	ask->is_listed = true;
	asks->is_looked = false;
}

static void
unlist(struct asks *asks, struct ask *ask)
{
	struct ask **at = &asks->first_open;

	if (!ask->is_listed)
		return;
	while (*at != ask)
		at = &(*at)->next_open;
	*at = ask->next_open;
	ask->next_open = NULL;
	ask->is_listed = false;
}

void
asks_forget(struct engine *engine, uint32_t step)
{
	struct ask *ask = ask_find(engine, step);

	if (!ask)
		return;
	unlist(engine->asks, ask);
	ask->state = QUESTION_VOID;
	held_drop(engine, step);
}

static bool
is_asked(const struct engine *engine, uint32_t step)
{
	return schedule_visit(engine->schedule, step)->state == VISIT_ASKED;
}

/* --- asking --- */

int
ask_open(struct engine *engine, const struct ask_opening *opening, struct err *err)
{
	int64_t expires = opening->expires_us;
	int64_t until = expires ? clock_utc_us() + expires : 0;
	int64_t due = expires ? clock_boot_us() + expires : 0;
	struct ask *ask = ask_need(engine, opening->step);
	struct notice *notice;
	int r = record_question_opened(&engine->hold,
		&(struct record_opening){.graph = engine->graph,
			.step = opening->step,
			.kind = opening->kind,
			.request = &opening->request,
			.attempt = opening->attempt,
			.until_us = until,
			.due_us = due,
			.boot = engine->boot},
		err);

	if (r < 0)
		return r;
	unlist(engine->asks, ask);
	ask->request = opening->request;
	ask->due_us = due;
	ask->has_answer = ask->has_approval = false;
	list_open(engine->asks, ask);
	if (opening->attempt)
		schedule_held(engine->schedule, opening->step);
	else
		schedule_asked(engine->schedule, opening->step);
	notice = notices_add(&engine->notices, NOTICE_ASKED, opening->step);
	notice->attempt = opening->attempt;
	notice->until_us = until;
	(void)snprintf(notice->message, sizeof(notice->message), "%.*s",
		(int)MIN(opening->text.n, sizeof(notice->message) - 1), opening->text.p);
	return 0;
}

/* What the document asks is on record, and the visit waits for an answer. */
static int
open_question(struct engine *engine, uint32_t step, struct question_document *document,
	struct err *err)
{
	const struct ask_opening opening = {.step = step,
		.kind = (enum question_row_kind)engine->graph->steps[step].question->kind,
		.request = document->digest,
		.text = document->ask,
		.expires_us = engine->graph->steps[step].question->expires_us};
	struct digest digest;
	int r = object_put(engine->store, buf_str(&document->text), &digest, err);

	return r < 0 ? r : ask_open(engine, &opening, err);
}

/* Of a step that a person does: nothing but the question. */
static int
open_human(struct engine *engine, uint32_t step, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct question_document document = QUESTION_DOCUMENT_INIT;
	const struct err *unclear = condition_failure(engine, step);
	struct values values;
	struct err why = ERR_INIT;
	int r = 0;

	if (unclear) {
		why = *unclear;
		r = why.code;
	}
	engine->asked = STEP_NONE;
	engine_values(engine, step, &arena, &values);
	values.redactor = secrets_redactor(engine->secrets);
	if (r == 0)
		r = question_write(&values, step, NULL, NULL, &document, &why);
	if (r == ERR_INVALID || r == ERR_LIMIT || r == ERR_NOT_FOUND)
		r = gather_refuse(engine, step, FAILURE_START, why.message, err);
	else if (r < 0)
		*err = why;
	else
		r = open_question(engine, step, &document, err);
	buf_done(&document.text);
	return r;
}

int
ask_permit(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	const struct step_question *question = engine->graph->steps[try->step].question;
	struct question_document document = QUESTION_DOCUMENT_INIT;
	const struct ask *ask = ask_find(engine, try->step);
	int r;

	if (!question || question->kind != QUESTION_START)
		return 1;
	r = question_write(&try->values, try->step, &try->inputs, NULL, &document, err);
	if (r == 0 && ask && ask->state == QUESTION_ACCEPTED &&
		digest_equal(&ask->request, &document.digest)) {
		r = 1;
	} else if (r == 0) {
		r = try_put_aside(try, err);
		/* Whoever wants nothing new after a failure asks nothing, either. */
		if (r == 0 && engine->failed_fast && !engine->graph->steps[try->step].is_last)
			r = gather_cancel(engine, try->step, err);
		else if (r == 0)
			r = open_question(engine, try->step, &document, err);
	}
	buf_done(&document.text);
	return r;
}

/* --- what was said --- */

/* The answer becomes the step's output. */
static int
accept_answer(struct engine *engine, uint32_t step, const struct ask *ask, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(QUESTION_ANSWER_MAX);
	const struct step_output *output = &engine->graph->steps[step].outputs[0];
	struct record_artifact artifact = {.name = output->name,
		.kind = output->type == OUTPUT_JSON ? "json" : "text",
		.type = output->schema ? output->schema->id : STR_EMPTY,
		.schema = output->schema ? &output->schema->digest : NULL,
		.digest = ask->answer};
	int r;

	if (ask->has_answer) {
		r = object_get(engine->store, &ask->answer, &bytes, err);
	} else {
		buf_add_cstr(&bytes, QUESTION_ACCEPTED_TEXT);
		r = object_put(engine->store, buf_str(&bytes), &artifact.digest, err);
	}
	artifact.size = bytes.n;
	schedule_submitted(engine->schedule, step);
	return r < 0 ? r : gather_accept(engine, step, &artifact, err);
}

static int
refuse(struct engine *engine, uint32_t step, const struct ask *ask, struct err *err)
{
	AUTO_BUF struct buf message = BUF_INIT(ERR_MESSAGE_SIZE);
	int r = 0;

	if (ask->state == QUESTION_EXPIRED)
		buf_add_cstr(&message, "nobody answered in time");
	else
		r = question_add_refusal(engine->store, &ask->approval, &message, err);
	return r < 0 ? r
		     : gather_refuse(engine, step, FAILURE_REJECTED, buf_cstr(&message), err);
}

int
ask_step(struct engine *engine, uint32_t step, bool *ret_may, struct err *err)
{
	const struct ask *ask = ask_find(engine, step);
	enum question_state state = ask ? ask->state : QUESTION_VOID;
	bool is_human = step_is_human(&engine->graph->steps[step]);

	*ret_may = false;
	switch (state) {
	case QUESTION_REFUSED:
	case QUESTION_EXPIRED: return refuse(engine, step, ask, err);
	case QUESTION_ACCEPTED:
	case QUESTION_ANSWERED:
		if (is_human)
			return accept_answer(engine, step, ask, err);
		break;
	case QUESTION_OPEN:
	case QUESTION_VOID:
		if (is_human)
			return open_human(engine, step, err);
		break;
	}
	*ret_may = true;
	return 0;
}

static int
close_question(struct engine *engine, struct ask *ask, enum question_state verdict,
	const struct ask_word *word, struct err *err)
{
	struct record_closing closing = {.graph = engine->graph,
		.step = ask->step,
		.request = &ask->request,
		.attempt = ask->held ? held_attempt(ask->held) : 0,
		.verdict = question_state_name(verdict),
		.answer = word && word->has_answer ? &word->answer : NULL};
	struct record_artifact approval = {
		.name = STR("approval"), .kind = "json", .type = STR_EMPTY};
	int r = 0;

	if (word) {
		r = question_write_approval(engine->store, &engine->hold.chain.id,
			engine->graph->steps[ask->step].name, word, &approval, err);
		approval.number = engine->hold.next_artifact++;
		closing.approval = &approval;
		closing.account = word->account;
		closing.reason = word->reason;
		closing.wish = word->wish;
	}
	if (r == 0)
		r = record_question_closed(&engine->hold, &closing, err);
	if (r < 0)
		return r;
	unlist(engine->asks, ask);
	ask->state = verdict;
	ask->has_answer = closing.answer != NULL;
	if (ask->has_answer)
		ask->answer = *closing.answer;
	ask->has_approval = word != NULL;
	if (word)
		ask->approval = approval.digest;
	if (!ask->held) {
		schedule_become(
			engine->schedule, ask->step, VISIT_READY, EVENT_QUESTION_CLOSED, 0);
		return 0;
	}
	schedule_become(engine->schedule, ask->step, VISIT_RUNNING, EVENT_QUESTION_CLOSED, 0);
	ask_note_due(engine->asks, ask);
	return 0;
}

int
ask_hear(struct engine *engine, uint32_t step, const struct ask_word *word, struct err *err)
{
	struct ask *ask = ask_find(engine, step);
	struct err why = ERR_INIT;
	char hex[DIGEST_HEX_SIZE];
	int r;

	if (!ask || ask->state != QUESTION_OPEN || !is_asked(engine, step) ||
		!str_is(word->request, digest_to_hex(&ask->request, hex)))
		return 0;
	r = ask->held && held_has_failed(ask->held)
		? question_check_failure_word(engine->store, word, &why)
		: question_check_word(engine->store, engine->graph, step, word, &why);
	if (r == ERR_INVALID || r == ERR_DENIED || r == ERR_LIMIT || r == ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	r = close_question(engine, ask, word->verdict, word, err);
	return r < 0 ? r : 1;
}

void
ask_note_due(struct asks *asks, struct ask *ask)
{
	if (ask->is_due)
		return;
	ask->is_due = true;
	ask->next_due = asks->first_due;
	asks->first_due = ask;
}

bool
asks_are_due(const struct engine *engine)
{
	return engine->asks && engine->asks->first_due;
}

int
asks_conclude(struct engine *engine, struct err *err)
{
	struct asks *asks = engine->asks;
	int r = 0;

	while (r == 0 && asks && asks->first_due) {
		struct ask *ask = asks->first_due;

		asks->first_due = ask->next_due;
		ask->is_due = false;
		/* It may have been cancelled since. */
		if (ask->held &&
			schedule_visit(engine->schedule, ask->step)->state == VISIT_RUNNING)
			r = held_conclude(engine, ask, err);
	}
	return r;
}

/* Closes those whose time is over, and finds when the next one's will be. */
static int
look(struct engine *engine, int64_t now, struct err *err)
{
	struct asks *asks = engine->asks;
	struct ask *next;
	int r = 0;

	asks->is_looked = true;
	asks->due_us = INT64_MAX;
	for (struct ask *ask = asks->first_open; r == 0 && ask; ask = next) {
		next = ask->next_open;
		if (!is_asked(engine, ask->step))
			unlist(asks, ask);
		else if (ask->due_us && ask->due_us <= now)
			r = close_question(engine, ask, QUESTION_EXPIRED, NULL, err);
		else if (ask->due_us)
			asks->due_us = MIN(asks->due_us, ask->due_us);
	}
	return r;
}

int
asks_expire(struct engine *engine, int64_t *ret_due, struct err *err)
{
	struct asks *asks = engine->asks;
	int64_t now;
	int r = 0;

	if (!asks || !asks->first_open)
		return 0;
	now = clock_boot_us();
	if (!asks->is_looked || asks->due_us <= now) {
		/* What was said in time counts, also where it was not heard in time. */
		r = engine_hear_all_requests(engine, err);
		if (r == 0)
			r = look(engine, now, err);
	}
	*ret_due = MIN(*ret_due, asks->due_us);
	return r;
}

/* --- resuming --- */

/* On the clock of this boot; after another one only UTC says when. */
static int64_t
restore_due(const struct engine *engine, const struct question_row *row)
{
	if (!row->until_us)
		return 0;
	if (str_is(row->boot, engine->boot))
		return row->due_us;
	return MAX(1, clock_boot_us() + (row->until_us - clock_utc_us()));
}

int
asks_restore(struct engine *engine, int64_t run, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct question_row *rows;
	size_t n;
	int r;

	if (!engine->asks)
		return 0;
	r = held_restore(engine, run, err);
	if (r == 0)
		r = question_list(engine->store, run, &arena, &rows, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct ask *ask;

		if (rows[i].step >= engine->graph->n_steps)
			return err_set(err, ERR_CORRUPT,
				"the record does not fit its plan: a question of step %u; run "
				"lily "
				"fsck",
				rows[i].step);
		ask = ask_need(engine, rows[i].step);
		/* A crash may have come between an attempt that was held and its question. */
		if (ask->held && !held_is_asked(ask->held, &rows[i].request))
			continue;
		ask->state = rows[i].state;
		ask->request = rows[i].request;
		ask->has_answer = rows[i].has_answer;
		ask->answer = rows[i].answer;
		ask->due_us = restore_due(engine, &rows[i]);
		ask->has_approval = digest_parse(rows[i].approval, &ask->approval);
		if (rows[i].state == QUESTION_REFUSED && !ask->has_approval)
			return err_set(err, ERR_CORRUPT,
				"a question of step %u was refused and has no approval; run "
				"lily fsck",
				rows[i].step);
		if (rows[i].state == QUESTION_OPEN)
			list_open(engine->asks, ask);
	}
	return r;
}
