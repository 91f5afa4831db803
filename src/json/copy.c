#include "json/copy.h"

#include "base/memory.h"

/* A container that is being copied: its next child. */
struct copying {
	const struct value *from;
	struct value *items;    /* of an array */
	struct member *members; /* of an object */
	uint32_t next;
};

struct copier {
	struct arena *arena;
	struct copying *open; /* innermost last */
	size_t n_open;
	size_t capacity;
};

static struct value
copy_scalar(struct arena *arena, const struct value *v)
{
	struct value copy = *v;

	copy.offset = SOURCE_NOWHERE;
	if (v->kind == VALUE_STRING || v->kind == VALUE_NUMBER)
		copy.text = arena_str(arena, value_text(v)).p;
	return copy;
}

/* A container comes with room for its children, and is put on the stack to be filled. */
static struct value
copy_node(struct copier *copier, const struct value *v)
{
	struct copying *opened;
	struct value copy;

	if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT)
		return copy_scalar(copier->arena, v);
	copier->open = memory_grow(
		copier->open, copier->n_open, &copier->capacity, sizeof(*copier->open));
	opened = &copier->open[copier->n_open++];
	*opened = (struct copying){.from = v};
	if (v->kind == VALUE_ARRAY) {
		opened->items = ARENA_ARRAY(copier->arena, v->n, struct value);
		copy = value_array(opened->items, v->n);
	} else {
		opened->members = ARENA_ARRAY(copier->arena, v->n, struct member);
		copy = value_object(opened->members, v->n);
	}
	return copy;
}

static void
copy_child(struct copier *copier, struct copying *into)
{
	uint32_t i = into->next++;
	/* Opening a child moves the stack. */
	const struct copying at = *into;

	if (at.items) {
		at.items[i] = copy_node(copier, &at.from->items[i]);
		return;
	}
	at.members[i].key = copy_scalar(copier->arena, &at.from->members[i].key);
	at.members[i].value = copy_node(copier, &at.from->members[i].value);
}

struct value
value_copy(struct arena *arena, const struct value *v)
{
	struct copier copier = {.arena = arena};
	struct value root = copy_node(&copier, v);

	while (copier.n_open) {
		struct copying *top = &copier.open[copier.n_open - 1];

		if (top->next == top->from->n)
			copier.n_open--;
		else
			copy_child(&copier, top);
	}
	free(copier.open);
	return root;
}
