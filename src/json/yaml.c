#include "json/yaml.h"

#include "base/map.h"
#include "base/memory.h"
#include "json/hash.h"
#include "json/keys.h"
#include "json/mistake.h"
#include "json/stack.h"
#include "json/yaml_mistake.h"
#include "json/yaml_scalar.h"

#include <yaml.h>

#define NO_ANCHOR UINT32_MAX
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define STRAY_BYTE_ORDER_MARK                                                                 \
	"a byte order mark (U+FEFF) stands in the middle of the text, where nobody sees it; " \
	"delete it, or write \\uFEFF in double quotes"
#define SHOWN_BYTES 60

const struct yaml_limits yaml_default_limits = {
	.bytes = (size_t)64 << 20, .depth = 128, .values = 20000000};

/* How much a value is once its aliases are expanded. */
struct extent {
	size_t values;
	uint32_t height; /* of a scalar 0, of a container one more than its highest child */
};

struct anchor {
	struct value value;
	struct extent extent;
	bool is_open; /* its container has not ended: an alias to it would have no end either */
	struct str text; /* of a scalar, as it was written; p is NULL for a container */
};

/* What an open container needs beside its place on the stack. */
struct frame {
	struct extent extent;
	uint32_t anchor; /* or NO_ANCHOR */
};

struct composer {
	const struct source *source;
	struct arena *arena;
	const struct yaml_limits *limits;
	struct err *err;
	yaml_parser_t parser;
	uint32_t first; /* offset of the text that libyaml reads: behind a byte order mark */
	size_t index;   /* a character of that text … */
	uint32_t at;    /* … and its offset in the source */
	struct stack tree;
	struct keys keys;
	struct frame *frames; /* as many as tree.depth */
	size_t frames_capacity;
	struct map names; /* of anchors, to their place in `latest` */
	uint32_t *latest; /* to the place in `anchors` */
	size_t latest_capacity;
	struct anchor *anchors;
	size_t n_anchors;
	size_t anchors_capacity;
	size_t n_documents;
	bool has_ended;
};

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* libyaml counts characters. Its marks are near to each other, so going from the last one is
 * cheap. */
static uint32_t
offset_of(struct composer *c, yaml_mark_t mark)
{
	struct str text = c->source->text;

	while (c->index < mark.index && c->at < text.n) {
		c->at++;
		while (c->at < text.n && is_continuation(text.p[c->at]))
			c->at++;
		c->index++;
	}
	while (c->index > mark.index && c->at > c->first) {
		c->at--;
		while (c->at > c->first && is_continuation(text.p[c->at]))
			c->at--;
		c->index--;
	}
	return c->at;
}

static int
explain_problem(struct composer *c)
{
	const yaml_parser_t *p = &c->parser;
	struct yaml_mistake mistake = {
		.problem = p->problem ? p->problem : "", .context_offset = SOURCE_NOWHERE};

	if (p->error == YAML_MEMORY_ERROR)
		memory_exhausted(c->source->text.n);
	if (p->error == YAML_READER_ERROR)
		return source_error(c->source, c->first + (uint32_t)p->problem_offset, c->err,
			"the character U+%04X may not be in a YAML text; %s",
			(unsigned)p->problem_value,
			p->problem_value ? "in double quotes write it as an escape"
					 : "is this UTF-16, or no text at all?");
	mistake.offset = offset_of(c, p->problem_mark);
	mistake.context = p->context;
	if (p->context)
		mistake.context_offset = offset_of(c, p->context_mark);
	return yaml_mistake_explain(c->source, &mistake, c->err);
}

static bool
wants_key(const struct composer *c)
{
	const struct value *around = stack_innermost(&c->tree);

	return around && around->kind == VALUE_OBJECT && stack_children(&c->tree) % 2 == 0;
}

/* The part of a long text that a message shows. */
static struct str
shown(const char *text)
{
	struct str s = str_of(text);
	size_t n = MIN(s.n, SHOWN_BYTES);

	while (n && n < s.n && is_continuation(s.p[n]))
		n--;
	return (struct str){s.p, n};
}

static int
refuse_tag(struct composer *c, uint32_t offset, const char *tag)
{
	struct str name = shown(tag);

	return source_error(c->source, offset, c->err,
		"the tag \"%.*s\" is not known; \"!\" begins a tag in YAML: if it is text, "
		"quote it",
		STR_ARG(name));
}

/* Starts an anchor, if the event has one; its value follows later. */
static uint32_t
add_anchor(struct composer *c, const yaml_char_t *name_bytes)
{
	struct str name;
	uint32_t place;

	if (!name_bytes)
		return NO_ANCHOR;
	name = arena_str(c->arena, str_of((const char *)name_bytes));
	place = map_add(&c->names, name, (uint32_t)c->names.used);
	if (place == MAP_NONE) {
		place = (uint32_t)c->names.used - 1;
		c->latest =
			memory_grow(c->latest, place, &c->latest_capacity, sizeof(*c->latest));
	}
	c->anchors = memory_grow(
		c->anchors, c->n_anchors, &c->anchors_capacity, sizeof(*c->anchors));
	c->anchors[c->n_anchors] = (struct anchor){.is_open = true};
	c->latest[place] = (uint32_t)c->n_anchors;
	return (uint32_t)c->n_anchors++;
}

static int
count_child(struct composer *c, uint32_t offset, struct extent extent)
{
	struct frame *frame;

	if (!c->tree.depth)
		return 0;
	frame = &c->frames[c->tree.depth - 1];
	frame->extent.values += extent.values;
	frame->extent.height = MAX(frame->extent.height, extent.height + 1);
	if (frame->extent.values > c->limits->values)
		return source_limit_error(c->source, offset, c->err,
			"with its aliases expanded the document has more than the limit of %zu "
			"values",
			c->limits->values);
	if (c->tree.depth + extent.height > c->limits->depth)
		return source_limit_error(c->source, offset, c->err,
			"with its aliases expanded the document is nested deeper than the "
			"limit of "
			"%u levels",
			c->limits->depth);
	return 0;
}

static int
add_key(struct composer *c, uint32_t offset, struct str text, unsigned flags)
{
	struct value key = value_string(text);

	if (flags & VALUE_IS_PLAIN && str_is(text, "<<"))
		return source_error(c->source, offset, c->err,
			"merge keys (<<) are not part of YAML 1.2; write out what they "
			"stand for (a workflow file has extends and defaults)");
	key.flags = (uint8_t)flags;
	key.offset = offset;
	*stack_push(&c->tree) = key;
	return count_child(c, offset, (struct extent){1, 0});
}

static int
compose_alias(struct composer *c, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct str part = shown(name);
	uint32_t offset = offset_of(c, event->start_mark);
	uint32_t place = map_get(&c->names, str_of(name));
	const struct anchor *anchor;
	struct value *v;

	if (place == MAP_NONE)
		return source_error(c->source, offset, c->err,
			"no anchor &%.*s stands before this alias; if it is text, quote it: "
			"\"*%.*s\"",
			STR_ARG(part), STR_ARG(part));
	anchor = &c->anchors[c->latest[place]];
	if (anchor->is_open)
		return source_error(c->source, offset, c->err,
			"the alias *%.*s stands inside the value that it repeats",
			STR_ARG(part));
	if (wants_key(c)) {
		if (!anchor->text.p)
			return source_error(c->source, offset, c->err,
				"a key must be text, and *%.*s is none", STR_ARG(part));
		return add_key(c, offset, anchor->text, 0);
	}
	v = stack_push(&c->tree);
	*v = anchor->value;
	v->offset = offset;
	return count_child(c, offset, anchor->extent);
}

/* nb-char of the specification is without it; at the start of the next text it would vanish. */
static int
check_plain(struct composer *c, uint32_t offset, const yaml_event_t *event, struct str text)
{
	const char *mark = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
		? memmem(text.p, text.n, BYTE_ORDER_MARK, sizeof(BYTE_ORDER_MARK) - 1)
		: NULL;

	return mark ? source_error(c->source, offset, c->err, STRAY_BYTE_ORDER_MARK) : 0;
}

static int
resolve_scalar(struct composer *c, uint32_t offset, const yaml_event_t *event, struct str text,
	struct value *ret_value)
{
	const char *tag = (const char *)event->data.scalar.tag;
	const char *problem = NULL;

	if (tag && strcmp(tag, "!") != 0 && yaml_tag_kind(tag) < 0)
		return refuse_tag(c, offset, tag);
	if (tag)
		problem = yaml_scalar_resolve_tagged(c->arena, tag, text, ret_value);
	else if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		problem = yaml_scalar_resolve(c->arena, text, ret_value);
	else
		*ret_value = value_string(text);
	return problem ? source_error(c->source, offset, c->err, "%s", problem) : 0;
}

static int
compose_scalar(struct composer *c, const yaml_event_t *event)
{
	uint32_t offset = offset_of(c, event->start_mark);
	struct str text = arena_str(c->arena,
		(struct str){
			(const char *)event->data.scalar.value, event->data.scalar.length});
	uint32_t anchor = add_anchor(c, event->data.scalar.anchor);
	struct value v;
	bool is_key = wants_key(c);
	int code = check_plain(c, offset, event, text);

	if (code)
		return code;
	code = resolve_scalar(c, offset, event, text, &v);
	/* A key is its text, whatever it would be as a value: only what is wrong with a tag
	 * counts. */
	if (code && (!is_key || event->data.scalar.tag))
		return code;
	if (code)
		v = value_string(text);
	v.offset = offset;
	if (anchor != NO_ANCHOR)
		c->anchors[anchor] = (struct anchor){v, {1, 0}, false, text};
	if (is_key)
		return add_key(c, offset, text, v.flags & VALUE_IS_PLAIN);
	*stack_push(&c->tree) = v;
	return count_child(c, offset, (struct extent){1, 0});
}

static int
check_container(
	struct composer *c, enum value_kind kind, const yaml_char_t *tag_bytes, uint32_t offset)
{
	const char *tag = (const char *)tag_bytes;

	if (wants_key(c))
		return source_error(c->source, offset, c->err,
			"a key must be text, not a %s; if \"%s\" is meant as text, quote it",
			kind == VALUE_ARRAY ? "list" : "mapping",
			kind == VALUE_ARRAY ? "[…]" : "{…}");
	if (tag && strcmp(tag, "!") != 0 && yaml_tag_kind(tag) != (int)kind)
		return refuse_tag(c, offset, tag);
	if (c->tree.depth == c->limits->depth)
		return source_limit_error(c->source, offset, c->err,
			"nested deeper than the limit of %u levels", c->limits->depth);
	return 0;
}

static int
begin_container(struct composer *c, enum value_kind kind, const yaml_char_t *tag,
	const yaml_char_t *anchor, yaml_mark_t mark)
{
	uint32_t offset = offset_of(c, mark);
	int code = check_container(c, kind, tag, offset);

	if (code)
		return code;
	c->frames =
		memory_grow(c->frames, c->tree.depth, &c->frames_capacity, sizeof(*c->frames));
	c->frames[c->tree.depth] = (struct frame){{1, 1}, add_anchor(c, anchor)};
	stack_open(&c->tree, kind, offset);
	return 0;
}

static int
end_container(struct composer *c)
{
	struct frame frame = c->frames[c->tree.depth - 1];
	struct value *v = stack_close(&c->tree, c->arena);
	int code = 0;

	if (frame.anchor != NO_ANCHOR)
		c->anchors[frame.anchor] = (struct anchor){*v, frame.extent, false, {NULL, 0}};
	if (v->kind == VALUE_OBJECT)
		code = keys_check_unique(&c->keys, c->source, v, c->err);
	return code ? code : count_child(c, v->offset, frame.extent);
}

static int
begin_document(struct composer *c, const yaml_event_t *event)
{
	if (c->n_documents++ == 0)
		return 0;
	return source_error(c->source, offset_of(c, event->start_mark), c->err,
		"a second document begins here; a file holds one");
}

static int
end_stream(struct composer *c)
{
	c->has_ended = true;
	if (c->n_documents)
		return 0;
	return source_error(c->source, (uint32_t)c->source->text.n, c->err,
		"there is nothing here; a YAML document is needed");
}

static int
compose_event(struct composer *c, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT: return begin_document(c, event);
	case YAML_STREAM_END_EVENT: return end_stream(c);
	case YAML_ALIAS_EVENT: return compose_alias(c, event);
	case YAML_SCALAR_EVENT: return compose_scalar(c, event);
	case YAML_SEQUENCE_START_EVENT:
		return begin_container(c, VALUE_ARRAY, event->data.sequence_start.tag,
			event->data.sequence_start.anchor, event->start_mark);
	case YAML_MAPPING_START_EVENT:
		return begin_container(c, VALUE_OBJECT, event->data.mapping_start.tag,
			event->data.mapping_start.anchor, event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: return end_container(c);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT: break;
	}
	return 0;
}

static int
compose(struct composer *c)
{
	while (!c->has_ended) {
		yaml_event_t event;
		int code;

		if (!yaml_parser_parse(&c->parser, &event))
			return explain_problem(c);
		code = compose_event(c, &event);
		yaml_event_delete(&event);
		if (code)
			return code;
	}
	return 0;
}

/* libyaml passes over one at the start of any line without a word. */
static int
check_marks(const struct source *source, struct err *err)
{
	const struct str text = source->text;
	const size_t size = sizeof(BYTE_ORDER_MARK) - 1;
	const char *mark = text.p;

	while ((mark = memmem(mark, (size_t)(text.p + text.n - mark), BYTE_ORDER_MARK, size))) {
		size_t at = (size_t)(mark - text.p);

		if (at && (mark[-1] == '\n' || mark[-1] == '\r' || at == size))
			return source_error(source, (uint32_t)at, err, STRAY_BYTE_ORDER_MARK);
		mark += size;
	}
	return 0;
}

static int
check_text(const struct source *source, const struct yaml_limits *limits, struct err *err)
{
	size_t max = MIN(limits->bytes, (size_t)SOURCE_NOWHERE - 1);
	size_t at;

	if (source->text.n > max)
		return source_limit_error(source, SOURCE_NOWHERE, err,
			"%zu bytes are more than the limit of %zu", source->text.n, max);
	if (!str_is_utf8(source->text, &at))
		return mistake_in_encoding(source, (uint32_t)at, err);
	return check_marks(source, err);
}

static void
composer_done(struct composer *c)
{
	yaml_parser_delete(&c->parser);
	stack_done(&c->tree);
	keys_done(&c->keys);
	map_done(&c->names);
	free(c->frames);
	free(c->latest);
	free(c->anchors);
}

int
yaml_parse(struct arena *arena, const struct source *source, const struct yaml_limits *limits,
	const struct value **ret_value, struct err *err)
{
	struct composer c = {.source = source,
		.arena = arena,
		.limits = limits ? limits : &yaml_default_limits,
		.err = err,
		.tree = STACK_INIT,
		.keys = KEYS_INIT,
		.names = MAP_INIT};
	struct str text = source->text;
	int code = check_text(source, c.limits, err);

	if (code)
		return code;
	if (str_starts(text, STR(BYTE_ORDER_MARK)))
		c.at = c.first = sizeof(BYTE_ORDER_MARK) - 1;
	if (!yaml_parser_initialize(&c.parser))
		memory_exhausted(sizeof(c.parser));
	yaml_parser_set_encoding(&c.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
		&c.parser, (const unsigned char *)text.p + c.first, text.n - c.first);
	code = compose(&c);
	if (!code) {
		struct value *root = ARENA_NEW(arena, struct value);

		*root = c.tree.values[0];
		*ret_value = root;
	}
	composer_done(&c);
	return code;
}
