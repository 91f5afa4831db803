/*
 * Keys: stable (golden), changed by each labelled part and by nothing else, and read back.
 */
#include "../graph/rig.h"

#include "run/key.h"

#include <stdio.h>
#include <stdlib.h>

#define HEAD "lily: 1\n"

static const char base[] = HEAD
	"name: w\n"
	"params: { p: { default: v } }\n"
	"schemas: { s.v1: { file: s.json, validators: [ { exec: [ judge ] } ] } }\n"
	"env: { A: \"1\", B: \"2\" }\n"
	"pass_env: [ LILYTEST_PASSED ]\n"
	"secrets: { T: { env: T } }\n"
	"steps:\n"
	"  first: { run: x }\n"
	"  s:\n"
	"    exec: [ tool, \"-o${{ in.data }}\", \"${{ params.p }}\" ]\n"
	"    env: { B: \"3\" }\n"
	"    needs: [ first ]\n"
	"    in: { data: { path: d.txt, as: json }, opt: { path: none, optional: true } }\n"
	"    out: { r: { path: out/r, type: json, schema: s.v1 } }\n";

/* A text in which one place is another. */
static const char *
edited(const char *from, const char *to)
{
	static char text[4096];
	const char *at = strstr(base, from);

	assert_non_null(at);
	(void)snprintf(
		text, sizeof(text), "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
	return text;
}

/* Definition and key of step s, with fixed digests of its inputs and tool. */
struct made {
	struct buf definition;
	struct buf key;
};

/* Of what make_with makes; NULL: of a step. */
static const struct key_gate *as_gate;

static void
make_with(const char *text, uint8_t input, uint8_t tool, const struct item *item,
	struct made *ret_made)
{
	struct graph *graph = rig_graph(str_of(text));
	struct step copy = graph->steps[graph_find(graph, STR("s"))];
	const struct step *step = &copy;
	struct arena arena = ARENA_INIT;
	struct values values = {.graph = graph, .arena = &arena};
	struct key_input inputs[4] = {{.present = true, .digest = {{input}}}};
	struct key_tool tools[] = {{.name = STR("tool"), .digest = {{tool}}}};
	struct digest definition;
	struct err err = ERR_INIT;

	copy.item = item;
	*ret_made = (struct made){BUF_INIT(KEY_DOCUMENT_MAX), BUF_INIT(KEY_DOCUMENT_MAX)};
	if (key_define(step, &ret_made->definition, &err) < 0)
		fail_msg("%s", err.message);
	digest_of(ret_made->definition.p, ret_made->definition.n, &definition);
	const struct key_request request = {.step = step,
		.definition = &definition,
		.values = &values,
		.inputs = inputs,
		.tools = tools,
		.n_tools = 1,
		.gate = as_gate};
	if (key_make(&request, &ret_made->key, &err) < 0)
		fail_msg("%s", err.message);
	arena_done(&arena);
	graph_free(graph);
}

static void
make(const char *text, struct made *ret_made)
{
	make_with(text, 1, 2, NULL, ret_made);
}

static void
made_done(struct made *made)
{
	buf_done(&made->definition);
	buf_done(&made->key);
}

/* The one label in which two documents differ; "" where none, "…" where several. */
static const char *
difference(const struct buf *a, const struct buf *b, struct arena *arena)
{
	struct key_part *x;
	struct key_part *y;
	size_t n_x;
	size_t n_y;
	const char *found = "";
	struct err err = ERR_INIT;
	size_t i = 0;
	size_t j = 0;

	if (key_read(buf_str(a), arena, &x, &n_x, NULL, &err) < 0 ||
		key_read(buf_str(b), arena, &y, &n_y, NULL, &err) < 0)
		fail_msg("%s", err.message);
	while (i < n_x || j < n_y) {
		int order = i == n_x ? 1 : j == n_y ? -1 : str_compare(x[i].label, y[j].label);
		struct str label = order <= 0 ? x[i].label : y[j].label;
		bool same = order == 0 && str_equal(x[i].value, y[j].value);

		i += order <= 0;
		j += order >= 0;
		if (!same)
			found = *found ? "…" : arena_cstr(arena, label);
	}
	return found;
}

static void
test_golden(void **state)
{
	struct made made;

	(void)state;
	(void)unsetenv("LILYTEST_PASSED");
	make(base, &made);
	/* A change here makes every entry of every store unfindable: KEY_VERSION. */
	assert_string_equal(buf_cstr(&made.definition),
		"{\"key\":1,\"parts\":{\"argv.0\":\"tool\",\"argv.1\":[\"-o\",{\"in\":\"data\"}"
		"]"
		",\"argv.2\":\"v\",\"env.A\":\"1\",\"env.B\":\"3\",\"executor\":\"local 1\","
		"\"input-type.data\":{\"as\":\"json\"},\"output.r\":{\"path\":\"out/r\","
		"\"schema\":{\"id\":\"s.v1\",\"sha256\":\"00000000000000000000000000000000"
		"00000000000000000000000000000000\",\"validators\":[[\"judge\"]]},\"type\":"
		"\"json\"}}}");
	assert_string_equal(buf_cstr(&made.key),
		"{\"definition\":\"8b382570e87fb9ab4e521c4115e3106c623efd521d4fd6b73370902e478f"
		"2e39\",\"key\":1,\"parts\":{\"input.data\":\"sha256:01000000000000000000000000"
		"00000000000000000000000000000000000000\",\"input.opt\":null,"
		"\"pass_env.LILYTEST_PASSED\":null,\"tool.tool\":\"sha256:"
		"0200000000000000000000"
		"000000000000000000000000000000000000000000\"}}");
	made_done(&made);
}

static const struct {
	const char *from;
	const char *to;
	const char *label; /* in the definition */
} changes[] = {
	{"exec: [ tool", "exec: [ tool2", "argv.0"},
	{"-o${{", "-x${{", "argv.1"},
	{"default: v", "default: w", "argv.2"},
	{"\"${{ params.p }}\" ]", "\"${{ params.p }}\", more ]", "argv.3"},
	{"A: \"1\"", "A: \"4\"", "env.A"},
	{"env: { B: \"3\" }", "env: { B: \"5\" }", "env.B"},
	{"env: { B: \"3\" }", "env: { B: \"3\", C: \"1\" }", "env.C"},
	{"needs: [ first ]", "cwd: sub", "cwd"},
	{"needs: [ first ]", "state: true", "state"},
	{"needs: [ first ]", "secrets: [ T ]", "secret.T"},
	{"needs: [ first ]", "secrets: { T: file }", "secret.T"},
	{"as: json", "as: file", "input-type.data"},
	{"path: none, optional: true", "path: none, optional: true, schema: s.v1",
		"input-type.opt"},
	{"path: out/r", "path: out/q", "output.r"},
	{"type: json, schema: s.v1", "type: json", "output.r"},
	{"exec: [ judge ]", "exec: [ judge, strictly ]", "output.r"},
	{"schema: s.v1 } }", "schema: s.v1 }, more: {} }", "output.more"},
};

static void
test_what_changes_it(void **state)
{
	struct made first;

	(void)state;
	make(base, &first);
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct arena arena = ARENA_INIT;
		struct made other;

		make(edited(changes[i].from, changes[i].to), &other);
		assert_string_equal(difference(&first.definition, &other.definition, &arena),
			changes[i].label);
		assert_string_not_equal(buf_cstr(&first.key), buf_cstr(&other.key));
		made_done(&other);
		arena_done(&arena);
	}
	made_done(&first);
}

static const char *const indifferent[][2] = {
	{"name: w\n", "name: other\ndescription: d\nparallel: 7\n"},
	{"  s:\n", "  zero: { run: y }\n  s:\n"},
	{"run: x", "run: \"yes\""},
	{"needs: [ first ]", "timeout: 3s"},
	{"needs: [ first ]", "grace: 3s"},
	{"needs: [ first ]", "retry: { attempts: 3 }"},
	{"needs: [ first ]", "x-note: n"},
	{"path: d.txt", "path: e.txt"}, /* the content is what counts */
	{"path: none, optional: true", "value: [ 1 ]"},
	{"B: \"2\"", "B: \"overridden\""},
	{"\"${{ params.p }}\"", "v"},
};

static void
test_what_does_not(void **state)
{
	struct made first;

	(void)state;
	make(base, &first);
	for (size_t i = 0; i < ARRAY_SIZE(indifferent); i++) {
		struct made other;

		make(edited(indifferent[i][0], indifferent[i][1]), &other);
		assert_string_equal(buf_cstr(&first.key), buf_cstr(&other.key));
		made_done(&other);
	}
	made_done(&first);
}

static void
test_level_of_inputs(void **state)
{
	struct arena arena = ARENA_INIT;
	struct made first;
	struct made other;

	(void)state;
	make(base, &first);
	make_with(base, 9, 2, NULL, &other);
	assert_string_equal(difference(&first.key, &other.key, &arena), "input.data");
	made_done(&other);
	make_with(base, 1, 9, NULL, &other);
	assert_string_equal(difference(&first.key, &other.key, &arena), "tool.tool");
	made_done(&other);
	(void)setenv("LILYTEST_PASSED", "hunter2", 1);
	make(base, &other);
	assert_string_equal(
		difference(&first.key, &other.key, &arena), "pass_env.LILYTEST_PASSED");
	/* It may be a secret. */
	assert_null(strstr(buf_cstr(&other.key), "hunter2"));
	(void)unsetenv("LILYTEST_PASSED");
	made_done(&other);
	made_done(&first);
	arena_done(&arena);
}

/* Two items of one template have one definition and differ by the value; by their place where the step
 * speaks of LILY_INDEX. */
static void
test_items_differ(void **state)
{
	const struct value red = value_string(STR("red"));
	const struct value blue = value_string(STR("blue"));
	const struct foreach foreach = {.step = 0};
	const struct expansion expansion = {.foreach = &foreach};
	const struct item item = {.expansion = &expansion, .value = &red};
	const struct item value_differs = {.expansion = &expansion, .value = &blue};
	const struct item index_differs = {.expansion = &expansion, .value = &red, .index = 1};
	struct arena arena = ARENA_INIT;
	const char *speaks = edited("\"-o${{ in.data }}\"", "\"-o$LILY_INDEX\"");
	struct made first;
	struct made other;

	(void)state;
	make_with(base, 1, 2, &item, &first);
	make_with(base, 1, 2, &value_differs, &other);
	assert_string_equal(difference(&first.definition, &other.definition, &arena), "");
	assert_string_equal(difference(&first.key, &other.key, &arena), "item");
	made_done(&other);
	make_with(base, 1, 2, &index_differs, &other);
	assert_string_equal(difference(&first.key, &other.key, &arena), "");
	made_done(&other);
	made_done(&first);
	make_with(speaks, 1, 2, &item, &first);
	make_with(speaks, 1, 2, &index_differs, &other);
	assert_string_equal(difference(&first.key, &other.key, &arena), "index");
	made_done(&other);
	made_done(&first);
	arena_done(&arena);
}

/* A list whose parts could be read as another list would be two keys in one. */
static void
test_gates_differ(void **state)
{
	static const struct digest one = {{1}};
	static const struct digest two = {{2}};
	static const bool yes = true;
	static const bool no = false;
	static const struct key_gate gates[] = {{&one, NULL, false, NULL},
		{&two, NULL, false, NULL}, {&one, &yes, false, NULL}, {&one, &no, false, NULL},
		{&one, NULL, true, NULL}, {&one, NULL, true, &two}};
	struct made made[ARRAY_SIZE(gates)];
	struct made step;
	struct arena arena = ARENA_INIT;

	(void)state;
	make(base, &step);
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		as_gate = &gates[i];
		make(base, &made[i]);
	}
	as_gate = NULL;
	assert_string_equal(difference(&step.key, &made[0].key, &arena), "gate");
	assert_string_equal(difference(&made[0].key, &made[1].key, &arena), "gate");
	assert_string_equal(difference(&made[0].key, &made[2].key, &arena), "verdict");
	assert_string_equal(difference(&made[2].key, &made[3].key, &arena), "verdict");
	assert_string_equal(difference(&made[0].key, &made[4].key, &arena), "before");
	assert_string_equal(difference(&made[4].key, &made[5].key, &arena), "before");
	for (size_t i = 0; i < ARRAY_SIZE(gates); i++)
		made_done(&made[i]);
	made_done(&step);
	arena_done(&arena);
}

static void
test_no_two_texts_are_one(void **state)
{
	struct made a;
	struct made b;

	(void)state;
	make(edited("\"-o${{ in.data }}\"", "\"-o{in.data}\""), &a);
	make(base, &b);
	assert_string_not_equal(buf_cstr(&a.key), buf_cstr(&b.key));
	made_done(&a);
	made_done(&b);
	make(edited("[ tool, ", "[ tool, \"a,b\", "), &a);
	make(edited("[ tool, ", "[ tool, a, b, "), &b);
	assert_string_not_equal(buf_cstr(&a.key), buf_cstr(&b.key));
	made_done(&a);
	made_done(&b);
}

/* Long texts stand in the key by their digest: two that begin alike are two. */
static void
test_long_texts(void **state)
{
	char text[2][1200];
	struct made made[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		char filler[1001];

		memset(filler, 'x', 1000);
		filler[1000] = '\0';
		(void)snprintf(text[i], sizeof(text[i]), "%sexec: [ tool, \"%s%d\" ] } }\n",
			HEAD "steps: { s: { ", filler, i);
		make(text[i], &made[i]);
		assert_true(made[i].definition.n < 500);
	}
	assert_string_not_equal(buf_cstr(&made[0].definition), buf_cstr(&made[1].definition));
	made_done(&made[0]);
	made_done(&made[1]);
}

static void
test_obstacles(void **state)
{
	static const struct {
		const char *text;
		bool is_one;
	} cases[] = {
		{"exec: [ t, \"${{ run.id }}\" ]", true},
		{"exec: [ t ], env: { A: \"${{ run.started_at }}\" }", true},
		{"exec: [ t ], out: { o: { path: \"x/${{ run.id }}\" } }", true},
		{"exec: [ t, \"${{ run.date }}\", \"${{ run.name }}\" ]", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[300];
		struct graph *graph;

		(void)snprintf(
			text, sizeof(text), HEAD "steps: { s: { %s } }\n", cases[i].text);
		graph = rig_graph(str_of(text));
		assert_int_equal(key_obstacle(&graph->steps[0]) != NULL, cases[i].is_one);
		graph_free(graph);
	}
}

static void
test_damaged_documents(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{\"key\":1}",
		"{\"key\":\"1\",\"parts\":{}}", "{\"key\":1,\"parts\":[]}",
		"{\"definition\":\"xx\",\"key\":1,\"parts\":{}}"};
	struct arena arena = ARENA_INIT;
	struct key_part *parts;
	struct err err = ERR_INIT;
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(
			key_read(str_of(bad[i]), &arena, &parts, &n, NULL, &err), ERR_CORRUPT);
	assert_int_equal(
		key_read(STR("{\"key\":2,\"parts\":{}}"), &arena, &parts, &n, NULL, &err),
		ERR_INVALID);
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_what_changes_it),
		cmocka_unit_test(test_what_does_not),
		cmocka_unit_test(test_level_of_inputs),
		cmocka_unit_test(test_items_differ),
		cmocka_unit_test(test_gates_differ),
		cmocka_unit_test(test_no_two_texts_are_one),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_obstacles),
		cmocka_unit_test(test_damaged_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
