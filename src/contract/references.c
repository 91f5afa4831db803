#include "contract/references.h"

#include "base/memory.h"
#include "contract/loop.h"
#include "contract/uri.h"

#define LOCATION_MAX ((size_t)1 << 20)

static const enum keyword followed[] = {KEYWORD_REF, KEYWORD_DYNAMIC_REF};

struct references {
	struct frame frame;
	uint32_t node;  /* that is looked at */
	size_t keyword; /* of followed */
	bool is_given;  /* what it names was asked for */
};

struct references *
references_new(void)
{
	struct references *references = memory_zeroed(1, sizeof(*references));

	frame_init(&references->frame);
	references->node = 1;
	return references;
}

void
references_free(struct references *references)
{
	if (!references)
		return;
	frame_done(&references->frame);
	free(references);
}

int
references_add(struct references *references, struct str uri, const struct value *root,
	const struct source *source, enum draft otherwise, struct err *err)
{
	return frame_add(&references->frame, uri, root, source, otherwise, err);
}

/* Whether the keyword of the node names a document that is not there. */
static bool
leads_out(struct references *references, struct reference *ret_reference)
{
	struct frame *frame = &references->frame;
	const struct node *node = &frame->nodes[references->node];
	const char *name = keyword_name(followed[references->keyword]);
	const struct value *v = value_get(node->value, str_of(name));
	struct err why = ERR_INIT;
	struct str fragment;
	struct str uri;
	uint32_t found;

	if (!v || v->kind != VALUE_STRING)
		return false;
	uri = uri_resolve(&frame->arena, frame->resources[node->resource].uri, value_text(v));
	if (frame_find(frame, uri, &found, NULL, &why) != ERR_NOT_FOUND)
		return false;
	*ret_reference = (struct reference){value_text(v), uri_without_fragment(uri, &fragment),
		frame_source(frame, references->node), v->offset};
	return true;
}

static void
advance(struct references *references)
{
	references->is_given = false;
	if (++references->keyword == ARRAY_SIZE(followed)) {
		references->keyword = 0;
		references->node++;
	}
}

/* A reference that was given is looked at again: where its document is there now, a pointer into it
 * makes a schema of a part that may have references of its own. */
bool
references_next(struct references *references, struct reference *ret_reference)
{
	while (references->node < references->frame.n_nodes) {
		if (leads_out(references, ret_reference) && !references->is_given) {
			references->is_given = true;
			return true;
		}
		advance(references);
	}
	return false;
}

bool
references_find_loop(
	struct references *references, struct str uri, struct reference *ret_reference)
{
	const struct frame *frame = &references->frame;
	const struct value *v;
	uint32_t node;

	if (!loop_find(&references->frame, uri, &node, &v))
		return false;
	*ret_reference = (struct reference){value_text(v),
		frame->documents[frame->resources[frame->nodes[node].resource].document].uri,
		frame_source(frame, node), v->offset};
	return true;
}

static struct value
reference_to(const struct frame *frame, uint32_t node, struct arena *arena)
{
	AUTO_BUF struct buf location = BUF_INIT(LOCATION_MAX);
	struct member *member = ARENA_NEW(arena, struct member);

	frame_write_location(frame, node, &location);
	*member = (struct member){
		value_string(STR("$ref")), value_string(arena_str(arena, buf_str(&location)))};
	return value_object(member, 1);
}

const struct value *
references_to_all(const struct references *references, struct str uri, struct arena *arena)
{
	const struct frame *frame = &references->frame;
	struct value *root = ARENA_NEW(arena, struct value);
	struct member *all = ARENA_NEW(arena, struct member);
	struct value *items = NULL;
	struct value *copy;
	size_t n = 0;
	size_t capacity = 0;

	for (uint32_t i = 1; i < frame->n_nodes; i++) {
		uint32_t document = frame->resources[frame->nodes[i].resource].document;

		if (!str_equal(frame->documents[document].uri, uri))
			continue;
		items = memory_grow(items, n, &capacity, sizeof(*items));
		items[n++] = reference_to(frame, i, arena);
	}
	copy = ARENA_ARRAY(arena, n + 1, struct value);
	if (n)
		memcpy(copy, items, n * sizeof(*copy));
	free(items);
	*all = (struct member){value_string(STR("allOf")), value_array(copy, n)};
	*root = value_object(all, n ? 1 : 0);
	return root;
}
