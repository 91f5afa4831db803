#include "contract/frame.h"

#include "base/memory.h"
#include "contract/uri.h"

/* A schema that is still to be read. */
struct pending {
	const struct value *value;
	uint32_t parent;
	struct str keyword;
	struct str key;
	uint32_t index;
};

struct reading {
	struct frame *frame;
	uint32_t document;
	struct dialect otherwise;
	struct pending *pending;
	size_t n;
	size_t capacity;
	struct err *err;
};

static const struct value *
string_member(const struct value *schema, const char *name)
{
	const struct value *v = value_get(schema, str_of(name));

	return v && v->kind == VALUE_STRING ? v : NULL;
}

static int
read_vocabularies(struct frame *frame, uint32_t node, struct dialect *dialect, struct err *err)
{
	const struct value *list = value_get(frame->nodes[node].value, STR("$vocabulary"));

	if (!list || list->kind != VALUE_OBJECT || dialect->draft < DRAFT_2019_09)
		return 0;
	dialect->vocabularies = VOCABULARY_CORE;
	for (uint32_t i = 0; i < list->n; i++) {
		const struct member *m = &list->members[i];
		unsigned found = vocabulary_find(value_text(&m->key), dialect->draft);

		if (!found && value_is_true(&m->value))
			return frame_error(frame, node, &m->key, err,
				"the vocabulary \"%.*s\" is required and is not known here",
				STR_ARG(value_text(&m->key)));
		dialect->vocabularies |= found;
	}
	return 0;
}

/* The dialect that a "$schema" names. A meta-schema that is nobody's known draft is looked up, and
 * its own "$schema" says what its words mean. */
static int
find_dialect(struct reading *r, uint32_t node, const struct value *name, struct dialect *ret)
{
	struct dialect dialect = {draft_find(value_text(name)), VOCABULARY_ALL};
	struct frame *frame = r->frame;
	uint32_t meta;
	struct err why = ERR_INIT;

	if (dialect.draft == DRAFT_N) {
		const struct value *meta_schema;

		if (frame_find(frame, value_text(name), &meta, NULL, &why))
			return frame_error(frame, node, name, r->err,
				"\"$schema\" names \"%.*s\", which is no known draft and no "
				"document that was added",
				STR_ARG(value_text(name)));
		meta_schema = string_member(frame->nodes[meta].value, "$schema");
		dialect.draft = meta_schema ? draft_find(value_text(meta_schema)) : DRAFT_N;
		if (dialect.draft == DRAFT_N)
			dialect.draft = frame->nodes[meta].dialect.draft;
		if (read_vocabularies(frame, meta, &dialect, r->err))
			return ERR_INVALID;
	}
	*ret = dialect;
	return 0;
}

static void
add_anchor(struct frame *frame, struct str name, uint32_t node, bool is_dynamic)
{
	uint32_t index = (uint32_t)frame->n_anchors;
	uint32_t first = map_add(&frame->by_name, name, index);

	frame->anchors = memory_grow(frame->anchors, frame->n_anchors, &frame->anchors_capacity,
		sizeof(*frame->anchors));
	frame->anchors[frame->n_anchors++] =
		(struct anchor){name, frame->nodes[node].resource, node, is_dynamic, NO_INDEX};
	if (first != MAP_NONE) {
		frame->anchors[index].next = frame->anchors[first].next;
		frame->anchors[first].next = index;
	}
}

static int
open_resource(struct reading *r, uint32_t node, struct str uri, const struct value *at)
{
	struct frame *frame = r->frame;
	uint32_t index = (uint32_t)frame->n_resources;
	uint32_t other = map_add(&frame->by_uri, uri, index);

	while (other != MAP_NONE && frame->resources[other].later)
		other = frame->resources[other].later;
	if (other != MAP_NONE && frame->resources[other].node) {
		uint32_t taken = frame->resources[other].node;

		/* One document under two URIs is one schema. */
		if (frame->nodes[taken].value != frame->nodes[node].value)
			return frame_error(frame, node, at, r->err,
				"the URI \"%.*s\" already names another schema", STR_ARG(uri));
		frame->nodes[node].resource = other;
		return 0;
	}
	if (other != MAP_NONE)
		frame->resources[other].later = index;
	frame->resources = memory_grow(frame->resources, frame->n_resources,
		&frame->resources_capacity, sizeof(*frame->resources));
	frame->resources[frame->n_resources++] = (struct resource){uri, node, r->document, 0};
	frame->nodes[node].resource = index;
	return 0;
}

/* "$id", or "id" in draft 4: a URI of its own, an anchor, or (before 2019-09) both. */
static int
read_id(struct reading *r, uint32_t index)
{
	struct frame *frame = r->frame;
	const struct node *node = &frame->nodes[index];
	enum draft draft = node->dialect.draft;
	const struct value *id = string_member(node->value, draft == DRAFT_4 ? "id" : "$id");
	struct str base = frame->resources[node->resource].uri;
	struct str fragment;
	struct str uri;

	if (!id || (draft <= DRAFT_7 && string_member(node->value, "$ref")))
		return 0;
	uri = uri_resolve(&frame->arena, base, value_text(id));
	uri = uri_without_fragment(uri, &fragment);
	if (!str_equal(uri, base) && open_resource(r, index, uri, id))
		return ERR_INVALID;
	if (fragment.n && fragment.p[0] != '/' && draft <= DRAFT_7)
		add_anchor(frame, fragment, index, false);
	return 0;
}

static void
read_anchors(struct frame *frame, uint32_t index)
{
	const struct value *schema = frame->nodes[index].value;
	enum draft draft = frame->nodes[index].dialect.draft;
	const struct value *v;

	if (draft < DRAFT_2019_09)
		return;
	v = string_member(schema, "$anchor");
	if (v)
		add_anchor(frame, value_text(v), index, false);
	v = draft == DRAFT_2020_12 ? string_member(schema, "$dynamicAnchor") : NULL;
	if (v)
		add_anchor(frame, value_text(v), index, true);
	v = draft == DRAFT_2019_09 ? value_get(schema, STR("$recursiveAnchor")) : NULL;
	if (v && value_is_true(v))
		add_anchor(frame, RECURSIVE_ANCHOR, index, true);
}

static void
put_off(struct reading *r, struct pending p)
{
	if (p.value->kind != VALUE_OBJECT && p.value->kind != VALUE_BOOL)
		return;
	r->pending = memory_grow(r->pending, r->n, &r->capacity, sizeof(*r->pending));
	r->pending[r->n++] = p;
}

static void
put_off_children(struct reading *r, uint32_t parent, const struct member *m, enum shape shape)
{
	const struct value *v = &m->value;
	struct pending p = {v, parent, value_text(&m->key), {NULL, 0}, NO_INDEX};
	bool is_map = shape == SHAPE_MAP || shape == SHAPE_MAP_OF_SCHEMAS_OR_NAMES;

	if (shape == SHAPE_SCHEMA ||
		(shape == SHAPE_SCHEMA_OR_LIST && v->kind != VALUE_ARRAY)) {
		put_off(r, p);
		return;
	}
	if (shape == SHAPE_NONE || v->kind != (is_map ? VALUE_OBJECT : VALUE_ARRAY))
		return;
	for (uint32_t i = v->n; i-- > 0;) {
		p.value = is_map ? &v->members[i].value : &v->items[i];
		if (is_map)
			p.key = value_text(&v->members[i].key);
		else
			p.index = i;
		put_off(r, p);
	}
}

static int
read_schema(struct reading *r, const struct pending *p)
{
	struct frame *frame = r->frame;
	const struct node *parent = &frame->nodes[p->parent];
	struct node node = {p->value, parent->resource, p->parent, parent->dialect, p->keyword,
		p->key, p->index};
	uint32_t index;
	const struct value *name;

	if (!p->parent)
		node.dialect = r->otherwise;
	index = frame_new_node(frame, &node);
	if (!p->parent &&
		open_resource(r, index, r->frame->documents[r->document].uri, p->value))
		return ERR_INVALID;
	if (p->value->kind != VALUE_OBJECT)
		return 0;
	name = string_member(p->value, "$schema");
	if (name && find_dialect(r, index, name, &node.dialect))
		return ERR_INVALID;
	frame->nodes[index].dialect = node.dialect;
	if (read_id(r, index))
		return ERR_INVALID;
	read_anchors(frame, index);
	for (uint32_t i = p->value->n; i-- > 0;) {
		const struct member *m = &p->value->members[i];
		enum keyword k =
			keyword_find(&m->key, node.dialect.draft, node.dialect.vocabularies);

		if (k != KEYWORD_N)
			put_off_children(r, index, m, (enum shape)keyword_infos[k].shape);
	}
	return 0;
}

static int
read_all(struct reading *r, const struct pending *first)
{
	int code = 0;

	put_off(r, *first);
	while (r->n && !code) {
		struct pending p = r->pending[--r->n];

		code = read_schema(r, &p);
	}
	free(r->pending);
	return code;
}

int
frame_read(struct frame *frame, uint32_t document, struct dialect otherwise, struct err *err)
{
	struct reading r = {
		.frame = frame, .document = document, .otherwise = otherwise, .err = err};
	const struct value *root = frame->documents[document].root;
	const struct source *source = frame->documents[document].source;
	struct pending p = {root, FRAME_NONE, STR_EMPTY, {NULL, 0}, NO_INDEX};

	if (root->kind != VALUE_OBJECT && root->kind != VALUE_BOOL)
		return err_set(err, ERR_INVALID,
			"%s: a schema is an object or a boolean, not %s",
			source ? source->name : "schema", value_kind_name(root));
	return read_all(&r, &p);
}

int
frame_read_part(struct frame *frame, const struct value *value, uint32_t around,
	struct str pointer, struct err *err)
{
	uint32_t resource = frame->nodes[around].resource;
	struct reading r = {
		.frame = frame, .document = frame->resources[resource].document, .err = err};
	struct pending p = {value, around, pointer, {NULL, 0}, NO_INDEX};

	return read_all(&r, &p);
}
