#include "contract/compile.h"

#include "base/memory.h"
#include "contract/uri.h"

static int
find_reference(
	struct lowering *l, enum keyword keyword, uint32_t *ret_node, uint32_t *ret_anchor)
{
	const struct value *v = l->has[keyword];
	struct frame *frame = l->c->frame;
	struct str base = frame->resources[frame->nodes[l->node].resource].uri;
	struct err why = ERR_INIT;
	struct str uri;

	if (v->kind != VALUE_STRING)
		return lower_error(l, v, "\"%s\" must be a string, not %s",
			keyword_name(keyword), value_kind_name(v));
	uri = uri_resolve(&frame->arena, base, value_text(v));
	if (frame_find(frame, uri, ret_node, ret_anchor, &why))
		return lower_error(l, v, "\"%s\": \"%.*s\" cannot be resolved: %s",
			keyword_name(keyword), (int)MIN(value_text(v).n, FRAME_URI_SHOWN),
			value_text(v).p, why.message);
	return 0;
}

static int
add_reference(struct lowering *l)
{
	uint32_t node = FRAME_NONE;

	if (!l->has[KEYWORD_REF])
		return 0;
	if (find_reference(l, KEYWORD_REF, &node, NULL))
		return -1;
	lower_add(l, GROUP_ANY, OP_REF, KEYWORD_REF)->a = compile_block(l->c, node);
	return 0;
}

static void
add_dynamic(struct lowering *l, enum keyword keyword, uint32_t node, struct str name)
{
	struct compiler *c = l->c;
	struct instruction *i = lower_add(l, GROUP_ANY, OP_DYNAMIC_REF, keyword);

	i->a = compile_block(c, node);
	i->b = (uint32_t)c->n_dynamic;
	*PUSH(c, dynamic) = (struct dynamic_reference){l->block, node, name, 0};
}

static int
add_dynamic_reference(struct lowering *l)
{
	struct frame *frame = l->c->frame;
	uint32_t node = FRAME_NONE;
	uint32_t anchor = NO_INDEX;

	if (!l->has[KEYWORD_DYNAMIC_REF])
		return 0;
	if (find_reference(l, KEYWORD_DYNAMIC_REF, &node, &anchor))
		return -1;
	if (anchor != NO_INDEX && frame->anchors[anchor].is_dynamic)
		add_dynamic(l, KEYWORD_DYNAMIC_REF, node, frame->anchors[anchor].name);
	else
		lower_add(l, GROUP_ANY, OP_REF, KEYWORD_DYNAMIC_REF)->a =
			compile_block(l->c, node);
	return 0;
}

static int
add_recursive_reference(struct lowering *l)
{
	struct frame *frame = l->c->frame;
	uint32_t node = FRAME_NONE;

	if (!l->has[KEYWORD_RECURSIVE_REF])
		return 0;
	if (find_reference(l, KEYWORD_RECURSIVE_REF, &node, NULL))
		return -1;
	if (frame_dynamic_anchor(frame, frame->nodes[node].resource, RECURSIVE_ANCHOR) == node)
		add_dynamic(l, KEYWORD_RECURSIVE_REF, node, RECURSIVE_ANCHOR);
	else
		lower_add(l, GROUP_ANY, OP_REF, KEYWORD_RECURSIVE_REF)->a =
			compile_block(l->c, node);
	return 0;
}

static int
add_list(struct lowering *l, enum keyword keyword, enum op op)
{
	const struct value *list = l->has[keyword];
	struct compiler *c = l->c;
	struct instruction *i;
	uint32_t first;

	if (!list)
		return 0;
	if (list->kind != VALUE_ARRAY || !list->n)
		return lower_error(l, list, "\"%s\" must be an array of one schema or more",
			keyword_name(keyword));
	first = (uint32_t)c->n_words;
	for (uint32_t k = 0; k < list->n; k++) {
		uint32_t block;

		if (lower_schema(l, &list->items[k], keyword, &block))
			return -1;
		*PUSH(c, words) = block;
	}
	i = lower_add(l, GROUP_ANY, op, keyword);
	i->a = first;
	i->b = list->n;
	return 0;
}

static int
add_not(struct lowering *l)
{
	uint32_t block;

	if (!l->has[KEYWORD_NOT])
		return 0;
	if (lower_schema(l, l->has[KEYWORD_NOT], KEYWORD_NOT, &block))
		return -1;
	lower_add(l, GROUP_ANY, OP_NOT, KEYWORD_NOT)->a = block;
	return 0;
}

static int
add_if(struct lowering *l)
{
	uint32_t condition;
	uint32_t then = BLOCK_TRUE;
	uint32_t otherwise = BLOCK_TRUE;
	struct instruction *i;

	if (!l->has[KEYWORD_IF])
		return 0;
	if (lower_schema(l, l->has[KEYWORD_IF], KEYWORD_IF, &condition))
		return -1;
	if (l->has[KEYWORD_THEN] && lower_schema(l, l->has[KEYWORD_THEN], KEYWORD_THEN, &then))
		return -1;
	if (l->has[KEYWORD_ELSE] &&
		lower_schema(l, l->has[KEYWORD_ELSE], KEYWORD_ELSE, &otherwise))
		return -1;
	i = lower_add(l, GROUP_ANY, OP_IF, KEYWORD_IF);
	i->a = condition;
	i->b = then;
	i->c = otherwise;
	return 0;
}

static int
add_unevaluated(struct lowering *l, enum keyword keyword, enum op op)
{
	uint32_t block;

	if (!l->has[keyword])
		return 0;
	if (lower_schema(l, l->has[keyword], keyword, &block))
		return -1;
	lower_add(l, GROUP_LATE, op, keyword)->a = block;
	return 0;
}

int
lower_any(struct lowering *l)
{
	if (lower_scalars_of_any(l) || add_not(l) || add_list(l, KEYWORD_ALL_OF, OP_ALL_OF) ||
		add_reference(l) || add_dynamic_reference(l) || add_recursive_reference(l))
		return -1;
	if (add_if(l) || add_list(l, KEYWORD_ANY_OF, OP_ANY_OF) ||
		add_list(l, KEYWORD_ONE_OF, OP_ONE_OF))
		return -1;
	if (add_unevaluated(l, KEYWORD_UNEVALUATED_ITEMS, OP_UNEVALUATED_ITEMS))
		return -1;
	return add_unevaluated(l, KEYWORD_UNEVALUATED_PROPERTIES, OP_UNEVALUATED_PROPERTIES);
}
