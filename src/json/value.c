#include "json/value.h"

#include "base/err.h"
#include "json/hash.h"
#include "json/number.h"

uint32_t
value_hash(struct str s)
{
	return hash_text(hash_seed(), s, s.p + s.n);
}

const struct value *
value_get(const struct value *v, struct str key)
{
	uint32_t hash;

	if (!v || v->kind != VALUE_OBJECT || !v->n)
		return NULL;
	hash = value_hash(key);
	for (const struct member *m = v->members + v->n; m-- > v->members;)
		if (m->key.hash == hash && str_equal(value_text(&m->key), key))
			return &m->value;
	return NULL;
}

bool
value_to_i64(const struct value *v, int64_t *ret_number)
{
	return v->kind == VALUE_NUMBER && number_to_i64(value_text(v), ret_number);
}

bool
value_to_double(const struct value *v, double *ret_number)
{
	return v->kind == VALUE_NUMBER && number_to_double(value_text(v), ret_number);
}

const char *
value_kind_name(const struct value *v)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",
		[VALUE_BOOL] = "boolean",
		[VALUE_NUMBER] = "number",
		[VALUE_STRING] = "string",
		[VALUE_ARRAY] = "array",
		[VALUE_OBJECT] = "object",
	};

	return names[v->kind];
}

static struct value
make(enum value_kind kind, size_t n)
{
	if (n > UINT32_MAX)
		BUG("a %zu long value", n);
	return (struct value){
		.kind = (uint8_t)kind, .n = (uint32_t)n, .offset = SOURCE_NOWHERE};
}

struct value
value_null(void)
{
	return make(VALUE_NULL, 0);
}

struct value
value_bool(bool truth)
{
	struct value v = make(VALUE_BOOL, 0);

	v.flags = truth ? VALUE_IS_TRUE : 0;
	return v;
}

struct value
value_string(struct str s)
{
	struct value v = make(VALUE_STRING, s.n);

	v.text = s.p;
	v.hash = value_hash(s);
	return v;
}

struct value
value_number(struct str lexeme)
{
	struct value v = make(VALUE_NUMBER, lexeme.n);

	v.text = lexeme.p;
	v.flags = number_is_written_whole(lexeme) ? VALUE_IS_INTEGER : 0;
	return v;
}

struct value
value_i64(struct arena *arena, int64_t number)
{
	return value_number(str_of(arena_printf(arena, "%jd", (intmax_t)number)));
}

struct value
value_array(const struct value *items, size_t n)
{
	struct value v = make(VALUE_ARRAY, n);

	v.items = items;
	return v;
}

struct value
value_object(const struct member *members, size_t n)
{
	struct value v = make(VALUE_OBJECT, n);

	v.members = members;
	return v;
}
