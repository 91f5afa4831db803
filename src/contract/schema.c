#include "contract/schema.h"

#include "base/memory.h"
#include "contract/compile.h"
#include "contract/schema_handle.h"

struct collection {
	struct collection_options options;
	struct frame frame;
	struct arena arena; /* of programs */
	struct schema **schemas;
	size_t n_schemas;
	size_t schemas_capacity;
};

struct collection *
collection_new(const struct collection_options *options)
{
	struct collection *collection = memory_zeroed(1, sizeof(*collection));

	if (options)
		collection->options = *options;
	frame_init(&collection->frame);
	return collection;
}

void
collection_free(struct collection *collection)
{
	if (!collection)
		return;
	for (size_t i = 0; i < collection->n_schemas; i++)
		program_done(collection->schemas[i]->program);
	free(collection->schemas);
	frame_done(&collection->frame);
	arena_done(&collection->arena);
	free(collection);
}

int
collection_add(struct collection *collection, struct str uri, const struct value *root,
	const struct source *source, enum draft otherwise, struct err *err)
{
	return frame_add(&collection->frame, uri, root, source, otherwise, err);
}

static int
get_by_node(struct collection *collection, uint32_t node, const struct schema **ret_schema,
	struct err *err)
{
	unsigned flags = 0;
	struct schema *schema;
	struct program *program;
	int code;

	for (size_t i = 0; i < collection->n_schemas; i++)
		if (collection->schemas[i]->node == node) {
			*ret_schema = collection->schemas[i];
			return 0;
		}
	if (collection->options.flags & COLLECTION_ASSERT_FORMAT)
		flags |= COMPILE_ASSERT_FORMAT;
	if (collection->options.flags & COLLECTION_ASSERT_CONTENT)
		flags |= COMPILE_ASSERT_CONTENT;
	code = program_compile(
		&collection->frame, node, flags, &collection->arena, &program, err);
	if (code)
		return code;
	schema = ARENA_NEW(&collection->arena, struct schema);
	*schema = (struct schema){program, &collection->frame, node};
	collection->schemas = memory_grow(collection->schemas, collection->n_schemas,
		&collection->schemas_capacity, sizeof(struct schema *));
	collection->schemas[collection->n_schemas++] = schema;
	*ret_schema = schema;
	return 0;
}

int
collection_get(struct collection *collection, struct str uri, const struct schema **ret_schema,
	struct err *err)
{
	uint32_t node;
	int code = frame_find(&collection->frame, uri, &node, NULL, err);

	return code ? code : get_by_node(collection, node, ret_schema, err);
}

const struct value *
schema_value(const struct schema *schema)
{
	return schema->frame->nodes[schema->node].value;
}

const struct source *
schema_source(const struct schema *schema)
{
	return frame_source(schema->frame, schema->node);
}

enum draft
schema_draft(const struct schema *schema)
{
	return schema->frame->nodes[schema->node].dialect.draft;
}

int
schema_is_valid(const struct schema *schema, struct checker *checker, const struct value *value,
	struct err *err)
{
	const struct program *program = schema->program;
	uint32_t entry = fast_entry(program->entry, value->kind);
	bool valid;

	if (program->fast.entries[entry] <= FAST_INVALID)
		return program->fast.entries[entry] == FAST_VALID;
	checker_start(checker, program, value);
	valid = evaluate_entry(checker, entry, value);
	if (checker->code)
		return err_set(err, checker->code, "%s", checker->err.message);
	return valid;
}
