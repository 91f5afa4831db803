#include "trace/reference.h"

#include "store/stats.h"
#include "json/json.h"

/* From so many look-ups on, reading all attempts of the run at once is cheaper. */
#define ASK_AT_MOST 32

/* An artifact.put of the run: what its "inputs" say. */
struct reference_put {
	uint32_t number;
	const struct value *inputs;
};

void
references_init(struct references *references, struct store *store)
{
	*references = (struct references){.store = store, .run = -1, .arena = ARENA_INIT};
}

void
references_done(struct references *references)
{
	arena_done(&references->arena);
}

static void
turn_to(struct references *references, int64_t run)
{
	struct store *store = references->store;

	if (references->run == run)
		return;
	references_done(references);
	references_init(references, store);
	references->run = run;
}

/* --- what was put --- */

static int
read_put(struct references *references, const struct event *event, struct err *err)
{
	const struct value *payload;
	const struct value *artifact;
	int64_t number;
	int r;

	if (event->removed)
		return 0;
	r = event_parse_payload(event, &references->arena, &payload, err);
	if (r < 0)
		return r;
	artifact = value_get(payload, STR("artifact"));
	if (!artifact || !value_to_i64(artifact, &number) || number < 1 || number > UINT32_MAX)
		return err_set(err, ERR_CORRUPT, "an artifact.put without artifact");
	references->put[references->n_put++] = (struct reference_put){
		.number = (uint32_t)number,
		.inputs = value_get(payload, STR("inputs")),
	};
	return 0;
}

static int
load_put(struct references *references, struct err *err)
{
	struct event *events;
	size_t n;
	int r = stats_events(references->store, references->run, EVENT_ARTIFACT_PUT,
		&references->arena, &events, &n, err);

	if (r < 0)
		return r;
	references->put = ARENA_ARRAY(&references->arena, n, struct reference_put);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = read_put(references, &events[i], err);
	references->has_put = r == 0;
	return r;
}

static int
compare_put(const void *key, const void *item)
{
	uint32_t number = *(const uint32_t *)key;
	const struct reference_put *put = item;

	return number < put->number ? -1 : number > put->number;
}

static void
add_put_input(struct builder *b, const struct value *input, const struct uuid *run)
{
	int64_t number;

	if (value_to_i64(input, &number) && number > 0 && number <= UINT32_MAX)
		shape_artifact_id(b, NULL, run, (uint32_t)number);
	else if (input->kind == VALUE_STRING)
		builder_text(b, NULL, value_text(input));
}

static int
add_put_inputs(struct builder *b, struct references *references, const struct artifact_row *row,
	struct err *err)
{
	const struct reference_put *put;
	const struct value *inputs;
	int r = references->has_put ? 0 : load_put(references, err);

	if (r < 0)
		return r;
	put = references->n_put ? bsearch(&row->number, references->put, references->n_put,
					  sizeof(*references->put), compare_put)
				: NULL;
	inputs = put ? put->inputs : NULL;
	for (size_t i = 0; inputs && inputs->kind == VALUE_ARRAY && i < inputs->n; i++)
		add_put_input(b, &inputs->items[i], &row->run_id);
	return 0;
}

/* --- what was given --- */

static int
load_given(struct references *references, struct err *err)
{
	const struct value *payload = NULL;
	struct event event;
	int r = stats_first_event(references->store, references->run, EVENT_RUN_PLANNED,
		&references->arena, &event, err);

	if (r == 0 && !event.removed)
		r = event_parse_payload(&event, &references->arena, &payload, err);
	if (r == 0 && payload)
		references->given = value_get(payload, STR("inputs"));
	references->has_given = r == 0;
	return r;
}

/* The artifact of an earlier run that it is, where it is one. */
static int
add_given_inputs(struct builder *b, struct references *references,
	const struct artifact_row *row, struct err *err)
{
	const struct value *list;
	int r = references->has_given ? 0 : load_given(references, err);

	list = r == 0 ? references->given : NULL;
	for (size_t i = 0; list && list->kind == VALUE_ARRAY && i < list->n; i++) {
		const struct value *artifact = value_get(&list->items[i], STR("artifact"));
		const struct value *from = value_get(&list->items[i], STR("from"));
		int64_t number;

		if (from && artifact && value_to_i64(artifact, &number) &&
			number == row->number)
			builder_text(b, NULL, arena_str(b->arena, value_text(from)));
	}
	return r;
}

/* --- what an attempt made --- */

static int
compare_attempt(const void *key, const void *item)
{
	uint32_t number = *(const uint32_t *)key;
	const struct attempt_row *attempt = item;

	return number < attempt->number ? -1 : number > attempt->number;
}

static int
find_attempt(struct references *references, uint32_t number, struct attempt_row *ret_attempt,
	struct err *err)
{
	const struct attempt_row *found;
	int r;

	if (references->asked++ < ASK_AT_MOST)
		return stats_attempt(references->store, references->run, number,
			&references->arena, ret_attempt, err);
	if (!references->has_attempts) {
		r = run_attempts(references->store, references->run, STORE_ALL,
			&references->arena, &references->attempts, &references->n_attempts,
			err);
		if (r < 0)
			return r;
		references->has_attempts = true;
	}
	found = references->n_attempts
		? bsearch(&number, references->attempts, references->n_attempts,
			  sizeof(*references->attempts), compare_attempt)
		: NULL;
	if (!found)
		return err_set(err, ERR_CORRUPT, "there is no attempt %u", number);
	*ret_attempt = *found;
	return 0;
}

/* The artifacts among [{name, sha256, size, [artifact: number]}…]. */
static int
add_taken(struct builder *b, struct str taken, const struct uuid *run, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "the inputs of an attempt", .text = taken};
	const struct value *list;
	int r = json_parse(&arena, &source, JSON_BORROW_TEXT, NULL, &list, err);

	for (size_t i = 0; r == 0 && list->kind == VALUE_ARRAY && i < list->n; i++) {
		const struct value *artifact = value_get(&list->items[i], STR("artifact"));
		int64_t number;

		if (artifact && value_to_i64(artifact, &number) && number > 0 &&
			number <= UINT32_MAX)
			shape_artifact_id(b, NULL, run, (uint32_t)number);
	}
	return r;
}

static int
add_attempt_inputs(struct builder *b, struct references *references,
	const struct artifact_row *row, struct err *err)
{
	struct attempt_row attempt;
	int r = find_attempt(references, row->attempt, &attempt, err);

	if (r == 0 && attempt.inputs.n)
		r = add_taken(b, attempt.inputs, &row->run_id, err);
	return r;
}

/* --- the whole --- */

int
reference_add_members(struct builder *b, struct references *references,
	const struct artifact_row *row, struct err *err)
{
	int r = 0;

	turn_to(references, row->run);
	shape_artifact_id(b, "artifact_id", &row->run_id, row->number);
	shape_uuid(b, "run_id", &row->run_id);
	shape_text(b, "artifact_type", row->type);
	builder_text(b, "storage_kind", row->kind);
	builder_text(b, "name", row->name);
	shape_digest(b, "sha256", &row->digest);
	builder_u64(b, "size", row->size);
	shape_time(b, "created_at", row->created_us);
	builder_text(b, "producer_id", row->producer);
	builder_text(b, "producer_kind", row->producer_kind);
	builder_text(b, "role", row->role);
	shape_labels(b, row);
	shape_text(b, "step", row->attempt ? row->producer : STR_EMPTY);
	if (row->attempt)
		builder_u64(b, "attempt", row->attempt);
	else
		builder_null(b, "attempt");
	builder_array(b, "inputs");
	if (row->attempt)
		r = add_attempt_inputs(b, references, row, err);
	else if (str_is(row->role, "put"))
		r = add_put_inputs(b, references, row, err);
	else if (str_is(row->role, "input"))
		r = add_given_inputs(b, references, row, err);
	builder_end(b);
	return r;
}

int
reference_make(struct store *store, const struct artifact_row *row, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct references references;
	int r;

	references_init(&references, store);
	builder_object(&b, NULL);
	r = reference_add_members(&b, &references, row, err);
	builder_end(&b);
	references_done(&references);
	if (r == 0)
		*ret_value = builder_root(&b);
	return r;
}

int
reference_list(struct store *store, const struct artifact_filter *filter, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct references references;
	struct artifact_row *rows;
	size_t n;
	int r = artifact_list(store, filter, &scratch, &rows, &n, err);

	if (r < 0)
		return r;
	references_init(&references, store);
	builder_array(&b, NULL);
	for (size_t i = 0; r == 0 && i < n; i++) {
		builder_object(&b, NULL);
		r = reference_add_members(&b, &references, &rows[i], err);
		builder_end(&b);
	}
	builder_end(&b);
	references_done(&references);
	if (r == 0)
		*ret_value = builder_root(&b);
	return r;
}
