#include "json/number.h"

#include "base/buf.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>

/* Beyond any count of digits that a text can have, with room to add two of them. */
#define EXPONENT_MAX ((int64_t)1 << 60)

/* The largest power of ten that a double holds exactly, and the first whole number past all that
 * it holds exactly. */
#define EXACT_POWER 22
#define EXACT_WHOLE ((uint64_t)1 << 53)

/* 0.DIGITS * 10^(point + exponent). The digits begin and end with one that is not 0 and may have
 * the point between them; there are none where the value is 0. */
struct decimal {
	bool is_negative;
	struct str digits;
	size_t n; /* digits, the point not counted */
	int64_t point;
	bool has_negative_exponent;
	struct str exponent; /* digits without leading zeros */
};

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

static struct decimal
decompose(struct str lexeme)
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

/* a's exponent less b's, or at least EXPONENT_MAX with the right sign. */
static int64_t
exponent_difference(const struct decimal *a, const struct decimal *b)
{
	size_t n = MAX(a->exponent.n, b->exponent.n);
	int64_t difference = 0;

	for (size_t i = 0; i < n; i++) {
		difference =
			difference * 10 + exponent_digit(a, i, n) - exponent_digit(b, i, n);
		/* Two digits more or less can no longer turn it back. */
		if (difference > EXPONENT_MAX / 16)
			return EXPONENT_MAX;
		if (difference < -EXPONENT_MAX / 16)
			return -EXPONENT_MAX;
	}
	return difference;
}

static int64_t
exponent_of(const struct decimal *d)
{
	const struct decimal zero = {.exponent = STR_EMPTY};

	return exponent_difference(d, &zero);
}

static int
compare_digits(struct str a, struct str b)
{
	size_t i = 0;
	size_t j = 0;

	for (;; i++, j++) {
		i += i < a.n && a.p[i] == '.';
		j += j < b.n && b.p[j] == '.';
		if (i == a.n || j == b.n)
			return (i < a.n) - (j < b.n);
		if (a.p[i] != b.p[j])
			return a.p[i] < b.p[j] ? -1 : 1;
	}
}

static int
compare_magnitudes(const struct decimal *a, const struct decimal *b)
{
	int64_t difference;

	if (!a->n || !b->n)
		return (a->n > 0) - (b->n > 0);
	difference = exponent_difference(a, b) + a->point - b->point;
	if (difference)
		return difference < 0 ? -1 : 1;
	return compare_digits(a->digits, b->digits);
}

int
number_compare(struct str a, struct str b)
{
	struct decimal left = decompose(a);
	struct decimal right = decompose(b);

	if (left.is_negative != right.is_negative)
		return left.is_negative ? -1 : 1;
	return left.is_negative ? compare_magnitudes(&right, &left)
				: compare_magnitudes(&left, &right);
}

bool
number_is_whole(struct str lexeme)
{
	struct decimal d = decompose(lexeme);

	return !d.n || d.point + exponent_of(&d) >= (int64_t)d.n;
}

bool
number_is_written_whole(struct str lexeme)
{
	for (size_t i = 0; i < lexeme.n; i++)
		if (!is_digit(lexeme.p[i]) && lexeme.p[i] != '-')
			return false;
	return true;
}

/* The digits as a whole number; false where it is larger than max. */
static bool
digits_to_u64(const struct decimal *d, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	for (size_t i = 0; i < d->digits.n; i++) {
		if (d->digits.p[i] == '.')
			continue;
		if (__builtin_mul_overflow(number, 10U, &number) ||
			__builtin_add_overflow(
				number, (unsigned)(d->digits.p[i] - '0'), &number) ||
			number > max)
			return false;
	}
	*ret_number = number;
	return true;
}

bool
number_to_i64(struct str lexeme, int64_t *ret_number)
{
	struct decimal d = decompose(lexeme);
	uint64_t max = (uint64_t)INT64_MAX + d.is_negative;
	int64_t zeros = d.point + exponent_of(&d) - (int64_t)d.n;
	uint64_t number;

	if (!d.n) {
		*ret_number = 0;
		return true;
	}
	if (zeros < 0 || zeros > 18 || !digits_to_u64(&d, max, &number))
		return false;
	while (zeros-- > 0)
		if (__builtin_mul_overflow(number, 10U, &number) || number > max)
			return false;
	*ret_number = (int64_t)(d.is_negative ? 0 - number : number);
	return true;
}

static locale_t c_locale;
static pthread_once_t c_locale_made = PTHREAD_ONCE_INIT;

static void
make_c_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c_locale)
		BUG("the C locale cannot be made");
}

static double
read_by_libc(struct str lexeme)
{
	AUTO_BUF struct buf copy = BUF_INIT(SIZE_MAX - 1);

	(void)pthread_once(&c_locale_made, make_c_locale);
	buf_add_str(&copy, lexeme);
	return strtod_l(buf_cstr(&copy), NULL, c_locale);
}

/* One correctly rounded operation on two exact operands (Clinger 1990, "How to read floating point
 * numbers accurately", section 3): nearly all numbers that people write. */
static bool
read_exactly(const struct decimal *d, double *ret_number)
{
	static const double powers[EXACT_POWER + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
		1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
		1e21, 1e22};
	int64_t power = d->point + exponent_of(d) - (int64_t)d->n;
	uint64_t whole;
	double number;

	if (power < -EXACT_POWER || power > EXACT_POWER ||
		!digits_to_u64(d, EXACT_WHOLE, &whole))
		return false;
	number = power < 0 ? (double)whole / powers[-power] : (double)whole * powers[power];
	*ret_number = d->is_negative ? -number : number;
	return true;
}

bool
number_to_double(struct str lexeme, double *ret_number)
{
	struct decimal d = decompose(lexeme);
	double number;

	if (!d.n) {
		*ret_number = lexeme.n && lexeme.p[0] == '-' ? -0.0 : 0.0;
		return true;
	}
	if (!read_exactly(&d, &number))
		number = read_by_libc(lexeme);
	if (isinf(number))
		return false;
	*ret_number = number;
	return true;
}
