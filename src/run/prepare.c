#include "run/prepare.h"

#include "base/file.h"
#include "contract/payload.h"
#include "run/files.h"
#include "run/policies.h"
#include "run/previous.h"
#include "run/routes.h"
#include "run/schemas.h"
#include "store/artifact.h"
#include "store/object.h"
#include "json/json.h"
#include "json/yaml.h"

#include <errno.h>
#include <fcntl.h>

#define PLAN_MAX ((size_t)1 << 30)

int
prepare_fetch(
	const char *path, struct buf *ret_text, struct digest *ret_digest, struct err *err)
{
	int r;

	ret_text->max = yaml_default_limits.bytes;
	r = file_read(AT_FDCWD, path, ret_text, err);
	if (r == 0)
		digest_of(ret_text->p, ret_text->n, ret_digest);
	return r;
}

int
prepare_fetch_text(
	struct str text, struct buf *ret_text, struct digest *ret_digest, struct err *err)
{
	ret_text->max = yaml_default_limits.bytes;
	buf_add_str(ret_text, text);
	digest_of(ret_text->p, ret_text->n, ret_digest);
	return buf_check(ret_text, "the workflow", err);
}

int
prepare_parse(const char *path, const struct buf *text, struct workflow **ret_workflow,
	struct err *err)
{
	struct workflow *workflow;
	int r = workflow_read(path, buf_str(text), &files_of_disk, &workflow, err);

	if (r < 0)
		return r;
	r = workflow_refuse(workflow, err);
	if (r < 0) {
		workflow_free(workflow);
		return r;
	}
	*ret_workflow = workflow;
	return 0;
}

int
prepare_read(const char *path, struct buf *ret_text, struct workflow **ret_workflow,
	struct digest *ret_digest, struct err *err)
{
	int r = prepare_fetch(path, ret_text, ret_digest, err);

	return r < 0 ? r : prepare_parse(path, ret_text, ret_workflow, err);
}

static bool
is_given(const struct prepare_request *request, struct str name)
{
	for (size_t i = 0; i < request->n_params; i++)
		if (str_equal(request->params[i].name, name))
			return true;
	return false;
}

/* All params that were given, by -p and -P, each once. */
static int
collect_params(const struct prepare_request *request, struct arena *arena,
	struct member **ret_members, size_t *ret_n, struct err *err)
{
	const struct value *more = request->more_params;
	size_t n_more = more ? more->n : 0;
	struct member *members;
	size_t n = 0;

	if (more && more->kind != VALUE_OBJECT)
		return err_set(err, ERR_INVALID, "params are %s, a JSON object is needed",
			value_kind_name(more));
	members = ARENA_ARRAY(arena, request->n_params + n_more, struct member);
	for (size_t i = 0; i < request->n_params; i++) {
		const struct prepare_text *given = &request->params[i];
		int r;

		members[n].key = value_string(given->name);
		r = workflow_param_parse(request->workflow, given->name, given->text, arena,
			&members[n++].value, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n_more; i++)
		if (!is_given(request, value_text(&more->members[i].key)))
			members[n++] = more->members[i];
	*ret_members = members;
	*ret_n = n;
	return 0;
}

/* One plan in the making. */
struct preparation {
	struct store *store;
	const struct prepare_request *request;
	struct registry *registry; /* of the workflow's schemas and the kernel's */
	struct arena *arena;
};

/* Hashes without keeping: what a plan that is only looked at needs. */
static int
hash_input(struct store *store, int fd, bool is_tree, struct plan_input *input, struct err *err)
{
	struct object_staged *staged;
	int r;

	if (!is_tree)
		return digest_of_fd(fd, &input->digest, &input->size, err);
	r = object_stage_tree(store, fd, ".", &staged, err);
	if (r < 0)
		return r;
	object_describe_staged(staged, &input->digest, &input->size);
	object_discard(store, staged);
	return 0;
}

/* What may not be read is its giver's mistake, whatever the system's reason. */
static int
blame_giver(int r, struct err *err)
{
	if (r == ERR_DENIED)
		err->code = r = ERR_INVALID;
	return r;
}

static int
take_input(struct store *store, const struct prepare_request *request, const char *path,
	struct plan_input *input, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int r;

	if (fd < 0 || fstat(fd, &status) != 0)
		return blame_giver(
			err_sys(err, "input %.*s: %s", STR_ARG(input->name), path), err);
	if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
		return err_set(err, ERR_INVALID, "input %.*s: %s is neither file nor directory",
			STR_ARG(input->name), path);
	input->is_tree = S_ISDIR(status.st_mode);
	if (!(request->flags & PREPARE_KEEP))
		r = hash_input(store, fd, input->is_tree, input, err);
	else if (input->is_tree)
		r = object_put_tree(store, fd, ".", &input->digest, &input->size, err);
	else
		r = object_put_file(
			store, fd, OBJECT_COPY, -1, NULL, &input->digest, &input->size, err);
	if (r < 0)
		return blame_giver(
			err_wrap(err, "input %.*s: %s", STR_ARG(input->name), path), err);
	return 0;
}

static const struct prepare_text *
find_given(const struct prepare_request *request, struct str name)
{
	for (size_t i = 0; i < request->n_inputs; i++)
		if (str_equal(request->inputs[i].name, name))
			return &request->inputs[i];
	return NULL;
}

/* -i NAME=… for a name that the workflow does not declare. */
static int
refuse_unknown_inputs(
	const struct prepare_request *request, struct arena *arena, struct err *err)
{
	size_t n;
	const struct workflow_input_declaration *declared =
		workflow_inputs(request->workflow, &n);
	struct str *names = ARENA_ARRAY(arena, n, struct str);

	for (size_t i = 0; i < n; i++)
		names[i] = declared[i].name;
	for (size_t i = 0; i < request->n_inputs; i++) {
		struct str name = request->inputs[i].name;
		struct str nearest = str_nearest(name, names, n);
		bool known = false;

		for (size_t j = 0; j < n; j++)
			known = known || str_equal(names[j], name);
		if (!known)
			return err_set(err, ERR_INVALID,
				"the workflow declares no input \"%.*s\"%s%.*s%s",
				STR_ARG(name), nearest.n ? "; did you mean \"" : "",
				STR_ARG(nearest), nearest.n ? "\"?" : "");
	}
	return 0;
}

static void
add_work_order(const struct run_work_order *order, struct plan_input *inputs, size_t *n)
{
	inputs[(*n)++] = (struct plan_input){.name = STR("work_order"),
		.path = order->name,
		.digest = order->digest,
		.size = order->size,
		.is_tree = str_is(order->kind, "dir")};
}

/* The bytes of an input, whose object may not be there where nothing is kept. */
static int
read_input(const struct preparation *p, const struct plan_input *input, const char *path,
	struct buf *bytes, struct err *err)
{
	if (path && !(p->request->flags & PREPARE_KEEP))
		return file_read(AT_FDCWD, path, bytes, err);
	return object_get(p->store, &input->digest, bytes, err);
}

/* Valid, or the first faults with their places as the error. path: NULL for a work order. */
static int
check_input(const struct preparation *p, const struct plan_input *input, struct str schema_id,
	const char *path, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(json_default_limits.bytes);
	struct faults faults = FAULTS_INIT(p->arena);
	struct payload payload = {.port = FAULT_INPUT,
		.name = input->name,
		.file = path ? str_of(path) : input->path,
		.format = payload_format_of(input->path)};
	struct checker *checker;
	const struct schema *schema;
	int r = registry_get(p->registry, schema_id, &schema, err);

	if (r == 0 && input->is_tree)
		r = err_set(err, ERR_INVALID,
			"is a directory; its schema %.*s checks JSON, JSON Lines or YAML",
			STR_ARG(schema_id));
	if (r == 0)
		r = read_input(p, input, path, &bytes, err);
	if (r < 0)
		return err_wrap(err, "input %.*s", STR_ARG(input->name));
	payload.bytes = buf_str(&bytes);
	checker = checker_new(NULL);
	r = payload_check(&payload, schema, checker, &faults, err);
	checker_free(checker);
	if (r < 0)
		return err_wrap(err, "input %.*s", STR_ARG(input->name));
	return r ? 0
		 : err_set(err, ERR_INVALID, "%s",
			   faults_summary(&faults, ERR_MESSAGE_SIZE - 64, p->arena));
}

/* A JSON object that says so of itself: {"schema": "work_order.v1", …}. */
static bool
declares_work_order(const struct preparation *p, const struct plan_input *order)
{
	AUTO_BUF struct buf bytes = BUF_INIT(json_default_limits.bytes);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "work order"};
	struct err ignored = ERR_INIT;
	const struct value *root;
	const struct value *schema;

	if (order->is_tree || object_get(p->store, &order->digest, &bytes, &ignored) < 0)
		return false;
	source.text = buf_str(&bytes);
	if (json_parse(&arena, &source, JSON_BORROW_TEXT, NULL, &root, &ignored) < 0)
		return false;
	schema = value_get(root, STR("schema"));
	return schema && str_is(value_text(schema), "work_order.v1");
}

/* What is valid is of that type from now on. */
static int
type_work_order(const struct preparation *p, const struct plan_input *order,
	struct str schema_id, struct err *err)
{
	struct run_work_order *typed = p->request->work_order;
	const struct registry_entry *entry = registry_find(p->registry, schema_id);
	int r = check_input(p, order, schema_id, NULL, err);

	if (r == 0 && p->request->flags & PREPARE_KEEP)
		r = object_put(p->store, entry->bytes, &typed->schema, err);
	if (r < 0)
		return r;
	typed->type = schema_id;
	typed->schema = entry->digest;
	typed->has_schema = true;
	return 0;
}

static int
check_work_order(const struct preparation *p, const struct plan_input *order, struct err *err)
{
	size_t n;
	const struct workflow_input_declaration *declared =
		workflow_inputs(p->request->workflow, &n);
	int r = 0;

	if (registry_find(p->registry, STR("work_order.v1")) && declares_work_order(p, order))
		r = type_work_order(p, order, STR("work_order.v1"), err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (str_is(declared[i].name, "work_order") && declared[i].schema.n)
			r = type_work_order(p, order, declared[i].schema, err);
	return r;
}

static const struct plan_input *
find_stored(const struct prepare_request *request, struct str name)
{
	for (size_t i = 0; i < request->n_stored; i++)
		if (str_equal(request->stored[i].name, name))
			return &request->stored[i];
	return NULL;
}

static int
take_stored(const struct preparation *p, const struct plan_input *stored, struct str schema,
	struct plan_input *inputs, size_t *n, struct err *err)
{
	inputs[(*n)++] = *stored;
	return schema.n ? check_input(p, stored, schema, NULL, err) : 0;
}

static int
collect_inputs(const struct preparation *p, struct plan_input **ret_inputs, size_t *ret_n,
	struct err *err)
{
	struct store *store = p->store;
	const struct prepare_request *request = p->request;
	struct arena *arena = p->arena;
	size_t n_declared;
	const struct workflow_input_declaration *declared =
		workflow_inputs(request->workflow, &n_declared);
	struct plan_input *inputs = ARENA_ARRAY(arena, n_declared + 1, struct plan_input);
	size_t n = 0;
	int r = refuse_unknown_inputs(request, arena, err);

	if (r < 0)
		return r;
	if (request->work_order) {
		add_work_order(request->work_order, inputs, &n);
		r = check_work_order(p, &inputs[0], err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n_declared; i++) {
		const struct prepare_text *given = find_given(request, declared[i].name);
		const struct plan_input *stored = find_stored(request, declared[i].name);
		struct plan_input *input = &inputs[n];
		const char *path;

		if (!given && stored) {
			r = take_stored(p, stored, declared[i].schema, inputs, &n, err);
			if (r < 0)
				return r;
			continue;
		}
		if (str_is(declared[i].name, "work_order") || (!given && !declared[i].path.n))
			continue;
		input->name = declared[i].name;
		input->path = given ? given->text : declared[i].path;
		path = given ? arena_cstr(arena, given->text)
			     : path_join(arena, request->workspace,
				       arena_cstr(arena, declared[i].path));
		if (!given && access(path, F_OK) != 0 && errno == ENOENT &&
			(declared[i].optional || request->flags & PREPARE_SKETCH)) {
			sources_add(request->sources,
				&(struct source_read){.kind = SOURCE_KIND_ABSENT,
					.name = declared[i].name,
					.path = str_of(path)});
			continue;
		}
		r = take_input(store, request, path, input, err);
		if (r == 0 && declared[i].schema.n)
			r = check_input(p, input, declared[i].schema, path, err);
		if (r < 0)
			return r;
		sources_add(request->sources,
			&(struct source_read){.kind = SOURCE_KIND_INPUT,
				.name = input->name,
				.path = str_of(path),
				.digest = input->digest,
				.is_tree = input->is_tree});
		n++;
	}
	*ret_inputs = inputs;
	*ret_n = n;
	return 0;
}

/* An id that artifacts of this store have means what it meant for them. */
static int
refuse_changed(struct store *store, const struct registry_entry *schema, struct err *err)
{
	char text[UUID_TEXT_SIZE];
	struct digest used;
	struct uuid run;
	int r = artifact_type_find(store, schema->id, &used, &run, err);

	if (r <= 0 || digest_equal(&used, &schema->digest))
		return MIN(r, 0);
	return err_set(err, ERR_INVALID,
		"%s: schema %.*s is not what it was for the artifacts of run %s, which are of "
		"that type; give what you changed a new version",
		schema->place, STR_ARG(schema->id), uuid_to_text(&run, text));
}

/* What the schema was read from. */
static void
note_schema(const struct preparation *p, const struct registry_entry *entry, bool is_file)
{
	struct source_read source = {
		.kind = SOURCE_KIND_SCHEMA, .name = entry->id, .digest = entry->digest};
	struct str folder = str_of(entry->place);

	if (is_file)
		source.path = folder;
	if (entry->n_files)
		source = (struct source_read){
			.kind = SOURCE_KIND_TYPE, .name = entry->id, .digest = entry->digest};
	sources_add(p->request->sources, &source);
	while (folder.n && folder.p[folder.n - 1] != '/')
		folder.n--;
	for (size_t i = 0; i < entry->n_files; i++) {
		const struct schema_file *file = &entry->files[i];

		source = (struct source_read){.kind = SOURCE_KIND_FILE,
			.path = str_of(arena_printf(
				p->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(file->path)))};
		digest_of(file->text.p, file->text.n, &source.digest);
		sources_add(p->request->sources, &source);
	}
}

/* Reads the schemas, keeps them where the plan is kept, and lists them. */
static int
collect_schemas(const struct preparation *p, struct plan_schema **ret_schemas, size_t *ret_n,
	struct err *err)
{
	const struct workflow *workflow = p->request->workflow;
	size_t n = workflow_schemas(workflow);
	struct plan_schema *schemas = ARENA_ARRAY(p->arena, n, struct plan_schema);
	int r = schemas_read_all(workflow, p->registry, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct str id = workflow_schema(workflow, i).id;
		const struct registry_entry *entry = registry_find(p->registry, id);
		struct digest digest;

		schemas[i] = (struct plan_schema){id, entry->digest};
		/* Whoever uses the kernel's own cannot give them a version. */
		if (workflow_schema(workflow, i).file.n)
			r = refuse_changed(p->store, entry, err);
		if (r == 0 && p->request->flags & PREPARE_KEEP)
			r = object_put(p->store, entry->bytes, &digest, err);
		note_schema(p, entry, workflow_schema(workflow, i).file.n > 0);
	}
	*ret_schemas = schemas;
	*ret_n = n;
	return r;
}

int
prepare_plan(struct store *store, const struct prepare_request *request, struct plan *ret_plan,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct plan_request plan = {.workflow = request->workflow,
		.source_digest = request->source,
		.only = request->only,
		.n_only = request->n_only,
		.fresh = request->flags & PREPARE_FRESH,
		.sketch = request->flags & PREPARE_SKETCH};
	struct preparation p = {.store = store, .request = request, .arena = &arena};
	struct member *params;
	struct plan_input *inputs;
	struct plan_schema *schemas;
	struct plan_previous *previous;
	int r = workflow_refuse(request->workflow, err);

	if (r < 0)
		return r;
	r = policies_refuse_workflow(&(struct policies_request){.workspace = request->workspace,
					     .store = store ? store_path(store) : NULL},
		request->workflow, err);
	if (r == 0)
		r = routes_plan(request->workflow, &arena, &plan.routes, &plan.n_routes, err);
	if (r < 0)
		return r;
	p.registry = registry_new(REGISTRY_OF_KERNEL);
	r = collect_params(request, &arena, &params, &plan.n_params, err);
	if (r == 0)
		r = collect_schemas(&p, &schemas, &plan.n_schemas, err);
	if (r == 0)
		r = collect_inputs(&p, &inputs, &plan.n_inputs, err);
	if (r == 0)
		r = previous_collect(store, request->workflow, request->previous,
			request->n_previous, &arena, &previous, &plan.n_previous, err);
	if (r == 0) {
		plan.previous = previous;
		plan.params = params;
		plan.inputs = inputs;
		plan.schemas = schemas;
		if (request->flags & PREPARE_KEEP)
			r = files_keep(store, request->workflow, request->sources, err);
	}
	if (r == 0)
		r = plan_make(&plan, ret_plan, err);
	registry_free(p.registry);
	return r;
}

int
prepare_keep(
	struct store *store, const struct plan *plan, struct digest *ret_plan, struct err *err)
{
	for (size_t i = 0; i < plan->n_chunks; i++) {
		struct digest chunk;
		int r = object_put(store, buf_str(&plan->chunks[i]), &chunk, err);

		if (r < 0)
			return err_wrap(err, "store the plan");
	}
	if (object_put(store, buf_str(&plan->head), ret_plan, err) < 0)
		return err_wrap(err, "store the plan");
	return 0;
}

static int
fetch(void *context, const struct digest *digest, struct buf *ret_bytes, struct err *err)
{
	return object_get(context, digest, ret_bytes, err);
}

int
prepare_load(struct store *store, const struct digest *plan, struct graph **ret_graph,
	struct err *err)
{
	AUTO_BUF struct buf head = BUF_INIT(PLAN_MAX);
	int r = object_get(store, plan, &head, err);

	if (r == 0)
		r = plan_load(buf_str(&head), fetch, store, ret_graph, err);
	if (r == 0)
		(*ret_graph)->digest = *plan;
	return r < 0 ? err_wrap(err, "load the plan") : 0;
}
