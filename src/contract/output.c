#include "contract/unit.h"

#include "base/memory.h"
#include "contract/uri.h"
#include "json/json.h"

#define MEMBERS_MAX 8
#define LOCATION_MAX ((size_t)1 << 24)

struct output {
	const struct report *report;
	const struct source *source;
	struct arena *arena;
	struct position *places; /* of the units; NULL where there is no source */
};

static const struct value *
keyword_value(const struct report *report, const struct unit *u)
{
	const struct value *schema = report->schema->frame->nodes[u->node].value;
	const struct value *v = u->is_schema ? NULL : value_get(schema, u->name);

	return v ? v : schema;
}

bool
report_next(const struct report *report, size_t *cursor, struct finding *ret_finding)
{
	for (; *cursor < report->n; (*cursor)++) {
		const struct unit *u = &report->units[*cursor];

		if (u->is_valid || u->is_hidden || !u->message.n)
			continue;
		*ret_finding = (struct finding){piece_str(report, u->message),
			piece_str(report, u->instance_location),
			piece_str(report, u->keyword_location), u->value,
			keyword_value(report, u), frame_source(report->schema->frame, u->node)};
		(*cursor)++;
		return true;
	}
	return false;
}

struct sorted {
	struct finding finding;
	size_t order;
};

static int
compare_places(const void *left, const void *right)
{
	const struct sorted *a = left;
	const struct sorted *b = right;

	if (a->finding.value->offset != b->finding.value->offset)
		return a->finding.value->offset < b->finding.value->offset ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

static void
describe(const struct finding *f, const struct source *source, struct buf *b)
{
	AUTO_BUF struct buf message = BUF_INIT(LOCATION_MAX);
	struct position place;

	if (f->instance_location.n) {
		buf_add_str(&message, f->instance_location);
		buf_add_cstr(&message, ": ");
	}
	buf_add_str(&message, f->message);
	source_describe(source, f->value->offset, buf_str(&message), b);
	buf_add_cstr(b, "\n  = ");
	if (f->schema_source && f->schema->offset != SOURCE_NOWHERE) {
		place = source_position(f->schema_source, f->schema->offset);
		buf_printf(b, "%s:%u:%u: ", f->schema_source->name, place.line, place.column);
	}
	buf_printf(b, "%.*s\n", STR_ARG(f->keyword_location));
}

void
report_describe(const struct report *report, const struct source *source, struct buf *b)
{
	struct sorted *all = NULL;
	size_t n = 0;
	size_t capacity = 0;
	size_t cursor = 0;
	struct finding finding;

	while (report_next(report, &cursor, &finding)) {
		all = memory_grow(all, n, &capacity, sizeof(*all));
		all[n] = (struct sorted){finding, n};
		n++;
	}
	if (n)
		qsort(all, n, sizeof(*all), compare_places);
	for (size_t i = 0; i < n; i++)
		describe(&all[i].finding, source, b);
	if (report->is_cut)
		buf_add_cstr(b, "and more, which the limit of a report left out\n");
	free(all);
}

struct members {
	struct member items[MEMBERS_MAX];
	size_t n;
};

static void
add(struct members *m, const char *key, struct value v)
{
	m->items[m->n++] = (struct member){value_string(str_of(key)), v};
}

static struct value
finish(const struct output *o, const struct members *m)
{
	struct member *copy = ARENA_ARRAY(o->arena, m->n, struct member);

	memcpy(copy, m->items, m->n * sizeof(*copy));
	return value_object(copy, m->n);
}

static struct value
text_value(const struct output *o, struct str s)
{
	return value_string(arena_str(o->arena, s));
}

static struct value
absolute_location(const struct output *o, const struct unit *u)
{
	AUTO_BUF struct buf b = BUF_INIT(LOCATION_MAX);
	AUTO_BUF struct buf name = BUF_INIT(LOCATION_MAX);

	frame_write_location(o->report->schema->frame, u->node, &b);
	if (u->name.n)
		json_pointer_add(&name, u->name);
	uri_encode_fragment(buf_str(&name), &b);
	return text_value(o, buf_str(&b));
}

struct placed {
	uint32_t offset;
	uint32_t unit;
};

static int
compare_offsets(const void *left, const void *right)
{
	const struct placed *a = left;
	const struct placed *b = right;

	return (a->offset > b->offset) - (a->offset < b->offset);
}

/* All of them at once, in the order of the text: for each alone it would be read from its start. */
static void
find_places(struct output *o)
{
	const struct report *report = o->report;
	struct source_pass pass = SOURCE_PASS(o->source);
	struct placed *sorted = memory_new(report->n + 1, sizeof(*sorted));
	size_t n = 0;

	o->places = memory_zeroed(report->n + 1, sizeof(*o->places));
	for (size_t i = 0; i < report->n; i++)
		if (report->units[i].value->offset != SOURCE_NOWHERE)
			sorted[n++] =
				(struct placed){report->units[i].value->offset, (uint32_t)i};
	if (n)
		qsort(sorted, n, sizeof(*sorted), compare_offsets);
	for (size_t i = 0; i < n; i++)
		o->places[sorted[i].unit] = source_pass_to(&pass, sorted[i].offset);
	free(sorted);
}

static void
add_unit(const struct output *o, const struct unit *u, struct position at, struct members *m)
{
	add(m, "valid", value_bool(u->is_valid));
	add(m, "keywordLocation", text_value(o, piece_str(o->report, u->keyword_location)));
	add(m, "absoluteKeywordLocation", absolute_location(o, u));
	add(m, "instanceLocation", text_value(o, piece_str(o->report, u->instance_location)));
	if (at.line) {
		add(m, "line", value_i64(o->arena, at.line));
		add(m, "column", value_i64(o->arena, at.column));
	}
	if (u->message.n)
		add(m, "error", text_value(o, piece_str(o->report, u->message)));
	if (u->annotation)
		add(m, "annotation", *u->annotation);
}

static struct position
place_of(const struct output *o, size_t unit)
{
	return o->places ? o->places[unit] : (struct position){.line = 0};
}

static void
add_list(const struct output *o, struct members *m, bool is_valid, const struct value *items,
	size_t n)
{
	struct value *copy;

	if (is_valid && !n)
		return;
	copy = ARENA_ARRAY(o->arena, n + 1, struct value);
	if (n)
		memcpy(copy, items, n * sizeof(*copy));
	add(m, is_valid ? "annotations" : "errors", value_array(copy, n));
}

static struct value
root_with(const struct output *o, const struct value *items, size_t n)
{
	const struct report *report = o->report;
	struct unit root = {
		.node = report->schema->node, .is_valid = report->is_valid, .name = STR_EMPTY};
	struct members m = {.n = 0};
	struct position at = {.line = 0};

	if (o->source && report->value->offset != SOURCE_NOWHERE)
		at = source_position(o->source, report->value->offset);
	add_unit(o, &root, at, &m);
	add_list(o, &m, report->is_valid, items, n);
	return finish(o, &m);
}

static struct value
output_basic(const struct output *o)
{
	const struct report *report = o->report;
	struct value *items = NULL;
	size_t n = 0;
	size_t capacity = 0;
	struct value root;

	for (size_t i = 0; i < report->n; i++) {
		const struct unit *u = &report->units[i];
		struct members m = {.n = 0};

		if (u->is_valid ? !u->annotation : !u->message.n)
			continue;
		add_unit(o, u, place_of(o, i), &m);
		items = memory_grow(items, n, &capacity, sizeof(*items));
		items[n++] = finish(o, &m);
	}
	root = root_with(o, items, n);
	free(items);
	return root;
}

/* Units that are done, from the last to the first: what becomes of each, and the first of those on
 * each level whose parent is still to come. */
struct condensed {
	struct value *results;
	uint32_t *next;  /* sibling + 1 */
	uint32_t *heads; /* by level: unit + 1 */
	struct value *children;
};

static void
condense(const struct output *o, struct condensed *c, size_t at)
{
	const struct unit *u = &o->report->units[at];
	bool speaks = u->message.n || u->annotation;
	struct members m = {.n = 0};
	uint32_t first = c->heads[u->level + 1];
	size_t n = 0;

	for (uint32_t i = first; i; i = c->next[i - 1])
		c->children[n++] = c->results[i - 1];
	c->heads[u->level + 1] = 0;
	if (!speaks && !n)
		return;
	if (!speaks && n == 1) {
		c->results[at] = c->children[0];
	} else {
		add_unit(o, u, place_of(o, at), &m);
		if (n)
			add_list(o, &m, u->is_valid, c->children, n);
		c->results[at] = finish(o, &m);
	}
	c->next[at] = c->heads[u->level];
	c->heads[u->level] = (uint32_t)at + 1;
}

static struct value
output_detailed(const struct output *o)
{
	const struct report *report = o->report;
	uint32_t levels = 0;
	struct condensed c;
	struct value root;

	for (size_t i = 0; i < report->n; i++)
		levels = MAX(levels, report->units[i].level);
	c.results = memory_zeroed(report->n + 1, sizeof(*c.results));
	c.children = memory_zeroed(report->n + 1, sizeof(*c.children));
	c.next = memory_zeroed(report->n + 1, sizeof(*c.next));
	c.heads = memory_zeroed((size_t)levels + 2, sizeof(*c.heads));
	for (size_t i = report->n; i-- > 0;)
		condense(o, &c, i);
	root = c.heads[0] ? c.results[c.heads[0] - 1] : root_with(o, NULL, 0);
	free(c.results);
	free(c.children);
	free(c.next);
	free(c.heads);
	return root;
}

const struct value *
report_output(const struct report *report, enum report_format format,
	const struct source *source, struct arena *arena)
{
	struct output o = {report, source, arena, NULL};
	struct value *root = ARENA_NEW(arena, struct value);
	struct members m = {.n = 0};

	if (source && format != REPORT_FLAG)
		find_places(&o);
	switch (format) {
	case REPORT_BASIC: *root = output_basic(&o); break;
	case REPORT_DETAILED: *root = output_detailed(&o); break;
	case REPORT_FLAG:
		add(&m, "valid", value_bool(report->is_valid));
		*root = finish(&o, &m);
		break;
	}
	free(o.places);
	return root;
}
