/*
 * Drawings: what is in them, that every step is drawn or counted, that nothing breaks their form.
 */
#include "graph/draw.h"
#include "rig.h"

#include <stdio.h>

#define HEAD "lily: 1\n"

static const char diamond[] =
	HEAD "name: diamond\noutputs: { r: \"${{ steps.d.out.o }}\" }\n"
	     "steps:\n  a: { run: \"# note\\n\\necho '<&>'\\n\" }\n  b: { exec: [ tool, --fast "
	     "], needs: [ a "
	     "] }\n  c: { exec: [ tool ], needs: [ a ] }\n"
	     "  d: { exec: [ join, \"${{ run.id }}\" ], needs: [ b, c, a ], out: { o: } }\n";

static void
draw(const char *text, enum draw_format format, const uint8_t *states, struct buf *b)
{
	struct graph *graph = rig_graph(str_of(text));
	struct err err = ERR_INIT;

	if (graph_draw(graph, format, states, b, &err) < 0)
		fail_msg("%s", err.message);
	graph_free(graph);
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

static void
test_text(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	(void)state;
	draw(diamond, DRAW_TEXT, NULL, &b);
	assert_string_equal(buf_cstr(&b),
		"diamond: 4 steps, 5 edges, longest chain 3\n"
		"\n1\n  a\n"
		"\n2\n  b  ← a\n  c  ← a\n"
		"\n3\n  d  ← a, b, c\n"
		"\noutputs\n  r = d.o\n");
}

static void
test_text_with_states(void **state)
{
	static const uint8_t states[] = {
		DRAW_SUCCEEDED, DRAW_FAILED, DRAW_RUNNING, DRAW_BLOCKED};
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	(void)state;
	draw(diamond, DRAW_TEXT, states, &b);
	assert_non_null(strstr(buf_cstr(&b), "  ✓ a\n"));
	assert_non_null(strstr(buf_cstr(&b), "  ✗ b  ← a\n"));
	assert_non_null(strstr(buf_cstr(&b), "  ▶ c  ← a\n"));
	assert_non_null(strstr(buf_cstr(&b), "  ⊘ d  ← a, b, c\n"));
}

static void
test_dot(void **state)
{
	static const uint8_t states[] = {DRAW_SUCCEEDED, DRAW_FAILED, 0, 0};
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	(void)state;
	draw(diamond, DRAW_DOT, states, &b);
	assert_non_null(strstr(buf_cstr(&b), "digraph \"diamond\" {\n"));
	assert_int_equal(count(buf_cstr(&b), " -> "), 5);
	assert_non_null(strstr(buf_cstr(&b), "\t\"b\" -> \"d\";\n"));
	assert_non_null(
		strstr(buf_cstr(&b), "\"a\" [tooltip=\"echo '<&>'\", fillcolor=\"#dafbe1\"];"));
	assert_non_null(strstr(buf_cstr(&b), "tooltip=\"join ${id}\""));
}

/* Tags in balance, and no character that would end them early. */
static void
check_well_formed(const char *svg)
{
	size_t depth = 0;

	for (const char *at = strchr(svg, '<'); at; at = strchr(at + 1, '<')) {
		const char *end = strchr(at, '>');

		assert_non_null(end);
		if (at[1] == '/') {
			assert_true(depth > 0);
			depth--;
		} else if (end[-1] != '/') {
			depth++;
		}
	}
	assert_int_equal(depth, 0);
	for (const char *at = strchr(svg, '&'); at; at = strchr(at + 1, '&'))
		assert_true(strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
			strncmp(at, "&gt;", 4) == 0 || strncmp(at, "&quot;", 6) == 0);
}

static void
test_svg(void **state)
{
	static const uint8_t states[] = {
		DRAW_SUCCEEDED, DRAW_FAILED, DRAW_RUNNING, DRAW_BLOCKED};
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	(void)state;
	draw(diamond, DRAW_SVG, states, &b);
	check_well_formed(buf_cstr(&b));
	assert_true(str_is_utf8(buf_str(&b), NULL));
	assert_int_equal(count(buf_cstr(&b), "<rect class=\"b"), 4);
	assert_int_equal(count(buf_cstr(&b), "<path class=\"e\""), 5);
	assert_int_equal(count(buf_cstr(&b), "class=\"b failed\""), 1);
	assert_non_null(strstr(buf_cstr(&b), "echo '&lt;&amp;&gt;'"));
	assert_non_null(strstr(buf_cstr(&b), "<title>d (blocked)\nneeds a, b, c</title>"));
	assert_non_null(strstr(buf_cstr(&b), "prefers-color-scheme:dark"));
}

/* Boxes of one layer must not lie on each other. */
static void
check_no_overlap(const char *svg)
{
	double x[1024];
	double y[1024];
	size_t n = 0;

	for (const char *at = svg; (at = strstr(at, "<rect class=\"b")) && n < 1024; at++) {
		const char *where = strstr(at, " x=\"");

		assert_int_equal(sscanf(where, " x=\"%lf\" y=\"%lf\"", &x[n], &y[n]), 2);
		n++;
	}
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (x[i] > x[j] - 100 && x[i] < x[j] + 100 && y[i] > y[j] - 46 &&
				y[i] < y[j] + 46)
				fail_msg("boxes at %f,%f and %f,%f", x[i], y[i], x[j], y[j]);
}

/* Steps 0 … n - 1 in layers of `width`, each needing some of the layer before. */
static void
add_layers(struct buf *b, unsigned n, unsigned width)
{
	buf_add_cstr(b, HEAD "name: layers\nsteps:\n");
	for (unsigned i = 0; i < n; i++) {
		buf_printf(b, "  s%u: { exec: [ x ]", i);
		if (i >= width)
			buf_printf(b, ", needs: [ s%u, s%u ]", i - width,
				i / width * width - width + (i * 7 + 3) % width);
		buf_add_cstr(b, " }\n");
	}
}

static void
test_large_svg(void **state)
{
	static const struct {
		unsigned n;
		unsigned width;
		size_t boxes;
		const char *holds;
	} cases[] = {
		{300, 20, 300, NULL},
		{301, 43, 7 * 8, ">… 36 more<"},
		{301, 1, DRAW_LAYERS_MAX, ">… 262 more layers<"},
		{5000, 100, 39 * 8 + 1, ">… 93 more<"},
		{5000, 100, 39 * 8 + 1, ">1100 steps<"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 22);
		AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 24);

		add_layers(&text, cases[i].n, cases[i].width);
		draw(buf_cstr(&text), DRAW_SVG, NULL, &b);
		check_well_formed(buf_cstr(&b));
		check_no_overlap(buf_cstr(&b));
		if (count(buf_cstr(&b), "<rect class=\"b") != cases[i].boxes)
			fail_msg("%u steps in layers of %u: %zu boxes", cases[i].n,
				cases[i].width, count(buf_cstr(&b), "<rect class=\"b"));
		if (cases[i].holds && !strstr(buf_cstr(&b), cases[i].holds))
			fail_msg("no %s", cases[i].holds);
	}
}

static double
height_of(const char *svg, const char *step)
{
	char title[64];
	const char *at;
	double x;
	double y;

	(void)snprintf(title, sizeof(title), "<title>%s", step);
	at = strstr(svg, title);
	assert_non_null(at);
	at = strstr(at, " x=\"");
	assert_int_equal(sscanf(at, " x=\"%lf\" y=\"%lf\"", &x, &y), 2);
	return y;
}

/* A box stands level with what it alone is joined to, wherever the middle of its layer is. */
static void
test_level_boxes(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	(void)state;
	draw(HEAD "steps:\n  a: { run: x }\n  b: { run: x }\n  c: { run: x }\n  d: { run: x, "
		  "needs: [ "
		  "a ] }\n  e: { run: x, needs: [ d ] }\n",
		DRAW_SVG, NULL, &b);
	assert_true(height_of(buf_cstr(&b), "a") != height_of(buf_cstr(&b), "b"));
	assert_true(height_of(buf_cstr(&b), "d") == height_of(buf_cstr(&b), "a"));
	assert_true(height_of(buf_cstr(&b), "e") == height_of(buf_cstr(&b), "a"));
}

/* A step that failed has a box of its own, however many succeeded before it. */
static void
test_failures_are_shown(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 22);
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 24);
	uint8_t states[400];

	(void)state;
	memset(states, DRAW_SUCCEEDED, sizeof(states));
	states[99] = DRAW_FAILED;
	states[399] = DRAW_FAILED;
	add_layers(&text, 400, 100);
	draw(buf_cstr(&text), DRAW_SVG, states, &b);
	assert_non_null(strstr(buf_cstr(&b), "<title>s99 (failed)"));
	assert_non_null(strstr(buf_cstr(&b), "<title>s399 (failed)"));
	assert_int_equal(count(buf_cstr(&b), "<rect class=\"b"), 4 * 8);
}

static void
test_limit(void **state)
{
	struct graph *graph = rig_graph(STR(diamond));
	AUTO_BUF struct buf b = BUF_INIT(100);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(graph_draw(graph, DRAW_SVG, NULL, &b, &err), ERR_LIMIT);
	graph_free(graph);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_with_states),
		cmocka_unit_test(test_dot),
		cmocka_unit_test(test_svg),
		cmocka_unit_test(test_large_svg),
		cmocka_unit_test(test_level_boxes),
		cmocka_unit_test(test_failures_are_shown),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
