#include "json/number.h"

#include "base/memory.h"
#include "json/decimal.h"

/* Zeros between the digits of two terms that are as good as any greater number of them. */
#define GAP 3
/* Two digits of a percentage. */
#define PERCENT_PLACES 2

/* One of a sum: its digits and where they stand. */
struct term {
	bool is_negative;
	const uint8_t *digits; /* or those of the decimal */
	const struct decimal *decimal;
	size_t n;
	int64_t above; /* how far its first digit stands above the decimal's exponent */
	int64_t top;   /* where the first digit stands in the sum, less the greater the lower */
	size_t next;   /* of a decimal's text */
};

static struct term
term_of(const struct decimal *d, bool is_negative)
{
	return (struct term){
		.is_negative = is_negative, .decimal = d, .n = d->n, .above = d->point};
}

/* How far a's first digit stands above b's; as decimal_exponent_difference. */
static int64_t
distance(const struct term *a, const struct term *b)
{
	return decimal_exponent_difference(a->decimal, b->decimal) + a->above - b->above;
}

static void
sort_from_top(struct term *terms, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && distance(&terms[j], &terms[j - 1]) > 0; j--) {
			struct term higher = terms[j];

			terms[j] = terms[j - 1];
			terms[j - 1] = higher;
		}
}

/* Places them in one row of digits, the first at 0 and lower ones below it. Where zeros lie between what is
 * above and what is below, their number does not decide: what is below is less than one unit of the
 * last digit above. Returns where the row ends. */
static int64_t
place(struct term *terms, size_t n)
{
	int64_t end = 0;

	for (size_t i = 0; i < n; i++) {
		terms[i].top = i ? terms[i - 1].top - distance(&terms[i - 1], &terms[i]) : 0;
		if (i)
			terms[i].top = MAX(terms[i].top, end - GAP);
		end = MIN(end, terms[i].top - (int64_t)terms[i].n);
	}
	return end;
}

/* The digit of a term at a place of the row; asked for from the top. */
static int
digit_at(struct term *term, int64_t at)
{
	int64_t index = term->top - at;
	int digit;

	if (index < 0 || index >= (int64_t)term->n)
		return 0;
	if (term->digits) {
		digit = term->digits[index];
	} else {
		if (term->decimal->digits.p[term->next] == '.')
			term->next++;
		digit = term->decimal->digits.p[term->next++] - '0';
	}
	return term->is_negative ? -digit : digit;
}

/* < 0, 0, > 0, exactly. At most three terms: what is below a place is then less than 4 of its units. */
static int
sum_sign(struct term *terms, size_t n)
{
	int64_t sum = 0;
	int64_t end;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (terms[i].n)
			terms[kept++] = terms[i];
	sort_from_top(terms, kept);
	end = place(terms, kept);
	for (int64_t at = 0; at > end && sum > -4 && sum < 4; at--) {
		sum *= 10;
		for (size_t i = 0; i < kept; i++)
			sum += digit_at(&terms[i], at);
	}
	return (sum > 0) - (sum < 0);
}

int
number_compare_difference(struct str a, struct str b, struct str limit)
{
	struct decimal left = decimal_read(a);
	struct decimal right = decimal_read(b);
	struct decimal bound = decimal_read(limit);
	struct term terms[] = {term_of(&left, left.is_negative),
		term_of(&right, !right.is_negative), term_of(&bound, !bound.is_negative)};

	return sum_sign(terms, ARRAY_SIZE(terms));
}

bool
number_is_within(struct str a, struct str b, struct str limit)
{
	return number_compare(a, b) >= 0 ? number_compare_difference(a, b, limit) <= 0
					 : number_compare_difference(b, a, limit) <= 0;
}

static void
read_digits(const struct decimal *d, uint8_t *digits)
{
	for (size_t i = 0, n = 0; i < d->digits.n; i++)
		if (d->digits.p[i] != '.')
			digits[n++] = (uint8_t)(d->digits.p[i] - '0');
}

/* The product of two numbers' digits, a->n + b->n of them, the first of which may be 0. */
static uint8_t *
multiply(const struct decimal *a, const struct decimal *b)
{
	uint8_t *product = memory_zeroed(a->n + b->n, 1);
	uint8_t *left = memory_new(a->n, 1);
	uint8_t *right = memory_new(b->n, 1);

	read_digits(a, left);
	read_digits(b, right);
	for (size_t i = a->n; i-- > 0;) {
		unsigned carry = 0;

		for (size_t j = b->n; j-- > 0;) {
			carry += product[i + j + 1] + (unsigned)left[i] * right[j];
			product[i + j + 1] = (uint8_t)(carry % 10);
			carry /= 10;
		}
		product[i] = (uint8_t)(product[i] + carry);
	}
	free(left);
	free(right);
	return product;
}

bool
number_is_within_percent(struct str a, struct str b, struct str percent)
{
	const struct decimal plain = decimal_read(STR("0"));
	struct decimal left = decimal_read(a);
	struct decimal right = decimal_read(b);
	struct decimal share = decimal_read(percent);
	bool is_more = number_compare(a, b) >= 0;
	uint8_t *product;
	struct term terms[3];
	int sign;

	if (!share.n || !right.n)
		return number_compare(a, b) == 0;
	product = multiply(&right, &share);
	terms[0] = term_of(&left, left.is_negative == is_more);
	terms[1] = term_of(&right, right.is_negative != is_more);
	terms[2] = (struct term){.is_negative = true,
		.digits = product,
		.decimal = &right,
		.n = right.n + share.n,
		.above = right.point + share.point - PERCENT_PLACES +
			decimal_exponent_difference(&share, &plain)};
	sign = sum_sign(terms, ARRAY_SIZE(terms));
	free(product);
	return sign <= 0;
}
