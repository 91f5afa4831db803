/*
 * Loading plans: what was planned comes back, and what was damaged is refused, never believed.
 */
#include "graph/notify.h"
#include "graph/step_gates.h"
#include "graph/step_labels.h"
#include "graph/step_surroundings.h"
#include "rig.h"

#include <stdio.h>

#define HEAD "lily: 1\n"

static const char rich[] = HEAD
	"name: rich\ndescription: all of it\nparallel: 3\n"
	"params: { p: { default: v } }\n"
	"schemas: { s.v1: { file: s.json, validators: [ { exec: [ judge ], timeout: 3s } ] } "
	"}\n"
	"inputs: { i: { path: f, optional: true, schema: s.v1 } }\n"
	"outputs: { r: \"${{ steps.c.out.doc }}\" }\n"
	"env: { A: \"1\", R: \"${{ run.id }}\" }\n"
	"pass_env: [ LANG ]\n"
	"secrets: { S: { env: S } }\n"
	"notify: { exec: [ tell, \"${{ run.status }}\" ], events: [ failed, waiting ], "
	"timeout: 5s, "
	"env: { T: x }, secrets: { S: file } }\n"
	"defaults: { timeout: 1m, retry: { attempts: 2, errors: [ exit:7, timeout ] } }\n"
	"steps:\n"
	"  a: { run: make, out: { t: { type: text, from: stdout }, f: { path: \"x/y\" } }, "
	"gates: "
	"{ g: { run: look, in: { f: \"${{ steps.a.out.f }}\" }, grants: { f: seen } } } }\n"
	"  b: { exec: [ tool, \"pre-${{ steps.a.out.t }}\", \"${{ in.data }}\" ], timeout: 2s, "
	"in: "
	"{ data: \"${{ steps.a.out.f }}\", w: { from: \"${{ inputs.i }}\", optional: true }, "
	"v: { "
	"value: [ 1, x ] } }, accepts: { data: seen } }\n"
	"  c: { exec: [ tool ], needs: [ b ], env: { P: \"${{ in.q }}\" }, in: { q: { path: "
	"\"${{ params.p }}/${{ run.date }}\" }, t: { tree: d, as: dir } }, out: { doc: { "
	"schema: s.v1, "
	"optional: "
	"true } } }\n";

static void
test_round_trip(void **state)
{
	struct graph *g = rig_graph(STR(rich));
	const struct step *a = &g->steps[0];
	const struct step *b = &g->steps[1];
	const struct step *c = &g->steps[2];

	(void)state;
	assert_true(str_is(g->name, "rich") && str_is(g->description, "all of it"));
	assert_int_equal(g->parallel, 3);
	assert_int_equal(g->n_steps, 3);
	assert_int_equal(graph_find(g, STR("c")), 2);
	assert_int_equal(graph_find(g, STR("d")), STEP_NONE);
	assert_int_equal(a->gates->n, 1);
	assert_int_equal(a->gates->of, STEP_NONE);
	assert_int_equal(a->gates->items[0].n_grants, 1);
	assert_int_equal(a->gates->items[0].grants[0].output.step, 0);
	assert_true(str_is(a->gates->items[0].grants[0].output.name, "f") &&
		str_is(a->gates->items[0].grants[0].label, "seen"));
	assert_int_equal(b->accepts->n, 1);
	assert_true(str_is(b->inputs[b->accepts->items[0].input].name, "data") &&
		str_is(b->accepts->items[0].label, "seen"));
	assert_int_equal(g->n_schemas, 1);
	assert_true(str_is(g->schemas[0].id, "s.v1") && str_is(g->schemas[0].file, "s.json"));
	assert_int_equal(g->schemas[0].n_validators, 1);
	assert_int_equal(g->schemas[0].validators[0].timeout_us, 3000000);
	assert_string_equal(g->schemas[0].validators[0].argv[0].p, "judge");
	assert_ptr_equal(g->inputs[0].schema, &g->schemas[0]);
	assert_ptr_equal(c->outputs[0].schema, &g->schemas[0]);
	assert_int_equal(c->outputs[0].type, OUTPUT_JSON);
	assert_int_equal(c->inputs[1].as, INPUT_AS_DIR);
	assert_int_equal(g->n_outputs, 1);
	assert_int_equal(g->outputs[0].reference.step, 2);
	assert_true(str_is(g->outputs[0].reference.name, "doc"));
	assert_int_equal(g->n_inputs, 1);
	assert_true(g->inputs[0].optional && !g->inputs[0].given);

	assert_int_equal(g->notify->events, 1U << NOTIFY_FAILED | 1U << NOTIFY_WAITING);
	assert_int_equal(g->notify->program.n_argv, 2);
	assert_int_equal(g->notify->program.argv[1].parts[0].reference.kind, REFERENCE_RUN);
	assert_int_equal(g->notify->program.timeout_us, 5000000);
	assert_int_equal(g->notify->step.n_env, 1);
	assert_int_equal(g->notify->step.settings->n_env, 2);
	assert_int_equal(g->notify->step.surroundings->n_secrets, 1);
	assert_true(g->notify->step.surroundings->secrets[0].as_file);

	assert_int_equal(a->n_argv, 5);
	assert_true(str_is(a->argv[4].parts[0].text, "make"));
	assert_int_equal(a->n_dependents, 1);
	assert_int_equal(a->dependents[0], 1);
	assert_int_equal(a->n_outputs, 2);
	assert_true(str_is(a->outputs[0].name, "f") && a->outputs[0].has_path);
	assert_int_equal(a->outputs[0].type, OUTPUT_FOUND);
	assert_true(a->outputs[1].from_stdout && a->outputs[1].type == OUTPUT_TEXT);

	assert_int_equal(b->argv[1].n, 2);
	assert_true(str_is(b->argv[1].parts[0].text, "pre-"));
	assert_int_equal(b->argv[1].parts[1].reference.kind, REFERENCE_STEP_OUT);
	assert_int_equal(b->argv[1].parts[1].reference.step, 0);
	assert_int_equal(b->argv[1].parts[1].reference.output, 1);
	assert_int_equal(b->argv[2].parts[0].reference.kind, REFERENCE_IN);
	assert_int_equal(b->argv[2].parts[0].reference.input, 0);
	assert_int_equal(b->inputs[0].source, INPUT_REFERENCE);
	assert_int_equal(b->inputs[0].reference.output, 0);
	assert_int_equal(b->inputs[1].source, INPUT_VALUE);
	assert_int_equal(b->inputs[1].value->n, 2);
	assert_true(str_is(value_text(&b->inputs[1].value->items[1]), "x"));
	assert_int_equal(b->inputs[2].reference.kind, REFERENCE_INPUT);
	assert_true(b->inputs[2].optional);

	assert_int_equal(c->n_needs, 1);
	assert_int_equal(c->needs[0], 1);
	assert_int_equal(c->inputs[0].source, INPUT_PATH);
	assert_int_equal(c->inputs[0].path.n, 2);
	assert_int_equal(c->inputs[1].source, INPUT_TREE);
	assert_int_equal(c->n_env, 1);
	assert_true(str_is(c->env[0].name, "P"));
	assert_true(c->outputs[0].optional);

	assert_ptr_equal(a->settings, c->settings);
	assert_ptr_not_equal(a->settings, b->settings);
	assert_int_equal(a->settings->timeout_us, 60000000);
	assert_int_equal(b->settings->timeout_us, 2000000);
	assert_int_equal(a->settings->grace_us, 2000000);
	assert_int_equal(a->settings->retry.attempts, 2);
	assert_int_equal(a->settings->retry.classes, 1U << FAILURE_TIMEOUT);
	assert_int_equal(a->settings->retry.n_exit_codes, 1);
	assert_int_equal(a->settings->retry.exit_codes[0], 7);
	assert_int_equal(a->settings->n_env, 2);
	assert_int_equal(a->settings->env[1].value.parts[0].reference.kind, REFERENCE_RUN);
	assert_int_equal(a->settings->n_pass_env, 1);
	graph_free(g);
}

static void
plan_of_rich(struct plan *ret_plan)
{
	struct workflow *workflow = rig_workflow("rich.yaml", STR(rich));
	struct plan_request request = {.workflow = workflow};

	rig_plan(&request, ret_plan);
	workflow_free(workflow);
}

/* Names the chunks anew, so that damage to them is not found by their digests alone. */
static void
rename_chunks(struct plan *plan)
{
	for (size_t i = 0; i < plan->n_chunks; i++) {
		char *at = strstr(plan->head.p, "[\"") + 2 + i * 67;
		char hex[DIGEST_HEX_SIZE];
		struct digest digest;

		digest_of(plan->chunks[i].p, plan->chunks[i].n, &digest);
		memcpy(at, digest_to_hex(&digest, hex), 64);
	}
}

static int
try_load(const struct plan *plan, struct graph **ret_graph, struct err *err)
{
	struct rig_chunks chunks = {plan, 0};

	return plan_load(buf_str(&plan->head), rig_fetch, &chunks, ret_graph, err);
}

/* Replaces the first `old` of a document; false where it has none. */
static bool
replace(struct buf *b, const char *old, const char *new)
{
	struct buf changed = BUF_INIT(b->max);
	char *at = strstr(b->p, old);

	if (!at)
		return false;
	buf_add(&changed, b->p, (size_t)(at - b->p));
	buf_add_cstr(&changed, new);
	buf_add_cstr(&changed, at + strlen(old));
	buf_done(b);
	*b = changed;
	return true;
}

static const struct {
	const char *old;
	const char *new;
	const char *says;
} damages[] = {
	{"\"plan\":1", "\"plan\":2", "of version 2"},
	{"\"plan\":1", "\"plan\":-1", "\"plan\" is -1"},
	{"\"plan\":1", "\"plan\":\"1\"", "\"plan\" of the plan is string"},
	{"\"plan\":1,", "", "has no \"plan\""},
	{"\"plan\":1", "\"plan\":1,\"more\":1", "has a member \"more\""},
	{"\"plan\":1", "\"plan\":1,\"plan\":1", "plan"},
	{"\"steps\":3", "\"steps\":2", "too long"},
	{"\"steps\":3", "\"steps\":4", "3 steps of 4"},
	{"\"steps\":3", "\"steps\":400000000", "\"steps\" is 400000000"},
	{"\"parallel\":3", "\"parallel\":1e9", "\"parallel\" is 1e9"},
	{"\"chunks\":[\"", "\"chunks\":[\"x", "named wrongly"},
	{"\"timeout\":60000000", "\"timeout\":-1", "\"timeout\" is -1"},
	{"\"attempts\":2", "\"attempts\":0", "out of its bounds"},
	{"\"factor\":2", "\"factor\":0.5", "out of its bounds"},
	{"\"exit:7\"", "\"exit:x\"", "is no error"},
	{"\"events\":[\"waiting\"", "\"events\":[\"waitin\"", "is nothing known"},
	{"\"events\":[\"waiting\",\"failed\"]", "\"events\":[]", "nothing is told of"},
	{"[\"tell\",", "[3,", "a text is number"},
	{"{\"ref\":\"run.status\"}", "{\"ref\":\"steps.a.out.t\"}",
		"cannot stand where it does"},
	{"\"timeout\":5000000", "\"timeout\":0", "or has no time"},
	{"\"settings\":0}", "\"settings\":9}", "\"settings\" is 9"},
	{"{\"S\":\"file\"}", "{\"R\":\"file\"}", "has no secret \"R\""},
	{"\"pass_env\":[\"LANG\"", "\"pass_env\":[3", "no name"},
	{"run.id", "in.x", "cannot stand where it does"},
	{"{\"ref\":\"steps.c.out.doc\"}", "{\"ref\":\"steps.c.out.no\"}", "is not there"},
	{"{\"ref\":\"steps.c.out.doc\"}", "{\"ref\":\"run.id\"}", "cannot stand where it does"},
	{"[{\"argv\":[\"bash\"", "{\"argv\":[\"bash\"", "chunk"},
	{"\"make\"],\"gates\"", "\"make\\u0000\"],\"gates\"", "NUL"},
	{"\"accepts\":{\"data\"", "\"accepts\":{\"w\"", "accepts what is no output"},
	{"\"accepts\":{\"data\"", "\"accepts\":{\"no\"", "accepts what is no output"},
	{"\"data\":[\"seen\"]", "\"data\":\"seen\"", "accepts what is no output"},
	{"\"data\":[\"seen\"]", "\"data\":[\"s n\"]", "a label is no name"},
	{"\"label\":\"seen\"", "\"label\":\"good\"", "not what its digest says"},
	{"\"name\":\"a\"", "\"name\":\"a\",\"of\":0", "about another one and does more"},
	{"\"name\":\"b\"", "\"name\":\"b\",\"of\":0", "about another one and does more"},
	{"[\"bash\",\"-euo\",\"pipefail\",\"-c\",\"make\"]", "[]", "has no program"},
	{"\"name\":\"b\"", "\"name\":\"a\"", "is there twice"},
	{"\"name\":\"b\"", "\"name\":\"/\"", "is no name for a step"},
	{"\"needs\":[0]", "\"needs\":[3]", "a need is 3"},
	{"\"needs\":[0]", "\"needs\":[0,0]", "not in their order"},
	{"\"needs\":[0]", "\"needs\":[2]", "is not there"},
	{"\"needs\":[0]", "\"needs\":[0,2]", "in a circle"},
	{"\"needs\":[0]", "\"needs\":[0,1]", "in a circle"},
	{"\"ref\":\"steps.a.out.t\"", "\"ref\":\"steps.a.out.x\"", "is not there"},
	{"\"optional\":true,\"schema\":\"s.v1\"", "\"optional\":true,\"schema\":\"s.v2\"",
		"schema \"s.v2\" is not there"},
	{"\"file\":\"s.json\",\"sha256\":\"0", "\"file\":\"s.json\",\"sha256\":\"x",
		"a schema is named wrongly"},
	{"\"argv\":[\"judge\"]", "\"argv\":[]", "a validator has no program"},
	{"\"argv\":[\"judge\"]", "\"argv\":[3]", "is no text"},
	{"\"timeout\":3000000", "\"timeout\":0", "or no time"},
	{"\"as\":\"dir\"", "\"as\":\"dri\"", "\"dri\" is no form"},
	{"\"schema\":\"s.v1\",\"type\":\"json\"", "\"schema\":\"s.v1\",\"type\":\"file\"",
		"an output of no type has a schema"},
	{"\"ref\":\"in.data\"", "\"ref\":\"in.date\"", "has no input \"date\""},
	{"\"ref\":\"in.data\"", "\"ref\":\"params.p\"", "was not put in"},
	{"\"from\":\"inputs.i\"", "\"from\":\"inputs.j\"", "no input \"j\""},
	{"{\"value\":[1,\"x\"]}", "{}", "exactly one source"},
	{"{\"value\":[1,\"x\"]}", "{\"path\":\"a\",\"value\":1}", "exactly one source"},
	{"\"tree\":\"d\"", "\"tree\":\"../d\"", "leads out of the workspace"},
	{"\"path\":\"x/y\"", "\"path\":\"/etc\"", "leads out of the workspace"},
	{"\"from\":\"stdout\"", "\"from\":\"stderr\"", "not stdout"},
	{"\"type\":\"text\"", "\"type\":\"txt\"", "is no type"},
	{"\"type\":\"text\"", "\"path\":\"q\"", "both stdout and a file"},
	{"\"settings\":1", "\"settings\":2", "settings are missing"},
	{"{\"parts\":[\"pre-\"", "{\"parts\":[3", "a part is number"},
	{"\"env\":{\"P\"", "\"env\":{\"P=\"", "is no variable's name"},
	{"\"out\":{\"f\":{\"path\":\"x/y\"},\"t\"", "\"out\":{\"z\":{\"path\":\"x/y\"},\"t\"",
		"is not in its place"},
};

static void
test_damages(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct graph *graph = NULL;
		struct err err = ERR_INIT;
		struct plan plan;
		int r;

		plan_of_rich(&plan);
		if (!replace(&plan.head, damages[i].old, damages[i].new) &&
			!replace(&plan.chunks[0], damages[i].old, damages[i].new))
			fail_msg("nothing to damage: %s", damages[i].old);
		if (!strstr(damages[i].new, "chunks"))
			rename_chunks(&plan);
		r = try_load(&plan, &graph, &err);
		if ((r != ERR_CORRUPT && !(r == ERR_INVALID && i == 0)) ||
			!strstr(err.message, damages[i].says))
			fail_msg("%s: wants %s, got %d %s", damages[i].new, damages[i].says, r,
				err.message);
		plan_done(&plan);
	}
}

static void
test_wrong_digest(void **state)
{
	struct graph *graph = NULL;
	struct err err = ERR_INIT;
	struct plan plan;

	(void)state;
	plan_of_rich(&plan);
	assert_true(replace(&plan.chunks[0], "tool", "tooL"));
	assert_int_equal(try_load(&plan, &graph, &err), ERR_CORRUPT);
	assert_non_null(strstr(err.message, "not what its name says"));
	plan_done(&plan);
}

/* xorshift, so that a failure comes again. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Changes one to three bytes: to any, to one that JSON is made of, or by a bit. */
static void
mutate(struct buf *b, uint32_t *seed)
{
	static const char letters[] = "{}[]\",:0129-.\\ntfe";
	uint32_t changes = 1 + next_random(seed) % 3;

	for (uint32_t i = 0; i < changes; i++) {
		char *at = &b->p[next_random(seed) % b->n];

		switch (next_random(seed) % 3) {
		case 0: *at = (char)next_random(seed); break;
		case 1: *at = letters[next_random(seed) % (sizeof(letters) - 1)]; break;
		default: *at = (char)(*at ^ (1 << next_random(seed) % 8)); break;
		}
	}
}

/* Whatever the bytes are: a graph that holds together, or an error. */
static void
test_mutations(void **state)
{
	uint32_t seed = 2463534242U;
	size_t n_loaded = 0;

	(void)state;
	for (int i = 0; i < 6000; i++) {
		struct graph *graph = NULL;
		struct err err = ERR_INIT;
		struct plan plan;

		plan_of_rich(&plan);
		mutate(i % 2 ? &plan.head : &plan.chunks[0], &seed);
		if (i % 2 == 0)
			rename_chunks(&plan);
		if (try_load(&plan, &graph, &err) == 0) {
			n_loaded++;
			for (uint32_t k = 0; k < graph->n_steps; k++)
				for (uint32_t j = 0; j < graph->steps[k].n_needs; j++)
					assert_true(graph->steps[k].needs[j] < graph->n_steps);
			graph_free(graph);
		} else {
			assert_true(err.message[0] != '\0');
		}
		plan_done(&plan);
	}
	/* Text of arguments and names may well change and leave a plan. */
	assert_in_range(n_loaded, 1, 5999);
}

/* What cannot be fetched is told as it was. */
static int
fetch_nothing(
	void *context, const struct digest *digest, struct buf *ret_bytes, struct err *err)
{
	(void)context;
	(void)digest;
	(void)ret_bytes;
	return err_set(err, ERR_NOT_FOUND, "gone");
}

static void
test_missing_chunk(void **state)
{
	struct graph *graph = NULL;
	struct err err = ERR_INIT;
	struct plan plan;

	(void)state;
	plan_of_rich(&plan);
	assert_int_equal(plan_load(buf_str(&plan.head), fetch_nothing, NULL, &graph, &err),
		ERR_NOT_FOUND);
	assert_string_equal(err.message, "gone");
	plan_done(&plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damages),
		cmocka_unit_test(test_wrong_digest),
		cmocka_unit_test(test_mutations),
		cmocka_unit_test(test_missing_chunk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
