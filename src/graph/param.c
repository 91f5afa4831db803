#include "graph/param.h"

#include "base/memory.h"
#include "graph/param_schema.h"
#include "json/copy.h"
#include "json/json.h"

enum param_type {
	TYPE_STRING,
	TYPE_INTEGER,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
	TYPE_ARRAY,
	TYPE_OBJECT,
	TYPE_NULL
};

static const struct word types[] = {
	{"string", NULL, TYPE_STRING},
	{"integer", NULL, TYPE_INTEGER},
	{"number", NULL, TYPE_NUMBER},
	{"boolean", NULL, TYPE_BOOLEAN},
	{"array", NULL, TYPE_ARRAY},
	{"object", NULL, TYPE_OBJECT},
	{"null", NULL, TYPE_NULL},
};

/* NULL where there is no type, or several. */
static const struct word *
param_type(const struct workflow_param *param)
{
	return param->type.n ? word_find(types, ARRAY_SIZE(types), param->type) : NULL;
}

/* A number without a fraction; 1.0 is an integer too, as JSON Schema has it. */
static bool
is_integer(const struct value *v)
{
	double number;
	int64_t small;

	if (v->kind != VALUE_NUMBER)
		return false;
	if ((v->flags & VALUE_IS_INTEGER) || value_to_i64(v, &small))
		return true;
	return value_to_double(v, &number) && (number >= 0x1p53 || number <= -0x1p53);
}

static bool
fits_type(const struct workflow_param *param, const struct value *v)
{
	const struct word *type = param_type(param);

	if (!type)
		return true;
	switch ((enum param_type)type->number) {
	case TYPE_STRING: return v->kind == VALUE_STRING;
	case TYPE_INTEGER: return is_integer(v);
	case TYPE_NUMBER: return v->kind == VALUE_NUMBER;
	case TYPE_BOOLEAN: return v->kind == VALUE_BOOL;
	case TYPE_ARRAY: return v->kind == VALUE_ARRAY;
	case TYPE_OBJECT: return v->kind == VALUE_OBJECT;
	case TYPE_NULL: return v->kind == VALUE_NULL;
	}
	BUG("param type %d", type->number);
}

static bool
is_in_enum(const struct value *choices, const struct value *v)
{
	for (uint32_t i = 0; i < choices->n; i++)
		if (value_equal(&choices->items[i], v))
			return true;
	return false;
}

/* The canonical form has to say exactly what was written, else the plan would lie. */
static bool
is_exact(const struct value *v, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)64 << 20);

	if (json_canonical(v, JSON_NUMBERS_EXACT, &b, err) < 0)
		return false;
	return buf_check(&b, "value", err) == 0;
}

static void
check_value(struct workflow *w, const struct place *place, const char *what, size_t number,
	const struct value *v)
{
	struct err err = ERR_INIT;

	if (!fits_type(&w->params[number], v))
		finding_error(&w->findings, place, v->offset, "%s must be %.*s, not %s", what,
			STR_ARG(w->params[number].type), value_describe(&w->arena, v));
	else if (str_find(value_text(v), '\0') >= 0)
		finding_error(
			&w->findings, place, v->offset, "%s has a NUL character in it", what);
	else if (!is_exact(v, &err))
		finding_error(&w->findings, place, v->offset, "%s: %s", what, err.message);
}

static void
report_type(struct workflow *w, const struct place *place, const struct value *v)
{
	struct str names[ARRAY_SIZE(types)];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		names[i] = str_of(types[i].name);
	finding_error(&w->findings, place, v->offset,
		"unknown type \"%.*s\"%s; there are string, integer, number, boolean, array, "
		"object and null",
		(int)MIN(v->n, 60), v->text,
		finding_suggestion(&w->findings, value_text(v), names, ARRAY_SIZE(names)));
}

/* "string", or "string or null" for a list. */
static void
read_type(struct workflow *w, const struct place *place, const struct value *v,
	struct workflow_param *param)
{
	AUTO_BUF struct buf names = BUF_INIT(4096);
	const struct value *items = v->kind == VALUE_ARRAY ? v->items : v;
	uint32_t n = v->kind == VALUE_ARRAY ? v->n : 1;

	for (uint32_t i = 0; i < n; i++) {
		/* Of another kind: the meta-schema says what is wrong. */
		if (items[i].kind != VALUE_STRING)
			return;
		if (!word_find(types, ARRAY_SIZE(types), value_text(&items[i]))) {
			report_type(w, place, &items[i]);
			return;
		}
		buf_printf(&names, "%s%.*s", i ? " or " : "", STR_ARG(value_text(&items[i])));
	}
	param->type = arena_str(&w->arena, buf_str(&names));
}

/* Whether there is more to check than its type and its choices. */
static bool
has_rules(const struct declared_param *declared)
{
	const struct value *type = declared->keys[PARAM_TYPE];

	return declared->keys[PARAM_OTHER] || (type && type->kind == VALUE_ARRAY);
}

static void
check_default(struct workflow *w, const struct place *place, size_t number)
{
	const struct value *fallback = w->params[number].fallback;
	const char *message = "";
	struct err err = ERR_INIT;
	size_t errors = w->findings.errors;
	int r;

	if (!fallback)
		return;
	check_value(w, place, "\"default\"", number, fallback);
	if (w->findings.errors > errors || !w->param_keys[number].schema)
		return;
	r = param_schema_check(
		w->param_keys[number].schema, fallback, &w->arena, &message, &err);
	if (r != 1)
		finding_error(&w->findings, place, fallback->offset, "\"default\": %s",
			r < 0 ? err.message : message);
}

static void
check_choices(struct workflow *w, const struct place *place, size_t number)
{
	const struct value *choices = w->param_keys[number].keys[PARAM_ENUM];
	const struct value *fallback = w->params[number].fallback;

	if (!choices)
		return;
	if (!choices->n)
		finding_error(&w->findings, place, choices->offset, "\"enum\" is empty");
	for (uint32_t i = 0; i < choices->n; i++)
		check_value(w, place, "a value of \"enum\"", number, &choices->items[i]);
	if (fallback && choices->n && !is_in_enum(choices, fallback))
		finding_error(&w->findings, place, fallback->offset,
			"\"default\" is not one of \"enum\"");
}

static void
read_param(struct workflow *w, const struct member *member, size_t number)
{
	struct place place = {NULL, "param", value_text(&member->key)};
	struct workflow_param *param = &w->params[number];
	struct declared_param *declared = &w->param_keys[number];
	size_t errors = w->findings.errors;

	param->name = value_text(&member->key);
	param->type = STR_EMPTY;
	param->description = STR_EMPTY;
	declared->offset = member->key.offset;
	if (!str_is_name(param->name))
		finding_error(&w->findings, NULL, member->key.offset,
			"\"%.*s\" is not a name for a param: letters, digits, _ . - and at "
			"most 128 "
			"bytes, beginning with a letter, digit or _",
			(int)MIN(param->name.n, 150), param->name.p);
	if (member->value.kind != VALUE_OBJECT) {
		finding_error(&w->findings, &place, member->value.offset,
			"must be a map such as { type: string, default: … }, not %s",
			value_describe(&w->arena, &member->value));
		return;
	}
	keys_read(&w->findings, &place, &param_keys, &member->value, declared->keys, NULL);
	if (declared->keys[PARAM_TYPE])
		read_type(w, &place, declared->keys[PARAM_TYPE], param);
	if (declared->keys[PARAM_DESCRIPTION])
		param->description = value_text(declared->keys[PARAM_DESCRIPTION]);
	param->fallback = declared->keys[PARAM_DEFAULT];
	if (has_rules(declared) && w->findings.errors == errors)
		param_schema_compile(w, &place, &member->value, number);
	if (w->findings.errors == errors)
		check_default(w, &place, number);
	check_choices(w, &place, number);
}

void
params_read(struct workflow *w)
{
	const struct value *params = w->keys[WORKFLOW_PARAMS];

	if (!params)
		return;
	w->n_params = params->n;
	w->params = ARENA_ARRAY(&w->arena, w->n_params, struct workflow_param);
	w->param_keys = ARENA_ARRAY(&w->arena, w->n_params, struct declared_param);
	for (uint32_t i = 0; i < params->n; i++) {
		(void)map_add(&w->param_by_name, value_text(&params->members[i].key), i);
		read_param(w, &params->members[i], i);
	}
}

static void
add_choices(const struct value *choices, struct buf *b)
{
	for (uint32_t i = 0; i < choices->n && i < 10; i++) {
		if (i)
			buf_add_cstr(b, ", ");
		json_write(&choices->items[i], b);
	}
	if (choices->n > 10)
		buf_printf(b, " and %u more", choices->n - 10);
}

int
param_examine(const struct workflow *w, uint32_t number, const struct value *v,
	struct arena *arena, const char **ret_message, struct err *err)
{
	const struct workflow_param *param = &w->params[number];
	const struct declared_param *declared = &w->param_keys[number];
	const struct value *choices = declared->keys[PARAM_ENUM];
	AUTO_BUF struct buf known = BUF_INIT(1 << 16);
	struct err inexact = ERR_INIT;

	if (!fits_type(param, v)) {
		*ret_message = arena_printf(arena, "must be %.*s, not %s", STR_ARG(param->type),
			value_describe(arena, v));
		return 0;
	}
	if (choices && !is_in_enum(choices, v)) {
		add_choices(choices, &known);
		*ret_message = arena_printf(arena, "must be one of %.300s, not %s",
			buf_cstr(&known), value_describe(arena, v));
		return 0;
	}
	if (str_find(value_text(v), '\0') >= 0) {
		*ret_message = "has a NUL character in it";
		return 0;
	}
	if (!is_exact(v, &inexact)) {
		*ret_message = arena_printf(arena, "%s", inexact.message);
		return 0;
	}
	if (!declared->schema)
		return 1;
	return param_schema_check(declared->schema, v, arena, ret_message, err);
}

int
param_check(const struct workflow *w, uint32_t number, const struct value *v, struct err *err)
{
	const struct workflow_param *param = &w->params[number];
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	const char *message = "";
	int r = param_examine(w, number, v, &scratch, &message, err);

	if (r < 0)
		return err_wrap(err, "param \"%.*s\"", STR_ARG(param->name));
	return r ? 0
		 : source_error(&w->source, w->param_keys[number].offset, err,
			   "param \"%.*s\"%s%s", STR_ARG(param->name),
			   str_starts(str_of(message), STR("must ")) ||
					   str_starts(str_of(message), STR("has "))
				   ? " "
				   : ": ",
			   message);
}

int
param_unknown(const struct workflow *w, struct str name, struct err *err)
{
	struct str *names = memory_new(w->n_params, sizeof(*names));
	struct str nearest;

	for (size_t i = 0; i < w->n_params; i++)
		names[i] = w->params[i].name;
	nearest = str_nearest(name, names, MIN(w->n_params, 10000));
	free(names);
	if (nearest.n)
		return err_set(err, ERR_INVALID,
			"%s has no param \"%.*s\"; did you mean \"%.*s\"?", w->source.name,
			(int)MIN(name.n, 100), name.p, STR_ARG(nearest));
	return err_set(err, ERR_INVALID, "%s has no param \"%.*s\"%s", w->source.name,
		(int)MIN(name.n, 100), name.p, w->n_params ? "" : "; it declares none");
}

/* JSON without blanks around it. */
static int
parse_json(struct str text, struct arena *arena, struct value *ret_value, struct err *err)
{
	struct source source = {"the value", text};
	const struct value *v;
	int r;

	if (str_trim(text).n != text.n)
		return err_set(err, ERR_INVALID, "there are blanks around it");
	r = json_parse(arena, &source, JSON_UNIQUE_KEYS, NULL, &v, err);
	if (r < 0)
		return r;
	/* A copy stands nowhere: its place would be taken for one in the file. */
	*ret_value = value_copy(arena, v);
	return 0;
}

/* Without a type, the text of one of the choices means that choice. */
static const struct value *
find_choice(const struct value *choices, struct str text)
{
	for (uint32_t i = 0; choices && i < choices->n; i++) {
		const struct value *v = &choices->items[i];

		if (v->kind == VALUE_BOOL ? str_is(text, value_is_true(v) ? "true" : "false")
					  : str_equal(value_text(v), text))
			return v;
	}
	return NULL;
}

static bool
may_be_text(const struct value *types_of)
{
	for (uint32_t i = 0; i < types_of->n; i++)
		if (str_is(value_text(&types_of->items[i]), "string"))
			return true;
	return false;
}

/* Where text and other values are allowed: `first` if that is valid, else the other. */
static void
choose(const struct workflow *w, uint32_t number, const struct value *first,
	const struct value *second, struct value *ret_value)
{
	struct err ignored = ERR_INIT;

	*ret_value = *first;
	if (second && param_check(w, number, first, &ignored) < 0 &&
		param_check(w, number, second, &ignored) == 0)
		*ret_value = *second;
}

/* What a text stands for; whether that is valid is not looked at. */
static int
parse_text(const struct workflow *w, uint32_t number, struct str text, struct arena *arena,
	struct value *ret_value, struct err *err)
{
	const struct declared_param *declared = &w->param_keys[number];
	const struct value *type = declared->keys[PARAM_TYPE];
	const struct value *choice = find_choice(declared->keys[PARAM_ENUM], text);
	const struct word *word = param_type(&w->params[number]);
	struct value as_text = value_string(text);
	struct value as_json;
	bool is_json;

	*ret_value = as_text;
	if (word && word->number == TYPE_STRING)
		return 0;
	is_json = parse_json(text, arena, &as_json, err) == 0;
	if (word && (word->number == TYPE_ARRAY || word->number == TYPE_OBJECT) && !is_json)
		return err_wrap(err, "%s, written as JSON", word->name);
	if (word || (type && type->kind == VALUE_ARRAY && !may_be_text(type)))
		*ret_value = is_json ? as_json : as_text;
	else if (type && is_json)
		choose(w, number, &as_json, &as_text, ret_value);
	else if (!type && choice)
		*ret_value = *choice;
	else if (!type)
		choose(w, number, &as_text, is_json ? &as_json : NULL, ret_value);
	return 0;
}

int
workflow_param_parse(const struct workflow *w, struct str name, struct str text,
	struct arena *arena, struct value *ret_value, struct err *err)
{
	uint32_t number = map_get(&w->param_by_name, name);
	struct err why = ERR_INIT;
	struct value v;
	size_t bad;
	int r;

	if (number == MAP_NONE)
		return param_unknown(w, name, err);
	if (!str_is_utf8(text, &bad))
		return source_error(&w->source, w->param_keys[number].offset, err,
			"param \"%.*s\": the value is not UTF-8 at byte %zu", STR_ARG(name),
			bad + 1);
	r = parse_text(w, number, arena_str(arena, text), arena, &v, &why);
	if (r < 0)
		return source_error(&w->source, w->param_keys[number].offset, err,
			"param \"%.*s\" must be %.*s", STR_ARG(name),
			(int)strcspn(why.message, "\n"), why.message);
	r = param_check(w, number, &v, err);
	if (r < 0)
		return r;
	*ret_value = v;
	return 0;
}
