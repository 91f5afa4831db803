#include "graph/declared_schema.h"
#include "graph/loader.h"

enum { SCHEMA_MEMBER_FILE, SCHEMA_MEMBER_SHA256, SCHEMA_MEMBER_VALIDATORS, SCHEMA_MEMBERS };

static const struct shape schema_shape[] = {
	[SCHEMA_MEMBER_FILE] = {"file", KEY_TEXT, false},
	[SCHEMA_MEMBER_SHA256] = {"sha256", KEY_TEXT, true},
	[SCHEMA_MEMBER_VALIDATORS] = {"validators", KEY_LIST, false},
};

enum { VALIDATOR_MEMBER_ARGV, VALIDATOR_MEMBER_TIMEOUT, VALIDATOR_MEMBERS };

static const struct shape validator_shape[] = {
	[VALIDATOR_MEMBER_ARGV] = {"argv", KEY_LIST, true},
	[VALIDATOR_MEMBER_TIMEOUT] = {"timeout", KEY_NUMBER, true},
};

static int
read_validator(
	struct loader *l, const struct value *v, struct validator *validator, struct err *err)
{
	struct arena *arena = &l->graph->arena;
	const struct value *members[VALIDATOR_MEMBERS];
	const struct value *list;
	struct str *argv;
	uint64_t timeout;
	int r = loader_read_object(
		v, "a validator", validator_shape, VALIDATOR_MEMBERS, members, err);

	if (r == 0)
		r = loader_read_number(members[VALIDATOR_MEMBER_TIMEOUT], "\"timeout\"",
			INT64_MAX / 4, &timeout, err);
	if (r < 0)
		return r;
	list = members[VALIDATOR_MEMBER_ARGV];
	if (!list->n || list->n > ARGUMENTS_MAX || !timeout)
		return loader_corrupt(err, "a validator has no program, or no time");
	argv = ARENA_ARRAY(arena, list->n, struct str);
	for (uint32_t i = 0; i < list->n; i++) {
		if (list->items[i].kind != VALUE_STRING ||
			str_find(value_text(&list->items[i]), '\0') >= 0)
			return loader_corrupt(err, "an argument of a validator is no text");
		argv[i] = arena_str(arena, value_text(&list->items[i]));
	}
	*validator = (struct validator){
		.argv = argv, .n_argv = list->n, .timeout_us = (int64_t)timeout};
	return 0;
}

static int
read_schema(
	struct loader *l, const struct value *v, struct step_schema *schema, struct err *err)
{
	struct arena *arena = &l->graph->arena;
	const struct value *members[SCHEMA_MEMBERS];
	const struct value *list;
	struct validator *validators;
	int r = loader_read_object(v, "a schema", schema_shape, SCHEMA_MEMBERS, members, err);

	if (r < 0)
		return r;
	if (!digest_parse(value_text(members[SCHEMA_MEMBER_SHA256]), &schema->digest))
		return loader_corrupt(err, "a schema is named wrongly");
	schema->file = members[SCHEMA_MEMBER_FILE]
		? arena_str(arena, value_text(members[SCHEMA_MEMBER_FILE]))
		: STR_EMPTY;
	list = members[SCHEMA_MEMBER_VALIDATORS];
	if (!list)
		return 0;
	if (list->n > VALIDATORS_MAX)
		return loader_corrupt(err, "a schema has too many validators");
	validators = ARENA_ARRAY(arena, list->n, struct validator);
	for (uint32_t i = 0; r == 0 && i < list->n; i++)
		r = read_validator(l, &list->items[i], &validators[i], err);
	schema->validators = validators;
	schema->n_validators = list->n;
	return r;
}

int
loader_read_schemas(struct loader *l, const struct value *object, struct err *err)
{
	uint32_t n = object ? object->n : 0;
	struct step_schema *schemas = ARENA_ARRAY(&l->graph->arena, n, struct step_schema);

	for (uint32_t i = 0; i < n; i++) {
		int r;

		schemas[i].id =
			arena_str(&l->graph->arena, value_text(&object->members[i].key));
		(void)map_add(&l->schema_by_id, schemas[i].id, i);
		r = read_schema(l, &object->members[i].value, &schemas[i], err);
		if (r < 0)
			return r;
	}
	l->graph->schemas = schemas;
	l->graph->n_schemas = n;
	return 0;
}

int
loader_find_schema(struct loader *l, const struct value *id,
	const struct step_schema **ret_schema, struct err *err)
{
	uint32_t number;

	if (!id)
		return 0;
	number = map_get(&l->schema_by_id, value_text(id));
	if (number == MAP_NONE)
		return loader_corrupt(
			err, "schema \"%.*s\" is not there", (int)MIN(id->n, 100), id->text);
	*ret_schema = &l->graph->schemas[number];
	return 0;
}
