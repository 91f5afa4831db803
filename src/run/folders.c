#include "run/folders.h"

#include "base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

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
		char path[32];

		if (folders->items[i].submission > durable) {
			folders->items[kept++] = folders->items[i];
			continue;
		}
		(void)snprintf(
			path, sizeof(path), "attempts/%u/log", folders->items[i].attempt);
		(void)unlinkat(hold->directory, path, 0);
		(void)snprintf(
			path, sizeof(path), "attempts/%u/tail", folders->items[i].attempt);
		(void)unlinkat(hold->directory, path, 0);
		(void)snprintf(path, sizeof(path), "attempts/%u", folders->items[i].attempt);
		(void)unlinkat(hold->directory, path, AT_REMOVEDIR);
	}
	folders->n = kept;
}

void
folders_done(struct folders *folders)
{
	free(folders->items);
	*folders = (struct folders){0};
}
