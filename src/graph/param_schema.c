#include "graph/param_schema.h"

#include "contract/flaw.h"

#include <stdio.h>

int
param_schema_check(const struct schema *schema, const struct value *v, struct arena *arena,
	const char **ret_message, struct err *err)
{
	const struct flaw *flaws;
	size_t n;
	int r = flaws_find(schema, v, arena, &flaws, &n, err);

	if (r == 0 && n)
		*ret_message = arena_printf(arena, "%.*s%s%.*s", STR_ARG(flaws[0].instance),
			flaws[0].instance.n ? ": " : "", STR_ARG(flaws[0].message));
	return r;
}

/* The place that a message begins with, as an offset; what follows it. */
static uint32_t
take_place(const struct source *source, const char **message)
{
	size_t n = strlen(source->name);
	const char *said = *message;
	struct str text = source->text;
	unsigned line;
	unsigned column;
	int end = 0;
	size_t at = 0;

	if (strncmp(said, source->name, n) != 0 ||
		sscanf(said + n, ":%u:%u:%n", &line, &column, &end) != 2 || !end)
		return SOURCE_NOWHERE;
	*message = said + n + (size_t)end + (said[n + (size_t)end] == ' ');
	for (unsigned i = 1; i < line && at < text.n; at++)
		i += text.p[at] == '\n';
	return (uint32_t)MIN(at + column - 1, text.n);
}

/* What its meta-schema finds. */
static bool
check_meta(struct workflow *w, const struct place *place, const struct value *v)
{
	const struct value *draft = value_get(v, STR("$schema"));
	struct str uri = draft_uri(DRAFT_2020_12);
	struct err err = ERR_INIT;
	const struct schema *meta;
	const struct flaw *flaws;
	size_t n;
	int r;

	if (draft && draft->kind == VALUE_STRING && draft_find(value_text(draft)) != DRAFT_N)
		uri = draft_uri(draft_find(value_text(draft)));
	r = collection_get(w->param_schemas, uri, &meta, &err);
	if (r == 0)
		r = flaws_find(meta, v, &w->arena, &flaws, &n, &err);
	if (r < 0)
		finding_error(&w->findings, place, v->offset, "%s", err.message);
	for (size_t i = 0; r == 0 && i < n; i++)
		finding_error(&w->findings, place, flaws[i].offset, "%.*s",
			STR_ARG(flaws[i].message));
	return r == 1;
}

void
param_schema_compile(
	struct workflow *w, const struct place *place, const struct value *v, size_t number)
{
	static const struct collection_options options = {COLLECTION_ASSERT_FORMAT};
	struct err err = ERR_INIT;
	struct str uri = str_of(arena_printf(
		&w->arena, "lily:///params/%.*s", STR_ARG(w->params[number].name)));
	const char *message = err.message;
	uint32_t offset;
	int r;

	if (!w->param_schemas)
		w->param_schemas = collection_new(&options);
	if (!check_meta(w, place, v))
		return;
	r = collection_add(w->param_schemas, uri, v, &w->source, DRAFT_2020_12, &err);
	if (r == 0)
		r = collection_get(w->param_schemas, uri, &w->param_keys[number].schema, &err);
	if (r == 0)
		return;
	offset = take_place(&w->source, &message);
	finding_error(&w->findings, place, offset == SOURCE_NOWHERE ? v->offset : offset,
		"%.*s", (int)strcspn(message, "\n"), message);
}
