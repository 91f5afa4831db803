#include "base/memory.h"
#include "json/json.h"
#include "json/number.h"

#define NUMBER_SIZE 32
#define SHOWN_BYTES 60

/* A container that is being written; an object's members in canonical order begin at `order`. */
struct frame {
	const struct value *container;
	size_t order;
	uint32_t next;
};

struct canonical {
	struct buf *b;
	enum json_canonical_numbers numbers;
	struct frame *frames;
	size_t n;
	size_t capacity;
	const struct member **order; /* of all objects that are being written, innermost last */
	size_t n_order;
	size_t order_capacity;
	struct err *err;
};

/* Where two well-formed texts differ first, their UTF-16 code units compare like their bytes,
 * except that the surrogates of U+10000 and above (lead bytes F0 to F4) come before U+E000 to
 * U+FFFF (EE and EF). */
static int
utf16_rank(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}

static int
compare_utf16(struct str a, struct str b)
{
	size_t common = MIN(a.n, b.n);

	for (size_t i = 0; i < common; i++)
		if (a.p[i] != b.p[i])
			return utf16_rank(a.p[i]) - utf16_rank(b.p[i]);
	return (a.n > b.n) - (a.n < b.n);
}

static int
compare_members(const void *left, const void *right)
{
	const struct member *a = *(const struct member *const *)left;
	const struct member *b = *(const struct member *const *)right;

	return compare_utf16(value_text(&a->key), value_text(&b->key));
}

/* An error names at most so much of a text that may be long. */
static struct str
shown(struct str s)
{
	size_t n = MIN(s.n, SHOWN_BYTES);

	while (n && n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80)
		n--;
	return (struct str){s.p, n};
}

static int
write_number(struct canonical *c, const struct value *v)
{
	struct str lexeme = value_text(v);
	struct str name = shown(lexeme);
	char text[NUMBER_SIZE];
	double number;
	size_t n;

	if (!number_to_double(lexeme, &number))
		return err_set(c->err, ERR_INVALID,
			"the number %.*s%s is too large for the canonical form (RFC 8785); "
			"write "
			"it as a string",
			STR_ARG(name), name.n < lexeme.n ? "…" : "");
	n = json_number_to_text(number, text);
	if (c->numbers == JSON_NUMBERS_EXACT && number_compare(lexeme, (struct str){text, n}))
		return err_set(c->err, ERR_INVALID,
			"the number %.*s%s would become %.*s in the canonical form (RFC 8785); "
			"write it with fewer digits, or as a string",
			STR_ARG(name), name.n < lexeme.n ? "…" : "", (int)n, text);
	buf_add(c->b, text, n);
	return 0;
}

static int
check_unique(const struct canonical *c, size_t first, size_t n)
{
	for (size_t i = first + 1; i < first + n; i++) {
		struct str key = value_text(&c->order[i]->key);
		struct str name = shown(key);

		if (str_equal(key, value_text(&c->order[i - 1]->key)))
			return err_set(c->err, ERR_INVALID,
				"the key \"%.*s%s\" is there twice; the canonical form (RFC "
				"8785) "
				"allows it once",
				STR_ARG(name), name.n < key.n ? "…" : "");
	}
	return 0;
}

static int
open_container(struct canonical *c, const struct value *v)
{
	size_t first = c->n_order;

	buf_add_char(c->b, v->kind == VALUE_ARRAY ? '[' : '{');
	c->frames = memory_grow(c->frames, c->n, &c->capacity, sizeof(*c->frames));
	c->frames[c->n++] = (struct frame){v, first, 0};
	if (v->kind == VALUE_ARRAY)
		return 0;
	for (uint32_t i = 0; i < v->n; i++) {
		c->order = memory_grow(c->order, c->n_order, &c->order_capacity,
			sizeof(const struct member *));
		c->order[c->n_order++] = &v->members[i];
	}
	if (v->n)
		qsort(c->order + first, v->n, sizeof(const struct member *), compare_members);
	return check_unique(c, first, v->n);
}

static int
write_value(struct canonical *c, const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NUMBER: return write_number(c, v);
	case VALUE_ARRAY:
	case VALUE_OBJECT: return open_container(c, v);
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_STRING: break;
	}
	json_write(v, c->b);
	return 0;
}

static int
write_child(struct canonical *c, struct frame *frame)
{
	const struct value *container = frame->container;
	uint32_t i = frame->next++;
	const struct member *member;

	if (i > 0)
		buf_add_char(c->b, ',');
	if (container->kind == VALUE_ARRAY)
		return write_value(c, &container->items[i]);
	member = c->order[frame->order + i];
	json_write_string(value_text(&member->key), c->b);
	buf_add_char(c->b, ':');
	return write_value(c, &member->value);
}

int
json_canonical(const struct value *v, enum json_canonical_numbers numbers, struct buf *b,
	struct err *err)
{
	struct canonical c = {.b = b, .numbers = numbers, .err = err};
	int code = write_value(&c, v);

	while (!code && c.n && !b->overflowed) {
		struct frame *frame = &c.frames[c.n - 1];

		if (frame->next < frame->container->n) {
			code = write_child(&c, frame);
			continue;
		}
		buf_add_char(b, frame->container->kind == VALUE_ARRAY ? ']' : '}');
		c.n_order = frame->order;
		c.n--;
	}
	free(c.frames);
	free(c.order);
	return code;
}
