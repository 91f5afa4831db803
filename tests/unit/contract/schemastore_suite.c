/*
 * Real schemas and instances: SchemaStore's (github.com/SchemaStore/schemastore). Every schema
 * compiles or is listed as wrong by its own draft; what lies in valid/NAME is accepted by NAME, what
 * lies in invalid/NAME refused, in both modes. The slowest to compile are shown, never judged here.
 */
#include "base/clock.h"
#include "contract/report.h"
#include "contract/uri.h"
#include "remotes.h"
#include "json/yaml.h"

#define SLOWEST 5
#define NAMES_MAX 1000
#define STACK_MAX 100000

/* Files of valid/ that are refused, and rightly. */
static const struct {
	const char *path;
	const char *why;
} known[] = {
	{"valid/web-manifest/W3C Example 1.json",
		"the schema is of draft-04 and tells the branches of \"oneOf\" apart by "
		"\"const\", which draft-04 does not have"},
	{"valid/webjob-publish-settings/scheduled.json",
		"its date-time has no offset, which RFC 3339 wants"},
};

struct base {
	const struct value *root;
	struct str uri;
};

struct run {
	struct arena arena;
	const char *folder;
	struct str *names;
	size_t n;
	const struct source *sources[NAMES_MAX];
	const struct value *roots[NAMES_MAX];
	bool added[NAMES_MAX];
	struct base bases[NAMES_MAX];
	size_t n_bases;
	const struct value *stack[STACK_MAX];
	struct checker *checker;
	struct report *report;
	struct {
		int64_t us;
		const char *name;
	} slowest[SLOWEST];
	size_t compiled;
	size_t refused;
	size_t accepted;
	size_t rejected;
	size_t wrong;
};

static struct str
text_of(const struct value *v, const char *key)
{
	const struct value *found = value_get(v, str_of(key));

	return found ? value_text(found) : STR_EMPTY;
}

static void
tell(struct run *run, const char *name, const char *what)
{
	run->wrong++;
	(void)printf("not ok %s: %s\n", name, what);
}

static void
note_time(struct run *run, const char *name, int64_t us)
{
	for (size_t i = 0; i < SLOWEST; i++) {
		if (us <= run->slowest[i].us)
			continue;
		memmove(&run->slowest[i + 1], &run->slowest[i],
			(SLOWEST - i - 1) * sizeof(run->slowest[0]));
		run->slowest[i].us = us;
		run->slowest[i].name = name;
		return;
	}
}

static const struct value *
read_instance(
	struct run *run, struct arena *arena, const char *path, struct str text, bool expected)
{
	struct source *source = ARENA_NEW(arena, struct source);
	const struct value *v;
	struct err err = ERR_INIT;
	int code;

	*source = (struct source){path, text};
	code = str_ends(str_of(path), STR(".json"))
		? json_parse(arena, source, 0, NULL, &v, &err)
		: yaml_parse(arena, source, NULL, &v, &err);
	if (!code)
		return v;
	/* A file of comments only is no document, and so refused. */
	if (expected)
		tell(run, path, err.message);
	else
		(void)printf("refused by the reader: %s\n", err.message);
	run->rejected += !expected;
	return NULL;
}

static const char *
known_reason(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_ends(str_of(path), str_of(known[i].path)))
			return known[i].why;
	return NULL;
}

static void
run_instance(struct run *run, const struct schema *schema, const char *folder, struct str name,
	bool expected)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	const char *path = path_join(&arena, folder, arena_cstr(&arena, name));
	struct err err = ERR_INIT;
	const struct value *v;
	int valid;

	suites_read(&arena, folder, name, &text);
	v = read_instance(run, &arena, path, buf_str(&text), expected);
	if (!v)
		return;
	valid = schema_is_valid(schema, run->checker, v, &err);
	if (valid < 0)
		tell(run, path, err.message);
	else if (valid != schema_check(schema, run->checker, v, 0, run->report, &err))
		tell(run, path, "both modes differ");
	else if (valid != expected && known_reason(path))
		(void)printf("refused: %s: %s\n", path, known_reason(path));
	else if (valid != expected)
		tell(run, path, valid ? "is accepted" : "is refused");
	else
		*(valid ? &run->accepted : &run->rejected) += 1;
	if (valid == 0 && expected && !known_reason(path)) {
		struct source source = {path, buf_str(&text)};
		AUTO_BUF struct buf why = BUF_INIT(4000);

		report_describe(run->report, &source, &why);
		(void)printf("%s", buf_cstr(&why));
	}
}

static void
run_instances(struct run *run, const struct schema *schema, const char *kind, const char *name)
{
	const char *folder =
		path_join(&run->arena, path_join(&run->arena, run->folder, kind), name);
	size_t n;
	struct str *names;

	if (!remotes_is_folder(folder))
		return;
	names = suites_list(&run->arena, folder, &n);
	for (size_t i = 0; i < n; i++)
		run_instance(run, schema, folder, names[i], *kind == 'v');
}

static bool
read_schema(struct run *run, const char *folder, size_t i)
{
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	struct source *source = ARENA_NEW(&run->arena, struct source);
	struct err err = ERR_INIT;

	suites_read(&run->arena, folder, run->names[i], &text);
	*source = (struct source){path_join(&run->arena, folder, run->names[i].p),
		arena_str(&run->arena, buf_str(&text))};
	run->sources[i] = source;
	if (!json_parse(&run->arena, source, 0, NULL, &run->roots[i], &err))
		return true;
	run->refused++;
	(void)printf("is no JSON: %s\n", err.message);
	return false;
}

static size_t
find_name(const struct run *run, struct str name)
{
	for (size_t i = 0; i < run->n; i++) {
		struct str file = run->names[i];

		if (str_equal(file, name) ||
			(str_starts(file, name) && file.n == name.n + strlen(".json")))
			return i;
	}
	return SIZE_MAX;
}

/* The reference's document, where it is one of the folder and not there yet. */
static void
add_named(struct run *run, struct collection *collection, struct str base, struct str reference)
{
	struct str ignored;
	struct str uri =
		uri_without_fragment(uri_resolve(&run->arena, base, reference), &ignored);
	size_t slash = uri.n;
	size_t other;

	if (str_equal(uri, uri_without_fragment(base, &ignored)))
		return;
	while (slash && uri.p[slash - 1] != '/')
		slash--;
	other = find_name(run, (struct str){uri.p + slash, uri.n - slash});
	if (other == SIZE_MAX || run->added[other] || !run->roots[other])
		return;
	run->added[other] = true;
	if (!collection_add(
		    collection, uri, run->roots[other], run->sources[other], DRAFT_7, NULL))
		run->bases[run->n_bases++] = (struct base){run->roots[other], uri};
}

/* Adds the documents that a schema's references name by their file's name, each under the URI by which
 * it is named; and those that these name. */
static void
add_all_named(struct run *run, struct collection *collection, size_t first, struct str uri)
{
	memset(run->added, 0, sizeof(run->added));
	run->added[first] = true;
	run->bases[0] = (struct base){run->roots[first], uri};
	run->n_bases = 1;
	for (size_t i = 0; i < run->n_bases; i++) {
		struct base base = run->bases[i];
		bool has_id = !text_of(base.root, "$ref").n;
		struct str id = has_id ? text_of(base.root, "$id") : STR_EMPTY;
		size_t n = 0;

		run->stack[n++] = base.root;
		while (n) {
			const struct value *v = run->stack[--n];
			struct str ref = text_of(v, "$ref");

			for (uint32_t k = 0; v->kind >= VALUE_ARRAY && k < v->n; k++)
				if (n < STACK_MAX)
					run->stack[n++] = v->kind == VALUE_ARRAY
						? &v->items[k]
						: &v->members[k].value;
			if (ref.n)
				add_named(run, collection, id.n ? id : base.uri, ref);
		}
	}
}

static void
run_schema(struct run *run, size_t i)
{
	struct collection *collection =
		collection_new(&(struct collection_options){COLLECTION_ASSERT_FORMAT});
	const char *uri = arena_printf(
		&run->arena, "https://www.schemastore.org/%.*s", STR_ARG(run->names[i]));
	const char *name =
		arena_printf(&run->arena, "%.*s", (int)run->names[i].n - 5, run->names[i].p);
	const struct schema *schema;
	struct err err = ERR_INIT;
	int64_t start;

	add_all_named(run, collection, i, str_of(uri));
	start = clock_boot_us();
	if (collection_add(
		    collection, str_of(uri), run->roots[i], run->sources[i], DRAFT_7, &err) ||
		collection_get(collection, str_of(uri), &schema, &err)) {
		run->refused++;
		(void)printf("does not compile: %s\n", err.message);
		collection_free(collection);
		return;
	}
	note_time(run, name, clock_boot_us() - start);
	run->compiled++;
	run_instances(run, schema, "valid", name);
	run_instances(run, schema, "invalid", name);
	collection_free(collection);
}

int
main(int argc, char **argv)
{
	static struct run run;
	const char *schemas;

	run.folder = suites_find(&run.arena, "schemastore");
	if (!run.folder)
		return SUITES_SKIPPED;
	run.checker = checker_new(NULL);
	run.report = report_new();
	schemas = path_join(&run.arena, run.folder, "schemas");
	run.names = suites_list(&run.arena, schemas, &run.n);
	for (size_t i = 0; i < run.n && i < NAMES_MAX; i++)
		(void)read_schema(&run, schemas, i);
	for (size_t i = 0; i < run.n && i < NAMES_MAX; i++)
		if (run.roots[i] && (argc < 2 || str_is(run.names[i], argv[1])))
			run_schema(&run, i);
	for (size_t i = 0; i < SLOWEST && run.slowest[i].name; i++)
		(void)printf("slow to compile: %s, %jd us\n", run.slowest[i].name,
			(intmax_t)run.slowest[i].us);
	(void)printf("%zu schemas, %zu compiled, %zu not; %zu valid accepted, %zu invalid "
		     "refused, %zu wrong\n",
		run.n, run.compiled, run.refused, run.accepted, run.rejected, run.wrong);
	checker_free(run.checker);
	report_free(run.report);
	arena_done(&run.arena);
	return run.wrong || !run.compiled;
}
