#include "api/schema.h"

#include "base/memory.h"
#include "contract/builtin.h"
#include "contract/dialects.h"
#include "contract/file_uri.h"
#include "contract/schema_handle.h"
#include "contract/uri.h"
#include "json/builder.h"
#include "json/json.h"

#define OWN_PREFIX "urn:lily:schema:"

static const enum draft drafts[] = {
	[LILY_DRAFT_2020_12] = DRAFT_2020_12,
	[LILY_DRAFT_2019_09] = DRAFT_2019_09,
	[LILY_DRAFT_7] = DRAFT_7,
	[LILY_DRAFT_6] = DRAFT_6,
	[LILY_DRAFT_4] = DRAFT_4,
};

/* --- the collection --- */

struct lily_schemas *
lily_schemas_new(const struct lily_schemas_options *options)
{
	static const struct lily_schemas_options none = {.draft = LILY_DRAFT_2020_12};
	struct collection_options inner = {.flags = COLLECTION_ASSERT_FORMAT};
	struct lily_schemas *schemas = memory_zeroed(1, sizeof(*schemas));

	options = options ? options : &none;
	if (options->flags & LILY_SCHEMAS_NO_FORMAT)
		inner.flags = 0;
	schemas->flags = options->flags;
	schemas->resolver = options->resolver;
	schemas->context = options->context;
	schemas->files = MAP_INIT;
	schemas->draft = (size_t)options->draft < ARRAY_SIZE(drafts) ? drafts[options->draft]
								     : DRAFT_2020_12;
	schemas->collection = collection_new(&inner);
	schemas->references = references_new();
	schemas->checker = checker_new(NULL);
	return schemas;
}

void
lily_schemas_free(struct lily_schemas *schemas)
{
	if (!schemas)
		return;
	collection_free(schemas->collection);
	references_free(schemas->references);
	checker_free(schemas->checker);
	map_done(&schemas->files);
	map_done(&schemas->by_id);
	free(schemas->texts);
	for (size_t i = 0; i < schemas->n_given; i++)
		free(schemas->given[i]);
	free(schemas->given);
	arena_done(&schemas->arena);
	free(schemas);
}

int
lily_schemas_add(struct lily_schemas *schemas, const char *uri, const char *name,
	const char *json, size_t size, struct lily_error *error)
{
	struct arena *arena = &schemas->arena;
	struct source *source = ARENA_NEW(arena, struct source);
	struct schema_text text = {.uri = arena_str(arena, str_of(uri)), .source = source};
	struct err err = ERR_INIT;
	int r;

	*source = (struct source){.name = arena_cstr(arena, str_of(name ? name : uri)),
		.text = arena_str(arena, (struct str){json, size})};
	r = json_parse(
		arena, source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL, &text.root, &err);
	if (r == 0 && map_get(&schemas->files, text.uri) != MAP_NONE)
		r = err_set(
			&err, ERR_INVALID, "the URI \"%s\" already names another schema", uri);
	if (r == 0)
		r = schema_text_add(schemas, &text, &err);
	return r < 0 ? error_give(&err, error) : 0;
}

static int
add_file(struct lily_schemas *schemas, const char *path, struct str *ret_uri, struct err *err)
{
	struct schema_text text = {.root = NULL};
	int r = schema_text_read(schemas, path, &text, err);

	if (r == 0)
		r = schema_text_add(schemas, &text, err);
	if (r < 0)
		return r;
	*ret_uri = text.uri;
	return 0;
}

int
lily_schemas_add_file(struct lily_schemas *schemas, const char *path, struct lily_error *error)
{
	struct err err = ERR_INIT;
	struct str uri;

	return add_file(schemas, path, &uri, &err) < 0 ? error_give(&err, error) : 0;
}

int
lily_schemas_add_folder(
	struct lily_schemas *schemas, const char *path, struct lily_error *error)
{
	struct err err = ERR_INIT;

	return schema_text_add_folder(schemas, path, &err) < 0 ? error_give(&err, error) : 0;
}

/* --- schemas --- */

static const struct lily_schema *
give(struct lily_schemas *schemas, const struct schema *schema)
{
	struct lily_schema *given;

	for (size_t i = 0; i < schemas->n_given; i++)
		if (schemas->given[i]->schema == schema)
			return schemas->given[i];
	given = memory_new(1, sizeof(*given));
	*given = (struct lily_schema){schemas, schema};
	schemas->given = memory_grow(schemas->given, schemas->n_given, &schemas->given_capacity,
		sizeof(*schemas->given));
	schemas->given[schemas->n_given++] = given;
	return given;
}

/* What is not there may be the resolver's. */
static int
ask_for(struct lily_schemas *schemas, struct str name, struct err *err)
{
	const struct schema *schema;
	struct err why = ERR_INIT;
	struct str fragment;
	struct str uri = uri_without_fragment(name, &fragment);

	if (!schemas->resolver || uri_is_relative(uri) ||
		collection_get(schemas->collection, uri, &schema, &why) != ERR_NOT_FOUND)
		return 0;
	return schema_text_resolve(schemas, uri, err);
}

int
schemas_find(struct lily_schemas *schemas, const char *uri,
	const struct lily_schema **ret_schema, struct err *err)
{
	const struct schema *schema;
	struct str name = str_of(uri);
	int r;

	if (!strchr(uri, ':') && !strchr(uri, '#'))
		name = str_of(arena_printf(&schemas->arena, OWN_PREFIX "%s", uri));
	r = ask_for(schemas, name, err);
	if (r < 0)
		return r;
	r = schema_text_follow(schemas, err);
	if (r < 0)
		return r;
	r = collection_get(schemas->collection, name, &schema, err);
	if (r < 0)
		return r;
	*ret_schema = give(schemas, schema);
	return 0;
}

int
lily_schemas_get(struct lily_schemas *schemas, const char *uri,
	const struct lily_schema **ret_schema, struct lily_error *error)
{
	struct err err = ERR_INIT;

	return schemas_find(schemas, uri, ret_schema, &err) < 0 ? error_give(&err, error) : 0;
}

int
lily_schemas_open(struct lily_schemas *schemas, const char *path,
	const struct lily_schema **ret_schema, struct lily_error *error)
{
	struct err err = ERR_INIT;
	struct str uri;
	int r = add_file(schemas, path, &uri, &err);

	if (r == 0)
		r = schemas_find(schemas, arena_cstr(&schemas->arena, uri), ret_schema, &err);
	return r < 0 ? error_give(&err, error) : 0;
}

const char *
lily_schema_draft(const struct lily_schema *schema)
{
	return draft_name(schema_draft(schema->schema));
}

int
lily_schema_is_valid(const struct lily_schema *schema, const struct lily_value *value,
	struct lily_error *error)
{
	struct lily_schemas *schemas = schema->schemas;
	int r = schema_is_valid(
		schema->schema, schemas->checker, value_of(value), &schemas->err);

	return r < 0 ? error_give(&schemas->err, error) : r;
}

int
lily_schema_check(const struct lily_schema *schema, const struct lily_document *instance,
	struct lily_report *report, struct lily_error *error)
{
	struct err err = ERR_INIT;
	int r = report_fill(report, schema->schema, schema->schemas->checker, instance->root,
		instance->source.name ? &instance->source : NULL, &err);

	return r < 0 ? error_give(&err, error) : r;
}

/* --- schemas as values --- */

/* Compiles every part of a document, and all that these refer to. */
static int
compile_all(struct lily_schemas *schemas, struct str uri, struct err *err)
{
	const struct schema *schema;
	const struct value *root;
	struct reference loop;
	struct str name;
	int r = schema_text_follow(schemas, err);

	if (r < 0)
		return r;
	if (references_find_loop(schemas->references, uri, &loop))
		return source_error(loop.source, loop.offset, err,
			"by \"%.*s\" the schema refers to itself without end",
			(int)MIN(loop.written.n, 150), loop.written.p);
	name = str_of(arena_printf(&schemas->arena, "urn:lily:whole:%u", schemas->n_whole++));
	root = references_to_all(schemas->references, uri, &schemas->arena);
	r = collection_add(schemas->collection, name, root, NULL, DRAFT_2020_12, err);
	return r < 0 ? r : collection_get(schemas->collection, name, &schema, err);
}

/* By the meta-schemas that a document and what is embedded in it name; the report is of the first
 * part that breaks its own. */
static int
check_parts(struct lily_schemas *schemas, const struct schema_text *text,
	struct lily_report *report, struct err *err)
{
	struct dialect_part *parts;
	size_t n;
	int r = 1;

	dialects_split(text->root, schemas->draft, &schemas->arena, &parts, &n);
	for (size_t i = 0; r > 0 && i < n; i++) {
		const struct schema *meta;

		r = collection_get(schemas->collection, parts[i].meta, &meta, err);
		if (r == ERR_NOT_FOUND && value_get(parts[i].root, STR("$schema")))
			return source_error(text->source,
				value_get(parts[i].root, STR("$schema"))->offset, err,
				"\"$schema\" names \"%.*s\", which is no known draft and no "
				"document that was added",
				STR_ARG(parts[i].meta));
		if (r == 0)
			r = report_fill(report, meta, schemas->checker, parts[i].root,
				text->source, err);
		report->place = parts[i].pointer;
		report->says_once = true;
	}
	return r;
}

int
lily_schema_check_itself(
	const struct lily_schema *schema, struct lily_report *report, struct lily_error *error)
{
	struct lily_schemas *schemas = schema->schemas;
	const struct frame *frame = schema->schema->frame;
	const struct node *node = &frame->nodes[schema->schema->node];
	const struct document *document =
		&frame->documents[frame->resources[node->resource].document];
	const struct schema_text text = {document->uri, document->source, document->root};
	struct err err = ERR_INIT;
	int r = check_parts(schemas, &text, report, &err);

	if (r > 0 && compile_all(schemas, text.uri, &err) < 0)
		r = err.code;
	return r < 0 ? error_give(&err, error) : r;
}

static int
check_file(struct lily_schemas *schemas, const char *path, enum lily_schema_depth depth,
	struct lily_report *report, struct err *err)
{
	struct schema_text text = {.root = NULL};
	int r = schema_text_read(schemas, path, &text, err);
	int code;

	if (r == 0)
		r = check_parts(schemas, &text, report, err);
	if (r <= 0 || depth == LILY_SCHEMA_SHALLOW)
		return r;
	code = schema_text_add(schemas, &text, err);
	if (code == 0)
		code = compile_all(schemas, text.uri, err);
	return code < 0 ? code : r;
}

int
lily_schemas_check_file(struct lily_schemas *schemas, const char *path,
	enum lily_schema_depth depth, struct lily_report *report, struct lily_error *error)
{
	struct err err = ERR_INIT;
	int r = check_file(schemas, path, depth, report, &err);

	return r < 0 ? error_give(&err, error) : r;
}

/* --- those that are part of lily --- */

static struct str
id_of(const struct builtin *builtin)
{
	struct str uri = str_of(builtin->uri);

	if (str_starts(uri, STR(OWN_PREFIX))) {
		uri.p += sizeof(OWN_PREFIX) - 1;
		uri.n -= sizeof(OWN_PREFIX) - 1;
	}
	return uri;
}

static int
describe(struct builder *b, const struct builtin *builtin, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct source source = {.name = builtin->uri, .text = str_of(builtin->text)};
	const struct value *root;
	const struct value *title;
	char hex[DIGEST_HEX_SIZE];
	int r = json_parse(&scratch, &source, JSON_BORROW_TEXT, NULL, &root, err);

	if (r < 0)
		return r;
	title = value_get(root, STR("title"));
	if (!title)
		title = value_get(root, STR("description"));
	builder_object(b, NULL);
	builder_text(b, "id", id_of(builtin));
	builder_cstr(b, "uri", builtin->uri);
	builder_text(b, "title", title ? value_text(title) : STR_EMPTY);
	builder_null(b, "file");
	builder_text(
		b, "sha256", arena_str(b->arena, str_of(digest_to_hex(&builtin->digest, hex))));
	builder_end(b);
	return 0;
}

int
lily_schemas_list(struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();
	AUTO_BUILDER struct builder b = BUILDER_INIT(&document->arena);
	struct err err = ERR_INIT;
	int r = 0;

	builder_array(&b, NULL);
	for (size_t i = 0; r == 0 && i < builtin_n; i++)
		r = describe(&b, &builtin_documents[i], &err);
	if (r == 0) {
		builder_end(&b);
		document->root = builder_root(&b);
	}
	return document_give(document, r, &err, ret_document, error);
}

int
lily_schemas_text(const char *name, const char **ret_text, struct lily_error *error)
{
	struct str wanted = str_of(name);
	struct err err = ERR_INIT;

	if (wanted.n && wanted.p[wanted.n - 1] == '#')
		wanted.n--;
	for (size_t i = 0; i < builtin_n; i++) {
		const struct builtin *builtin = &builtin_documents[i];

		if (!str_is(wanted, builtin->uri) && !str_equal(wanted, id_of(builtin)))
			continue;
		*ret_text = builtin->text;
		return 0;
	}
	(void)err_set(&err, ERR_NOT_FOUND, "no schema of lily is called \"%s\"", name);
	return error_give(&err, error);
}
