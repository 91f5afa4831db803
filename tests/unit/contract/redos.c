/*
 * redos: patterns that make backtracking engines run for ever, where schemas have them: each check
 * ends within a time, with an answer or ERR_LIMIT. Those that have become known by it first, on what
 * makes them run; then every pattern of SchemaStore's schemas on long texts of its own characters.
 * The time is many times what the slowest takes.
 */
#include "../json/suites.h"
#include "contract/report.h"
#include "json/json.h"

#include <time.h>

#define SECONDS 10.0
#define STEPS 50000000
#define LENGTH 20000
#define STACK_MAX 200000
#define PUMPS 6

struct run {
	struct arena arena;
	struct checker *checker;
	const struct value *stack[STACK_MAX];
	size_t checks;
	size_t limits;
	size_t refused;
	size_t wrong;
	double slowest;
	struct str slowest_pattern;
};

/* Pattern, what is repeated, what comes behind it. */
static const struct {
	const char *pattern;
	const char *pump;
	const char *end;
} evil[] = {
	{"^(a+)+$", "a", "!"},
	{"^(a|a)*$", "a", "!"},
	{"^(a|aa)+$", "a", "!"},
	{"^([a-zA-Z]+)*$", "aB", "!"},
	{"(.*)*x", "a", ""},
	{"^(.*a){20}$", "a", "!"},
	{"(x+x+)+y", "x", ""},
	{"^(([a-z])+.)+[A-Z]([a-z])+$", "a", ""},
	{"^(?:(?:a+)+b)+$", "a", "c"},
	{"^(?!b)(a+)+$", "a", "!"},
	{"(?=(a+))a*b\\1", "a", "!"},
	{"^(a?){30}a{30}$", "a", "b"},
	{"\\s+$", " ", "x"},
	{"^\\s*(.*\\S)?\\s*$", " ", "\n"},
	{"^(\\w+\\s?)*$", "word ", "!"},
	{"^[\\w.+-]+@([\\w-]+\\.)+[\\w-]{2,}$", "a.", "@"},
	{"^([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+$", "a", ""},
	{"^(([^:/?#]+):)?(//([^/?#]*))?([^?#]*)(\\?([^#]*))?(#(.*))?$", "/", "\n"},
	{"^(?:[0-9]+,?)+$", "1", "x"},
	{"^(\\p{L}+)+$", "é", "1"},
	{"(?<=a)(a|a)*b", "a", ""},
	{"\\b(\\d+)+\\b!", "1", ""},
	{"^(?:(?!x)a|a)*$", "a", "!"},
	{"^((ab)*)+$", "ab", "c"},
	{"^(a+)\\1+$", "a", "b"},
};

/* What stands before and behind the pattern. */
static const struct form {
	const char *before;
	const char *after;
} forms[] = {
	{"{\"pattern\": ", "}"},
	{"{\"items\": {\"pattern\": ", "}}"},
	{"{\"propertyNames\": {\"pattern\": ", "}}"},
	{"{\"patternProperties\": {", ": false}}"},
	{"{\"patternProperties\": {", ": true}, \"additionalProperties\": false}"},
	{"{\"items\": {\"not\": {\"pattern\": ", "}}}"},
};

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* NULL where it is no JSON. */
static const struct value *
parse(struct arena *arena, struct str text)
{
	struct source *source = ARENA_NEW(arena, struct source);
	const struct value *v;

	*source = (struct source){"text", arena_str(arena, text)};
	return json_parse(arena, source, 0, NULL, &v, NULL) ? NULL : v;
}

static void
repeat(struct buf *b, struct str pump, size_t n, struct str end)
{
	buf_clear(b);
	for (size_t i = 0; i < n && b->n < LENGTH; i++)
		buf_add(b, pump.p, pump.n);
	buf_add(b, end.p, end.n);
}

/* The text as a string, in an array, and as a name. */
static const struct value *
wrap(struct arena *arena, struct str text, int how)
{
	static const char *const before[] = {"", "[", "{"};
	static const char *const after[] = {"", "]", ":0}"};
	AUTO_BUF struct buf b = BUF_INIT(10 * LENGTH);

	buf_add_cstr(&b, before[how]);
	json_write_string(text, &b);
	buf_add_cstr(&b, after[how]);
	return parse(arena, buf_str(&b));
}

static void
check(struct run *run, const struct schema *schema, struct str pattern, const struct value *v)
{
	struct err err = ERR_INIT;
	double start = seconds();
	int valid = schema_is_valid(schema, run->checker, v, &err);
	double took = seconds() - start;

	run->checks++;
	run->limits += valid == ERR_LIMIT && err.message[0];
	if (took > run->slowest) {
		run->slowest = took;
		run->slowest_pattern = arena_str(&run->arena, pattern);
	}
	if (took <= SECONDS && (valid >= 0 || (valid == ERR_LIMIT && err.message[0])))
		return;
	run->wrong++;
	(void)printf("not ok %.*s: %d in %.1f s\n", STR_ARG(pattern), valid, took);
}

static void
tell(struct run *run, const char *what)
{
	(void)printf(
		"%s: %zu checks, %zu ended by a limit, %zu patterns refused; slowest %.3f s: "
		"%.*s\n",
		what, run->checks, run->limits, run->refused, run->slowest,
		STR_ARG(run->slowest_pattern));
	run->checks = run->limits = run->refused = 0;
	run->slowest = 0;
}

static const struct schema *
compile(struct run *run, struct arena *arena, struct collection *collection,
	const struct form *form, struct str pattern)
{
	AUTO_BUF struct buf text = BUF_INIT(1U << 20);
	const struct schema *schema;
	struct err err = ERR_INIT;

	buf_add_cstr(&text, form->before);
	json_write_string(pattern, &text);
	buf_add_cstr(&text, form->after);
	if (!collection_add(collection, STR("https://redos.test/it"),
		    parse(arena, buf_str(&text)), NULL, DRAFT_2020_12, &err) &&
		!collection_get(collection, STR("https://redos.test/it"), &schema, &err))
		return schema;
	run->refused++;
	return NULL;
}

static void
run_evil(struct run *run, size_t i, const struct form *form)
{
	static const size_t lengths[] = {24, 32, 1000, LENGTH};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(2 * LENGTH);
	struct collection *collection = collection_new(NULL);
	struct str pattern = str_of(evil[i].pattern);
	const struct schema *schema = compile(run, &arena, collection, form, pattern);

	for (size_t k = 0; schema && k < ARRAY_SIZE(lengths); k++) {
		repeat(&text, str_of(evil[i].pump), lengths[k], str_of(evil[i].end));
		for (int how = 0; how < 3; how++)
			check(run, schema, pattern, wrap(&arena, buf_str(&text), how));
	}
	if (!schema) {
		run->wrong++;
		(void)printf("not ok %s does not compile\n", evil[i].pattern);
	}
	collection_free(collection);
}

/* Many texts, each of which costs just less than a limit, cost together no more than one does. */
static void
run_many(struct run *run, size_t pumps)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(1U << 24);
	struct collection *collection = collection_new(NULL);
	struct str pattern = STR("^(?!b)(a+)+$");
	const struct schema *schema =
		compile(run, &arena, collection, &forms[ARRAY_SIZE(forms) - 1], pattern);

	buf_add_cstr(&b, "[\"b\"");
	for (size_t i = 0; i < 50000; i++) {
		buf_add_cstr(&b, ",\"");
		for (size_t k = 0; k < pumps; k++)
			buf_add_cstr(&b, "a");
		/* Valid by "not", but only found to be so after all else was tried. */
		buf_add_cstr(&b, "!\"");
	}
	buf_add_cstr(&b, "]");
	check(run, schema, pattern, parse(&arena, buf_str(&b)));
	(void)printf("%zu pumps: ", pumps);
	tell(run, "many texts");
	collection_free(collection);
}

/* Long texts of the characters that the pattern itself has: what makes it run is often among them. */
static void
run_real(struct run *run, struct str pattern)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(2 * LENGTH);
	struct collection *collection = collection_new(NULL);
	const struct schema *schema = compile(run, &arena, collection, &forms[0], pattern);
	char pumps[PUMPS + 3] = "a0 ";
	size_t n = 3;

	for (size_t i = 0; i < pattern.n && n < PUMPS + 2; i++)
		if ((unsigned char)pattern.p[i] < 0x80 && !memchr(pumps, pattern.p[i], n) &&
			!strchr("\\^$()[]{}?*+|", pattern.p[i]))
			pumps[n++] = pattern.p[i];
	for (size_t i = 0; schema && i < n; i++) {
		struct str pair = {&pumps[i], i + 1 < n ? 2 : 1};

		repeat(&text, (struct str){&pumps[i], 1}, LENGTH, STR("\x01"));
		check(run, schema, pattern, wrap(&arena, buf_str(&text), 0));
		repeat(&text, pair, LENGTH, STR("\x01"));
		check(run, schema, pattern, wrap(&arena, buf_str(&text), 0));
	}
	collection_free(collection);
}

static void
run_document(struct run *run, const struct value *root)
{
	size_t n = 0;

	run->stack[n++] = root;
	while (n) {
		const struct value *v = run->stack[--n];
		const struct value *pattern = value_get(v, STR("pattern"));

		if (pattern && pattern->kind == VALUE_STRING)
			run_real(run, value_text(pattern));
		for (uint32_t i = 0; v->kind >= VALUE_ARRAY && i < v->n && n < STACK_MAX; i++)
			run->stack[n++] =
				v->kind == VALUE_ARRAY ? &v->items[i] : &v->members[i].value;
	}
}

static void
run_store(struct run *run, const char *folder)
{
	const char *schemas = path_join(&run->arena, folder, "schemas");
	size_t n;
	struct str *names = suites_list(&run->arena, schemas, &n);

	for (size_t i = 0; i < n; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
		const struct value *root;

		suites_read(&run->arena, schemas, names[i], &text);
		root = parse(&arena, buf_str(&text));
		if (root)
			run_document(run, root);
	}
}

int
main(void)
{
	static struct run run;
	const char *folder;

	run.checker = checker_new(&(struct checker_limits){STEPS, 1000, 1000});
	for (size_t i = 0; i < ARRAY_SIZE(evil); i++)
		for (size_t form = 0; form < ARRAY_SIZE(forms); form++)
			run_evil(&run, i, &forms[form]);
	tell(&run, "known patterns");
	for (size_t pumps = 10; pumps < 40; pumps += 6)
		run_many(&run, pumps);
	folder = suites_find(&run.arena, "schemastore");
	if (folder)
		run_store(&run, folder);
	tell(&run, "SchemaStore's patterns");
	checker_free(run.checker);
	arena_done(&run.arena);
	return run.wrong != 0;
}
