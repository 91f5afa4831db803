#include "cli/artifact.h"

#include "cli/field.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void
artifact_print_reference(const struct call *call, const struct lily_value *reference)
{
	if (call_wants_json(call))
		call_print_json(reference);
	else
		(void)puts(field_text(reference, "artifact_id"));
}

void
artifact_name_of_path(struct text *name, const char *path)
{
	size_t end = strlen(path);
	size_t start;

	if (strcmp(path, "-") == 0) {
		text_add_string(name, "stdin");
		return;
	}
	while (end > 1 && path[end - 1] == '/')
		end--;
	start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	for (size_t i = start; i < end; i++) {
		unsigned char c = (unsigned char)path[i];
		bool plain = isascii(c) &&
			(isalnum(c) || c == '_' || (i > start && (c == '.' || c == '-')));

		text_add_char(name, plain ? (char)c : '_');
	}
}
