#include "graph/workflow.h"

#include "base/file.h"
#include "base/memory.h"
#include "contract/schema.h"
#include "graph/argument.h"
#include "graph/cycle.h"
#include "graph/declared_budget.h"
#include "graph/declared_concurrency.h"
#include "graph/declared_notify.h"
#include "graph/declared_policy.h"
#include "graph/declared_pool.h"
#include "graph/declared_schema.h"
#include "graph/declared_scope.h"
#include "graph/declared_secret.h"
#include "graph/declared_step.h"
#include "graph/expansion.h"
#include "graph/expression.h"
#include "graph/library.h"
#include "graph/param.h"
#include "graph/reference.h"
#include "graph/settings.h"
#include "graph/surroundings.h"
#include "json/yaml.h"

/* As many errors as an err's message has room for. */

struct str
declaration_written(const struct source *source, const struct value *v)
{
	struct str text = value_text(v);
	struct str s = source->text;
	size_t n = 0;

	if (v->kind == VALUE_BOOL)
		text = value_is_true(v) ? STR("true") : STR("false");
	if (v->kind == VALUE_STRING || !(v->flags & VALUE_IS_PLAIN) || v->offset >= s.n)
		return text;
	s = (struct str){s.p + v->offset, s.n - v->offset};
	/* What an alias or an anchor begins with is not the scalar itself. */
	while (n < s.n &&
		((s.p[n] >= '0' && s.p[n] <= '9') || (s.p[n] >= 'a' && s.p[n] <= 'z') ||
			(s.p[n] >= 'A' && s.p[n] <= 'Z') || s.p[n] == '+' || s.p[n] == '-' ||
			s.p[n] == '.'))
		n++;
	return n ? (struct str){s.p, n} : text;
}

const struct str *
declared_step_names(struct workflow *w)
{
	if (!w->step_names) {
		struct str *names = ARENA_ARRAY(&w->arena, w->n_steps, struct str);

		for (uint32_t i = 0; i < w->n_steps; i++)
			names[i] = w->steps[i].name;
		w->step_names = names;
	}
	return w->step_names;
}

static void
read_version(struct workflow *w)
{
	const struct value *version = w->keys[WORKFLOW_LILY];
	int64_t number;

	if (version && (!value_to_i64(version, &number) || number != 1))
		finding_error(&w->findings, NULL, version->offset,
			"format %.*s is not known to this build of lily; it reads format 1",
			(int)MIN(version->n, 40), version->text);
}

/* "dir/fix-bug.lily.yaml" is named fix-bug; what no name can hold becomes '-'. */
static struct str
name_of_file(struct workflow *w)
{
	static const char *const endings[] = {".yaml", ".yml", ".json", ".lily"};
	struct str stem = str_of(w->source.name);
	struct str name;
	char *copy;

	for (ptrdiff_t slash; (slash = str_find(stem, '/')) >= 0;)
		stem = (struct str){stem.p + slash + 1, stem.n - (size_t)slash - 1};
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (str_ends(stem, str_of(endings[i])))
			stem.n -= strlen(endings[i]);
	stem.n = MIN(stem.n, 128);
	copy = arena_bytes(&w->arena, stem.n + 1);
	if (stem.n)
		memcpy(copy, stem.p, stem.n);
	copy[stem.n] = '\0';
	for (size_t i = 0; i < stem.n; i++)
		if (!str_is_name((struct str){copy + i, 1}) &&
			(i == 0 || (copy[i] != '.' && copy[i] != '-')))
			copy[i] = i ? '-' : '_';
	name = (struct str){copy, stem.n};
	return str_is_name(name) ? name : STR("workflow");
}

static void
read_head(struct workflow *w)
{
	const struct value *name = w->keys[WORKFLOW_NAME];
	const struct value *parallel = w->keys[WORKFLOW_PARALLEL];
	const struct value *max_items = w->keys[WORKFLOW_MAX_ITEMS];
	int64_t number;

	read_version(w);
	w->name = name ? value_text(name) : name_of_file(w);
	if (name && !str_is_name(w->name))
		finding_error(&w->findings, NULL, name->offset,
			"\"%.*s\" is not a name: letters, digits, _ . - and at most 128 bytes, "
			"beginning with a letter, digit or _",
			(int)MIN(w->name.n, 150), w->name.p);
	w->description = w->keys[WORKFLOW_DESCRIPTION]
		? value_text(w->keys[WORKFLOW_DESCRIPTION])
		: STR_EMPTY;
	w->max_items = ITEMS_MAX;
	if (max_items && value_to_i64(max_items, &number) && number >= 1 && number <= INT32_MAX)
		w->max_items = (uint32_t)number;
	else if (max_items)
		finding_error(&w->findings, NULL, max_items->offset,
			"\"max_items\" must be a whole number from 1 to %d, not %.*s",
			INT32_MAX, (int)MIN(max_items->n, 60), max_items->text);
	if (!parallel)
		return;
	if (value_to_i64(parallel, &number) && number >= 1 && number <= PARALLEL_MAX)
		w->parallel = (uint32_t)number;
	else
		finding_error(&w->findings, NULL, parallel->offset,
			"\"parallel\" must be a whole number from 1 to %d, not %.*s",
			PARALLEL_MAX, (int)MIN(parallel->n, 60), parallel->text);
}

static void
read_input(struct workflow *w, const struct member *member,
	struct workflow_input_declaration *input)
{
	struct place place = {NULL, "input", value_text(&member->key)};
	const struct value *keys[INPUT_KEYS];

	input->name = value_text(&member->key);
	input->path = input->schema = STR_EMPTY;
	if (!str_is_name(input->name))
		finding_error(&w->findings, NULL, member->key.offset,
			"\"%.*s\" is not a name for an input: letters, digits, _ . - and at "
			"most "
			"128 bytes, beginning with a letter, digit or _",
			(int)MIN(input->name.n, 150), input->name.p);
	if (member->value.kind == VALUE_NULL)
		return;
	if (member->value.kind != VALUE_OBJECT) {
		finding_error(&w->findings, &place, member->value.offset,
			"must be a map such as { path: data.csv }, not %s",
			value_describe(&w->arena, &member->value));
		return;
	}
	keys_read(&w->findings, &place, &input_keys, &member->value, keys, NULL);
	input->optional = keys[INPUT_KEY_OPTIONAL] && value_is_true(keys[INPUT_KEY_OPTIONAL]);
	if (keys[INPUT_KEY_SCHEMA]) {
		schema_check_id(w, &place, keys[INPUT_KEY_SCHEMA]);
		input->schema = value_text(keys[INPUT_KEY_SCHEMA]);
	}
	if (!keys[INPUT_KEY_PATH])
		return;
	input->path = value_text(keys[INPUT_KEY_PATH]);
	if (!input->path.n || str_find(input->path, '\0') >= 0 ||
		expression_occurs(input->path) || !path_is_inside(input->path))
		finding_error(&w->findings, &place, keys[INPUT_KEY_PATH]->offset,
			"the default path \"%.*s\" must be a plain path within the workspace; "
			"give "
			"files from elsewhere by -i",
			(int)MIN(input->path.n, 200), input->path.p);
}

static void
read_inputs(struct workflow *w)
{
	const struct value *inputs = w->keys[WORKFLOW_INPUTS];

	w->n_inputs = inputs ? inputs->n : 0;
	w->inputs = ARENA_ARRAY(&w->arena, w->n_inputs + 1, struct workflow_input_declaration);
	w->input_offsets = ARENA_ARRAY(&w->arena, w->n_inputs + 1, uint32_t);
	for (uint32_t i = 0; i < w->n_inputs; i++) {
		(void)map_add(&w->input_by_name, value_text(&inputs->members[i].key), i);
		w->input_offsets[i] = inputs->members[i].key.offset;
		read_input(w, &inputs->members[i], &w->inputs[i]);
	}
	w->n_known_inputs = w->n_inputs;
	if (map_add(&w->input_by_name, STR("work_order"), (uint32_t)w->n_inputs) != MAP_NONE)
		return;
	w->inputs[w->n_known_inputs].name = STR("work_order");
	w->inputs[w->n_known_inputs].path = w->inputs[w->n_known_inputs].schema = STR_EMPTY;
	w->inputs[w->n_known_inputs].optional = true;
	w->input_offsets[w->n_known_inputs++] = SOURCE_NOWHERE;
}

static void
check_output(struct workflow *w, const struct member *member, struct edges *edges,
	struct declared_output *output)
{
	struct place place = {NULL, "output", value_text(&member->key)};
	struct reference_place at = {w, &place, STEP_NONE, MAY_OUTPUT, "an output", edges};
	uint32_t *steps;

	output->name = value_text(&member->key);
	output->value = &member->value;
	if (!str_is_name(output->name))
		finding_error(&w->findings, NULL, member->key.offset,
			"\"%.*s\" is not a name for an output: letters, digits, _ . - and at "
			"most "
			"128 bytes, beginning with a letter, digit or _",
			(int)MIN(output->name.n, 150), output->name.p);
	if (member->value.kind == VALUE_STRING)
		(void)output_source_check(&at, output);
	else
		finding_error(&w->findings, &place, member->value.offset,
			"must be an expression such as ${{ steps.STEP.out.NAME }}, not %s",
			value_describe(&w->arena, &member->value));
	steps = ARENA_ARRAY(&w->arena, edges->n, uint32_t);
	for (size_t i = 0; i < edges->n; i++)
		steps[i] = edges->items[i].step;
	output->steps = steps;
	output->n_steps = edges->n;
	edges->n = 0;
}

static void
check_outputs(struct workflow *w)
{
	const struct value *outputs = w->keys[WORKFLOW_OUTPUTS];
	struct edges edges = {0};

	if (!outputs)
		return;
	w->n_outputs = outputs->n;
	w->outputs = ARENA_ARRAY(&w->arena, w->n_outputs, struct declared_output);
	for (uint32_t i = 0; i < outputs->n; i++)
		check_output(w, &outputs->members[i], &edges, &w->outputs[i]);
	free(edges.items);
}

/* What holds for all steps: `env`, `pass_env`, `defaults`. */
static void
check_shared(struct workflow *w)
{
	struct place defaults = {NULL, "defaults", STR_EMPTY};
	struct reference_place at = {
		w, NULL, STEP_NONE, MAY_TEXT_OF_WORKFLOW, "env of the workflow", NULL};

	if (w->keys[WORKFLOW_ENV])
		env_check(&at, w->keys[WORKFLOW_ENV]);
	if (w->keys[WORKFLOW_PASS_ENV])
		pass_env_check(w, NULL, w->keys[WORKFLOW_PASS_ENV]);
	if (!w->keys[WORKFLOW_DEFAULTS])
		return;
	keys_read(&w->findings, &defaults, &defaults_keys, w->keys[WORKFLOW_DEFAULTS],
		w->defaults, NULL);
	at.place = &defaults;
	at.what = "env of defaults";
	if (w->defaults[STEP_ENV])
		env_check(&at, w->defaults[STEP_ENV]);
	if (w->defaults[STEP_PASS_ENV])
		pass_env_check(w, &defaults, w->defaults[STEP_PASS_ENV]);
	if (w->defaults[STEP_SHELL])
		shell_check(w, &defaults, w->defaults[STEP_SHELL]);
	if (w->defaults[STEP_WORKSPACE])
		workspace_check(w, &defaults, w->defaults[STEP_WORKSPACE]);
	settings_check(w, &defaults, w->defaults);
}

/* The first round: names of everything. */
static void
declare(struct workflow *w)
{
	struct keys_found found;

	if (w->root->kind != VALUE_OBJECT) {
		finding_error(&w->findings, NULL, w->root->offset,
			"a workflow is a map with lily, steps and more, not %s",
			value_describe(&w->arena, w->root));
		return;
	}
	keys_read(&w->findings, NULL, &workflow_keys, w->root, w->keys, &found);
	if (!(found.seen & 1U << WORKFLOW_LILY))
		finding_error(&w->findings, NULL, w->root->offset,
			"\"lily\" is missing; the first line of a workflow is lily: 1");
	if (!(found.seen & 1U << WORKFLOW_STEPS))
		finding_error(&w->findings, NULL, w->root->offset,
			"\"steps\" is missing; a workflow has at least one step");
	read_head(w);
	budget_read(w);
	params_read(w);
	schemas_read(w);
	pools_read(w);
	if (w->keys[WORKFLOW_POLICIES])
		policy_check(w, NULL, w->keys[WORKFLOW_POLICIES]);
	secret_declarations_read(w);
	read_inputs(w);
	steps_read(w);
}

void
workflow_check(struct workflow *w)
{
	if (w->root->kind == VALUE_OBJECT) {
		check_shared(w);
		concurrency_check(w);
		notify_check(w);
		steps_check(w);
		check_outputs(w);
		cycles_check(w);
		scopes_gather(w);
	}
	findings_finish(&w->findings);
	w->is_checked = true;
}

int
workflow_declare(
	const char *path, struct str text, struct workflow **ret_workflow, struct err *err)
{
	struct workflow *w = memory_zeroed(1, sizeof(*w));
	int r;

	w->source.name = arena_cstr(&w->arena, str_of(path));
	w->source.text = arena_str(&w->arena, text);
	findings_init(&w->findings, &w->arena);
	r = yaml_parse(&w->arena, &w->source, NULL, &w->root, err);
	if (r < 0) {
		workflow_free(w);
		return r;
	}
	declare(w);
	*ret_workflow = w;
	return 0;
}

int
workflow_read(const char *path, struct str text, const struct workflow_files *files,
	struct workflow **ret_workflow, struct err *err)
{
	int r = workflow_declare(path, text, ret_workflow, err);

	if (r == 0)
		library_read(*ret_workflow, files);
	return r;
}

static void
free_one(struct workflow *w)
{
	collection_free(w->param_schemas);
	free(w->schemas);
	free(w->more_schemas);
	free(w->scopes);
	free(w->files);
	map_done(&w->schema_by_id);
	map_done(&w->more_schema_by_id);
	map_done(&w->pool_by_name);
	map_done(&w->secret_by_name);
	map_done(&w->param_by_name);
	map_done(&w->input_by_name);
	free(w->previous);
	map_done(&w->previous_by_name);
	map_done(&w->step_by_name);
	map_done(&w->group_by_name);
	free(w->steps);
	free(w->groups);
	findings_done(&w->findings);
	arena_done(&w->arena);
	free(w);
}

void
workflow_free(struct workflow *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_files; i++)
		free_one(w->files[i]);
	free_one(w);
}

const struct value *
workflow_root(const struct workflow *w)
{
	return w->root;
}

const struct source *
workflow_source(const struct workflow *w)
{
	return &w->source;
}

const struct finding *
workflow_findings(const struct workflow *w, size_t *ret_n)
{
	*ret_n = w->findings.n;
	return w->findings.items;
}

size_t
workflow_errors(const struct workflow *w)
{
	return w->findings.errors;
}

const struct workflow *const *
workflow_parts(const struct workflow *w, size_t *ret_n)
{
	*ret_n = w->n_files;
	return (const struct workflow *const *)w->files;
}

bool
workflow_has_policies(const struct workflow *w)
{
	bool found = w->has_policies;

	for (size_t i = 0; !found && i < w->n_files; i++)
		found = w->files[i]->has_policies;
	return found;
}

bool
workflow_has_layers(const struct workflow *w)
{
	bool found = w->has_layers;

	for (size_t i = 0; !found && i < w->n_files; i++)
		found = w->files[i]->has_layers;
	return found;
}

int
workflow_refuse(const struct workflow *w, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	size_t errors = w->findings.errors;
	size_t shown = 0;

	if (!errors)
		return 0;
	findings_show_errors(&w->findings, &w->source, FINDINGS_ALL, &b, &shown);
	for (size_t i = 0; i < w->n_files; i++) {
		const struct workflow *file = w->files[i];

		findings_show_errors(&file->findings, &file->source, FINDINGS_ALL, &b, &shown);
		errors += file->findings.errors;
	}
	return findings_refuse(&b, errors, shown, "lily check shows them", err);
}

int
workflow_refuse_own(const struct workflow *w, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	size_t errors = w->findings.errors - w->findings.later;
	size_t shown = 0;

	if (!errors)
		return 0;
	findings_show_errors(&w->findings, &w->source, FINDINGS_OWN, &b, &shown);
	return findings_refuse(&b, errors, shown, "lily check shows them", err);
}

struct str
workflow_name(const struct workflow *w)
{
	return w->name;
}

size_t
workflow_steps(const struct workflow *w)
{
	size_t n = 0;

	for (uint32_t i = 0; i < w->n_steps; i++)
		n += w->steps[i].template_of == STEP_NONE;
	return n;
}

const struct workflow_param *
workflow_params(const struct workflow *w, size_t *ret_n)
{
	*ret_n = w->n_params;
	return w->params;
}

const struct workflow_input_declaration *
workflow_inputs(const struct workflow *w, size_t *ret_n)
{
	*ret_n = w->n_all_inputs;
	return w->all_inputs;
}

const struct workflow_previous *
workflow_previous(const struct workflow *w, size_t *ret_n)
{
	*ret_n = w->n_previous;
	return w->previous;
}
