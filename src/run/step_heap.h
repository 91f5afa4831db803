/*
 * step_heap: numbers of steps, the first of them in some order at hand: a binary heap.
 */
#ifndef LILY_RUN_STEP_HEAP_H
#define LILY_RUN_STEP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether step a comes before step b; of two different steps exactly one does. */
typedef bool step_before_fn(const void *context, uint32_t a, uint32_t b);

struct step_heap {
	uint32_t *items; /* items[0] is the first */
	size_t n;
	size_t capacity;
};

void step_heap_add(
	struct step_heap *heap, step_before_fn *before, const void *context, uint32_t step);
void step_heap_drop_first(struct step_heap *heap, step_before_fn *before, const void *context);
void step_heap_done(struct step_heap *heap);

#endif
