#include "run/gate_result.h"

#include "gate/result.h"
#include "graph/step_gates.h"

int
gate_result_put(struct engine *engine, const struct buf *document, struct arena *arena,
	struct record_gate *gate, struct err *err)
{
	struct digest *schema = ARENA_NEW(arena, struct digest);
	struct str text = result_schema(schema);
	struct digest digest;
	int r = 0;

	/* An artifact's type stands for bytes that the store has. */
	if (!engine->has_result_schema)
		r = object_put(engine->store, text, schema, err);
	engine->has_result_schema |= r == 0;
	if (r == 0)
		r = object_put(engine->store, buf_str(document), &digest, err);
	if (r < 0)
		return r;
	gate->result = (struct record_artifact){.name = gate->gate->name,
		.digest = digest,
		.size = document->n,
		.number = engine->hold.next_artifact++,
		.kind = "json",
		.type = STR(RESULT_SCHEMA),
		.schema = schema};
	return 0;
}

/* A gate of a step grants nothing but to what that has made. */
static void
grant(const struct engine *engine, const struct gate_taken *taken, struct arena *arena,
	struct record_gate *gate)
{
	uint32_t n_grants = taken->made ? taken->gate->n_grants : 0;
	struct gate_granted *grants = ARENA_ARRAY(arena, n_grants, struct gate_granted);

	for (uint32_t i = 0; i < n_grants; i++) {
		const struct gate_grant *given = &taken->gate->grants[i];
		uint32_t artifact = taken->made[given->output.output];

		if (artifact)
			grants[gate->n_grants++] = (struct gate_granted){
				.step = engine->graph->steps[taken->step].name,
				.output = given->output.name,
				.label = given->label,
				.artifact = artifact};
	}
	gate->grants = grants;
}

int
gate_result_take_over(struct engine *engine, const struct gate_taken *taken,
	struct arena *arena, struct record_gate *ret_gate, struct err *err)
{
	AUTO_BUF struct buf was = BUF_INIT(RESULT_BYTES_MAX);
	AUTO_BUF struct buf is = BUF_INIT(RESULT_BYTES_MAX);
	struct record_gate gate = {
		.gate = taken->gate, .status = gate_status_name(GATE_PASSED)};
	int r = object_get(engine->store, taken->result, &was, err);

	if (r == 0)
		r = result_take_over(buf_str(&was), taken->run, taken->attempt, &is, err);
	if (r == 0)
		r = gate_result_put(engine, &is, arena, &gate, err);
	if (r < 0)
		return err_wrap(err, "result of gate %.*s", STR_ARG(taken->gate->name));
	grant(engine, taken, arena, &gate);
	*ret_gate = gate;
	return 0;
}
