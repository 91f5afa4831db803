#include "workspace/write_set.h"

static const char *const change_names[] = {
	[WRITE_ADDED] = "added",
	[WRITE_MODIFIED] = "modified",
	[WRITE_DELETED] = "deleted",
	[WRITE_MODE] = "mode",
};

const char *
write_change_name(enum write_change change)
{
	return change_names[change];
}

enum write_change
write_entry_change(const struct write_entry *entry)
{
	if (entry->before.type == SIDE_NONE)
		return WRITE_ADDED;
	if (entry->after.type == SIDE_NONE)
		return WRITE_DELETED;
	return side_differs_in_mode(&entry->before, &entry->after) ? WRITE_MODE
								   : WRITE_MODIFIED;
}

struct write_totals
write_set_totals(const struct write_set *set)
{
	struct write_totals totals = {.files = set->n};

	for (size_t i = 0; i < set->n; i++) {
		const struct write_entry *entry = &set->entries[i];

		if (entry->after.type != SIDE_FILE || write_entry_change(entry) == WRITE_MODE)
			continue;
		totals.bytes += entry->after.size;
		totals.file_bytes = MAX(totals.file_bytes, entry->after.size);
	}
	return totals;
}
