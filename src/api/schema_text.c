#include "api/schema.h"

#include "base/file.h"
#include "base/memory.h"
#include "contract/builtin.h"
#include "contract/file_uri.h"
#include "contract/uri.h"
#include "json/json.h"
#include "json/yaml.h"

#include <fcntl.h>

#define TEXT_MAX ((size_t)64 << 20)
#define FILES_MAX 10000
#define RESOLVING_MAX 8 /* meta-schemas of meta-schemas */

static bool
is_yaml(struct str path)
{
	return str_ends(path, STR(".yaml")) || str_ends(path, STR(".yml"));
}

static int
parse(struct lily_schemas *schemas, struct schema_text *text, struct err *err)
{
	struct arena *arena = &schemas->arena;

	if (is_yaml(str_of(text->source->name)))
		return yaml_parse(arena, text->source, NULL, &text->root, err);
	return json_parse(arena, text->source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL,
		&text->root, err);
}

int
schema_text_read(struct lily_schemas *schemas, const char *path, struct schema_text *ret_text,
	struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(TEXT_MAX);
	struct arena *arena = &schemas->arena;
	struct source *source = ARENA_NEW(arena, struct source);
	struct schema_text text = {.source = source};
	int r = file_uri_of(path, arena, &text.uri, err);

	if (r == 0)
		r = file_read(AT_FDCWD, path, &bytes, err);
	if (r < 0)
		return r;
	*source = (struct source){.name = arena_cstr(arena, str_of(path)),
		.text = arena_str(arena, buf_str(&bytes))};
	r = parse(schemas, &text, err);
	if (r < 0)
		return r;
	*ret_text = text;
	return 0;
}

/* The absolute URI that a document gives itself, without a fragment; empty where it gives none. */
static struct str
id_of(const struct value *root)
{
	const struct value *id = value_get(root, STR("$id"));
	struct str fragment;

	if (!id)
		id = value_get(root, STR("id"));
	if (!id || id->kind != VALUE_STRING || uri_is_relative(value_text(id)))
		return STR_EMPTY;
	return uri_without_fragment(value_text(id), &fragment);
}

static bool
is_builtin(struct str id, const struct value *root)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	const struct value *own;

	for (size_t i = 0; i < builtin_n; i++) {
		struct source source = {
			builtin_documents[i].uri, str_of(builtin_documents[i].text)};

		if (str_is(id, builtin_documents[i].uri))
			return json_parse(&scratch, &source, JSON_BORROW_TEXT, NULL, &own,
				       NULL) == 0 &&
				value_equal(own, root);
	}
	return false;
}

/* Where a document with the same "$id" is equal, it stands for this one: one schema by two URIs. */
static void
share(const struct lily_schemas *schemas, struct schema_text *text)
{
	uint32_t found = map_get(&schemas->by_id, id_of(text->root));

	if (found == MAP_NONE || !value_equal(schemas->texts[found].root, text->root))
		return;
	text->root = schemas->texts[found].root;
	text->source = schemas->texts[found].source;
}

static void
remember(struct lily_schemas *schemas, const struct schema_text *text)
{
	struct str id = id_of(text->root);

	if (!id.n || map_add(&schemas->by_id, id, (uint32_t)schemas->n_texts) != MAP_NONE)
		return;
	schemas->texts = memory_grow(schemas->texts, schemas->n_texts, &schemas->texts_capacity,
		sizeof(*schemas->texts));
	schemas->texts[schemas->n_texts++] = *text;
}

/* A document is read by the words of its "$schema", so that one has to be there before: at most
 * RESOLVING_MAX of them, one for the other. */
static int /* NOLINTNEXTLINE(misc-no-recursion) */
resolve_dialect(struct lily_schemas *schemas, const struct value *root, struct err *err)
{
	const struct value *name = value_get(root, STR("$schema"));
	struct str fragment;
	int r = 0;

	if (!schemas->resolver || !name || name->kind != VALUE_STRING ||
		draft_find(value_text(name)) != DRAFT_N || uri_is_relative(value_text(name)))
		return 0;
	if (schemas->n_resolving == RESOLVING_MAX)
		return err_set(err, ERR_LIMIT, "meta-schemas of meta-schemas end here");
	schemas->n_resolving++;
	r = schema_text_resolve(
		schemas, uri_without_fragment(value_text(name), &fragment), err);
	schemas->n_resolving--;
	return r;
}

int /* NOLINTNEXTLINE(misc-no-recursion) */
schema_text_add(struct lily_schemas *schemas, struct schema_text *text, struct err *err)
{
	struct str id = id_of(text->root);
	int r;

	if (id.n && is_builtin(id, text->root)) {
		text->uri = id;
		return 0;
	}
	if (map_add(&schemas->files, text->uri, 1) != MAP_NONE)
		return 0;
	share(schemas, text);
	r = resolve_dialect(schemas, text->root, err);
	if (r < 0)
		return r;
	r = references_add(
		schemas->references, text->uri, text->root, text->source, schemas->draft, err);
	if (r == 0)
		r = collection_add(schemas->collection, text->uri, text->root, text->source,
			schemas->draft, err);
	if (r == 0)
		remember(schemas, text);
	return r;
}

/* --- folders --- */

static bool
is_schema_name(struct str name)
{
	return str_ends(name, STR(".json")) || is_yaml(name);
}

/* Other JSON lies beside schemas; what is none is left alone. */
static bool
could_be_schema(struct lily_schemas *schemas, const struct schema_text *text)
{
	const struct value *name = value_get(text->root, STR("$schema"));
	const struct schema *meta;

	if (text->root->kind != VALUE_OBJECT)
		return false;
	return !name ||
		(name->kind == VALUE_STRING &&
			collection_get(schemas->collection, value_text(name), &meta, NULL) ==
				0);
}

static int
add_file_of_folder(struct lily_schemas *schemas, const char *path, struct err *err)
{
	struct schema_text text = {.root = NULL};

	if (schemas->files.used >= FILES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d files", FILES_MAX);
	if (schema_text_read(schemas, path, &text, NULL) < 0 ||
		!could_be_schema(schemas, &text))
		return 0;
	return schema_text_add(schemas, &text, err);
}

struct folders {
	const char **paths;
	size_t n, capacity;
};

static int
add_entries(struct lily_schemas *schemas, struct folders *folders, const char *folder,
	struct err *err)
{
	struct str *names;
	size_t n;
	int r = dir_list(AT_FDCWD, folder, &schemas->arena, &names, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *path = path_join(
			&schemas->arena, folder, arena_cstr(&schemas->arena, names[i]));
		struct stat status;

		if (names[i].p[0] == '.' || lstat(path, &status) != 0)
			continue;
		if (S_ISDIR(status.st_mode)) {
			folders->paths = memory_grow(folders->paths, folders->n,
				&folders->capacity, sizeof(*folders->paths));
			folders->paths[folders->n++] = path;
		} else if (is_schema_name(names[i])) {
			r = add_file_of_folder(schemas, path, err);
		}
	}
	return r;
}

int
schema_text_add_folder(struct lily_schemas *schemas, const char *path, struct err *err)
{
	struct folders folders = {.n = 0};
	int r = add_entries(schemas, &folders, path, err);

	for (size_t i = 0; r == 0 && i < folders.n; i++)
		r = folders.n > FILES_MAX
			? err_set(err, ERR_LIMIT, "more than %d folders", FILES_MAX)
			: add_entries(schemas, &folders, folders.paths[i], err);
	free(folders.paths);
	return r < 0 ? err_wrap(err, "%s", path) : 0;
}

/* --- references --- */

/* The name of a file as people should see it: like that of the file that refers to it, so relative
 * to the current directory where that is possible. */
static const char *
shown_path(struct lily_schemas *schemas, const char *path)
{
	struct err err = ERR_INIT;
	struct str here;
	const char *prefix;
	size_t n;

	if (file_uri_of("./", &schemas->arena, &here, &err) < 0)
		return path;
	prefix = file_uri_path(here, &schemas->arena);
	n = prefix ? strlen(prefix) : 0;
	return n > 1 && strncmp(path, prefix, n) == 0 && path[n] ? path + n : path;
}

/* A schema from somewhere else may be used to look into files: so only what can be one is read, and
 * only by a path from where the schema stands. */
static bool
may_follow(const struct lily_schemas *schemas, const struct reference *reference)
{
	struct str written = reference->written;

	return uri_is_relative(written) && !str_starts(written, STR("/")) &&
		is_schema_name(reference->uri) &&
		map_get(&schemas->files, reference->uri) == MAP_NONE;
}

static int
check_number(const struct lily_schemas *schemas, struct err *err)
{
	if (schemas->files.used < FILES_MAX)
		return 0;
	return err_set(err, ERR_LIMIT, "schemas refer to more than %d documents", FILES_MAX);
}

int /* NOLINTNEXTLINE(misc-no-recursion) */
schema_text_resolve(struct lily_schemas *schemas, struct str uri, struct err *err)
{
	struct arena *arena = &schemas->arena;
	struct source *source;
	struct schema_text text = {.uri = arena_str(arena, uri)};
	const char *bytes = NULL;
	size_t n = 0;
	int r;

	if (!schemas->resolver || map_get(&schemas->files, uri) != MAP_NONE)
		return 0;
	r = check_number(schemas, err);
	if (r < 0)
		return r;
	source = ARENA_NEW(arena, struct source);
	source->name = arena_cstr(arena, uri);
	r = schemas->resolver(schemas->context, source->name, &bytes, &n);
	if (r < 0)
		return err_set(err, r, "%s: the resolver cannot give it", source->name);
	if (r == 0) {
		(void)map_add(&schemas->files, text.uri, 0);
		return 0;
	}
	source->text = arena_str(arena, (struct str){bytes, n});
	text.source = source;
	r = parse(schemas, &text, err);
	return r < 0 ? r : schema_text_add(schemas, &text, err);
}

/* A file that is not there is no error here: whoever needs it says where the reference stands. */
static int
follow_file(struct lily_schemas *schemas, const struct reference *reference, struct err *err)
{
	const char *path = file_uri_path(reference->uri, &schemas->arena);
	struct schema_text text = {.root = NULL};
	struct err why = ERR_INIT;
	int r;

	if (!path || !may_follow(schemas, reference))
		return 0;
	r = check_number(schemas, err);
	if (r < 0)
		return r;
	r = schema_text_read(schemas, shown_path(schemas, path), &text, &why);
	if (r == ERR_NOT_FOUND) {
		(void)map_add(&schemas->files, reference->uri, 0);
		return 0;
	}
	if (r < 0)
		return err_set(err, r, "%s", why.message);
	return schema_text_add(schemas, &text, err);
}

int
schema_text_follow(struct lily_schemas *schemas, struct err *err)
{
	bool reads_files = !(schemas->flags & LILY_SCHEMAS_NO_FILES);
	struct reference reference;
	int r = 0;

	if (!reads_files && !schemas->resolver)
		return 0;
	while (r == 0 && references_next(schemas->references, &reference)) {
		if (reads_files)
			r = follow_file(schemas, &reference, err);
		if (r == 0)
			r = schema_text_resolve(schemas, reference.uri, err);
	}
	return r;
}
