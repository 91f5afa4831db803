#include "contract/frame.h"

#include "base/memory.h"
#include "contract/builtin.h"
#include "contract/schema_set.h"
#include "contract/uri.h"
#include "json/json.h"

#include <stdarg.h>

#define LOCATION_MAX ((size_t)1 << 20)
#define TEXT_MAX 400
#define FIRST_SIZE 64
#define BUILTINS_DEEP 8

#define GROW(frame, what)                                              \
	((frame)->what = memory_grow((frame)->what, (frame)->n_##what, \
		 &(frame)->what##_capacity, sizeof(*(frame)->what)),   \
		&(frame)->what[(frame)->n_##what++])

void
frame_init(struct frame *frame)
{
	*frame = (struct frame){.arena = ARENA_INIT};
	*GROW(frame, documents) = (struct document){.root = NULL};
	*GROW(frame, resources) = (struct resource){.node = FRAME_NONE};
	*GROW(frame, nodes) = (struct node){.value = NULL};
	frame->by_value_size = FIRST_SIZE;
	frame->by_value = memory_zeroed(FIRST_SIZE, sizeof(*frame->by_value));
}

void
frame_done(struct frame *frame)
{
	free(frame->documents);
	free(frame->resources);
	free(frame->nodes);
	free(frame->anchors);
	free(frame->by_value);
	map_done(&frame->by_uri);
	map_done(&frame->by_name);
	arena_done(&frame->arena);
}

static size_t
slot_of(const struct frame *frame, const struct value *value)
{
	uint64_t hash = (uint64_t)(uintptr_t)value * 0x9E3779B97F4A7C15ULL;
	size_t slot = (size_t)(hash >> 32) & (frame->by_value_size - 1);

	while (frame->by_value[slot] && frame->nodes[frame->by_value[slot]].value != value)
		slot = (slot + 1) & (frame->by_value_size - 1);
	return slot;
}

uint32_t
frame_node_of(const struct frame *frame, const struct value *value)
{
	return frame->by_value[slot_of(frame, value)];
}

static void
grow_by_value(struct frame *frame)
{
	free(frame->by_value);
	frame->by_value_size *= 2;
	frame->by_value = memory_zeroed(frame->by_value_size, sizeof(*frame->by_value));
	for (uint32_t i = 1; i < frame->n_nodes; i++) {
		size_t slot = slot_of(frame, frame->nodes[i].value);

		if (!frame->by_value[slot])
			frame->by_value[slot] = i;
	}
}

uint32_t
frame_new_node(struct frame *frame, const struct node *node)
{
	uint32_t index = (uint32_t)frame->n_nodes;
	size_t slot;

	*GROW(frame, nodes) = *node;
	if (frame->n_nodes * 2 > frame->by_value_size)
		grow_by_value(frame);
	slot = slot_of(frame, node->value);
	if (!frame->by_value[slot])
		frame->by_value[slot] = index;
	return index;
}

int
frame_add(struct frame *frame, struct str uri, const struct value *root,
	const struct source *source, enum draft otherwise, struct err *err)
{
	struct dialect dialect = {otherwise, VOCABULARY_ALL};
	uint32_t document = (uint32_t)frame->n_documents;
	size_t n_resources = frame->n_resources;
	struct str fragment;
	int code;

	uri = uri_without_fragment(uri, &fragment);
	*GROW(frame, documents) =
		(struct document){arena_str(&frame->arena, uri), root, source};
	code = frame_read(frame, document, dialect, err);
	/* What could not be read is not to be found either; its nodes are out of reach. */
	for (size_t i = n_resources; code && i < frame->n_resources; i++)
		frame->resources[i].node = FRAME_NONE;
	return code;
}

int
frame_read_builtin(struct frame *frame, struct str uri, struct err *err)
{
	for (size_t i = 0; i < builtin_n; i++) {
		struct source *source;
		const struct value *root;
		int code;

		if (!str_is(uri, builtin_documents[i].uri))
			continue;
		if (frame->builtins_being_read >= BUILTINS_DEEP)
			return err_set(err, ERR_LIMIT, "meta-schemas of meta-schemas end here");
		source = ARENA_NEW(&frame->arena, struct source);
		*source = (struct source){
			builtin_documents[i].uri, str_of(builtin_documents[i].text)};
		code = json_parse(&frame->arena, source, JSON_BORROW_TEXT, NULL, &root, err);
		if (code)
			return code;
		frame->builtins_being_read++;
		code = frame_add(frame, uri, root, source, DRAFT_2020_12, err);
		frame->builtins_being_read--;
		return code;
	}
	return err_set(err, ERR_NOT_FOUND, "no document has the URI \"%.*s\"",
		(int)MIN(uri.n, FRAME_URI_SHOWN), uri.p);
}

uint32_t
frame_dynamic_anchor(const struct frame *frame, uint32_t resource, struct str name)
{
	uint32_t i = map_get(&frame->by_name, name);

	for (; i != NO_INDEX; i = frame->anchors[i].next)
		if (frame->anchors[i].resource == resource && frame->anchors[i].is_dynamic)
			return frame->anchors[i].node;
	return FRAME_NONE;
}

static void
write_pointer(const struct frame *frame, uint32_t index, struct buf *b)
{
	const struct node *node = &frame->nodes[index];
	uint32_t root = frame->resources[node->resource].node;
	uint32_t up = 0; /* from the root, so many nodes */

	for (uint32_t i = index; i != root && i; i = frame->nodes[i].parent)
		up++;
	for (; up > 0; up--) {
		uint32_t at = index;

		for (uint32_t i = 1; i < up; i++)
			at = frame->nodes[at].parent;
		node = &frame->nodes[at];
		if (node->keyword.n && node->keyword.p[0] == '/')
			buf_add_str(b, node->keyword);
		else
			json_pointer_add(b, node->keyword);
		if (node->key.p)
			json_pointer_add(b, node->key);
		else if (node->index != NO_INDEX)
			buf_printf(b, "/%u", node->index);
	}
}

void
frame_write_location(const struct frame *frame, uint32_t node, struct buf *b)
{
	AUTO_BUF struct buf pointer = BUF_INIT(LOCATION_MAX);

	buf_add_str(b, frame->resources[frame->nodes[node].resource].uri);
	buf_add_char(b, '#');
	write_pointer(frame, node, &pointer);
	uri_encode_fragment(buf_str(&pointer), b);
}

const struct source *
frame_source(const struct frame *frame, uint32_t node)
{
	return frame->documents[frame->resources[frame->nodes[node].resource].document].source;
}

int
frame_error(const struct frame *frame, uint32_t node, const struct value *at, struct err *err,
	const char *format, ...)
{
	static const struct source unnamed = {"schema", {"", 0}};
	const struct source *source = frame_source(frame, node);
	AUTO_BUF struct buf location = BUF_INIT(LOCATION_MAX);
	AUTO_BUF struct buf text = BUF_INIT(TEXT_MAX * 4);
	char message[TEXT_MAX];
	struct str shown;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	frame_write_location(frame, node, &location);
	buf_add_cstr(&text, message);
	shown = buf_str(&location);
	/* The URI of a file of a set is nobody's; the place names the file. */
	if (str_starts(shown, STR(SCHEMA_SET_BASE)) && str_find(shown, '#') >= 0) {
		size_t mark = (size_t)str_find(shown, '#');

		shown = (struct str){shown.p + mark, shown.n - mark};
	}
	buf_printf(&text, " (in the schema %.*s)", (int)MIN(shown.n, TEXT_MAX / 2), shown.p);
	return source_error(source ? source : &unnamed, source ? at->offset : SOURCE_NOWHERE,
		err, "%s", buf_cstr(&text));
}
