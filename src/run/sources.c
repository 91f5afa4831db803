#include "run/sources.h"

#include "base/memory.h"

void
sources_done(struct sources *sources)
{
	free(sources->items);
	arena_done(&sources->arena);
}

void
sources_add(struct sources *sources, const struct source_read *source)
{
	struct source_read *added;

	if (!sources)
		return;
	sources->items = memory_grow(
		sources->items, sources->n, &sources->capacity, sizeof(*sources->items));
	added = &sources->items[sources->n++];
	*added = *source;
	added->name = arena_str(&sources->arena, source->name);
	added->path = arena_str(&sources->arena, source->path);
}
