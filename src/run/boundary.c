#include "run/boundary.h"

#include "base/memory.h"
#include "contract/registry.h"
#include "store/artifact.h"

struct boundary {
	struct store *store;
	const struct graph *graph;
	struct registry *registry; /* NULL: not asked for yet */
	struct checker *checker;
	bool *settled; /* by schema: something in the store is of that type */
};

struct boundary *
boundary_new(struct store *store, const struct graph *graph)
{
	struct boundary *boundary = memory_zeroed(1, sizeof(*boundary));

	boundary->store = store;
	boundary->graph = graph;
	boundary->settled = memory_zeroed(graph->n_schemas, sizeof(*boundary->settled));
	return boundary;
}

void
boundary_free(struct boundary *boundary)
{
	if (!boundary)
		return;
	registry_free(boundary->registry);
	checker_free(boundary->checker);
	free(boundary->settled);
	free(boundary);
}

/* Any of them may refer to any other. */
static int
load(struct boundary *boundary, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(REGISTRY_BYTES_MAX);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct registry *registry = registry_new(REGISTRY_BARE);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < boundary->graph->n_schemas; i++) {
		const struct step_schema *schema = &boundary->graph->schemas[i];
		struct str place = schema->file.n ? schema->file : schema->id;

		buf_clear(&bytes);
		r = object_get(boundary->store, &schema->digest, &bytes, err);
		if (r == 0)
			r = registry_add(registry, schema->id, arena_cstr(&arena, place),
				buf_str(&bytes), err);
		if (r < 0)
			(void)err_wrap(err, "schema %.*s", STR_ARG(schema->id));
	}
	if (r < 0)
		registry_free(registry);
	else
		boundary->registry = registry;
	return r;
}

int
boundary_schema(struct boundary *boundary, const struct step_schema *declared,
	const struct schema **ret_schema, struct err *err)
{
	int r = 0;

	*ret_schema = NULL;
	if (!declared)
		return 0;
	if (!boundary->registry)
		r = load(boundary, err);
	return r < 0 ? r : registry_get(boundary->registry, declared->id, ret_schema, err);
}

int
boundary_may_name(struct boundary *boundary, const struct step_schema *declared,
	struct arena *arena, const char **ret_why, struct err *err)
{
	bool *settled = &boundary->settled[declared - boundary->graph->schemas];
	char text[UUID_TEXT_SIZE];
	struct digest used;
	struct uuid run;
	int r;

	if (*settled || !declared->file.n)
		return 1;
	r = artifact_type_find(boundary->store, declared->id, &used, &run, err);
	if (r < 0)
		return r;
	*settled = r == 1 && digest_equal(&used, &declared->digest);
	if (r == 0 || *settled)
		return 1;
	*ret_why = arena_printf(arena,
		"is valid, but schema %.*s has another meaning since run %s; give one of them "
		"a new "
		"version",
		STR_ARG(declared->id), uuid_to_text(&run, text));
	return 0;
}

struct checker *
boundary_checker(struct boundary *boundary)
{
	if (!boundary->checker)
		boundary->checker = checker_new(NULL);
	return boundary->checker;
}

/* The end of a path as far as it is known before a step runs. */
static struct str
last_text(const struct template *path)
{
	const struct template_part *last = path->n ? &path->parts[path->n - 1] : NULL;

	return last && !last->is_reference ? last->text : STR_EMPTY;
}

bool
boundary_output_format(const struct step_output *output, enum payload_format *ret_format)
{
	switch (output->type) {
	case OUTPUT_TEXT: *ret_format = PAYLOAD_TEXT; return true;
	case OUTPUT_JSONL: *ret_format = PAYLOAD_JSONL; return true;
	case OUTPUT_JSON:
		*ret_format = PAYLOAD_JSON;
		if (output->has_path &&
			payload_format_of(last_text(&output->path)) == PAYLOAD_YAML)
			*ret_format = PAYLOAD_YAML;
		return true;
	case OUTPUT_FOUND:
	case OUTPUT_FILE:
	case OUTPUT_DIR: return false;
	}
	BUG("an output of type %d", (int)output->type);
}

/* An input is what it was as an output, where that was said. */
static enum payload_format
format_of_source(const struct graph *graph, const struct step_input *input, struct str path)
{
	const struct reference *from = &input->reference;
	enum payload_format format;

	if (input->source == INPUT_VALUE)
		return input->value->kind == VALUE_STRING ? PAYLOAD_TEXT : PAYLOAD_JSON;
	/* Where it turns out to be a text, whoever has it knows. */
	if (input->source == INPUT_MADE)
		return PAYLOAD_JSON;
	if (input->source != INPUT_REFERENCE)
		return payload_format_of(path);
	if (from->kind == REFERENCE_INPUT)
		return payload_format_of(graph->inputs[from->input].path);
	if (boundary_output_format(&graph->steps[from->step].outputs[from->output], &format))
		return format;
	return payload_format_of(
		last_text(&graph->steps[from->step].outputs[from->output].path));
}

bool
boundary_input_format(const struct graph *graph, const struct step_input *input,
	struct str path, enum payload_format *ret_format)
{
	switch (input->as) {
	case INPUT_AS_FILE:
	case INPUT_AS_DIR: return false;
	case INPUT_AS_JSONL: *ret_format = PAYLOAD_JSONL; return true;
	case INPUT_AS_FOUND:
		*ret_format = format_of_source(graph, input, path);
		return input->schema != NULL;
	case INPUT_AS_JSON:
		*ret_format = format_of_source(graph, input, path);
		if (*ret_format != PAYLOAD_YAML)
			*ret_format = PAYLOAD_JSON;
		return true;
	}
	BUG("an input of form %d", (int)input->as);
}
