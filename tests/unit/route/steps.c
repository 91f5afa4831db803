/* The graph as rules know it: names, cones, gates. */
#include "rig.h"

static void
test_names(void **state)
{
	struct route_steps steps = rig_steps();

	(void)state;
	assert_int_equal(route_steps_find(&steps, STR("a")), 0);
	assert_int_equal(route_steps_find(&steps, STR("g/y")), 5);
	assert_int_equal(route_steps_find(&steps, STR("each")), 6);
	assert_int_equal(route_steps_find(&steps, STR("each/*")), ROUTE_STEP_NONE);
	assert_int_equal(route_steps_find(&steps, STR("g")), ROUTE_STEP_NONE);
	assert_int_equal(steps.n_names, ARRAY_SIZE(rig_items) - 1);
	route_steps_done(&steps);
}

static void
expect_cone(const struct route_steps *steps, uint32_t step, const char *wanted)
{
	bool inside[ARRAY_SIZE(rig_items)] = {false};
	AUTO_BUF struct buf b = BUF_INIT(100);

	route_steps_cone(steps, step, inside);
	for (size_t i = 0; i < ARRAY_SIZE(rig_items); i++)
		if (inside[i])
			buf_printf(&b, "%s%.*s", b.n ? " " : "", STR_ARG(rig_items[i].name));
	assert_string_equal(buf_cstr(&b), wanted);
}

static void
test_cones(void **state)
{
	struct route_steps steps = rig_steps();

	(void)state;
	expect_cone(&steps, 0, "a b c");
	expect_cone(&steps, 2, "c");
	expect_cone(&steps, 3, "d push");
	expect_cone(&steps, 4, "g/x g/y");
	route_steps_done(&steps);
}

/* Two ways from one step to another, and 100 000 steps in a row: each is visited once, nothing recurses. */
static void
test_long_and_joined_cones(void **state)
{
	enum { N = 100000 };
	uint32_t *needs = calloc(2 * N, sizeof(*needs));
	struct route_step *items = calloc(N, sizeof(*items));
	bool *inside = calloc(N, sizeof(*inside));
	struct route_steps steps = {.items = items, .n = N};

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		needs[2 * (size_t)i] = i ? i - 1 : 0;
		needs[2 * (size_t)i + 1] = i / 2;
		items[i] = (struct route_step){
			.name = STR("s"), .needs = &needs[2 * (size_t)i], .n_needs = i ? 2 : 0};
	}
	route_steps_index(&steps);
	route_steps_cone(&steps, 10, inside);
	for (uint32_t i = 0; i < N; i++)
		assert_int_equal(inside[i], i >= 10);
	route_steps_done(&steps);
	free(needs);
	free(items);
	free(inside);
}

static void
expect_gate(const struct route_steps *steps, const char *name, bool is_there, uint32_t wanted)
{
	uint32_t step;

	assert_int_equal(route_steps_find_gate(steps, str_of(name), &step), is_there);
	assert_int_equal(step, wanted);
}

static void
test_gates(void **state)
{
	struct route_steps steps = rig_steps();

	(void)state;
	expect_gate(&steps, "b.tests", true, 1);
	expect_gate(&steps, "b.v1.lint", true, 1);
	expect_gate(&steps, "b.lint", false, 1);
	expect_gate(&steps, "push.done", true, 9);
	expect_gate(&steps, "zz.done", false, ROUTE_STEP_NONE);
	expect_gate(&steps, "b", false, ROUTE_STEP_NONE);
	expect_gate(&steps, ".tests", false, ROUTE_STEP_NONE);
	route_steps_done(&steps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cones),
		cmocka_unit_test(test_long_and_joined_cones),
		cmocka_unit_test(test_gates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
