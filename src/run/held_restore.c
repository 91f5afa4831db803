#include "run/held_state.h"

#include "graph/step_gates.h"
#include "run/record_verdict.h"
#include "store/stats.h"

void
held_note(struct engine *engine, const struct attempt_row *row)
{
	struct ask *ask = ask_need(engine, row->step);

	held_free(ask->held);
	ask->held = held_new(engine, row->step, row->number, row->try_number);
	ask->held->duration_us = MAX(0, row->ended_us - row->started_us);
	ask->held->has_log = row->has_log;
	ask->held->log = row->log;
	ask->held->has_failed = row->class.n > 0;
	ask->held->exit_code = row->has_exit && !row->signal ? row->exit_code : -1;
	ask->held->message = arena_str(&ask->held->arena, row->message);
	for (enum failure_class class = 0; class <= FAILURE_VIOLATION; class ++)
		if (str_is(row->class, failure_class_name(class)))
			ask->held->class = class;
	ask->state = QUESTION_VOID;
	ask_note_due(engine->asks, ask);
}

static int
read_candidates(struct held *held, const struct value *list, struct err *err)
{
	static const char *const kinds[] = {"json", "text", "file", "dir"};
	const struct step *step = held_step(held);

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct step_output *declared = &step->outputs[i];
		const struct value *thing = held_find(list, "name", declared->name);
		struct record_artifact *output = &held->outputs[i];
		const struct value *kind = thing ? value_get(thing, STR("kind")) : NULL;
		ptrdiff_t k = kind ? str_index(value_text(kind), kinds, ARRAY_SIZE(kinds)) : -1;
		const struct value *executable =
			thing ? value_get(thing, STR("executable")) : NULL;
		int64_t number = 0;
		int64_t size = 0;

		if (!thing && declared->optional)
			continue;
		if (k < 0 || !value_to_i64(value_get(thing, STR("artifact")), &number) ||
			!value_to_i64(value_get(thing, STR("size")), &size) ||
			!digest_parse(
				value_text(value_get(thing, STR("sha256"))), &output->digest))
			return err_set(err, ERR_CORRUPT,
				"the record does not fit its plan: what attempt %u of step "
				"%.*s made; run lily fsck",
				held->attempt, STR_ARG(step->name));
		output->name = declared->name;
		output->kind = kinds[k];
		output->number = (uint32_t)number;
		output->size = (uint64_t)size;
		output->is_executable = executable && value_is_true(executable);
		output->type = declared->schema ? declared->schema->id : STR_EMPTY;
		output->schema = declared->schema ? &declared->schema->digest : NULL;
	}
	return 0;
}

static const struct gate *
find_gate(const struct held *held, const struct value *name)
{
	const struct step_gates *gates = held_step(held)->gates;

	for (uint32_t i = 0; gates && name && i < gates->n; i++)
		if (str_equal(gates->items[i].name, value_text(name)))
			return &gates->items[i];
	return NULL;
}

/* Of the gates in the event; texts are the payload's. */
static void
read_labels(struct held *held, const struct value *list)
{
	uint32_t n_gates = list && list->kind == VALUE_ARRAY ? list->n : 0;
	size_t n = 0;

	for (uint32_t i = 0; i < n_gates; i++) {
		const struct value *grants = value_get(&list->items[i], STR("grants"));

		n += grants ? grants->n : 0;
	}
	held->labels = ARENA_ARRAY(&held->arena, n, struct record_label);
	for (uint32_t i = 0; i < n_gates; i++) {
		const struct value *entry = &list->items[i];
		const struct value *grants = value_get(entry, STR("grants"));
		const struct gate *gate = find_gate(held, value_get(entry, STR("gate")));

		for (uint32_t j = 0; gate && grants && j < grants->n; j++) {
			const struct value *label = value_get(&grants->items[j], STR("label"));
			int64_t artifact = 0;

			if (label &&
				value_to_i64(value_get(&grants->items[j], STR("artifact")),
					&artifact))
				held_add_label(held, (uint32_t)artifact,
					arena_str(&held->arena, value_text(label)), gate);
		}
	}
}

/* The attempt that an event holds, where that still is. */
static struct held *
find_held(const struct engine *engine, int64_t attempt)
{
	for (const struct ask *ask = engine->asks->first_due; ask; ask = ask->next_due)
		if (ask->held && ask->held->attempt == attempt)
			return ask->held;
	return NULL;
}

int
held_restore(struct engine *engine, int64_t run, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct event *events = NULL;
	size_t n = 0;
	int r = 0;

	if (engine->asks->first_due)
		r = stats_events(
			engine->store, run, EVENT_ATTEMPT_HELD, &arena, &events, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct value *payload;
		struct held *held;
		int64_t attempt = 0;

		if (events[i].removed)
			continue;
		r = event_parse_payload(&events[i], &arena, &payload, err);
		if (r < 0)
			break;
		(void)value_to_i64(value_get(payload, STR("n")), &attempt);
		held = find_held(engine, attempt);
		if (!held)
			continue;
		if (!digest_parse(
			    value_text(value_get(payload, STR("request"))), &held->request))
			return err_set(err, ERR_CORRUPT,
				"the record does not say what is asked about attempt %u; run "
				"lily fsck",
				held->attempt);
		if (held->has_failed)
			continue;
		r = read_candidates(held, value_get(payload, STR("out")), err);
		read_labels(held, value_get(payload, STR("gates")));
	}
	return r;
}
