#include "run/parcel.h"

#include "base/clock.h"
#include "base/file.h"
#include "contract/payload.h"
#include "contract/registry.h"
#include "run/boundary.h"
#include "run/prepare.h"
#include "run/schema_files.h"
#include "store/object.h"
#include "json/json.h"

#include <fcntl.h>

#define ENVELOPE_MAX ((size_t)512 << 20)

/* By the schema, or the first faults as the error. */
static int
check(const struct payload *payload, const struct schema *schema, struct arena *arena,
	struct err *err)
{
	struct faults faults = FAULTS_INIT(arena);
	struct checker *checker = checker_new(NULL);
	int r = payload_check(payload, schema, checker, &faults, err);

	checker_free(checker);
	if (r != 0)
		return MIN(r, 0);
	return err_set(
		err, ERR_INVALID, "%s", faults_summary(&faults, ERR_MESSAGE_SIZE - 64, arena));
}

/* --- what an id means --- */

static int
add_file(struct registry *registry, const struct parcel *parcel, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(REGISTRY_BYTES_MAX);
	int r = schema_files_read(parcel->schema_id, parcel->schema_file, NULL, &bytes, err);

	return r < 0 ? r
		     : registry_add(registry, parcel->schema_id, parcel->schema_file,
			       buf_str(&bytes), err);
}

static int
add_known(struct store *store, struct registry *registry, struct str id, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(REGISTRY_BYTES_MAX);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char text[UUID_TEXT_SIZE];
	struct digest digest;
	struct uuid run;
	int r = artifact_type_find(store, id, &digest, &run, err);

	if (r <= 0)
		return r;
	r = object_get(store, &digest, &bytes, err);
	return r < 0 ? r
		     : registry_add(registry, id,
			       arena_printf(&arena, "the artifacts of run %s",
				       uuid_to_text(&run, text)),
			       buf_str(&bytes), err);
}

static int
find_schema(struct store *store, struct registry *registry, const struct parcel *parcel,
	const struct schema **ret_schema, struct err *err)
{
	int r = 0;

	if (!registry_find(registry, parcel->schema_id))
		r = add_known(store, registry, parcel->schema_id, err);
	if (r == 0 && parcel->schema_file)
		r = add_file(registry, parcel, err);
	if (r == 0 && parcel->schema_file)
		r = registry_verify(registry, parcel->schema_id, err);
	return r < 0 ? r : registry_get(registry, parcel->schema_id, ret_schema, err);
}

/* --- putting --- */

static int
write_envelope(const struct deposit_artifact *artifact, const struct parcel *parcel,
	const struct schema *schema, struct buf *b, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct source source = {
		arena_cstr(&arena, artifact->name.n ? artifact->name : STR("payload")),
		parcel->payload};
	const struct payload payload = {.name = artifact->name,
		.file = str_of(source.name),
		.bytes = parcel->payload,
		.format = PAYLOAD_JSON};
	struct envelope envelope = {.schema_id = parcel->schema_id,
		.producer_id = artifact->producer,
		.producer_kind = artifact->producer_kind,
		.inputs = artifact->inputs,
		.n_inputs = artifact->n_inputs};
	char now[CLOCK_TEXT_SIZE];
	int r = payload_read(&payload, &arena, &envelope.payload, err);

	if (r == 0)
		r = check(&payload, schema, &arena, err);
	if (r < 0)
		return r;
	envelope.created_at = str_of(clock_to_text(clock_utc_us(), now));
	r = envelope_write(&envelope, &source, b, err);
	return r < 0 ? r : buf_check(b, "the envelope", err);
}

int
parcel_put(struct store *store, const struct uuid *run, const struct deposit_artifact *artifact,
	const struct parcel *parcel, uint32_t *ret_number, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(ENVELOPE_MAX);
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);
	struct deposit_artifact typed = *artifact;
	const struct schema *schema;
	struct digest digest;
	int r = find_schema(store, registry, parcel, &schema, err);

	if (r == 0)
		r = write_envelope(artifact, parcel, schema, &b, err);
	if (r == 0)
		r = object_put(
			store, registry_find(registry, parcel->schema_id)->bytes, &digest, err);
	typed.kind = DEPOSIT_JSON;
	typed.bytes = buf_str(&b);
	typed.type = parcel->schema_id;
	typed.schema = &digest;
	if (r == 0)
		r = deposit_put(store, run, &typed, ret_number, err);
	registry_free(registry);
	return r;
}

/* --- taking --- */

static bool
is_envelope(const struct artifact_row *row)
{
	return str_is(row->role, "put") && row->has_schema;
}

int
parcel_open(struct store *store, const struct artifact_row *row, struct arena *arena,
	struct envelope *ret_envelope, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(ENVELOPE_MAX);
	const char *name = arena_cstr(arena, row->name);
	int r;

	if (!is_envelope(row))
		return err_set(
			err, ERR_INVALID, "%s is no envelope: it was not put as one", name);
	r = object_get(store, &row->digest, &bytes, err);
	if (r == 0)
		r = envelope_read(
			arena_str(arena, buf_str(&bytes)), name, arena, ret_envelope, err);
	if (r == 0 && !str_equal(ret_envelope->schema_id, row->type))
		r = err_set(err, ERR_CORRUPT, "%s says that it is %.*s, but was put as %.*s",
			name, (int)MIN(ret_envelope->schema_id.n, 150),
			ret_envelope->schema_id.p, STR_ARG(row->type));
	return r;
}

/* What its type was for it: the schemas of its run's plan, where it has one. */
static int
find_in_plan(struct store *store, const struct artifact_row *row, struct graph **ret_graph,
	const struct step_schema **ret_schema, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char text[UUID_TEXT_SIZE];
	struct run_row run;
	int r = run_find(store, str_of(uuid_to_text(&row->run_id, text)), &arena, &run, err);

	*ret_schema = NULL;
	if (r < 0 || !run.has_plan)
		return r;
	r = prepare_load(store, &run.plan, ret_graph, err);
	for (uint32_t i = 0; r == 0 && i < (*ret_graph)->n_schemas; i++)
		if (str_equal((*ret_graph)->schemas[i].id, row->type) &&
			digest_equal(&(*ret_graph)->schemas[i].digest, &row->schema))
			*ret_schema = &(*ret_graph)->schemas[i];
	return r;
}

/* The format that the artifact was accepted in: as its producer declared it. */
static void
find_format(const struct graph *graph, const struct artifact_row *row, struct payload *payload)
{
	uint32_t step = graph_find(graph, row->producer);

	for (uint32_t i = 0; i < graph->n_inputs; i++)
		if (str_is(row->role, "input") && str_equal(graph->inputs[i].name, row->name))
			payload->format = payload_format_of(graph->inputs[i].path);
	if (!str_is(row->role, "output") || step == STEP_NONE)
		return;
	for (uint32_t i = 0; i < graph->steps[step].n_outputs; i++)
		if (str_equal(graph->steps[step].outputs[i].name, row->name))
			(void)boundary_output_format(
				&graph->steps[step].outputs[i], &payload->format);
}

/* By the exact bytes of its schema. */
static int
check_by_own(struct store *store, const struct artifact_row *row, struct payload *payload,
	struct arena *arena, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(REGISTRY_BYTES_MAX);
	struct registry *registry = registry_new(REGISTRY_BARE);
	struct boundary *boundary = NULL;
	struct graph *graph = NULL;
	const struct step_schema *declared = NULL;
	const struct schema *schema = NULL;
	int r = find_in_plan(store, row, &graph, &declared, err);

	if (r == 0 && declared) {
		find_format(graph, row, payload);
		boundary = boundary_new(store, graph);
		r = boundary_schema(boundary, declared, &schema, err);
	} else if (r == 0) {
		r = object_get(store, &row->schema, &bytes, err);
		if (r == 0)
			r = registry_add(registry, row->type, arena_cstr(arena, row->type),
				buf_str(&bytes), err);
		if (r == 0)
			r = registry_get(registry, row->type, &schema, err);
	}
	if (r == 0)
		r = check(payload, schema, arena, err);
	boundary_free(boundary);
	graph_free(graph);
	registry_free(registry);
	return r;
}

/* An envelope's payload as the bytes that its schema checks. */
static int
open_payload(struct store *store, const struct artifact_row *row, struct arena *arena,
	struct buf *b, struct err *err)
{
	struct envelope envelope;
	int r;

	if (!is_envelope(row))
		return object_get(store, &row->digest, b, err);
	r = parcel_open(store, row, arena, &envelope, err);
	if (r < 0)
		return r;
	json_write(envelope.payload, b);
	return buf_check(b, "the payload", err);
}

int
parcel_validate(struct store *store, const struct artifact_row *row, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(ENVELOPE_MAX);
	struct payload payload = {.name = row->name, .format = PAYLOAD_JSON};
	int r;

	if (!row->has_schema)
		return err_set(err, ERR_INVALID, "%.*s has no type: no schema checked it",
			STR_ARG(row->name));
	r = open_payload(store, row, arena, &bytes, err);
	if (r < 0)
		return r;
	payload.file = row->name;
	payload.bytes = arena_str(arena, buf_str(&bytes));
	r = check_by_own(store, row, &payload, arena, err);
	if (r == 0 && payload.format == PAYLOAD_JSONL)
		r = err_set(err, ERR_INVALID,
			"%.*s is JSON Lines, not one value; read it by lily_artifact_get",
			STR_ARG(row->name));
	return r < 0 ? r : payload_read(&payload, arena, ret_value, err);
}
