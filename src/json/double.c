/*
 * The shortest decimal that reads back as the same double, and of those the nearest to it:
 * R. Giulietti, "The Schubfach way to render doubles" (2020), sections 8 and 9, written out as
 * ECMAScript's Number::toString (ECMA-262, 6.1.6.1.20) asks.
 */
#include "json/json.h"

#include <math.h>
#include <pthread.h>

#define SIGNIFICAND_BITS 52
#define EXPONENT_BIAS 1075 /* of a significand read as a whole number */
#define POWER_MIN (-292)
#define POWER_MAX 324

__extension__ typedef unsigned __int128 wide;

/* digits * 10^power */
struct decimal {
	uint64_t digits;
	int power;
};

/* 10^k * 2^s rounded up, with s such that the result has its 128th bit set. */
static wide powers[POWER_MAX - POWER_MIN + 1];
static pthread_once_t powers_made = PTHREAD_ONCE_INIT;

#define WORDS 36 /* 1152 bits: 10^324 has 1077, and 2^1151 / 10^292 still has 181 */

/* The 128 highest bits from the highest one that is set; *ret_rest: whether any below is set. */
static wide
highest_bits(const uint32_t *words, bool *ret_rest)
{
	size_t top = WORDS - 1;
	int shift;
	wide bits = 0;

	while (!words[top])
		top--;
	shift = __builtin_clz(words[top]);
	for (size_t i = 0; i < 4; i++)
		bits = bits << 32 | (top >= i ? words[top - i] : 0);
	*ret_rest = false;
	if (top < 4)
		return bits << shift;
	if (shift)
		bits = bits << shift | words[top - 4] >> (32 - shift);
	*ret_rest = (uint32_t)(words[top - 4] << shift) != 0;
	for (size_t i = 0; i + 4 < top; i++)
		*ret_rest |= words[i] != 0;
	return bits;
}

static void
multiply_by_ten(uint32_t *words)
{
	uint64_t carry = 0;

	for (size_t i = 0; i < WORDS; i++) {
		carry += (uint64_t)words[i] * 10;
		words[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static void
divide_by_ten(uint32_t *words)
{
	uint64_t rest = 0;

	for (size_t i = WORDS; i-- > 0;) {
		rest = rest << 32 | words[i];
		words[i] = (uint32_t)(rest / 10);
		rest %= 10;
	}
}

static void
make_powers(void)
{
	uint32_t words[WORDS] = {1};
	bool rest;

	for (int k = 0; k <= POWER_MAX; k++) {
		powers[k - POWER_MIN] = highest_bits(words, &rest) + rest;
		multiply_by_ten(words);
	}
	/* Dividing again and again loses nothing: floor(floor(x / 10) / 10) = floor(x / 100). No
	 * power of two is a multiple of ten, so there is always a rest. */
	memset(words, 0, sizeof(words));
	words[WORDS - 1] = (uint32_t)1 << 31;
	for (int k = -1; k >= POWER_MIN; k--) {
		divide_by_ten(words);
		powers[k - POWER_MIN] = highest_bits(words, &rest) + 1;
	}
}

/* floor(x / 2^n), for negative x too. */
static int
shift_down(int x, int n)
{
	return x >= 0 ? x >> n : -((-x + (1 << n) - 1) >> n);
}

/* The product's part above 2^128, its last bit set where anything was cut off ("round to odd"). */
static uint64_t
scale(wide power, uint64_t x)
{
	wide low = (wide)(uint64_t)power * x;
	wide high = (wide)(uint64_t)(power >> 64) * x + (uint64_t)(low >> 64);

	return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* The double is significand * 2^exponent. In units of 10^k/4 the decimals that read back as it are
 * those from `lower` to `upper`; `middle` is the double itself. */
static struct decimal
shortest_within(uint64_t lower, uint64_t middle, uint64_t upper, int k)
{
	uint64_t s = middle / 4;
	bool is_lower_inside;
	bool is_upper_inside;

	if (s >= 10) {
		uint64_t tens = s / 10;

		is_lower_inside = lower <= 40 * tens;
		is_upper_inside = 40 * tens + 40 <= upper;
		if (is_lower_inside != is_upper_inside)
			return (struct decimal){tens + is_upper_inside, k + 1};
	}
	is_lower_inside = lower <= 4 * s;
	is_upper_inside = 4 * s + 4 <= upper;
	if (is_lower_inside != is_upper_inside)
		return (struct decimal){s + is_upper_inside, k};
	/* Both or neither: the nearer one, and of two equally near the even one. */
	if (middle == 4 * s + 2)
		return (struct decimal){s + (s & 1), k};
	return (struct decimal){s + (middle > 4 * s + 2), k};
}

static struct decimal
shortest_decimal(uint64_t significand, int exponent, bool is_lower_closer)
{
	/* floor(log10(2^exponent)), or of 3/4 of it where the double below is nearer than the one
	 * above; and floor(log2(10^-k)) (section 9.1: exact over the range of doubles). */
	int k = shift_down(exponent * 1262611 - (is_lower_closer ? 524031 : 0), 22);
	int shift = exponent + shift_down(-k * 1741647, 19) + 1;
	uint64_t is_odd = significand & 1;
	wide power;
	uint64_t lower;
	uint64_t upper;

	(void)pthread_once(&powers_made, make_powers);
	power = powers[-k - POWER_MIN];
	lower = scale(power, (4 * significand - 2 + is_lower_closer) << shift);
	upper = scale(power, (4 * significand + 2) << shift);
	return shortest_within(
		lower + is_odd, scale(power, (4 * significand) << shift), upper - is_odd, k);
}

static struct decimal
decimal_of(double number)
{
	uint64_t bits;
	uint64_t fraction;
	uint64_t significand;
	int biased;
	int exponent;

	memcpy(&bits, &number, sizeof(bits));
	fraction = bits & (((uint64_t)1 << SIGNIFICAND_BITS) - 1);
	biased = (int)(bits >> SIGNIFICAND_BITS & 0x7FF);
	if (!biased)
		return shortest_decimal(fraction, 1 - EXPONENT_BIAS, false);
	significand = fraction | (uint64_t)1 << SIGNIFICAND_BITS;
	exponent = biased - EXPONENT_BIAS;
	/* Whole numbers below 2^53 are their own shortest decimal. */
	if (exponent <= 0 && exponent >= -SIGNIFICAND_BITS &&
		!(significand & (((uint64_t)1 << -exponent) - 1)))
		return (struct decimal){significand >> -exponent, 0};
	return shortest_decimal(significand, exponent, !fraction && biased > 1);
}

static char *
put(char *to, const char *bytes, size_t n)
{
	memcpy(to, bytes, n);
	return to + n;
}

static char *
put_zeros(char *to, int n)
{
	memset(to, '0', (size_t)n);
	return to + n;
}

/* d.ddde+N; `point` is the place of the point relative to the first digit. */
static char *
put_with_exponent(char *to, const char *digits, size_t n, int point)
{
	int exponent = point - 1;
	unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);

	*to++ = digits[0];
	if (n > 1) {
		*to++ = '.';
		to = put(to, digits + 1, n - 1);
	}
	*to++ = 'e';
	*to++ = exponent < 0 ? '-' : '+';
	if (magnitude >= 100)
		*to++ = (char)('0' + magnitude / 100);
	if (magnitude >= 10)
		*to++ = (char)('0' + magnitude / 10 % 10);
	*to++ = (char)('0' + magnitude % 10);
	return to;
}

static char *
put_decimal(char *to, const char *digits, size_t n, int point)
{
	int length = (int)n;

	if (point < -5 || point > 21)
		return put_with_exponent(to, digits, n, point);
	if (point <= 0) {
		to = put_zeros(put(to, "0.", 2), -point);
		return put(to, digits, n);
	}
	if (length <= point)
		return put_zeros(put(to, digits, n), point - length);
	to = put(to, digits, (size_t)point);
	*to++ = '.';
	return put(to, digits + point, n - (size_t)point);
}

size_t
json_number_to_text(double number, char *text)
{
	struct decimal d;
	char digits[20];
	size_t at = sizeof(digits);
	char *to = text;

	if (!isfinite(number))
		BUG("not a finite number");
	if (number == 0) {
		*to = '0';
		return 1;
	}
	if (number < 0)
		*to++ = '-';
	d = decimal_of(number);
	while (d.digits % 10 == 0) {
		d.digits /= 10;
		d.power++;
	}
	for (; d.digits; d.digits /= 10)
		digits[--at] = (char)('0' + d.digits % 10);
	to = put_decimal(
		to, digits + at, sizeof(digits) - at, d.power + (int)(sizeof(digits) - at));
	return (size_t)(to - text);
}
