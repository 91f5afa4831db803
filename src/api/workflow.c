#include "api/arguments.h"
#include "api/finding.h"
#include "api/handle.h"
#include "api/policy.h"
#include "base/file.h"
#include "base/memory.h"
#include "graph/declaration.h"
#include "graph/format.h"
#include "run/files.h"
#include "run/routes.h"
#include "run/schemas.h"
#include "json/builder.h"
#include "json/copy.h"
#include "json/json.h"
#include "json/yaml.h"

#include <fcntl.h>
#include <stdio.h>

/* --- reading --- */

static int
read_workflow(struct lily_workflow *workflow, struct err *err)
{
	int r = file_read(AT_FDCWD, workflow->path, &workflow->text, err);

	if (r == 0)
		r = workflow_read(workflow->path, buf_str(&workflow->text), &files_of_disk,
			&workflow->workflow, err);
	if (r == 0)
		digest_of(workflow->text.p, workflow->text.n, &workflow->digest);
	return r;
}

int
lily_workflow_open(
	const char *path, struct lily_workflow **ret_workflow, struct lily_error *error)
{
	struct lily_workflow *workflow = memory_zeroed(1, sizeof(*workflow));
	struct err err = ERR_INIT;

	workflow->path = memory_copy_string(path);
	workflow->text = BUF_INIT(yaml_default_limits.bytes);
	if (read_workflow(workflow, &err) < 0) {
		lily_workflow_close(workflow);
		return error_give(&err, error);
	}
	*ret_workflow = workflow;
	return 0;
}

void
lily_workflow_close(struct lily_workflow *workflow)
{
	if (!workflow)
		return;
	workflow_free(workflow->workflow);
	buf_done(&workflow->text);
	free(workflow->path);
	free(workflow);
}

/* --- describing --- */

static void
add_params(struct builder *b, const struct workflow *workflow)
{
	size_t n;
	const struct workflow_param *params = workflow_params(workflow, &n);

	builder_array(b, "params");
	for (size_t i = 0; i < n; i++) {
		builder_object(b, NULL);
		builder_text(b, "name", params[i].name);
		builder_text(b, "type", params[i].type);
		builder_bool(b, "required", !params[i].fallback);
		/* The document outlives the workflow. */
		if (params[i].fallback)
			builder_add(b, "default", value_copy(b->arena, params[i].fallback));
		else
			builder_null(b, "default");
		builder_text(b, "description", params[i].description);
		builder_end(b);
	}
	builder_end(b);
}

static void
add_inputs(struct builder *b, const struct workflow *workflow)
{
	size_t n;
	const struct workflow_input_declaration *inputs = workflow_inputs(workflow, &n);

	builder_array(b, "inputs");
	for (size_t i = 0; i < n; i++) {
		builder_object(b, NULL);
		builder_text(b, "name", inputs[i].name);
		builder_text(b, "path", inputs[i].path);
		builder_bool(b, "optional", inputs[i].optional);
		builder_end(b);
	}
	builder_end(b);
}

/* "FILE:LINE:COLUMN: message" and the lines below it, as a finding. */
static void
add_described(struct builder *b, const char *said)
{
	const char *colon = said;
	const char *message = said;
	unsigned line = 0;
	unsigned column = 0;
	int end = 0;

	/* A file's name may have colons in it. */
	for (; (colon = strchr(colon, ':')); colon++)
		if (sscanf(colon, ":%u:%u: %n", &line, &column, &end) == 2 && end)
			break;
	builder_object(b, NULL);
	builder_cstr(b, "level", "error");
	if (colon) {
		builder_text(b, "file", (struct str){said, (size_t)(colon - said)});
		builder_u64(b, "line", line);
		builder_u64(b, "column", column);
		message = colon + end;
	} else {
		builder_null(b, "file");
		builder_null(b, "line");
		builder_null(b, "column");
	}
	builder_text(b, "message", (struct str){message, strcspn(message, "\n")});
	builder_cstr(b, "text", said);
	builder_end(b);
}

/* What is wrong with the schemas' files: at most one finding each. */
static size_t
add_schema_findings(struct builder *b, const struct workflow *workflow)
{
	size_t n = workflow_schemas(workflow);
	struct registry *registry = n ? registry_new(REGISTRY_OF_KERNEL) : NULL;
	bool *broken = memory_zeroed(n, sizeof(*broken));
	size_t errors = 0;

	for (size_t i = 0; i < n; i++) {
		struct err err = ERR_INIT;

		broken[i] = schemas_read_one(workflow, i, registry, &err) < 0;
		if (broken[i])
			add_described(b, err.message);
		errors += broken[i];
	}
	/* What refers to a broken one would only say so again. */
	for (size_t i = 0; errors == 0 && i < n; i++) {
		struct err err = ERR_INIT;

		if (registry_verify(registry, workflow_schema(workflow, i).id, &err) == 0)
			continue;
		add_described(b, err.message);
		broken[i] = true;
	}
	errors = 0;
	for (size_t i = 0; i < n; i++)
		errors += broken[i];
	free(broken);
	registry_free(registry);
	return errors;
}

static void
add_step_names(struct builder *b, const struct workflow *workflow)
{
	builder_array(b, "step_names");
	for (uint32_t i = 0; i < workflow->n_steps; i++)
		if (workflow->steps[i].template_of == STEP_NONE)
			builder_text(b, NULL, workflow->steps[i].name);
	builder_end(b);
}

/* What is wrong with its rules. */
static size_t
add_route_findings(
	struct builder *b, const struct workflow *workflow, enum routes_use use, size_t *errors)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct routes routes;
	size_t warnings;

	routes_read(workflow, use, &arena, &routes);
	for (size_t i = 0; i < routes.findings.n; i++)
		finding_add(b, workflow_source(workflow), &routes.findings.items[i]);
	*errors += routes.findings.errors;
	warnings = routes.findings.warnings;
	routes_done(&routes);
	return warnings;
}

/* Those of one file; how many are errors is added. */
static size_t
add_findings(
	struct builder *b, const struct workflow *workflow, enum routes_use use, size_t *errors)
{
	size_t own = workflow_errors(workflow);
	size_t n;
	const struct finding *findings = workflow_findings(workflow, &n);

	for (size_t i = 0; i < n; i++)
		finding_add(b, workflow_source(workflow), &findings[i]);
	*errors += own;
	return (n > own ? n - own : 0) + add_route_findings(b, workflow, use, errors);
}

/* Of the policies of one file, and of what names them. */
static size_t
add_policy_findings(struct builder *b, struct policies *policies,
	const struct workflow *workflow, size_t *errors)
{
	const struct policies_file *file = &policies->files[POLICY_OF_WORKFLOW];

	policies_take(policies, workflow_source(workflow), workflow_root(workflow));
	policies_check(policies, POLICY_OF_WORKFLOW);
	for (size_t i = 0; i < file->findings.n; i++)
		finding_add(b, workflow_source(workflow), &file->findings.items[i]);
	*errors += file->findings.errors;
	return file->findings.warnings;
}

/* As lily policy check has them; those of user and workspace are read, since they may be named, and what is
 * wrong with these is found when they are checked themselves. */
static size_t
add_policies(struct builder *b, const struct workflow *workflow, size_t *errors)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct lily_policy_place here = {0};
	const struct workflow *const *parts;
	struct policies policies;
	struct err err = ERR_INIT;
	size_t warnings = 0;
	size_t n;

	if (!workflow_has_policies(workflow))
		return 0;
	if (policy_open(&here, &arena, &policies, &err) == 0) {
		warnings = add_policy_findings(b, &policies, workflow, errors);
		parts = workflow_parts(workflow, &n);
		for (size_t i = 0; i < n; i++)
			warnings += add_policy_findings(b, &policies, parts[i], errors);
	} else {
		add_described(b, err.message);
		++*errors;
	}
	policies_done(&policies);
	return warnings;
}

static const struct value *
describe(const struct workflow *workflow, struct arena *arena)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	size_t errors = 0;
	size_t warnings;
	size_t n;
	const struct workflow *const *parts = workflow_parts(workflow, &n);

	builder_object(&b, NULL);
	builder_text(&b, "name", workflow_name(workflow));
	builder_u64(&b, "steps", workflow_steps(workflow));
	add_params(&b, workflow);
	add_inputs(&b, workflow);
	add_step_names(&b, workflow);
	builder_array(&b, "findings");
	warnings = add_findings(&b, workflow, ROUTES_RUN, &errors);
	for (size_t i = 0; i < n; i++)
		warnings += add_findings(&b, parts[i], ROUTES_RUN_INSIDE, &errors);
	warnings += add_policies(&b, workflow, &errors);
	errors += add_schema_findings(&b, workflow);
	builder_end(&b);
	builder_u64(&b, "errors", errors);
	builder_u64(&b, "warnings", warnings);
	builder_end(&b);
	return builder_root(&b);
}

int
lily_workflow_describe(const struct lily_workflow *workflow,
	struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();

	(void)error;
	document->root = describe(workflow->workflow, &document->arena);
	*ret_document = document;
	return 0;
}

/* --- the plan --- */

/* In the document's arena; what reading it needed is given back. */
static int
parse_part(
	struct arena *arena, const struct buf *text, struct value *ret_value, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct source source = {.name = "plan", .text = buf_str(text)};
	const struct value *value;
	int r = json_parse(&scratch, &source, JSON_BORROW_TEXT, NULL, &value, err);

	if (r == 0)
		*ret_value = value_copy(arena, value);
	return r;
}

static int
join_chunks(
	const struct plan *plan, struct arena *arena, struct value *ret_steps, struct err *err)
{
	struct value *chunks = ARENA_ARRAY(arena, plan->n_chunks, struct value);
	struct value *steps;
	size_t n = 0;

	for (size_t i = 0; i < plan->n_chunks; i++) {
		int r = parse_part(arena, &plan->chunks[i], &chunks[i], err);

		if (r < 0)
			return r;
		n += chunks[i].n;
	}
	steps = ARENA_ARRAY(arena, n, struct value);
	n = 0;
	for (size_t i = 0; i < plan->n_chunks; i++) {
		if (chunks[i].n)
			memcpy(steps + n, chunks[i].items, chunks[i].n * sizeof(*steps));
		n += chunks[i].n;
	}
	*ret_steps = value_array(steps, n);
	return 0;
}

/* The head with the steps themselves where it has their number and their chunks' digests. */
static int
join_plan(const struct plan *plan, struct arena *arena, const struct value **ret_value,
	struct err *err)
{
	struct value head;
	struct member *members;
	struct value steps;
	struct value *joined;
	size_t n = 0;
	int r = parse_part(arena, &plan->head, &head, err);

	if (r == 0)
		r = join_chunks(plan, arena, &steps, err);
	if (r < 0)
		return r;
	members = ARENA_ARRAY(arena, head.n, struct member);
	for (size_t i = 0; i < head.n; i++) {
		struct str key = value_text(&head.members[i].key);

		if (str_is(key, "chunks"))
			continue;
		members[n] = head.members[i];
		if (str_is(key, "steps"))
			members[n].value = steps;
		n++;
	}
	joined = ARENA_NEW(arena, struct value);
	*joined = value_object(members, n);
	*ret_value = joined;
	return 0;
}

static int
make_plan(struct lily_store *store, const struct lily_workflow *workflow,
	const struct lily_workflow_arguments *arguments, struct lily_document *document,
	struct err *err)
{
	static const struct lily_workflow_arguments none = {0};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct prepare_request request = {
		.workflow = workflow->workflow,
		.source = workflow->digest,
		.workspace = store->workspace,
	};
	struct plan plan;
	int r = arguments_take(arguments ? arguments : &none, &arena, &request, err);

	if (r == 0)
		r = prepare_plan(store->store, &request, &plan, err);
	if (r < 0)
		return r;
	r = join_plan(&plan, &document->arena, &document->root, err);
	plan_done(&plan);
	return r;
}

int
lily_workflow_plan(struct lily_store *store, const struct lily_workflow *workflow,
	const struct lily_workflow_arguments *arguments, struct lily_document **ret_plan,
	struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = make_plan(store, workflow, arguments, document, &err);

	return document_give(document, r, &err, ret_plan, error);
}

/* --- formatting --- */

int
lily_workflow_format(
	const struct lily_workflow *workflow, char **ret_text, struct lily_error *error)
{
	/* Indenting by two spaces can make a text longer, but hardly ever twice as long. */
	AUTO_BUF struct buf text = BUF_INIT(4 * yaml_default_limits.bytes);
	struct err err = ERR_INIT;
	int r = workflow_format(workflow->path, buf_str(&workflow->text), &text, &err);

	if (r < 0)
		return error_give(&err, error);
	*ret_text = buf_take(&text);
	return 0;
}
