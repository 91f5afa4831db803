#include "run/inherit.h"

#include "store/object.h"
#include "json/json.h"
#include "json/yaml.h"

#define PLAN_MAX ((size_t)1 << 30)

struct inheriting {
	struct store *store;
	struct arena *arena;
	struct prepare_request *request;
	const struct value *head; /* of the plan */
	struct workflow *before;  /* the file as it was; NULL where it cannot be had */
};

static int
read_head(struct inheriting *x, const struct digest *plan, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(PLAN_MAX);
	struct source source = {.name = "plan"};
	int r = object_get(x->store, plan, &bytes, err);

	if (r < 0)
		return r;
	source.text = arena_str(x->arena, buf_str(&bytes));
	return json_parse(x->arena, &source, JSON_BORROW_TEXT, NULL, &x->head, err);
}

static struct str
text_of(const struct value *object, const char *name)
{
	const struct value *v = object ? value_get(object, str_of(name)) : NULL;

	return v ? value_text(v) : STR_EMPTY;
}

/* The file is kept beside its plan; without it every value counts as given. */
static void
read_before(struct inheriting *x)
{
	const struct value *source = value_get(x->head, STR("source"));
	AUTO_BUF struct buf text = BUF_INIT(yaml_default_limits.bytes);
	struct digest digest;

	if (!digest_parse(text_of(source, "sha256"), &digest) ||
		object_get(x->store, &digest, &text, NULL) < 0 ||
		workflow_read("before", buf_str(&text), NULL, &x->before, NULL) < 0)
		x->before = NULL;
}

static bool
is_same(const struct value *a, const struct value *b)
{
	AUTO_BUF struct buf x = BUF_INIT(PLAN_MAX);
	AUTO_BUF struct buf y = BUF_INIT(PLAN_MAX);

	return json_canonical(a, JSON_NUMBERS_EXACT, &x, NULL) == 0 &&
		json_canonical(b, JSON_NUMBERS_EXACT, &y, NULL) == 0 &&
		str_equal(buf_str(&x), buf_str(&y));
}

static bool
was_default(const struct inheriting *x, struct str name, const struct value *v)
{
	const struct workflow_param *params;
	size_t n = 0;

	params = x->before ? workflow_params(x->before, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		if (str_equal(params[i].name, name))
			return params[i].fallback && is_same(params[i].fallback, v);
	return false;
}

static bool
declares_param(const struct workflow *workflow, struct str name)
{
	size_t n;
	const struct workflow_param *params = workflow_params(workflow, &n);

	for (size_t i = 0; i < n; i++)
		if (str_equal(params[i].name, name))
			return true;
	return false;
}

/* The members of "more_params" that were given, then what is inherited. */
static void
inherit_params(struct inheriting *x)
{
	struct prepare_request *request = x->request;
	const struct value *given = request->more_params;
	const struct value *params = value_get(x->head, STR("params"));
	uint32_t n_given = given && given->kind == VALUE_OBJECT ? given->n : 0;
	uint32_t n_params = params && params->kind == VALUE_OBJECT ? params->n : 0;
	struct member *members = ARENA_ARRAY(x->arena, n_given + n_params, struct member);
	struct value *all = ARENA_NEW(x->arena, struct value);
	uint32_t n = n_given;

	if (given && given->kind != VALUE_OBJECT)
		return; /* prepare says so */
	if (n)
		memcpy(members, given->members, n * sizeof(*members));
	for (uint32_t i = 0; i < n_params; i++) {
		struct str name = value_text(&params->members[i].key);

		if ((given && value_get(given, name)) ||
			!declares_param(request->workflow, name) ||
			was_default(x, name, &params->members[i].value))
			continue;
		members[n++] = params->members[i];
	}
	*all = value_object(members, n);
	request->more_params = all;
}

static bool
was_at_default(const struct inheriting *x, struct str name, struct str path)
{
	const struct workflow_input_declaration *inputs;
	/* The files that it used are not read again: what an input of a scope had is looked for now. */
	const struct workflow *declaring =
		str_find(name, '/') >= 0 ? x->request->workflow : x->before;
	size_t n = 0;

	inputs = declaring ? workflow_inputs(declaring, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		if (str_equal(inputs[i].name, name))
			return str_equal(inputs[i].path, path);
	return false;
}

static void
inherit_inputs(struct inheriting *x)
{
	const struct value *inputs = value_get(x->head, STR("inputs"));
	uint32_t n = inputs && inputs->kind == VALUE_OBJECT ? inputs->n : 0;
	struct plan_input *stored = ARENA_ARRAY(x->arena, n, struct plan_input);
	size_t n_stored = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct value *v = &inputs->members[i].value;
		const struct value *tree = value_get(v, STR("tree"));
		const struct value *size = value_get(v, STR("size"));
		struct plan_input *input = &stored[n_stored];
		int64_t bytes;

		*input = (struct plan_input){.name = value_text(&inputs->members[i].key),
			.path = text_of(v, "path"),
			.is_tree = tree && value_is_true(tree)};
		if (str_is(input->name, "work_order") ||
			was_at_default(x, input->name, input->path) ||
			!digest_parse(text_of(v, "sha256"), &input->digest) || !size ||
			!value_to_i64(size, &bytes))
			continue;
		input->size = (uint64_t)bytes;
		n_stored++;
	}
	x->request->stored = stored;
	x->request->n_stored = n_stored;
}

/* What was taken from an earlier run then is taken from it now, also where that left nothing. */
static void
inherit_previous(struct inheriting *x)
{
	const struct value *previous = value_get(x->head, STR("previous"));
	uint32_t n = previous && previous->kind == VALUE_OBJECT ? previous->n : 0;
	struct plan_previous *all = ARENA_ARRAY(x->arena, n, struct plan_previous);

	for (uint32_t i = 0; i < n; i++) {
		const struct value *v = &previous->members[i].value;
		const struct value *artifact = value_get(v, STR("artifact"));
		const struct value *size = value_get(v, STR("size"));
		struct plan_previous *before = &all[i];
		int64_t number = 0;
		int64_t bytes = 0;

		*before = (struct plan_previous){.name = value_text(&previous->members[i].key),
			.kind = text_of(v, "kind"),
			.type = text_of(v, "type")};
		before->has_run = uuid_parse(text_of(v, "run"), &before->run);
		before->has_schema = digest_parse(text_of(v, "schema"), &before->schema);
		before->present = digest_parse(text_of(v, "sha256"), &before->digest) && size &&
			value_to_i64(size, &bytes) && artifact &&
			value_to_i64(artifact, &number);
		before->size = (uint64_t)bytes;
		before->artifact = (uint32_t)number;
	}
	x->request->previous = all;
	x->request->n_previous = n;
}

int
inherit_given(struct store *store, const struct digest *plan, struct arena *arena,
	struct prepare_request *request, struct err *err)
{
	struct inheriting x = {.store = store, .arena = arena, .request = request};
	int r = read_head(&x, plan, err);

	if (r < 0)
		return err_wrap(err, "what the run was given");
	read_before(&x);
	inherit_params(&x);
	inherit_inputs(&x);
	inherit_previous(&x);
	workflow_free(x.before);
	return 0;
}
