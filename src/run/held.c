#include "run/held.h"

#include "base/file.h"
#include "base/memory.h"
#include "graph/step_gates.h"
#include "run/ask_state.h"
#include "run/gather.h"
#include "run/labels.h"
#include "run/question.h"
#include "run/record_question.h"
#include "run/schedule_once.h"
#include "run/selection.h"
#include "run/try_end.h"
#include "store/memo.h"
#include "store/stats.h"

#include <fcntl.h>

/* What lies at the path of a candidate in the workspace, and has to be what was shown. */
struct held_file {
	struct str name;
	const char *path; /* or a pattern */
	bool is_tree;
	struct digest digest;
};

struct held {
	struct arena arena;
	struct engine *engine;
	uint32_t step;
	uint32_t attempt;
	uint32_t try_number;
	int64_t duration_us;
	struct digest request;
	struct record_artifact *outputs; /* as many as the step has; without a kind: not made */
	struct record_label *labels;     /* that its gates grant them */
	size_t n_labels;
	struct held_file *files; /* that are looked at on the pool, */
	uint32_t n_files;
	const struct held_file *changed; /* and the first that is another one, if any */
	int failed;
	struct err err;
};

static const struct step *
step_of(const struct held *held)
{
	return &held->engine->graph->steps[held->step];
}

static struct held *
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
held_is_asked(const struct held *held, const struct digest *request)
{
	return digest_equal(&held->request, request);
}

/* Nothing more is to be known of it. */
static void
drop(struct engine *engine, uint32_t step)
{
	struct ask *ask = ask_find(engine, step);

	held_free(ask->held);
	ask->held = NULL;
}

/* --- holding --- */

static bool
is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_LIMIT || code == ERR_NOT_FOUND ||
		code == ERR_DENIED;
}

/* Who wants nothing new is asked nothing, either. */
static bool
asks_nobody(const struct engine *engine, uint32_t step)
{
	return engine->failed_fast && !engine->graph->steps[step].is_last;
}

static int
ask_about(struct held *held, struct str text, struct err *err)
{
	return ask_open(held->engine,
		&(struct ask_opening){.step = held->step,
			.request = held->request,
			.text = text,
			.expires_us = step_of(held)->question->expires_us,
			.attempt = held->attempt},
		err);
}

static void
add_label(struct held *held, uint32_t artifact, struct str label, const struct gate *gate)
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
			add_label(held, try->gates[i].grants[j].artifact,
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

static int
hold(struct try *try, const struct question_document *document, struct err *err)
{
	struct engine *engine = try->engine;
	struct held *held = held_new(engine, try->step, try->number, try->try_number);
	struct ask *ask = ask_need(engine, try->step);
	int r;

	held->request = document->digest;
	held->duration_us = MAX(0, try->end.ended_at_us - try->end.started_at_us);
	try_number_candidates(try);
	for (uint32_t i = 0; i < try->outputs.n; i++)
		if (try->outputs.items[i].present)
			held->outputs[i] = try->outputs.items[i].artifact;
	take_labels(try, held);
	held_free(ask->held);
	ask->held = held;
	r = record(try, held, err);
	if (r < 0)
		return r;
	try_state_move(&try->state, TRY_HELD, EVENT_ATTEMPT_HELD);
	try_release(try);
	return ask_about(held, document->ask, err);
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

	if (try->cancelled || asks_nobody(engine, try->step))
		return try_record_cancelled(try, err);
	r = question_write(&try->values, try->step, &try->inputs, &attempt, &document, &why);
	if (is_of_step(r)) {
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

static int
cancel(struct held *held, struct err *err)
{
	struct engine *engine = held->engine;
	uint32_t step = held->step;
	int r = record_end_cancelled(held, err);

	if (r < 0)
		return r;
	(void)notices_add(&engine->notices, NOTICE_CANCELLED, step);
	drop(engine, step);
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
		drop(engine, steps[i]);
	}
	return r;
}

static int
reject(struct held *held, const char *message, struct err *err)
{
	struct engine *engine = held->engine;
	const struct record_attempt attempt = {.number = held->attempt,
		.step = held->step,
		.name = step_of(held)->name,
		.try_number = held->try_number};

	drop(engine, attempt.step);
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
	return r < 0 ? r : reject(held, buf_cstr(&message), err);
}

/* Why what a schema's id means now is not what the output was checked by; NULL: it is. */
static int
check_types(const struct held *held, struct arena *arena, const char **ret_why, struct err *err)
{
	const struct step *step = step_of(held);

	*ret_why = NULL;
	for (uint32_t i = 0; i < step->n_outputs && !*ret_why; i++) {
		const char *why = "";
		int r = 1;

		if (held->outputs[i].kind && step->outputs[i].schema)
			r = boundary_may_name(held->engine->boundary, step->outputs[i].schema,
				arena, &why, err);
		if (r < 0)
			return r;
		if (r == 0)
			*ret_why = arena_printf(
				arena, "output %.*s: %s", STR_ARG(step->outputs[i].name), why);
	}
	return 0;
}

static int
accept(struct held *held, struct err *err)
{
	struct engine *engine = held->engine;
	uint32_t n_outputs = step_of(held)->n_outputs;
	struct produced *produced =
		n_outputs ? ARENA_ARRAY(&engine->arena, n_outputs, struct produced) : NULL;
	struct record_artifact *outputs =
		ARENA_ARRAY(&held->arena, n_outputs, struct record_artifact);
	struct record_acceptance acceptance = {.number = held->attempt,
		.outputs = outputs,
		.labels = held->labels,
		.n_labels = held->n_labels};
	struct notice *notice;
	uint32_t step = held->step;
	const char *why;
	int r = check_types(held, &held->arena, &why, err);

	if (r < 0 || why)
		return r < 0 ? r : reject(held, why, err);
	for (uint32_t i = 0; i < n_outputs; i++) {
		const struct record_artifact *output = &held->outputs[i];

		if (!output->kind)
			continue;
		outputs[acceptance.n_outputs++] = *output;
		produced[i] = (struct produced){.digest = output->digest,
			.size = output->size,
			.artifact = output->number,
			.is_tree = strcmp(output->kind, "dir") == 0};
	}
	r = record_accepted(&engine->hold, &acceptance, err);
	if (r < 0)
		return r;
	notice = notices_add(&engine->notices, NOTICE_SUCCEEDED, step);
	notice->attempt = held->attempt;
	notice->try_number = held->try_number;
	notice->duration_us = held->duration_us;
	for (size_t i = 0; i < held->n_labels; i++)
		labels_add(engine->labels, held->labels[i].artifact, held->labels[i].label);
	drop(engine, step);
	schedule_accepted(engine->schedule, step, produced);
	return engine_settle(engine, err);
}

/* --- whether a yes is for what is there --- */

static const struct value *
find_named(const struct value *list, const char *member, struct str name)
{
	for (uint32_t i = 0; list && list->kind == VALUE_ARRAY && i < list->n; i++) {
		const struct value *its = value_get(&list->items[i], str_of(member));

		if (its && str_equal(value_text(its), name))
			return &list->items[i];
	}
	return NULL;
}

static bool
has_digest(const struct value *thing, const char *member, const struct digest *digest)
{
	const struct value *text = thing ? value_get(thing, str_of(member)) : NULL;
	struct digest said;

	return text && digest_parse(value_text(text), &said) && digest_equal(&said, digest);
}

/* Whether the document is about this attempt, as it is on record, under the run's plan and its gates. */
static bool
is_about(const struct value *document, const struct held *held)
{
	const struct step *step = step_of(held);
	const struct value *run = value_get(document, STR("run_id"));
	const struct value *candidates = value_get(document, STR("candidates"));
	const struct value *gates = value_get(document, STR("gates"));
	int64_t attempt = 0;
	uint32_t n = 0;

	(void)value_to_i64(value_get(document, STR("attempt")), &attempt);
	if (attempt != held->attempt || !run ||
		!str_is(value_text(run), held->engine->run_id) ||
		!has_digest(document, "plan", &held->engine->graph->digest))
		return false;
	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct record_artifact *output = &held->outputs[i];

		n += output->kind != NULL;
		if (output->kind &&
			!has_digest(find_named(candidates, "name", output->name), "sha256",
				&output->digest))
			return false;
	}
	if (!candidates || candidates->n != n)
		return false;
	for (uint32_t i = 0; step->gates && i < step->gates->n; i++)
		if (!has_digest(find_named(gates, "gate", step->gates->items[i].name),
			    "definition", &step->gates->items[i].definition))
			return false;
	return true;
}

static void
list_files(const struct value *document, struct held *held)
{
	const struct value *candidates = value_get(document, STR("candidates"));
	const struct step *step = step_of(held);

	held->files = ARENA_ARRAY(&held->arena, step->n_outputs, struct held_file);
	held->n_files = 0;
	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct record_artifact *output = &held->outputs[i];
		const struct value *thing =
			output->kind ? find_named(candidates, "name", output->name) : NULL;
		const struct value *path = thing ? value_get(thing, STR("path")) : NULL;

		if (path)
			held->files[held->n_files++] = (struct held_file){.name = output->name,
				.path = arena_cstr(&held->arena, value_text(path)),
				.is_tree = strcmp(output->kind, "dir") == 0,
				.digest = output->digest};
	}
}

/* 1, or 0 where nothing is there. */
static int
hash(int workspace, const struct held_file *file, struct digest *ret_digest, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat status;
	uint64_t size;
	int r;

	if (glob_is_pattern(str_of(file->path)))
		return selection_hash(workspace, str_of(file->path), NULL, ret_digest, err);
	r = file_open_beneath(
		workspace, file->path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, &fd, err);
	if (r == 0 && fstat(fd, &status) != 0)
		r = err_sys(err, "stat %s", file->path);
	if (r < 0)
		return r;
	if (file->is_tree ? !S_ISDIR(status.st_mode) : !S_ISREG(status.st_mode))
		return 0;
	r = file->is_tree ? object_hash_tree(fd, ".", NULL, ret_digest, &size, err)
			  : memo_digest(NULL, fd, ret_digest, NULL, err);
	return r < 0 ? r : 1;
}

static void
look(void *context)
{
	struct held *held = context;

	for (uint32_t i = 0; i < held->n_files; i++) {
		const struct held_file *file = &held->files[i];
		struct err why = ERR_INIT;
		struct digest now;
		int r = hash(held->engine->workspace, file, &now, &why);

		if (r > 0 && digest_equal(&now, &file->digest))
			continue;
		if (r < 0 && !is_of_step(r)) {
			held->failed = r;
			held->err = why;
		} else {
			held->changed = file;
		}
		return;
	}
}

static bool
is_called_off(const struct held *held)
{
	const struct engine *engine = held->engine;

	return engine->cancelling && (!step_of(held)->is_last || engine->cancelling_last);
}

static int
finish(struct held *held, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(ERR_MESSAGE_SIZE);

	if (is_called_off(held))
		return cancel(held, err);
	if (!held->changed)
		return accept(held, err);
	buf_printf(&b,
		"output %.*s: %.*s in the workspace is not what was approved any more; `lily "
		"retry` makes it anew and asks again",
		STR_ARG(held->changed->name), (int)MIN(strlen(held->changed->path), 200),
		held->changed->path);
	return reject(held, buf_cstr(&b), err);
}

static void
on_looked(void *context)
{
	struct held *held = context;
	struct engine *engine = held->engine;
	struct err err = held->err;
	int r = held->failed;

	engine->busy--;
	if (engine->failed)
		return;
	if (r == 0)
		r = finish(held, &err);
	try_keep_failure(engine, r, &err);
}

static int
approve(struct held *held, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *document;
	int r = question_read(held->engine->store, &held->request, &arena, &document, err);

	if (r < 0)
		return r;
	if (!is_about(document, held))
		return reject(held,
			"what was approved is not what the record says was made; run lily fsck",
			err);
	list_files(document, held);
	if (!held->n_files)
		return finish(held, err);
	held->changed = NULL;
	held->engine->busy++;
	pool_submit(held->engine->pool, look, on_looked, held);
	return 0;
}

/* The process before had no time to ask. */
static int
ask_now(struct held *held, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str text;
	int r = question_read_ask(held->engine->store, &held->request, &arena, &text, err);

	return r < 0 ? r : ask_about(held, text, err);
}

int
held_conclude(struct engine *engine, struct ask *ask, struct err *err)
{
	if (is_called_off(ask->held))
		return cancel(ask->held, err);
	switch (ask->state) {
	case QUESTION_OPEN: return 0;
	case QUESTION_VOID:
		return asks_nobody(engine, ask->step) ? cancel(ask->held, err)
						      : ask_now(ask->held, err);
	case QUESTION_ACCEPTED: return approve(ask->held, err);
	case QUESTION_ANSWERED:
	case QUESTION_REFUSED:
	case QUESTION_EXPIRED: break;
	}
	return refuse(ask->held, ask, err);
}

/* --- resuming --- */

void
held_note(struct engine *engine, const struct attempt_row *row)
{
	struct ask *ask = ask_need(engine, row->step);

	held_free(ask->held);
	ask->held = held_new(engine, row->step, row->number, row->try_number);
	ask->held->duration_us = MAX(0, row->ended_us - row->started_us);
	ask->state = QUESTION_VOID;
	ask_note_due(engine->asks, ask);
}

static int
read_candidates(struct held *held, const struct value *list, struct err *err)
{
	static const char *const kinds[] = {"json", "text", "file", "dir"};
	const struct step *step = step_of(held);

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct step_output *declared = &step->outputs[i];
		const struct value *thing = find_named(list, "name", declared->name);
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
	const struct step_gates *gates = step_of(held)->gates;

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
				add_label(held, (uint32_t)artifact,
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
		r = read_candidates(held, value_get(payload, STR("out")), err);
		read_labels(held, value_get(payload, STR("gates")));
	}
	return r;
}
