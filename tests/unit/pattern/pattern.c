#include "pattern/pattern.h"

#include "base/buf.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* Room for texts with NUL. */
struct row {
	struct str pattern;
	struct str subject;
	int matches;
};

/* STR in a constant table. */
#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}
#define ROW(pattern, subject, matches)                  \
	{                                               \
		TEXT(pattern), TEXT(subject), (matches) \
	}

static struct pattern *
compile(struct str text)
{
	struct pattern *pattern = NULL;
	struct err err = ERR_INIT;

	if (pattern_new(text, &pattern, &err))
		fail_msg("%.*s: %s", STR_ARG(text), err.message);
	return pattern;
}

static int
match(struct str text, struct str subject)
{
	struct pattern *pattern = compile(text);
	struct err err = ERR_INIT;
	int matches = pattern_match(pattern, subject, &err);

	pattern_free(pattern);
	return matches;
}

/* Each also behind something that needs an engine, so that both ways of matching are asked. */
static void
check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf text = BUF_INIT(4096);

		if (match(rows[i].pattern, rows[i].subject) != rows[i].matches)
			fail_msg("row %zu: %.*s", i, STR_ARG(rows[i].pattern));
		buf_add_cstr(&text, "(?!\\b\\B)(?:");
		buf_add_str(&text, rows[i].pattern);
		buf_add_char(&text, ')');
		if (match(buf_str(&text), rows[i].subject) != rows[i].matches)
			fail_msg("row %zu: %.*s", i, STR_ARG(buf_str(&text)));
	}
}

#define CHECK_ROWS(rows) check_rows((rows), ARRAY_SIZE(rows))

static void
classes_are_those_of_ecma(void **state)
{
	static const struct row rows[] = {
		ROW("^\\d$", "7", 1),
		ROW("^\\d$", "߀", 0),
		ROW("^\\D$", "߀", 1),
		ROW("^\\w$", "_", 1),
		ROW("^\\w$", "é", 0),
		ROW("^\\W$", "é", 1),
		ROW("^\\s$", "\v", 1),
		ROW("^\\s$", "\u00a0", 1),
		ROW("^\\s$", "\ufeff", 1),
		ROW("^\\s$", "\u2028", 1),
		ROW("^\\s$", "\u2029", 1),
		ROW("^\\s$", "\u3000", 1),
		ROW("^\\s$", "\u200a", 1),
		ROW("^\\s$", "\u202f", 1),
		ROW("^\\s$", "\u205f", 1),
		ROW("^\\s$", "\u1680", 1),
		ROW("^\\s$", "\u180e", 0),
		ROW("^\\s$", "\u200b", 0),
		ROW("^\\s$", "\xc2\x85", 0),
		ROW("^\\S$", "\xc2\x85", 1),
		ROW("^\\S$", "\ufeff", 0),
		ROW("^[\\s]$", "\ufeff", 1),
		ROW("^[^\\s]$", "\ufeff", 0),
		ROW("^[\\S]$", "\u2028", 0),
		ROW("^[\\S\\s]$", "\u2028", 1),
		ROW("^[\\W\\d]$", "é", 1),
		ROW("^.$", "\n", 0),
		ROW("^.$", "\r", 0),
		ROW("^.$", "\u2028", 0),
		ROW("^.$", "\u2029", 0),
		ROW("^.$", "\xc2\x85", 1),
		ROW("^.$", "\v", 1),
		ROW("^.$", "😀", 1),
		ROW("^[.]$", "a", 0),
		ROW("^[^]$", "\n", 1),
		ROW("^[^]{2}$", "\n😀", 1),
		ROW("^[]$", "", 0),
		ROW("[]|a", "a", 1),
		ROW("^[]*a$", "a", 1),
		ROW("^[a\\-z]$", "-", 1),
		ROW("^[a\\-z]$", "b", 0),
		ROW("^[-a]$", "-", 1),
		ROW("^[a-]$", "-", 1),
		ROW("^[--a]$", "5", 1),
		ROW("^[\\b]$", "\b", 1),
		ROW("^[$(*.]$", "$", 1),
		ROW("^[^^]$", "^", 0),
		ROW("^[é-ü]$", "ö", 1),
		ROW("^[à-\\u{1F600}]$", "😀", 1),
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
anchors_and_boundaries_know_no_lines(void **state)
{
	static const struct row rows[] = {
		ROW("^abc$", "abc", 1),
		ROW("^abc$", "abc\n", 0),
		ROW("a$", "a\nb", 0),
		ROW("^b", "a\nb", 0),
		ROW("a^b", "ab", 0),
		ROW("$^", "", 1),
		ROW("$^", "a", 0),
		ROW("(?:^|,)b(?:$|,)", "a,b", 1),
		ROW("(?:^|,)b(?:$|,)", "ab,b", 1),
		ROW("(?:^|,)b(?:$|,)", "ab,bb", 0),
		ROW("(?:^a)*b", "b", 1),
		ROW("^^a$$", "a", 1),
		ROW("a|^b$|c$", "bb", 0),
		ROW("\\bé", "aé", 1),
		ROW("\\bé", "é", 0),
		ROW("a\\b", "a", 1),
		ROW("a\\Bb", "ab", 1),
		ROW("\\B", "", 1),
		ROW("\\b", "", 0),
		ROW("\\B", "0😀z", 0),
		ROW("(?!.)", "a", 1),
		ROW("(?!.)b", "a", 0),
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
escapes_are_those_of_ecma(void **state)
{
	static const struct row rows[] = {
		ROW("^\\cC$", "\x03", 1),
		ROW("^\\cc$", "\x03", 1),
		ROW("^\\0$", "\0", 1),
		ROW("^a\\0b$", "a\0b", 1),
		ROW("^a\0b$", "a\0b", 1),
		ROW("\0", "ab", 0),
		ROW("^[\\0-\\x02]$", "\x01", 1),
		ROW("^\\x41$", "A", 1),
		ROW("^\\x0041$", "\00041", 1),
		ROW("^\\u0041$", "A", 1),
		ROW("^\\u{41}$", "A", 1),
		ROW("^\\u{0000041}$", "A", 1),
		ROW("^\\u{1F600}$", "😀", 1),
		ROW("^\\uD83D\\uDE00$", "😀", 1),
		ROW("^[\\uD83D\\uDE00]$", "😀", 1),
		ROW("^[\\uD83D\\uDE00-\\uD83D\\uDE05]$", "😃", 1),
		ROW("^\\uD83D\\u{DE00}$", "😀", 0),
		ROW("\\uD83D", "😀", 0),
		ROW("^[^\\uD83D]$", "😀", 1),
		ROW("^[\\uD800-\\uDFFF]$", "a", 0),
		ROW("^[\\uD7FF-\\uE000]$", "\ue000", 1),
		ROW("^[^\\uD7FF-\\uE000]$", "a", 1),
		ROW("^\\uD83Da?$", "a", 0),
		ROW("^\\t\\n\\v\\f\\r$", "\t\n\v\f\r", 1),
		ROW("^\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|\\/$", "^$\\.*+?()[]{}|/", 1),
		ROW("^🐲*$", "🐲🐲", 1),
		ROW("^🐲*$", "🐲🐉", 0),
		ROW("/-,\"'#&", "/-,\"'#&", 1),
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void
repeats_and_alternatives(void **state)
{
	static const struct row rows[] = {
		ROW("", "", 1),
		ROW("", "a", 1),
		ROW("|a", "b", 1),
		ROW("a||b", "c", 1),
		ROW("^(?:|a)$", "a", 1),
		ROW("^(?:|a)+b$", "aab", 1),
		ROW("^()*$", "", 1),
		ROW("^(?:a*)*b$", "aab", 1),
		ROW("^(?:a?){3}$", "aaaa", 0),
		ROW("^(?:a|b){2,3}$", "abab", 0),
		ROW("^(?:a|b){2,3}$", "aba", 1),
		ROW("^a{0}b$", "b", 1),
		ROW("^(?:ab){0,2}c$", "ababc", 1),
		ROW("^(?:ab){0,2}c$", "abababc", 0),
		ROW("^a{2,}?$", "aaa", 1),
		ROW("^a{2,}$", "a", 0),
		ROW("^.{2,3}$", "é😀", 1),
		ROW("^.{2,3}$", "é", 0),
		ROW("^[a-c]*$", "abcd", 0),
		ROW("^[a-c]+$", "", 0),
		ROW("^x-.*", "x-\n", 1),
		ROW("json", "a.json", 1),
		ROW("^\\.", "a.json", 0),
		ROW("\\.json$", "a.json", 1),
		ROW("\\.json$", ".jso", 0),
		ROW("^.*\\.json$", "a.json", 1),
		ROW("^a{100000}$", "a", 0),
		ROW("(?:aab|ab|b)c", "aaabc", 1),
		ROW("^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", 0),
	};
	size_t n = ARRAY_SIZE(rows);

	(void)state;
	for (size_t i = 0; i < n; i++)
		if (match(rows[i].pattern, rows[i].subject) != rows[i].matches)
			fail_msg("row %zu: %.*s", i, STR_ARG(rows[i].pattern));
	/* The last three are past what PCRE2 counts to, or bounded. */
	check_rows(rows, n - 3);
}

static void
looks_and_references(void **state)
{
	static const struct row rows[] = {
		ROW("^(?!pattern$).*$", "patterns", 1),
		ROW("^(?!pattern$).*$", "pattern", 0),
		ROW("^(?=.*\\d)(?=.*[a-z]).{4,}$", "abc1", 1),
		ROW("^(?=.*\\d)(?=.*[a-z]).{4,}$", "abcd", 0),
		/* PCRE2 10.42 takes 1 for its first and another 1 for its last character. */
		ROW("(?=1)(?:|a0)1", "1", 1),
		ROW("(?<=a|bc)d", "bcd", 1),
		ROW("(?<!a)b", "ab", 0),
		ROW("(?<!a)b", "cb", 1),
		ROW("^(a)\\1$", "aa", 1),
		ROW("^(?<x>a|b)\\k<x>$", "bb", 1),
		ROW("^(?<x>a|b)\\k<x>$", "ba", 0),
		ROW("^\\k<x>(?<x>a)$", "a", 1),
		ROW("^(?<\\u{61}>a)\\k<a>$", "aa", 1),
		ROW("^(?<é>a)\\k<\\u00e9>$", "aa", 1),
		ROW("^(?<𝒜>a)\\k<\\ud835\\udc9c>$", "aa", 1),
		ROW("^\\1(a)$", "a", 1),
		ROW("^(a\\1)$", "a", 1),
		ROW("^(?:(a)|b\\1)$", "b", 1),
		ROW("^(?:(a)|b)\\1$", "b", 1),
		ROW("^(?:(a)|b)\\1$", "a", 0),
		ROW("^(a)?\\1b$", "b", 1),
		ROW("^(?!(a))\\1b$", "b", 1),
		ROW("^(?:(a)b\\1)+$", "abaaba", 1),
		ROW("^(?:\\1b|(a))*$", "ab", 1),
		ROW("^(?:\\1b|(a))*$", "aab", 1),
		ROW("^(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)\\10$", "abcdefghijj", 1),
		ROW("^(?=(a+))\\1b", "aab", 1),
		ROW("^(a{0})\\1$", "", 1),
		ROW("^(a){0}\\1$", "", 1),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (match(rows[i].pattern, rows[i].subject) != rows[i].matches)
			fail_msg("row %zu: %.*s", i, STR_ARG(rows[i].pattern));
}

static void
properties_by_all_their_names(void **state)
{
	static const struct row rows[] = {
		ROW("^\\p{Letter}+$", "aéΩ中", 1),
		ROW("^\\p{L}$", "1", 0),
		ROW("^\\P{L}$", "1", 1),
		ROW("^\\p{gc=Lu}$", "É", 1),
		ROW("^\\p{General_Category=Uppercase_Letter}$", "é", 0),
		ROW("^\\p{Script=Greek}$", "Ω", 1),
		ROW("^\\p{sc=Grek}$", "a", 0),
		ROW("^\\p{scx=Greek}$", "Ω", 1),
		ROW("^\\p{sc=Deva}$", "\u0964", 0),
		ROW("^\\p{Script_Extensions=Deva}$", "\u0964", 1),
		ROW("^\\p{digit}$", "߀", 1),
		ROW("^\\p{ASCII}$", "é", 0),
		ROW("^\\p{Any}$", "\n", 1),
		ROW("^\\p{Assigned}$", "a", 1),
		ROW("^\\P{Assigned}$", "\ufdd0", 1),
		ROW("^\\p{LC}$", "ǅ", 1),
		ROW("^\\p{White_Space}$", "\xc2\x85", 1),
		ROW("^\\p{space}$", " ", 1),
		ROW("^\\p{Emoji_Presentation}$", "😀", 1),
		ROW("^[\\p{Lu}\\d_]+$", "É1_", 1),
		ROW("^[^\\p{Lu}\\d_]+$", "é", 1),
		ROW("^[^\\P{Lu}]$", "É", 1),
		ROW("^[\\P{Lu}]$", "É", 0),
		ROW("^\\p{Cs}$", "a", 0),
	};

	(void)state;
	CHECK_ROWS(rows);
}

struct refusal {
	struct str pattern;
	int code;
	const char *message;
};

#define INVALID(pattern, message)                   \
	{                                           \
		TEXT(pattern), ERR_INVALID, message \
	}
#define LIMIT(pattern, message)                   \
	{                                         \
		TEXT(pattern), ERR_LIMIT, message \
	}

static void
refusals_say_where_and_why(void **state)
{
	static const struct refusal rows[] = {
		INVALID("a)", "character 2: this ) closes no group"),
		INVALID("é(a", "character 2: this group is not closed"),
		INVALID("(?:a", "character 1: this group is not closed"),
		INVALID("[a", "character 1: this class is not closed"),
		INVALID("[a\\]", "character 1: this class is not closed"),
		INVALID("a{", "character 2: a { begins a count"),
		INVALID("a{1", "character 2: a { begins a count"),
		INVALID("a{,1}", "character 2: a { begins a count"),
		INVALID("{", "character 1: there is nothing before this {"),
		INVALID("a}", "character 2: this } closes nothing"),
		INVALID("a]", "character 2: this ] closes nothing"),
		INVALID("[[:alpha:]]", "character 11: this ] closes nothing"),
		INVALID("a{2,1}", "the second number of this count is below the first"),
		INVALID("*", "there is nothing before this *"),
		INVALID("a**", "character 3: there is nothing before this *"),
		INVALID("a|?", "there is nothing before this ?"),
		INVALID("^*", "there is nothing before this *"),
		INVALID("\\b+", "there is nothing before this +"),
		INVALID("(?=a)*", "there is nothing before this *"),
		INVALID("(?!a){2}", "there is nothing before this {"),
		INVALID("(?<=a)?", "there is nothing before this ?"),
		INVALID("(?i:a)", "behind (? comes"),
		INVALID("(?>a)", "behind (? comes"),
		INVALID("(?P<x>a)", "behind (? comes"),
		INVALID("(?#a)", "behind (? comes"),
		INVALID("(*FAIL)", "there is nothing before this *"),
		INVALID("(?<1>a)", "a name of a group is made of"),
		INVALID("(?<>a)", "a name of a group is made of"),
		INVALID("(?<a b>a)", "a name of a group is made of"),
		INVALID("(?<a", "this name of a group is not closed"),
		INVALID("(?<a\\x61>b)", "no escapes but \\u"),
		INVALID("(?<\\ud835>b)", "a name of a group is made of"),
		INVALID("(?<x>a)(?<x>b)", "character 8: another group has this name"),
		INVALID("(?<x>a)|(?<x>b)", "another group has this name"),
		INVALID("\\k<x>", "there is no group of this name"),
		INVALID("\\k", "\\k needs the name of a group"),
		INVALID("(?<x>a)\\k", "\\k needs the name of a group"),
		INVALID("\\1", "there are not as many groups"),
		INVALID("(a)\\2", "character 4: there are not as many groups"),
		INVALID("(a)\\99999999999999999999", "there are not as many groups"),
		INVALID("\\00", "octal escapes"),
		INVALID("\\08", "octal escapes"),
		INVALID("[\\1]", "refers to a group, inside a class"),
		INVALID("\\8", "there are not as many groups"),
		INVALID("\\a", "there is no escape \\a"),
		INVALID("\\_", "a character that needs none"),
		INVALID("\\-", "a character that needs none"),
		INVALID("\\é", "a character that needs none"),
		INVALID("[\\B]", "there is no escape \\B"),
		INVALID("[\\k]", "there is no escape \\k"),
		INVALID("\\", "a backslash at the end"),
		INVALID("\\c", "\\c needs a letter"),
		INVALID("\\c1", "\\c needs a letter"),
		INVALID("\\x4", "\\x needs two"),
		INVALID("\\xg0", "\\x needs two"),
		INVALID("\\u004", "\\u needs four"),
		INVALID("\\u{}", "\\u{ needs"),
		INVALID("\\u{41", "\\u{ needs"),
		INVALID("\\u{110000}", "there is no character past"),
		INVALID("\\u{fffffffffffff}", "there is no character past"),
		INVALID("[b-a]", "character 2: this range in a class is out of order"),
		INVALID("[\\d-a]", "goes from a character to a character"),
		INVALID("[a-\\d]", "goes from a character to a character"),
		INVALID("[\\p{L}-a]", "goes from a character to a character"),
		INVALID("\\p", "\\p needs a property in braces"),
		INVALID("\\pL", "\\p needs a property in braces"),
		INVALID("\\p{L", "is not closed"),
		INVALID("\\p{}", "names no property"),
		INVALID("\\p{letter}", "\\p{letter} names no property"),
		INVALID("\\P{Greek}", "\\P{Greek} names no property"),
		INVALID("\\p{Script=greek}", "\\p{Script=greek} names no property"),
		INVALID("\\p{IsLetter}", "names no property"),
		INVALID("\\p{^L}", "names no property"),
		INVALID("\\p{gc=}", "names no property"),
		INVALID("\\p{Lu=L}", "names no property"),
		INVALID("\\p{RGI_Emoji}", "names no property"),
		INVALID("a\xff", "character 2: this is not UTF-8"),
		LIMIT("(?<=a+)b", "a lookbehind whose length is not fixed"),
		LIMIT("(a)(?<=\\1)b", "a reference inside a lookbehind"),
		LIMIT("(?:(a)|b)*\\1", "character 11: a reference to a group that a repeated"),
		LIMIT("(?:(a?))*\\1", "a reference to a group that a repeated part"),
		LIMIT("(?:(?=(a)))?\\1", "a reference to a group that a repeated part"),
		LIMIT("(?=a)(a{1000}){1000}", "multiply to more than 500000"),
		LIMIT("(?=a)a{65536}", "a count above 65535"),
		LIMIT("\\p{Script=Kawi}", "too young for this PCRE2"),
		LIMIT("\\p{Changes_When_NFKC_Casefolded}", "too young for this PCRE2"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pattern *pattern = NULL;
		struct err err = ERR_INIT;

		if (pattern_new(rows[i].pattern, &pattern, &err) != rows[i].code ||
			!strstr(err.message, rows[i].message) || pattern)
			fail_msg("row %zu: %.*s: %s", i, STR_ARG(rows[i].pattern), err.message);
	}
}

/* head, then part n times, then tail. */
static struct pattern *
compile_repeated(const char *head, const char *part, size_t n, const char *tail, int *ret_code)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	struct pattern *pattern = NULL;
	struct err err = ERR_INIT;

	buf_add_cstr(&text, head);
	for (size_t i = 0; i < n; i++)
		buf_add_cstr(&text, part);
	buf_add_cstr(&text, tail);
	*ret_code = pattern_new(buf_str(&text), &pattern, &err);
	return pattern;
}

static void
sizes_are_bounded(void **state)
{
	static const struct {
		const char *head;
		const char *part;
		size_t n;
		const char *tail;
		int code;
	} rows[] = {
		{"", "a", 65536, "", 0},
		{"", "a", 65537, "", ERR_LIMIT},
		{"", "(", 200, "", ERR_INVALID},
		{"", "(", 201, "", ERR_LIMIT},
		{"", "[", 60000, "]", 0},
		{"[", "\\S\\s", 15000, "]", 0},
		{"(?=a)", "a?", 30000, "", ERR_LIMIT},
		{"", "(a|b)?", 10000, "c", ERR_LIMIT},
		{"(a)", "\\1", 30000, "", ERR_LIMIT},
		{"(?!x)", "a|", 30000, "", ERR_LIMIT},
		{"(?!x)", "\\p{L}", 10000, "", ERR_LIMIT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int code;

		pattern_free(compile_repeated(
			rows[i].head, rows[i].part, rows[i].n, rows[i].tail, &code));
		if (code != rows[i].code)
			fail_msg("row %zu: %d", i, code);
	}
}

static double
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static char *
repeat_text(const char *part, size_t n, size_t *ret_n)
{
	size_t length = strlen(part);
	char *text = malloc(length * n + 1);

	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * length, part, length);
	*ret_n = length * n;
	return text;
}

static void
no_pattern_runs_away(void **state)
{
	static const char *const patterns[] = {"(a+)+$", "(a|aa)+$", "(.*)*x",
		"^(([a-z])+.)+[A-Z]([a-z])+$", "(a*)*b", "(x+x+)+y", "^(?!b)(a+)+$",
		"\\b(a+)+$", "(?=a)(?:a|aa)+$", "(?!x)(.*)*x", "(a+)\\1+b",
		"(?!b)(?:a?){30}a{30}c", "(?=a)a*a*a*a*a*a*b", "\\b\\w+\\d",
		"(?!b)(\\p{L}+)+\\d", "^(\\p{L}|\\p{Ll})+$", "(?=a{60000}b)", "(?=.*x)(?=.*y)",
		"(?<=a)(a|a)*b", "^(?:(?!x)a|a)*$", "(?!x)(?:(?:(?:a?){9}){9}){9}b"};
	static const struct {
		const char *part;
		size_t n;
	} subjects[] = {{"a", 30}, {"a", 1000}, {"a", 100000}, {"ab", 50000}, {"xA", 5000}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		for (size_t k = 0; k < ARRAY_SIZE(subjects); k++) {
			struct pattern *pattern = compile(str_of(patterns[i]));
			struct str subject;
			char *text = repeat_text(subjects[k].part, subjects[k].n, &subject.n);
			struct err err = ERR_INIT;
			double start = seconds();
			int matches;

			subject.p = text;
			text[subject.n - 1] = '!';
			matches = pattern_match(pattern, subject, &err);
			/* A hundred times what it takes without sanitizers. */
			if (seconds() - start > 10)
				fail_msg("%s on %zu", patterns[i], subject.n);
			assert_true(matches == 0 || matches == 1 ||
				(matches == ERR_LIMIT && err.message[0]));
			free(text);
			pattern_free(pattern);
		}
}

/* The same pattern and subject end the same way each time, also at the limit. */
static void
limits_are_the_same_each_time(void **state)
{
	struct pattern *pattern = compile(STR("^(?!b)(a+)+$"));
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(pattern_match(pattern, STR("aaaaaaaaaa!"), &err), 0);
		assert_int_equal(
			pattern_match(pattern, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), &err),
			ERR_LIMIT);
		assert_non_null(strstr(err.message, "too many steps"));
		assert_int_equal(pattern_match(pattern, STR("aaaa"), &err), 1);
	}
	pattern_free(pattern);
}

/* Machine code has 32 KiB of stack: this takes more, and the interpreter answers. */
static void
the_interpreter_takes_over(void **state)
{
	struct pattern *pattern = compile(STR("^(?!x)(?:a|b)*c$"));
	struct err err = ERR_INIT;
	struct str subject;
	char *text = repeat_text("ab", 20000, &subject.n);

	(void)state;
	subject.p = text;
	assert_int_equal(pattern_match(pattern, subject, &err), 0);
	text[subject.n - 1] = 'c';
	assert_int_equal(pattern_match(pattern, subject, &err), 1);
	free(text);
	pattern_free(pattern);
}

static void *
match_in_thread(void *argument)
{
	const struct pattern *pattern = argument;
	struct err err = ERR_INIT;

	for (int i = 0; i < 20000; i++)
		if (pattern_match(pattern, STR("abcabc"), &err) != 1 ||
			pattern_match(pattern, STR("abcabd"), &err) != 0)
			return argument;
	return NULL;
}

static void
threads_share_a_pattern(void **state)
{
	struct pattern *pattern = compile(STR("^(\\w+)\\1$"));
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, match_in_thread, pattern), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	pattern_free(pattern);
}

/* No such subject is given, and none does harm. */
static void
bytes_that_are_no_utf8_do_no_harm(void **state)
{
	static const char *const patterns[] = {
		"^.*$", "^[é-ü]+$", "(?:a|é)+$", "😀", "^(?!a)\\w*$", "\\p{L}", "^[^a]{3}$"};
	static const char bytes[] = "a\xff\xc3\xf0\x9f\x80\xfe";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		for (size_t n = 0; n < sizeof(bytes); n++) {
			struct pattern *pattern = compile(str_of(patterns[i]));
			char *copy = malloc(n + 1);
			struct err err = ERR_INIT;

			assert_non_null(copy);
			memcpy(copy, bytes, n);
			(void)pattern_match(pattern, (struct str){copy, n}, &err);
			free(copy);
			pattern_free(pattern);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_those_of_ecma),
		cmocka_unit_test(anchors_and_boundaries_know_no_lines),
		cmocka_unit_test(escapes_are_those_of_ecma),
		cmocka_unit_test(repeats_and_alternatives),
		cmocka_unit_test(looks_and_references),
		cmocka_unit_test(properties_by_all_their_names),
		cmocka_unit_test(refusals_say_where_and_why),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(no_pattern_runs_away),
		cmocka_unit_test(limits_are_the_same_each_time),
		cmocka_unit_test(the_interpreter_takes_over),
		cmocka_unit_test(threads_share_a_pattern),
		cmocka_unit_test(bytes_that_are_no_utf8_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
