/*
 * The JSON Schema Test Suite's cases about regular expressions, of all drafts: what "pattern",
 * "patternProperties" and the format "regex" alone decide. A schema with any other keyword than
 * those of check() is not counted.
 */
#include "../json/suites.h"
#include "pattern/pattern.h"
#include "json/json.h"

static const char *const drafts[] = {
	"draft4", "draft6", "draft7", "draft2019-09", "draft2020-12", "v1"};

/* A draft may lack some of these; the newest has all. */
static const char *const files[] = {"pattern.json", "patternProperties.json",
	"optional/ecmascript-regex.json", "optional/non-bmp-regex.json",
	"optional/format/ecmascript-regex.json", "optional/format/regex.json",
	"format/ecmascript-regex.json", "format/regex.json"};

enum verdict { INVALID, VALID, UNKNOWN };

static bool
matches(struct str pattern_text, struct str subject)
{
	struct pattern *pattern = NULL;
	struct err err = ERR_INIT;
	int found = pattern_new(pattern_text, &pattern, &err);

	if (found == 0)
		found = pattern_match(pattern, subject, &err);
	pattern_free(pattern);
	if (found < 0)
		(void)printf("not ok %.*s: %s\n", STR_ARG(pattern_text), err.message);
	return found == 1;
}

static bool
is_regex(struct str text)
{
	struct pattern *pattern = NULL;
	struct err err = ERR_INIT;
	int code = pattern_new(text, &pattern, &err);

	pattern_free(pattern);
	return code != ERR_INVALID;
}

static enum verdict
check_type(const struct value *type, const struct value *data)
{
	int64_t whole;
	double number;

	if (str_is(value_text(type), "integer"))
		return value_to_i64(data, &whole) ? VALID : INVALID;
	if (str_is(value_text(type), "number"))
		return value_to_double(data, &number) ? VALID : INVALID;
	return str_is(value_text(type), value_kind_name(data)) ? VALID : INVALID;
}

/* A schema inside patternProperties: true, false, or a type, or a maximum. */
static enum verdict
check_inner(const struct value *schema, const struct value *data)
{
	const struct value *type = value_get(schema, STR("type"));
	const struct value *maximum = value_get(schema, STR("maximum"));
	double most;
	double number;

	if (schema->kind == VALUE_BOOL)
		return value_is_true(schema) ? VALID : INVALID;
	if (schema->n != 1)
		return schema->n ? UNKNOWN : VALID;
	if (type)
		return check_type(type, data);
	if (!maximum || !value_to_double(maximum, &most))
		return UNKNOWN;
	return !value_to_double(data, &number) || number <= most ? VALID : INVALID;
}

static enum verdict
check_properties(
	const struct value *patterns, const struct value *additional, const struct value *data)
{
	enum verdict worst = VALID;

	for (uint32_t i = 0; data->kind == VALUE_OBJECT && i < data->n; i++) {
		bool found = false;

		for (uint32_t k = 0; k < patterns->n; k++) {
			enum verdict inner;

			if (!matches(value_text(&patterns->members[k].key),
				    value_text(&data->members[i].key)))
				continue;
			found = true;
			inner = check_inner(
				&patterns->members[k].value, &data->members[i].value);
			if (inner == UNKNOWN)
				return UNKNOWN;
			worst = MIN(worst, inner);
		}
		if (!found && additional && !value_is_true(additional))
			worst = INVALID;
	}
	return worst;
}

static enum verdict
check_keyword(const struct value *schema, const struct member *member, const struct value *data)
{
	struct str key = value_text(&member->key);
	struct str text = value_text(&member->value);

	if (str_is(key, "$schema") || str_is(key, "additionalProperties"))
		return VALID;
	if (str_is(key, "type"))
		return check_type(&member->value, data);
	if (str_is(key, "pattern"))
		return data->kind != VALUE_STRING || matches(text, value_text(data)) ? VALID
										     : INVALID;
	if (str_is(key, "format") && str_is(text, "regex"))
		return data->kind != VALUE_STRING || is_regex(value_text(data)) ? VALID
										: INVALID;
	if (str_is(key, "patternProperties"))
		return check_properties(
			&member->value, value_get(schema, STR("additionalProperties")), data);
	return UNKNOWN;
}

static enum verdict
check(const struct value *schema, const struct value *data)
{
	enum verdict worst = VALID;

	for (uint32_t i = 0; i < schema->n; i++) {
		enum verdict verdict = check_keyword(schema, &schema->members[i], data);

		if (verdict == UNKNOWN)
			return UNKNOWN;
		worst = MIN(worst, verdict);
	}
	return worst;
}

struct tally {
	size_t checked;
	size_t unknown;
	size_t wrong;
};

static void
check_group(const char *path, const struct value *group, struct tally *tally)
{
	const struct value *schema = value_get(group, STR("schema"));
	const struct value *tests = value_get(group, STR("tests"));

	for (uint32_t i = 0; i < tests->n; i++) {
		const struct value *test = &tests->items[i];
		bool valid = value_is_true(value_get(test, STR("valid")));
		enum verdict verdict = schema->kind != VALUE_OBJECT
			? UNKNOWN
			: check(schema, value_get(test, STR("data")));

		tally->unknown += verdict == UNKNOWN;
		tally->checked += verdict != UNKNOWN;
		if (verdict == UNKNOWN || (verdict == VALID) == valid)
			continue;
		tally->wrong++;
		(void)printf("not ok %s: %.*s: %.*s\n", path,
			STR_ARG(value_text(value_get(group, STR("description")))),
			STR_ARG(value_text(value_get(test, STR("description")))));
	}
}

static void
check_file(struct arena *arena, const char *folder, const char *name, struct tally *tally)
{
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	struct source source = {name, STR_EMPTY};
	const struct value *groups = NULL;
	struct err err = ERR_INIT;

	if (access(path_join(arena, folder, name), R_OK) != 0)
		return;
	suites_read(arena, folder, str_of(name), &text);
	source.text = buf_str(&text);
	if (json_parse(arena, &source, 0, NULL, &groups, &err)) {
		(void)printf("not ok %s\n", err.message);
		tally->wrong++;
		return;
	}
	for (uint32_t i = 0; i < groups->n; i++)
		check_group(name, &groups->items[i], tally);
}

int
main(void)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct tally tally = {0, 0, 0};
	const char *root = suites_find(&arena, "json-schema/tests");

	if (!root)
		return SUITES_SKIPPED;
	for (size_t i = 0; i < ARRAY_SIZE(drafts); i++)
		for (size_t k = 0; k < ARRAY_SIZE(files); k++)
			check_file(
				&arena, path_join(&arena, root, drafts[i]), files[k], &tally);
	(void)printf("%zu cases, %zu of other keywords, %zu wrong\n", tally.checked,
		tally.unknown, tally.wrong);
	return tally.wrong || !tally.checked;
}
