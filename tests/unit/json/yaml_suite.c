/*
 * The YAML test suite (github.com/yaml/yaml-test-suite, the files of its src folder), each of
 * which is itself YAML and is read by the composer under test.
 *
 * Whatever the table `deviations` does not list must be accepted or refused as the suite says,
 * and where the suite gives the value as JSON, must be equal to it. What it lists must deviate in
 * just that way, so that a change of behaviour is noticed in both directions.
 */
#include "suites.h"
#include "json/yaml.h"

enum verdict {
	REFUSES,    /* a valid text is refused, with `message` in the error */
	ACCEPTS,    /* an invalid text is accepted */
	READS_ELSE, /* a valid text is read, but as another value */
};

struct deviation {
	const char *id; /* file and, from the second on, number of the case */
	enum verdict verdict;
	const char *message;
	const char *reason;
};

static const struct deviation deviations[] = {
#include "yaml_deviations.inc"
};

struct suite {
	struct arena arena;
	const char *folder;
	bool seen[ARRAY_SIZE(deviations)];
	size_t n_cases;
	size_t n_deviations;
	size_t n_compared;
	size_t n_wrong;
};

/* The suite writes what cannot be seen as signs that can. */
static void
decode_signs(struct str text, struct buf *b)
{
	static const struct {
		struct str sign;
		struct str meaning;
	} signs[] = {
		{{"␣", 3}, {" ", 1}},
		{{"»", 2}, {"\t", 1}},
		{{"—", 3}, {"", 0}}, /* fills the width of a tab */
		{{"↵", 3}, {"", 0}}, /* marks a line end that is there */
		{{"∎\n", 4}, {"", 0}},
		{{"←", 3}, {"\r", 1}},
		{{"⇔", 3}, {"\xEF\xBB\xBF", 3}},
	};

	while (text.n) {
		size_t i = 0;

		while (i < ARRAY_SIZE(signs) && !str_starts(text, signs[i].sign))
			i++;
		if (i < ARRAY_SIZE(signs))
			buf_add_str(b, signs[i].meaning);
		else
			buf_add_char(b, text.p[0]);
		i = i < ARRAY_SIZE(signs) ? signs[i].sign.n : 1;
		text.p += i;
		text.n -= i;
	}
}

static const struct deviation *
find_deviation(struct suite *suite, const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(deviations); i++) {
		if (strcmp(deviations[i].id, id) == 0) {
			suite->seen[i] = true;
			suite->n_deviations++;
			return &deviations[i];
		}
	}
	return NULL;
}

static void
report(struct suite *suite, const char *id, const char *what, const char *detail)
{
	suite->n_wrong++;
	(void)printf("not ok %s: %s%s%s\n", id, what, detail ? "\n" : "", detail ? detail : "");
}

/* Whether v is the one JSON text that the case expects; no text expects nothing. */
static bool
is_expected(struct suite *suite, const struct value *v, const struct value *json)
{
	struct source source = {"json", value_text(json)};
	const struct value *expected;
	struct err err = ERR_INIT;

	if (json_parse(&suite->arena, &source, 0, NULL, &expected, &err))
		return false;
	suite->n_compared++;
	return value_equal(v, expected);
}

struct expectation {
	bool fails;
	const struct value *json; /* or NULL */
};

static void
check_deviation(struct suite *suite, const char *id, const struct deviation *d,
	const struct expectation *e, const struct value *v, const struct err *err)
{
	switch (d->verdict) {
	case REFUSES:
		if (v || e->fails)
			report(suite, id, "should be valid and refused", NULL);
		else if (!strstr(err->message, d->message))
			report(suite, id, "is refused for another reason", err->message);
		break;
	case ACCEPTS:
		if (!v || !e->fails)
			report(suite, id, "should be invalid and accepted", NULL);
		break;
	case READS_ELSE:
		if (!v || e->fails || !e->json || is_expected(suite, v, e->json))
			report(suite, id, "should be read as another value", NULL);
		break;
	}
}

static void
check_case(struct suite *suite, const char *id, const struct value *test,
	const struct expectation *e)
{
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	const struct deviation *d = find_deviation(suite, id);
	const struct value *v = NULL;
	struct err err = ERR_INIT;
	struct source source;
	int code;

	decode_signs(value_text(value_get(test, STR("yaml"))), &text);
	source = (struct source){id, buf_str(&text)};
	code = yaml_parse(&suite->arena, &source, NULL, &v, &err);
	suite->n_cases++;
	if (code && code != ERR_INVALID)
		report(suite, id, "fails with another code", err.message);
	else if (d)
		check_deviation(suite, id, d, e, v, &err);
	else if (e->fails && v)
		report(suite, id, "is invalid and accepted", buf_cstr(&text));
	else if (!e->fails && !v)
		report(suite, id, "is valid and refused", err.message);
	else if (v && e->json && !is_expected(suite, v, e->json))
		report(suite, id, "is read as another value", buf_cstr(&text));
}

/* A case that says nothing of its own about the outcome has the one before it. */
static void
check_file(struct suite *suite, struct str name, const struct value *cases)
{
	struct expectation e = {false, NULL};
	struct str stem = {name.p, name.n - strlen(".yaml")};

	for (uint32_t i = 0; i < cases->n; i++) {
		const struct value *test = &cases->items[i];
		const char *id = i ? arena_printf(&suite->arena, "%.*s-%u", STR_ARG(stem), i)
				   : arena_cstr(&suite->arena, stem);

		if (value_get(test, STR("fail")) || value_get(test, STR("tree"))) {
			e.fails = value_get(test, STR("fail")) != NULL;
			e.json = value_get(test, STR("json"));
			e.json = e.json && e.json->kind == VALUE_STRING ? e.json : NULL;
		}
		if (value_get(test, STR("yaml")))
			check_case(suite, id, test, &e);
		else
			report(suite, id, "has no text", NULL);
	}
}

static void
check_all(struct suite *suite)
{
	size_t n;
	struct str *names = suites_list(&suite->arena, suite->folder, &n);

	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct source source;
		const struct value *cases;
		struct err err = ERR_INIT;

		suites_read(&suite->arena, suite->folder, names[i], &text);
		source = (struct source){arena_cstr(&arena, names[i]), buf_str(&text)};
		if (yaml_parse(&arena, &source, NULL, &cases, &err))
			report(suite, source.name, "cannot be read", err.message);
		else
			check_file(suite, names[i], cases);
	}
}

int
main(void)
{
	struct suite suite = {.arena = ARENA_INIT};

	suite.folder = suites_find(&suite.arena, "yaml/src");
	if (!suite.folder) {
		arena_done(&suite.arena);
		return SUITES_SKIPPED;
	}
	check_all(&suite);
	for (size_t i = 0; i < ARRAY_SIZE(deviations); i++)
		if (!suite.seen[i])
			report(&suite, deviations[i].id, "is listed and not in the suite",
				NULL);
	(void)printf("%zu cases, %zu compared with JSON, %zu known deviations, %zu wrong\n",
		suite.n_cases, suite.n_compared, suite.n_deviations, suite.n_wrong);
	arena_done(&suite.arena);
	return suite.n_wrong || !suite.n_compared;
}
