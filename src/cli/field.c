#include "cli/field.h"

#include "cli/heap.h"

#include <string.h>

const char *
field_text(const struct lily_value *value, const char *key)
{
	return lily_value_text(lily_value_get(value, key), NULL);
}

bool
field_equals(const struct lily_value *value, const char *text)
{
	size_t n;
	const char *bytes = lily_value_text(value, &n);

	return n == strlen(text) && memcmp(bytes, text, n) == 0;
}

char *
field_copy(const struct lily_value *value, const char *key)
{
	size_t n;
	const char *bytes = lily_value_text(lily_value_get(value, key), &n);

	return heap_copy(bytes, n);
}

bool
field_is(const struct lily_value *value, const char *key, const char *text)
{
	return field_equals(lily_value_get(value, key), text);
}

int64_t
field_integer(const struct lily_value *value, const char *key, int64_t fallback)
{
	return lily_value_integer(lily_value_get(value, key), fallback);
}

bool
field_has(const struct lily_value *value, const char *key)
{
	return lily_value_kind(lily_value_get(value, key)) != LILY_KIND_NULL;
}

int64_t
field_time(const struct lily_value *value, const char *key)
{
	int64_t us;

	return text_parse_time(field_text(value, key), &us) ? us : 0;
}

void
field_add(struct text *text, const struct lily_value *value, const char *key)
{
	size_t n;
	const char *bytes = lily_value_text(lily_value_get(value, key), &n);

	text_add_safe(text, bytes, n, TEXT_LINE);
}

void
field_add_run(struct text *text, const char *run_id)
{
	text_add(text, run_id, strnlen(run_id, RUN_SHORT));
}

void
field_add_artifact(struct text *text, const char *artifact_id)
{
	const char *colon = strchr(artifact_id, ':');

	field_add_run(text, artifact_id);
	if (colon)
		text_add_string(text, colon);
}
