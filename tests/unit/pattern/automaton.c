#include "pattern/automaton.h"

#include "pattern/regex_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct automaton *
make(struct arena *arena, const char *text)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct regex regex;
	struct err err = ERR_INIT;

	if (regex_parse(&scratch, str_of(text), &regex, &err) ||
		regex_reference_resolve(&regex, &err))
		fail_msg("%s: %s", text, err.message);
	return automaton_new(arena, &regex);
}

/* Whether there is one: the answers themselves are compared with PCRE2's elsewhere. */
static void
regular_and_small_is_what_it_takes(void **state)
{
	static const struct {
		const char *pattern;
		bool fits;
	} rows[] = {
		{"", true},
		{"^(?:ab|c)+$", true},
		{"(a|b)*a(a|b){3}", true},
		{"\\1(a)", true},
		{"(?<x>a)|\\k<x>", true},
		{"^.{1,255}$", true},
		{"^(?:[a-z0-9]{1,63}\\.){1,8}$", true},
		{"(a)\\1", false},
		{"(?=a)", false},
		{"(?<!a)b", false},
		{"\\ba", false},
		{"[\\p{L}]", false},
		{"(a|b)*a(a|b){20}", false},
		{"(?:a{100}){100}", false},
		{"a{4000000000}", false},
		{"(?:){4000000000}a", false},
		{"(?:(?:(?:a{0}){9}){9}){9}", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;

		if ((make(&arena, rows[i].pattern) != NULL) != rows[i].fits)
			fail_msg("%s", rows[i].pattern);
	}
}

/* A scan that went back would take minutes here. */
static void
a_subject_is_read_once(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct automaton *automaton = make(&arena, "(?:a|aa|a+)*[bé]c");
	size_t n = 8 << 20;
	char *text = malloc(n);

	(void)state;
	assert_non_null(automaton);
	assert_non_null(text);
	memset(text, 'a', n);
	assert_false(automaton_match(automaton, (struct str){text, n}));
	memcpy(text + n - 3,
		"\xc3\xa9"
		"c",
		3);
	assert_true(automaton_match(automaton, (struct str){text, n}));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(regular_and_small_is_what_it_takes),
		cmocka_unit_test(a_subject_is_read_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
