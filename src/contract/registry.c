#include "contract/registry.h"

#include "base/map.h"
#include "base/memory.h"
#include "contract/builtin.h"
#include "contract/dialects.h"
#include "contract/file_uri.h"
#include "contract/flaw.h"
#include "contract/payload.h"

struct registry {
	struct arena arena;
	struct collection *collection;
	struct registry_entry **entries;
	size_t n;
	size_t capacity;
	size_t total; /* bytes that were added */
	struct map by_id;
	struct shared *shared;
	size_t n_shared, shared_capacity;
};

/* A file of more than one set: its "$id" is one schema. */
struct shared {
	struct digest digest;
	const struct value *root;
	const struct source *source;
};

static bool
is_version(struct str s)
{
	uint64_t number;

	return s.n && s.p[0] != '0' && str_to_u64(s, UINT32_MAX, &number);
}

bool
registry_is_id(struct str id)
{
	struct str name;
	struct str first = str_cut(id, '/', &name);
	size_t dot;

	if (id.n > REGISTRY_ID_MAX || (name.p && !str_is_name(first)))
		return false;
	if (!name.p)
		name = first;
	if (!str_is_name(name))
		return false;
	for (dot = name.n; dot && name.p[dot - 1] != '.'; dot--)
		continue;
	return dot > 1 && name.p[dot] == 'v' &&
		is_version((struct str){name.p + dot + 1, name.n - dot - 1});
}

static void
add_entry(struct registry *registry, struct registry_entry *entry)
{
	registry->entries = memory_grow(registry->entries, registry->n, &registry->capacity,
		sizeof(struct registry_entry *));
	registry->entries[registry->n] = entry;
	(void)map_add(&registry->by_id, entry->id, (uint32_t)registry->n);
	registry->n++;
}

/* The collection has them by their URI already, and reads one when it is asked for. */
static void
add_kernel(struct registry *registry)
{
	for (size_t i = 0; i < builtin_n; i++) {
		struct str uri = str_of(builtin_documents[i].uri);
		size_t n = sizeof(REGISTRY_KERNEL) - 1;
		struct str id = {uri.p + n, uri.n - n};
		struct registry_entry *entry;

		if (!str_starts(uri, STR(REGISTRY_KERNEL)) || !registry_is_id(id))
			continue;
		entry = ARENA_NEW(&registry->arena, struct registry_entry);
		*entry = (struct registry_entry){.id = id,
			.bytes = str_of(builtin_documents[i].text),
			.place = "lily's own",
			.uri = uri,
			.digest = builtin_documents[i].digest};
		add_entry(registry, entry);
	}
}

struct registry *
registry_new(enum registry_kind kind)
{
	static const struct collection_options options = {COLLECTION_ASSERT_FORMAT};
	struct registry *registry = memory_zeroed(1, sizeof(*registry));

	registry->collection = collection_new(&options);
	if (kind == REGISTRY_OF_KERNEL)
		add_kernel(registry);
	return registry;
}

void
registry_free(struct registry *registry)
{
	if (!registry)
		return;
	collection_free(registry->collection);
	map_done(&registry->by_id);
	free(registry->shared);
	free(registry->entries);
	arena_done(&registry->arena);
	free(registry);
}

static int
check_same(const struct registry_entry *entry, const struct digest *digest, const char *place,
	struct err *err)
{
	if (digest_equal(&entry->digest, digest))
		return 0;
	return err_set(err, ERR_INVALID,
		"schema %.*s is there twice, with other bytes: %s and %s; give one of them a "
		"new version",
		STR_ARG(entry->id), entry->place, place);
}

int
registry_read(const char *place, struct str bytes, struct arena *arena,
	const struct value **ret_root, const struct source **ret_source, struct err *err)
{
	struct str file = str_of(place);
	const struct payload payload = {.file = file,
		.name = file,
		.bytes = bytes,
		.format =
			payload_format_of(file) == PAYLOAD_YAML ? PAYLOAD_YAML : PAYLOAD_JSON};
	struct source *source = ARENA_NEW(arena, struct source);
	const struct value *root;
	int r = payload_read(&payload, arena, &root, err);

	if (r < 0)
		return r;
	*source = (struct source){place, bytes};
	if (root->kind != VALUE_OBJECT && root->kind != VALUE_BOOL)
		return source_error(source, root->offset, err,
			"a schema is an object, true or false, not %s", value_kind_name(root));
	*ret_root = root;
	*ret_source = source;
	return 0;
}

/* Reads the document and makes it known to the others. */
static int
add_document(struct registry *registry, const struct registry_entry *entry, struct err *err)
{
	const struct source *source;
	const struct value *root;
	int r = registry_read(
		entry->place, entry->bytes, &registry->arena, &root, &source, err);

	return r < 0 ? r
		     : collection_add(registry->collection, entry->uri, root, source,
			       DRAFT_2020_12, err);
}

/* A file of a set. What is in several, and says by which URI it is known, is there once. */
static int
read_file(struct registry *registry, const char *place, struct str text,
	const struct value **ret_root, const struct source **ret_source, struct err *err)
{
	const struct value *id;
	struct digest digest;
	int r;

	digest_of(text.p, text.n, &digest);
	for (size_t i = 0; i < registry->n_shared; i++)
		if (digest_equal(&registry->shared[i].digest, &digest)) {
			*ret_root = registry->shared[i].root;
			*ret_source = registry->shared[i].source;
			return 0;
		}
	r = registry_read(place, text, &registry->arena, ret_root, ret_source, err);
	if (r < 0)
		return r;
	id = value_get(*ret_root, STR("$id"));
	if (!id || id->kind != VALUE_STRING || uri_is_relative(value_text(id)))
		return 0;
	registry->shared = memory_grow(registry->shared, registry->n_shared,
		&registry->shared_capacity, sizeof(*registry->shared));
	registry->shared[registry->n_shared++] =
		(struct shared){digest, *ret_root, *ret_source};
	return 0;
}

/* Where the file of a set was, as people name it. */
static const char *
place_of(const struct registry_entry *entry, struct str root, struct str path,
	struct arena *arena)
{
	struct str place = str_of(entry->place);

	if (str_equal(path, root))
		return entry->place;
	while (place.n && place.p[place.n - 1] != '/')
		place.n--;
	return arena_printf(arena, "%.*s%.*s", STR_ARG(place), STR_ARG(path));
}

static int
add_set(struct registry *registry, struct registry_entry *entry, struct err *err)
{
	struct arena *arena = &registry->arena;
	struct schema_file *files;
	struct str root;
	size_t n;
	int r = schema_set_read(entry->bytes, arena, &root, &files, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		bool is_root = str_equal(files[i].path, root);
		const struct source *source;
		const struct value *value;

		r = read_file(registry, place_of(entry, root, files[i].path, arena),
			files[i].text, &value, &source, err);
		if (r == 0 && is_root)
			r = collection_add(registry->collection,
				schema_set_uri(entry->id, entry->id, arena), value, source,
				DRAFT_2020_12, err);
		if (r == 0)
			r = collection_add(registry->collection,
				schema_set_uri(entry->id, files[i].path, arena), value, source,
				DRAFT_2020_12, err);
	}
	if (r < 0)
		return r;
	entry->uri = schema_set_uri(entry->id, entry->id, arena);
	entry->files = files;
	entry->n_files = n;
	return 0;
}

int
registry_add(struct registry *registry, struct str id, const char *place, struct str bytes,
	struct err *err)
{
	uint32_t number = map_get(&registry->by_id, id);
	struct registry_entry *entry;
	struct digest digest;
	int r;

	if (!registry_is_id(id))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is no id of a schema: a name that ends in its version, such "
			"as review.v1",
			(int)MIN(id.n, 150), id.p);
	if (bytes.n > REGISTRY_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%s: a schema of %zu bytes, more than %zu",
			place, bytes.n, REGISTRY_BYTES_MAX);
	if (bytes.n > REGISTRY_TOTAL_MAX - registry->total)
		return err_set(err, ERR_LIMIT,
			"%s: with it all schemas have more than %zu bytes", place,
			REGISTRY_TOTAL_MAX);
	digest_of(bytes.p, bytes.n, &digest);
	if (number != MAP_NONE)
		return check_same(registry->entries[number], &digest, place, err);
	entry = ARENA_NEW(&registry->arena, struct registry_entry);
	*entry = (struct registry_entry){.id = arena_str(&registry->arena, id),
		.digest = digest,
		.bytes = arena_str(&registry->arena, bytes),
		.place = arena_cstr(&registry->arena, str_of(place)),
		.uri = str_of(
			arena_printf(&registry->arena, REGISTRY_BASE "%.*s", STR_ARG(id)))};
	r = schema_set_is(bytes) ? add_set(registry, entry, err)
				 : add_document(registry, entry, err);
	if (r < 0)
		return r;
	registry->total += bytes.n;
	add_entry(registry, entry);
	return 0;
}

const struct registry_entry *
registry_find(const struct registry *registry, struct str id)
{
	uint32_t number = map_get(&registry->by_id, id);

	return number == MAP_NONE ? NULL : registry->entries[number];
}

const struct registry_entry *
registry_at(const struct registry *registry, size_t number)
{
	return number < registry->n ? registry->entries[number] : NULL;
}

static int
refuse_unknown(const struct registry *registry, struct str name, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *ids = ARENA_ARRAY(&arena, registry->n, struct str);
	struct str nearest;

	for (size_t i = 0; i < registry->n; i++)
		ids[i] = registry->entries[i]->id;
	nearest = str_nearest(name, ids, registry->n);
	return err_set(err, ERR_NOT_FOUND, "there is no schema \"%.*s\"%s%.*s%s",
		(int)MIN(name.n, 200), name.p, nearest.n ? "; did you mean \"" : "",
		STR_ARG(nearest), nearest.n ? "\"?" : "");
}

int
registry_get(struct registry *registry, struct str name, const struct schema **ret_schema,
	struct err *err)
{
	uint32_t number = map_get(&registry->by_id, name);
	struct err why = ERR_INIT;
	int r;

	if (number != MAP_NONE)
		name = registry->entries[number]->uri;
	r = collection_get(registry->collection, name, ret_schema, &why);
	if (r == ERR_NOT_FOUND && number == MAP_NONE)
		return refuse_unknown(registry, name, err);
	if (r < 0 && err)
		*err = why;
	return r;
}

/* By the meta-schemas that it names: the first thing that they find. */
static int
check_meta(struct registry *registry, const struct schema *schema, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct dialect_part *parts;
	size_t n_parts;

	dialects_split(schema_value(schema), DRAFT_2020_12, &arena, &parts, &n_parts);
	for (size_t i = 0; i < n_parts; i++) {
		const struct schema *meta;
		const struct flaw *flaws;
		size_t n;
		int r = collection_get(registry->collection, parts[i].meta, &meta, err);

		if (r == 0)
			r = flaws_find(meta, parts[i].root, &arena, &flaws, &n, err);
		if (r == 0)
			return source_error(schema_source(schema), flaws[0].offset, err, "%.*s",
				STR_ARG(flaws[0].message));
		if (r < 0)
			return r;
	}
	return 0;
}

int
registry_verify(struct registry *registry, struct str id, struct err *err)
{
	const struct schema *schema;
	int r = registry_get(registry, id, &schema, err);

	/* What it refers to is known only when it is compiled, what it is only by its meta-schema. */
	return r < 0 ? r : check_meta(registry, schema, err);
}
