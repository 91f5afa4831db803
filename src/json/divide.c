#include "base/memory.h"
#include "json/decimal.h"
#include "json/number.h"

#include <string.h>

#define LIMB 1000000000U
#define LIMB_DIGITS 9
#define WORK_MAX ((uint64_t)1 << 32) /* digits times limbs */

/* Remainder in little-endian limbs of 10^9, one limb more than the divisor has. */
struct remainder {
	uint32_t *limbs;
	const uint32_t *divisor;
	size_t n; /* limbs of the divisor */
};

static bool
is_less(const struct remainder *r)
{
	if (r->limbs[r->n])
		return false;
	for (size_t i = r->n; i-- > 0;)
		if (r->limbs[i] != r->divisor[i])
			return r->limbs[i] < r->divisor[i];
	return false;
}

static void
subtract(const struct remainder *r)
{
	int64_t borrow = 0;

	for (size_t i = 0; i <= r->n; i++) {
		int64_t limb =
			(int64_t)r->limbs[i] - borrow - (i < r->n ? (int64_t)r->divisor[i] : 0);

		borrow = limb < 0;
		r->limbs[i] = (uint32_t)(limb + borrow * LIMB);
	}
}

static void
take_digit(const struct remainder *r, unsigned digit)
{
	uint64_t carry = digit;

	for (size_t i = 0; i <= r->n; i++) {
		carry += (uint64_t)r->limbs[i] * 10;
		r->limbs[i] = (uint32_t)(carry % LIMB);
		carry /= LIMB;
	}
	while (!is_less(r))
		subtract(r);
}

static void
read_limbs(const struct decimal *w, uint32_t *limbs)
{
	size_t position = w->n;

	for (size_t i = 0; i < w->digits.n; i++) {
		uint32_t power = 1;

		if (w->digits.p[i] == '.')
			continue;
		position--;
		for (size_t k = 0; k < position % LIMB_DIGITS; k++)
			power *= 10;
		limbs[position / LIMB_DIGITS] += power * (uint32_t)(w->digits.p[i] - '0');
	}
}

static bool
divides_long(const struct decimal *a, const struct decimal *b, uint64_t zeros)
{
	size_t n = (b->n + LIMB_DIGITS - 1) / LIMB_DIGITS;
	uint32_t *limbs = memory_zeroed(n * 2 + 1, sizeof(*limbs));
	struct remainder r = {limbs, limbs + n + 1, n};
	bool is_zero = true;

	read_limbs(b, limbs + n + 1);
	for (size_t i = 0; i < a->digits.n; i++)
		if (a->digits.p[i] != '.')
			take_digit(&r, (unsigned)(a->digits.p[i] - '0'));
	for (; zeros > 0; zeros--)
		take_digit(&r, 0);
	for (size_t i = 0; i <= n; i++)
		is_zero = is_zero && !limbs[i];
	free(limbs);
	return is_zero;
}

static bool
divides_short(const struct decimal *a, const struct decimal *b, uint64_t zeros)
{
	uint64_t divisor = 0;
	uint64_t rest = 0;

	for (size_t i = 0; i < b->digits.n; i++)
		if (b->digits.p[i] != '.')
			divisor = divisor * 10 + (unsigned)(b->digits.p[i] - '0');
	if (!divisor)
		return false;
	for (size_t i = 0; i < a->digits.n; i++)
		if (a->digits.p[i] != '.')
			rest = (rest * 10 + (unsigned)(a->digits.p[i] - '0')) % divisor;
	for (; zeros > 0 && rest; zeros--)
		rest = rest * 10 % divisor;
	return rest == 0;
}

int
number_is_multiple(struct str number, struct str divisor)
{
	struct decimal a = decimal_read(number);
	struct decimal b = decimal_read(divisor);
	/* Both as whole numbers, times a power of ten. */
	int64_t zeros = decimal_exponent_difference(&a, &b) + a.point - (int64_t)a.n - b.point +
		(int64_t)b.n;

	if (!b.n)
		return 0;
	if (!a.n)
		return 1;
	/* a's last digit is not 0, so that a is no multiple of ten times anything. */
	if (zeros < 0)
		return 0;
	/* Zeros matter for the factors 2 and 5 only, of which b has fewer than four a digit. */
	zeros = MIN(zeros, (int64_t)b.n * 4);
	if (b.n <= 18)
		return divides_short(&a, &b, (uint64_t)zeros);
	if ((uint64_t)(a.n + (size_t)zeros) * (b.n / LIMB_DIGITS + 1) > WORK_MAX)
		return -1;
	return divides_long(&a, &b, (uint64_t)zeros);
}
