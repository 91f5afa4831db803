#include "run/likeness.h"

#include "store/object.h"
#include "json/json.h"

#define PLAN_MAX ((size_t)1 << 30)

struct reading {
	struct store *store;
	struct arena *arena;  /* of what is kept */
	struct arena scratch; /* of one document */
	const struct value *head;
	struct likeness *likeness;
	struct buf text;
};

static int
parse(struct arena *arena, struct str text, const struct value **ret_value, struct err *err)
{
	struct source source = {.name = "plan", .text = text};

	return json_parse(arena, &source, JSON_BORROW_TEXT, NULL, ret_value, err);
}

static int
fetch(struct reading *x, const struct digest *digest, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(PLAN_MAX);
	int r = object_get(x->store, digest, &bytes, err);

	return r < 0 ? r : parse(arena, arena_str(arena, buf_str(&bytes)), ret_value, err);
}

static bool
is_one_of(struct str word, const char *const *words)
{
	for (; *words; words++)
		if (str_is(word, *words))
			return true;
	return false;
}

static struct likeness_part *
add_part(struct likeness_part *parts, size_t *n, struct str label, struct str text)
{
	parts[*n] = (struct likeness_part){label, text};
	return &parts[(*n)++];
}

static int
add_canonical(struct reading *x, struct likeness_part *parts, size_t *n, struct str label,
	const struct value *v, struct err *err)
{
	int r;

	buf_clear(&x->text);
	r = json_canonical(v, JSON_NUMBERS_EXACT, &x->text, err);
	if (r == 0)
		(void)add_part(parts, n, arena_str(x->arena, label),
			arena_str(x->arena, buf_str(&x->text)));
	return r;
}

/* The digest of a schema that an input or output names: the same id may stand for other bytes. */
static void
add_schemas(struct reading *x, const struct value *ports, struct buf *b)
{
	const struct value *schemas = value_get(x->head, STR("schemas"));

	for (uint32_t i = 0; ports && ports->kind == VALUE_OBJECT && i < ports->n; i++) {
		const struct value *id = value_get(&ports->members[i].value, STR("schema"));
		const struct value *schema =
			id && schemas ? value_get(schemas, value_text(id)) : NULL;
		const struct value *digest = schema ? value_get(schema, STR("sha256")) : NULL;

		if (digest)
			buf_printf(b, "%.*s ", STR_ARG(value_text(digest)));
	}
}

/* The names of the steps that it needs, whose numbers another plan may give to others. */
static int
add_needs(struct reading *x, const struct value *needs, struct buf *b, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < needs->n; i++) {
		const struct value *need = &needs->items[i];
		bool is_pair = need->kind == VALUE_ARRAY && need->n == 2;
		int64_t number;

		if (value_to_i64(is_pair ? &need->items[0] : need, &number) && number >= 0 &&
			(uint64_t)number < x->likeness->n_steps)
			buf_add_str(b, x->likeness->steps[number].name);
		else
			r = json_canonical(need, JSON_NUMBERS_EXACT, b, err);
		if (is_pair)
			buf_printf(b, ":%.*s", STR_ARG(value_text(&need->items[1])));
		buf_add_char(b, ' ');
	}
	return r;
}

static int
read_settings(struct reading *x, const struct value *number, struct likeness_part *parts,
	size_t *n, struct err *err)
{
	static const char *const left_out[] = {"timeout", "grace", "retry", NULL};
	const struct value *settings = value_get(x->head, STR("settings"));
	int64_t index;
	int r = 0;

	if (!settings || settings->kind != VALUE_ARRAY || !value_to_i64(number, &index) ||
		index < 0 || (uint64_t)index >= settings->n)
		return err_set(err, ERR_CORRUPT, "the plan names settings that are not there");
	settings = &settings->items[index];
	for (uint32_t i = 0; r == 0 && settings->kind == VALUE_OBJECT && i < settings->n; i++) {
		struct str label = value_text(&settings->members[i].key);

		if (!is_one_of(label, left_out))
			r = add_canonical(x, parts, n,
				str_of(arena_printf(x->arena, "settings.%.*s", STR_ARG(label))),
				&settings->members[i].value, err);
	}
	return r;
}

static int
compare_parts(const void *a, const void *b)
{
	const struct likeness_part *x = a;
	const struct likeness_part *y = b;

	return str_compare(x->label, y->label);
}

/* Members of a step, of its settings, and its needs and schemas. */
#define PARTS_EXTRA 64

static int
read_step(struct reading *x, const struct value *entry, struct likeness_step *step,
	struct err *err)
{
	static const char *const left_out[] = {"name", "needs", "settings", NULL};
	struct likeness_part *parts =
		ARENA_ARRAY(x->arena, entry->n + PARTS_EXTRA, struct likeness_part);
	const struct value *needs = value_get(entry, STR("needs"));
	const struct value *settings = value_get(entry, STR("settings"));
	size_t n = 0;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < entry->n; i++) {
		struct str label = value_text(&entry->members[i].key);

		if (!is_one_of(label, left_out))
			r = add_canonical(x, parts, &n, label, &entry->members[i].value, err);
	}
	if (r == 0 && settings)
		r = read_settings(x, settings, parts, &n, err);
	if (r < 0)
		return r;
	if (needs && needs->kind == VALUE_ARRAY) {
		buf_clear(&x->text);
		r = add_needs(x, needs, &x->text, err);
		(void)add_part(parts, &n, STR("needs"), arena_str(x->arena, buf_str(&x->text)));
	}
	buf_clear(&x->text);
	add_schemas(x, value_get(entry, STR("in")), &x->text);
	add_schemas(x, value_get(entry, STR("out")), &x->text);
	(void)add_part(parts, &n, STR("schemas"), arena_str(x->arena, buf_str(&x->text)));
	qsort(parts, n, sizeof(*parts), compare_parts);
	step->parts = parts;
	step->n = n;
	return r;
}

/* The chunks twice: names of all steps come before what speaks of them by number. */
static int
read_chunks(struct reading *x, bool names_only, struct err *err)
{
	const struct value *chunks = value_get(x->head, STR("chunks"));
	size_t at = 0;
	int r = 0;

	for (uint32_t i = 0; r == 0 && chunks && i < chunks->n; i++) {
		const struct value *chunk = NULL;
		struct digest digest;

		if (!digest_parse(value_text(&chunks->items[i]), &digest))
			return err_set(
				err, ERR_CORRUPT, "a chunk of the plan is named wrongly");
		arena_reset(&x->scratch);
		r = fetch(x, &digest, &x->scratch, &chunk, err);
		for (uint32_t j = 0; r == 0 && j < chunk->n && at < x->likeness->n_steps; j++) {
			struct likeness_step *step = &x->likeness->steps[at];
			const struct value *name = value_get(&chunk->items[j], STR("name"));

			if (!names_only)
				r = read_step(x, &chunk->items[j], step, err);
			else if (name)
				step->name = arena_str(x->arena, value_text(name));
			if (names_only)
				(void)map_add(&x->likeness->by_name, step->name, (uint32_t)at);
			at++;
		}
	}
	return r;
}

static void
read_inputs(struct reading *x)
{
	const struct value *inputs = value_get(x->head, STR("inputs"));
	size_t n = inputs && inputs->kind == VALUE_OBJECT ? inputs->n : 0;
	struct likeness_part *parts = ARENA_ARRAY(x->arena, n, struct likeness_part);

	for (uint32_t i = 0; i < n; i++) {
		const struct value *digest =
			value_get(&inputs->members[i].value, STR("sha256"));

		parts[i].label = arena_str(x->arena, value_text(&inputs->members[i].key));
		parts[i].text = digest ? arena_str(x->arena, value_text(digest)) : STR_EMPTY;
	}
	x->likeness->inputs = parts;
	x->likeness->n_inputs = n;
}

int
likeness_read(struct store *store, const struct digest *plan, struct arena *arena,
	struct likeness *ret_likeness, struct err *err)
{
	AUTO_ARENA struct arena head = ARENA_INIT;
	struct likeness likeness = {.by_name = MAP_INIT};
	struct reading x = {.store = store,
		.arena = arena,
		.scratch = ARENA_INIT,
		.likeness = &likeness,
		.text = BUF_INIT(PLAN_MAX)};
	const struct value *steps;
	int64_t n = 0;
	int r = fetch(&x, plan, &head, &x.head, err);

	steps = r == 0 ? value_get(x.head, STR("steps")) : NULL;
	if (steps && value_to_i64(steps, &n) && n > 0) {
		likeness.n_steps = (size_t)n;
		likeness.steps = ARENA_ARRAY(arena, likeness.n_steps, struct likeness_step);
	}
	if (r == 0)
		r = read_chunks(&x, true, err);
	if (r == 0)
		r = read_chunks(&x, false, err);
	if (r == 0)
		read_inputs(&x);
	arena_done(&x.scratch);
	buf_done(&x.text);
	if (r < 0) {
		map_done(&likeness.by_name);
		return err_wrap(err, "compare plans");
	}
	*ret_likeness = likeness;
	return 0;
}

void
likeness_done(struct likeness *likeness)
{
	map_done(&likeness->by_name);
}

static void
add_label(struct buf *b, const char *before, struct str label)
{
	static const char settings[] = "settings.";

	if (str_starts(label, STR("settings.")))
		label = (struct str){
			label.p + sizeof(settings) - 1, label.n - (sizeof(settings) - 1)};
	buf_printf(b, "%s%s%.*s", b->n ? ", " : "", before, STR_ARG(label));
}

/* Both lists are in the order of their labels. */
static void
compare_lists(const struct likeness_step *was, const struct likeness_step *is, struct buf *b)
{
	size_t i = 0;
	size_t j = 0;

	while (i < was->n || j < is->n) {
		int order = i == was->n ? 1
			: j == is->n    ? -1
					: str_compare(was->parts[i].label, is->parts[j].label);

		if (order < 0)
			add_label(b, "", was->parts[i].label);
		else if (order > 0 || !str_equal(was->parts[i].text, is->parts[j].text))
			add_label(b, "", is->parts[j].label);
		i += order <= 0;
		j += order >= 0;
	}
}

static bool
speaks_of(const struct likeness_step *step, struct str what)
{
	for (size_t i = 0; i < step->n; i++)
		if (memmem(step->parts[i].text.p, step->parts[i].text.n, what.p, what.n))
			return true;
	return false;
}

/* As expressions write it. */
static bool
names_input(const struct likeness_step *step, struct str name, struct arena *arena)
{
	return speaks_of(step, str_of(arena_printf(arena, "inputs.%.*s", STR_ARG(name)))) ||
		speaks_of(step, str_of(arena_printf(arena, "inputs['%.*s']", STR_ARG(name))));
}

static struct str
input_digest(const struct likeness *likeness, struct str name)
{
	for (size_t i = 0; i < likeness->n_inputs; i++)
		if (str_equal(likeness->inputs[i].label, name))
			return likeness->inputs[i].text;
	return STR_EMPTY;
}

struct str
likeness_compare(const struct likeness *before, const struct likeness_step *was,
	const struct likeness *after, const struct likeness_step *is, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	compare_lists(was, is, &b);
	for (size_t i = 0; i < after->n_inputs; i++) {
		struct str name = after->inputs[i].label;

		if (!str_equal(after->inputs[i].text, input_digest(before, name)) &&
			names_input(is, name, arena))
			add_label(&b, "inputs.", name);
	}
	return arena_str(arena, buf_str(&b));
}
