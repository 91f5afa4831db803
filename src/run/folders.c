#include "run/folders.h"

#include "base/file.h"
#include "base/memory.h"

#include <stdio.h>

void
folders_add(struct folders *folders, const struct run_hold *hold, uint32_t attempt)
{
	folders->items = memory_grow(
		folders->items, folders->n, &folders->capacity, sizeof(*folders->items));
	folders->items[folders->n++] =
		(struct folder){.attempt = attempt, .submission = store_submitted(hold->store)};
}

void
folders_clear(struct folders *folders, const struct run_hold *hold)
{
	uint64_t durable = folders->n ? store_durable(hold->store) : 0;
	size_t kept = 0;

	for (size_t i = 0; i < folders->n; i++) {
		struct err err = ERR_INIT;
		char path[32];

		if (folders->items[i].submission > durable) {
			folders->items[kept++] = folders->items[i];
			continue;
		}
		(void)snprintf(path, sizeof(path), "attempts/%u", folders->items[i].attempt);
		(void)tree_remove(hold->directory, path, &err);
	}
	folders->n = kept;
}

void
folders_done(struct folders *folders)
{
	free(folders->items);
	*folders = (struct folders){0};
}
