#include "run/prepare.h"

#include "base/file.h"
#include "store/object.h"
#include "json/yaml.h"

#include <errno.h>
#include <fcntl.h>

#define PLAN_MAX ((size_t)1 << 30)

int
prepare_read(const char *path, struct buf *ret_text, struct workflow **ret_workflow,
	struct digest *ret_digest, struct err *err)
{
	struct workflow *workflow;
	int r;

	ret_text->max = yaml_default_limits.bytes;
	r = file_read(AT_FDCWD, path, ret_text, err);
	if (r == 0)
		r = workflow_read(path, buf_str(ret_text), &workflow, err);
	if (r < 0)
		return r;
	r = workflow_refuse(workflow, err);
	if (r < 0) {
		workflow_free(workflow);
		return r;
	}
	digest_of(ret_text->p, ret_text->n, ret_digest);
	*ret_workflow = workflow;
	return 0;
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

static int
take_input(struct store *store, const struct prepare_request *request, const char *path,
	struct plan_input *input, struct err *err)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	int r;

	if (fd < 0 || fstat(fd, &status) != 0)
		return err_sys(err, "input %.*s: %s", STR_ARG(input->name), path);
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
	return r < 0 ? err_wrap(err, "input %.*s: %s", STR_ARG(input->name), path) : 0;
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

static int
collect_inputs(struct store *store, const struct prepare_request *request, struct arena *arena,
	struct plan_input **ret_inputs, size_t *ret_n, struct err *err)
{
	size_t n_declared;
	const struct workflow_input_declaration *declared =
		workflow_inputs(request->workflow, &n_declared);
	struct plan_input *inputs = ARENA_ARRAY(arena, n_declared + 1, struct plan_input);
	size_t n = 0;
	int r = refuse_unknown_inputs(request, arena, err);

	if (r < 0)
		return r;
	if (request->work_order)
		add_work_order(request->work_order, inputs, &n);
	for (size_t i = 0; i < n_declared; i++) {
		const struct prepare_text *given = find_given(request, declared[i].name);
		struct plan_input *input = &inputs[n];
		const char *path;

		if (str_is(declared[i].name, "work_order") || (!given && !declared[i].path.n))
			continue;
		input->name = declared[i].name;
		input->path = given ? given->text : declared[i].path;
		path = given ? arena_cstr(arena, given->text)
			     : path_join(arena, request->workspace,
				       arena_cstr(arena, declared[i].path));
		if (!given && access(path, F_OK) != 0 && errno == ENOENT &&
			(declared[i].optional || request->flags & PREPARE_SKETCH))
			continue;
		r = take_input(store, request, path, input, err);
		if (r < 0)
			return r;
		n++;
	}
	*ret_inputs = inputs;
	*ret_n = n;
	return 0;
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
		.sketch = request->flags & PREPARE_SKETCH};
	struct member *params;
	struct plan_input *inputs;
	int r = workflow_refuse(request->workflow, err);

	if (r == 0)
		r = collect_params(request, &arena, &params, &plan.n_params, err);
	if (r == 0)
		r = collect_inputs(store, request, &arena, &inputs, &plan.n_inputs, err);
	if (r < 0)
		return r;
	plan.params = params;
	plan.inputs = inputs;
	return plan_make(&plan, ret_plan, err);
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
	return r < 0 ? err_wrap(err, "load the plan") : 0;
}
