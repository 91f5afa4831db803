/* What a plan is asked by, and when an answer counts. */
#include "run/plan_memo.h"
#include "fixture.h"

static const struct prepare_text params[] = {{{"a", 1}, {"1", 1}}, {{"b", 1}, {"2", 1}}};
static const struct prepare_text other_params[] = {{{"a", 1}, {"1", 1}}, {{"b", 1}, {"3", 1}}};
/* The same bytes, cut elsewhere. */
static const struct prepare_text cut_params[] = {{{"a", 1}, {"12", 2}}, {{"b", 1}, {"", 0}}};
static const struct str only[] = {{"x", 1}};
static const struct str other_only[] = {{"y", 1}};

static struct prepare_request
request_of(void)
{
	return (struct prepare_request){.workspace = "/w",
		.params = params,
		.n_params = 2,
		.inputs = params,
		.n_inputs = 1,
		.only = only,
		.n_only = 1,
		.flags = PREPARE_KEEP};
}

static struct digest
ask(const struct prepare_request *request, const char *file)
{
	struct digest question;

	assert_true(plan_memo_ask(request, file, &question));
	return question;
}

/* All that is given is asked: nothing may be taken for something else. */
static void
every_ingredient_is_asked(void **state)
{
	const struct prepare_request base = request_of();
	const struct value more = {.kind = VALUE_BOOL};
	struct prepare_request turns[12];
	struct digest seen[ARRAY_SIZE(turns) + 2];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(turns); i++)
		turns[i] = base;
	turns[1].source.bytes[31] = 1;
	turns[2].workspace = "/v";
	turns[3].params = other_params;
	turns[4].params = cut_params;
	turns[5].n_params = 1;
	turns[6].inputs = &params[1];
	turns[7].n_inputs = 0;
	turns[8].only = other_only;
	turns[9].n_only = 0;
	turns[10].flags |= PREPARE_FRESH;
	turns[11].more_params = &more;
	for (size_t i = 0; i < ARRAY_SIZE(turns); i++)
		seen[n++] = ask(&turns[i], "w");
	seen[n++] = ask(&base, "v");
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (digest_equal(&seen[i], &seen[j]))
				fail_msg("questions %zu and %zu are the same", j, i);
	seen[n] = ask(&base, "w");
	assert_true(digest_equal(&seen[0], &seen[n]));
}

static struct plan_memo_answer
answer_of(struct place *p)
{
	struct plan_memo_answer answer = {.name = STR("name")};

	OK(object_put(p->store, STR("a plan"), &answer.plan, &err));
	return answer;
}

static struct source_read
source_of(struct place *p, enum source_kind kind, const char *file, const char *text)
{
	struct source_read source = {.kind = kind,
		.name = STR("t.v1"),
		.path = str_of(path_join(&p->arena, p->workspace, file))};

	if (text) {
		put_file(p, file, text);
		digest_of(text, strlen(text), &source.digest);
	}
	return source;
}

static int
find(struct place *p, const struct digest *question)
{
	struct plan_memo_answer found;
	int r = plan_memo_find(p->store, question, &p->arena, &found, &err);

	OK(r);
	if (r)
		assert_true(str_is(found.name, "name"));
	return r;
}

/* Each kind of source: the answer counts while it is what it was. */
static void
an_answer_counts_while_its_sources_do(void **state)
{
	struct digest question = {{7}};
	struct place p;

	(void)state;
	place_open(&p);
	assert_int_equal(find(&p, &question), 0);
	for (enum source_kind kind = SOURCE_KIND_FILE; kind <= SOURCE_KIND_INPUT; kind++) {
		struct plan_memo_answer answer = answer_of(&p);
		AUTO_SOURCES struct sources sources = SOURCES_INIT;
		struct source_read source = source_of(&p, kind, "file", "text");

		sources_add(&sources, &source);
		plan_memo_keep(p.store, &question, &answer, &sources);
		assert_int_equal(find(&p, &question), 1);
		put_file(&p, "file", "tExt");
		assert_int_equal(find(&p, &question), 0);
		put_file(&p, "file", "text");
		assert_int_equal(find(&p, &question), 1);
		OK(tree_remove(AT_FDCWD, arena_cstr(&p.arena, source.path), &err));
		assert_int_equal(find(&p, &question), 0);
		OK(dir_make(AT_FDCWD, arena_cstr(&p.arena, source.path), 0755, &err));
		assert_int_equal(find(&p, &question), 0);
		OK(tree_remove(AT_FDCWD, arena_cstr(&p.arena, source.path), &err));
	}
	place_close(&p);
}

static void
an_input_that_appears_is_seen(void **state)
{
	AUTO_SOURCES struct sources sources = SOURCES_INIT;
	struct digest question = {{7}};
	struct plan_memo_answer answer;
	struct source_read source;
	struct place p;

	(void)state;
	place_open(&p);
	answer = answer_of(&p);
	source = source_of(&p, SOURCE_KIND_ABSENT, "file", NULL);
	sources_add(&sources, &source);
	plan_memo_keep(p.store, &question, &answer, &sources);
	assert_int_equal(find(&p, &question), 1);
	put_file(&p, "file", "");
	assert_int_equal(find(&p, &question), 0);
	place_close(&p);
}

static void
a_directory_is_looked_through(void **state)
{
	AUTO_SOURCES struct sources sources = SOURCES_INIT;
	struct digest question = {{7}};
	struct plan_memo_answer answer;
	struct source_read source;
	struct place p;
	uint64_t size;

	(void)state;
	place_open(&p);
	OK(dir_make(AT_FDCWD, path_join(&p.arena, p.workspace, "in"), 0755, &err));
	put_file(&p, "in/one", "1");
	answer = answer_of(&p);
	source = source_of(&p, SOURCE_KIND_INPUT, "in", NULL);
	source.is_tree = true;
	OK(object_hash_tree(AT_FDCWD, arena_cstr(&p.arena, source.path), NULL, &source.digest,
		&size, &err));
	sources_add(&sources, &source);
	plan_memo_keep(p.store, &question, &answer, &sources);
	assert_int_equal(find(&p, &question), 1);
	put_file(&p, "in/two", "2");
	assert_int_equal(find(&p, &question), 0);
	place_close(&p);
}

/* The same id has got other artifacts since: only who reads the schema anew can say so. */
static void
a_type_that_means_something_else_by_now(void **state)
{
	static const char text[] =
		"lily: 1\nsteps:\n  a: { run: \"echo 1 >$LILY_OUT/o\", out: { "
		"o: { schema: t.v1 } } }\nschemas: { t.v1: %s }\n";
	AUTO_SOURCES struct sources sources = SOURCES_INIT;
	struct digest question = {{7}};
	struct plan_memo_answer answer;
	struct source_read source;
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	answer = answer_of(&p);
	source = source_of(&p, SOURCE_KIND_SCHEMA, "one.json", "{}");
	sources_add(&sources, &source);
	plan_memo_keep(p.store, &question, &answer, &sources);
	assert_int_equal(find(&p, &question), 1);
	put_file(&p, "two.json", "{\"type\": \"number\"}");
	engine = begin(&p,
		arena_printf(&p.arena, text, path_join(&p.arena, p.workspace, "two.json")),
		false);
	drive(engine);
	engine_free(engine);
	OK(store_flush(p.store, &err));
	assert_int_equal(find(&p, &question), 0);
	place_close(&p);
}

static void
a_plan_that_is_not_there_is_none(void **state)
{
	struct plan_memo_answer answer = {.plan = {{9}}, .name = STR("name")};
	struct sources none = SOURCES_INIT;
	struct digest question = {{7}};
	struct place p;

	(void)state;
	place_open(&p);
	plan_memo_keep(p.store, &question, &answer, &none);
	assert_int_equal(find(&p, &question), 0);
	place_close(&p);
}

/* Any byte that is not as it was written makes it none. */
static void
what_is_damaged_is_none(void **state)
{
	struct sources none = SOURCES_INIT;
	struct digest question = {{7}};
	struct plan_memo_answer answer;
	struct str *names;
	struct place p;
	const char *path;
	size_t n;

	(void)state;
	place_open(&p);
	answer = answer_of(&p);
	plan_memo_keep(p.store, &question, &answer, &none);
	OK(dir_list(store_directory(p.store), "plans", &p.arena, &names, &n, &err));
	assert_int_equal(n, 1);
	path = arena_printf(&p.arena, "plans/%.*s", STR_ARG(names[0]));
	for (size_t at = 0;; at += 13) {
		AUTO_BUF struct buf bytes = BUF_INIT(4096);

		OK(file_read(store_directory(p.store), path, &bytes, &err));
		if (at >= bytes.n)
			break;
		bytes.p[at] ^= 1;
		OK(file_replace(store_directory(p.store), path, buf_str(&bytes), 0600,
			FILE_NO_SYNC, &err));
		assert_int_equal(find(&p, &question), 0);
		bytes.p[at] ^= 1;
		OK(file_replace(store_directory(p.store), path, buf_str(&bytes), 0600,
			FILE_NO_SYNC, &err));
		assert_int_equal(find(&p, &question), 1);
	}
	place_close(&p);
}

/* JSON has no such text; another path would be looked at. */
static void
a_path_that_json_cannot_say_is_not_kept(void **state)
{
	AUTO_SOURCES struct sources sources = SOURCES_INIT;
	struct source_read source = {.kind = SOURCE_KIND_ABSENT, .path = STR("/\xff")};
	struct digest question = {{7}};
	struct plan_memo_answer answer;
	struct place p;

	(void)state;
	place_open(&p);
	answer = answer_of(&p);
	sources_add(&sources, &source);
	plan_memo_keep(p.store, &question, &answer, &sources);
	assert_int_equal(find(&p, &question), 0);
	place_close(&p);
}

static void
there_are_not_more_than_the_bound(void **state)
{
	struct sources none = SOURCES_INIT;
	struct plan_memo_answer answer;
	struct str *names;
	struct place p;
	size_t n;

	(void)state;
	place_open(&p);
	answer = answer_of(&p);
	for (unsigned i = 0; i < PLAN_MEMO_FILES + 10; i++) {
		struct digest question = {{(uint8_t)i, (uint8_t)(i >> 8)}};

		plan_memo_keep(p.store, &question, &answer, &none);
		assert_int_equal(find(&p, &question), 1);
		OK(dir_list(store_directory(p.store), "plans", &p.arena, &names, &n, &err));
		assert_true(n && n <= PLAN_MEMO_FILES);
	}
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_ingredient_is_asked),
		cmocka_unit_test(an_answer_counts_while_its_sources_do),
		cmocka_unit_test(an_input_that_appears_is_seen),
		cmocka_unit_test(a_directory_is_looked_through),
		cmocka_unit_test(a_type_that_means_something_else_by_now),
		cmocka_unit_test(a_plan_that_is_not_there_is_none),
		cmocka_unit_test(what_is_damaged_is_none),
		cmocka_unit_test(a_path_that_json_cannot_say_is_not_kept),
		cmocka_unit_test(there_are_not_more_than_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
