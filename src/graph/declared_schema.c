#include "graph/declared_schema.h"

#include "base/clock.h"
#include "base/memory.h"
#include "contract/registry.h"
#include "graph/argument.h"
#include "graph/expression.h"
#include "graph/settings.h"

static struct declared_schema *
add(struct workflow *w, struct str id, uint32_t offset)
{
	struct declared_schema *schema;

	w->schemas = memory_grow(
		w->schemas, w->n_schemas, &w->schemas_capacity, sizeof(*w->schemas));
	schema = &w->schemas[w->n_schemas];
	*schema = (struct declared_schema){
		.public = {.id = id, .file = STR_EMPTY, .offset = offset}, .of = w};
	(void)map_add(&w->schema_by_id, id, (uint32_t)w->n_schemas);
	w->n_schemas++;
	return schema;
}

static void
check_timeout(struct workflow *w, const struct place *place, const struct value *timeout)
{
	struct str text = value_text(timeout);
	int64_t us = 0;

	if (!clock_parse_duration(text, &us) || us <= 0)
		finding_error(&w->findings, place, timeout->offset,
			"\"timeout\" is not a time longer than 0: \"%.*s\"; write 90s, 10m or "
			"1h30m",
			(int)MIN(text.n, 60), text.p);
}

static void
check_script(struct workflow *w, const struct place *place, const struct value *script)
{
	struct reference_place at = {w, place, STEP_NONE, 0,
		"a validator; it finds what it judges at $LILY_IN/value", NULL};

	if (expression_occurs(value_text(script)))
		references_refuse(&at, script);
	else
		argument_check(&at, script);
	if (!str_trim(value_text(script)).n)
		finding_error(&w->findings, place, script->offset, "the script is empty");
}

static void
check_validator(struct workflow *w, const struct place *place, const struct value *v)
{
	struct reference_place at = {w, place, STEP_NONE, 0, "exec of a validator", NULL};
	const struct value *keys[VALIDATOR_KEYS];
	struct keys_found found;
	size_t errors = w->findings.errors;

	if (v->kind != VALUE_OBJECT) {
		finding_error(&w->findings, place, v->offset,
			"must be a map such as { exec: [ python3, check.py ] }, not %s",
			value_describe(&w->arena, v));
		return;
	}
	keys_read(&w->findings, place, &validator_keys, v, keys, &found);
	if (found.n_kinds != 1)
		finding_error(&w->findings, place, v->offset,
			"needs exactly one of run (a script) and exec (a program and its "
			"arguments)");
	if (keys[VALIDATOR_RUN])
		check_script(w, place, keys[VALIDATOR_RUN]);
	for (uint32_t i = 0; keys[VALIDATOR_EXEC] && i < keys[VALIDATOR_EXEC]->n; i++)
		references_refuse(&at, &keys[VALIDATOR_EXEC]->items[i]);
	if (keys[VALIDATOR_EXEC] && w->findings.errors == errors)
		arguments_check(&at, keys[VALIDATOR_EXEC]);
	if (keys[VALIDATOR_SHELL])
		shell_check(w, place, keys[VALIDATOR_SHELL]);
	if (keys[VALIDATOR_SHELL] && (found.seen & 1U << VALIDATOR_EXEC))
		finding_error(&w->findings, place, keys[VALIDATOR_SHELL]->offset,
			"`shell` goes with `run` only: `exec` starts its program without one");
	if (keys[VALIDATOR_TIMEOUT])
		check_timeout(w, place, keys[VALIDATOR_TIMEOUT]);
}

static void
read_file(struct workflow *w, const struct place *place, const struct value *file,
	struct declared_schema *schema)
{
	struct str text = value_text(file);

	schema->public.file = text;
	schema->public.offset = file->offset;
	if (!text.n || text.n > 4000 || str_find(text, '\0') >= 0 || expression_occurs(text))
		finding_error(&w->findings, place, file->offset,
			"\"%.*s\" is no plain path of a file", (int)MIN(text.n, 200), text.p);
}

static void
read_long(struct workflow *w, const struct place *place, const struct value *v,
	struct declared_schema *schema)
{
	const struct value *keys[SCHEMA_KEYS];
	struct keys_found found;
	struct place inner = {place, "validators", STR_EMPTY};

	keys_read(&w->findings, place, &schema_keys, v, keys, &found);
	if (!(found.seen & 1U << SCHEMA_FILE))
		finding_error(&w->findings, place, v->offset,
			"\"file\" is missing: where the schema is");
	if (keys[SCHEMA_FILE])
		read_file(w, place, keys[SCHEMA_FILE], schema);
	schema->validators = keys[SCHEMA_VALIDATORS];
	if (schema->validators && schema->validators->n > VALIDATORS_MAX)
		finding_error(&w->findings, place, schema->validators->offset,
			"%u validators, more than %d", schema->validators->n, VALIDATORS_MAX);
	for (uint32_t i = 0; schema->validators && i < schema->validators->n; i++)
		check_validator(w, &inner, &schema->validators->items[i]);
}

static void
read_schema(struct workflow *w, const struct member *member)
{
	struct str id = value_text(&member->key);
	struct place place = {NULL, "schema", id};
	struct declared_schema *schema = add(w, id, member->key.offset);

	if (!registry_is_id(id) || str_find(id, '/') >= 0)
		finding_error(&w->findings, NULL, member->key.offset,
			"\"%.*s\" is no id for a schema: a name that ends in its version, such "
			"as review.v1",
			(int)MIN(id.n, 150), id.p);
	if (member->value.kind == VALUE_STRING)
		read_file(w, &place, &member->value, schema);
	else if (member->value.kind == VALUE_OBJECT)
		read_long(w, &place, &member->value, schema);
	else
		finding_error(&w->findings, &place, member->value.offset,
			"must be a file or a map such as { file: review.json }, not %s",
			value_describe(&w->arena, &member->value));
}

void
schemas_read(struct workflow *w)
{
	const struct value *schemas = w->keys[WORKFLOW_SCHEMAS];

	if (!schemas)
		return;
	if (schemas->n > SCHEMAS_MAX)
		finding_error(&w->findings, NULL, schemas->offset, "%u schemas, more than %d",
			schemas->n, SCHEMAS_MAX);
	for (uint32_t i = 0; i < MIN(schemas->n, SCHEMAS_MAX); i++)
		read_schema(w, &schemas->members[i]);
}

static void
report_unknown(struct workflow *w, const struct place *place, const struct value *id,
	const struct registry *kernel)
{
	struct str names[64];
	const char *suggestion;
	size_t n = 0;

	for (size_t i = 0; i < w->n_schemas && n < ARRAY_SIZE(names); i++)
		names[n++] = w->schemas[i].public.id;
	for (size_t i = 0; registry_at(kernel, i) && n < ARRAY_SIZE(names); i++)
		names[n++] = registry_at(kernel, i)->id;
	suggestion = finding_suggestion(&w->findings, value_text(id), names, n);
	if (*suggestion)
		finding_error(&w->findings, place, id->offset, "there is no schema \"%.*s\"%s",
			(int)MIN(id->n, 150), id->text, suggestion);
	else
		finding_error(&w->findings, place, id->offset,
			"there is no schema \"%.*s\"; declare it: schemas: { %.*s: FILE }",
			(int)MIN(id->n, 150), id->text, (int)MIN(id->n, 150), id->text);
}

void
schema_check_id(struct workflow *w, const struct place *place, const struct value *id)
{
	struct registry *kernel;

	if (map_get(&w->schema_by_id, value_text(id)) != MAP_NONE)
		return;
	kernel = registry_new(REGISTRY_OF_KERNEL);
	if (registry_find(kernel, value_text(id)))
		(void)add(w, value_text(id), id->offset);
	else
		report_unknown(w, place, id, kernel);
	registry_free(kernel);
}

bool
schema_has_validators(const struct workflow *w, struct str id)
{
	uint32_t number = map_get(&w->schema_by_id, id);

	return number != MAP_NONE && w->schemas[number].validators &&
		w->schemas[number].validators->n;
}

int64_t
validator_timeout(const struct value *validator)
{
	const struct value *timeout = value_get(validator, STR("timeout"));

	return timeout ? settings_time(timeout) : VALIDATOR_TIMEOUT_US;
}

struct workflow_schema
workflow_schema(const struct workflow *w, size_t number)
{
	return number < w->n_schemas ? w->schemas[number].public
				     : w->more_schemas[number - w->n_schemas].public;
}

size_t
workflow_schemas(const struct workflow *w)
{
	return w->n_schemas + w->n_more_schemas;
}
