#include "contract/loop.h"

#include "base/memory.h"
#include "contract/uri.h"

/* A way from a schema to one that looks at the same value. */
struct way {
	uint32_t node;
	const struct value *reference; /* by which it goes; NULL: it is a part of the schema */
};

enum state { STATE_NEW, STATE_OPEN, STATE_DONE };

/* A schema that is open, and its ways: those behind `first`, up to the next one's. */
struct visit {
	uint32_t node;
	const struct value *by; /* the reference that led here; NULL */
	size_t first;
};

struct search {
	struct frame *frame;
	uint8_t *states; /* by node */
	size_t n_states;
	struct way *ways;
	size_t n_ways, ways_capacity;
	struct visit *visits;
	size_t n_visits, visits_capacity;
};

/* A document that has two URIs has two nodes for a schema. */
static uint32_t
one_of(const struct search *s, uint32_t node)
{
	uint32_t same = frame_node_of(s->frame, s->frame->nodes[node].value);

	return same ? same : node;
}

static void
add_way(struct search *s, uint32_t node, const struct value *reference)
{
	if (!node)
		return;
	s->ways = memory_grow(s->ways, s->n_ways, &s->ways_capacity, sizeof(*s->ways));
	s->ways[s->n_ways++] = (struct way){one_of(s, node), reference};
}

static void
add_reference(struct search *s, uint32_t node, const struct value *v)
{
	struct frame *frame = s->frame;
	struct err ignored = ERR_INIT;
	uint32_t found = FRAME_NONE;

	if (v->kind != VALUE_STRING)
		return;
	if (frame_find(frame,
		    uri_resolve(&frame->arena,
			    frame->resources[frame->nodes[node].resource].uri, value_text(v)),
		    &found, NULL, &ignored) == 0)
		add_way(s, found, v);
}

static void
add_parts(struct search *s, const struct value *v)
{
	for (uint32_t i = 0; v->kind == VALUE_ARRAY && i < v->n; i++)
		add_way(s, frame_node_of(s->frame, &v->items[i]), NULL);
}

static void
add_member(struct search *s, uint32_t node, enum keyword keyword, const struct value *v)
{
	switch ((int)keyword) {
	case KEYWORD_REF:
	case KEYWORD_DYNAMIC_REF:
	case KEYWORD_RECURSIVE_REF: add_reference(s, node, v); break;
	case KEYWORD_ALL_OF:
	case KEYWORD_ANY_OF:
	case KEYWORD_ONE_OF: add_parts(s, v); break;
	case KEYWORD_NOT:
	case KEYWORD_IF: add_way(s, frame_node_of(s->frame, v), NULL); break;
	default: break;
	}
}

/* Before 2019-09 what stands beside "$ref" does not count. */
static void
add_ways(struct search *s, uint32_t node)
{
	const struct value *schema = s->frame->nodes[node].value;
	const struct dialect dialect = s->frame->nodes[node].dialect;
	const struct value *ref = value_get(schema, STR("$ref"));

	if (ref && dialect.draft <= DRAFT_7) {
		add_reference(s, node, ref);
		return;
	}
	for (uint32_t i = 0; schema->kind == VALUE_OBJECT && i < schema->n; i++)
		add_member(s, node,
			keyword_find(
				&schema->members[i].key, dialect.draft, dialect.vocabularies),
			&schema->members[i].value);
}

static uint8_t *
state_of(struct search *s, uint32_t node)
{
	while (s->n_states <= node) {
		size_t before = s->n_states;

		s->states = memory_grow(s->states, before, &s->n_states, sizeof(*s->states));
		memset(s->states + before, STATE_NEW, s->n_states - before);
	}
	return &s->states[node];
}

static void
open_node(struct search *s, uint32_t node, const struct value *by)
{
	*state_of(s, node) = STATE_OPEN;
	s->visits =
		memory_grow(s->visits, s->n_visits, &s->visits_capacity, sizeof(*s->visits));
	s->visits[s->n_visits++] = (struct visit){node, by, s->n_ways};
	add_ways(s, node);
}

static bool
is_in(const struct search *s, uint32_t node, struct str uri)
{
	const struct frame *frame = s->frame;
	uint32_t document = frame->resources[frame->nodes[node].resource].document;

	return !uri.n || str_equal(frame->documents[document].uri, uri);
}

/* The way from the innermost open schema to one that is open as well closes a loop. Of its references, which
 * stand in the schemas before those that they led to, the first. */
static bool
find_reference(const struct search *s, const struct way *way, struct str uri,
	uint32_t *ret_node, const struct value **ret_reference)
{
	uint32_t node = s->visits[s->n_visits - 1].node;
	const struct value *by = way->reference;
	bool found = false;

	for (size_t i = s->n_visits; i-- > 0;) {
		if (by && is_in(s, node, uri)) {
			*ret_node = node;
			*ret_reference = by;
			found = true;
		}
		if (s->visits[i].node == way->node || !i)
			break;
		by = s->visits[i].by;
		node = s->visits[i - 1].node;
	}
	return found;
}

/* All that can be reached from one schema, in depth. */
static bool
search_from(struct search *s, uint32_t node, struct str uri, uint32_t *ret_node,
	const struct value **ret_reference)
{
	open_node(s, node, NULL);
	while (s->n_visits) {
		const struct visit *visit = &s->visits[s->n_visits - 1];
		struct way way;

		if (s->n_ways == visit->first) {
			*state_of(s, visit->node) = STATE_DONE;
			s->n_visits--;
			continue;
		}
		way = s->ways[--s->n_ways];
		if (*state_of(s, way.node) == STATE_OPEN &&
			find_reference(s, &way, uri, ret_node, ret_reference))
			return true;
		if (*state_of(s, way.node) == STATE_NEW)
			open_node(s, way.node, way.reference);
	}
	return false;
}

bool
loop_find(struct frame *frame, struct str uri, uint32_t *ret_node,
	const struct value **ret_reference)
{
	struct search s = {.frame = frame};
	bool found = false;

	for (uint32_t i = 1; !found && i < frame->n_nodes; i++) {
		uint32_t node = one_of(&s, i);

		if (*state_of(&s, node) == STATE_NEW)
			found = search_from(&s, node, uri, ret_node, ret_reference);
	}
	free(s.states);
	free(s.ways);
	free(s.visits);
	return found;
}
