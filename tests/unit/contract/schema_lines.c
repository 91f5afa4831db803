/*
 * Reads lines of JSON and writes a line for each: what lily says of values.
 *
 *	{"schema": …, "uri": …, "draft": "2020-12", "documents": [[URI, DOCUMENT], …],
 *	 "format": true, "instances": […], "explain": 3}
 *
 * Only "schema" and "instances" must be there. The answer has a character for each instance: 1, 0, L
 * where a limit ended one of the two modes, D where they differ; or it is "invalid MESSAGE" where the draft's
 * own schema refuses the schema, "refused MESSAGE" where it does not compile. "explain" is the number of
 * an instance: what is wrong with it follows on the line, as a JSON string.
 */
#include "contract/dialects.h"
#include "contract/report.h"
#include "json/json.h"

#include <stdio.h>

#define URI "https://schema.test/it"
#define EXPLANATION_MAX 100000
#define DRAFTS (sizeof(drafts) / sizeof(drafts[0]))

static const struct {
	const char *name;
	enum draft draft;
} drafts[] = {
	{"draft-04", DRAFT_4},
	{"draft-06", DRAFT_6},
	{"draft-07", DRAFT_7},
	{"2019-09", DRAFT_2019_09},
	{"2020-12", DRAFT_2020_12},
};

struct lines {
	struct checker *checker;
	struct report *report;
};

static struct str
text_of(const struct value *v, const char *key, const char *otherwise)
{
	const struct value *found = value_get(v, str_of(key));

	return found ? value_text(found) : str_of(otherwise);
}

static enum draft
draft_of(const struct value *request)
{
	struct str name = text_of(request, "draft", "2020-12");

	for (size_t i = 0; i < DRAFTS; i++)
		if (str_is(name, drafts[i].name))
			return drafts[i].draft;
	return DRAFT_N;
}

/* 0, or a negative code where the answer is written already. */
static int
refuse(const char *how, const struct err *err)
{
	(void)printf("%s %s\n", how, err->message);
	return ERR_INVALID;
}

static int
check_meta(struct lines *lines, struct collection *collection, const struct value *root,
	enum draft draft, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct dialect_part *parts;
	const struct schema *meta;
	size_t n;
	int r = 1;

	dialects_split(root, draft, &arena, &parts, &n);
	for (size_t i = 0; r > 0 && i < n; i++) {
		r = collection_get(collection, parts[i].meta, &meta, err);
		if (r == 0)
			r = schema_is_valid(meta, lines->checker, parts[i].root, err);
	}
	return r;
}

static int
compile(struct lines *lines, struct collection *collection, const struct value *request,
	const struct schema **ret_schema)
{
	const struct value *documents = value_get(request, STR("documents"));
	const struct value *root = value_get(request, STR("schema"));
	struct str uri = text_of(request, "uri", URI);
	enum draft draft = draft_of(request);
	struct err err = ERR_INIT;
	int valid;

	for (uint32_t i = 0; documents && i < documents->n; i++) {
		const struct value *pair = &documents->items[i];

		if (collection_add(collection, value_text(&pair->items[0]), &pair->items[1],
			    NULL, draft, &err))
			return refuse("refused", &err);
	}
	if (collection_add(collection, uri, root, NULL, draft, &err))
		return refuse("refused", &err);
	valid = check_meta(lines, collection, root, draft, &err);
	if (valid <= 0) {
		if (!valid)
			err_set(&err, ERR_INVALID, "the meta-schema refuses it");
		return refuse("invalid", &err);
	}
	if (collection_get(collection, uri, ret_schema, &err))
		return refuse("refused", &err);
	return 0;
}

static char
check(struct lines *lines, const struct schema *schema, const struct value *v)
{
	struct err err = ERR_INIT;
	int valid = schema_is_valid(schema, lines->checker, v, &err);
	int thorough = schema_check(schema, lines->checker, v, 0, lines->report, &err);

	if (valid < 0 || thorough < 0)
		return 'L';
	if (valid != thorough || report_is_valid(lines->report) != (valid == 1))
		return 'D';
	return valid ? '1' : '0';
}

static void
explain(struct lines *lines, const struct schema *schema, const struct value *v,
	const struct source *source)
{
	AUTO_BUF struct buf text = BUF_INIT(EXPLANATION_MAX);
	AUTO_BUF struct buf quoted = BUF_INIT(6 * EXPLANATION_MAX);
	struct err err = ERR_INIT;
	int valid = schema_is_valid(schema, lines->checker, v, &err);
	int thorough = schema_check(schema, lines->checker, v, 0, lines->report, &err);

	if (valid != thorough)
		buf_printf(&text, "%d, thoroughly %d: %s", valid, thorough, err.message);
	else if (thorough == 0)
		report_describe(lines->report, source, &text);
	json_write_string(buf_str(&text), &quoted);
	(void)printf(" %.*s", STR_ARG(buf_str(&quoted)));
}

static void
answer(struct lines *lines, const struct value *request, const struct source *source)
{
	const struct value *instances = value_get(request, STR("instances"));
	const struct value *format = value_get(request, STR("format"));
	const struct value *wanted = value_get(request, STR("explain"));
	struct collection *collection = collection_new(&(struct collection_options){
		format && value_is_true(format) ? COLLECTION_ASSERT_FORMAT : 0});
	const struct schema *schema = NULL;
	uint64_t at;

	if (compile(lines, collection, request, &schema) == 0) {
		for (uint32_t i = 0; i < instances->n; i++)
			(void)putchar(check(lines, schema, &instances->items[i]));
		if (wanted && str_to_u64(value_text(wanted), instances->n - 1, &at))
			explain(lines, schema, &instances->items[at], source);
		(void)putchar('\n');
	}
	collection_free(collection);
}

int
main(void)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lines lines = {checker_new(NULL), report_new()};
	char *line = NULL;
	size_t capacity = 0;
	ssize_t n;

	while ((n = getline(&line, &capacity, stdin)) > 0) {
		struct source source = {"request", {line, (size_t)n}};
		const struct value *request;
		struct err err = ERR_INIT;

		arena_reset(&arena);
		if (json_parse(&arena, &source, 0, NULL, &request, &err) ||
			draft_of(request) == DRAFT_N || !value_get(request, STR("schema")) ||
			!value_get(request, STR("instances"))) {
			(void)fprintf(stderr, "%s\n", err.message);
			return 1;
		}
		answer(&lines, request, &source);
		(void)fflush(stdout);
	}
	free(line);
	checker_free(lines.checker);
	report_free(lines.report);
	return ferror(stdin) != 0;
}
