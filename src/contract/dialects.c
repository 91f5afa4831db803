#include "contract/dialects.h"

#include "base/memory.h"
#include "contract/frame.h"
#include "json/json.h"

/* Set in `unused` of a value whose children have been copied, so that they may be written. */
#define IS_COPIED 1

/* Stands for the document's own while it is read; relative names in it have to resolve. */
#define DOCUMENT_URI "https://lily.invalid/document"

struct splitting {
	struct frame frame;
	struct arena *arena;
	struct dialect_part *parts;
	uint32_t *nodes; /* of the parts */
	size_t n;
};

static struct str
named_meta(const struct value *schema)
{
	const struct value *name = value_get(schema, STR("$schema"));
	struct str uri = name && name->kind == VALUE_STRING ? value_text(name) : STR_EMPTY;

	if (uri.n && uri.p[uri.n - 1] == '#')
		uri.n--;
	return uri;
}

/* The part around a node: that of the nearest ancestor which is one. */
static size_t
part_around(const struct splitting *s, uint32_t node)
{
	for (node = s->frame.nodes[node].parent; node; node = s->frame.nodes[node].parent)
		for (size_t i = 1; i < s->n; i++)
			if (s->nodes[i] == node)
				return i;
	return 0;
}

/* The children are copied when the first of them is to be changed; only copies are written to. */
static void *
own_children(struct arena *arena, struct value *container)
{
	size_t size =
		container->kind == VALUE_OBJECT ? sizeof(struct member) : sizeof(struct value);
	void *copy;

	if (container->unused == IS_COPIED)
		return (void *)(uintptr_t)container->items;
	copy = arena_alloc(arena, container->n, size);
	if (container->n)
		memcpy(copy, container->items, container->n * size);
	container->items = copy;
	container->unused = IS_COPIED;
	return copy;
}

/* The child of that name; of equal keys the last one, as value_get has it. */
static struct value *
own_member(struct arena *arena, struct value *object, struct str key)
{
	struct member *members = own_children(arena, object);

	for (uint32_t i = object->n; i > 0; i--)
		if (str_equal(value_text(&members[i - 1].key), key))
			return &members[i - 1].value;
	BUG("a schema is not where it was read");
}

static struct value *
own_child(struct arena *arena, struct value *parent, const struct node *node)
{
	struct value *at = own_member(arena, parent, node->keyword);
	struct value *items;

	if (node->key.p)
		return own_member(arena, at, node->key);
	if (node->index == NO_INDEX)
		return at;
	items = own_children(arena, at);
	return &items[node->index];
}

/* The nodes from below `from` (0: the document's root) down to the node, which comes first. */
static const uint32_t *
path_up(const struct splitting *s, uint32_t node, uint32_t from, size_t *ret_n)
{
	const struct node *nodes = s->frame.nodes;
	uint32_t *path;
	size_t n = 0;

	for (uint32_t i = node; i != from && nodes[i].parent; i = nodes[i].parent)
		n++;
	path = ARENA_ARRAY(s->arena, n, uint32_t);
	*ret_n = n;
	for (uint32_t i = node; n; i = nodes[i].parent, n--)
		path[*ret_n - n] = i;
	return path;
}

/* Puts {} where the node stands in the part's copy: draft 4 knows no true. */
static void
mask(struct splitting *s, size_t part, uint32_t node)
{
	struct value *at = s->parts[part].root;
	size_t n;
	const uint32_t *path = path_up(s, node, s->nodes[part], &n);
	uint32_t offset;

	while (n)
		at = own_child(s->arena, at, &s->frame.nodes[path[--n]]);
	offset = at->offset;
	*at = value_object(NULL, 0);
	at->offset = offset;
}

static void
write_pointer(const struct splitting *s, uint32_t node, struct buf *b)
{
	size_t n;
	const uint32_t *path = path_up(s, node, 0, &n);

	while (n) {
		const struct node *at = &s->frame.nodes[path[--n]];

		json_pointer_add(b, at->keyword);
		if (at->key.p)
			json_pointer_add(b, at->key);
		else if (at->index != NO_INDEX)
			buf_printf(b, "/%u", at->index);
	}
}

static void
add_part(struct splitting *s, uint32_t node, struct str meta, const struct value *root)
{
	AUTO_BUF struct buf pointer = BUF_INIT(SIZE_MAX);
	struct value *copy = ARENA_NEW(s->arena, struct value);

	*copy = *root;
	copy->unused = 0;
	if (node)
		write_pointer(s, node, &pointer);
	s->nodes[s->n] = node;
	s->parts[s->n++] = (struct dialect_part){
		copy, arena_str(s->arena, meta), arena_str(s->arena, buf_str(&pointer))};
}

static bool
is_other(const struct splitting *s, uint32_t node)
{
	struct str meta = named_meta(s->frame.nodes[node].value);
	struct str around = s->parts[part_around(s, node)].meta;

	if (around.n && around.p[around.n - 1] == '#')
		around.n--;
	return meta.n && !str_equal(meta, around);
}

/* Nodes come from the root down, so a part is there before what it holds. */
static void
find_parts(struct splitting *s)
{
	uint32_t document = s->frame.resources[s->frame.nodes[s->nodes[0]].resource].document;

	for (uint32_t i = s->nodes[0] + 1; i < s->frame.n_nodes; i++) {
		const struct node *node = &s->frame.nodes[i];
		const struct resource *resource = &s->frame.resources[node->resource];

		if (resource->node != i || resource->document != document || !is_other(s, i))
			continue;
		mask(s, part_around(s, i), i);
		add_part(s, i, value_text(value_get(node->value, STR("$schema"))), node->value);
	}
}

void
dialects_split(const struct value *root, enum draft otherwise, struct arena *arena,
	struct dialect_part **ret_parts, size_t *ret_n)
{
	struct splitting s = {.arena = arena};
	const struct value *name = value_get(root, STR("$schema"));
	struct str meta =
		name && name->kind == VALUE_STRING ? value_text(name) : draft_uri(otherwise);
	int r;

	frame_init(&s.frame);
	r = frame_add(&s.frame, STR(DOCUMENT_URI), root, NULL, otherwise, NULL);
	s.parts = ARENA_ARRAY(arena, r == 0 ? s.frame.n_resources + 1 : 1, struct dialect_part);
	s.nodes = ARENA_ARRAY(arena, r == 0 ? s.frame.n_resources + 1 : 1, uint32_t);
	add_part(&s, 0, meta, root);
	if (r == 0) {
		s.nodes[0] = frame_node_of(&s.frame, root);
		find_parts(&s);
	}
	frame_done(&s.frame);
	*ret_parts = s.parts;
	*ret_n = s.n;
}
