/*
 * bench-schema: how fast values are checked against a schema.
 *
 *	bench-schema SCHEMA INSTANCES [ROUNDS]
 *
 * SCHEMA is a JSON Schema; INSTANCES is JSON, or JSON Lines where its name ends so (".jsonl"). Each
 * round goes over all instances, and takes the time of reading the schema and compiling it, of
 * checking the values that were read before, of checking each of them again and again, of reading and
 * checking, and of the thorough check. What is printed is the least and the median of the rounds, in
 * nanoseconds an instance (compiling: of once). Before the rounds all values are checked for the first
 * time. The memory that a reader needs is kept from one instance to the next.
 */
#include "base/file.h"
#include "base/memory.h"
#include "contract/report.h"
#include "json/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#define FILE_MAX ((size_t)1 << 30)
#define ROUNDS 200
#define ROUNDS_MAX 1000000
#define CHECKS 200    /* of values in one measurement, at the least */
#define REPEATS 100   /* of the check of one value, between two looks at the clock */
#define LARGE 1000000 /* bytes of instances, of which no more than is needed is done */
#define LARGE_REPEATS 2

enum measure { COMPILING, FIRST, CHECKING, REPEATING, READING, EXPLAINING, MEASURES };

struct bench {
	struct arena arena;
	struct source schema_source;
	struct str *lines;
	const struct value **values;
	size_t n;
	size_t bytes;
	size_t valid;
	struct checker *checker;
	struct report *report;
	struct err err; /* of checks: clearing a new one takes longer than many a check */
	double *times[MEASURES];
};

static double
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
give_up(const struct err *err)
{
	(void)fprintf(stderr, "%s\n", err->message);
	exit(1);
}

static struct str
read_file(struct bench *b, const char *path)
{
	AUTO_BUF struct buf text = BUF_INIT(FILE_MAX);
	struct err err = ERR_INIT;

	if (file_read(AT_FDCWD, path, &text, &err))
		give_up(&err);
	return arena_str(&b->arena, buf_str(&text));
}

static const struct value *
parse(struct arena *arena, const char *name, struct str text)
{
	struct source source = {name, text};
	const struct value *v;
	struct err err = ERR_INIT;

	if (json_parse(arena, &source, JSON_BORROW_TEXT, NULL, &v, &err))
		give_up(&err);
	return v;
}

static void
read_instances(struct bench *b, const char *path)
{
	struct str rest = read_file(b, path);
	bool is_lines = str_ends(str_of(path), STR(".jsonl"));
	size_t capacity = 0;

	while (rest.p && rest.n) {
		struct str line = is_lines ? str_cut(rest, '\n', &rest) : rest;

		if (!is_lines)
			rest = STR_EMPTY;
		if (!str_trim(line).n)
			continue;
		b->bytes += line.n;
		b->lines = memory_grow(b->lines, b->n, &capacity, sizeof(*b->lines));
		b->lines[b->n++] = line;
	}
	if (!b->n) {
		(void)fprintf(stderr, "%s: there is no instance\n", path);
		exit(1);
	}
	b->values = memory_new(b->n, sizeof(const struct value *));
	for (size_t i = 0; i < b->n; i++)
		b->values[i] = parse(&b->arena, path, b->lines[i]);
}

static const struct schema *
compile(struct bench *b, struct arena *arena, struct collection *collection)
{
	const struct value *root = parse(arena, b->schema_source.name, b->schema_source.text);
	const struct schema *schema = NULL;
	struct err err = ERR_INIT;

	if (collection_add(
		    collection, STR("schema"), root, &b->schema_source, DRAFT_2020_12, &err) ||
		collection_get(collection, STR("schema"), &schema, &err))
		give_up(&err);
	return schema;
}

static double
time_compiling(struct bench *b)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	double start = now_ns();
	struct collection *collection = collection_new(NULL);
	double ns;

	(void)compile(b, &arena, collection);
	ns = now_ns() - start;
	collection_free(collection);
	return ns;
}

static void
check(struct bench *b, const struct schema *schema, const struct value *v)
{
	int valid = schema_is_valid(schema, b->checker, v, &b->err);

	if (valid < 0)
		give_up(&b->err);
	b->valid += (size_t)valid;
}

static double
time_checking(struct bench *b, const struct schema *schema)
{
	size_t passes = b->bytes > LARGE ? 1 : CHECKS / b->n + 1;
	double start;

	/* Once before the clock runs, as compiling has just taken the caches. */
	for (size_t i = 0; i < b->n; i++)
		check(b, schema, b->values[i]);
	start = now_ns();
	for (size_t pass = 0; pass < passes; pass++) {
		b->valid = 0;
		for (size_t i = 0; i < b->n; i++)
			check(b, schema, b->values[i]);
	}
	return (now_ns() - start) / (double)(b->n * passes);
}

/* Of values that no program has looked at before, by a program that has looked at none. */
static double
time_first(struct bench *b, const struct schema *schema)
{
	double start = now_ns();

	for (size_t i = 0; i < b->n; i++)
		check(b, schema, b->values[i]);
	return (now_ns() - start) / (double)b->n;
}

/* As the benches of others do it: a value is checked many times before the next one is. */
static double
time_repeating(struct bench *b, const struct schema *schema)
{
	size_t repeats = b->bytes > LARGE ? LARGE_REPEATS : REPEATS;
	double ns = 0;

	for (size_t i = 0; i < b->n; i++) {
		double start;

		check(b, schema, b->values[i]);
		start = now_ns();
		for (size_t k = 0; k < repeats; k++)
			check(b, schema, b->values[i]);
		ns += now_ns() - start;
	}
	return ns / (double)(b->n * repeats);
}

static double
time_reading(struct bench *b, const struct schema *schema)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	double start = now_ns();

	for (size_t i = 0; i < b->n; i++) {
		arena_reset(&scratch);
		check(b, schema, parse(&scratch, "instance", b->lines[i]));
	}
	return (now_ns() - start) / (double)b->n;
}

static double
time_explaining(struct bench *b, const struct schema *schema)
{
	double start = now_ns();
	struct err err = ERR_INIT;

	for (size_t i = 0; i < b->n; i++)
		if (schema_check(schema, b->checker, b->values[i], 0, b->report, &err) < 0)
			give_up(&err);
	return (now_ns() - start) / (double)b->n;
}

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

int
main(int argc, char **argv)
{
	static const char *const names[MEASURES] = {"read schema, compile", "check at first",
		"check", "check repeatedly", "read and check", "explain"};
	static struct bench b;
	struct collection *collection = collection_new(NULL);
	uint64_t rounds = ROUNDS;
	const struct schema *schema;

	if (argc < 3 ||
		(argc > 3 && (!str_to_u64(str_of(argv[3]), ROUNDS_MAX, &rounds) || !rounds))) {
		(void)fprintf(stderr, "usage: bench-schema SCHEMA INSTANCES [ROUNDS]\n");
		return 2;
	}
	b.schema_source = (struct source){argv[1], read_file(&b, argv[1])};
	read_instances(&b, argv[2]);
	b.checker = checker_new(NULL);
	b.report = report_new();
	schema = compile(&b, &b.arena, collection);
	for (size_t m = 0; m < MEASURES; m++)
		b.times[m] = memory_new(rounds, sizeof(double));
	b.times[FIRST][0] = time_first(&b, schema);
	for (size_t i = 0; i < rounds; i++) {
		b.times[FIRST][i] = b.times[FIRST][0];
		b.times[COMPILING][i] = i < ROUNDS ? time_compiling(&b) : b.times[COMPILING][0];
		b.times[CHECKING][i] = time_checking(&b, schema);
		b.times[REPEATING][i] = time_repeating(&b, schema);
		b.times[READING][i] = time_reading(&b, schema);
		b.times[EXPLAINING][i] = time_explaining(&b, schema);
	}
	(void)time_checking(&b, schema);
	(void)printf("%zu instances, %zu valid, %ju rounds; ns: least, median\n", b.n, b.valid,
		(uintmax_t)rounds);
	for (size_t m = 0; m < MEASURES; m++) {
		qsort(b.times[m], rounds, sizeof(double), compare_doubles);
		(void)printf(
			"%-22s%12.0f%12.0f\n", names[m], b.times[m][0], b.times[m][rounds / 2]);
		free(b.times[m]);
	}
	checker_free(b.checker);
	report_free(b.report);
	collection_free(collection);
	free(b.lines);
	free(b.values);
	arena_done(&b.arena);
	return 0;
}
