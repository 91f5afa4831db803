/*
 * The vectors of RFC 8785's author (github.com/cyberphone/json-canonicalization, testdata): each
 * file of input/ must become the bytes of output/, which outhex/ spells as hexadecimal digits.
 */
#include "suites.h"
#include "json/json.h"

static void
add_hex(struct buf *b, struct str text)
{
	for (size_t i = 0; i + 1 < text.n;) {
		char digits[3] = {text.p[i], text.p[i + 1], '\0'};

		if (digits[0] == ' ' || digits[0] == '\n' || digits[0] == '\r') {
			i++;
			continue;
		}
		buf_add_char(b, (char)strtol(digits, NULL, 16));
		i += 2;
	}
}

/* The canonical bytes of a file of input/. */
static void
canonicalise(struct arena *arena, const char *root, struct str name, struct buf *b)
{
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	struct source source = {arena_cstr(arena, name), STR_EMPTY};
	const struct value *v;
	struct err err = ERR_INIT;

	suites_read(arena, path_join(arena, root, "input"), name, &text);
	source.text = buf_str(&text);
	if (json_parse(arena, &source, JSON_UNIQUE_KEYS, NULL, &v, &err) ||
		json_canonical(v, JSON_NUMBERS_NEAREST, b, &err))
		(void)printf("%s\n", err.message);
}

static size_t
check_vector(struct arena *arena, const char *root, struct str name)
{
	AUTO_BUF struct buf got = BUF_INIT(SUITES_FILE_MAX);
	AUTO_BUF struct buf output = BUF_INIT(SUITES_FILE_MAX);
	AUTO_BUF struct buf hex = BUF_INIT(SUITES_FILE_MAX);
	AUTO_BUF struct buf bytes = BUF_INIT(SUITES_FILE_MAX);
	struct str stem = {name.p, name.n - strlen(".json")};
	const char *hex_name = arena_printf(arena, "%.*s.txt", STR_ARG(stem));

	canonicalise(arena, root, name, &got);
	suites_read(arena, path_join(arena, root, "output"), name, &output);
	suites_read(arena, path_join(arena, root, "outhex"), str_of(hex_name), &hex);
	add_hex(&bytes, buf_str(&hex));
	if (got.n && str_equal(buf_str(&got), buf_str(&output)) &&
		str_equal(buf_str(&got), buf_str(&bytes)))
		return 0;
	(void)printf("not ok %.*s: %s\n", STR_ARG(name), buf_cstr(&got));
	return 1;
}

int
main(void)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *root = suites_find(&arena, "jcs/testdata");
	struct str *names;
	size_t n;
	size_t n_wrong = 0;

	if (!root)
		return SUITES_SKIPPED;
	names = suites_list(&arena, path_join(&arena, root, "input"), &n);
	for (size_t i = 0; i < n; i++)
		n_wrong += check_vector(&arena, root, names[i]);
	(void)printf("%zu vectors, %zu wrong\n", n, n_wrong);
	return n_wrong != 0;
}
