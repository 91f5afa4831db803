#include "graph/port.h"

#include "base/file.h"
#include "base/glob.h"
#include "base/memory.h"
#include "graph/declared_previous.h"
#include "graph/declared_schema.h"
#include "graph/expression.h"
#include "graph/reference.h"
#include "graph/surroundings.h"
#include "json/json.h"

#define PATH_MAX_BYTES 4096

static const struct word output_types[] = {
	{"file", NULL, OUTPUT_FILE},
	{"dir", NULL, OUTPUT_DIR},
	{"text", NULL, OUTPUT_TEXT},
	{"json", NULL, OUTPUT_JSON},
	{"jsonl", NULL, OUTPUT_JSONL},
};

static const struct word input_forms[] = {
	{"file", NULL, INPUT_AS_FILE},
	{"json", NULL, INPUT_AS_JSON},
	{"jsonl", NULL, INPUT_AS_JSONL},
	{"dir", NULL, INPUT_AS_DIR},
};

void
in_read(const struct value *v, struct declared_in *ret_in)
{
	const struct value *optional;
	const struct value *as;
	const struct word *word = NULL;

	*ret_in = (struct declared_in){0};
	if (v->kind == VALUE_STRING) {
		ret_in->from = v;
		return;
	}
	ret_in->from = value_get(v, STR("from"));
	ret_in->path = value_get(v, STR("path"));
	ret_in->tree = value_get(v, STR("tree"));
	ret_in->value = value_get(v, STR("value"));
	ret_in->previous = value_get(v, STR("previous"));
	ret_in->schema = value_get(v, STR("schema"));
	as = value_get(v, STR("as"));
	if (as)
		word = word_find(input_forms, ARRAY_SIZE(input_forms), value_text(as));
	ret_in->as = word ? (enum input_form)word->number : INPUT_AS_FOUND;
	optional = value_get(v, STR("optional"));
	ret_in->optional = optional && value_is_true(optional);
}

void
out_read(const struct value *v, struct declared_out *ret_out)
{
	const struct value *type = value_get(v, STR("type"));
	const struct value *optional = value_get(v, STR("optional"));
	const struct value *schema = value_get(v, STR("schema"));
	const struct word *word = NULL;

	if (type)
		word = word_find(output_types, ARRAY_SIZE(output_types), value_text(type));
	*ret_out = (struct declared_out){
		.type = word     ? (enum output_type)word->number
			: schema ? OUTPUT_JSON
				 : OUTPUT_FOUND,
		.schema = schema,
		.optional = optional && value_is_true(optional),
		.from_stdout = value_get(v, STR("from")) != NULL,
		.path = value_get(v, STR("path")),
	};
}

void
port_check_path(const struct reference_place *at, const struct value *path)
{
	struct findings *findings = &at->workflow->findings;
	struct str text = value_text(path);

	references_check(at, path);
	if (str_find(text, '\0') >= 0)
		finding_error(findings, at->place, path->offset,
			"a path cannot hold a NUL character");
	else if (text.n > PATH_MAX_BYTES)
		finding_error(findings, at->place, path->offset,
			"a path of %zu bytes; at most %d", text.n, PATH_MAX_BYTES);
	else if (!text.n)
		finding_error(findings, at->place, path->offset,
			"the path is empty; write . for the workspace itself");
	else if (!path_is_inside(text))
		finding_error(findings, at->place, path->offset,
			"\"%.*s\" leads out of the workspace; copy the file into it, or "
			"declare an "
			"input of the workflow and give it by -i",
			(int)MIN(text.n, 200), text.p);
}

/* What waits of a value: its containers. */
struct waiting {
	const struct value **items;
	size_t n;
	size_t capacity;
};

static void
wait_for(struct waiting *waiting, const struct value *v)
{
	waiting->items = memory_grow(
		waiting->items, waiting->n, &waiting->capacity, sizeof(const struct value *));
	waiting->items[waiting->n++] = v;
}

typedef void text_fn(const struct reference_place *at, const struct value *text, bool is_key);

/* Calls for each text of a value in which there is a ${{; how many there are. */
static size_t
each_expression(const struct reference_place *at, const struct value *v, text_fn *call)
{
	struct waiting waiting = {0};
	size_t found = 0;

	wait_for(&waiting, v);
	while (waiting.n) {
		const struct value *next = waiting.items[--waiting.n];

		if (next->kind == VALUE_STRING && expression_occurs(value_text(next))) {
			found++;
			if (call)
				call(at, next, false);
		}
		for (uint32_t i = next->n; next->kind == VALUE_ARRAY && i-- > 0;)
			wait_for(&waiting, &next->items[i]);
		for (uint32_t i = next->n; next->kind == VALUE_OBJECT && i-- > 0;) {
			if (call && expression_occurs(value_text(&next->members[i].key)))
				call(at, &next->members[i].key, true);
			wait_for(&waiting, &next->members[i].value);
		}
	}
	free(waiting.items);
	return found;
}

bool
value_has_expressions(const struct value *v)
{
	return each_expression(NULL, v, NULL) > 0;
}

static void
check_value_text(const struct reference_place *at, const struct value *text, bool is_key)
{
	struct str inner;

	if (is_key)
		finding_error(&at->workflow->findings, at->place, text->offset,
			"${{ }} cannot be used in a key, only in what it stands for");
	else if (expression_alone(value_text(text), false, &inner))
		(void)expression_check(at, text, inner, NULL);
	else
		references_check(at, text);
}

/* A value in the file is an artifact as it stands, numbers kept exactly, or with what the expressions
 * in its texts give. */
void
value_check(const struct reference_place *at, const struct value *v)
{
	AUTO_BUF struct buf canonical = BUF_INIT(INPUT_VALUE_MAX);
	struct reference_place inner = *at;
	struct err err = ERR_INIT;
	int r = json_canonical(v, JSON_NUMBERS_EXACT, &canonical, &err);

	inner.what = "a value";
	if (r == 0)
		r = buf_check(&canonical, "a value written in the workflow", &err);
	if (r < 0)
		finding_error(&at->workflow->findings, at->place, v->offset, "%s", err.message);
	else
		(void)each_expression(&inner, v, check_value_text);
}

static void
check_source(const struct reference_place *at, const struct value *const keys[IN_KEYS],
	bool optional)
{
	if (keys[IN_FROM])
		source_check(at, keys[IN_FROM], optional);
	if (keys[IN_PATH])
		port_check_path(at, keys[IN_PATH]);
	if (keys[IN_TREE])
		port_check_path(at, keys[IN_TREE]);
	if (keys[IN_VALUE])
		value_check(at, keys[IN_VALUE]);
	if (keys[IN_PREVIOUS])
		previous_check(at, keys[IN_PREVIOUS]);
}

/* Whether what is written of a path has * ? or [ in it; what references bring is not known yet. */
static bool
is_pattern(const struct value *path)
{
	struct str rest = path ? value_text(path) : STR_EMPTY;
	struct piece piece;

	while (rest.n && piece_next(&rest, &piece, NULL) == 1)
		if (!piece.is_expression && glob_is_pattern(piece.text))
			return true;
	return false;
}

/* What `as` and `schema` say must fit each other and what the input is. */
static void
check_form(const struct reference_place *at, const struct value *const keys[IN_KEYS])
{
	struct workflow *w = at->workflow;
	struct str names[ARRAY_SIZE(input_forms)];
	struct str text = keys[IN_AS] ? value_text(keys[IN_AS]) : STR_EMPTY;
	bool is_dir = str_is(text, "dir");

	for (size_t i = 0; i < ARRAY_SIZE(input_forms); i++)
		names[i] = str_of(input_forms[i].name);
	if (keys[IN_AS] && !word_find(input_forms, ARRAY_SIZE(input_forms), text))
		finding_error(&w->findings, at->place, keys[IN_AS]->offset,
			"\"as\" must be file, json, jsonl or dir, not \"%.*s\"%s",
			(int)MIN(text.n, 60), text.p,
			finding_suggestion(&w->findings, text, names, ARRAY_SIZE(names)));
	else if (keys[IN_AS] && is_pattern(keys[IN_PATH]) && !is_dir)
		finding_error(&w->findings, at->place, keys[IN_AS]->offset,
			"a pattern makes a directory of the files that match, as: dir");
	else if (keys[IN_AS] &&
		(keys[IN_TREE] ? !is_dir : is_dir && !keys[IN_FROM] && !keys[IN_PREVIOUS]) &&
		!is_pattern(keys[IN_PATH]))
		finding_error(&w->findings, at->place, keys[IN_AS]->offset,
			keys[IN_TREE] ? "a tree is a directory, as: dir"
				      : "use tree for a directory");
	if (!keys[IN_SCHEMA])
		return;
	schema_check_id(w, at->place, keys[IN_SCHEMA]);
	if (keys[IN_TREE] || is_dir || is_pattern(keys[IN_PATH]) || str_is(text, "file"))
		finding_error(&w->findings, at->place, keys[IN_SCHEMA]->offset,
			"a schema checks JSON, JSON Lines or YAML, not %s",
			str_is(text, "file") ? "a file of any kind; leave out as: file"
					     : "a directory");
	else if (schema_has_validators(w, value_text(keys[IN_SCHEMA])))
		finding_warning(&w->findings, at->place, keys[IN_SCHEMA]->offset,
			"the validators of \"%.*s\" judge outputs only; an input is checked by "
			"the schema alone",
			STR_ARG(value_text(keys[IN_SCHEMA])));
}

static void
check_long_input(const struct reference_place *at, const struct value *v)
{
	const uint32_t sources = 1U << IN_FROM | 1U << IN_PATH | 1U << IN_TREE |
		1U << IN_VALUE | 1U << IN_PREVIOUS;
	struct findings *findings = &at->workflow->findings;
	const struct value *keys[IN_KEYS];
	struct keys_found found;
	size_t errors = findings->errors;
	int n;

	keys_read(findings, at->place, &in_keys, v, keys, &found);
	n = __builtin_popcountll(found.seen & sources);
	if (n > 1 || (n == 0 && findings->errors == errors))
		finding_error(findings, at->place, v->offset,
			"needs exactly one of from, path, tree, value and previous");
	check_source(at, keys, keys[IN_OPTIONAL] && value_is_true(keys[IN_OPTIONAL]));
	check_form(at, keys);
}

static void
check_name(struct workflow *w, const struct place *place, const char *what,
	const struct value *name)
{
	if (!str_is_name(value_text(name)))
		finding_error(&w->findings, place, name->offset,
			"\"%.*s\" is not a name for %s: letters, digits, _ . - and at most 128 "
			"bytes, "
			"beginning with a letter, digit or _",
			(int)MIN(name->n, 150), name->text, what);
}

static struct place
place_of_input(const struct reference_place *at, const struct value *name)
{
	if (!at->gate && at->workflow->steps[at->step].keys[STEP_STDIN] &&
		str_is(value_text(name), STDIN_INPUT))
		return (struct place){at->place, "stdin", STR_EMPTY};
	return (struct place){at->place, "in", value_text(name)};
}

void
inputs_check(struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct reference_place at = {w, place, step, MAY_PATH, "a path", edges};

	port_check_inputs(&at, w->steps[step].keys[STEP_IN]);
}

void
port_check_inputs(const struct reference_place *outer, const struct value *inputs)
{
	struct workflow *w = outer->workflow;

	if (inputs->n > STEP_INPUTS_MAX)
		finding_error(&w->findings, outer->place, inputs->offset,
			"%u inputs, more than %d", inputs->n, STEP_INPUTS_MAX);
	for (uint32_t i = 0; i < inputs->n; i++) {
		const struct member *member = &inputs->members[i];
		struct place inner = place_of_input(outer, &member->key);
		struct reference_place at = *outer;

		at.place = &inner;
		at.may = MAY_PATH;
		at.what = "a path";
		check_name(w, outer->place, "an input", &member->key);
		if (member->value.kind == VALUE_STRING)
			source_check(&at, &member->value, false);
		else if (member->value.kind == VALUE_OBJECT)
			check_long_input(&at, &member->value);
		else
			finding_error(&w->findings, &inner, member->value.offset,
				"must be a reference or a map such as { path: data.csv }, not "
				"%s",
				value_describe(&w->arena, &member->value));
	}
}

static void
check_type(const struct reference_place *at, const struct value *type)
{
	struct findings *findings = &at->workflow->findings;
	struct str names[ARRAY_SIZE(output_types)];
	struct str text = value_text(type);

	if (word_find(output_types, ARRAY_SIZE(output_types), text))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(output_types); i++)
		names[i] = str_of(output_types[i].name);
	finding_error(findings, at->place, type->offset,
		"unknown type \"%.*s\"%s; there are file, dir, text, json and jsonl",
		(int)MIN(text.n, 60), text.p,
		finding_suggestion(findings, text, names, ARRAY_SIZE(names)));
}

static void
check_output_schema(const struct reference_place *at, const struct value *const keys[OUT_KEYS])
{
	struct findings *findings = &at->workflow->findings;
	struct str type = keys[OUT_TYPE] ? value_text(keys[OUT_TYPE]) : STR_EMPTY;

	schema_check_id(at->workflow, at->place, keys[OUT_SCHEMA]);
	if (str_is(type, "file") || str_is(type, "dir"))
		finding_error(findings, at->place, keys[OUT_SCHEMA]->offset,
			"a schema checks json, jsonl or text, not a %s; %s",
			str_is(type, "dir") ? "directory" : "file of any kind",
			"change or leave out `type`");
}

static bool
is_other_than_dir(const struct value *type)
{
	return type && !str_is(value_text(type), "dir");
}

static void
check_long_output(const struct reference_place *at, const struct value *v, bool *from_stdout)
{
	struct findings *findings = &at->workflow->findings;
	const struct value *keys[OUT_KEYS];
	const struct value *from;

	keys_read(findings, at->place, &out_keys, v, keys, NULL);
	from = keys[OUT_FROM];
	if (keys[OUT_TYPE])
		check_type(at, keys[OUT_TYPE]);
	if (keys[OUT_PATH])
		port_check_path(at, keys[OUT_PATH]);
	if (keys[OUT_SCHEMA])
		check_output_schema(at, keys);
	if (is_pattern(keys[OUT_PATH]) &&
		(keys[OUT_SCHEMA] || is_other_than_dir(keys[OUT_TYPE])))
		finding_error(findings, at->place, keys[OUT_PATH]->offset,
			"a pattern makes a directory of the files that match; leave out %s, or "
			"name one file",
			keys[OUT_SCHEMA] ? "`schema`" : "`type`");
	if (!from)
		return;
	if (!str_is(value_text(from), "stdout"))
		finding_error(findings, at->place, from->offset,
			"\"from\" must be stdout, not \"%.*s\"", (int)MIN(from->n, 60),
			from->text);
	if (keys[OUT_PATH])
		finding_error(findings, at->place, from->offset,
			"either from: stdout or path, not both");
	if (keys[OUT_TYPE] && str_is(value_text(keys[OUT_TYPE]), "dir"))
		finding_error(findings, at->place, from->offset,
			"stdout cannot be a directory; take another type");
	if (*from_stdout)
		finding_error(findings, at->place, from->offset,
			"stdout can be only one output of a step");
	*from_stdout = true;
}

void
outputs_check(struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct value *outputs = w->steps[step].keys[STEP_OUT];
	bool from_stdout = false;

	if (outputs->n > STEP_OUTPUTS_MAX)
		finding_error(&w->findings, place, outputs->offset, "%u outputs, more than %d",
			outputs->n, STEP_OUTPUTS_MAX);
	for (uint32_t i = 0; i < outputs->n; i++) {
		const struct member *member = &outputs->members[i];
		struct place inner = {place, "out", value_text(&member->key)};
		struct reference_place at = {
			w, &inner, step, MAY_PATH, "an output's path", edges};

		check_name(w, place, "an output", &member->key);
		if (member->value.kind == VALUE_OBJECT)
			check_long_output(&at, &member->value, &from_stdout);
		else if (member->value.kind != VALUE_NULL)
			finding_error(&w->findings, &inner, member->value.offset,
				"must be empty or a map such as { path: report.json, type: "
				"json "
				"}, not %s",
				value_describe(&w->arena, &member->value));
	}
}

/* "./a//b/" and "a/b" are one file. In the arena. */
static struct str
normal_path(struct arena *arena, struct str path)
{
	char *normal = arena_bytes(arena, path.n + 1);
	struct str rest = path;
	size_t n = 0;

	while (rest.p) {
		struct str component = str_cut(rest, '/', &rest);

		if (!component.n || str_is(component, "."))
			continue;
		if (n)
			normal[n++] = '/';
		memcpy(normal + n, component.p, component.n);
		n += component.n;
	}
	normal[n] = '\0';
	return (struct str){normal, n};
}

static void
report_same_path(struct workflow *w, uint32_t step, const struct member *output,
	const struct value *path, uint32_t other)
{
	struct place outer = {NULL, "step", w->steps[step].name};
	struct place place = {&outer, "out", value_text(&output->key)};

	finding_error(&w->findings, &place, path->offset,
		"\"%.*s\" is already an output of step \"%.*s\"; give each its own path",
		(int)MIN(path->n, 200), path->text, STR_ARG(w->steps[other].name));
}

void
output_paths_check(struct workflow *w)
{
	struct map by_path = MAP_INIT;

	for (uint32_t i = 0; i < w->n_steps; i++) {
		const struct value *outputs = w->steps[i].keys[STEP_OUT];

		for (uint32_t j = 0; outputs && j < outputs->n; j++) {
			const struct member *output = &outputs->members[j];
			const struct value *path = value_get(&output->value, STR("path"));
			uint32_t other;

			if (!path || path->kind != VALUE_STRING)
				continue;
			other = map_add(&by_path, normal_path(&w->arena, value_text(path)), i);
			if (other != MAP_NONE)
				report_same_path(w, i, output, path, other);
		}
	}
	map_done(&by_path);
}
