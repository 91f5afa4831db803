/*
 * The annotation and output tests of the JSON Schema Test Suite, for every draft that a case is
 * for.
 */
#include "contract/report.h"
#include "remotes.h"

static const char *const compatibility[] = {
	[DRAFT_4] = "4",
	[DRAFT_6] = "6",
	[DRAFT_7] = "7",
	[DRAFT_2019_09] = "2019",
	[DRAFT_2020_12] = "2020",
};

struct run {
	struct arena arena;
	struct checker *checker;
	struct report *report;
	const char *file;
	enum draft draft;
	size_t tests;
	size_t wrong;
	size_t left_out;
};

static struct str
text_of(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, str_of(key));

	return found ? value_text(found) : STR_EMPTY;
}

static void
tell(struct run *run, const struct value *c, const char *what)
{
	struct str description = text_of(c, "description");

	run->wrong++;
	(void)printf("not ok %s %s: %.*s: %s\n", run->file, draft_name(run->draft),
		STR_ARG(description), what);
}

/* "7", "6,<=2019", "=2020" of the annotation suite. */
static bool
is_compatible(struct str wanted, enum draft draft)
{
	uint64_t mine = 0;

	(void)str_to_u64(str_of(compatibility[draft]), 9999, &mine);
	while (wanted.n) {
		struct str rest;
		struct str part = str_cut(wanted, ',', &rest);
		bool at_most = str_starts(part, STR("<="));
		bool only = str_starts(part, STR("="));
		uint64_t theirs = 0;

		part.p += at_most ? 2 : only;
		part.n -= at_most ? 2 : only;
		(void)str_to_u64(part, 9999, &theirs);
		if (at_most ? mine > theirs : only ? mine != theirs : mine < theirs)
			return false;
		wanted = rest.p ? rest : STR_EMPTY;
	}
	return true;
}

/* The schema that a URI names, NULL where there is none. */
static const struct value *
schema_at(struct collection *collection, struct str uri)
{
	const struct schema *schema;

	return collection_get(collection, uri, &schema, NULL) ? NULL : schema_value(schema);
}

/* The annotation that the suite wants of the schema at this place; the suite names places from the
 * root of its document, we from the root of the resource. */
static const struct value *
wanted_annotation(struct run *run, struct collection *collection, const struct value *expected,
	struct str place)
{
	const struct value *schema = schema_at(collection, place);

	for (uint32_t i = 0; schema && i < expected->n; i++) {
		struct str key = value_text(&expected->members[i].key);
		bool is_fragment = key.n && key.p[0] == '#';
		const char *uri = arena_printf(&run->arena, "%s%.*s",
			is_fragment ? "http://localhost:1234/case" : "", STR_ARG(key));

		if (schema_at(collection, str_of(uri)) == schema)
			return &expected->members[i].value;
	}
	return NULL;
}

static void
check_assertion(struct run *run, struct collection *collection, const struct value *c,
	const struct value *assertion, const struct value *annotations)
{
	const struct value *expected = value_get(assertion, STR("expected"));
	struct str keyword = text_of(assertion, "keyword");
	uint32_t found = 0;

	run->tests++;
	for (uint32_t i = 0; annotations && i < annotations->n; i++) {
		const struct value *unit = &annotations->items[i];
		struct str path = text_of(unit, "keywordLocation");
		struct str place = text_of(unit, "absoluteKeywordLocation");
		const struct value *wanted;

		if (!str_equal(text_of(unit, "instanceLocation"),
			    text_of(assertion, "location")) ||
			path.n <= keyword.n || path.p[path.n - keyword.n - 1] != '/' ||
			!str_ends(path, keyword))
			continue;
		found++;
		place.n -= keyword.n + 1;
		wanted = wanted_annotation(run, collection, expected, place);
		if (!wanted || !value_equal(wanted, value_get(unit, STR("annotation"))))
			tell(run, c,
				arena_printf(&run->arena, "%.*s is annotated and should not",
					STR_ARG(place)));
	}
	if (found != expected->n)
		tell(run, c, "another number of annotations than expected");
}

static void
annotate(struct run *run, struct collection *collection, const struct value *c,
	const struct schema *schema)
{
	const struct value *tests = value_get(c, STR("tests"));

	for (uint32_t i = 0; i < tests->n; i++) {
		const struct value *assertions = value_get(&tests->items[i], STR("assertions"));
		const struct value *output;
		struct err err = ERR_INIT;

		if (schema_check(schema, run->checker,
			    value_get(&tests->items[i], STR("instance")), REPORT_ANNOTATIONS,
			    run->report, &err) < 0) {
			tell(run, c, err.message);
			continue;
		}
		output = report_output(run->report, REPORT_BASIC, NULL, &run->arena);
		for (uint32_t k = 0; k < assertions->n; k++)
			check_assertion(run, collection, c, &assertions->items[k],
				value_get(output, STR("annotations")));
	}
}

static void
run_annotation_case(struct run *run, const struct value *c)
{
	struct collection *collection = collection_new(NULL);
	const struct value *others = value_get(c, STR("externalSchemas"));
	const struct schema *schema;
	struct err err = ERR_INIT;
	struct str uri = STR("http://localhost:1234/case");
	int code = 0;

	for (uint32_t i = 0; others && !code && i < others->n; i++)
		code = collection_add(collection, value_text(&others->members[i].key),
			&others->members[i].value, NULL, run->draft, &err);
	if (code ||
		collection_add(
			collection, uri, value_get(c, STR("schema")), NULL, run->draft, &err) ||
		collection_get(collection, uri, &schema, &err))
		tell(run, c, err.message);
	else
		annotate(run, collection, c, schema);
	collection_free(collection);
}

static void
run_annotations(struct run *run, const char *folder)
{
	size_t n;
	struct str *names = suites_list(&run->arena, folder, &n);

	for (size_t i = 0; i < n; i++) {
		const struct value *suite = value_get(
			remotes_read(&run->arena, folder, names[i], NULL), STR("suite"));

		run->file = arena_cstr(&run->arena, names[i]);
		for (uint32_t k = 0; k < suite->n; k++)
			for (int d = DRAFT_4; d < DRAFT_N; d++) {
				run->draft = (enum draft)d;
				if (is_compatible(text_of(&suite->items[k], "compatibility"),
					    run->draft))
					run_annotation_case(run, &suite->items[k]);
				else
					run->left_out++;
			}
	}
}

static void
check_output(struct run *run, struct collection *collection, const struct value *c,
	const struct value *test, const struct schema *schema)
{
	const struct value *outputs = value_get(test, STR("output"));
	struct err err = ERR_INIT;

	if (schema_check(schema, run->checker, value_get(test, STR("data")), REPORT_ANNOTATIONS,
		    run->report, &err) < 0) {
		tell(run, c, err.message);
		return;
	}
	for (uint32_t i = 0; i < outputs->n; i++) {
		static const char *const names[] = {"flag", "basic", "detailed"};
		struct str name = value_text(&outputs->members[i].key);
		struct str uri = text_of(&outputs->members[i].value, "$id");
		const struct schema *wanted;
		const struct value *output = NULL;

		run->tests++;
		for (int f = REPORT_FLAG; f <= REPORT_DETAILED; f++)
			if (str_is(name, names[f]))
				output = report_output(
					run->report, (enum report_format)f, NULL, &run->arena);
		if (!output)
			tell(run, c, "an output format that is not there");
		else if (collection_add(collection, uri, &outputs->members[i].value, NULL,
				 run->draft, &err) ||
			collection_get(collection, uri, &wanted, &err) ||
			schema_is_valid(wanted, run->checker, output, &err) < 0)
			tell(run, c, err.message);
		else if (!schema_is_valid(wanted, run->checker, output, &err))
			tell(run, c, "the output is not as the suite wants it");
	}
}

static void
run_output_file(struct run *run, const struct value *cases, const struct value *output_schema)
{
	for (uint32_t i = 0; i < cases->n; i++) {
		struct collection *collection = collection_new(NULL);
		const struct value *c = &cases->items[i];
		const struct value *tests = value_get(c, STR("tests"));
		struct str uri = text_of(value_get(c, STR("schema")), "$id");
		const struct schema *schema;
		struct err err = ERR_INIT;

		if (collection_add(
			    collection, STR("output"), output_schema, NULL, run->draft, &err) ||
			collection_add(collection, uri, value_get(c, STR("schema")), NULL,
				run->draft, &err) ||
			collection_get(collection, uri, &schema, &err)) {
			tell(run, c, err.message);
			collection_free(collection);
			continue;
		}
		for (uint32_t k = 0; k < tests->n; k++)
			check_output(run, collection, c, &tests->items[k], schema);
		collection_free(collection);
	}
}

static void
run_outputs(struct run *run, const char *folder, enum draft draft)
{
	const char *content = path_join(&run->arena, folder, "content");
	const struct value *schema =
		remotes_read(&run->arena, folder, STR("output-schema.json"), NULL);
	size_t n;
	struct str *names = suites_list(&run->arena, content, &n);

	run->draft = draft;
	for (size_t i = 0; i < n; i++) {
		run->file = arena_cstr(&run->arena, names[i]);
		run_output_file(
			run, remotes_read(&run->arena, content, names[i], NULL), schema);
	}
}

int
main(void)
{
	static struct run run;
	const char *suite = suites_find(&run.arena, "json-schema");
	size_t annotations;

	if (!suite)
		return SUITES_SKIPPED;
	run.checker = checker_new(NULL);
	run.report = report_new();
	run_annotations(&run, path_join(&run.arena, suite, "annotations/tests"));
	annotations = run.tests;
	(void)printf("annotations: %zu assertions, %zu wrong, %zu pairs of case and draft that "
		     "are not for each other\n",
		annotations, run.wrong, run.left_out);
	run_outputs(
		&run, path_join(&run.arena, suite, "output-tests/draft2019-09"), DRAFT_2019_09);
	run_outputs(
		&run, path_join(&run.arena, suite, "output-tests/draft2020-12"), DRAFT_2020_12);
	(void)printf(
		"outputs: %zu tests; left out: output-tests/v1, a draft that is not ours\n",
		run.tests - annotations);
	(void)printf("%zu tests, %zu wrong\n", run.tests, run.wrong);
	checker_free(run.checker);
	report_free(run.report);
	arena_done(&run.arena);
	return run.wrong || run.tests == annotations || !annotations;
}
