#include "base/memory.h"
#include "route/reading.h"
#include "json/number.h"

#define METRICS_MAX 100
#define NAMES_MAX 10000

#define A_WORD (KEY_TEXT | KEY_LIST)

static const struct key of_when[] = {
	KEY_ENTRY("step", ASK_STEP, A_WORD, "a step or a list of steps"),
	KEY_ENTRY("status", ASK_STATUS, A_WORD, "a status such as failed, or a list of them"),
	KEY_ENTRY("error", ASK_ERROR, A_WORD, "a class of failures such as timeout, or a list"),
	KEY_ENTRY("exit", ASK_EXIT, KEY_NUMBER | KEY_LIST, "an exit code, or a list of them"),
	KEY_ENTRY("gate", ASK_GATE, KEY_TEXT, "STEP.GATE or run.GATE"),
	KEY_ENTRY("gate_status", ASK_GATE_STATUS, A_WORD, "passed, failed or error"),
	KEY_ENTRY("metric", ASK_METRIC, KEY_MAP, "a map such as { coverage: { below: 80 } }"),
	KEY_ENTRY("violation", ASK_VIOLATION, A_WORD | KEY_BOOL,
		"true, a clause of the policy such as write, or a list of them"),
	KEY_ENTRY("label_missing", ASK_LABEL_MISSING, A_WORD | KEY_BOOL,
		"true, a label, or a list of labels"),
	KEY_ENTRY("exhausted", ASK_EXHAUSTED, A_WORD | KEY_BOOL,
		"true (the step is not tried again by its `retry`), a bound of the run such as "
		"wall, or a list of them"),
	KEY_ENTRY("visits", ASK_VISITS, KEY_MAP, "a map such as { step: fix, below: 3 }"),
};
static const struct key_table when_keys = {
	"\"when\"", of_when, ARRAY_SIZE(of_when), ASK_COUNT, NULL};

enum { METRIC_BELOW, METRIC_ABOVE, METRIC_KEYS };
static const struct key of_metric[] = {
	KEY_ENTRY("below", METRIC_BELOW, KEY_NUMBER, "a number"),
	KEY_ENTRY("above", METRIC_ABOVE, KEY_NUMBER, "a number"),
};
static const struct key_table metric_keys = {
	"a metric", of_metric, ARRAY_SIZE(of_metric), METRIC_KEYS, NULL};

enum { VISITS_STEP, VISITS_BELOW, VISITS_KEYS };
static const struct key of_visits[] = {
	KEY_ENTRY("step", VISITS_STEP, KEY_TEXT, "a step"),
	KEY_ENTRY("below", VISITS_BELOW, KEY_NUMBER, "a whole number"),
};
static const struct key_table visits_keys = {
	"\"visits\"", of_visits, ARRAY_SIZE(of_visits), VISITS_KEYS, NULL};

/* --- lists --- */

uint32_t
list_count(const struct value *v)
{
	return v->kind == VALUE_ARRAY ? v->n : 1;
}

const struct value *
list_item(const struct value *v, uint32_t i)
{
	return v->kind == VALUE_ARRAY ? &v->items[i] : v;
}

static bool
refuse_empty(struct rule_reading *r, const struct place *place, const char *key,
	const struct value *v)
{
	if (list_count(v))
		return false;
	finding_error(r->findings, place, v->offset,
		"\"%s\" is an empty list; say what it may be, or leave it out", key);
	return true;
}

static int
compare_names(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

void
list_read_names(struct rule_reading *r, const struct place *place, const char *key,
	const struct value *v, const struct str **ret_names, uint32_t *ret_n)
{
	uint32_t count = list_count(v);
	struct str *names;
	uint32_t n = 0;

	if (refuse_empty(r, place, key, v))
		return;
	if (count > NAMES_MAX) {
		finding_error(r->findings, place, v->offset, "\"%s\" has more than %d names",
			key, NAMES_MAX);
		return;
	}
	names = ARENA_ARRAY(r->arena, count, struct str);
	for (uint32_t i = 0; i < count; i++) {
		const struct value *item = list_item(v, i);

		if (item->kind == VALUE_STRING && item->n)
			names[n++] = value_text(item);
		else
			finding_error(r->findings, place, item->offset,
				"\"%s\" must hold names, not %s", key,
				value_describe(r->arena, item));
	}
	if (n > 1)
		qsort(names, n, sizeof(*names), compare_names);
	*ret_names = names;
	*ret_n = 0;
	for (uint32_t i = 0; i < n; i++)
		if (!i || !str_equal(names[i], names[*ret_n - 1]))
			names[(*ret_n)++] = names[i];
}

bool
list_has_name(const struct str *names, uint32_t n, struct str name)
{
	return n && bsearch(&name, names, n, sizeof(*names), compare_names);
}

static void
refuse_word(struct rule_reading *r, const char *key, const struct terms *terms,
	const struct value *item)
{
	AUTO_BUF struct buf known = BUF_INIT(1024);
	struct str candidates[32];

	for (uint32_t i = 0; i < terms->n; i++) {
		candidates[i] = str_of(terms->names[i]);
		buf_printf(&known, "%s%s", i ? ", " : "", terms->names[i]);
	}
	finding_error(r->findings, &r->when_place, item->offset, "\"%s\": %s is not %s (%s)%s",
		key, value_describe(r->arena, item), terms->what, buf_cstr(&known),
		item->kind == VALUE_STRING ? finding_suggestion(r->findings, value_text(item),
						     candidates, terms->n)
					   : "");
}

static unsigned
read_words(struct rule_reading *r, enum rule_ask ask, const struct terms *terms)
{
	const char *key = of_when[ask].name;
	const struct value *v = r->when[ask];
	unsigned bits = 0;

	(void)refuse_empty(r, &r->when_place, key, v);
	for (uint32_t i = 0; i < list_count(v); i++) {
		const struct value *item = list_item(v, i);
		uint32_t number;

		if (item->kind == VALUE_STRING && terms_find(terms, value_text(item), &number))
			bits |= terms_meaning(terms, number);
		else
			refuse_word(r, key, terms, item);
	}
	return bits;
}

/* `true` where any will do. There is no asking that something is not so: false says nothing. */
static bool
is_any(struct rule_reading *r, enum rule_ask ask)
{
	const struct value *v = r->when[ask];

	if (v->kind != VALUE_BOOL)
		return false;
	if (!value_is_true(v))
		finding_error(r->findings, &r->when_place, v->offset,
			"\"%s: false\" is no condition; leave it out, or put a rule for the "
			"other "
			"case in front of this one",
			of_when[ask].name);
	return true;
}

/* --- conditions --- */

static void
read_exits(struct rule_reading *r, const struct value *v, struct exit_set *set)
{
	(void)refuse_empty(r, &r->when_place, "exit", v);
	for (uint32_t i = 0; i < list_count(v); i++) {
		const struct value *item = list_item(v, i);
		int64_t code;

		if (value_to_i64(item, &code) && code >= 0 && code <= UINT8_MAX)
			exit_set_add(set, (uint8_t)code);
		else
			finding_error(r->findings, &r->when_place, item->offset,
				"\"exit\" must be a whole number from 0 to 255, not %s",
				value_describe(r->arena, item));
	}
}

static void
read_metric(struct rule_reading *r, const struct member *member, struct rule_metric *metric)
{
	struct place place = {&r->when_place, "metric", value_text(&member->key)};
	const struct value *keys[METRIC_KEYS];

	metric->name = value_text(&member->key);
	if (!str_is_name(metric->name))
		finding_error(r->findings, &r->when_place, member->key.offset,
			"\"%.*s\" is not a name for a metric", (int)MIN(metric->name.n, 150),
			metric->name.p);
	if (member->value.kind != VALUE_OBJECT) {
		finding_error(r->findings, &place, member->value.offset,
			"must be a map such as { below: 80 }, not %s",
			value_describe(r->arena, &member->value));
		return;
	}
	keys_read(r->findings, &place, &metric_keys, &member->value, keys, NULL);
	if (keys[METRIC_BELOW])
		metric->below = value_text(keys[METRIC_BELOW]);
	if (keys[METRIC_ABOVE])
		metric->above = value_text(keys[METRIC_ABOVE]);
	if (!metric->below.n && !metric->above.n)
		finding_error(r->findings, &place, member->value.offset,
			"says nothing; give \"below\", \"above\" or both");
	else if (metric->below.n && metric->above.n &&
		number_compare(metric->below, metric->above) <= 0)
		finding_error(r->findings, &place, member->value.offset,
			"no number is above %.*s and below %.*s", (int)MIN(metric->above.n, 60),
			metric->above.p, (int)MIN(metric->below.n, 60), metric->below.p);
}

static int
compare_metrics(const void *left, const void *right)
{
	const struct rule_metric *a = left;
	const struct rule_metric *b = right;

	return str_compare(a->name, b->name);
}

static void
read_metrics(struct rule_reading *r, const struct value *v)
{
	struct rule_metric *metrics;

	if (!v->n || v->n > METRICS_MAX) {
		finding_error(r->findings, &r->when_place, v->offset,
			v->n ? "\"metric\" has more than %d metrics"
			     : "\"metric\" is empty; it has 1 to %d metrics",
			METRICS_MAX);
		return;
	}
	metrics = ARENA_ARRAY(r->arena, v->n, struct rule_metric);
	for (uint32_t i = 0; i < v->n; i++)
		read_metric(r, &v->members[i], &metrics[i]);
	qsort(metrics, v->n, sizeof(*metrics), compare_metrics);
	r->rule->when.metrics = metrics;
	r->rule->when.n_metrics = v->n;
}

static void
read_visits(struct rule_reading *r, const struct value *v)
{
	struct place place = {&r->when_place, "visits", STR_EMPTY};
	const struct value *keys[VISITS_KEYS];
	struct rule_when *when = &r->rule->when;
	struct keys_found found;
	int64_t below;

	keys_read(r->findings, &place, &visits_keys, v, keys, &found);
	r->visits_step = keys[VISITS_STEP];
	if (r->visits_step)
		when->visits_of = value_text(r->visits_step);
	if (!(found.seen & 1U << VISITS_BELOW)) {
		finding_error(r->findings, &place, v->offset, "\"below\" is missing: below: 3");
		return;
	}
	if (!keys[VISITS_BELOW])
		return;
	if (value_to_i64(keys[VISITS_BELOW], &below) && below >= 2 && below <= RULE_TIMES_MAX)
		when->visits_below = (uint32_t)below;
	else
		finding_error(r->findings, &place, keys[VISITS_BELOW]->offset,
			"\"below\" must be a whole number from 2 to %d (the first visit "
			"counts), not %s",
			RULE_TIMES_MAX, value_describe(r->arena, keys[VISITS_BELOW]));
}

static void
read_ended(struct rule_reading *r, struct rule_when *when)
{
	if (r->when[ASK_STEP])
		list_read_names(r, &r->when_place, "step", r->when[ASK_STEP], &when->steps,
			&when->n_steps);
	if (r->when[ASK_STATUS])
		when->statuses = read_words(r, ASK_STATUS, &route_statuses);
	if (r->when[ASK_ERROR])
		when->errors = read_words(r, ASK_ERROR, &route_errors);
	if (r->when[ASK_EXIT])
		read_exits(r, r->when[ASK_EXIT], &when->exits);
	if (r->when[ASK_GATE])
		when->gate = value_text(r->when[ASK_GATE]);
	if (r->when[ASK_GATE_STATUS])
		when->verdicts = read_words(r, ASK_GATE_STATUS, &route_verdicts);
	if (r->when[ASK_METRIC])
		read_metrics(r, r->when[ASK_METRIC]);
}

static void
read_rest(struct rule_reading *r, struct rule_when *when)
{
	if (r->when[ASK_VIOLATION])
		when->clauses = is_any(r, ASK_VIOLATION)
			? terms_all(&route_clauses)
			: read_words(r, ASK_VIOLATION, &route_clauses);
	if (r->when[ASK_LABEL_MISSING] && !is_any(r, ASK_LABEL_MISSING))
		list_read_names(r, &r->when_place, "label_missing", r->when[ASK_LABEL_MISSING],
			&when->labels, &when->n_labels);
	if (r->when[ASK_EXHAUSTED]) {
		when->exhausted_tries = is_any(r, ASK_EXHAUSTED);
		if (!when->exhausted_tries)
			when->exhausted = read_words(r, ASK_EXHAUSTED, &route_bounds);
	}
	if (r->when[ASK_VISITS])
		read_visits(r, r->when[ASK_VISITS]);
}

void
rule_when_read(struct rule_reading *r, const struct value *when)
{
	keys_read(r->findings, &r->rule_place, &when_keys, when, r->when, NULL);
	for (unsigned i = 0; i < ASK_COUNT; i++)
		if (r->when[i])
			r->rule->when.asks |= 1U << i;
	read_ended(r, &r->rule->when);
	read_rest(r, &r->rule->when);
}
