#include "json/decimal.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
decompose_exponent(const char *p, const char *end, struct decimal *ret)
{
	ret->has_negative_exponent = false;
	if (p < end && !is_digit(*p)) {
		ret->has_negative_exponent = *p == '-';
		p++;
	}
	while (p < end && *p == '0')
		p++;
	ret->exponent = (struct str){p, (size_t)(end - p)};
}

struct decimal
decimal_read(struct str lexeme)
{
	struct decimal d = {.digits = STR_EMPTY, .exponent = STR_EMPTY};
	const char *end = lexeme.p + lexeme.n;
	const char *p = lexeme.p;
	const char *first = NULL;
	const char *last = NULL;
	bool past_point = false;
	size_t zeros = 0; /* since the last digit that is not 0 */

	if (p < end && *p == '-') {
		d.is_negative = true;
		p++;
	}
	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			past_point = true;
			continue;
		}
		if (*p != '0') {
			first = first ? first : p;
			last = p;
			d.n += 1 + zeros;
			zeros = 0;
		} else if (first) {
			zeros++;
		}
		/* Digits before the point count up; zeros behind it that come first, down. */
		if (!past_point)
			d.point += first != NULL;
		else if (!first)
			d.point--;
	}
	if (first)
		d.digits = (struct str){first, (size_t)(last - first) + 1};
	else
		d.is_negative = false;
	decompose_exponent(p < end ? p + 1 : end, end, &d);
	return d;
}

/* The i-th digit of an exponent that is read as if it had n digits, signed. */
static int
exponent_digit(const struct decimal *d, size_t i, size_t n)
{
	size_t missing = n - d->exponent.n;
	int digit = i < missing ? 0 : d->exponent.p[i - missing] - '0';

	return d->has_negative_exponent ? -digit : digit;
}

int64_t
decimal_exponent_difference(const struct decimal *a, const struct decimal *b)
{
	size_t n = MAX(a->exponent.n, b->exponent.n);
	int64_t difference = 0;

	for (size_t i = 0; i < n; i++) {
		difference =
			difference * 10 + exponent_digit(a, i, n) - exponent_digit(b, i, n);
		/* Two digits more or less can no longer turn it back. */
		if (difference > DECIMAL_EXPONENT_MAX / 16)
			return DECIMAL_EXPONENT_MAX;
		if (difference < -DECIMAL_EXPONENT_MAX / 16)
			return -DECIMAL_EXPONENT_MAX;
	}
	return difference;
}
