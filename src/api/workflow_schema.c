#include "api/handle.h"
#include "run/schemas.h"
#include "trace/shape.h"
#include "json/builder.h"

/* The path of a file of a set, as the schema's own is named. */
static struct str
path_of(const struct registry_entry *entry, struct str file, struct arena *arena)
{
	struct str folder = str_of(entry->place);

	while (folder.n && folder.p[folder.n - 1] != '/')
		folder.n--;
	return str_of(arena_printf(arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(file)));
}

static void
add_files(struct builder *b, const struct registry_entry *entry)
{
	builder_array(b, "files");
	for (size_t i = 0; i < entry->n_files; i++) {
		struct digest digest;

		digest_of(entry->files[i].text.p, entry->files[i].text.n, &digest);
		builder_object(b, NULL);
		builder_text(b, "path", path_of(entry, entry->files[i].path, b->arena));
		shape_digest(b, "sha256", &digest);
		builder_end(b);
	}
	builder_end(b);
}

static int
add_schema(struct builder *b, struct registry *registry, struct str id, struct err *err)
{
	const struct registry_entry *entry = registry_find(registry, id);
	const struct schema *schema;
	const struct value *title;
	int r = registry_get(registry, id, &schema, err);

	if (r < 0)
		return r;
	title = value_get(schema_value(schema), STR("title"));
	if (!title)
		title = value_get(schema_value(schema), STR("description"));
	builder_object(b, NULL);
	builder_text(b, "id", id);
	builder_text(
		b, "uri", str_of(arena_printf(b->arena, REGISTRY_BASE "%.*s", STR_ARG(id))));
	builder_text(b, "title",
		title && title->kind == VALUE_STRING ? value_text(title) : STR_EMPTY);
	builder_cstr(b, "file", entry->place);
	shape_digest(b, "sha256", &entry->digest);
	add_files(b, entry);
	builder_end(b);
	return 0;
}

int
lily_workflow_schemas(const struct lily_workflow *workflow, struct lily_document **ret_document,
	struct lily_error *error)
{
	struct lily_document *document = document_new();
	AUTO_BUILDER struct builder b = BUILDER_INIT(&document->arena);
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);
	size_t n = workflow_schemas(workflow->workflow);
	struct err err = ERR_INIT;
	int r = schemas_read_all(workflow->workflow, registry, &err);

	builder_array(&b, NULL);
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct workflow_schema schema = workflow_schema(workflow->workflow, i);

		if (schema.file.n)
			r = add_schema(&b, registry, schema.id, &err);
	}
	if (r == 0) {
		builder_end(&b);
		document->root = builder_root(&b);
	}
	registry_free(registry);
	return document_give(document, r, &err, ret_document, error);
}
