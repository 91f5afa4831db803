/*
 * stack: values on their way into an arena.
 *
 * One stack holds the open containers and, above each, the children it has so far; the keys and
 * values of an object alternate. Closing a container moves its children to the arena, where they
 * lie side by side, and leaves the container as the last child of the one around it.
 */
#ifndef LILY_JSON_STACK_H
#define LILY_JSON_STACK_H

#include "base/memory.h"
#include "json/value.h"

#define STACK_NONE UINT32_MAX

struct stack {
	struct value *values;
	size_t n;
	size_t capacity;
	uint32_t innermost; /* index of the innermost open container, or STACK_NONE */
	uint32_t depth;     /* open containers */
};

#define STACK_INIT ((struct stack){NULL, 0, 0, STACK_NONE, 0})
#define AUTO_STACK __attribute__((cleanup(stack_done)))

void stack_done(struct stack *s);

/* Room for one more value, to be filled by the caller; valid until the next push. */
static inline struct value *
stack_push(struct stack *s)
{
	if (__builtin_expect(s->n == s->capacity, 0))
		s->values = memory_grow(s->values, s->n, &s->capacity, sizeof(*s->values));
	return &s->values[s->n++];
}

/* The innermost open container, NULL where none is. Only kind and offset mean anything yet. */
static inline const struct value *
stack_innermost(const struct stack *s)
{
	return s->innermost == STACK_NONE ? NULL : &s->values[s->innermost];
}

/* Children of the innermost open container so far, keys counted. */
static inline size_t
stack_children(const struct stack *s)
{
	return s->n - s->innermost - 1;
}

void stack_open(struct stack *s, enum value_kind kind, uint32_t offset);

/* Closes the innermost container and returns it, in its place on the stack. */
struct value *stack_close(struct stack *s, struct arena *arena);

#endif
