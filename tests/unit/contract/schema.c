#include "fixture.h"

#include "contract/dialects.h"
#include "contract/evaluate.h"

#include <pthread.h>
#include <stdio.h>

/* Frames of a sanitizer are several times as large. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#define SMALL_STACK ((size_t)512 << 10)

static void
has_error(const char *text, int code, const char *message)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	struct err err = ERR_INIT;
	int found = fixture_try(&f, text, DRAFT_2020_12, &err);

	if (found != code || !strstr(err.message, message))
		fail_msg("%s: %d, %s", text, found, err.message);
}

static void
wrong_schemas_are_refused_where_they_are_wrong(void **state)
{
	static const struct {
		const char *schema;
		const char *message;
	} rows[] = {
		{"{\"type\": 5}", "schema.json:1:10: \"type\" must name types"},
		{"{\"type\": \"text\"}", "schema.json:1:10: \"type\" must name types"},
		{"{\"properties\": {\"a\": 1}}", "schema.json:1:22: \"properties\" has number"},
		{"{\"properties\": []}", "\"properties\" must be an object, not array"},
		{"{\"minLength\": -1}", "\"minLength\" must be a whole number"},
		{"{\"minLength\": 1.5}", "\"minLength\" must be a whole number"},
		{"{\"maxItems\": \"1\"}", "\"maxItems\" must be a whole number"},
		{"{\"multipleOf\": 0}", "\"multipleOf\" must be greater than 0"},
		{"{\"minimum\": \"1\"}", "\"minimum\" must be a number"},
		{"{\"required\": [1]}", "\"required\" must have an array of names"},
		{"{\"enum\": 1}", "\"enum\" must be an array"},
		{"{\"allOf\": []}", "\"allOf\" must be an array of one schema or more"},
		{"{\"not\": []}", "\"not\" has array where a schema is due"},
		{"{\"pattern\": \"(\"}",
			"schema.json:1:13: a pattern is no regular expression"},
		{"{\"$ref\": \"#/$defs/a\"}",
			"schema.json:1:10: \"$ref\": \"#/$defs/a\" cannot be "
			"resolved: there is no schema at \"#/$defs/a\""},
		{"{\"$ref\": \"other.json\"}",
			"no document has the URI \"https://lily.example/other.json\""},
		{"{\"$schema\": \"https://example.org/mine\"}",
			"schema.json:1:13: \"$schema\" names \"https://example.org/mine\""},
		{"[]", "a schema is an object or a boolean, not array"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		has_error(rows[i].schema, ERR_INVALID, rows[i].message);
}

static void
what_is_out_of_reach_is_not_compiled(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

	(void)state;
	fixture_open(&f, "{\"$defs\": {\"unused\": {\"$ref\": \"nowhere.json\"}}}");
	assert_int_equal(fixture_check(&f, "1"), 1);
}

static void
a_uri_names_one_schema(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
		fixture_add(&f, "http://a/b", "{\"$id\": \"http://a/c\"}", DRAFT_2020_12, &err),
		0);
	assert_int_equal(
		fixture_add(&f, "http://a/c", "true", DRAFT_2020_12, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "already names another schema"));
	/* What was refused left nothing behind. */
	assert_int_equal(fixture_add(&f, "http://a/d",
				 "{\"$id\": \"http://a/e\", \"$schema\": \"http://x\"}",
				 DRAFT_2020_12, &err),
		ERR_INVALID);
	assert_int_equal(fixture_add(&f, "http://a/e", "true", DRAFT_2020_12, &err), 0);
	assert_int_equal(collection_get(f.collection, STR("http://a/d"), &f.schema, &err),
		ERR_NOT_FOUND);
	assert_int_equal(collection_get(f.collection, STR("http://a/e"), &f.schema, &err), 0);
	assert_int_equal(schema_value(f.schema)->kind, VALUE_BOOL);
}

static void
a_schema_is_compiled_once(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	const struct schema *again;
	struct err err = ERR_INIT;

	(void)state;
	fixture_open(&f, "{\"$defs\": {\"a\": {\"$anchor\": \"x\", \"type\": \"null\"}}}");
	assert_int_equal(collection_get(f.collection, FIXTURE_URI, &again, &err), 0);
	assert_ptr_equal(f.schema, again);
	assert_int_equal(
		collection_get(f.collection, STR("https://lily.example/schema.json#/$defs/a"),
			&f.schema, &err),
		0);
	assert_int_equal(collection_get(f.collection, STR("https://lily.example/schema.json#x"),
				 &again, &err),
		0);
	assert_ptr_equal(f.schema, again);
	assert_int_equal(fixture_check(&f, "null"), 1);
	assert_int_equal(fixture_check(&f, "0"), 0);
}

static void
schemas_are_checked_by_their_meta_schemas(void **state)
{
	static const char *const uris[] = {"http://json-schema.org/draft-04/schema#",
		"http://json-schema.org/draft-06/schema#",
		"http://json-schema.org/draft-07/schema#",
		"https://json-schema.org/draft/2019-09/schema",
		"https://json-schema.org/draft/2020-12/schema"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		AUTO_ARENA struct arena arena = ARENA_INIT;
		const struct schema *meta;
		struct dialect_part *parts;
		struct err err = ERR_INIT;
		char text[200];
		size_t n;

		(void)snprintf(text, sizeof(text),
			"{\"$schema\": \"%s\", \"items\": {\"title\": \"ok\"}}", uris[i]);
		fixture_open(&f, text);
		assert_int_equal(schema_draft(f.schema), (enum draft)i);
		dialects_split(schema_value(f.schema), DRAFT_2020_12, &arena, &parts, &n);
		assert_int_equal(n, 1);
		if (collection_get(f.collection, parts[0].meta, &meta, &err))
			fail_msg("%s", err.message);
		assert_int_equal(schema_is_valid(meta, f.checker, parts[0].root, &err), 1);
		/* Deep inside, by way of the dynamic references. */
		f.schema = meta;
		assert_int_equal(
			fixture_check(&f, "{\"items\": {\"items\": {\"title\": 5}}}"), 0);
		assert_int_equal(
			fixture_check(&f, "{\"properties\": {\"a\": {\"minLength\": -1}}}"), 0);
		/* And each meta-schema is one by itself. */
		assert_int_equal(schema_is_valid(meta, f.checker, schema_value(meta), &err), 1);
	}
}

static void
ids_of_draft_4_may_be_relative_or_fragments(void **state)
{
	static const char *const ids[] = {"a/b.json", "#foo", "http://a.test/b", "../c#d"};
	struct collection_options asserted = {.flags = COLLECTION_ASSERT_FORMAT};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ids) + 1; i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		struct err err = ERR_INIT;
		const struct schema *meta;
		char text[200];
		const struct source *source;
		const struct value *v;

		(void)snprintf(text, sizeof(text),
			"{\"definitions\": {\"a\": {\"id\": \"%s\"}}}",
			i < ARRAY_SIZE(ids) ? ids[i] : "%no uri");
		f.collection = collection_new(&asserted);
		fixture_open(&f, "true");
		v = fixture_parse(&f, "s.json", text, &source);
		if (collection_get(f.collection, draft_uri(DRAFT_4), &meta, &err))
			fail_msg("%s", err.message);
		assert_int_equal(
			schema_is_valid(meta, f.checker, v, &err), i < ARRAY_SIZE(ids));
	}
}

static const char *const recursive =
	"{\"type\": [\"object\", \"array\", \"null\"], \"properties\": {\"a\": {\"$ref\": "
	"\"#\"}},"
	" \"items\": {\"allOf\": [{\"$ref\": \"#\"}]}, \"additionalProperties\": false}";

struct deep {
	intptr_t depth;
	int fast;
	int thorough;
};

static void *
check_deep(void *argument)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf text = BUF_INIT(100000);
	struct deep *deep = argument;
	const struct source *source;
	const struct value *v;
	struct err err = ERR_INIT;

	for (intptr_t i = 0; i < deep->depth; i++)
		buf_add_cstr(&text, i % 2 ? "{\"a\":" : "[");
	buf_add_cstr(&text, "null");
	for (intptr_t i = deep->depth; i-- > 0;)
		buf_add_cstr(&text, i % 2 ? "}" : "]");
	fixture_open(&f, recursive);
	v = fixture_parse(&f, "instance.json", buf_cstr(&text), &source);
	deep->fast = schema_is_valid(f.schema, f.checker, v, &err);
	deep->thorough = schema_check(f.schema, f.checker, v, 0, f.report, &err);
	return NULL;
}

static struct deep
check_deep_on_a_small_stack(intptr_t depth)
{
	struct deep deep = {depth, -1, -1};
	pthread_attr_t attributes;
	pthread_t thread;

	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
	assert_int_equal(pthread_create(&thread, &attributes, check_deep, &deep), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)pthread_attr_destroy(&attributes);
	return deep;
}

static void
values_as_deep_as_the_parser_reads_are_checked(void **state)
{
	struct deep deep = {512, -1, -1};

	(void)state;
	(void)check_deep(&deep);
	assert_int_equal(deep.fast, 1);
	assert_int_equal(deep.thorough, 1);
	deep.depth = 100000 / 7;
	(void)check_deep(&deep);
	assert_int_equal(deep.fast, ERR_LIMIT);
	assert_int_equal(deep.thorough, ERR_LIMIT);
}

static void
a_small_stack_is_a_limit_and_no_crash(void **state)
{
	struct deep deep = check_deep_on_a_small_stack(4000);

	(void)state;
	assert_int_equal(deep.fast, ERR_LIMIT);
	assert_int_equal(deep.thorough, ERR_LIMIT);
	deep = check_deep_on_a_small_stack(20);
	assert_int_equal(deep.fast, 1);
	assert_int_equal(deep.thorough, 1);
#ifndef SANITIZED
	deep = check_deep_on_a_small_stack(512);
	assert_int_equal(deep.fast, 1);
#endif
}

static void
limits_are_errors_and_never_answers(void **state)
{
	static const struct {
		const char *schema;
		const char *instance;
	} rows[] = {
		{"{\"$ref\": \"#\"}", "1"},
		{"{\"not\": {\"$ref\": \"#\"}}", "1"},
		{"{\"anyOf\": [{\"$ref\": \"#\"}, true]}", "1"},
		{"{\"anyOf\": [{\"$ref\": \"#\"}]}", "1"},
		{"{\"allOf\": [{\"$ref\": \"#/allOf/1\"}, {\"allOf\": [{\"$ref\": \"#\"}, "
		 "{\"$ref\": \"#\"}]}]}",
			"1"},
		{"{\"$defs\": {\"a\": {\"$ref\": \"#/$defs/b\"}, \"b\": {\"$ref\": "
		 "\"#/$defs/a\"}},"
		 " \"properties\": {\"x\": {\"$ref\": \"#/$defs/a\"}}}",
			"{\"x\": 1}"},
	};

	/* Fewer steps than usual: one row has no end that anybody would wait for. */
	struct checker_limits limits = checker_default_limits;

	(void)state;
	limits.steps = 2000000;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

		f.checker = checker_new(&limits);
		fixture_open(&f, rows[i].schema);
		assert_int_equal(fixture_check(&f, rows[i].instance), ERR_LIMIT);
		/* The checker is as good as new. */
		assert_int_equal(fixture_check(&f, rows[i].instance), ERR_LIMIT);
	}
}

/* Each level doubles the work: 2^64 steps, if nothing ended it. */
static void
steps_are_bounded(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf b = BUF_INIT(100000);
	const struct checker_limits limits = {100000, 1000, 1000};
	struct err err = ERR_INIT;
	struct value v;

	(void)state;
	buf_add_cstr(&b, "{\"$defs\": {\"d64\": {\"type\": \"null\"}");
	for (int i = 0; i < 64; i++)
		buf_printf(&b,
			", \"d%d\": {\"anyOf\": [{\"$ref\": \"#/$defs/d%d\"}, {\"$ref\": "
			"\"#/$defs/d%d\"}]}",
			i, i + 1, i + 1);
	buf_add_cstr(&b, "}, \"$ref\": \"#/$defs/d0\"}");
	f.checker = checker_new(&limits);
	fixture_open(&f, buf_cstr(&b));
	assert_int_equal(fixture_check(&f, "1"), ERR_LIMIT);
	/* The first way that holds is enough, unless all have to be looked at. */
	v = value_null();
	assert_int_equal(schema_is_valid(f.schema, f.checker, &v, &err), 1);
	assert_int_equal(schema_check(f.schema, f.checker, &v, 0, f.report, &err), 1);
	assert_false(report_is_cut(f.report));
	assert_int_equal(
		schema_check(f.schema, f.checker, &v, REPORT_ANNOTATIONS, f.report, &err), 1);
	assert_true(report_is_cut(f.report));
}

/* What a schema comes to is worked out for each kind of value when it is compiled. */
static void
kinds_decide_what_they_can_and_no_more(void **state)
{
	static const char integers[] = "{\"properties\": {\"a\": {\"type\": \"integer\"}}}";
	static const char from_two[] =
		"{\"items\": {\"type\": [\"integer\", \"null\"], \"minimum\": 2}}";
	static const char either[] =
		"{\"anyOf\": [{\"type\": \"integer\"}, {\"type\": \"string\"}]}";
	static const char one[] =
		"{\"oneOf\": [{\"type\": \"integer\"}, {\"type\": \"number\"}, "
		"{\"type\": \"string\", \"minLength\": 2}]}";
	static const char condition[] =
		"{\"if\": {\"type\": \"object\"}, \"then\": {\"required\": [\"a\"]}, "
		"\"else\": {\"type\": \"array\"}}";
	static const char negation[] = "{\"not\": {\"type\": [\"null\", \"object\"]}}";
	static const char named[] =
		"{\"oneOf\": [{\"$ref\": \"#/$defs/a\"}, {\"$ref\": \"#/$defs/b\"}, "
		"{\"required\": [\"kind\"], \"properties\": {\"kind\": {\"const\": \"c\"}}}], "
		"\"$defs\": {\"a\": {\"required\": [\"kind\"], \"properties\": {\"kind\": "
		"{\"const\": \"a\"}, \"x\": {\"type\": \"null\"}}}, \"b\": {\"required\": "
		"[\"kind\"], \"properties\": {\"kind\": {\"enum\": [\"b\", \"a\", \"b\"]}}}}}";
	static const struct {
		const char *schema;
		const char *instance;
		int valid;
	} rows[] = {
		{integers, "{\"a\": 1}", 1},
		{integers, "{\"a\": 1.0}", 1},
		{integers, "{\"a\": 1.5}", 0},
		{integers, "{\"a\": \"1\"}", 0},
		{integers, "[1.5]", 1},
		{from_two, "[2, 2.0, null]", 1},
		{from_two, "[1]", 0},
		{from_two, "[2.5]", 0},
		{from_two, "[\"2\"]", 0},
		{either, "1", 1},
		{either, "1.0", 1},
		{either, "1.5", 0},
		{either, "\"\"", 1},
		{either, "null", 0},
		{one, "1", 0},
		{one, "1.0", 0},
		{one, "1.5", 1},
		{one, "\"ab\"", 1},
		{one, "\"a\"", 0},
		{condition, "{}", 0},
		{condition, "{\"a\": 1}", 1},
		{condition, "[]", 1},
		{condition, "1", 0},
		{negation, "null", 0},
		{negation, "{}", 0},
		{negation, "1.5", 1},
		{named, "{\"kind\": \"a\"}", 0},
		{named, "{\"kind\": \"a\", \"x\": 1}", 1},
		{named, "{\"kind\": \"b\"}", 1},
		{named, "{\"kind\": \"c\"}", 1},
		{named, "{\"kind\": \"d\"}", 0},
		{named, "{\"kind\": 1}", 0},
		{named, "{}", 0},
		{named, "{\"kind\": \"d\", \"kind\": \"c\"}", 0},
		{named, "1", 0},
		{"{\"required\": [\"a\"], \"additionalProperties\": false}", "{\"a\": 1}", 0},
		{"{\"required\": [\"a\"], \"additionalProperties\": {}}", "{\"b\": 1}", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

		fixture_open(&f, rows[i].schema);
		if (fixture_check(&f, rows[i].instance) != rows[i].valid)
			fail_msg("%s: %s", rows[i].schema, rows[i].instance);
	}
}

/* Names of up to 40 bytes, of which none may be taken for another; all are required, so that there are
 * more than bits. */
static void
names_of_any_length_are_told_apart(void **state)
{
	static const char letters[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf schema = BUF_INIT(100000);
	AUTO_BUF struct buf instance = BUF_INIT(100000);
	AUTO_BUF struct buf flawed = BUF_INIT(100000);

	(void)state;
	buf_add_cstr(&schema, "{\"additionalProperties\": false, \"properties\": {");
	for (int n = 0; n < 80; n++)
		buf_printf(&schema, "%s\"%.*s%s\": {\"const\": %d}", n ? ", " : "", n / 2,
			letters, n % 2 ? "b" : "", n);
	buf_add_cstr(&schema, "}, \"required\": [");
	for (int n = 0; n < 80; n++)
		buf_printf(&schema, "%s\"%.*s%s\"", n ? ", " : "", n / 2, letters,
			n % 2 ? "b" : "");
	buf_add_cstr(&schema, "]}");
	fixture_open(&f, buf_cstr(&schema));
	for (int n = 80; n-- > 0;)
		buf_printf(&instance, "%c\"%.*s%s\": %d", n == 79 ? '{' : ',', n / 2, letters,
			n % 2 ? "b" : "", n);
	buf_add_char(&instance, '}');
	assert_int_equal(fixture_check(&f, buf_cstr(&instance)), 1);
	for (int missing = 0; missing < 80; missing++) {
		buf_clear(&flawed);
		for (int n = 0; n < 80; n++)
			if (n != missing)
				buf_printf(&flawed, "%c\"%.*s%s\": %d", flawed.n ? ',' : '{',
					n / 2, letters, n % 2 ? "b" : "", n);
		buf_add_char(&flawed, '}');
		assert_int_equal(fixture_check(&f, buf_cstr(&flawed)), 0);
	}
	assert_int_equal(fixture_check(&f, "{\"aaaaaaaaaaaaaaac\": 1}"), 0);
}

static void
numbers_are_exact(void **state)
{
	static const struct {
		const char *schema;
		const char *instance;
		int valid;
	} rows[] = {
		{"{\"maximum\": 9007199254740992}", "9007199254740993", 0},
		{"{\"maximum\": 9007199254740992}", "9007199254740992", 1},
		{"{\"exclusiveMinimum\": 0.1}", "0.1000000000000000055511151231257827", 1},
		{"{\"exclusiveMinimum\": 0.1}", "1e-1", 0},
		{"{\"minimum\": 1e400}", "99e398", 0},
		{"{\"minimum\": 1e400}", "10e399", 1},
		{"{\"multipleOf\": 0.01}", "19.99", 1},
		{"{\"multipleOf\": 0.01}", "19.999", 0},
		{"{\"multipleOf\": 3}", "1000000000000000000000000000002", 1},
		{"{\"type\": \"integer\"}", "1e3", 1},
		{"{\"type\": \"integer\"}", "1.5e0", 0},
		{"{\"type\": \"integer\"}", "123456789012345678901234567890", 1},
		{"{\"const\": 1}", "1.0", 1},
		{"{\"enum\": [1e2]}", "100", 1},
		{"{\"uniqueItems\": true}", "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1.0]", 0},
		{"{\"uniqueItems\": true}",
			"[1, true, \"1\", null, 0, false, [], {}, [0], [[]]]", 1},
		{"{\"uniqueItems\": true}",
			"[{\"a\":1,\"b\":2}, 1, 2, 3, 4, 5, 6, 7, 8, {\"b\":2.0,\"a\":1e0}]",
			0},
		{"{\"minLength\": 2, \"maxLength\": 2}", "\"\xF0\x9F\x92\xA9\xC3\xA9\"", 1},
		{"{\"minLength\": 3}", "\"\xF0\x9F\x92\xA9\xC3\xA9\"", 0},
		{"{\"minLength\": 2.0}", "\"a\"", 0},
		{"{\"maxItems\": 1e30}", "[1]", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;

		fixture_open(&f, rows[i].schema);
		if (fixture_check(&f, rows[i].instance) != rows[i].valid)
			fail_msg("%s %s", rows[i].schema, rows[i].instance);
	}
}

static void
what_is_known_before_is_not_tracked(void **state)
{
	static const struct {
		const char *schema;
		const char *valid;
		const char *invalid;
		bool tracks;
	} rows[] = {
		{"{\"properties\": {\"a\": {}}, \"unevaluatedProperties\": false}",
			"{\"a\": 1}", "{\"b\": 1}", false},
		{"{\"allOf\": [{\"$ref\": \"#/$defs/x\"}, {\"patternProperties\": {\"^p\": "
		 "{}}}], "
		 "\"$defs\": {\"x\": {\"properties\": {\"a\": {}, \"b\": {}}}}, "
		 "\"properties\": {\"c\": {}}, \"unevaluatedProperties\": {\"type\": "
		 "\"null\"}}",
			"{\"a\": 1, \"p1\": 1, \"c\": 1, \"d\": null}", "{\"d\": 1}", false},
		{"{\"allOf\": [{\"additionalProperties\": {\"type\": \"number\"}}], "
		 "\"unevaluatedProperties\": false}",
			"{\"a\": 1}", "{\"a\": null}", false},
		{"{\"prefixItems\": [{}], \"allOf\": [{\"prefixItems\": [{}, {}]}], "
		 "\"unevaluatedItems\": false}",
			"[1, 2]", "[1, 2, 3]", false},
		{"{\"contains\": {\"type\": \"null\"}, \"unevaluatedItems\": false}", "[null]",
			"[null, 1]", true},
		{"{\"anyOf\": [{\"properties\": {\"a\": {}}}, {\"required\": [\"c\"]}], "
		 "\"unevaluatedProperties\": "
		 "false}",
			"{\"a\": 1}", "{\"b\": 1}", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
		const struct source *source;
		const struct value *v;

		fixture_open(&f, rows[i].schema);
		v = fixture_parse(&f, "instance.json", rows[i].valid, &source);
		assert_int_equal(schema_is_valid(f.schema, f.checker, v, NULL), 1);
		v = fixture_parse(&f, "instance.json", rows[i].invalid, &source);
		assert_int_equal(schema_is_valid(f.schema, f.checker, v, NULL), 0);
		assert_int_equal(f.checker->marks_capacity > 0, rows[i].tracks);
		assert_int_equal(fixture_check(&f, rows[i].valid), 1);
		assert_int_equal(fixture_check(&f, rows[i].invalid), 0);
	}
}

static void
many_required_names_are_all_required(void **state)
{
	AUTO_FIXTURE struct fixture f = FIXTURE_INIT;
	AUTO_BUF struct buf schema = BUF_INIT(100000);
	AUTO_BUF struct buf instance = BUF_INIT(100000);

	(void)state;
	buf_add_cstr(&schema, "{\"required\": [\"n0\"");
	buf_add_cstr(&instance, "{\"x\": 1");
	for (int i = 1; i < 200; i++)
		buf_printf(&schema, ", \"n%d\"", i);
	for (int i = 0; i < 199; i++)
		buf_printf(&instance, ", \"n%d\": %d", i, i);
	buf_add_cstr(&schema, "]}");
	fixture_open(&f, buf_cstr(&schema));
	buf_add_cstr(&instance, "}");
	assert_int_equal(fixture_check(&f, buf_cstr(&instance)), 0);
	instance.n--;
	buf_add_cstr(&instance, ", \"n199\": 0}");
	assert_int_equal(fixture_check(&f, buf_cstr(&instance)), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_schemas_are_refused_where_they_are_wrong),
		cmocka_unit_test(what_is_out_of_reach_is_not_compiled),
		cmocka_unit_test(a_uri_names_one_schema),
		cmocka_unit_test(a_schema_is_compiled_once),
		cmocka_unit_test(schemas_are_checked_by_their_meta_schemas),
		cmocka_unit_test(ids_of_draft_4_may_be_relative_or_fragments),
		cmocka_unit_test(values_as_deep_as_the_parser_reads_are_checked),
		cmocka_unit_test(a_small_stack_is_a_limit_and_no_crash),
		cmocka_unit_test(limits_are_errors_and_never_answers),
		cmocka_unit_test(steps_are_bounded),
		cmocka_unit_test(kinds_decide_what_they_can_and_no_more),
		cmocka_unit_test(names_of_any_length_are_told_apart),
		cmocka_unit_test(numbers_are_exact),
		cmocka_unit_test(what_is_known_before_is_not_tracked),
		cmocka_unit_test(many_required_names_are_all_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
