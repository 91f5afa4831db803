#include "json/yaml_scalar.h"

#include <stdio.h>

#define U64_DIGITS 20
#define CORE_TAG "tag:yaml.org,2002:"

/* [-+]? whole (\. fraction)? ([eE] exponent)?, with a digit in whole or in fraction. */
struct decimal {
	bool is_negative;
	bool has_point;
	struct str whole;
	struct str fraction;
	struct str exponent; /* with its letter and sign; empty where there is none */
};

static bool
is_one_of(struct str text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(text, words[i]))
			return true;
	return false;
}

static struct str
take_digits(struct str *rest)
{
	struct str digits = {rest->p, 0};

	while (digits.n < rest->n && rest->p[digits.n] >= '0' && rest->p[digits.n] <= '9')
		digits.n++;
	rest->p += digits.n;
	rest->n -= digits.n;
	return digits;
}

static bool
take_any(struct str *rest, const char *set)
{
	if (!rest->n || str_find(str_of(set), rest->p[0]) < 0)
		return false;
	rest->p++;
	rest->n--;
	return true;
}

static bool
read_decimal(struct str text, struct decimal *ret)
{
	struct decimal d = {.is_negative = text.n && text.p[0] == '-'};
	struct str rest = text;
	const char *exponent;

	(void)take_any(&rest, "-+");
	d.whole = take_digits(&rest);
	d.has_point = take_any(&rest, ".");
	if (d.has_point)
		d.fraction = take_digits(&rest);
	if (!d.whole.n && !d.fraction.n)
		return false;
	exponent = rest.p;
	if (take_any(&rest, "eE")) {
		(void)take_any(&rest, "-+");
		if (!take_digits(&rest).n)
			return false;
		d.exponent = (struct str){exponent, (size_t)(rest.p - exponent)};
	}
	*ret = d;
	return rest.n == 0;
}

static void
set_number(struct value *ret_value, struct str lexeme, unsigned flags)
{
	ret_value->kind = VALUE_NUMBER;
	ret_value->flags = (uint8_t)(ret_value->flags | flags);
	ret_value->text = lexeme.p;
	ret_value->n = (uint32_t)lexeme.n;
}

/* Digits without needless zeros in front, at least one digit. */
static struct str
trim_zeros(struct str digits)
{
	while (digits.n > 1 && digits.p[0] == '0') {
		digits.p++;
		digits.n--;
	}
	return digits.n ? digits : STR("0");
}

static const char *
resolve_decimal(
	struct arena *arena, struct str text, const struct decimal *d, struct value *ret_value)
{
	bool is_whole = !d->has_point && !d->exponent.n;
	struct str whole = trim_zeros(d->whole);
	struct str fraction = d->fraction.n ? d->fraction : STR("0");
	struct str lexeme;
	char *p;

	if (is_whole && d->whole.n > 1 && d->whole.p[0] == '0')
		return "a zero in front: YAML 1.1 reads an octal number here, YAML 1.2 a "
		       "decimal "
		       "one; write 0o… or drop the zero, or quote it if it is text";
	lexeme.n =
		d->is_negative + whole.n + (d->has_point ? 1 + fraction.n : 0) + d->exponent.n;
	lexeme.p = p = arena_bytes(arena, lexeme.n);
	if (d->is_negative)
		*p++ = '-';
	p = mempcpy(p, whole.p, whole.n);
	if (d->has_point) {
		*p++ = '.';
		p = mempcpy(p, fraction.p, fraction.n);
	}
	if (d->exponent.n)
		memcpy(p, d->exponent.p, d->exponent.n);
	/* Nearly always the text is its own lexeme already. */
	set_number(ret_value, str_equal(lexeme, text) ? text : lexeme,
		is_whole ? VALUE_IS_INTEGER : 0);
	return NULL;
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* 0x… and 0o…; false where text is neither. */
static bool
resolve_radix(
	struct arena *arena, struct str text, struct value *ret_value, const char **ret_problem)
{
	int bits = str_starts(text, STR("0x")) ? 4 : str_starts(text, STR("0o")) ? 3 : 0;
	bool fits = true;
	uint64_t number = 0;
	char *digits;
	int length;

	if (!bits || text.n == 2)
		return false;
	for (size_t i = 2; i < text.n; i++) {
		int digit = digit_of(text.p[i]);

		if (digit >= 1 << bits)
			return false;
		fits = fits && number >> (64 - bits) == 0;
		number = number << bits | (unsigned)digit;
	}
	if (!fits) {
		*ret_problem =
			"more than 64 bits; write this number in decimal, or quote it if it "
			"is text";
		return true;
	}
	digits = arena_bytes(arena, U64_DIGITS + 1);
	length = snprintf(digits, U64_DIGITS + 1, "%ju", (uintmax_t)number);
	set_number(ret_value, (struct str){digits, (size_t)length}, VALUE_IS_INTEGER);
	return true;
}

static bool
is_not_finite(struct str text)
{
	static const char *const infinities[] = {".inf", ".Inf", ".INF"};
	static const char *const nans[] = {".nan", ".NaN", ".NAN"};
	struct str unsigned_text = text;

	(void)take_any(&unsigned_text, "-+");
	return is_one_of(unsigned_text, infinities, ARRAY_SIZE(infinities)) ||
		is_one_of(text, nans, ARRAY_SIZE(nans));
}

static bool
resolve_word(struct str text, struct value *ret_value)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	static const char *const trues[] = {"true", "True", "TRUE"};
	static const char *const falses[] = {"false", "False", "FALSE"};

	if (is_one_of(text, nulls, ARRAY_SIZE(nulls))) {
		ret_value->kind = VALUE_NULL;
		return true;
	}
	if (is_one_of(text, trues, ARRAY_SIZE(trues))) {
		ret_value->kind = VALUE_BOOL;
		ret_value->flags |= VALUE_IS_TRUE;
		return true;
	}
	if (is_one_of(text, falses, ARRAY_SIZE(falses))) {
		ret_value->kind = VALUE_BOOL;
		return true;
	}
	return false;
}

const char *
yaml_scalar_resolve(struct arena *arena, struct str text, struct value *ret_value)
{
	const char *problem = NULL;
	struct decimal decimal;

	*ret_value = (struct value){.flags = VALUE_IS_PLAIN, .offset = SOURCE_NOWHERE};
	if (resolve_word(text, ret_value))
		return NULL;
	if (is_not_finite(text))
		return "values are finite numbers as in JSON: write null, or quote it if it is "
		       "text";
	if (resolve_radix(arena, text, ret_value, &problem))
		return problem;
	if (read_decimal(text, &decimal))
		return resolve_decimal(arena, text, &decimal, ret_value);
	ret_value->kind = VALUE_STRING;
	ret_value->text = text.p;
	ret_value->n = (uint32_t)text.n;
	ret_value->hash = value_hash(text);
	return NULL;
}

int
yaml_tag_kind(const char *tag)
{
	static const struct {
		const char *name;
		enum value_kind kind;
	} tags[] = {{"str", VALUE_STRING}, {"int", VALUE_NUMBER}, {"float", VALUE_NUMBER},
		{"bool", VALUE_BOOL}, {"null", VALUE_NULL}, {"seq", VALUE_ARRAY},
		{"map", VALUE_OBJECT}};

	if (!str_starts(str_of(tag), STR(CORE_TAG)))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (strcmp(tag + sizeof(CORE_TAG) - 1, tags[i].name) == 0)
			return (int)tags[i].kind;
	return -1;
}

const char *
yaml_scalar_resolve_tagged(
	struct arena *arena, const char *tag, struct str text, struct value *ret_value)
{
	int kind = yaml_tag_kind(tag);
	const char *problem;

	if (kind < 0 || kind == VALUE_STRING) {
		*ret_value = value_string(text);
		return NULL;
	}
	problem = yaml_scalar_resolve(arena, text, ret_value);
	if (problem)
		return problem;
	ret_value->flags &= (uint8_t)~VALUE_IS_PLAIN;
	if (ret_value->kind != kind)
		return "the tag does not fit this value";
	if (strcmp(tag, CORE_TAG "int") == 0 && !(ret_value->flags & VALUE_IS_INTEGER))
		return "the tag !!int does not fit this value, which is not whole";
	return NULL;
}
