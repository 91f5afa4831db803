#include "run/baseline.h"

#include "gate/result.h"

static void
add(struct gate_report *report, const struct workflow_input *input)
{
	const struct earlier *earlier = input->earlier;

	report->before[report->n_before++] = (struct gate_before){.name = earlier->name,
		.has_run = earlier->has_run,
		.run = earlier->run,
		.artifact = earlier->artifact};
}

void
baseline_list(struct trial *trial)
{
	const struct gate *gate = trial->gate;
	const struct graph *graph = trial_engine(trial)->graph;

	trial->report.before =
		ARENA_ARRAY(&trial->arena, (size_t)gate->n_comparisons + 1, struct gate_before);
	for (uint32_t i = 0; i < gate->n_comparisons; i++) {
		const struct step_input *with = &gate->inputs[gate->comparisons[i].with];

		if (with->source == INPUT_REFERENCE)
			add(&trial->report, &graph->inputs[with->reference.input]);
	}
	if (gate->previous)
		add(&trial->report, gate->previous);
}

int
baseline_measures(struct trial *trial, struct measures *ret_measures, struct err *err)
{
	const struct workflow_input *input = trial->gate->previous;
	AUTO_BUF struct buf bytes = BUF_INIT(RESULT_BYTES_MAX);
	struct result_reading reading;
	int r;

	if (!input || !input->given)
		return 0;
	r = object_get(trial_engine(trial)->store, &input->digest, &bytes, err);
	if (r == 0)
		r = result_read(arena_str(&trial->arena, buf_str(&bytes)), &trial->arena,
			&reading, err);
	if (r < 0)
		return err_wrap(err, "what the gate is compared with, of an earlier run");
	*ret_measures = reading.measures;
	return 1;
}

const char *
baseline_lack(struct trial *trial, const struct gate_before *before)
{
	char id[UUID_TEXT_SIZE];

	if (!before->has_run)
		return "no run of this workflow that had it had succeeded when this one began";
	return arena_printf(&trial->arena, "run %s, the last one that succeeded, left none",
		uuid_to_text(&before->run, id));
}
