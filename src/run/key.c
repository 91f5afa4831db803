#include "run/key.h"

#include "base/memory.h"
#include "graph/step_surroundings.h"
#include "json/json.h"

#include <stdlib.h>

/* Changes where the executor starts steps in another way. */
#define EXECUTOR "local 1"
/* A text up to this stands in the key as it is. */
#define TEXT_SHORT 200
#define TEXT_BEGINS 120

/* The parts of one document, in the making. */
struct parts {
	struct arena arena;
	struct key_part *items;
	size_t n;
	size_t capacity;
	struct buf value; /* of the part being written */
};

#define PARTS_INIT ((struct parts){.arena = ARENA_INIT, .value = BUF_INIT(KEY_DOCUMENT_MAX)})

static void
parts_done(struct parts *parts)
{
	arena_done(&parts->arena);
	buf_done(&parts->value);
	free(parts->items);
}

/* "KIND.NAME", or "KIND". */
static struct str
label_of(struct arena *arena, const char *kind, struct str name)
{
	size_t n = strlen(kind);
	char *label = arena_bytes(arena, n + 1 + name.n + 1);

	memcpy(label, kind, n);
	if (name.n) {
		label[n++] = '.';
		memcpy(label + n, name.p, name.n);
		n += name.n;
	}
	label[n] = '\0';
	return (struct str){label, n};
}

/* Takes over what stands in parts->value. */
static void
add_part(struct parts *parts, const char *kind, struct str name)
{
	struct key_part *part;

	parts->items =
		memory_grow(parts->items, parts->n, &parts->capacity, sizeof(*parts->items));
	part = &parts->items[parts->n++];
	part->label = label_of(&parts->arena, kind, name);
	part->value = arena_str(&parts->arena, buf_str(&parts->value));
	buf_clear(&parts->value);
}

static void
add_hex(struct buf *b, const char *before, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	buf_add_char(b, '"');
	buf_add_cstr(b, before);
	buf_add(b, digest_to_hex(digest, hex), DIGEST_HEX_SIZE - 1);
	buf_add_char(b, '"');
}

static size_t
cut_text(struct str text)
{
	size_t n = MIN(text.n, TEXT_BEGINS);

	while (n && n < text.n && ((uint8_t)text.p[n] & 0xC0) == 0x80)
		n--;
	return n;
}

/* {"begins", "sha256"}: what is long, or no text. */
static void
add_digested(struct buf *b, struct str text)
{
	struct str begins = {text.p, cut_text(text)};
	struct digest digest;

	digest_of(text.p, text.n, &digest);
	buf_add_char(b, '{');
	if (str_is_utf8(begins, NULL)) {
		buf_add_cstr(b, "\"begins\":");
		json_write_string(begins, b);
		buf_add_char(b, ',');
	}
	buf_add_cstr(b, "\"sha256\":");
	add_hex(b, "", &digest);
	buf_add_char(b, '}');
}

static void
add_text(struct buf *b, struct str text)
{
	if (text.n <= TEXT_SHORT && str_is_utf8(text, NULL))
		json_write_string(text, b);
	else
		add_digested(b, text);
}

static bool
is_own_input(const struct template_part *part)
{
	return part->is_reference && part->reference.kind == REFERENCE_IN;
}

/* Whether its text is known only when the step starts. */
static bool
is_open(const struct template *template)
{
	for (uint32_t i = 0; i < template->n; i++)
		if (template->parts[i].is_reference && !is_own_input(&template->parts[i]))
			return true;
	return false;
}

static bool
has_own_inputs(const struct template *template)
{
	for (uint32_t i = 0; i < template->n; i++)
		if (is_own_input(&template->parts[i]))
			return true;
	return false;
}

/* Texts between inputs are joined, so that how a text came about makes no difference. */
static int
write_list(const struct template *template, const struct values *values, struct buf *b,
	struct err *err)
{
	uint32_t i = 0;

	buf_add_char(b, '[');
	while (i < template->n) {
		uint32_t start = i;
		struct str text;
		int r;

		if (start)
			buf_add_char(b, ',');
		if (is_own_input(&template->parts[i])) {
			buf_add_cstr(b, "{\"in\":");
			json_write_string(template->parts[i++].reference.name, b);
			buf_add_char(b, '}');
			continue;
		}
		while (i < template->n && !is_own_input(&template->parts[i]))
			i++;
		r = values_text(values, &(struct template){template->parts + start, i - start},
			&text, err);
		if (r < 0)
			return r;
		add_text(b, text);
	}
	buf_add_char(b, ']');
	return 0;
}

static int
write_template(const struct template *template, const struct values *values, struct buf *b,
	struct err *err)
{
	struct str text;
	int r;

	if (has_own_inputs(template))
		return write_list(template, values, b, err);
	r = values_text(values, template, &text, err);
	if (r == 0)
		add_text(b, text);
	return r;
}

/* Templates that are open go to the key, the others to the definition. */
enum level { LEVEL_DEFINITION, LEVEL_KEY };

static int
add_template(struct parts *parts, enum level level, const struct values *values,
	const struct template *template, const char *kind, struct str name, struct err *err)
{
	int r;

	if ((level == LEVEL_KEY) != is_open(template))
		return 0;
	r = write_template(template, values, &parts->value, err);
	if (r == 0)
		add_part(parts, kind, name);
	else
		buf_clear(&parts->value);
	return r < 0 ? err_wrap(err, "%s %.*s", kind, STR_ARG(name)) : 0;
}

static int
add_argument(struct parts *parts, enum level level, const struct values *values,
	const struct template *template, uint32_t number, struct err *err)
{
	char digits[12];
	size_t at = sizeof(digits);

	/* A step may have thousands of them. */
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return add_template(parts, level, values, template, "argv",
		(struct str){digits + at, sizeof(digits) - at}, err);
}

/* argv, env and cwd; of two variables of one name the step's own. Both lists are sorted. */
static int
add_texts(struct parts *parts, enum level level, const struct step *step,
	const struct values *values, struct err *err)
{
	const struct step_settings *settings = step->settings;
	uint32_t own = 0;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < step->n_argv; i++)
		r = add_argument(parts, level, values, &step->argv[i], i, err);
	for (uint32_t i = 0; r == 0 && i < settings->n_env; i++) {
		struct str name = settings->env[i].name;

		while (own < step->n_env && str_compare(step->env[own].name, name) < 0)
			own++;
		if (own < step->n_env && str_equal(step->env[own].name, name))
			continue;
		r = add_template(
			parts, level, values, &settings->env[i].value, "env", name, err);
	}
	for (uint32_t i = 0; r == 0 && i < step->n_env; i++)
		r = add_template(parts, level, values, &step->env[i].value, "env",
			step->env[i].name, err);
	if (r == 0 && step->surroundings && step->surroundings->has_cwd)
		r = add_template(
			parts, level, values, &step->surroundings->cwd, "cwd", STR_EMPTY, err);
	return r;
}

/* Whether a text of the plan has the word. */
static bool
has_word(const struct template *template, const char *word)
{
	for (uint32_t i = 0; i < template->n; i++) {
		struct str text = template->parts[i].text;

		if (!template->parts[i].is_reference &&
			memmem(text.p, text.n, word, strlen(word)))
			return true;
	}
	return false;
}

/* Whether the step speaks of the variable that tells the place of its item. Where it does not, the
 * place counts as little as its name: an item that comes before changes nothing. */
static bool
names_index(const struct step *step)
{
	bool found = false;

	for (uint32_t i = 0; i < step->n_argv; i++)
		found |= has_word(&step->argv[i], "LILY_INDEX");
	for (uint32_t i = 0; i < step->n_env; i++)
		found |= has_word(&step->env[i].value, "LILY_INDEX");
	for (uint32_t i = 0; i < step->settings->n_env; i++)
		found |= has_word(&step->settings->env[i].value, "LILY_INDEX");
	return found;
}

/* The step finds its item in its environment, whatever else it says. */
static void
add_item(struct parts *parts, const struct step *step, const struct item *item)
{
	json_write(item->value, &parts->value);
	add_part(parts, "item", STR_EMPTY);
	if (!names_index(step))
		return;
	buf_add_u64(&parts->value, item->index);
	add_part(parts, "index", STR_EMPTY);
}

static void
add_surroundings(struct parts *parts, const struct step_surroundings *surroundings)
{
	static const char *const words[] = {
#define X(name, text) [WORKSPACE_##name] = "\"" text "\"",
		WORKSPACES(X)
#undef X
	};

	if (surroundings->workspace != WORKSPACE_LIVE) {
		buf_add_cstr(&parts->value, words[surroundings->workspace]);
		add_part(parts, "workspace", STR_EMPTY);
	}
	if (surroundings->keeps_state) {
		buf_add_cstr(&parts->value, "true");
		add_part(parts, "state", STR_EMPTY);
	}
	if (surroundings->takes_stdin) {
		buf_add_cstr(&parts->value, "true");
		add_part(parts, "stdin", STR_EMPTY);
	}
	for (uint32_t i = 0; i < surroundings->n_secrets; i++) {
		buf_add_cstr(&parts->value,
			surroundings->secrets[i].as_file ? "\"file\"" : "\"env\"");
		add_part(parts, "secret", surroundings->secrets[i].name);
	}
}

static void
add_validators(const struct step_schema *schema, struct buf *b)
{
	buf_add_cstr(b, ",\"validators\":[");
	for (uint32_t i = 0; i < schema->n_validators; i++) {
		const struct validator *validator = &schema->validators[i];

		buf_add_cstr(b, i ? ",[" : "[");
		for (uint32_t j = 0; j < validator->n_argv; j++) {
			if (j)
				buf_add_char(b, ',');
			add_text(b, validator->argv[j]);
		}
		buf_add_char(b, ']');
	}
	buf_add_char(b, ']');
}

static void
add_schema(const struct step_schema *schema, struct buf *b)
{
	buf_add_cstr(b, "\"schema\":{\"id\":");
	json_write_string(schema->id, b);
	buf_add_cstr(b, ",\"sha256\":");
	add_hex(b, "", &schema->digest);
	if (schema->n_validators)
		add_validators(schema, b);
	buf_add_char(b, '}');
}

static void
separate(struct buf *b)
{
	buf_add_char(b, b->n ? ',' : '{');
}

/* Members in canonical order: from, optional, path, schema, type. */
static int
add_output(struct parts *parts, const struct values *values, const struct step_output *output,
	struct err *err)
{
	struct buf *b = &parts->value;
	int r = 0;

	if (output->from_stdout) {
		separate(b);
		buf_add_cstr(b, "\"from\":\"stdout\"");
	}
	if (output->optional) {
		separate(b);
		buf_add_cstr(b, "\"optional\":true");
	}
	if (output->has_path && !is_open(&output->path)) {
		separate(b);
		buf_add_cstr(b, "\"path\":");
		r = write_template(&output->path, values, b, err);
	}
	if (output->schema) {
		separate(b);
		add_schema(output->schema, b);
	}
	if (output->type != OUTPUT_FOUND) {
		separate(b);
		buf_printf(b, "\"type\":\"%s\"", output_type_name(output->type));
	}
	buf_add_cstr(b, b->n ? "}" : "{}");
	add_part(parts, "output", output->name);
	return r;
}

/* What an input has to be: a step that is stricter may refuse what it took before. */
static void
add_input_type(struct parts *parts, const struct step_input *input)
{
	struct buf *b = &parts->value;

	if (input->as == INPUT_AS_FOUND && !input->schema)
		return;
	if (input->as != INPUT_AS_FOUND) {
		separate(b);
		buf_printf(b, "\"as\":\"%s\"", input_form_name(input->as));
	}
	if (input->schema) {
		separate(b);
		add_schema(input->schema, b);
	}
	buf_add_char(b, '}');
	add_part(parts, "input-type", input->name);
}

static int
compare_parts(const void *left, const void *right)
{
	const struct key_part *a = left;
	const struct key_part *b = right;

	return str_compare(a->label, b->label);
}

static int
write_document(
	struct parts *parts, const struct digest *definition, struct buf *b, struct err *err)
{
	buf_add_char(b, '{');
	if (definition) {
		buf_add_cstr(b, "\"definition\":");
		add_hex(b, "", definition);
		buf_add_char(b, ',');
	}
	buf_add_cstr(b, "\"key\":");
	buf_add_u64(b, KEY_VERSION);
	buf_add_cstr(b, ",\"parts\":{");
	if (parts->n)
		qsort(parts->items, parts->n, sizeof(*parts->items), compare_parts);
	for (size_t i = 0; i < parts->n; i++) {
		if (i)
			buf_add_char(b, ',');
		json_write_string(parts->items[i].label, b);
		buf_add_char(b, ':');
		buf_add_str(b, parts->items[i].value);
	}
	buf_add_cstr(b, "}}");
	return buf_check(b, "the key of a step", err);
}

int
key_define(const struct step *step, struct buf *ret_document, struct err *err)
{
	struct parts parts = PARTS_INIT;
	/* Nothing that is not open asks for values, but their arena holds joined texts. */
	const struct values none = {.arena = &parts.arena};
	int r;

	buf_add_cstr(&parts.value, "\"" EXECUTOR "\"");
	add_part(&parts, "executor", STR_EMPTY);
	r = add_texts(&parts, LEVEL_DEFINITION, step, &none, err);
	if (r == 0 && step->surroundings)
		add_surroundings(&parts, step->surroundings);
	for (uint32_t i = 0; i < step->n_inputs; i++)
		add_input_type(&parts, &step->inputs[i]);
	for (uint32_t i = 0; r == 0 && i < step->n_outputs; i++)
		r = add_output(&parts, &none, &step->outputs[i], err);
	if (r == 0)
		r = write_document(&parts, NULL, ret_document, err);
	parts_done(&parts);
	return r;
}

/* Whether a text holds what is another in every run. */
static bool
names_run(const struct template *template)
{
	for (uint32_t i = 0; i < template->n; i++) {
		uint32_t n;
		const struct reference *references =
			template_references(&template->parts[i], &n);

		for (uint32_t j = 0; j < n; j++)
			if (references[j].kind == REFERENCE_RUN &&
				(str_is(references[j].name, "id") ||
					str_is(references[j].name, "started_at")))
				return true;
	}
	return false;
}

const char *
key_obstacle(const struct step *step)
{
	const struct step_settings *settings = step->settings;
	bool found = false;

	for (uint32_t i = 0; i < step->n_argv; i++)
		found |= names_run(&step->argv[i]);
	for (uint32_t i = 0; i < step->n_env; i++)
		found |= names_run(&step->env[i].value);
	for (uint32_t i = 0; i < settings->n_env; i++)
		found |= names_run(&settings->env[i].value);
	for (uint32_t i = 0; i < step->n_outputs; i++)
		found |= step->outputs[i].has_path && names_run(&step->outputs[i].path);
	found |= step->surroundings && step->surroundings->has_cwd &&
		names_run(&step->surroundings->cwd);
	return found ? "it names run.id or run.started_at, which are others in every run"
		     : NULL;
}

static void
add_inputs(struct parts *parts, const struct key_request *request)
{
	for (uint32_t i = 0; i < request->step->n_inputs; i++) {
		const struct key_input *input = &request->inputs[i];

		if (input->present)
			add_hex(&parts->value,
				input->is_tree ? "tree:" : "sha256:", &input->digest);
		else
			buf_add_cstr(&parts->value, "null");
		add_part(parts, "input", request->step->inputs[i].name);
	}
}

static void
add_tools(struct parts *parts, const struct key_request *request)
{
	for (size_t i = 0; i < request->n_tools; i++) {
		const struct key_tool *tool = &request->tools[i];

		add_hex(&parts->value, "sha256:", &tool->digest);
		add_part(parts, tool->is_interpreter ? "interpreter" : "tool", tool->name);
	}
}

static void
add_passed(struct parts *parts, const struct step_settings *settings)
{
	for (uint32_t i = 0; i < settings->n_pass_env; i++) {
		const char *value = getenv(arena_cstr(&parts->arena, settings->pass_env[i]));
		struct digest digest;

		if (value) {
			digest_of(value, strlen(value), &digest);
			add_hex(&parts->value, "sha256:", &digest);
		} else {
			buf_add_cstr(&parts->value, "null");
		}
		add_part(parts, "pass_env", settings->pass_env[i]);
	}
}

static void
add_gate(struct parts *parts, const struct key_gate *gate)
{
	if (!gate)
		return;
	add_hex(&parts->value, "sha256:", gate->definition);
	add_part(parts, "gate", STR_EMPTY);
	if (gate->verdict) {
		buf_add_cstr(&parts->value, *gate->verdict ? "true" : "false");
		add_part(parts, "verdict", STR_EMPTY);
	}
	if (!gate->looks_back)
		return;
	if (gate->before)
		add_hex(&parts->value, "sha256:", gate->before);
	else
		buf_add_cstr(&parts->value, "null");
	add_part(parts, "before", STR_EMPTY);
}

int
key_make(const struct key_request *request, struct buf *ret_document, struct err *err)
{
	const struct step *step = request->step;
	const struct item *item = graph_item(request->values->graph, step);
	struct parts parts = PARTS_INIT;
	int r = add_texts(&parts, LEVEL_KEY, step, request->values, err);

	for (uint32_t i = 0; r == 0 && i < step->n_outputs; i++)
		if (step->outputs[i].has_path)
			r = add_template(&parts, LEVEL_KEY, request->values,
				&step->outputs[i].path, "output-path", step->outputs[i].name,
				err);
	if (item)
		add_item(&parts, step, item);
	add_inputs(&parts, request);
	add_tools(&parts, request);
	add_passed(&parts, step->settings);
	add_gate(&parts, request->gate);
	if (request->policy) {
		add_hex(&parts.value, "sha256:", request->policy);
		add_part(&parts, "policy", STR_EMPTY);
	}
	if (r == 0)
		r = write_document(&parts, request->definition, ret_document, err);
	parts_done(&parts);
	return r;
}

static int
corrupt(struct err *err)
{
	return err_set(err, ERR_CORRUPT, "the document is no key of a step");
}

int
key_read(struct str document, struct arena *arena, struct key_part **ret_parts, size_t *ret_n,
	struct digest *ret_definition, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	const struct source source = {.name = "key", .text = document};
	const struct value *root;
	const struct value *parts;
	const struct value *named;
	struct key_part *items;
	struct digest definition = {{0}};
	int64_t version;
	int r = json_parse(&scratch, &source, JSON_BORROW_TEXT, NULL, &root, err);

	if (r < 0)
		return corrupt(err);
	parts = value_get(root, STR("parts"));
	named = value_get(root, STR("definition"));
	if (!parts || parts->kind != VALUE_OBJECT || !value_get(root, STR("key")) ||
		!value_to_i64(value_get(root, STR("key")), &version) ||
		(named && !digest_parse(value_text(named), &definition)))
		return corrupt(err);
	if (version != KEY_VERSION)
		return err_set(err, ERR_INVALID, "the key is of version %lld, this lily has %d",
			(long long)version, KEY_VERSION);
	items = ARENA_ARRAY(arena, parts->n, struct key_part);
	for (uint32_t i = 0; i < parts->n; i++) {
		AUTO_BUF struct buf value = BUF_INIT(KEY_DOCUMENT_MAX);

		json_write(&parts->members[i].value, &value);
		items[i].label = arena_str(arena, value_text(&parts->members[i].key));
		items[i].value = arena_str(arena, buf_str(&value));
	}
	*ret_parts = items;
	*ret_n = parts->n;
	if (ret_definition)
		*ret_definition = definition;
	return 0;
}
