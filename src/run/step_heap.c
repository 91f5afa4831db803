#include "run/step_heap.h"

#include "base/memory.h"

void
step_heap_add(
	struct step_heap *heap, step_before_fn *before, const void *context, uint32_t step)
{
	size_t i = heap->n;

	heap->items = memory_grow(heap->items, heap->n, &heap->capacity, sizeof(*heap->items));
	heap->n++;
	while (i && before(context, step, heap->items[(i - 1) / 2])) {
		heap->items[i] = heap->items[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap->items[i] = step;
}

void
step_heap_drop_first(struct step_heap *heap, step_before_fn *before, const void *context)
{
	uint32_t moved = heap->items[--heap->n];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= heap->n)
			break;
		if (child + 1 < heap->n &&
			before(context, heap->items[child + 1], heap->items[child]))
			child++;
		if (!before(context, heap->items[child], moved))
			break;
		heap->items[i] = heap->items[child];
		i = child;
	}
	heap->items[i] = moved;
}

void
step_heap_done(struct step_heap *heap)
{
	free(heap->items);
	*heap = (struct step_heap){0};
}
