#include "trace/verify.h"

#include "base/map.h"
#include "base/memory.h"
#include "store/object.h"
#include "trace/shape.h"
#include "json/json.h"

#define TREE_MAX ((size_t)1 << 30)

/* What is known about one object. */
struct verdict {
	const char *problem; /* NULL: none */
};

struct verifying {
	struct store *store;
	struct arena arena;
	struct map known; /* hex digest → index in verdicts */
	struct verdict *verdicts;
	size_t n_verdicts;
	size_t capacity;
	uint64_t bytes;
};

/* Reads the object through; what is wrong with it, or NULL. */
static const char *
look_at_bytes(struct verifying *v, const struct digest *digest)
{
	struct err err = ERR_INIT;
	uint64_t size = 0;
	int fd = -1;

	if (object_open(v->store, digest, &fd, &size, &err) < 0)
		return arena_cstr(&v->arena, str_of(err.message));
	fd_close(&fd);
	v->bytes += size;
	return NULL;
}

/* The problem of an object, looked for once. */
static const char *
problem_of(struct verifying *v, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];
	uint32_t at = map_get(&v->known, str_of(digest_to_hex(digest, hex)));

	if (at != MAP_NONE)
		return v->verdicts[at].problem;
	v->verdicts =
		memory_grow(v->verdicts, v->n_verdicts, &v->capacity, sizeof(*v->verdicts));
	v->verdicts[v->n_verdicts].problem = look_at_bytes(v, digest);
	(void)map_add(&v->known, arena_str(&v->arena, str_of(hex)), (uint32_t)v->n_verdicts);
	return v->verdicts[v->n_verdicts++].problem;
}

static const char *
problem_of_entry(struct verifying *v, const struct value *entry)
{
	const struct value *path = value_get(entry, STR("path"));
	const struct value *sha256 = value_get(entry, STR("sha256"));
	struct digest digest;
	const char *problem;

	if (!path)
		return "an entry of the directory has no path";
	if (!sha256)
		return NULL;
	if (!digest_parse(value_text(sha256), &digest))
		return arena_printf(&v->arena, "%.*s: no digest", STR_ARG(value_text(path)));
	problem = problem_of(v, &digest);
	if (!problem)
		return NULL;
	return arena_printf(&v->arena, "%.*s: %s", STR_ARG(value_text(path)), problem);
}

/* Of the first file below a directory that has one. */
static const char *
problem_below(struct verifying *v, const struct digest *tree)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf bytes = BUF_INIT(TREE_MAX);
	const struct json_limits limits = {.bytes = TREE_MAX, .depth = 8};
	struct source source = {.name = "tree"};
	struct err err = ERR_INIT;
	const struct value *document;
	const struct value *entries;
	const char *problem = NULL;
	int r = object_get(v->store, tree, &bytes, &err);

	source.text = buf_str(&bytes);
	if (r == 0)
		r = json_parse(&arena, &source, JSON_BORROW_TEXT, &limits, &document, &err);
	if (r < 0)
		return arena_cstr(&v->arena, str_of(err.message));
	entries = value_get(document, STR("entries"));
	if (!entries || entries->kind != VALUE_ARRAY)
		return "it is not a tree.v1 document";
	for (size_t i = 0; !problem && i < entries->n; i++)
		problem = problem_of_entry(v, &entries->items[i]);
	return problem;
}

static void
add_damage(struct builder *b, const struct artifact_row *row, const char *problem)
{
	builder_object(b, NULL);
	shape_artifact_id(b, "artifact_id", &row->run_id, row->number);
	builder_text(b, "name", row->name);
	shape_digest(b, "sha256", &row->digest);
	builder_cstr(b, "problem", problem);
	builder_end(b);
}

int
verify_artifacts(struct store *store, const struct artifact_row *rows, size_t n,
	struct arena *arena, const struct value **ret_value, struct err *err)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct verifying v = {.store = store, .arena = ARENA_INIT, .known = MAP_INIT};
	int r = store_check(store, err);

	if (r < 0)
		return r;
	builder_object(&b, NULL);
	builder_u64(&b, "checked", n);
	builder_array(&b, "damaged");
	for (size_t i = 0; i < n; i++) {
		const char *problem = problem_of(&v, &rows[i].digest);

		if (!problem && str_is(rows[i].kind, "dir"))
			problem = problem_below(&v, &rows[i].digest);
		if (problem)
			add_damage(&b, &rows[i], problem);
	}
	builder_end(&b);
	builder_u64(&b, "bytes", v.bytes);
	builder_end(&b);
	map_done(&v.known);
	free(v.verdicts);
	arena_done(&v.arena);
	*ret_value = builder_root(&b);
	return 0;
}
