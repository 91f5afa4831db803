#include "route/facts.h"

#include "json/key_table.h"
#include "json/word.h"

#define COUNT_MAX UINT32_MAX
#define LIST_MAX 100000

enum fact {
	FACT_STEP,
	FACT_STATUS,
	FACT_ERROR,
	FACT_EXIT,
	FACT_TRIES,
	FACT_ATTEMPTS,
	FACT_RETRIES,
	FACT_REPEATABLE,
	FACT_TOLERATED,
	FACT_VIOLATIONS,
	FACT_GATED,
	FACT_LABELS_MISSING,
	FACT_EXHAUSTED,
	FACT_VISITS,
	FACT_GATES,
	FACT_APPLIED,
	FACT_COUNT
};

static const struct key of_facts[] = {
	KEY_ENTRY("step", FACT_STEP, KEY_TEXT | KEY_NULL,
		"a step, or null for the end of the run"),
	KEY_ENTRY("status", FACT_STATUS, KEY_TEXT, "a status such as failed"),
	KEY_ENTRY("error", FACT_ERROR, KEY_TEXT, "a class of failures such as exit"),
	KEY_ENTRY("exit", FACT_EXIT, KEY_NUMBER, "an exit code"),
	KEY_ENTRY("tries", FACT_TRIES, KEY_NUMBER, "a whole number"),
	KEY_ENTRY("attempts", FACT_ATTEMPTS, KEY_NUMBER, "a whole number"),
	KEY_ENTRY("retries", FACT_RETRIES, KEY_BOOL, "true or false"),
	KEY_ENTRY("repeatable", FACT_REPEATABLE, KEY_BOOL, "true or false"),
	KEY_ENTRY("tolerated", FACT_TOLERATED, KEY_BOOL, "true or false"),
	KEY_ENTRY("gated", FACT_GATED, KEY_BOOL, "true or false"),
	KEY_ENTRY("violations", FACT_VIOLATIONS, KEY_LIST,
		"a list of clauses, such as [ write ]"),
	KEY_ENTRY("labels_missing", FACT_LABELS_MISSING, KEY_LIST, "a list of labels"),
	KEY_ENTRY("exhausted", FACT_EXHAUSTED, KEY_LIST, "a list of bounds, such as [ wall ]"),
	KEY_ENTRY("visits", FACT_VISITS, KEY_MAP, "a map such as { fix: 2 }"),
	KEY_ENTRY("gates", FACT_GATES, KEY_MAP,
		"a map such as { fix.tests: { status: failed } }"),
	KEY_ENTRY("applied", FACT_APPLIED, KEY_MAP, "a map of rules to numbers"),
};
static const struct key_table facts_keys = {
	"a file of facts", of_facts, ARRAY_SIZE(of_facts), FACT_COUNT, NULL};

enum { GATE_STATUS, GATE_METRICS, GATE_KEYS };
static const struct key of_gate[] = {
	KEY_ENTRY("status", GATE_STATUS, KEY_TEXT, "passed, failed or error"),
	KEY_ENTRY("metrics", GATE_METRICS, KEY_MAP, "a map such as { coverage: 80 }"),
};
static const struct key_table gate_keys = {
	"a gate", of_gate, ARRAY_SIZE(of_gate), GATE_KEYS, NULL};

struct facts_reading {
	struct findings *findings;
	struct arena *arena;
	const struct value *keys[FACT_COUNT];
};

static bool
read_word(struct facts_reading *r, const struct place *place, const struct value *v,
	const struct terms *terms, uint32_t *ret_number)
{
	AUTO_BUF struct buf known = BUF_INIT(1024);
	struct str candidates[32];

	if (v->kind == VALUE_STRING && terms_find(terms, value_text(v), ret_number))
		return true;
	for (uint32_t i = 0; i < terms->n; i++) {
		candidates[i] = str_of(terms->names[i]);
		buf_printf(&known, "%s%s", i ? ", " : "", terms->names[i]);
	}
	finding_error(r->findings, place, v->offset, "%s is not %s (%s)%s",
		value_describe(r->arena, v), terms->what, buf_cstr(&known),
		v->kind == VALUE_STRING
			? finding_suggestion(r->findings, value_text(v), candidates, terms->n)
			: "");
	return false;
}

static unsigned
read_words(struct facts_reading *r, enum fact fact, const struct terms *terms)
{
	struct place place = {NULL, of_facts[fact].name, STR_EMPTY};
	const struct value *v = r->keys[fact];
	unsigned bits = 0;

	for (uint32_t i = 0; v && i < v->n; i++) {
		uint32_t number;

		if (read_word(r, &place, &v->items[i], terms, &number))
			bits |= 1U << number;
	}
	return bits;
}

static void
read_number(struct facts_reading *r, const struct place *place, const struct value *v,
	uint32_t least, uint32_t most, uint32_t *number)
{
	int64_t n;

	if (!v)
		return;
	if (value_to_i64(v, &n) && n >= least && n <= most)
		*number = (uint32_t)n;
	else
		finding_error(r->findings, place, v->offset,
			"must be a whole number from %u to %u, not %s", least, most,
			value_describe(r->arena, v));
}

static void
read_fact_number(struct facts_reading *r, enum fact fact, uint32_t least, uint32_t most,
	uint32_t *number)
{
	struct place place = {NULL, of_facts[fact].name, STR_EMPTY};

	read_number(r, &place, r->keys[fact], least, most, number);
}

static bool
is_too_long(struct facts_reading *r, enum fact fact)
{
	const struct value *v = r->keys[fact];

	if (!v || v->n <= LIST_MAX)
		return false;
	finding_error(r->findings, NULL, v->offset, "\"%s\" has more than %d entries",
		of_facts[fact].name, LIST_MAX);
	return true;
}

static const struct route_count *
read_counts(struct facts_reading *r, enum fact fact, uint32_t *ret_n)
{
	struct place place = {NULL, of_facts[fact].name, STR_EMPTY};
	const struct value *v = r->keys[fact];
	struct route_count *counts;

	if (!v || is_too_long(r, fact))
		return NULL;
	counts = ARENA_ARRAY(r->arena, v->n, struct route_count);
	for (uint32_t i = 0; i < v->n; i++) {
		counts[i].name = value_text(&v->members[i].key);
		read_number(r, &place, &v->members[i].value, 0, COUNT_MAX, &counts[i].n);
	}
	*ret_n = v->n;
	return counts;
}

static void
read_metrics(struct facts_reading *r, const struct place *place, const struct value *v,
	struct route_gate *gate)
{
	struct route_metric *metrics = ARENA_ARRAY(r->arena, v->n, struct route_metric);

	for (uint32_t i = 0; i < v->n; i++) {
		const struct member *member = &v->members[i];

		metrics[i].name = value_text(&member->key);
		metrics[i].number = value_text(&member->value);
		if (member->value.kind != VALUE_NUMBER)
			finding_error(r->findings, place, member->value.offset,
				"metric \"%.*s\" must be a number, not %s",
				(int)MIN(member->key.n, 100), member->key.text,
				value_describe(r->arena, &member->value));
	}
	gate->metrics = metrics;
	gate->n_metrics = v->n;
}

static void
read_gate(struct facts_reading *r, const struct member *member, struct route_gate *gate)
{
	struct place place = {NULL, "gate", value_text(&member->key)};
	const struct value *keys[GATE_KEYS];
	uint32_t number = 0;

	gate->name = value_text(&member->key);
	if (member->value.kind != VALUE_OBJECT) {
		finding_error(r->findings, &place, member->value.offset,
			"must be a map such as { status: failed }, not %s",
			value_describe(r->arena, &member->value));
		return;
	}
	keys_read(r->findings, &place, &gate_keys, &member->value, keys, NULL);
	if (!keys[GATE_STATUS])
		finding_error(r->findings, &place, member->value.offset,
			"\"status\" is missing: passed, failed or error");
	else if (read_word(r, &place, keys[GATE_STATUS], &route_verdicts, &number))
		gate->verdict = (enum route_verdict)number;
	if (keys[GATE_METRICS])
		read_metrics(r, &place, keys[GATE_METRICS], gate);
}

static void
read_gates(struct facts_reading *r, struct route_facts *facts)
{
	const struct value *v = r->keys[FACT_GATES];
	struct route_gate *gates;

	if (!v || is_too_long(r, FACT_GATES))
		return;
	gates = ARENA_ARRAY(r->arena, v->n, struct route_gate);
	for (uint32_t i = 0; i < v->n; i++)
		read_gate(r, &v->members[i], &gates[i]);
	facts->gates = gates;
	facts->n_gates = v->n;
}

static void
read_labels(struct facts_reading *r, struct route_facts *facts)
{
	const struct value *v = r->keys[FACT_LABELS_MISSING];
	struct str *labels;

	if (!v || is_too_long(r, FACT_LABELS_MISSING))
		return;
	labels = ARENA_ARRAY(r->arena, v->n, struct str);
	for (uint32_t i = 0; i < v->n; i++) {
		labels[i] = value_text(&v->items[i]);
		if (v->items[i].kind != VALUE_STRING)
			finding_error(r->findings, NULL, v->items[i].offset,
				"\"labels_missing\" must hold labels, not %s",
				value_describe(r->arena, &v->items[i]));
	}
	facts->labels = labels;
	facts->n_labels = v->n;
}

/* What a failure is; all of it needs one. */
static void
read_failure(struct facts_reading *r, struct route_facts *facts)
{
	static const enum fact of_failure[] = {FACT_ERROR, FACT_EXIT};
	struct place place = {NULL, "error", STR_EMPTY};
	uint32_t number = 0;

	for (size_t i = 0; i < ARRAY_SIZE(of_failure); i++)
		if (r->keys[of_failure[i]] && facts->status != ROUTE_FAILED)
			finding_error(r->findings, NULL, r->keys[of_failure[i]]->offset,
				"\"%s\" is there where \"status\" is failed only",
				of_facts[of_failure[i]].name);
	if (r->keys[FACT_ERROR]) {
		facts->has_error =
			read_word(r, &place, r->keys[FACT_ERROR], &route_errors, &number);
		facts->error = (enum route_error)number;
	}
	number = 0;
	read_fact_number(r, FACT_EXIT, 0, UINT8_MAX, &number);
	facts->has_exit = r->keys[FACT_EXIT] != NULL;
	facts->exit = (uint8_t)number;
	read_fact_number(r, FACT_TRIES, 1, COUNT_MAX, &facts->tries);
	read_fact_number(r, FACT_ATTEMPTS, 1, COUNT_MAX, &facts->attempts);
	if (r->keys[FACT_RETRIES])
		facts->retries = value_is_true(r->keys[FACT_RETRIES]);
	if (r->keys[FACT_REPEATABLE])
		facts->repeatable = value_is_true(r->keys[FACT_REPEATABLE]);
	if (r->keys[FACT_TOLERATED])
		facts->tolerated = value_is_true(r->keys[FACT_TOLERATED]);
	if (r->keys[FACT_GATED])
		facts->gated = value_is_true(r->keys[FACT_GATED]);
}

static void
read_subject(struct facts_reading *r, const struct value *v, struct route_facts *facts)
{
	static const char *const required[] = {"step", "status"};
	struct place place = {NULL, "status", STR_EMPTY};
	struct keys_found found;
	uint32_t number = 0;

	keys_read(r->findings, NULL, &facts_keys, v, r->keys, &found);
	for (unsigned i = 0; i < ARRAY_SIZE(required); i++)
		if (!(found.seen & 1U << i))
			finding_error(r->findings, NULL, v->offset,
				"\"%s\" is missing; facts say at least which step ended, and "
				"how: "
				"step and status",
				required[i]);
	if (r->keys[FACT_STEP])
		facts->step = value_text(r->keys[FACT_STEP]);
	if (r->keys[FACT_STATUS] &&
		read_word(r, &place, r->keys[FACT_STATUS], &route_statuses, &number))
		facts->status = (enum route_status)number;
}

void
route_facts_read(struct findings *findings, struct arena *arena, const struct value *v,
	struct route_facts *ret_facts)
{
	struct facts_reading r = {.findings = findings, .arena = arena};

	*ret_facts = ROUTE_FACTS_INIT;
	if (v->kind != VALUE_OBJECT) {
		finding_error(findings, NULL, v->offset,
			"facts are a map such as { step: fix, status: failed }, not %s",
			value_describe(arena, v));
		return;
	}
	read_subject(&r, v, ret_facts);
	read_failure(&r, ret_facts);
	ret_facts->clauses = read_words(&r, FACT_VIOLATIONS, &route_clauses);
	ret_facts->exhausted = read_words(&r, FACT_EXHAUSTED, &route_bounds);
	read_labels(&r, ret_facts);
	ret_facts->visits = read_counts(&r, FACT_VISITS, &ret_facts->n_visits);
	read_gates(&r, ret_facts);
	ret_facts->applied = read_counts(&r, FACT_APPLIED, &ret_facts->n_applied);
}
