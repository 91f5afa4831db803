#include "base/str.h"

#include <pthread.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#define NAME_MAX_BYTES 128
#define NEAREST_MAX_BYTES 64

int
str_compare(struct str a, struct str b)
{
	size_t common = MIN(a.n, b.n);
	int order = common ? memcmp(a.p, b.p, common) : 0;

	if (order)
		return order;
	return (a.n > b.n) - (a.n < b.n);
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_equal((struct str){s.p, prefix.n}, prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	if (!suffix.n)
		return true;
	return s.n >= suffix.n && memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0;
}

bool
str_is_below(struct str s, struct str parent)
{
	return s.n > parent.n + 1 && s.p[parent.n] == '/' && str_starts(s, parent);
}

ptrdiff_t
str_find(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? at - s.p : -1;
}

struct str
str_cut(struct str s, char c, struct str *rest)
{
	ptrdiff_t at = str_find(s, c);

	if (at < 0) {
		*rest = (struct str){NULL, 0};
		return s;
	}
	*rest = (struct str){s.p + at + 1, s.n - (size_t)at - 1};
	return (struct str){s.p, (size_t)at};
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

ptrdiff_t
str_index(struct str s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(s, names[i]))
			return (ptrdiff_t)i;
	return -1;
}

struct str
str_trim(struct str s)
{
	while (s.n && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_to_u64(struct str s, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!s.n)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(number, 10U, &number) ||
			__builtin_add_overflow(number, digit, &number))
			return false;
	}
	if (number > max)
		return false;
	*ret_number = number;
	return true;
}

/* Bytes of the well-formed sequence at p, 0 if there is none (RFC 3629, table in section 4). */
static size_t
utf8_sequence(const unsigned char *p, size_t n)
{
	unsigned low = 0x80;
	unsigned high = 0xBF;
	size_t length;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	length = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (length > n)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0;
	else if (p[0] == 0xED)
		high = 0x9F;
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	return length;
}

bool
str_is_utf8(struct str s, size_t *ret_at)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		uint64_t word;
		size_t length;

		/* Eight ASCII bytes at a time: what nearly all text is made of. */
		while (s.n - i >= sizeof(word)) {
			memcpy(&word, p + i, sizeof(word));
			if (word & 0x8080808080808080ULL)
				break;
			i += sizeof(word);
		}
		if (i == s.n)
			break;
		length = utf8_sequence(p + i, s.n - i);
		if (!length) {
			if (ret_at)
				*ret_at = i;
			return false;
		}
		i += length;
	}
	return true;
}

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_';
}

bool
str_is_name(struct str s)
{
	if (!s.n || s.n > NAME_MAX_BYTES || !is_name_byte(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_name_byte(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
			return false;
	return true;
}

/* Levenshtein distance; both at most NEAREST_MAX_BYTES long. Two neighbours that changed
 * places count as one slip, not two. */
static size_t
edit_distance(struct str a, struct str b)
{
	size_t rows[3][NEAREST_MAX_BYTES + 1];
	size_t *row = rows[0];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		const size_t *above = rows[(i + 2) % 3];
		const size_t *two_above = rows[(i + 1) % 3];

		row = rows[i % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t change = above[j - 1] + (a.p[i - 1] != b.p[j - 1]);

			row[j] = MIN(change, MIN(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
				a.p[i - 2] == b.p[j - 1])
				row[j] = MIN(row[j], two_above[j - 2] + 1);
		}
	}
	return row[b.n];
}

static bool
is_other_case(struct str a, struct str b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0 && !str_equal(a, b);
}

/* How far a candidate is from what was written; SIZE_MAX where they have nothing in common. */
static size_t
distance_between(struct str written, struct str candidate)
{
	size_t distance;

	if (is_other_case(written, candidate))
		return 1;
	distance = edit_distance(written, candidate);
	return distance < MAX(written.n, candidate.n) ? distance : SIZE_MAX;
}

struct str
str_nearest(struct str s, const struct str *candidates, size_t n)
{
	struct str nearest = STR_EMPTY;
	size_t best = s.n <= 3 ? 2 : s.n / 3 + 1;

	if (!s.n || s.n > NEAREST_MAX_BYTES)
		return nearest;
	for (size_t i = 0; i < n; i++) {
		size_t distance;

		if (candidates[i].n > NEAREST_MAX_BYTES)
			continue;
		distance = distance_between(s, candidates[i]);
		if (distance < best) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

static uint64_t hash_seed;
static pthread_once_t hash_seeded = PTHREAD_ONCE_INIT;

static void
seed_hash(void)
{
	if (getrandom(&hash_seed, sizeof(hash_seed), GRND_NONBLOCK) != sizeof(hash_seed))
		hash_seed = (uint64_t)time(NULL) * 0x9E3779B97F4A7C15ULL;
}

/* Folded 64 x 64 -> 128 bit multiplication, the mixer of wyhash. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t
str_hash(struct str s)
{
	uint64_t hash;
	uint64_t word = 0;
	size_t i = 0;

	(void)pthread_once(&hash_seeded, seed_hash);
	hash = hash_seed ^ (s.n * 0xA0761D6478BD642FULL);
	for (; s.n - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s.p + i, sizeof(word));
		hash = mix(hash ^ word, 0xE7037ED1A0B428DBULL);
	}
	word = 0;
	if (s.n > i)
		memcpy(&word, s.p + i, s.n - i);
	return mix(hash ^ word ^ 0x8EBC6AF09C88C6E3ULL, 0x589965CC75374CC3ULL);
}
