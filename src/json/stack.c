#include "json/stack.h"

_Static_assert(sizeof(struct member) == 2 * sizeof(struct value), "a key and a value, no more");

void
stack_done(struct stack *s)
{
	free(s->values);
	*s = STACK_INIT;
}

void
stack_open(struct stack *s, enum value_kind kind, uint32_t offset)
{
	struct value *v = stack_push(s);

	/* While it is open, n remembers the container around it. */
	*v = (struct value){.kind = (uint8_t)kind, .n = s->innermost, .offset = offset};
	s->innermost = (uint32_t)(s->n - 1);
	s->depth++;
}

struct value *
stack_close(struct stack *s, struct arena *arena)
{
	struct value *v = &s->values[s->innermost];
	size_t n = stack_children(s);

	s->n = (size_t)s->innermost + 1;
	s->innermost = v->n;
	s->depth--;
	v->n = (uint32_t)(v->kind == VALUE_OBJECT ? n / 2 : n);
	v->items = NULL;
	if (n) {
		struct value *items = ARENA_ARRAY(arena, n, struct value);

		memcpy(items, v + 1, n * sizeof(*items));
		v->items = items;
	}
	return v;
}
