/*
 * The format tests of the JSON Schema suite (github.com/json-schema-org/JSON-Schema-Test-Suite),
 * optional/format of each draft. Their schemas are {"format": NAME}, which is read here without a
 * schema compiler; a schema that says more is counted as not understood, and is a fault too.
 */
#include "../json/suites.h"
#include "format/format.h"
#include "json/json.h"

static const char *const drafts[] = {
	"draft4",
	"draft6",
	"draft7",
	"draft2019-09",
	"draft2020-12",
};

struct tally {
	size_t right;
	size_t wrong;
	size_t not_understood;
};

/* The format that a schema asks for; false where it asks for anything else. */
static bool
read_schema(const struct value *schema, enum format *ret_format)
{
	const struct value *format = value_get(schema, STR("format"));
	uint32_t understood = value_get(schema, STR("$schema")) ? 2 : 1;

	if (!format || format->kind != VALUE_STRING || schema->n != understood)
		return false;
	*ret_format = format_find(value_text(format));
	return true;
}

static void
check_case(enum format format, const struct value *test, const char *place, struct tally *tally)
{
	const struct value *data = value_get(test, STR("data"));
	bool is_valid = value_is_true(value_get(test, STR("valid")));
	bool accepted = data->kind != VALUE_STRING || format_check(format, value_text(data));

	tally->right += accepted == is_valid;
	tally->wrong += accepted != is_valid;
	if (accepted != is_valid)
		(void)printf("not ok %s: %s: \"%.*s\" is %s\n", place, format_name(format),
			STR_ARG(value_text(data)), accepted ? "accepted" : "refused");
}

static void
check_file(struct arena *arena, const char *folder, struct str name, struct tally *tally)
{
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	struct source source = {path_join(arena, folder, arena_cstr(arena, name)), STR_EMPTY};
	const struct value *groups = NULL;
	struct err err = ERR_INIT;

	suites_read(arena, folder, name, &text);
	source.text = buf_str(&text);
	if (json_parse(arena, &source, 0, NULL, &groups, &err)) {
		(void)printf("not ok %s\n", err.message);
		tally->wrong++;
		return;
	}
	for (uint32_t i = 0; i < groups->n; i++) {
		const struct value *tests = value_get(&groups->items[i], STR("tests"));
		enum format format;

		if (!read_schema(value_get(&groups->items[i], STR("schema")), &format)) {
			(void)printf("not understood: %s, group %u\n", source.name, i + 1);
			tally->not_understood += tests->n;
			continue;
		}
		for (uint32_t j = 0; j < tests->n; j++)
			check_case(format, &tests->items[j], source.name, tally);
	}
}

/* Whether all was right; false where the folder is not there. */
static bool
check_draft(const char *draft, bool *ret_found)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *name = path_join(&arena, "json-schema/tests", draft);
	const char *folder = suites_find(&arena, path_join(&arena, name, "optional/format"));
	struct tally tally = {0};
	struct str *names;
	size_t n;

	*ret_found = folder != NULL;
	if (!folder)
		return false;
	names = suites_list(&arena, folder, &n);
	for (size_t i = 0; i < n; i++)
		check_file(&arena, folder, names[i], &tally);
	(void)printf("%s: %zu right, %zu wrong, %zu not understood\n", draft, tally.right,
		tally.wrong, tally.not_understood);
	return !tally.wrong && !tally.not_understood && tally.right;
}

int
main(void)
{
	bool all = true;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(drafts); i++) {
		all &= check_draft(drafts[i], &found);
		if (!found)
			return SUITES_SKIPPED;
	}
	return !all;
}
