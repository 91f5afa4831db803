#include "run/judged.h"

#include "gate/result.h"
#include "graph/step_gates.h"

void
judged_note(struct schedule *schedule, const struct graph *graph, uint32_t step,
	struct str gate, const struct digest *result, struct arena *keep)
{
	const struct step_gates *gates = graph->steps[step].gates;

	for (uint32_t i = 0; graph->asks_gates && gates && i < gates->n; i++)
		if (str_equal(gates->items[i].name, gate))
			schedule_note_gate(schedule, step, i, result, keep);
}

int
judged_adopt(struct store *store, struct schedule *schedule, const struct graph *graph,
	uint32_t step, const struct uuid *run, uint32_t attempt, struct arena *keep,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct artifact_filter filter = {.producer = graph->steps[step].name};
	struct artifact_row *rows;
	struct run_row did;
	char id[UUID_TEXT_SIZE];
	size_t n = 0;
	int r;

	if (!graph->asks_gates || !graph->steps[step].gates)
		return 0;
	r = run_find(store, str_of(uuid_to_text(run, id)), &arena, &did, err);
	filter.run = did.number;
	if (r == 0)
		r = artifact_list(store, &filter, &arena, &rows, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (rows[i].attempt == attempt && str_is(rows[i].role, "gate"))
			judged_note(schedule, graph, step, rows[i].name, &rows[i].digest, keep);
	return r;
}

int
judged_read(struct store *store, const struct schedule *schedule, const struct graph *graph,
	const struct judged_gate *gate, struct arena *arena, struct result_reading *ret_reading,
	struct err *err)
{
	const struct visit *visit = schedule_visit(schedule, gate->step);
	const struct gate_found *found = visit->gates ? &visit->gates[gate->number] : NULL;
	AUTO_BUF struct buf bytes = BUF_INIT(RESULT_BYTES_MAX);
	int r;

	if (!found || !found->is_there)
		return 0;
	r = object_get(store, &found->result, &bytes, err);
	if (r == 0)
		r = result_read(arena_str(arena, buf_str(&bytes)), arena, ret_reading, err);
	return r < 0
		? err_wrap(err, "result of gate %.*s",
			  STR_ARG(graph->steps[gate->step].gates->items[gate->number].name))
		: 1;
}

static int
read_result(const struct values *values, const struct reference *reference,
	struct result_reading *ret_reading, struct err *err)
{
	const struct judged_gate gate = {values_target(values, reference), reference->output};

	return judged_read(values->store, values->schedule, values->graph, &gate, values->arena,
		ret_reading, err);
}

int
judged_value(const struct values *values, const struct reference *reference,
	struct value *ret_value, struct err *err)
{
	struct result_reading reading;
	int r = read_result(values, reference, &reading, err);

	if (r < 0)
		return r;
	if (reference->fact == FACT_GATE_STATUS) {
		*ret_value = r ? value_string(reading.status) : value_null();
		return 1;
	}
	for (size_t i = 0; r > 0 && i < reading.measures.n; i++)
		if (str_equal(reading.measures.items[i].name, reference->name)) {
			*ret_value = value_number(reading.measures.items[i].exact);
			return 1;
		}
	return 0;
}
