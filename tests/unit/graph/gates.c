/* Gates that compare, and names of what gates found, from the file over its plan to the graph. */
#include "graph/step_gates.h"
#include "rig.h"

#define HEAD "lily: 1\n"

static const char text[] =
	HEAD "name: gates\n"
	     "steps:\n"
	     "  a:\n"
	     "    run: make\n"
	     "    out: { o: { type: json }, p: { type: json } }\n"
	     "    gates:\n"
	     "      c: { compare: { p: { with: golden/p.json, tolerance: 2.5% }, o: { with: "
	     "previous, "
	     "tolerance: 1e-2 } } }\n"
	     "      m: { exec: [ look ], metrics: { x: { max: 9, min_change: -0.5 }, y: { min: "
	     "1 } } }\n"
	     "  b: { run: use, if: \"gates.a.m.status == 'passed' && "
	     "default(gates.a.m.metrics.x, 0) > 1\" }\n"
	     "gates: { all.of: { expr: true } }\n"
	     "finally: { z: { run: tell, env: { S: \"${{ gates.run.all.of.status }}\" } } }\n";

static void
test_comparisons(void **state)
{
	struct graph *g = rig_graph(STR(text));
	const struct gate *gate = &g->steps[0].gates->items[0];
	const struct step_input *inputs = gate->inputs;

	(void)state;
	assert_int_equal(gate->runner, GATE_COMPARE);
	assert_int_equal(gate->n_comparisons, 2);
	assert_int_equal(gate->n_inputs, 4);
	/* By name, with what they are compared with behind them. */
	assert_true(str_is(inputs[gate->comparisons[0].judged].name, "o"));
	assert_true(str_is(gate->comparisons[0].tolerance, "0.01"));
	assert_false(gate->comparisons[0].is_percent);
	assert_true(str_is(inputs[gate->comparisons[0].with].name, "with/o"));
	assert_int_equal(inputs[gate->comparisons[0].with].source, INPUT_REFERENCE);
	assert_true(inputs[gate->comparisons[0].with].optional);
	assert_true(str_is(
		g->inputs[inputs[gate->comparisons[0].with].reference.input].earlier->name,
		"a:out:o"));
	assert_true(str_is(inputs[gate->comparisons[1].judged].name, "p"));
	assert_true(str_is(gate->comparisons[1].tolerance, "2.5"));
	assert_true(gate->comparisons[1].is_percent);
	assert_int_equal(inputs[gate->comparisons[1].with].source, INPUT_PATH);
	assert_true(inputs[gate->comparisons[1].with].of_any_kind);
	graph_free(g);
}

static void
test_metrics(void **state)
{
	struct graph *g = rig_graph(STR(text));
	const struct gate *gate = &g->steps[0].gates->items[1];

	(void)state;
	assert_int_equal(gate->n_metrics, 2);
	assert_true(str_is(gate->metrics[0].limits[GATE_MAX], "9"));
	assert_true(str_is(gate->metrics[0].limits[GATE_MIN_CHANGE], "-0.5"));
	assert_int_equal(gate->metrics[0].limits[GATE_MIN].n, 0);
	assert_int_equal(gate->metrics[1].limits[GATE_MAX_CHANGE].n, 0);
	assert_true(str_is(gate->previous->earlier->name, "a:gate:m"));
	assert_false(gate->previous->earlier->has_run);
	graph_free(g);
}

/* Asking makes the edge, and lets the step begin whatever became of the other one. */
static void
test_names(void **state)
{
	struct graph *g = rig_graph(STR(text));
	const struct step *b = &g->steps[graph_find(g, STR("b"))];
	const struct step *z = &g->steps[graph_find(g, STR("z"))];
	const struct reference *status = &b->condition->references[0];
	const struct reference *metric = &b->condition->references[1];
	const struct reference *all;

	(void)state;
	assert_true(g->asks_gates);
	assert_int_equal(b->n_needs, 1);
	assert_int_equal(b->needs[0], 0);
	assert_int_equal(b->wants[0] & NEED_OUTCOME, NEED_FINISHED);
	assert_int_equal(status->kind, REFERENCE_FACT);
	assert_int_equal(status->fact, FACT_GATE_STATUS);
	assert_int_equal(status->step, 0);
	assert_int_equal(status->output, 1);
	assert_int_equal(metric->fact, FACT_GATE_METRIC);
	assert_true(str_is(metric->name, "x"));
	all = &z->env[0].value.parts[0].reference;
	assert_int_equal(all->fact, FACT_GATE_STATUS);
	assert_int_equal(all->step, graph_find(g, STR("run.all.of")));
	assert_int_equal(all->output, 0);
	graph_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
