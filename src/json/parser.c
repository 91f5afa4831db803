#include "json/hash.h"
#include "json/json.h"
#include "json/keys.h"
#include "json/mistake.h"
#include "json/quoted.h"
#include "json/stack.h"

const struct json_limits json_default_limits = {.bytes = (size_t)256 << 20, .depth = 512};

enum state {
	AT_VALUE,
	AT_FIRST_ITEM,
	AT_KEY,
	AT_FIRST_KEY,
	AFTER_VALUE,
	AT_MISTAKE, /* at `at`, where `expected` says what would be right */
	AT_END,     /* of the document */
	FAILED,     /* the error is set */
};

struct parser {
	struct source source; /* its text is what strings and numbers point into */
	const char *at;
	const char *end;
	struct arena *arena;
	unsigned flags;
	uint32_t depth_max;
	struct stack tree;
	struct keys keys;
	uint64_t seed;
	enum mistake_expected expected;
	int code;
	struct err *err;
};

static inline bool
is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

static uint32_t
offset_of(const struct parser *p, const char *at)
{
	return (uint32_t)(at - p->source.text.p);
}

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The first byte from `at` on that is no blank; indentation by its length in words. */
static inline const char *
skip_blanks(const char *at, const char *end)
{
	while (end - at >= 8) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		word = le64toh(word) ^ ' ' * QUOTED_ONES;
		if (word)
			at += __builtin_ctzll(word) / 8;
		else
			at += 8;
		if (word && !is_blank(*at))
			return at;
		at += word != 0;
	}
	while (at < end && is_blank(*at))
		at++;
	return at;
}

/* Moves to the next byte that is no blank and returns it; 0 at the end of the text. */
static inline char
peek(struct parser *p)
{
	const char *at = p->at;

	if (at < p->end && (unsigned char)*at > ' ')
		return *at;
	p->at = skip_blanks(at, p->end);
	return p->at < p->end ? *p->at : '\0';
}

static enum state
mistake(struct parser *p, enum mistake_expected expected)
{
	p->expected = expected;
	return AT_MISTAKE;
}

static inline void
push_text(struct parser *p, const char *at, struct str text, enum value_kind kind,
	unsigned flags, uint32_t hash)
{
	struct value *v = stack_push(&p->tree);

	*v = (struct value){.kind = (uint8_t)kind,
		.flags = (uint8_t)flags,
		.n = (uint32_t)text.n,
		.text = text.p,
		.offset = offset_of(p, at),
		.hash = hash};
}

/* Like read_string, where the string has escapes, or something that may not be in it. */
static bool
read_escaped_string(struct parser *p)
{
	const char *open = p->at;
	struct str text;
	const char *after = quoted_decode(p->arena, &p->source, open, &text, p->err);

	if (!after) {
		p->code = ERR_INVALID;
		return false;
	}
	p->at = after;
	push_text(p, open, text, VALUE_STRING, 0, hash_text(p->seed, text, text.p + text.n));
	return true;
}

/* Reads the string whose opening quote is at p->at; false when it failed. */
static inline bool
read_string(struct parser *p)
{
	const char *open = p->at;
	const char *stop = quoted_skip(open + 1, p->end);
	struct str text = {open + 1, (size_t)(stop - open) - 1};

	if (__builtin_expect(stop == p->end || *stop != '"', 0))
		return read_escaped_string(p);
	p->at = stop + 1;
	push_text(p, open, text, VALUE_STRING, 0, hash_text(p->seed, text, p->end));
	return true;
}

static inline const char *
skip_digits(const char *at, const char *end)
{
	while (at < end && is_digit(*at))
		at++;
	return at;
}

/* The end of the number at `at`; *ret_is_bad where it breaks off there. */
static inline const char *
skip_number(const char *at, const char *end, unsigned *ret_flags, bool *ret_is_bad)
{
	const char *digits;

	*ret_flags = VALUE_IS_INTEGER;
	at += *at == '-';
	digits = at;
	at = at < end && *at == '0' ? at + 1 : skip_digits(at, end);
	*ret_is_bad = at == digits;
	if (at < end && *at == '.' && !*ret_is_bad) {
		*ret_flags = 0;
		digits = ++at;
		at = skip_digits(at, end);
		*ret_is_bad = at == digits;
	}
	if (at < end && (*at == 'e' || *at == 'E') && !*ret_is_bad) {
		*ret_flags = 0;
		at++;
		at += at < end && (*at == '+' || *at == '-');
		digits = at;
		at = skip_digits(at, end);
		*ret_is_bad = at == digits;
	}
	return at;
}

static inline enum state
read_number(struct parser *p)
{
	const char *start = p->at;
	unsigned flags;
	bool is_bad;
	const char *stop = skip_number(start, p->end, &flags, &is_bad);

	if (is_bad) {
		p->code = mistake_in_number(
			&p->source, offset_of(p, start), offset_of(p, stop), p->err);
		return FAILED;
	}
	p->at = stop;
	push_text(
		p, start, (struct str){start, (size_t)(stop - start)}, VALUE_NUMBER, flags, 0);
	return AFTER_VALUE;
}

static enum state
read_word(struct parser *p, struct str word, enum value_kind kind, unsigned flags)
{
	struct str rest = {p->at, (size_t)(p->end - p->at)};
	struct value *v;

	if (!str_starts(rest, word))
		return mistake(p, EXPECTED_VALUE);
	v = stack_push(&p->tree);
	*v = (struct value){
		.kind = (uint8_t)kind, .flags = (uint8_t)flags, .offset = offset_of(p, p->at)};
	p->at += word.n;
	return AFTER_VALUE;
}

static enum state
open_container(struct parser *p, enum value_kind kind, enum state next)
{
	if (p->tree.depth == p->depth_max) {
		p->code = source_limit_error(&p->source, offset_of(p, p->at), p->err,
			"nested deeper than the limit of %u levels", p->depth_max);
		return FAILED;
	}
	stack_open(&p->tree, kind, offset_of(p, p->at));
	p->at++;
	return next;
}

static enum state
close_container(struct parser *p)
{
	const struct value *v = stack_close(&p->tree, p->arena);

	p->at++;
	if (v->kind == VALUE_OBJECT && p->flags & JSON_UNIQUE_KEYS) {
		p->code = keys_check_unique(&p->keys, &p->source, v, p->err);
		if (p->code)
			return FAILED;
	}
	return AFTER_VALUE;
}

static enum state
read_value(struct parser *p)
{
	switch (peek(p)) {
	case '"': return read_string(p) ? AFTER_VALUE : FAILED;
	case '{': return open_container(p, VALUE_OBJECT, AT_FIRST_KEY);
	case '[': return open_container(p, VALUE_ARRAY, AT_FIRST_ITEM);
	case 't': return read_word(p, STR("true"), VALUE_BOOL, VALUE_IS_TRUE);
	case 'f': return read_word(p, STR("false"), VALUE_BOOL, 0);
	case 'n': return read_word(p, STR("null"), VALUE_NULL, 0);
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9': return read_number(p);
	default: return mistake(p, EXPECTED_VALUE);
	}
}

static enum state
read_first_item(struct parser *p)
{
	return peek(p) == ']' ? close_container(p) : AT_VALUE;
}

/* A key and its colon; also the end of an object where it is empty. */
static enum state
read_key(struct parser *p, bool is_first)
{
	char c = peek(p);

	if (c != '"') {
		if (c == '}' && is_first)
			return close_container(p);
		return mistake(p, EXPECTED_KEY);
	}
	if (!read_string(p))
		return FAILED;
	if (peek(p) != ':')
		return mistake(p, EXPECTED_COLON);
	p->at++;
	return AT_VALUE;
}

static enum state
read_separator(struct parser *p)
{
	const struct value *around = stack_innermost(&p->tree);
	char c = peek(p);

	if (!around)
		return p->at == p->end ? AT_END : mistake(p, EXPECTED_NOTHING);
	if (c == ',') {
		p->at++;
		return around->kind == VALUE_OBJECT ? AT_KEY : AT_VALUE;
	}
	if (c == (around->kind == VALUE_OBJECT ? '}' : ']'))
		return close_container(p);
	return mistake(p, EXPECTED_COMMA_OR_END);
}

static int
read_document(struct parser *p)
{
	enum state state = AT_VALUE;

	for (;;) {
		switch (state) {
		case AT_VALUE: state = read_value(p); break;
		case AT_FIRST_ITEM: state = read_first_item(p); break;
		case AT_KEY: state = read_key(p, false); break;
		case AT_FIRST_KEY: state = read_key(p, true); break;
		case AFTER_VALUE: state = read_separator(p); break;
		case AT_MISTAKE:
			return mistake_explain(&p->source, offset_of(p, p->at), p->expected,
				stack_innermost(&p->tree), p->err);
		case FAILED: return p->code;
		case AT_END: return 0;
		}
	}
}

static int
check_text(const struct source *source, const struct json_limits *limits, struct err *err)
{
	size_t max = MIN(limits->bytes, (size_t)SOURCE_NOWHERE - 1);
	size_t at;

	if (source->text.n > max)
		return source_limit_error(source, SOURCE_NOWHERE, err,
			"%zu bytes are more than the limit of %zu", source->text.n, max);
	if (!str_is_utf8(source->text, &at))
		return mistake_in_encoding(source, (uint32_t)at, err);
	return 0;
}

int
json_parse(struct arena *arena, const struct source *source, unsigned flags,
	const struct json_limits *limits, const struct value **ret_value, struct err *err)
{
	struct parser p = {.source = *source,
		.arena = arena,
		.flags = flags,
		.tree = STACK_INIT,
		.keys = KEYS_INIT,
		.seed = hash_seed(),
		.err = err};
	struct value *root;
	int code;

	limits = limits ? limits : &json_default_limits;
	p.depth_max = limits->depth;
	code = check_text(source, limits, err);
	if (code)
		return code;
	/* One copy of the whole is cheaper than one of each string, and little larger. */
	if (!(flags & JSON_BORROW_TEXT))
		p.source.text = arena_str(arena, source->text);
	p.at = p.source.text.p;
	p.end = p.at + p.source.text.n;
	code = read_document(&p);
	if (!code) {
		root = ARENA_NEW(arena, struct value);
		*root = p.tree.values[0];
		*ret_value = root;
	}
	stack_done(&p.tree);
	keys_done(&p.keys);
	return code;
}
