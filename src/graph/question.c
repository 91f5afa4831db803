#include "graph/question.h"

#include "graph/declared_schema.h"
#include "graph/effects.h"
#include "graph/settings.h"
#include "json/json.h"

static const struct word kinds[] = {
	{"answer", NULL, QUESTION_ANSWER},
	{"start", NULL, QUESTION_START},
	{"commit", NULL, QUESTION_COMMIT},
};

/* --- declaring --- */

static const struct value *
human_of(const struct declared_step *step)
{
	const struct value *human = step->keys[STEP_HUMAN];

	return human && human->kind == VALUE_OBJECT ? human : NULL;
}

static void
set_member(struct member *member, const char *key, struct value value, uint32_t offset)
{
	value.offset = offset;
	*member = (struct member){.key = value_string(str_of(key)), .value = value};
	member->key.offset = offset;
}

void
question_declare(struct workflow *w, struct declared_step *step)
{
	const struct value *human = human_of(step);
	const struct value *schema = value_get(human, STR("schema"));
	bool has_schema = schema && schema->kind == VALUE_STRING;
	struct member *port = ARENA_ARRAY(&w->arena, 2, struct member);
	struct member *answer = ARENA_NEW(&w->arena, struct member);
	struct value *out = ARENA_NEW(&w->arena, struct value);

	if (!human)
		return;
	set_member(&port[0], "type", value_string(has_schema ? STR("json") : STR("text")),
		human->offset);
	if (has_schema)
		set_member(&port[1], "schema", *schema, schema->offset);
	set_member(answer, "answer", value_object(port, has_schema ? 2 : 1), human->offset);
	*out = value_object(answer, 1);
	out->offset = human->offset;
	step->keys[STEP_OUT] = out;
}

/* One may stand by itself, several in a list. */
static const struct value *
items_of(const struct value *v, uint32_t *ret_n)
{
	*ret_n = v->kind == VALUE_ARRAY ? v->n : 1;
	return v->kind == VALUE_ARRAY ? v->items : v;
}

/* --- checking --- */

static void
check_ask(const struct reference_place *at, const struct value *v, const struct value *ask)
{
	struct findings *findings = &at->workflow->findings;

	if (!ask)
		finding_error(findings, at->place, v->offset,
			"needs `ask`, the question, such as ask: \"Publish ${{ params.version "
			"}}?\"");
	else if (!str_trim(value_text(ask)).n)
		finding_error(findings, at->place, ask->offset, "\"ask\" is empty");
	else if (ask->n > QUESTION_TEXT_MAX)
		finding_error(findings, at->place, ask->offset,
			"\"ask\" has %u bytes, more than %zu", ask->n, QUESTION_TEXT_MAX);
	else
		references_check(at, ask);
}

static void
check_show(const struct reference_place *at, const struct value *show)
{
	struct findings *findings = &at->workflow->findings;
	uint32_t n;
	const struct value *items = items_of(show, &n);

	if (n > QUESTION_SHOW_MAX)
		finding_error(findings, at->place, show->offset,
			"%u things to be shown, more than %d", n, QUESTION_SHOW_MAX);
	for (uint32_t i = 0; i < n; i++) {
		const struct value *item = &items[i];
		size_t errors = findings->errors;
		bool is_artifact = false;

		if (item->kind == VALUE_STRING)
			(void)artifact_check(at, item, true, &is_artifact);
		if (!is_artifact && findings->errors == errors)
			finding_error(findings, at->place, item->offset,
				"what is shown must be an artifact, such as "
				"${{ steps.STEP.out.NAME }} or ${{ inputs.NAME }}, not %s",
				value_describe(&at->workflow->arena, item));
	}
}

static void
check_by(struct workflow *w, const struct place *place, const struct value *by)
{
	uint32_t n;
	const struct value *items = items_of(by, &n);

	if (!n || n > QUESTION_BY_MAX)
		finding_error(&w->findings, place, by->offset,
			"\"by\" must name 1 to %d accounts; leave it out where anybody may say "
			"it",
			QUESTION_BY_MAX);
	for (uint32_t i = 0; i < n; i++)
		if (items[i].kind != VALUE_STRING || !items[i].n)
			finding_error(&w->findings, place, items[i].offset,
				"\"by\" names accounts of this machine, such as [ root ], not "
				"%s",
				value_describe(&w->arena, &items[i]));
}

static void
check_expires(struct workflow *w, const struct place *place, const struct value *expires)
{
	if (settings_check_time(w, place, "expires", expires) == 0)
		finding_error(&w->findings, place, expires->offset,
			"\"expires\" must be longer than nothing; leave it out where it is "
			"open for "
			"ever");
}

static void
check_at(struct workflow *w, const struct declared_step *step, const struct place *place,
	const struct value *when)
{
	struct str text = value_text(when);

	if (str_is(text, "commit") && effects_are_once(step))
		finding_error(&w->findings, place, when->offset,
			"\"at: commit\" does not go with effects: once: what must not happen "
			"twice has happened by then, whatever is said; at: start asks before "
			"it is run");
	else if (str_is(text, "commit"))
		return;
	else if (!str_is(text, "start"))
		finding_error(&w->findings, place, when->offset,
			"\"at\" must be start or commit, not \"%.*s\"", (int)MIN(text.n, 60),
			text.p);
}

static void
check_keys(const struct reference_place *at, const struct value *v,
	const struct value *const keys[QUESTION_KEYS])
{
	check_ask(at, v, keys[QUESTION_KEY_ASK]);
	if (keys[QUESTION_KEY_SHOW])
		check_show(at, keys[QUESTION_KEY_SHOW]);
	if (keys[QUESTION_KEY_BY])
		check_by(at->workflow, at->place, keys[QUESTION_KEY_BY]);
	if (keys[QUESTION_KEY_EXPIRES])
		check_expires(at->workflow, at->place, keys[QUESTION_KEY_EXPIRES]);
	if (keys[QUESTION_KEY_AT])
		check_at(at->workflow, &at->workflow->steps[at->step], at->place,
			keys[QUESTION_KEY_AT]);
}

void
question_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct value *human = human_of(&w->steps[step]);
	const struct value *approve = w->steps[step].keys[STEP_APPROVE];
	const struct place inner = {place, human ? "human" : "approve", STR_EMPTY};
	const struct reference_place at = {w, &inner, step, MAY_CONDITION, "a question", edges};
	const struct value *keys[QUESTION_KEYS];

	if (!human && !approve)
		return;
	keys_read(&w->findings, &inner, human ? &human_keys : &approve_keys,
		human ? human : approve, keys, NULL);
	check_keys(&at, human ? human : approve, keys);
	if (human && keys[QUESTION_KEY_SCHEMA] &&
		schema_has_validators(w, value_text(keys[QUESTION_KEY_SCHEMA])))
		finding_later(&w->findings, &inner, keys[QUESTION_KEY_SCHEMA]->offset,
			"validators of the schema of an answer are not honoured by this build "
			"of "
			"lily (gates); name a schema without them, and have a step behind this "
			"one judge the answer");
}

/* --- planning --- */

/* Each as the plan names it. */
static int
write_show(struct planner *p, const struct value *show, struct buf *b, struct err *err)
{
	uint32_t n;
	const struct value *items = items_of(show, &n);
	int r = 0;

	buf_add_cstr(b, ",\"show\":[");
	for (uint32_t i = 0; r == 0 && i < n; i++) {
		struct expr *folded;
		struct str text;

		if (!expression_alone(value_text(&items[i]), false, &text))
			BUG("an artifact that was checked is none");
		if (i)
			buf_add_char(b, ',');
		r = planner_fold(p, &items[i], text, &folded, err);
		if (r == 0)
			r = planner_write_expression(folded, b, err);
	}
	buf_add_char(b, ']');
	return r;
}

/* Members in canonical order: by, expires, kind, show, text. */
static int
write_question(struct planner *p, const struct value *v, enum question_kind kind, struct buf *b,
	struct err *err)
{
	const struct value *by = value_get(v, STR("by"));
	const struct value *expires = value_get(v, STR("expires"));
	const struct value *show = value_get(v, STR("show"));
	uint32_t n = 0;
	const struct value *accounts = by ? items_of(by, &n) : NULL;
	int r = 0;

	buf_add_cstr(b, ",\"question\":{");
	for (uint32_t i = 0; i < n; i++) {
		buf_add_cstr(b, i ? "," : "\"by\":[");
		json_write_string(value_text(&accounts[i]), b);
	}
	if (n)
		buf_add_cstr(b, "],");
	if (expires)
		buf_printf(b, "\"expires\":%lld,", (long long)settings_time(expires));
	buf_printf(b, "\"kind\":\"%s\"", kinds[kind].name);
	if (show)
		r = write_show(p, show, b, err);
	buf_add_cstr(b, ",\"text\":");
	if (r == 0)
		r = planner_write_template(p, value_get(v, STR("ask")), b, err);
	buf_add_char(b, '}');
	return r;
}

int
planner_write_question(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	const struct value *human = human_of(step);
	const struct value *approve = step->keys[STEP_APPROVE];
	const struct value *at;

	if (human)
		return write_question(p, human, QUESTION_ANSWER, b, err);
	if (!approve)
		return 0;
	at = value_get(approve, STR("at"));
	return write_question(p, approve,
		at && str_is(value_text(at), "commit") ? QUESTION_COMMIT : QUESTION_START, b,
		err);
}

/* --- loading --- */

enum { LOADED_BY, LOADED_EXPIRES, LOADED_KIND, LOADED_SHOW, LOADED_TEXT, LOADED };

static const struct shape question_shape[] = {
	[LOADED_BY] = {"by", KEY_LIST, false},
	[LOADED_EXPIRES] = {"expires", KEY_NUMBER, false},
	[LOADED_KIND] = {"kind", KEY_TEXT, true},
	[LOADED_SHOW] = {"show", KEY_LIST, false},
	[LOADED_TEXT] = {"text", KEY_TEXT | KEY_MAP, true},
};

static int
read_show(struct loader *l, const struct value *show, struct step_question *question,
	uint32_t step, struct err *err)
{
	const struct loader_text at = {
		.step = step, .may = 1U << ROOT_STEP | 1U << ROOT_INPUT, .optional = true};
	struct reference *references = ARENA_ARRAY(&l->graph->arena, show->n, struct reference);

	for (uint32_t i = 0; i < show->n; i++) {
		int r = loader_read_reference(
			l, value_text(&show->items[i]), &at, &references[i], err);

		if (r < 0)
			return r;
	}
	question->show = references;
	question->n_show = show->n;
	return 0;
}

static void
read_by(struct loader *l, const struct value *by, struct step_question *question)
{
	struct str *names = ARENA_ARRAY(&l->graph->arena, by->n, struct str);

	for (uint32_t i = 0; i < by->n; i++)
		names[i] = arena_str(&l->graph->arena, value_text(&by->items[i]));
	question->by = names;
	question->n_by = by->n;
}

int
loader_read_question(struct loader *l, const struct value *v, struct step *step,
	uint32_t number, struct err *err)
{
	const struct loader_text at = {.step = number, .may = MAY_CONDITION};
	const struct value *members[LOADED];
	struct step_question *question;
	const struct word *kind;
	uint64_t expires = 0;
	int r = loader_read_object(v, "a question", question_shape, LOADED, members, err);

	if (r < 0)
		return r;
	kind = word_find(kinds, ARRAY_SIZE(kinds), value_text(members[LOADED_KIND]));
	if (!kind)
		return loader_corrupt(err, "a question is of no known kind");
	question = ARENA_NEW(&l->graph->arena, struct step_question);
	question->kind = (enum question_kind)kind->number;
	if (members[LOADED_EXPIRES])
		r = loader_read_number(
			members[LOADED_EXPIRES], "\"expires\"", INT64_MAX, &expires, err);
	question->expires_us = (int64_t)expires;
	if (r == 0)
		r = loader_read_template(l, members[LOADED_TEXT], &at, &question->text, err);
	if (r == 0 && members[LOADED_SHOW])
		r = read_show(l, members[LOADED_SHOW], question, number, err);
	if (r == 0 && members[LOADED_BY])
		read_by(l, members[LOADED_BY], question);
	step->question = question;
	l->graph->has_questions = true;
	return r;
}
