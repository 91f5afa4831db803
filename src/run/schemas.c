#include "run/schemas.h"

#include "base/file.h"
#include "run/schema_files.h"

/* The schema's file as seen from the current directory. */
static const char *
path_of(const struct workflow *workflow, struct str file, struct arena *arena)
{
	struct str folder = str_of(workflow_source(workflow)->name);

	while (folder.n && folder.p[folder.n - 1] != '/')
		folder.n--;
	return path_join(arena,
		arena_cstr(arena, folder.n > 1 ? (struct str){folder.p, folder.n - 1} : folder),
		arena_cstr(arena, file));
}

int
schemas_read_one(const struct workflow *workflow, size_t number, struct registry *registry,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf bytes = BUF_INIT(REGISTRY_BYTES_MAX);
	struct workflow_schema schema = workflow_schema(workflow, number);
	struct err why = ERR_INIT;
	const char *path;
	int r;

	if (!schema.file.n)
		return 0;
	path = path_of(workflow, schema.file, &arena);
	r = schema_files_read(schema.id, path, arena_cstr(&arena, schema.file), &bytes, &why);
	if (r == ERR_INVALID) {
		*err = why;
		return r;
	}
	if (r < 0)
		return source_error(workflow_source(workflow), schema.offset, err,
			"schema \"%.*s\": %s", STR_ARG(schema.id), why.message);
	return registry_add(registry, schema.id, path, buf_str(&bytes), err);
}

int
schemas_read_all(const struct workflow *workflow, struct registry *registry, struct err *err)
{
	size_t n = workflow_schemas(workflow);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = schemas_read_one(workflow, i, registry, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = registry_verify(registry, workflow_schema(workflow, i).id, err);
	return r;
}
