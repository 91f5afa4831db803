#include "graph/effects.h"

#include "graph/loader_step.h"
#include "graph/runner.h"
#include "json/json.h"

static const struct word words[] = {
	{"idempotent", NULL, EFFECT_IDEMPOTENT},
	{"pure", NULL, EFFECT_PURE},
	{"once", NULL, EFFECT_ONCE},
};

static const char *const names[] = {"idempotent", "pure", "once"};

/* What the word says; an unknown one is said to be none. */
static enum effect
effect_of(const struct value *effects)
{
	const struct word *word =
		effects ? word_find(words, ARRAY_SIZE(words), value_text(effects)) : NULL;

	return word ? (enum effect)word->number : EFFECT_IDEMPOTENT;
}

bool
effects_are_once(const struct declared_step *step)
{
	return effect_of(step->keys[STEP_EFFECTS]) == EFFECT_ONCE;
}

static void
check_word(struct workflow *w, const struct place *place, const struct value *effects)
{
	struct str candidates[ARRAY_SIZE(words)];

	if (word_find(words, ARRAY_SIZE(words), value_text(effects)))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		candidates[i] = str_of(words[i].name);
	finding_error(&w->findings, place, effects->offset,
		"\"effects\" must be pure, idempotent or once, not \"%.*s\"%s",
		(int)MIN(effects->n, 60), effects->text,
		finding_suggestion(
			&w->findings, value_text(effects), candidates, ARRAY_SIZE(candidates)));
}

static void
check_key(const struct reference_place *at, const struct value *key)
{
	struct findings *findings = &at->workflow->findings;

	if (!str_trim(value_text(key)).n)
		finding_error(findings, at->place, key->offset,
			"\"once_key\" is empty; leave it out for one of the run, the step and "
			"its item");
	else if (key->n > ONCE_KEY_MAX)
		finding_error(findings, at->place, key->offset,
			"\"once_key\" has %u bytes, more than %d", key->n, ONCE_KEY_MAX);
	else
		references_check(at, key);
}

/* Without a probe nobody can say that a second attempt is allowed. */
static void
check_retry(struct workflow *w, const struct place *place, const struct value *retry)
{
	const struct value *attempts = value_get(retry, STR("attempts"));
	int64_t n;

	if (attempts && value_to_i64(attempts, &n) && n > 1)
		finding_error(&w->findings, place, attempts->offset,
			"a step whose effects are once is tried again only where its `probe` "
			"says that nothing has happened; give it one, or leave out \"retry\"");
}

void
effects_check(struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct value *const *keys = w->steps[step].keys;
	struct reference_place at = {w, place, step, MAY_PATH, "once_key", edges};
	struct place inner = {place, "probe", STR_EMPTY};
	const struct value *alone =
		keys[STEP_ONCE_KEY] ? keys[STEP_ONCE_KEY] : keys[STEP_PROBE];

	if (keys[STEP_EFFECTS])
		check_word(w, place, keys[STEP_EFFECTS]);
	if (keys[STEP_ONCE_KEY])
		check_key(&at, keys[STEP_ONCE_KEY]);
	at.place = &inner;
	at.what = "a probe";
	if (keys[STEP_PROBE])
		runner_check_map(&at, keys[STEP_PROBE]);
	if (effect_of(keys[STEP_EFFECTS]) != EFFECT_ONCE) {
		if (alone)
			finding_error(&w->findings, place, alone->offset,
				"`once_key` and `probe` are for steps with effects: once");
		return;
	}
	if (keys[STEP_RETRY] && !keys[STEP_PROBE])
		check_retry(w, place, keys[STEP_RETRY]);
}

/* Members in canonical order: effect, key, probe. */
int
planner_write_effects(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	const struct value *const *keys = step->keys;
	enum effect effect = effect_of(keys[STEP_EFFECTS]);
	int r = 0;

	if (effect == EFFECT_IDEMPOTENT)
		return 0;
	buf_printf(b, ",\"effects\":{\"effect\":\"%s\"", names[effect]);
	if (keys[STEP_ONCE_KEY]) {
		buf_add_cstr(b, ",\"key\":");
		r = planner_write_template(p, keys[STEP_ONCE_KEY], b, err);
	}
	if (r == 0 && keys[STEP_PROBE]) {
		buf_add_cstr(b, ",\"probe\":");
		r = runner_write(p, keys[STEP_PROBE], b, err);
	}
	buf_add_char(b, '}');
	return r;
}

enum { LOADED_EFFECT, LOADED_KEY, LOADED_PROBE, LOADED };

static const struct shape effects_shape[] = {
	[LOADED_EFFECT] = {"effect", KEY_TEXT, true},
	[LOADED_KEY] = {"key", KEY_TEXT | KEY_MAP, false},
	[LOADED_PROBE] = {"probe", KEY_MAP, false},
};

int
loader_read_effects(struct loader *l, const struct value *v, struct step *step, uint32_t number,
	struct err *err)
{
	const struct loader_text at = {.step = number, .may = MAY_PATH};
	const struct value *members[LOADED];
	struct step_effects *effects;
	int r = loader_read_object(v, "effects", effects_shape, LOADED, members, err);

	if (r < 0)
		return r;
	if (!word_find(words, ARRAY_SIZE(words), value_text(members[LOADED_EFFECT])))
		return loader_corrupt(err, "a step has effects of no known kind");
	effects = ARENA_NEW(&l->graph->arena, struct step_effects);
	effects->effect = effect_of(members[LOADED_EFFECT]);
	step->effects = effects;
	l->graph->has_once |= effects->effect == EFFECT_ONCE;
	effects->has_key = members[LOADED_KEY] != NULL;
	effects->has_probe = members[LOADED_PROBE] != NULL;
	if (effects->effect != EFFECT_ONCE && (effects->has_key || effects->has_probe))
		return loader_corrupt(err, "a step has a key for what it may repeat");
	if (effects->has_key)
		r = loader_read_template(l, members[LOADED_KEY], &at, &effects->key, err);
	if (r == 0 && effects->has_probe)
		r = runner_load(l, members[LOADED_PROBE], &at, &effects->probe, err);
	return r;
}
