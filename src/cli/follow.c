#include "cli/follow.h"

#include "cli/field.h"
#include "cli/heap.h"
#include "cli/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 10000000

static struct follow_step *
step_at(struct follow *follow, uint32_t number)
{
	if (number >= STEPS_MAX)
		return NULL;
	while (follow->n_steps <= number) {
		follow->steps = heap_grow(follow->steps, follow->n_steps,
			&follow->steps_capacity, sizeof(*follow->steps));
		follow->steps[follow->n_steps++] = (struct follow_step){.state = "pending"};
	}
	return &follow->steps[number];
}

static struct follow_attempt *
attempt_at(struct follow *follow, int64_t number)
{
	static const struct follow_attempt none = {.step = UINT32_MAX};

	if (number < 1 || number > STEPS_MAX)
		return NULL;
	while (follow->n_attempts < (size_t)number) {
		follow->attempts = heap_grow(follow->attempts, follow->n_attempts,
			&follow->attempts_capacity, sizeof(*follow->attempts));
		follow->attempts[follow->n_attempts++] = none;
	}
	return &follow->attempts[number - 1];
}

static void
count_turn(struct lily_run_counts *counts, const char *from, const char *to)
{
	uint64_t *before = tally_count(counts, from);
	uint64_t *after = tally_count(counts, to);

	if (before && *before > 0)
		--*before;
	if (after)
		++*after;
}

static void
step_turn(struct follow *follow, struct follow_step *step, const char *state)
{
	count_turn(&follow->counts, step->state, state);
	if (step->loop)
		count_turn(&follow->loops[step->loop - 1].counts, step->state, state);
	step->state = state;
}

static const char *
loop_name(const struct follow *follow, const struct follow_step *step)
{
	const char *name = NULL;

	if (step && step->loop)
		name = follow->steps[follow->loops[step->loop - 1].step].name;
	return name ? name : "";
}

static void
step_name(struct follow_step *step, const struct lily_value *value)
{
	if (!step->name)
		step->name = field_copy(value, "step");
}

int
follow_read_names(struct follow *follow, struct lily_error *error)
{
	struct lily_document *document;
	const struct lily_value *list;
	int n = lily_run_describe(
		follow->store, follow->run_id, NULL, LILY_SHOW_STEPS, &document, error);

	if (n < 0)
		return n;
	list = lily_value_get(lily_document_root(document), "step_list");
	for (size_t i = 0; i < lily_value_count(list); i++) {
		const struct lily_value *item = lily_value_at(list, i);
		struct follow_step *step =
			step_at(follow, (uint32_t)field_integer(item, "i", STEPS_MAX));

		if (step)
			step_name(step, item);
	}
	lily_document_free(document);
	return 0;
}

int
follow_open(struct follow *follow, struct lily_store *store, const char *address,
	unsigned flags, struct lily_error *error)
{
	struct lily_document *document;
	const struct lily_value *run;
	int n;

	*follow = (struct follow){.store = store};
	n = lily_run_describe(store, address, NULL, 0, &document, error);
	if (n < 0)
		return n;
	run = lily_document_root(document);
	(void)snprintf(follow->run_id, sizeof(follow->run_id), "%s", field_text(run, "run_id"));
	follow->counts.steps =
		(uint64_t)field_integer(lily_value_get(run, "steps"), "total", 0);
	lily_document_free(document);
	n = lily_events_open(store, follow->run_id, 0, &follow->events, error);
	if (n >= 0 && (flags & FOLLOW_STEPS))
		n = follow_read_names(follow, error);
	if (n < 0)
		follow_close(follow);
	return n < 0 ? n : 0;
}

void
follow_close(struct follow *follow)
{
	for (size_t i = 0; i < follow->n_steps; i++) {
		free(follow->steps[i].name);
		free(follow->steps[i].message);
	}
	free(follow->steps);
	free(follow->attempts);
	free(follow->loops);
	free(follow->failure);
	free(follow->message);
	lily_document_free(follow->payload);
	lily_events_close(follow->events);
	*follow = (struct follow){0};
}

static bool
tell(struct follow *follow, enum lily_run_event_type type, struct follow_step *step,
	int64_t attempt, struct lily_run_event *ret_event)
{
	const struct follow_attempt *tried = attempt_at(follow, attempt);

	*ret_event = (struct lily_run_event){
		.type = type,
		.step = step && step->name ? step->name : "",
		.item_of = loop_name(follow, step),
		.attempt = (uint32_t)attempt,
		.try_number = tried ? tried->try_number : 0,
		.time_us = follow->time_us,
		.failure = "",
		.message = "",
	};
	if (tried && step && type != LILY_RUN_STEP_STARTED) {
		step->duration_us = (tried->ended_us ? tried->ended_us : follow->time_us) -
			tried->started_us;
		ret_event->duration_us = step->duration_us;
	}
	return true;
}

static bool
fold_submitted(struct follow *follow, const struct lily_value *payload,
	struct lily_run_event *ret_event)
{
	int64_t number = field_integer(payload, "n", 0);
	int64_t i = field_integer(payload, "i", -1);
	struct follow_step *step = i < 0 ? NULL : step_at(follow, (uint32_t)i);
	struct follow_attempt *attempt = attempt_at(follow, number);

	if (!step || !attempt)
		return false;
	step_name(step, payload);
	step_turn(follow, step, "running");
	step->since_us = follow->time_us;
	step->tries = (uint32_t)field_integer(payload, "try", 1);
	*attempt = (struct follow_attempt){.step = (uint32_t)i,
		.visit = field_integer(payload, "visit", 1),
		.try_number = step->tries,
		.started_us = follow->time_us};
	return tell(follow, LILY_RUN_STEP_STARTED, step, number, ret_event);
}

static bool
fold_rejected(struct follow *follow, const struct lily_value *payload, int64_t number,
	struct lily_run_event *ret_event)
{
	struct follow_step *step = step_at(follow, attempt_at(follow, number)->step);
	bool again = field_has(payload, "until");

	bool unknown = field_has(payload, "unknown");

	step_turn(follow, step, unknown ? "unknown" : again ? "waiting" : "failed");
	free(step->message);
	step->message = field_copy(payload, "message");
	free(follow->failure);
	follow->failure = field_copy(payload, "class");
	(void)tell(follow,
		unknown         ? LILY_RUN_STEP_UNKNOWN
			: again ? LILY_RUN_STEP_RETRYING
				: LILY_RUN_STEP_FAILED,
		step, number, ret_event);
	ret_event->failure = follow->failure;
	ret_event->message = step->message;
	ret_event->until_us = field_integer(payload, "until", 0);
	return true;
}

/* Events of an attempt that was submitted before. */
static bool
fold_attempt(struct follow *follow, const char *what, const struct lily_value *payload,
	struct lily_run_event *ret_event)
{
	int64_t number = field_integer(payload, "n", 0);
	struct follow_attempt *attempt = attempt_at(follow, number);
	struct follow_step *step = attempt ? step_at(follow, attempt->step) : NULL;
	bool is_superseded;

	if (!step)
		return false;
	/* Its end says nothing of the visit that has begun since. */
	is_superseded = attempt->visit < step->visit;
	if (strcmp(what, "started") == 0) {
		attempt->started_us = field_integer(payload, "at", follow->time_us);
	} else if (strcmp(what, "ended") == 0) {
		attempt->ended_us = field_integer(payload, "at", follow->time_us);
	} else if (strcmp(what, "interrupted") == 0) {
		if (!is_superseded)
			step_turn(follow, step,
				field_has(payload, "once") ? "unknown" : "pending");
	} else if (strcmp(what, "accepted") == 0) {
		step_turn(follow, step, "succeeded");
		return tell(follow, LILY_RUN_STEP_SUCCEEDED, step, number, ret_event);
	} else if (strcmp(what, "rejected") == 0) {
		return fold_rejected(follow, payload, number, ret_event);
	} else if (strcmp(what, "cancelled") == 0) {
		if (!is_superseded)
			step_turn(follow, step, "cancelled");
		return tell(follow, LILY_RUN_STEP_CANCELLED, step, number, ret_event);
	}
	return false;
}

/* The events of many steps: what becomes of each. Adopted ones are counted, not told of one by one. */
static const struct follow_list {
	const char *event;
	const char *state;
	enum lily_run_event_type told_as; /* LILY_RUN_IDLE: not at all */
} lists[] = {
	{"visit.blocked", "blocked", LILY_RUN_STEP_BLOCKED},
	{"visit.skipped", "skipped", LILY_RUN_STEP_SKIPPED},
	{"visit.cancelled", "cancelled", LILY_RUN_STEP_CANCELLED},
	{"visit.retried", "pending", LILY_RUN_STEP_RETRIED},
	{"visits.superseded", "pending", LILY_RUN_STEP_RETRIED},
	{"visit.reused", "reused", LILY_RUN_STEP_REUSED},
	{"visit.adopted", "adopted", LILY_RUN_IDLE},
};

static const struct follow_list *
find_list(const char *event)
{
	for (size_t i = 0; i < COUNT(lists); i++)
		if (strcmp(lists[i].event, event) == 0)
			return &lists[i];
	return NULL;
}

/* A rule goes back: told of the step that it goes back to, with what has led there. */
static bool
tell_sent_back(
	struct follow *follow, struct follow_step *step, struct lily_run_event *ret_event)
{
	const struct lily_value *payload = lily_document_root(follow->payload);
	AUTO_TEXT struct text message = TEXT_INIT;

	if (!step->name || !field_is(payload, "to", step->name))
		return false;
	text_format(&message, "visit %lld: rule ", (long long)step->visit);
	field_add(&message, payload, "rule");
	text_add_string(&message, ", by ");
	field_add(&message, payload, "by");
	free(follow->message);
	follow->message = heap_copy(message.bytes, message.size);
	(void)tell(follow, LILY_RUN_STEP_RETRIED, step, 0, ret_event);
	ret_event->message = follow->message;
	return true;
}

/* Whether an event of many steps has one left to tell of. */
static bool
fold_list(struct follow *follow, struct lily_run_event *ret_event)
{
	while (follow->told < lily_value_count(follow->list)) {
		const struct lily_value *item = lily_value_at(follow->list, follow->told++);
		int64_t i = field_integer(item, "i", -1);
		struct follow_step *step = i < 0 ? NULL : step_at(follow, (uint32_t)i);

		if (!step)
			continue;
		step_name(step, item);
		step_turn(follow, step, follow->list_kind->state);
		if (field_has(item, "visit")) {
			step->visit = field_integer(item, "visit", 1);
			if (tell_sent_back(follow, step, ret_event))
				return true;
			continue;
		}
		if (follow->list_kind->told_as != LILY_RUN_IDLE)
			return tell(follow, follow->list_kind->told_as, step, 0, ret_event);
	}
	follow->list = NULL;
	return false;
}

/* A step asks, or was answered. */
static bool
fold_question(struct follow *follow, const char *what, const struct lily_value *payload,
	struct lily_run_event *ret_event)
{
	int64_t i = field_integer(payload, "i", -1);
	struct follow_step *step = i < 0 ? NULL : step_at(follow, (uint32_t)i);

	if (!step)
		return false;
	step_name(step, payload);
	if (strcmp(what, "opened") != 0) {
		step_turn(follow, step, field_has(payload, "n") ? "running" : "pending");
		return false;
	}
	step_turn(follow, step, "asked");
	(void)tell(follow, LILY_RUN_STEP_ASKED, step, 0, ret_event);
	ret_event->until_us = field_integer(payload, "until", 0);
	return true;
}

/* Whether one of the steps that are all reused is left to tell of. */
static bool
fold_alike(struct follow *follow, struct lily_run_event *ret_event)
{
	struct follow_step *step =
		follow->told < follow->alike ? step_at(follow, (uint32_t)follow->told) : NULL;

	if (!step) {
		follow->alike = 0;
		return false;
	}
	follow->told++;
	step_turn(follow, step, "reused");
	return tell(follow, LILY_RUN_STEP_REUSED, step, 0, ret_event);
}

/* The event names none of them: whoever wants names gets them from the run. */
static bool
begin_alike(struct follow *follow, const struct lily_value *payload,
	struct lily_run_event *ret_event)
{
	struct lily_error ignored = {0};

	follow->alike = (size_t)field_integer(payload, "steps", 0);
	follow->told = 0;
	(void)follow_read_names(follow, &ignored);
	return fold_alike(follow, ret_event);
}

/* It stands for others, which is no work of its own: that is not counted. */
static struct follow_step *
fold_open(struct follow *follow, const struct lily_value *payload)
{
	int64_t i = field_integer(payload, "i", -1);
	struct follow_step *step = i < 0 ? NULL : step_at(follow, (uint32_t)i);

	if (!step)
		return NULL;
	step_name(step, payload);
	step->is_open = true;
	step->since_us = follow->time_us;
	return step;
}

/* The items of a foreach have become steps. */
static void
fold_expanded(struct follow *follow, const struct lily_value *payload)
{
	struct follow_step *step = fold_open(follow, payload);
	int64_t first = field_integer(payload, "first", STEPS_MAX);
	int64_t each = field_integer(payload, "each", 0);
	int64_t n = (int64_t)lily_value_count(lily_value_get(payload, "keys"));
	int64_t steps = n * (each - field_integer(payload, "templates", 0));
	uint32_t loop = step ? step->loop : 0;

	if (!step || first < 0 || each < 0 || each > STEPS_MAX || first + n * each > STEPS_MAX)
		return;
	if (!loop) {
		follow->loops = heap_grow(follow->loops, follow->n_loops,
			&follow->loops_capacity, sizeof(*follow->loops));
		follow->loops[follow->n_loops++] =
			(struct follow_loop){.step = (uint32_t)(step - follow->steps)};
		loop = (uint32_t)follow->n_loops;
	}
	follow->loops[loop - 1].counts.steps += (uint64_t)steps;
	follow->counts.steps += (uint64_t)steps;
	for (int64_t k = first; k < first + n * each; k++)
		step_at(follow, (uint32_t)k)->loop = loop;
}

static bool
fold_notified(struct follow *follow, const struct lily_value *payload,
	struct lily_run_event *ret_event)
{
	AUTO_TEXT struct text line = TEXT_INIT;

	text_format(&line, "notify (%s)", field_text(payload, "event"));
	if (field_has(payload, "class"))
		text_format(&line, ": %s", field_text(payload, "message"));
	free(follow->failure);
	free(follow->message);
	follow->failure = field_copy(payload, "class");
	follow->message = heap_copy(line.bytes, line.size);
	(void)tell(follow, LILY_RUN_NOTIFIED, NULL, 0, ret_event);
	ret_event->failure = follow->failure;
	ret_event->message = follow->message;
	return true;
}

static bool
fold(struct follow *follow, const struct lily_event *event, struct lily_run_event *ret_event)
{
	const struct lily_value *payload = lily_document_root(follow->payload);

	follow->time_us = event->time_us;
	if (strncmp(event->type, "attempt.", 8) == 0) {
		if (strcmp(event->type, "attempt.submitted") == 0)
			return fold_submitted(follow, payload, ret_event);
		return fold_attempt(follow, event->type + 8, payload, ret_event);
	}
	if (strncmp(event->type, "question.", 9) == 0)
		return fold_question(follow, event->type + 9, payload, ret_event);
	follow->list_kind = find_list(event->type);
	if (follow->list_kind) {
		follow->list = lily_value_get(payload, "steps");
		follow->told = 0;
		return fold_list(follow, ret_event);
	}
	if (strcmp(event->type, "visits.reused") == 0)
		return begin_alike(follow, payload, ret_event);
	if (strcmp(event->type, "step.expanded") == 0)
		fold_expanded(follow, payload);
	if (strcmp(event->type, "scope.opened") == 0)
		(void)fold_open(follow, payload);
	if (strcmp(event->type, "run.planned") == 0)
		follow->counts.steps = (uint64_t)field_integer(payload, "steps", 0);
	if (strcmp(event->type, "run.exhausted") == 0)
		return tell(follow, LILY_RUN_EXHAUSTED, NULL, 0, ret_event);
	if (strcmp(event->type, "run.cancelling") == 0) {
		follow->cancelling = true;
		return tell(follow, LILY_RUN_CANCELLING, NULL, 0, ret_event);
	}
	if (strcmp(event->type, "run.notified") == 0)
		return fold_notified(follow, payload, ret_event);
	if (strcmp(event->type, "run.finished") == 0)
		follow->ended = true;
	return false;
}

int
follow_next(struct follow *follow, struct lily_run_event *ret_event, struct lily_error *error)
{
	struct lily_event event;
	int n;

	if (follow->list && fold_list(follow, ret_event))
		return 1;
	if (follow->alike && fold_alike(follow, ret_event))
		return 1;
	while ((n = lily_events_next(follow->events, &event, error)) > 0) {
		struct lily_document *payload = NULL;

		/* A payload that was removed from the record is empty. */
		if (event.payload_size > 0 &&
			lily_document_parse("event", event.payload, event.payload_size,
				&payload, error) < 0)
			return LILY_ERROR_CORRUPT;
		lily_document_free(follow->payload);
		follow->payload = payload;
		if (fold(follow, &event, ret_event))
			return 1;
	}
	return n;
}

const char *
follow_state(const struct follow_step *step)
{
	return step->is_open && !tally_has_ended(step->state) ? "running" : step->state;
}

void
follow_running(const struct follow *follow, struct progress_running *ret_running)
{
	*ret_running = (struct progress_running){0};
	for (size_t i = 0; i < follow->n_loops && ret_running->n_loops < PROGRESS_RUNNING;
		i++) {
		const struct follow_loop *loop = &follow->loops[i];

		if (strcmp(follow_state(&follow->steps[loop->step]), "running") == 0)
			ret_running->loops[ret_running->n_loops++] = (struct lily_run_loop){
				follow->steps[loop->step].name, loop->counts};
	}
	for (size_t i = 0; i < follow->n_steps; i++) {
		const struct follow_step *step = &follow->steps[i];
		const struct lily_running_step running = {
			step->name ? step->name : "?", loop_name(follow, step), step->since_us};

		if (strcmp(step->state, "running") == 0)
			progress_running_add(ret_running, &running);
	}
}

int
follow_is_driven(const struct follow *follow, struct lily_error *error)
{
	struct lily_document *document;
	int n = lily_run_describe(follow->store, follow->run_id, NULL, 0, &document, error);

	if (n < 0)
		return n;
	n = field_is(lily_document_root(document), "status", "running") ||
		field_is(lily_document_root(document), "status", "created");
	lily_document_free(document);
	return n;
}
