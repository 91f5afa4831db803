#include "graph/loader_step.h"

#include "graph/step_labels.h"

int
loader_read_accepts(
	struct loader *l, const struct value *object, struct step *step, struct err *err)
{
	struct step_labels *accepts = ARENA_NEW(&l->graph->arena, struct step_labels);
	struct step_label *items;
	uint32_t n = 0;

	for (uint32_t i = 0; i < object->n; i++)
		n += object->members[i].value.kind == VALUE_ARRAY ? object->members[i].value.n
								  : 0;
	items = ARENA_ARRAY(&l->graph->arena, n, struct step_label);
	for (uint32_t i = 0; i < object->n; i++) {
		const struct value *labels = &object->members[i].value;
		struct str name = value_text(&object->members[i].key);
		uint32_t input = 0;

		while (input < step->n_inputs && !str_equal(step->inputs[input].name, name))
			input++;
		if (input == step->n_inputs || labels->kind != VALUE_ARRAY ||
			step->inputs[input].source != INPUT_REFERENCE ||
			step->inputs[input].reference.kind != REFERENCE_STEP_OUT)
			return loader_corrupt(err, "a step accepts what is no output");
		for (uint32_t j = 0; j < labels->n; j++) {
			if (!str_is_name(value_text(&labels->items[j])))
				return loader_corrupt(err, "a label is no name");
			items[accepts->n++] = (struct step_label){input,
				arena_str(&l->graph->arena, value_text(&labels->items[j]))};
		}
	}
	accepts->items = items;
	step->accepts = accepts;
	return 0;
}
