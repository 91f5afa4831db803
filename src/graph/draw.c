#include "graph/draw.h"

#include "base/memory.h"
#include "graph/layout.h"
#include "graph/svg.h"

#define NEEDS_SHOWN 6
#define SUMMARY_SHOWN 60

static const struct {
	const char *name;
	const char *sign;
	const char *fill; /* in DOT */
} states_known[DRAW_STATES] = {
	[DRAW_PENDING] = {"pending", "○", "#f6f8fa"},
	[DRAW_RUNNING] = {"running", "▶", "#ddf4ff"},
	[DRAW_SUCCEEDED] = {"succeeded", "✓", "#dafbe1"},
	[DRAW_FAILED] = {"failed", "✗", "#ffebe9"},
	[DRAW_BLOCKED] = {"blocked", "⊘", "#fff8c5"},
	[DRAW_CANCELLED] = {"cancelled", "–", "#eaeef2"},
	[DRAW_SKIPPED] = {"skipped", "↷", "#eaeef2"},
};

const char *
draw_state_name(uint8_t state)
{
	return states_known[state < DRAW_STATES ? state : DRAW_PENDING].name;
}

const char *
draw_state_sign(uint8_t state)
{
	return states_known[state < DRAW_STATES ? state : DRAW_PENDING].sign;
}

static void
add_template(const struct template *t, struct buf *b)
{
	for (uint32_t i = 0; i < t->n; i++) {
		if (!t->parts[i].is_reference)
			buf_add_str(b, t->parts[i].text);
		else
			buf_printf(b, "${%.*s}", STR_ARG(t->parts[i].reference.name));
	}
}

/* The first line of a script that says something. */
static struct str
first_line(struct str script)
{
	while (script.p) {
		struct str line = str_trim(str_cut(script, '\n', &script));

		if (line.n && line.p[0] != '#')
			return line;
	}
	return STR("(script)");
}

static bool
is_script(const struct step *step)
{
	const struct template *argv = step->argv;
	uint32_t n = step->n_argv;

	return n >= 3 && argv[n - 2].n == 1 && !argv[n - 2].parts[0].is_reference &&
		str_is(argv[n - 2].parts[0].text, "-c") && argv[n - 1].n == 1 &&
		!argv[n - 1].parts[0].is_reference;
}

/* Cuts a text at n code points. */
static void
add_cut(struct str s, size_t n, struct buf *b)
{
	size_t at = 0;

	while (at < s.n && n) {
		at++;
		while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80)
			at++;
		n--;
	}
	for (size_t i = 0; i < at; i++)
		buf_add_char(b, (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7F ? ' ' : s.p[i]);
	if (at < s.n)
		buf_add_cstr(b, "…");
}

void
draw_summary(const struct step *step, size_t n, struct buf *b)
{
	AUTO_BUF struct buf line = BUF_INIT((size_t)1 << 28);

	if (step->scope) {
		buf_add_str(&line, step->scope->file);
	} else if (is_script(step)) {
		buf_add_str(&line, first_line(step->argv[step->n_argv - 1].parts[0].text));
	} else {
		for (uint32_t i = 0; i < step->n_argv && line.n < 4 * n; i++) {
			if (i)
				buf_add_char(&line, ' ');
			add_template(&step->argv[i], &line);
		}
	}
	add_cut(buf_str(&line), n, b);
}

static uint64_t
count_edges(const struct graph *graph)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < graph->n_steps; i++)
		n += graph->steps[i].n_needs;
	return n;
}

static void
add_needs(const struct graph *graph, const struct step *step, struct buf *b)
{
	for (uint32_t i = 0; i < step->n_needs && i < NEEDS_SHOWN; i++)
		buf_printf(b, "%s%.*s", i ? ", " : "  ← ",
			STR_ARG(graph->steps[step->needs[i]].name));
	if (step->n_needs > NEEDS_SHOWN)
		buf_printf(b, " and %u more", step->n_needs - NEEDS_SHOWN);
}

/* Width of the names' column: that of nearly all of them. */
static int
name_width(const struct graph *graph)
{
	size_t width = 0;

	for (uint32_t i = 0; i < graph->n_steps; i++)
		width = MAX(width, MIN(graph->steps[i].name.n, 32));
	return (int)width;
}

static void
write_line(const struct graph *graph, uint32_t step, const uint8_t *states, int width,
	struct buf *b)
{
	const struct step *s = &graph->steps[step];

	buf_add_cstr(b, "  ");
	if (states)
		buf_printf(b, "%s ", draw_state_sign(states[step]));
	buf_printf(b, "%-*.*s", s->n_needs ? width : 0, STR_ARG(s->name));
	add_needs(graph, s, b);
	buf_add_char(b, '\n');
}

/* Layer by layer: what can start at once stands together. */
static void
write_text(const struct graph *graph, const uint8_t *states, struct buf *b)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	uint32_t n_layers;
	const uint32_t *layer = layout_layers(graph, &arena, &n_layers);
	uint32_t *starts = ARENA_ARRAY(&arena, n_layers + 2, uint32_t);
	uint32_t *order = ARENA_ARRAY(&arena, graph->n_steps, uint32_t);
	int width = name_width(graph);

	for (uint32_t i = 0; i < graph->n_steps; i++)
		starts[layer[i] + 2]++;
	for (uint32_t i = 2; i < n_layers + 2; i++)
		starts[i] += starts[i - 1];
	for (uint32_t i = 0; i < graph->n_steps; i++)
		order[starts[layer[i] + 1]++] = i;
	buf_printf(b, "%.*s: %u steps, %llu edges, longest chain %u\n", STR_ARG(graph->name),
		graph->n_steps, (unsigned long long)count_edges(graph), n_layers);
	for (uint32_t i = 0; i < n_layers; i++) {
		buf_printf(b, "\n%u\n", i + 1);
		for (uint32_t k = starts[i]; k < starts[i + 1]; k++)
			write_line(graph, order[k], states, width, b);
	}
	if (graph->n_outputs)
		buf_add_cstr(b, "\noutputs\n");
	for (uint32_t i = 0; i < graph->n_outputs; i++) {
		const struct workflow_output *output = &graph->outputs[i];

		buf_printf(b, "  %.*s = %.*s.%.*s\n", STR_ARG(output->name),
			STR_ARG(graph->steps[output->reference.step].name),
			STR_ARG(output->reference.name));
	}
}

/* A quoted string of DOT, in which only the quote has to be escaped, and the backslash is kept from
 * meaning more than itself. */
static void
add_quoted(struct str s, struct buf *b)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			buf_add_char(b, '\\');
		buf_add_char(b, s.p[i]);
	}
	buf_add_char(b, '"');
}

static void
write_dot(const struct graph *graph, const uint8_t *states, struct buf *b)
{
	buf_add_cstr(b, "digraph ");
	add_quoted(graph->name, b);
	buf_add_cstr(b,
		" {\n\trankdir=LR;\n\tnode [shape=box, style=\"rounded,filled\", "
		"fillcolor=\"#f6f8fa\", fontname=\"monospace\"];\n");
	for (uint32_t i = 0; i < graph->n_steps; i++) {
		AUTO_BUF struct buf summary = BUF_INIT((size_t)1 << 16);

		draw_summary(&graph->steps[i], SUMMARY_SHOWN, &summary);
		buf_add_char(b, '\t');
		add_quoted(graph->steps[i].name, b);
		buf_add_cstr(b, " [tooltip=");
		add_quoted(buf_str(&summary), b);
		if (states)
			buf_printf(b, ", fillcolor=\"%s\"",
				states_known[states[i] < DRAW_STATES ? states[i] : DRAW_PENDING]
					.fill);
		buf_add_cstr(b, "];\n");
	}
	for (uint32_t i = 0; i < graph->n_steps; i++)
		for (uint32_t j = 0; j < graph->steps[i].n_needs; j++) {
			buf_add_char(b, '\t');
			add_quoted(graph->steps[graph->steps[i].needs[j]].name, b);
			buf_add_cstr(b, " -> ");
			add_quoted(graph->steps[i].name, b);
			buf_add_cstr(b, ";\n");
		}
	buf_add_cstr(b, "}\n");
}

int
graph_draw(const struct graph *graph, enum draw_format format, const uint8_t *states,
	struct buf *b, struct err *err)
{
	switch (format) {
	case DRAW_TEXT: write_text(graph, states, b); break;
	case DRAW_DOT: write_dot(graph, states, b); break;
	case DRAW_SVG: svg_draw(graph, states, b); break;
	}
	return buf_check(b, "the drawing", err);
}
