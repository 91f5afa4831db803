#include "contract/frame.h"

#include "contract/schema_set.h"
#include "contract/uri.h"
#include "json/json.h"

/* A node at a place where no keyword has a schema. On the way down, nodes that are known say which
 * resource and dialect the place is in. */
static int
node_at(struct frame *frame, uint32_t root, struct str pointer, uint32_t *ret_node,
	struct err *err)
{
	const struct value *at = frame->nodes[root].value;
	uint32_t nearest = root;
	size_t nearest_end = 0;
	struct str rest;

	for (size_t i = 0; i < pointer.n;) {
		size_t end = i + 1;
		uint32_t known;

		while (end < pointer.n && pointer.p[end] != '/')
			end++;
		at = json_pointer_get(at, (struct str){pointer.p + i, end - i});
		if (!at)
			return 0;
		known = frame_node_of(frame, at);
		if (known) {
			nearest = known;
			nearest_end = end;
		}
		i = end;
	}
	*ret_node = nearest;
	if (nearest_end == pointer.n)
		return 0;
	*ret_node = FRAME_NONE;
	rest = (struct str){pointer.p + nearest_end, pointer.n - nearest_end};
	rest = arena_str(&frame->arena, rest);
	if (frame_read_part(frame, at, nearest, rest, err))
		return ERR_INVALID;
	*ret_node = frame_node_of(frame, at);
	return 0;
}

static uint32_t
find_anchor(const struct frame *frame, uint32_t resource, struct str name, uint32_t *ret_anchor)
{
	uint32_t found = NO_INDEX;

	for (uint32_t i = map_get(&frame->by_name, name); i != NO_INDEX;
		i = frame->anchors[i].next)
		/* A schema may have the name twice, as plain and as dynamic anchor. */
		if (frame->anchors[i].resource == resource &&
			(found == NO_INDEX || frame->anchors[i].is_dynamic))
			found = i;
	*ret_anchor = found;
	return found == NO_INDEX ? FRAME_NONE : frame->anchors[found].node;
}

/* The resource of that name, or 0. */
static uint32_t
known_resource(const struct frame *frame, struct str uri)
{
	uint32_t resource = map_get(&frame->by_uri, uri);

	if (resource == MAP_NONE)
		return 0;
	while (frame->resources[resource].later)
		resource = frame->resources[resource].later;
	return frame->resources[resource].node ? resource : 0;
}

/* By the other names that a schema of a registry has: an id inside of a set leads to the schema, that
 * to the root of its own set. */
static uint32_t
redirected_resource(struct frame *frame, struct str uri)
{
	uint32_t resource = 0;

	for (unsigned i = 0;
		i < 2 && !resource && schema_set_redirect(uri, &frame->arena, &uri); i++)
		resource = known_resource(frame, uri);
	return resource;
}

static int
find_resource(struct frame *frame, struct str uri, uint32_t *ret_resource, struct err *err)
{
	uint32_t resource = known_resource(frame, uri);
	enum draft draft = draft_find(uri);
	struct str name = draft == DRAFT_N ? uri : draft_uri(draft);

	if (!resource)
		resource = known_resource(frame, name);
	if (!resource)
		resource = redirected_resource(frame, uri);
	if (!resource) {
		int code = frame_read_builtin(frame, name, err);

		if (code)
			return code;
		resource = known_resource(frame, name);
	}
	if (!resource)
		return err_set(err, ERR_NOT_FOUND, "no document has the URI \"%.*s\"",
			(int)MIN(uri.n, FRAME_URI_SHOWN), uri.p);
	*ret_resource = resource;
	return 0;
}

int
frame_find(struct frame *frame, struct str uri, uint32_t *ret_node, uint32_t *ret_anchor,
	struct err *err)
{
	struct str fragment;
	struct str document = uri_without_fragment(uri, &fragment);
	uint32_t anchor = NO_INDEX;
	uint32_t resource = 0;
	uint32_t node;
	int code = find_resource(frame, document, &resource, err);

	if (code)
		return code;
	fragment = fragment.p ? uri_decode(&frame->arena, fragment) : STR_EMPTY;
	node = frame->resources[resource].node;
	resource = frame->nodes[node].resource;
	if (fragment.n && fragment.p[0] == '/') {
		uint32_t root = node;

		node = FRAME_NONE;
		if (node_at(frame, root, fragment, &node, err))
			return ERR_INVALID;
	} else if (fragment.n)
		node = find_anchor(frame, resource, fragment, &anchor);
	if (!node)
		return err_set(err, ERR_NOT_FOUND,
			"there is no schema at \"#%.*s\" in \"%.*s\"", STR_ARG(fragment),
			STR_ARG(document));
	*ret_node = node;
	if (ret_anchor)
		*ret_anchor = anchor;
	return 0;
}
