#include "run/reuse_state.h"

#include "contract/envelope.h"
#include "gate/result.h"
#include "graph/step_gates.h"
#include "graph/workflow.h"
#include "run/gate_step.h"

#include <inttypes.h>

#define RESULT_MAX ((size_t)64 << 20)
#define LABELS_SAID 3

/* A gate that is looked at beside an entry. */
struct look {
	struct reuse *reuse;
	const struct values *values; /* those that it would judge by */
	const struct gate *gate;
	struct step own; /* the gate as a step */
	struct arena *arena;
	const struct step *step; /* that has it */
};

const char *
reuse_gate_obstacle(const struct gate *gate)
{
	const struct step own = {.argv = gate->argv,
		.n_argv = gate->n_argv,
		.env = gate->env,
		.n_env = gate->n_env,
		.settings = &(struct step_settings){0}};

	switch (gate->runner) {
	case GATE_RUN:
	case GATE_EXEC:
		if (!gate->names_inputs)
			return "it does not say by `in` all that it looks at";
		if (gate->surroundings)
			return "it is given secrets";
		return key_obstacle(&own);
	case GATE_SCHEMA:
	case GATE_EXPR:
	case GATE_COMPARE: return NULL;
	}
	BUG("a gate of runner %d", (int)gate->runner);
}

struct outputs
reuse_candidates(
	const struct values *values, const struct step *step, const struct reuse_found *found)
{
	struct outputs outputs = {
		.items = ARENA_ARRAY(values->arena, step->n_outputs, struct output_found),
		.n = step->n_outputs,
		.faults = FAULTS_INIT(values->arena)};

	for (uint32_t i = 0; i < outputs.n; i++) {
		const struct cache_output *output = found->outputs[i];
		struct digest *schema = NULL;
		struct output_found *item = &outputs.items[i];

		item->declared = &step->outputs[i];
		if (!output)
			continue;
		if (output->has_schema) {
			schema = ARENA_NEW(values->arena, struct digest);
			*schema = output->schema;
		}
		item->present = true;
		item->is_tree = str_is(output->kind, "dir");
		item->artifact = (struct record_artifact){.name = step->outputs[i].name,
			.digest = output->digest,
			.size = output->size,
			.kind = arena_cstr(values->arena, output->kind),
			.type = arena_str(values->arena, output->type),
			.schema = schema,
			.is_executable = output->is_executable};
	}
	return outputs;
}

/* Of what an earlier run's gate measured, where this one is compared with that: 1; 0 where it left none. */
static int
find_before(const struct reuse *reuse, const struct gate *gate, struct arena *arena,
	struct digest *ret_before, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(RESULT_MAX);
	AUTO_BUF struct buf said = BUF_INIT(RESULT_MAX);
	struct result_reading reading;
	int r;

	if (!gate->previous || !gate->previous->given)
		return 0;
	r = object_get(reuse->request.store, &gate->previous->digest, &bytes, err);
	if (r == 0)
		r = result_read(arena_str(arena, buf_str(&bytes)), arena, &reading, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < reading.measures.n; i++) {
		buf_add_str(&said, reading.measures.items[i].name);
		buf_add_char(&said, '=');
		buf_add_str(&said, reading.measures.items[i].exact);
		buf_add_char(&said, '\n');
	}
	r = buf_check(&said, "what was measured", err);
	digest_of(said.p, said.n, ret_before);
	return r < 0 ? r : 1;
}

/* What decides what a gate finds. */
struct seen {
	const struct gate *gate;
	const struct step *own; /* the gate as a step */
	const struct key_input *inputs;
	const bool *verdict; /* of its expression; NULL: it has none */
	const struct bounding *bound;
};

/* Appends its key, and the definition that this names. */
static int
write_key(struct reuse *reuse, const struct values *values, const struct seen *seen,
	struct buf *definition, struct buf *key, struct err *err)
{
	const struct gate *gate = seen->gate;
	struct digest defined;
	struct key_gate only = {&gate->definition, seen->verdict, gate->previous != NULL, NULL};
	const struct reuse_keyed keyed = {
		seen->own, &defined, seen->inputs, &only, seen->bound};
	struct digest before;
	int r = find_before(reuse, gate, values->arena, &before, err);

	if (r > 0)
		only.before = &before;
	if (r >= 0)
		r = key_define(seen->own, definition, err);
	if (r < 0)
		return r;
	digest_of(definition->p, definition->n, &defined);
	return reuse_write_key(reuse, values, &keyed, key, err);
}

int
reuse_gate_key(struct reuse *reuse, const struct values *values,
	const struct reuse_judged *judged, struct digest *ret_key, struct err *err)
{
	AUTO_BUF struct buf definition = BUF_INIT(KEY_DOCUMENT_MAX);
	AUTO_BUF struct buf key = BUF_INIT(KEY_DOCUMENT_MAX);
	const struct inputs *taken = judged->inputs;
	struct key_input *inputs = ARENA_ARRAY(values->arena, taken->n, struct key_input);
	const struct seen seen = {judged->gate, judged->own, inputs, judged->verdict,
		reuse ? bounds_of_gate(reuse->request.bounds,
				&reuse->request.graph->steps[judged->step], judged->gate)
		      : NULL};
	struct err why = ERR_INIT;
	int r;

	if (!reuse || reuse_refusal(reuse->request.graph, judged->step) ||
		reuse_gate_obstacle(judged->gate))
		return 0;
	for (uint32_t i = 0; i < taken->n; i++)
		inputs[i] = (struct key_input){taken->items[i].present, taken->items[i].is_tree,
			taken->items[i].artifact.digest};
	r = write_key(reuse, values, &seen, &definition, &key, &why);
	return reuse_keep_key(reuse, r, &why, &definition, &key, ret_key, err);
}

static void
say_program(const struct key_tool *tool, struct buf *b)
{
	char hex[DIGEST_HEX_SIZE];

	buf_printf(b, "%.*s %s %" PRIu64 " %" PRIu64 " %" PRId64 "\n", STR_ARG(tool->name),
		digest_to_hex(&tool->digest, hex), tool->device, tool->inode, tool->changed_ns);
}

int
reuse_gate_programs(struct reuse *reuse, const struct values *values,
	const struct reuse_judged *judged, struct digest *ret_programs, struct err *err)
{
	AUTO_BUF struct buf said = BUF_INIT(KEY_DOCUMENT_MAX);
	struct key_tool *tools;
	struct err why = ERR_INIT;
	size_t n;
	int r;

	if (reuse_gate_obstacle(judged->gate))
		return 0;
	/* Whatever was known of them may be out of date by now. */
	reuse_ran(reuse);
	r = reuse_find_tools(reuse, values, judged->own, &tools, &n, &why);
	if (r < 0 && reuse_is_of_step(r))
		return 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		say_program(&tools[i], &said);
	if (r == 0)
		r = buf_check(&said, "the programs of a gate", &why);
	if (r < 0) {
		*err = why;
		return r;
	}
	digest_of(said.p, said.n, ret_programs);
	return 1;
}

/* --- what an attempt's gate found, and whether it would find the same --- */

struct kept {
	bool passed;
	bool has_key;
	struct digest key;
};

/* 1, or 0 where the document is damaged. */
static int
read_kept(const struct look *look, const struct digest *result, struct kept *ret_kept,
	struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(RESULT_MAX);
	struct envelope envelope;
	struct err why = ERR_INIT;
	struct digest actual;
	const struct value *v;
	int r = object_get(look->reuse->request.store, result, &bytes, &why);

	if (r == ERR_SYS) {
		*err = why;
		return r;
	}
	digest_of(bytes.p, bytes.n, &actual);
	if (r < 0 || !digest_equal(&actual, result) ||
		envelope_read(buf_str(&bytes), "the result of a gate", look->arena, &envelope,
			&why) < 0)
		return 0;
	v = value_get(envelope.payload, STR("status"));
	ret_kept->passed = v && str_is(value_text(v), "passed");
	v = value_get(envelope.payload, STR("key"));
	ret_kept->has_key =
		v && v->kind == VALUE_STRING && digest_parse(value_text(v), &ret_kept->key);
	return 1;
}

/* Its key as it would be now: 1, or 0 and why it would have none. */
static int
find_key(const struct look *look, struct buf *definition, struct buf *key, const char **ret_why,
	struct err *err)
{
	struct seen seen = {look->gate, &look->own, NULL, NULL,
		bounds_of_gate(look->reuse->request.bounds, look->step, look->gate)};
	struct err why = ERR_INIT;
	struct key_input *inputs;
	bool verdict = false;
	bool has_verdict = look->gate->runner == GATE_EXPR;
	int r = reuse_find_inputs(look->reuse, look->values, &look->own, &inputs, &why);

	if (r == 0)
		seen.inputs = inputs;
	if (has_verdict)
		seen.verdict = &verdict;
	if (r == 0 && has_verdict)
		r = values_condition(look->values, look->gate->expr, &verdict, &why);
	if (r == 0)
		r = write_key(look->reuse, look->values, &seen, definition, key, &why);
	if (r == 0)
		return 1;
	if (!reuse_is_of_step(r)) {
		*err = why;
		return err_wrap(err, "gate %.*s", STR_ARG(look->gate->name));
	}
	*ret_why = arena_cstr(look->arena, str_of(why.message));
	return 0;
}

static const struct cache_gate *
find_gate(const struct cache_gate *gates, uint32_t n, struct str name)
{
	for (uint32_t i = 0; i < n; i++)
		if (str_equal(gates[i].name, name))
			return &gates[i];
	return NULL;
}

static bool
has_part(const struct key_part *parts, size_t n, const struct key_part *part)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(parts[i].label, part->label))
			return str_equal(parts[i].value, part->value);
	return false;
}

static void
say_labels(const struct key_part *parts, size_t n, const struct key_part *others,
	size_t n_others, size_t *n_said, struct buf *b)
{
	for (size_t i = 0; i < n; i++) {
		if (has_part(others, n_others, &parts[i]))
			continue;
		if ((*n_said)++ < LABELS_SAID)
			buf_printf(
				b, "%s%.*s", *n_said > 1 ? ", " : "", STR_ARG(parts[i].label));
	}
}

/* Of the parts of the key alone: what its definition says stands in the plan's, too (label gate), but for
 * variables. */
const char *
reuse_gate_difference(
	struct store *store, const struct digest *was, struct str now, struct arena *arena)
{
	AUTO_BUF struct buf before = BUF_INIT(KEY_DOCUMENT_MAX);
	AUTO_BUF struct buf said = BUF_INIT((size_t)1 << 16);
	struct key_part *here;
	struct key_part *there;
	size_t n_here;
	size_t n_there;
	size_t n = 0;
	struct err ignored = ERR_INIT;

	if (object_get(store, was, &before, &ignored) < 0 ||
		key_read(buf_str(&before), arena, &there, &n_there, NULL, &ignored) < 0 ||
		key_read(now, arena, &here, &n_here, NULL, &ignored) < 0)
		return "its key is another";
	say_labels(here, n_here, there, n_there, &n, &said);
	if (!n)
		say_labels(there, n_there, here, n_here, &n, &said);
	if (!n)
		return "its key is another: variables, or what its inputs have to be";
	return arena_printf(arena, "its key is another: %s%s", buf_cstr(&said),
		n > LABELS_SAID ? " and others" : "");
}

static int
look_at(const struct look *look, const struct cache_gate *kept, struct reuse_gate *gate,
	struct err *err)
{
	AUTO_BUF struct buf definition = BUF_INIT(KEY_DOCUMENT_MAX);
	AUTO_BUF struct buf key = BUF_INIT(KEY_DOCUMENT_MAX);
	struct kept found = {.passed = false};
	struct digest now;
	int r = 0;

	gate->why = reuse_gate_obstacle(look->gate);
	if (!gate->why && !kept)
		gate->why = "it has not judged what was made";
	if (!gate->why)
		r = read_kept(look, &kept->result, &found, err);
	if (!gate->why && r >= 0 && (!r || !found.passed || !found.has_key))
		gate->why = !r         ? "its result is damaged in the store"
			: found.passed ? "it had no key"
				       : "it did not pass";
	if (r < 0 || gate->why)
		return MIN(r, 0);
	r = find_key(look, &definition, &key, &gate->why, err);
	if (r <= 0)
		return r;
	digest_of(key.p, key.n, &now);
	gate->passed = digest_equal(&now, &found.key);
	gate->result = kept->result;
	if (!gate->passed)
		gate->why = reuse_gate_difference(
			look->reuse->request.store, &found.key, buf_str(&key), look->arena);
	return 0;
}

int
reuse_look_gates(struct reuse *reuse, const struct values *values, uint32_t number,
	struct reuse_found *found, struct err *err)
{
	const struct step *step = &reuse->request.graph->steps[number];
	const struct step_gates *gates = step->gates;
	const struct outputs candidates = reuse_candidates(values, step, found);
	struct reuse_gate *items = ARENA_ARRAY(values->arena, gates->n, struct reuse_gate);
	struct values seen = *values;
	struct cache_gate *kept;
	uint32_t n;
	int r = cache_gates(reuse->request.store, &found->entry, values->arena, &kept, &n, err);

	seen.candidates = &candidates;
	seen.judged = number;
	seen.try_number = MAX(1, values->try_number);
	for (uint32_t i = 0; r == 0 && i < gates->n; i++) {
		const struct gate *gate = &gates->items[i];
		struct step_settings settings;
		struct look look = {.reuse = reuse,
			.values = &seen,
			.gate = gate,
			.arena = values->arena,
			.step = step};

		gate_step_make(gate, step, values->arena, &settings, &look.own);

		items[i].name = gate->name;
		r = look_at(&look, find_gate(kept, n, gate->name), &items[i], err);
		if (!items[i].passed)
			found->answer = REUSE_JUDGE;
	}
	found->gates = items;
	return r;
}
