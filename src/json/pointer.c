#include "json/json.h"

#define INDEX_DIGITS 10

/* The token with ~1 and ~0 decoded into b; false where a ~ stands for nothing. */
static bool
decode_token(struct str token, struct buf *b)
{
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] != '~') {
			buf_add_char(b, token.p[i]);
			continue;
		}
		i++;
		if (i == token.n || (token.p[i] != '0' && token.p[i] != '1'))
			return false;
		buf_add_char(b, token.p[i] == '0' ? '~' : '/');
	}
	return true;
}

static const struct value *
get_member(const struct value *object, struct str token)
{
	AUTO_BUF struct buf key = BUF_INIT(SIZE_MAX - 1);

	if (str_find(token, '~') < 0)
		return value_get(object, token);
	return decode_token(token, &key) ? value_get(object, buf_str(&key)) : NULL;
}

static const struct value *
get_item(const struct value *array, struct str token)
{
	uint64_t index;

	if (token.n > INDEX_DIGITS || (token.n > 1 && token.p[0] == '0'))
		return NULL;
	if (!str_to_u64(token, UINT32_MAX, &index) || index >= array->n)
		return NULL;
	return &array->items[index];
}

const struct value *
json_pointer_get(const struct value *root, struct str pointer)
{
	struct str rest = pointer;

	if (!pointer.n)
		return root;
	if (str_cut(rest, '/', &rest).n)
		return NULL;
	while (root && rest.p) {
		struct str token = str_cut(rest, '/', &rest);

		if (root->kind == VALUE_OBJECT)
			root = get_member(root, token);
		else
			root = root->kind == VALUE_ARRAY ? get_item(root, token) : NULL;
	}
	return root;
}

void
json_pointer_add(struct buf *pointer, struct str token)
{
	buf_add_char(pointer, '/');
	for (size_t i = 0; i < token.n; i++) {
		if (token.p[i] == '~')
			buf_add(pointer, "~0", 2);
		else if (token.p[i] == '/')
			buf_add(pointer, "~1", 2);
		else
			buf_add_char(pointer, token.p[i]);
	}
}
