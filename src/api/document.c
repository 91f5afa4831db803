#include "api/handle.h"

#include "base/memory.h"
#include "json/json.h"

struct lily_document *
document_new(void)
{
	struct lily_document *document = memory_zeroed(1, sizeof(*document));

	document->arena = ARENA_INIT;
	return document;
}

int
document_give(struct lily_document *document, int r, const struct err *err,
	struct lily_document **ret_document, struct lily_error *error)
{
	if (r < 0) {
		lily_document_free(document);
		return error_give(err, error);
	}
	*ret_document = document;
	return r;
}

int
lily_document_parse(const char *name, const char *json, size_t size,
	struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r;

	document->source = (struct source){
		.name = arena_cstr(&document->arena, str_of(name ? name : "JSON")),
		.text = arena_str(&document->arena, (struct str){json, size}),
	};
	r = json_parse(&document->arena, &document->source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT,
		NULL, &document->root, &err);
	return document_give(document, r, &err, ret_document, error);
}

void
lily_document_free(struct lily_document *document)
{
	if (!document)
		return;
	arena_done(&document->arena);
	free(document->text);
	free(document);
}

const struct lily_value *
lily_document_root(const struct lily_document *document)
{
	return document ? value_public(document->root) : NULL;
}

char *
lily_value_to_json(const struct lily_value *value, enum lily_json_form form)
{
	static const struct value null = {.kind = VALUE_NULL};
	struct buf text = BUF_INIT(SIZE_MAX / 2);
	const struct value *v = value ? value_of(value) : &null;

	if (form == LILY_JSON_INDENTED)
		json_write_indented(v, &text);
	else
		json_write(v, &text);
	return buf_take(&text);
}

enum lily_kind
lily_value_kind(const struct lily_value *value)
{
	if (!value)
		return LILY_KIND_NULL;
	switch ((enum value_kind)value_of(value)->kind) {
	case VALUE_NULL: return LILY_KIND_NULL;
	case VALUE_BOOL: return LILY_KIND_BOOLEAN;
	case VALUE_NUMBER: return LILY_KIND_NUMBER;
	case VALUE_STRING: return LILY_KIND_STRING;
	case VALUE_ARRAY: return LILY_KIND_ARRAY;
	case VALUE_OBJECT: return LILY_KIND_OBJECT;
	}
	BUG("value of kind %d", value_of(value)->kind);
}

static bool
is_container(const struct lily_value *value)
{
	enum lily_kind kind = lily_value_kind(value);

	return kind == LILY_KIND_ARRAY || kind == LILY_KIND_OBJECT;
}

size_t
lily_value_count(const struct lily_value *value)
{
	return is_container(value) ? value_of(value)->n : 0;
}

const struct lily_value *
lily_value_at(const struct lily_value *value, size_t index)
{
	if (index >= lily_value_count(value))
		return NULL;
	if (lily_value_kind(value) == LILY_KIND_ARRAY)
		return value_public(&value_of(value)->items[index]);
	return value_public(&value_of(value)->members[index].value);
}

const struct lily_value *
lily_value_get(const struct lily_value *value, const char *key)
{
	return value ? value_public(value_get(value_of(value), str_of(key))) : NULL;
}

const char *
lily_value_key(const struct lily_value *value, size_t index, size_t *ret_size)
{
	const struct value *key;

	if (lily_value_kind(value) != LILY_KIND_OBJECT || index >= lily_value_count(value))
		return NULL;
	key = &value_of(value)->members[index].key;
	if (ret_size)
		*ret_size = key->n;
	return key->text;
}

const char *
lily_value_text(const struct lily_value *value, size_t *ret_size)
{
	struct str text = value ? value_text(value_of(value)) : STR_EMPTY;

	if (ret_size)
		*ret_size = text.n;
	/* An empty view may have no bytes behind it at all. */
	return text.n ? text.p : "";
}

int64_t
lily_value_integer(const struct lily_value *value, int64_t fallback)
{
	int64_t number;

	if (lily_value_kind(value) == LILY_KIND_NUMBER &&
		value_to_i64(value_of(value), &number))
		return number;
	return fallback;
}

int
lily_value_boolean(const struct lily_value *value, int fallback)
{
	if (lily_value_kind(value) != LILY_KIND_BOOLEAN)
		return fallback;
	return value_is_true(value_of(value));
}
