/*
 * The JSON Schema Test Suite (github.com/json-schema-org/JSON-Schema-Test-Suite): every test of every
 * file of the five drafts, in both modes. With the name of a folder ("draft7/optional") only
 * that one, with a second argument only cases whose description has that text.
 */
#include "contract/report.h"
#include "remotes.h"

struct folder {
	const char *path;
	enum draft draft;
	unsigned flags;
};

static const struct folder folders[] = {
	{"draft4", DRAFT_4, 0},
	{"draft4/optional", DRAFT_4, 0},
	{"draft4/optional/format", DRAFT_4, COLLECTION_ASSERT_FORMAT},
	{"draft6", DRAFT_6, 0},
	{"draft6/optional", DRAFT_6, 0},
	{"draft6/optional/format", DRAFT_6, COLLECTION_ASSERT_FORMAT},
	{"draft7", DRAFT_7, 0},
	{"draft7/optional", DRAFT_7, COLLECTION_ASSERT_CONTENT},
	{"draft7/optional/format", DRAFT_7, COLLECTION_ASSERT_FORMAT},
	{"draft2019-09", DRAFT_2019_09, 0},
	{"draft2019-09/optional", DRAFT_2019_09, 0},
	{"draft2019-09/optional/format", DRAFT_2019_09, COLLECTION_ASSERT_FORMAT},
	{"draft2020-12", DRAFT_2020_12, 0},
	{"draft2020-12/optional", DRAFT_2020_12, 0},
	{"draft2020-12/optional/format", DRAFT_2020_12, COLLECTION_ASSERT_FORMAT},
};

struct run {
	struct arena arena; /* of all files */
	struct remotes remotes;
	const struct folder *folder;
	const char *file;
	struct str wanted;
	struct checker *checker;
	struct report *report;
	size_t tests;
	size_t wrong;
	size_t all_tests;
	size_t all_wrong;
};

static struct str
text_of(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, str_of(key));

	return found ? value_text(found) : STR_EMPTY;
}

static void
tell(struct run *run, const struct value *c, const struct value *test, const char *what)
{
	struct str description = text_of(c, "description");
	struct str name = test ? text_of(test, "description") : STR_EMPTY;

	run->wrong++;
	(void)printf("not ok %s/%s: %.*s: %.*s: %s\n", run->folder->path, run->file,
		STR_ARG(description), STR_ARG(name), what);
}

/* NULL, or what the thorough mode says that the fast one does not. */
static const char *
compare_modes(struct run *run, const struct schema *schema, const struct value *data, int valid)
{
	for (unsigned flags = 0; flags <= REPORT_ANNOTATIONS; flags += REPORT_ANNOTATIONS) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct finding finding;
		size_t cursor = 0;

		if (schema_check(schema, run->checker, data, flags, run->report, &err) != valid)
			return "both modes differ";
		if (valid == report_next(run->report, &cursor, &finding))
			return valid ? "is valid and has a finding"
				     : "is not valid and has no finding";
		/* Nor that there is something, and nobody knows what. */
		if (report_is_cut(run->report))
			return "the report is cut";
		for (int format = REPORT_FLAG; format <= REPORT_DETAILED; format++)
			if (value_is_true(
				    value_get(report_output(run->report,
						      (enum report_format)format, NULL, &arena),
					    STR("valid"))) != valid)
				return "an output differs";
	}
	return NULL;
}

static void
run_test(struct run *run, const struct schema *schema, const struct value *c,
	const struct value *test)
{
	const struct value *data = value_get(test, STR("data"));
	bool expected = value_is_true(value_get(test, STR("valid")));
	struct err err = ERR_INIT;
	int valid = schema_is_valid(schema, run->checker, data, &err);

	run->tests++;
	if (valid < 0)
		tell(run, c, test, err.message);
	else if (valid != expected)
		tell(run, c, test, valid ? "is accepted" : "is refused");
	else if (compare_modes(run, schema, data, valid))
		tell(run, c, test, compare_modes(run, schema, data, valid));
}

static void
run_case(struct run *run, const struct value *c)
{
	static const struct source source = {"case", {"", 0}};
	struct collection *collection =
		collection_new(&(struct collection_options){run->folder->flags});
	const struct value *tests = value_get(c, STR("tests"));
	const struct schema *schema = NULL;
	struct err err = ERR_INIT;
	struct str uri = STR("http://localhost:1234/a-case-of-the-suite");

	(void)remotes_add(&run->remotes, collection, run->folder->draft, false);
	if (collection_add(collection, uri, value_get(c, STR("schema")), &source,
		    run->folder->draft, &err) ||
		collection_get(collection, uri, &schema, &err)) {
		run->tests += tests->n - 1;
		for (uint32_t i = 0; i < tests->n; i++)
			tell(run, c, &tests->items[i], err.message);
		run->tests++;
	}
	for (uint32_t i = 0; schema && i < tests->n; i++)
		run_test(run, schema, c, &tests->items[i]);
	collection_free(collection);
}

static void
run_folder(struct run *run, const char *suite)
{
	const char *path = path_join(&run->arena, suite, run->folder->path);
	size_t n;
	struct str *names = suites_list(&run->arena, path, &n);
	size_t files = 0;

	run->tests = run->wrong = 0;
	for (size_t i = 0; i < n; i++) {
		const struct value *cases;

		if (!str_ends(names[i], STR(".json")))
			continue;
		run->file = arena_cstr(&run->arena, names[i]);
		cases = remotes_read(&run->arena, path, names[i], NULL);
		files++;
		for (uint32_t k = 0; k < cases->n; k++)
			if (!run->wanted.n ||
				memmem(text_of(&cases->items[k], "description").p,
					text_of(&cases->items[k], "description").n,
					run->wanted.p, run->wanted.n))
				run_case(run, &cases->items[k]);
	}
	(void)printf("%-30s %3zu files %5zu tests %3zu wrong\n", run->folder->path, files,
		run->tests, run->wrong);
	run->all_tests += run->tests;
	run->all_wrong += run->wrong;
}

int
main(int argc, char **argv)
{
	static struct run run;
	const char *suite = suites_find(&run.arena, "json-schema/tests");
	struct collection *collection;

	if (!suite)
		return SUITES_SKIPPED;
	run.wanted = argc > 2 ? str_of(argv[2]) : STR_EMPTY;
	run.checker = checker_new(NULL);
	run.report = report_new();
	remotes_load(&run.remotes, &run.arena, suites_find(&run.arena, "json-schema/remotes"),
		"http://localhost:1234/");
	collection = collection_new(NULL);
	(void)remotes_add(&run.remotes, collection, DRAFT_2020_12, true);
	collection_free(collection);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		run.folder = &folders[i];
		if (argc < 2 || !*argv[1] || str_is(str_of(argv[1]), run.folder->path))
			run_folder(&run, suite);
	}
	(void)printf("%zu tests, %zu wrong\n", run.all_tests, run.all_wrong);
	checker_free(run.checker);
	report_free(run.report);
	arena_done(&run.arena);
	return run.all_wrong || !run.all_tests;
}
