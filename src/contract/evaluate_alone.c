#include "contract/evaluate.h"

#include "base/memory.h"
#include "json/json.h"
#include "json/number.h"

#define SHORT_NUMBER 18 /* digits that fit whatever they are */
#define CONTENT_MAX ((size_t)64 << 20)
#define CONTENT_STEPS 32 /* and two a byte, for a parser of its own */

bool
evaluate_equal(struct checker *c, const struct value *a, const struct value *b)
{
	bool equal = value_equal_within(a, b, &c->steps_left);

	if (!equal && !c->steps_left && checker_extend(c))
		equal = value_equal_within(a, b, &c->steps_left);
	return equal || c->steps_left ? equal : checker_steps_end(c);
}

bool
evaluate_deep(struct checker *c)
{
	return checker_limit(c, ERR_LIMIT,
		"schemas within schemas, %u deep: the value is too deep, or the schema refers "
		"to "
		"itself without end",
		c->depth_allowed - c->depth_left);
}

bool
kind_of_number_is_allowed(unsigned kinds, const struct value *number)
{
	if ((kinds & KIND_NUMBER) == KIND_NUMBER)
		return true;
	if (!(kinds & (KIND_WHOLE | KIND_FRACTION)))
		return false;
	return kinds & (number_is_whole(value_text(number)) ? KIND_WHOLE : KIND_FRACTION);
}

static bool
read_short(const struct value *v, int64_t *ret_number)
{
	const char *p = v->text;
	const char *end = p + v->n;
	int64_t number = 0;

	if (!(v->flags & VALUE_IS_INTEGER) || v->n > SHORT_NUMBER)
		return false;
	for (p += *p == '-'; p < end; p++)
		number = number * 10 + (*p - '0');
	*ret_number = v->text[0] == '-' ? -number : number;
	return true;
}

bool
evaluate_bound(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct bounding *bound = &c->program->bounds[i->a];
	int64_t number;
	int order;

	if (bound->is_whole && read_short(v, &number))
		order = (number > bound->whole) - (number < bound->whole);
	else if (!checker_steps(c,
			 STEPS_OF_NUMBERS + ((uint64_t)v->n + bound->lexeme.n) / DIGITS_A_STEP))
		return false;
	else
		order = number_compare(value_text(v), bound->lexeme);
	if (i->op == OP_MAXIMUM)
		order = -order;
	return i->flags & OP_EXCLUSIVE ? order > 0 : order >= 0;
}

/* By the remainder: digit after digit, for each of them all of a divisor that is no word. */
static uint64_t
steps_of_division(uint64_t digits, uint64_t divisor)
{
	digits += divisor * 4;
	return divisor <= SHORT_NUMBER ? digits : digits * (divisor / 9 + 1) * 2;
}

bool
evaluate_multiple(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct bounding *bound = &c->program->bounds[i->a];
	int64_t number;
	int multiple;

	if (bound->is_whole && read_short(v, &number))
		return number % bound->whole == 0;
	if (!checker_steps(c, steps_of_division(v->n, bound->lexeme.n)))
		return false;
	multiple = number_is_multiple(value_text(v), bound->lexeme);
	if (multiple < 0)
		return checker_limit(c, ERR_LIMIT,
			"\"multipleOf\" of numbers with so many digits takes too long");
	return multiple;
}

static size_t
count_code_points(const struct value *v)
{
	size_t n = 0;

	for (uint32_t i = 0; i < v->n; i++)
		n += ((unsigned char)v->text[i] & 0xC0) != 0x80;
	return n;
}

bool
evaluate_length(struct checker *c, const struct instruction *i, const struct value *v)
{
	size_t n = v->n;

	/* A code point takes one to four bytes, which often is answer enough. */
	if (n < i->a || n / 4 > i->b)
		return false;
	if (n / 4 >= i->a && n <= i->b)
		return true;
	if (!checker_steps(c, v->n / BYTES_A_STEP))
		return false;
	n = count_code_points(v);
	return n >= i->a && n <= i->b;
}

static int
base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* RFC 4648, 4. */
static bool
decode_base64(struct str text, struct buf *b)
{
	uint32_t bits = 0;
	size_t n = text.n;

	if (n % 4)
		return false;
	while (n && text.n - n < 2 && text.p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		int digit = base64_digit(text.p[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4)
			buf_add_char(b, (char)(bits >> (6 - i % 4 * 2)));
	}
	return !b->overflowed;
}

bool
evaluate_content(struct checker *c, const struct instruction *i, const struct value *v)
{
	AUTO_BUF struct buf b = BUF_INIT(CONTENT_MAX);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {"content", value_text(v)};
	const struct value *ignored;

	if (!checker_steps(c, CONTENT_STEPS + (uint64_t)v->n * 2))
		return false;
	if (i->a & CONTENT_IS_BASE64) {
		if (!decode_base64(value_text(v), &b))
			return false;
		source.text = buf_str(&b);
	}
	return !(i->a & CONTENT_IS_JSON) ||
		json_parse(&arena, &source, 0, NULL, &ignored, NULL) == 0;
}

bool
evaluate_enum(struct checker *c, const struct instruction *i, const struct value *v)
{
	const struct enum_rule *rule = &c->program->enums[i->a];
	const struct value *values = c->program->values + rule->values;

	if (!(rule->kinds >> v->kind & 1))
		return false;
	for (uint32_t k = 0; k < rule->n; k++)
		if (values[k].kind == v->kind && evaluate_equal(c, &values[k], v))
			return true;
	/* Those of other kinds are passed by. */
	(void)checker_steps(c, 1 + rule->n / NAMES_A_STEP);
	return false;
}

bool
evaluate_text(struct checker *c, uint32_t pattern, struct str text)
{
	int matched;

	if (c->code)
		return false;
	matched = pattern_match_within(
		c->program->patterns[pattern], text, &c->steps_left, &c->err);
	if (matched < 0 && !c->steps_left && checker_extend(c))
		matched = pattern_match_within(
			c->program->patterns[pattern], text, &c->steps_left, &c->err);
	if (matched >= 0)
		return matched;
	if (!c->steps_left)
		return checker_steps_end(c);
	c->code = matched;
	c->steps_left = 0;
	return false;
}

bool
evaluate_pattern(struct checker *c, const struct instruction *i, const struct value *v)
{
	bool matched = evaluate_text(c, i->a, value_text(v));

	if (c->code && !c->where)
		c->where = v;
	return matched;
}

bool
evaluate_format(struct checker *c, const struct instruction *i, const struct value *v)
{
	return checker_steps(c, format_work((enum format)i->a, v->n)) &&
		format_check((enum format)i->a, value_text(v));
}

bool
evaluate_count(struct checker *c, const struct instruction *i, const struct value *v)
{
	(void)c;
	return v->n >= i->a && v->n <= i->b;
}

bool
evaluate_unique(struct checker *c, const struct instruction *i, const struct value *v)
{
	(void)i;
	return evaluate_items_differ(c, v, NULL, NULL);
}

const struct name *
names_find_next(const struct name *slots, uint32_t mask, const struct name *at,
	const struct value *string)
{
	for (; at->n != NAME_FREE; at = &slots[(uint32_t)(at - slots + 1) & mask])
		if (name_is(at, string))
			return at;
	return NULL;
}

bool
evaluate_string(struct checker *c, const struct instruction *i, const struct value *v)
{
	return names_find(c->program->fast.names + i->a, i->b, i->c, v) != NULL;
}

bool
evaluate_kinds(struct checker *c, const struct instruction *i, const struct value *v)
{
	(void)c;
	return kind_is_allowed(i->a, v);
}

uint32_t
evaluate_dynamic(const struct checker *c, const struct instruction *i)
{
	uint32_t found = i->a;

	/* The outermost scope that has the anchor counts: the last that is met on the way out. */
	for (const struct scope *s = c->scope; s; s = s->outer)
		for (uint32_t k = 0; k < i->c; k++)
			if (c->program->words[i->b + k * 2] == s->resource)
				found = c->program->words[i->b + k * 2 + 1];
	return found;
}

size_t
marks_open(struct checker *c, uint32_t n)
{
	size_t words = (size_t)n / 64 + 1;
	size_t before = c->current;

	while (c->n_marks + words > c->marks_capacity)
		c->marks = memory_grow(
			c->marks, c->marks_capacity, &c->marks_capacity, sizeof(*c->marks));
	memset(c->marks + c->n_marks, 0, words * sizeof(*c->marks));
	c->current = c->n_marks;
	c->n_marks += words;
	return before;
}

void
marks_close(struct checker *c, size_t before, bool keep)
{
	for (size_t i = c->current; keep && before != NO_MARKS && i < c->n_marks; i++)
		c->marks[before + i - c->current] |= c->marks[i];
	c->n_marks = c->current;
	c->current = before;
}

void
marks_all(struct checker *c, uint32_t n)
{
	for (size_t i = 0; c->current != NO_MARKS && i < (size_t)n / 64 + 1; i++)
		c->marks[c->current + i] = UINT64_MAX;
}
