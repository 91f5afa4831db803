#include "run/labels.h"

#include "base/memory.h"
#include "graph/step_gates.h"
#include "graph/step_labels.h"
#include "store/label.h"

#include <stdio.h>

/* As much as a notice has room for. */
#define MESSAGE_MAX 250
#define KEY_MAX 160

struct labels {
	struct arena arena; /* of the keys */
	struct map given;   /* "ARTIFACT LABEL" */
};

struct labels *
labels_new(void)
{
	return memory_zeroed(1, sizeof(struct labels));
}

void
labels_free(struct labels *labels)
{
	if (!labels)
		return;
	map_done(&labels->given);
	arena_done(&labels->arena);
	free(labels);
}

/* Names are at most 128 bytes long. */
static struct str
make_key(char key[KEY_MAX], uint32_t artifact, struct str label)
{
	int n = snprintf(key, KEY_MAX, "%u %.*s", artifact, STR_ARG(label));

	if (n < 0 || n >= KEY_MAX)
		BUG("a label of %zu bytes", label.n);
	return (struct str){key, (size_t)n};
}

void
labels_add(struct labels *labels, uint32_t artifact, struct str label)
{
	char key[KEY_MAX];

	(void)map_add(
		&labels->given, arena_str(&labels->arena, make_key(key, artifact, label)), 1);
}

static bool
carries(const struct labels *labels, uint32_t artifact, struct str label)
{
	char key[KEY_MAX];

	return map_get(&labels->given, make_key(key, artifact, label)) != MAP_NONE;
}

int
labels_read(struct labels *labels, struct store *store, int64_t run, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct label_row *rows;
	size_t n;
	int r = label_list(store, run, &arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		labels_add(labels, rows[i].artifact, rows[i].label);
	return r;
}

/* --- what a step lacks --- */

static bool
gate_grants(const struct gate *gate, const struct reference *output, struct str label)
{
	for (uint32_t i = 0; i < gate->n_grants; i++) {
		const struct gate_grant *grant = &gate->grants[i];

		if (grant->output.step == output->step &&
			grant->output.output == output->output &&
			str_equal(grant->label, label))
			return true;
	}
	return false;
}

/* STEP.GATE of the step's own gates, run.GATE of those of the run, which have steps of that name. */
static void
add_granters(const struct values *values, const struct reference *output, struct str label,
	struct buf *b)
{
	const struct graph *graph = values->graph;
	size_t start = b->n;

	for (uint32_t i = 0; i < graph->n_planned; i++) {
		const struct step *step = &graph->steps[i];

		for (uint32_t j = 0; step->gates && j < step->gates->n; j++) {
			const struct gate *gate = &step->gates->items[j];

			if (!gate_grants(gate, output, label))
				continue;
			buf_add_cstr(b, b->n > start ? " or " : "");
			buf_add_str(b, step->name);
			if (!step->judges)
				buf_printf(b, ".%.*s", STR_ARG(gate->name));
		}
	}
}

static void
describe(const struct values *values, const struct step_input *input, struct str label,
	struct buf *b)
{
	uint32_t maker = values_target(values, &input->reference);

	if (b->n > MESSAGE_MAX)
		return;
	buf_printf(b, "%sinput %.*s lacks label %.*s, which gate ", b->n ? "; " : "",
		STR_ARG(input->name), STR_ARG(label));
	add_granters(values, &input->reference, label, b);
	buf_printf(b, " has not granted to %.*s.%.*s",
		STR_ARG(values->graph->steps[maker].name), STR_ARG(input->reference.name));
}

static bool
has_name(const struct str *names, uint32_t n, struct str name)
{
	for (uint32_t i = 0; i < n; i++)
		if (str_equal(names[i], name))
			return true;
	return false;
}

void
labels_look(const struct labels *labels, const struct values *values, const struct step *step,
	struct labels_lacking *ret_lacking)
{
	AUTO_BUF struct buf message = BUF_INIT((size_t)1 << 20);
	uint32_t n = step->accepts ? step->accepts->n : 0;
	struct str *names = NULL;

	*ret_lacking = (struct labels_lacking){.message = STR_EMPTY};
	for (uint32_t i = 0; i < n; i++) {
		const struct step_label *asked = &step->accepts->items[i];
		const struct step_input *input = &step->inputs[asked->input];
		struct artifact_taken taken;

		if (!values_artifact(values, &input->reference, &taken) ||
			carries(labels, taken.number, asked->label))
			continue;
		if (!names)
			names = ARENA_ARRAY(values->arena, n, struct str);
		if (!has_name(names, ret_lacking->n, asked->label))
			names[ret_lacking->n++] = asked->label;
		describe(values, input, asked->label, &message);
	}
	ret_lacking->names = names;
	if (ret_lacking->n)
		ret_lacking->message = arena_str(values->arena, buf_str(&message));
}
