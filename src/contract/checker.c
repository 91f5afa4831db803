#include "contract/checker.h"

#include "base/headroom.h"
#include "base/memory.h"
#include "contract/schema.h"

#include <stdarg.h>

#define BYTES_A_PART 64 /* of a text: a long one is as much as several values */

/* 2 s; some hundred times what ordinary schemas take of ordinary values. */
const struct checker_limits checker_default_limits = {
	.steps = 200000000, .depth = 5000, .units = 1000000, .steps_a_part = 100};

struct checker *
checker_new(const struct checker_limits *limits)
{
	struct checker *checker = memory_zeroed(1, sizeof(*checker));

	limits = limits ? limits : &checker_default_limits;
	checker->steps_allowed = limits->steps;
	checker->steps_a_part = limits->steps_a_part;
	checker->depth_allowed = limits->depth;
	checker->units_allowed = limits->units;
	return checker;
}

void
checker_free(struct checker *checker)
{
	if (!checker)
		return;
	free(checker->marks);
	free(checker->table);
	free(checker->hashes);
	free(checker);
}

void
checker_start_again(struct checker *c)
{
	c->steps_left = c->steps_allowed;
	c->is_extended = false;
	c->depth_left = c->depth_allowed;
	c->code = 0;
	c->where = NULL;
	c->scope = NULL;
	c->n_marks = 0;
	c->current = NO_MARKS;
}

void
checker_start(struct checker *c, const struct program *program, const struct value *value)
{
	c->program = program;
	c->entries = program->fast.entries;
	c->sequences = program->fast.code;
	c->floor = headroom_floor();
	c->value = value;
	checker_start_again(c);
}

bool
checker_limit(struct checker *c, int code, const char *format, ...)
{
	va_list args;

	/* What is found while it unwinds does not count. */
	if (c->code)
		return false;
	va_start(args, format);
	c->code = err_setv(&c->err, code, format, args);
	va_end(args);
	c->steps_left = 0;
	return false;
}

bool
checker_steps_end(struct checker *c)
{
	return checker_limit(c, ERR_LIMIT,
		"checking this takes too many steps: the schema asks too much of so large a "
		"value");
}

void
checker_place_limit(const struct checker *checker, const struct source *source, struct err *err)
{
	const struct value *where = checker->where ? checker->where : checker->value;
	struct err why = *err;

	if (err->code == ERR_LIMIT && where->offset != SOURCE_NOWHERE)
		(void)source_limit_error(source, where->offset, err, "%s", why.message);
}

struct containers {
	const struct value **items;
	size_t n;
	size_t capacity;
};

static uint64_t
count_part(struct containers *open, const struct value *v)
{
	if (v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT)
		return 1 +
			(v->kind == VALUE_NULL || v->kind == VALUE_BOOL ? 0
									: v->n / BYTES_A_PART);
	if (v->n) {
		open->items = memory_grow(
			open->items, open->n, &open->capacity, sizeof(*open->items));
		open->items[open->n++] = v;
	}
	return 1;
}

/* Members, items, and what is in them; long texts count as several. */
static uint64_t
count_parts(const struct value *v)
{
	struct containers open = {NULL, 0, 0};
	uint64_t n = count_part(&open, v);

	while (open.n) {
		v = open.items[--open.n];
		for (uint32_t i = 0; i < v->n; i++)
			n += count_part(&open,
				v->kind == VALUE_ARRAY ? &v->items[i] : &v->members[i].value);
	}
	free(open.items);
	return n;
}

bool
checker_extend(struct checker *c)
{
	uint64_t more;

	if (c->code || c->is_extended || !c->steps_a_part)
		return false;
	c->is_extended = true;
	more = count_parts(c->value) * c->steps_a_part;
	c->steps_left += more;
	return true;
}

bool
checker_last_steps(struct checker *c, uint64_t n)
{
	if (!checker_extend(c) || n >= c->steps_left)
		return checker_steps_end(c);
	c->steps_left -= n;
	return true;
}
