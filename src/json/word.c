#include "json/word.h"

#include "base/err.h"

const struct word *
word_find(const struct word *words, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, words[i].name))
			return &words[i];
	return NULL;
}

const char *
value_describe(struct arena *arena, const struct value *v)
{
	struct str text = value_text(v);

	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: return "null";
	case VALUE_BOOL: return value_is_true(v) ? "true" : "false";
	case VALUE_NUMBER:
		return arena_printf(arena, "the number %.*s", (int)MIN(text.n, 60), text.p);
	case VALUE_STRING:
		return arena_printf(arena, "the text \"%.*s\"%s", (int)MIN(text.n, 60), text.p,
			text.n > 60 ? "…" : "");
	case VALUE_ARRAY: return "a list";
	case VALUE_OBJECT: return "a map";
	}
	BUG("value of kind %d", v->kind);
}
