/*
 * The JSON parsing suite (github.com/nst/JSONTestSuite): y_ must be accepted, n_ refused, i_ may
 * be either; those are listed with what we do, so that a change is noticed. What is accepted must
 * say the same after it was written and read again.
 */
#include "suites.h"
#include "json/json.h"

/* The i_ files that are accepted; all others hold lone surrogates, bytes that are not UTF-8, a
 * byte order mark or UTF-16, and are refused. */
static const char *const accepted[] = {
	"i_number_double_huge_neg_exp.json",
	"i_number_huge_exp.json",
	"i_number_neg_int_huge_exp.json",
	"i_number_pos_double_huge_exp.json",
	"i_number_real_neg_overflow.json",
	"i_number_real_pos_overflow.json",
	"i_number_real_underflow.json",
	"i_number_too_big_neg_int.json",
	"i_number_too_big_pos_int.json",
	"i_number_very_big_negative_int.json",
	"i_structure_500_nested_arrays.json",
};

struct tally {
	size_t must; /* y_ and n_ files */
	size_t may;
	size_t wrong;
};

static bool
is_to_be_accepted(struct str name)
{
	if (name.p[0] != 'i')
		return name.p[0] == 'y';
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++)
		if (str_is(name, accepted[i]))
			return true;
	return false;
}

/* NULL, or what is wrong with writing v and reading it again. */
static const char *
check_round_trip(struct arena *arena, const struct value *v, unsigned flags)
{
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	AUTO_BUF struct buf once = BUF_INIT(SUITES_FILE_MAX);
	AUTO_BUF struct buf twice = BUF_INIT(SUITES_FILE_MAX);
	struct source source = {"written", STR_EMPTY};
	const struct value *read;
	struct err err = ERR_INIT;

	json_write_indented(v, &text);
	source.text = buf_str(&text);
	if (json_parse(arena, &source, flags, NULL, &read, &err))
		return "what was written cannot be read";
	if (!value_equal(v, read))
		return "what was written says something else";
	json_write(v, &once);
	json_write(read, &twice);
	return str_equal(buf_str(&once), buf_str(&twice)) ? NULL : "is written in two ways";
}

static const char *
check_file(
	struct arena *arena, struct str name, struct str text, unsigned flags, struct err *err)
{
	struct source source = {arena_cstr(arena, name), text};
	const struct value *v = NULL;
	int code = json_parse(arena, &source, flags, NULL, &v, err);

	if (is_to_be_accepted(name))
		return code ? err->message : check_round_trip(arena, v, flags);
	if (!code)
		return "is accepted";
	if (v)
		return "has a value and an error";
	return str_starts(str_of(err->message), name) ? NULL : "has an error without a place";
}

static void
check_all(struct arena *arena, const char *folder, struct tally *tally)
{
	size_t n;
	struct str *names = suites_list(arena, folder, &n);

	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);

		suites_read(arena, folder, names[i], &text);
		*(names[i].p[0] == 'i' ? &tally->may : &tally->must) += 1;
		for (unsigned flags = 0; flags <= JSON_BORROW_TEXT; flags += JSON_BORROW_TEXT) {
			struct err err = ERR_INIT;
			const char *wrong =
				check_file(arena, names[i], buf_str(&text), flags, &err);

			tally->wrong += wrong != NULL;
			if (wrong)
				(void)printf("not ok %.*s: %s\n", STR_ARG(names[i]), wrong);
		}
	}
}

int
main(void)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct tally tally = {0, 0, 0};
	const char *folder = suites_find(&arena, "json-parsing/test_parsing");

	if (!folder)
		return SUITES_SKIPPED;
	check_all(&arena, folder, &tally);
	(void)printf("%zu files that must be accepted or refused, %zu that may, %zu wrong\n",
		tally.must, tally.may, tally.wrong);
	return tally.wrong || !tally.must;
}
