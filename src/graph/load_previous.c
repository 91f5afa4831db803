#include "graph/loader.h"

#include "graph/keys.h"

enum {
	LEFT_ARTIFACT,
	LEFT_KIND,
	LEFT_PATH,
	LEFT_RUN,
	LEFT_SCHEMA,
	LEFT_SHA256,
	LEFT_SIZE,
	LEFT_TYPE,
	LEFTS
};

static const struct shape left_shape[] = {
	[LEFT_ARTIFACT] = {"artifact", KEY_NUMBER, false},
	[LEFT_KIND] = {"kind", KEY_TEXT, false},
	[LEFT_PATH] = {"path", KEY_TEXT, true},
	[LEFT_RUN] = {"run", KEY_TEXT, false},
	[LEFT_SCHEMA] = {"schema", KEY_TEXT, false},
	[LEFT_SHA256] = {"sha256", KEY_TEXT, false},
	[LEFT_SIZE] = {"size", KEY_NUMBER, false},
	[LEFT_TYPE] = {"type", KEY_TEXT, false},
};

/* What it is, where it is there at all. */
static int
read_artifact(struct loader *l, const struct value *const members[LEFTS],
	struct workflow_input *input, struct earlier *earlier, struct err *err)
{
	struct arena *arena = &l->graph->arena;
	uint64_t number;
	int r;

	if (!members[LEFT_SHA256])
		return 0;
	if (!members[LEFT_ARTIFACT] || !members[LEFT_KIND] || !members[LEFT_SIZE] ||
		!earlier->has_run ||
		!digest_parse(value_text(members[LEFT_SHA256]), &input->digest))
		return loader_corrupt(err, "what an earlier run left is named wrongly");
	earlier->has_schema = members[LEFT_SCHEMA] != NULL;
	if (earlier->has_schema &&
		!digest_parse(value_text(members[LEFT_SCHEMA]), &earlier->schema))
		return loader_corrupt(err, "a schema of what an earlier run left is no digest");
	earlier->kind = arena_str(arena, value_text(members[LEFT_KIND]));
	if (members[LEFT_TYPE])
		earlier->type = arena_str(arena, value_text(members[LEFT_TYPE]));
	input->given = true;
	input->is_tree = str_is(earlier->kind, "dir");
	r = loader_read_number(
		members[LEFT_ARTIFACT], "\"artifact\"", UINT32_MAX, &number, err);
	if (r < 0)
		return r;
	earlier->artifact = (uint32_t)number;
	return loader_read_number(members[LEFT_SIZE], "\"size\"", INT64_MAX, &input->size, err);
}

static int
read_one(struct loader *l, struct str name, const struct value *v, struct workflow_input *input,
	struct err *err)
{
	struct arena *arena = &l->graph->arena;
	struct earlier *earlier = ARENA_NEW(arena, struct earlier);
	const struct value *members[LEFTS];
	int r = loader_read_object(
		v, "what an earlier run left", left_shape, LEFTS, members, err);

	if (r < 0)
		return r;
	*earlier = (struct earlier){.name = arena_str(arena, name),
		.has_run = members[LEFT_RUN] != NULL,
		.kind = STR_EMPTY,
		.type = STR_EMPTY};
	if (earlier->has_run && !uuid_parse(value_text(members[LEFT_RUN]), &earlier->run))
		return loader_corrupt(err, "an earlier run is named wrongly");
	input->name = str_of(arena_printf(arena, "previous/%.*s", STR_ARG(name)));
	input->path = arena_str(arena, value_text(members[LEFT_PATH]));
	input->optional = true;
	input->earlier = earlier;
	return read_artifact(l, members, input, earlier, err);
}

int
loader_read_previous(struct loader *l, const struct value *object, struct err *err)
{
	for (uint32_t i = 0; i < object->n; i++) {
		uint32_t number = l->graph->n_inputs;
		struct workflow_input *input = &l->inputs[number];
		int r = read_one(l, value_text(&object->members[i].key),
			&object->members[i].value, input, err);

		if (r < 0)
			return r;
		(void)map_add(&l->previous_by_name, input->earlier->name, number);
		l->graph->n_inputs++;
	}
	return 0;
}
