#include "run/adopt_labels.h"

#include "graph/step_gates.h"

/* The parent's artifact that became that output here, or 0. */
static uint32_t
find_before(const struct adopt_request *request, const struct adoption *adoptions,
	const struct reference *output)
{
	const struct parent *parent = request->parent;
	const struct adoption *adoption = &adoptions[output->step];
	uint32_t at = adoption->reason == ADOPT_KEPT
		? parent->steps[adoption->parent_step].first_made
		: PARENT_NONE;

	for (; at != PARENT_NONE; at = parent->next_made[at])
		if (str_equal(parent->made[at].name, output->name))
			return parent->made[at].number;
	return 0;
}

bool
adopt_was_granted(const struct parent *parent, struct str step, const struct gate *gate,
	struct str label, uint32_t artifact)
{
	for (size_t i = 0; i < parent->n_labels; i++) {
		const struct label_row *row = &parent->labels[i];

		if (row->artifact == artifact && str_equal(row->label, label) &&
			str_equal(row->step, step) && str_equal(row->gate, gate->name) &&
			digest_equal(&row->definition, &gate->definition))
			return true;
	}
	return false;
}

static uint32_t
count_grants(const struct step_gates *gates)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < gates->n; i++)
		n += gates->items[i].n_grants;
	return n;
}

void
adopt_labels(const struct adopt_request *request, const struct adoption *adoptions,
	uint32_t number, const struct schedule *schedule, struct arena *arena,
	struct record_adoption *adoption)
{
	const struct step *step = &request->graph->steps[number];
	struct record_label *labels;
	size_t n = 0;

	if (!step->gates || !request->parent->n_labels)
		return;
	labels = ARENA_ARRAY(arena, count_grants(step->gates), struct record_label);
	for (uint32_t i = 0; i < step->gates->n; i++) {
		const struct gate *gate = &step->gates->items[i];

		for (uint32_t j = 0; j < gate->n_grants; j++) {
			const struct gate_grant *grant = &gate->grants[j];
			uint32_t before = find_before(request, adoptions, &grant->output);
			const struct visit *made = schedule_visit(schedule, grant->output.step);

			if (!before || !visit_is_done(made->state) ||
				!adopt_was_granted(request->parent, step->name, gate,
					grant->label, before))
				continue;
			labels[n++] = (struct record_label){
				.artifact = made->outputs[grant->output.output].artifact,
				.label = grant->label,
				.gate = gate->name,
				.definition = gate->definition};
		}
	}
	adoption->labels = labels;
	adoption->n_labels = n;
}
