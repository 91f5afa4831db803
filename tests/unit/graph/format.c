/*
 * Formatting: what changes, what must not, and that it settles at once.
 */
#include "graph/format.h"
#include "../json/suites.h"
#include "rig.h"
#include "json/yaml.h"

static const struct {
	const char *before;
	const char *after;
} layouts[] = {
	{"a: 1", "a: 1\n"},
	{"\n\n\na: 1\n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n"},
	{"a: 1   \nb: 2\t\n", "a: 1\nb: 2\n"},
	{"a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n"},
	{"\xEF\xBB\xBF"
	 "a: 1\n",
		"a: 1\n"},
	{"a:\n      b:\n         c: 1\n", "a:\n  b:\n    c: 1\n"},
	{"  a: 1\n  b: 2\n", "a: 1\nb: 2\n"},
	{"a:\n- b\n- c\nd: 1\n", "a:\n  - b\n  - c\nd: 1\n"},
	{"a:\n     -    b\n     -\n          c\n", "a:\n  - b\n  -\n    c\n"},
	{"-   - a\n    - b\n-   x: 1\n    y: 2\n", "- - a\n  - b\n- x: 1\n  y: 2\n"},
	{"a:\n- b:\n  - c\n", "a:\n  - b:\n      - c\n"},
	/* comments stay with what they stood with */
	{"# top\na:\n    # in\n    b: 1\n    # end\n# out\nc: 2 # side\n",
		"# top\na:\n  # in\n  b: 1\n  # end\n# out\nc: 2 # side\n"},
	{"a:\n- b\n# after\nc: 1\n   # last\n", "a:\n  - b\n# after\nc: 1\n# last\n"},
	/* the insides of texts are content */
	{"a: |\n      x  \n        y\n\n\n      z\n\n\nb: 1\n",
		"a: |\n  x  \n    y\n\n\n  z\n\nb: 1\n"},
	{"a:\n    b: |2\n         x\n        y\n", "a:\n  b: |2\n       x\n      y\n"},
	{"a: |+\n    x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"},
	{"a: |+\n    x\n\n\n", "a: |+\n  x\n\n\n"},
	{"a: >-\n    x\n    # no comment\n  # a comment\nb: 1\n",
		"a: >-\n  x\n  # no comment\n# a comment\nb: 1\n"},
	{"a:\n    b: one\n       two\n\n\n       three   # c\n",
		"a:\n  b: one\n    two\n\n\n    three   # c\n"},
	{"a: one  \n   two  \n   three\n", "a: one\n  two\n  three\n"},
	{"a:\n    b: \"one  \n       two   \n\n\n       three\"  \n",
		"a:\n  b: \"one  \n     two   \n\n\n     three\"\n"},
	{"a:\n    b: { c: 1,\n         d: [ 2,\n             3 ] }\n",
		"a:\n  b: { c: 1,\n       d: [ 2,\n           3 ] }\n"},
	{"a:\n    b: [\n      c,   \n\n\n      d\n    ]\n",
		"a:\n  b: [\n    c,\n\n    d\n  ]\n"},
	{"a:\n    &x\n    b: 1\nc: *x\n", "a:\n  &x\n  b: 1\nc: *x\n"},
	{"%YAML 1.2\n---\na:\n    b: 1\n...\n", "%YAML 1.2\n---\na:\n  b: 1\n...\n"},
	{"{ \"a\": 1,\n     \"b\": 2 }", "{ \"a\": 1,\n     \"b\": 2 }\n"},
};

static void
test_layouts(void **state)
{
	size_t n_wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		AUTO_BUF struct buf got = BUF_INIT((size_t)1 << 20);
		struct err err = ERR_INIT;

		if (workflow_format("f.yaml", str_of(layouts[i].before), &got, &err) < 0)
			buf_add_cstr(&got, err.message);
		if (strcmp(buf_cstr(&got), layouts[i].after) != 0) {
			n_wrong++;
			print_error("%s\nwants\n%s\ngot\n%s\n", layouts[i].before,
				layouts[i].after, buf_cstr(&got));
		}
	}
	assert_int_equal(n_wrong, 0);
}

static const struct {
	const char *text;
	const char *says;
} refused[] = {
	{"a: [\n", "f.yaml:2:1:"},
	{"a: 1\na: 2\n", "f.yaml:2:1:"},
	{"a: \"x\xE2\x80\xA8y\"\n", "f.yaml:1:6: a line end that only YAML knows"},
	{"a: \"x\xC2\x85y\"\n", "a line end that only YAML knows"},
	{"a: 1\rb: 2\n", "f.yaml:1:5: a line end that only YAML knows"},
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO_BUF struct buf got = BUF_INIT((size_t)1 << 20);
		struct err err = ERR_INIT;
		int r = workflow_format("f.yaml", str_of(refused[i].text), &got, &err);

		if (r != ERR_INVALID || !strstr(err.message, refused[i].says) || got.n)
			fail_msg("%s: %d %s", refused[i].text, r, err.message);
	}
}

/* Whether the text is read at all; its meaning as JSON. */
static bool
meaning(struct str text, struct buf *b)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {"x", text};
	const struct value *v;

	if (yaml_parse(&arena, &source, NULL, &v, NULL) < 0)
		return false;
	json_write(v, b);
	return true;
}

struct tally {
	size_t n_formatted;
	size_t n_refused; /* though they can be read */
};

/* What can be read can be formatted without change of meaning; twice is as good as once. */
static void
check_text(const char *name, struct str text, struct tally *tally)
{
	AUTO_BUF struct buf before = BUF_INIT((size_t)1 << 26);
	AUTO_BUF struct buf after = BUF_INIT((size_t)1 << 26);
	AUTO_BUF struct buf once = BUF_INIT((size_t)1 << 26);
	AUTO_BUF struct buf twice = BUF_INIT((size_t)1 << 26);
	struct err err = ERR_INIT;

	if (!meaning(text, &before))
		return;
	if (workflow_format(name, text, &once, &err) < 0) {
		tally->n_refused++;
		print_message("%s\n", err.message);
		return;
	}
	tally->n_formatted++;
	assert_true(meaning(buf_str(&once), &after));
	assert_string_equal(buf_cstr(&before), buf_cstr(&after));
	if (workflow_format(name, buf_str(&once), &twice, &err) < 0)
		fail_msg("%s, formatted: %s", name, err.message);
	if (strcmp(buf_cstr(&once), buf_cstr(&twice)) != 0)
		fail_msg(
			"%s does not settle:\n%s\n%s", name, buf_cstr(&once), buf_cstr(&twice));
	for (size_t i = 0; i + 2 < once.n; i++)
		if (once.p[i] == '\r')
			fail_msg("%s keeps a CR", name);
}

static void
test_examples(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *root = SOURCE_ROOT "/examples";
	struct tally tally = {0};
	struct str *folders;
	size_t n;

	(void)state;
	folders = suites_list(&arena, root, &n);
	for (size_t i = 0; i < n; i++) {
		const char *folder = path_join(&arena, root, arena_cstr(&arena, folders[i]));
		struct str *names;
		size_t n_names;

		names = suites_list(&arena, folder, &n_names);
		for (size_t j = 0; j < n_names; j++) {
			AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);

			if (!str_ends(names[j], STR(".yaml")))
				continue;
			suites_read(&arena, folder, names[j], &text);
			check_text(arena_cstr(&arena, names[j]), buf_str(&text), &tally);
		}
	}
	assert_true(tally.n_formatted > 0);
	assert_int_equal(tally.n_refused, 0);
}

/* The cases of the YAML test suite, as they are written there, signs for blanks and all; and the
 * files that hold them, which are YAML too. */
static void
check_suite_file(const char *name, struct str text, struct tally *tally)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {name, text};
	const struct value *cases;

	check_text(name, text, tally);
	if (yaml_parse(&arena, &source, NULL, &cases, NULL) < 0 || cases->kind != VALUE_ARRAY)
		return;
	for (uint32_t i = 0; i < cases->n; i++) {
		const struct value *yaml = value_get(&cases->items[i], STR("yaml"));

		if (yaml)
			check_text(name, value_text(yaml), tally);
	}
}

static void
test_yaml_suite(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *folder = suites_find(&arena, "yaml/src");
	struct tally tally = {0};
	struct str *names;
	size_t n;

	(void)state;
	if (!folder) {
		/* skip leaves by longjmp, which no cleanup sees. */
		arena_done(&arena);
		skip();
	}
	names = suites_list(&arena, folder, &n);
	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);

		suites_read(&arena, folder, names[i], &text);
		check_suite_file(arena_cstr(&arena, names[i]), buf_str(&text), &tally);
	}
	print_message("%zu texts formatted, %zu refused\n", tally.n_formatted, tally.n_refused);
	assert_true(tally.n_formatted > 500);
	/* Those with keys in the form `? key`. */
	assert_int_equal(tally.n_refused, 9);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_yaml_suite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
