#include "graph/svg.h"

#include "graph/layout.h"

#define MARGIN 24
#define TITLE_HEIGHT 58
#define LABEL_CHARS 25
#define DETAIL_CHARS 33

static const char style[] =
	"<style>"
	"text{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',"
	"'Liberation Mono',monospace;fill:#1f2328}"
	".h{font-size:17px;font-weight:600}.s{font-size:12px;fill:#59636e}"
	".n{font-size:13px;font-weight:600}.d{font-size:10.5px;fill:#59636e}"
	".g{fill:#ffffff}.b{fill:#f6f8fa;stroke:#8c959f;stroke-width:1.2}"
	".r{stroke-dasharray:4 3}.e{fill:none;stroke:#8c959f;stroke-width:1.3}.a{fill:#8c959f}"
	".running{fill:#ddf4ff;stroke:#0969da}.succeeded{fill:#dafbe1;stroke:#1a7f37}"
	".failed{fill:#ffebe9;stroke:#cf222e;stroke-width:2}"
	".blocked{fill:#fff8c5;stroke:#9a6700}.cancelled,.skipped{fill:#eaeef2;stroke:#6e7781}"
	"@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.s,.d{fill:#9198a1}"
	".g{fill:#0d1117}.b{fill:#151b23;stroke:#656c76}.e{stroke:#656c76}.a{fill:#656c76}"
	".running{fill:#0c2d6b;stroke:#4493f8}.succeeded{fill:#0f3d1d;stroke:#3fb950}"
	".failed{fill:#5d1214;stroke:#f85149}.blocked{fill:#4b2f00;stroke:#d29922}"
	".cancelled,.skipped{fill:#21262d;stroke:#7d8590}}"
	"</style>\n";

static void
add_escaped(struct str s, struct buf *b)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '<')
			buf_add_cstr(b, "&lt;");
		else if (c == '>')
			buf_add_cstr(b, "&gt;");
		else if (c == '&')
			buf_add_cstr(b, "&amp;");
		else if ((unsigned char)c < 0x20 || (unsigned char)c == 0x7F)
			buf_add_char(b, ' ');
		else
			buf_add_char(b, c);
	}
}

/* At most n code points; what is cut is shown by an ellipsis. */
static void
add_cut(struct str s, size_t n, struct buf *b)
{
	size_t at = 0;
	size_t kept = 0;
	size_t seen = 0;

	while (at < s.n) {
		if (seen == n - 1)
			kept = at;
		seen++;
		at++;
		while (at < s.n && ((unsigned char)s.p[at] & 0xC0) == 0x80)
			at++;
		if (seen > n) {
			add_escaped((struct str){s.p, kept}, b);
			buf_add_cstr(b, "…");
			return;
		}
	}
	add_escaped(s, b);
}

static void
add_number(double number, struct buf *b)
{
	buf_printf(b, "%.1f", number);
}

static void
draw_line(const struct layout *l, const struct layout_line *line, struct buf *b)
{
	const uint32_t *route = &l->route[line->first];
	const struct layout_node *from = &l->nodes[route[0]];
	double x = from->x + from->width;
	double y = from->y;

	buf_add_cstr(b, "<path class=\"e\" marker-end=\"url(#arrow)\" d=\"M");
	add_number(x, b);
	buf_add_char(b, ' ');
	add_number(y, b);
	for (uint32_t i = 1; i < line->n; i++) {
		const struct layout_node *to = &l->nodes[route[i]];
		double end = to->x - (i + 1 == line->n ? 7 : 0);
		double bend = (end - x) / 2;

		buf_printf(b, " C%.1f %.1f %.1f %.1f %.1f %.1f", x + bend, y, end - bend, to->y,
			end, to->y);
		if (to->kind == LAYOUT_POINT)
			buf_printf(b, " H%.1f", to->x + to->width);
		x = to->x + to->width;
		y = to->y;
	}
	buf_add_cstr(b, "\"/>\n");
}

static void
add_title(const struct graph *graph, const struct layout_node *node, bool states, struct buf *b)
{
	const struct step *step = &graph->steps[node->step];

	buf_add_cstr(b, "<title>");
	add_escaped(step->name, b);
	if (states)
		buf_printf(b, " (%s)", draw_state_name(node->state));
	for (uint32_t i = 0; i < step->n_needs && i < 20; i++) {
		buf_add_cstr(b, i ? ", " : "\nneeds ");
		add_escaped(graph->steps[step->needs[i]].name, b);
	}
	if (step->n_needs > 20)
		buf_printf(b, " and %u more", step->n_needs - 20);
	buf_add_cstr(b, "</title>");
}

static void
draw_label(const struct graph *graph, const struct layout_node *node, struct buf *b)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);

	if (node->kind == LAYOUT_STEP) {
		add_cut(graph->steps[node->step].name, LABEL_CHARS, b);
		return;
	}
	if (node->kind == LAYOUT_LAYERS)
		buf_printf(&text, "… %u more layers", node->layers);
	else
		buf_printf(&text, "… %u more", node->steps);
	add_cut(buf_str(&text), LABEL_CHARS, b);
}

static void
draw_detail(const struct graph *graph, const struct layout_node *node, struct buf *b)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);

	if (node->kind == LAYOUT_STEP)
		draw_summary(&graph->steps[node->step], DETAIL_CHARS, &text);
	else
		buf_printf(&text, "%u steps", node->steps);
	add_cut(buf_str(&text), DETAIL_CHARS, b);
}

static void
draw_box(const struct graph *graph, const struct layout_node *node, bool states, struct buf *b)
{
	buf_add_cstr(b, "<g>");
	if (node->kind == LAYOUT_STEP)
		add_title(graph, node, states, b);
	buf_printf(b,
		"<rect class=\"b%s%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" "
		"rx=\"8\"/>",
		node->kind == LAYOUT_STEP ? "" : " r", states ? " " : "",
		states ? draw_state_name(node->state) : "", node->x, node->y - node->height / 2,
		node->width, node->height);
	buf_printf(b, "<text class=\"n\" x=\"%.1f\" y=\"%.1f\">", node->x + 12, node->y - 3);
	draw_label(graph, node, b);
	buf_printf(b, "</text><text class=\"d\" x=\"%.1f\" y=\"%.1f\">", node->x + 12,
		node->y + 14);
	draw_detail(graph, node, b);
	buf_add_cstr(b, "</text>");
	if (states)
		buf_printf(b,
			"<text class=\"n\" text-anchor=\"end\" x=\"%.1f\" y=\"%.1f\">%s</text>",
			node->x + node->width - 10, node->y - 2, draw_state_sign(node->state));
	buf_add_cstr(b, "</g>\n");
}

static void
draw_heading(const struct graph *graph, const uint8_t *states, struct buf *b)
{
	uint64_t counts[DRAW_STATES] = {0};
	uint64_t edges = 0;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		edges += graph->steps[i].n_needs;
		if (states && states[i] < DRAW_STATES)
			counts[states[i]]++;
	}
	buf_add_cstr(b, "<text class=\"h\" x=\"0\" y=\"-34\">");
	add_cut(graph->name, 60, b);
	buf_printf(b, "</text><text class=\"s\" x=\"0\" y=\"-14\">%u step%s, %llu edge%s",
		graph->n_steps, graph->n_steps == 1 ? "" : "s", (unsigned long long)edges,
		edges == 1 ? "" : "s");
	for (unsigned i = 0; i < DRAW_STATES; i++)
		if (counts[i])
			buf_printf(b, " · %s %llu %s", draw_state_sign((uint8_t)i),
				(unsigned long long)counts[i], draw_state_name((uint8_t)i));
	buf_add_cstr(b, "</text>\n");
}

void
svg_draw(const struct graph *graph, const uint8_t *states, struct buf *b)
{
	struct layout l;
	double width;
	double height;

	layout_make(graph, states, &l);
	width = MAX(l.width, 420) + 2 * MARGIN;
	height = l.height + 2 * MARGIN + TITLE_HEIGHT;
	buf_printf(b,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"%d %d %.0f %.0f\" role=\"img\" aria-label=\"",
		width, height, -MARGIN, -MARGIN - TITLE_HEIGHT, width, height);
	add_escaped(graph->name, b);
	buf_add_cstr(b, "\">\n");
	buf_add_cstr(b, style);
	buf_add_cstr(b,
		"<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"1\" refY=\"4\" "
		"markerWidth=\"7\" markerHeight=\"7\" markerUnits=\"userSpaceOnUse\" "
		"orient=\"auto\"><path class=\"a\" d=\"M0 0L8 4L0 8z\"/></marker></defs>\n");
	buf_printf(b, "<rect class=\"g\" x=\"%d\" y=\"%d\" width=\"%.0f\" height=\"%.0f\"/>\n",
		-MARGIN, -MARGIN - TITLE_HEIGHT, width, height);
	draw_heading(graph, states, b);
	for (size_t i = 0; i < l.n_lines; i++)
		draw_line(&l, &l.lines[i], b);
	for (size_t i = 0; i < l.n_nodes; i++)
		if (l.nodes[i].kind != LAYOUT_POINT)
			draw_box(graph, &l.nodes[i], states != NULL, b);
	buf_add_cstr(b, "</svg>\n");
	layout_done(&l);
}
