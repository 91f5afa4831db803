#include "base/needles.h"

#include "base/err.h"
#include "base/memory.h"

#define BLOCKS ((size_t)1 << 16)
/* A longer window would not move much faster. */
#define WINDOW_MAX 64

struct needle {
	char *bytes;
	size_t n;
	size_t order; /* in which it was added */
	uint32_t number;
};

struct needles {
	struct needle *items; /* sorted by their bytes once finished */
	size_t n;
	size_t capacity;
	size_t window;
	size_t longest;
	uint8_t shift[BLOCKS];      /* by the window's last two bytes: how far it can move */
	uint8_t begins[BLOCKS / 8]; /* bits: whether a needle begins with these two bytes */
};

static size_t
block_at(const char *p)
{
	return (size_t)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

static struct str
text_of(const struct needle *needle)
{
	return (struct str){needle->bytes, needle->n};
}

struct needles *
needles_new(void)
{
	return memory_zeroed(1, sizeof(struct needles));
}

void
needles_free(struct needles *needles)
{
	if (!needles)
		return;
	for (size_t i = 0; i < needles->n; i++) {
		explicit_bzero(needles->items[i].bytes, needles->items[i].n);
		free(needles->items[i].bytes);
	}
	free(needles->items);
	free(needles);
}

void
needles_add(struct needles *needles, struct str text, uint32_t number)
{
	char *bytes;

	if (text.n < NEEDLE_MIN)
		BUG("a needle of %zu bytes", text.n);
	bytes = memory_new(1, text.n);
	memcpy(bytes, text.p, text.n);
	needles->items = memory_grow(
		needles->items, needles->n, &needles->capacity, sizeof(*needles->items));
	needles->items[needles->n] =
		(struct needle){bytes, text.n, .order = needles->n, .number = number};
	needles->n++;
}

static int
compare(const void *left, const void *right)
{
	const struct needle *a = left;
	const struct needle *b = right;
	int order = str_compare(text_of(a), text_of(b));

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static void
drop_equal(struct needles *needles)
{
	size_t n = 0;

	for (size_t i = 0; i < needles->n; i++) {
		if (n &&
			str_equal(text_of(&needles->items[n - 1]), text_of(&needles->items[i])))
			free(needles->items[i].bytes);
		else
			needles->items[n++] = needles->items[i];
	}
	needles->n = n;
}

void
needles_finish(struct needles *needles)
{
	size_t window = WINDOW_MAX;

	if (needles->n)
		qsort(needles->items, needles->n, sizeof(*needles->items), compare);
	drop_equal(needles);
	for (size_t i = 0; i < needles->n; i++) {
		window = MIN(window, needles->items[i].n);
		needles->longest = MAX(needles->longest, needles->items[i].n);
	}
	needles->window = window;
	memset(needles->shift, (int)(window - 1), sizeof(needles->shift));
	for (size_t i = 0; i < needles->n; i++) {
		const char *p = needles->items[i].bytes;
		size_t first = block_at(p);

		needles->begins[first / 8] |= (uint8_t)(1U << first % 8);
		for (size_t j = 0; j + 2 <= window; j++) {
			uint8_t *shift = &needles->shift[block_at(p + j)];

			*shift = (uint8_t)MIN(*shift, window - 2 - j);
		}
	}
}

/* The first of the sorted needles that is not before the text. */
static size_t
lower_bound(const struct needles *needles, struct str text)
{
	size_t low = 0;
	size_t high = needles->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_compare(text_of(&needles->items[middle]), text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The longest needle that the text begins with. */
static bool
match(const struct needles *needles, struct str text, struct needle_found *found)
{
	const struct str start = {text.p, needles->window};
	bool is_found = false;

	for (size_t i = lower_bound(needles, start); i < needles->n; i++) {
		const struct needle *needle = &needles->items[i];

		if (!str_starts(text_of(needle), start))
			break;
		if (!str_starts(text, text_of(needle)))
			continue;
		/* What begins with another one is sorted behind it. */
		found->n = needle->n;
		found->number = needle->number;
		is_found = true;
	}
	return is_found;
}

bool
needles_find(const struct needles *needles, struct str text, size_t from,
	struct needle_found *ret_found)
{
	size_t window = needles->window;
	struct needle_found found;

	for (size_t at = from; needles->n && at + window <= text.n;) {
		size_t shift = needles->shift[block_at(text.p + at + window - 2)];

		if (shift) {
			at += shift;
			continue;
		}
		if (match(needles, (struct str){text.p + at, text.n - at}, &found)) {
			found.at = at;
			*ret_found = found;
			return true;
		}
		at++;
	}
	return false;
}

/* Whether a needle begins with all of the text, and is longer. */
static bool
is_begun(const struct needles *needles, struct str text)
{
	size_t first;

	if (text.n >= 2) {
		first = block_at(text.p);
		if (!(needles->begins[first / 8] & 1U << first % 8))
			return false;
	}
	/* Where the text itself is a needle, a longer one stands right behind it. */
	for (size_t i = lower_bound(needles, text); i < needles->n; i++) {
		struct str needle = text_of(&needles->items[i]);

		if (!str_starts(needle, text))
			break;
		if (needle.n > text.n)
			return true;
	}
	return false;
}

size_t
needles_begun(const struct needles *needles, struct str text, size_t from)
{
	size_t most = needles->longest ? needles->longest - 1 : 0;
	size_t at = MAX(from, text.n - MIN(text.n, most));

	for (; at < text.n; at++)
		if (is_begun(needles, (struct str){text.p + at, text.n - at}))
			return text.n - at;
	return 0;
}
