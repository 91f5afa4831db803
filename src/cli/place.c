#include "cli/place.h"

#include <stdio.h>
#include <string.h>

static void
show_notes(const struct call *call, struct lily_store *store)
{
	const char *notes = lily_store_notes(store);

	while (*notes) {
		size_t n = strcspn(notes, "\n");

		if (n > 0)
			call_warn(call, "%.*s", (int)n, notes);
		notes += n;
		notes += *notes == '\n';
	}
}

int
place_open(const struct call *call, unsigned flags, struct lily_store **ret_store)
{
	struct lily_store_options options = {
		.store = call_global(call, GLOBAL_STORE),
		.flags = flags,
	};
	struct lily_error error = {0};
	int status;

	if (lily_store_open(&options, ret_store, &error) < 0) {
		status = call_fail(call, &error);
		if (error.code == LILY_ERROR_NOT_FOUND && (flags & LILY_STORE_READ_ONLY))
			call_hint(call,
				"a workspace is the nearest parent folder with a .lily, else "
				"this one; -C DIR looks from another");
		/* Of a store that is there, whatever is wrong is wrong with the store. */
		return error.code == LILY_ERROR_NOT_FOUND ? status : STATUS_SYSTEM;
	}
	show_notes(call, *ret_store);
	return 0;
}

void
place_print(const struct text *text)
{
	(void)fwrite(text_string(text), 1, text->size, stdout);
}
