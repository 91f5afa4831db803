#include "json/number.h"

#include "base/buf.h"
#include "json/decimal.h"
#include "json/hash.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>

/* The largest power of ten that a double holds exactly, and the first whole number past all that
 * it holds exactly. */
#define EXACT_POWER 22
#define EXACT_WHOLE ((uint64_t)1 << 53)

#define DIGITS_A_WORD 18
/* Beyond this an exponent is not told from another one by a hash: it may have been cut off. */
#define HASHED_EXPONENT_MAX ((int64_t)1 << 55)

static int64_t
exponent_of(const struct decimal *d)
{
	const struct decimal zero = {.exponent = STR_EMPTY};

	return decimal_exponent_difference(d, &zero);
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
	difference = decimal_exponent_difference(a, b) + a->point - b->point;
	if (difference)
		return difference < 0 ? -1 : 1;
	return compare_digits(a->digits, b->digits);
}

int
number_compare(struct str a, struct str b)
{
	struct decimal left;
	struct decimal right;

	if (str_equal(a, b))
		return 0;
	left = decimal_read(a);
	right = decimal_read(b);
	if (left.is_negative != right.is_negative)
		return left.is_negative ? -1 : 1;
	return left.is_negative ? compare_magnitudes(&right, &left)
				: compare_magnitudes(&left, &right);
}

uint64_t
number_hash(struct str lexeme)
{
	struct decimal d = decimal_read(lexeme);
	int64_t exponent = d.point + exponent_of(&d);
	uint64_t hash = hash_seed();
	uint64_t word = 0;
	unsigned n = 0;

	if (!d.n)
		return hash;
	exponent = MIN(MAX(exponent, -HASHED_EXPONENT_MAX), HASHED_EXPONENT_MAX);
	hash = hash_mix(hash ^ (uint64_t)exponent, 0xA0761D6478BD642FULL + d.is_negative);
	for (size_t i = 0; i < d.digits.n; i++) {
		if (d.digits.p[i] == '.')
			continue;
		word = word * 10 + (unsigned)(d.digits.p[i] - '0');
		if (++n % DIGITS_A_WORD)
			continue;
		hash = hash_mix(hash ^ word, 0xE7037ED1A0B428DBULL);
		word = 0;
	}
	return hash_mix(hash ^ word, 0x8EBC6AF09C88C6E3ULL);
}

bool
number_is_whole(struct str lexeme)
{
	struct decimal d = decimal_read(lexeme);

	return !d.n || d.point + exponent_of(&d) >= (int64_t)d.n;
}

bool
number_is_written_whole(struct str lexeme)
{
	for (size_t i = 0; i < lexeme.n; i++)
		if ((lexeme.p[i] < '0' || lexeme.p[i] > '9') && lexeme.p[i] != '-')
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
	struct decimal d = decimal_read(lexeme);
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
	struct decimal d = decimal_read(lexeme);
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
