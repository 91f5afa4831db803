#include "contract/schema_set.h"

#include "contract/registry.h"
#include "contract/uri.h"
#include "json/json.h"

#define PREFIX "{\"schema_set\":1,"
#define URI_MAX ((size_t)64 << 10)
#define FOLDER "up"

bool
schema_set_is(struct str bytes)
{
	return str_starts(bytes, STR(PREFIX));
}

static int
compare_files(const void *left, const void *right)
{
	const struct schema_file *a = left;
	const struct schema_file *b = right;

	return str_compare(a->path, b->path);
}

void
schema_set_write(struct str root, struct schema_file *files, size_t n, struct buf *b)
{
	qsort(files, n, sizeof(*files), compare_files);
	buf_add_cstr(b, PREFIX "\"root\":");
	json_write_string(root, b);
	buf_add_cstr(b, ",\"files\":{");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		json_write_string(files[i].path, b);
		buf_add_char(b, ':');
		json_write_string(files[i].text, b);
	}
	buf_add_cstr(b, "}}\n");
}

int
schema_set_read(struct str bytes, struct arena *arena, struct str *ret_root,
	struct schema_file **ret_files, size_t *ret_n, struct err *err)
{
	const struct source source = {"a set of schemas", bytes};
	const struct value *document;
	const struct value *files;
	const struct value *root;
	int r = json_parse(arena, &source, JSON_UNIQUE_KEYS, NULL, &document, err);

	if (r < 0)
		return r;
	root = value_get(document, STR("root"));
	files = value_get(document, STR("files"));
	if (!root || !files || root->kind != VALUE_STRING || files->kind != VALUE_OBJECT ||
		!value_get(files, value_text(root)))
		return err_set(
			err, ERR_CORRUPT, "a set of schemas has no root among its files");
	*ret_files = ARENA_ARRAY(arena, files->n, struct schema_file);
	for (uint32_t i = 0; i < files->n; i++) {
		if (files->members[i].value.kind != VALUE_STRING)
			return err_set(
				err, ERR_CORRUPT, "a file of a set of schemas is no text");
		(*ret_files)[i] = (struct schema_file){value_text(&files->members[i].key),
			value_text(&files->members[i].value)};
	}
	*ret_root = value_text(root);
	*ret_n = files->n;
	return 0;
}

/* "lily:///sets/ID/"; an id of a pack has a slash. */
static void
add_base(struct buf *b, struct str id)
{
	buf_add_cstr(b, SCHEMA_SET_BASE);
	for (size_t i = 0; i < id.n; i++)
		buf_add_char(b, id.p[i] == '/' ? '~' : id.p[i]);
	buf_add_char(b, '/');
}

/* What may stand in a segment of a path as it is. */
static void
add_encoded(struct buf *b, struct str path)
{
	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if (c > ' ' && c < 0x7F && !strchr("%?#[]\"<>\\^`{|}", c))
			buf_add_char(b, (char)c);
		else
			buf_printf(b, "%%%02X", (unsigned)c);
	}
}

struct str
schema_set_uri(struct str id, struct str path, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT(URI_MAX);

	add_base(&b, id);
	for (unsigned i = SCHEMA_SET_CLIMB; i > 0; i--)
		buf_printf(&b, FOLDER "%u/", i);
	add_encoded(&b, path);
	return uri_resolve(arena, STR_EMPTY, buf_str(&b));
}

bool
schema_set_path(struct str id, struct str uri, struct arena *arena, struct str *ret_path)
{
	AUTO_BUF struct buf base = BUF_INIT(URI_MAX);
	AUTO_BUF struct buf path = BUF_INIT(URI_MAX);
	unsigned climb = SCHEMA_SET_CLIMB;

	add_base(&base, id);
	if (!str_starts(uri, buf_str(&base)))
		return false;
	uri = (struct str){uri.p + base.n, uri.n - base.n};
	for (; climb > 0; climb--) {
		char folder[16];
		size_t n = (size_t)snprintf(folder, sizeof(folder), FOLDER "%u/", climb);

		if (!str_starts(uri, (struct str){folder, n}))
			break;
		uri = (struct str){uri.p + n, uri.n - n};
	}
	while (climb--)
		buf_add_cstr(&path, "../");
	buf_add_str(&path, uri_decode(arena, uri));
	*ret_path = arena_str(arena, buf_str(&path));
	return ret_path->n && !memchr(ret_path->p, '\0', ret_path->n);
}

bool
schema_set_redirect(struct str uri, struct arena *arena, struct str *ret_uri)
{
	static const struct str sets = {SCHEMA_SET_BASE, sizeof(SCHEMA_SET_BASE) - 1};
	static const struct str ids = {REGISTRY_BASE, sizeof(REGISTRY_BASE) - 1};
	struct str id = {uri.p + ids.n, uri.n - ids.n};

	if (str_starts(uri, sets)) {
		for (id = (struct str){uri.p + uri.n, 0}; id.p[-1] != '/'; id.p--)
			id.n++;
		if (!registry_is_id(id))
			return false;
		*ret_uri = str_of(arena_printf(arena, REGISTRY_BASE "%.*s", STR_ARG(id)));
		return true;
	}
	if (!str_starts(uri, ids) || !registry_is_id(id))
		return false;
	*ret_uri = schema_set_uri(id, id, arena);
	return true;
}
