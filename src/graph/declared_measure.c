#include "graph/declared_measure.h"

#include "graph/declaration.h"
#include "graph/declared_gate.h"
#include "graph/declared_previous.h"
#include "graph/step_gates.h"
#include "json/json.h"
#include "json/number.h"

#define METRICS_MAX 1000 /* of one gate */

static const struct key of_metric[] = {
	{"min", NULL, GATE_MIN, KEY_NUMBER, false, "a number"},
	{"max", NULL, GATE_MAX, KEY_NUMBER, false, "a number"},
	{"min_change", NULL, GATE_MIN_CHANGE, KEY_NUMBER, false, "a number, such as -0.5"},
	{"max_change", NULL, GATE_MAX_CHANGE, KEY_NUMBER, false, "a number, such as 0.5"},
};

enum repeat_key { REPEAT_TIMES, REPEAT_PASS, REPEAT_KEYS };

static const struct key of_repeat[] = {
	{"times", NULL, REPEAT_TIMES, KEY_NUMBER, false, "a whole number"},
	{"pass", NULL, REPEAT_PASS, KEY_NUMBER, false, "a whole number"},
};

static const struct key_table metric_keys = {
	"a metric", of_metric, ARRAY_SIZE(of_metric), GATE_LIMITS};
static const struct key_table repeat_keys = {
	"\"repeat\"", of_repeat, ARRAY_SIZE(of_repeat), REPEAT_KEYS};

bool
limit_check(
	const struct reference_place *at, const struct place *place, const struct value *limit)
{
	char nearest[32];
	double number;
	size_t n;

	if (limit->kind != VALUE_NUMBER)
		return false;
	if (!value_to_double(limit, &number)) {
		finding_error(&at->workflow->findings, place, limit->offset,
			"%.*s is larger than a number can be (1.7976931348623157e308)",
			(int)MIN(limit->n, 60), limit->text);
		return false;
	}
	n = json_number_to_text(number, nearest);
	if (number_compare(value_text(limit), (struct str){nearest, n}) == 0)
		return true;
	finding_error(&at->workflow->findings, place, limit->offset,
		"%.*s has more digits than are kept of a limit; write %.*s",
		(int)MIN(limit->n, 60), limit->text, (int)n, nearest);
	return false;
}

/* Both of a pair are there, and no number is within them. */
static void
check_pair(const struct reference_place *at, const struct place *place,
	const struct value *const keys[GATE_LIMITS], enum gate_limit min, enum gate_limit max)
{
	if (!keys[min] || !keys[max] || keys[min]->kind != VALUE_NUMBER ||
		keys[max]->kind != VALUE_NUMBER ||
		number_compare(value_text(keys[min]), value_text(keys[max])) <= 0)
		return;
	finding_error(&at->workflow->findings, place, keys[min]->offset,
		"\"%s\" is more than \"%s\": no value can pass", gate_limit_name(min),
		gate_limit_name(max));
}

static void
check_metric(const struct reference_place *at, const struct member *metric)
{
	struct place place = {at->place, "metrics", value_text(&metric->key)};
	const struct value *keys[GATE_LIMITS];

	if (!str_is_name(value_text(&metric->key)))
		finding_error(&at->workflow->findings, at->place, metric->key.offset,
			"\"%.*s\" is not a name for a metric", (int)MIN(metric->key.n, 150),
			metric->key.text);
	if (metric->value.kind != VALUE_OBJECT) {
		finding_error(&at->workflow->findings, &place, metric->value.offset,
			"must be a map such as { min: 0.8 }, not %s",
			value_describe(&at->workflow->arena, &metric->value));
		return;
	}
	keys_read(&at->workflow->findings, &place, &metric_keys, &metric->value, keys, NULL);
	for (unsigned i = 0; i < GATE_LIMITS; i++)
		if (keys[i] && !limit_check(at, &place, keys[i]))
			return;
	check_pair(at, &place, keys, GATE_MIN, GATE_MAX);
	check_pair(at, &place, keys, GATE_MIN_CHANGE, GATE_MAX_CHANGE);
}

/* The first key that asks for a change; NULL where none does. */
static const struct value *
find_change(const struct value *metrics)
{
	for (uint32_t i = 0; metrics && i < metrics->n; i++)
		for (enum gate_limit limit = GATE_MIN_CHANGE; limit < GATE_LIMITS; limit++) {
			const struct value *v = value_get(
				&metrics->members[i].value, str_of(gate_limit_name(limit)));

			if (v)
				return v;
		}
	return NULL;
}

bool
metrics_ask_for_change(const struct value *gate)
{
	return find_change(value_get(gate, STR("metrics"))) != NULL;
}

/* What the gate is compared with is what it found in an earlier run. */
static void
take_previous(const struct reference_place *at, const struct value *change)
{
	struct workflow *w = at->workflow;
	struct str step = w->steps[at->step].name;
	struct str gate = at->place->name;

	if (w->steps[at->step].template_of != STEP_NONE)
		finding_later(&w->findings, at->place, change->offset,
			"a change of what a gate measures of an item of a foreach is not "
			"honoured by this build of lily (gates): which items there are is "
			"known only when it runs; let a gate of a step behind it judge the "
			"list of all");
	else
		previous_add(w,
			&(struct workflow_previous){
				.name = previous_name_compared(&w->arena, step, "gate", gate),
				.step = step,
				.output = gate,
				.path = gate,
				.is_gate = true,
				.is_compared = true});
}

void
metrics_check(const struct reference_place *at, const struct value *metrics)
{
	const struct value *change = find_change(metrics);

	if (metrics->n > METRICS_MAX)
		finding_error(&at->workflow->findings, at->place, metrics->offset,
			"%u metrics, more than %d", metrics->n, METRICS_MAX);
	for (uint32_t i = 0; i < metrics->n; i++)
		check_metric(at, &metrics->members[i]);
	if (change)
		take_previous(at, change);
}

static bool
read_count(const struct value *v, uint32_t *ret_count)
{
	int64_t n;

	if (!value_to_i64(v, &n) || n < 1 || n > GATE_TIMES_MAX)
		return false;
	*ret_count = (uint32_t)n;
	return true;
}

void
gate_read_repeat(const struct value *gate, uint32_t *ret_times, uint32_t *ret_pass)
{
	const struct value *repeat = value_get(gate, STR("repeat"));
	const struct value *times = value_get(repeat, STR("times"));
	const struct value *pass = value_get(repeat, STR("pass"));

	*ret_times = *ret_pass = 1;
	if (times)
		(void)read_count(times, ret_times);
	if (pass)
		(void)read_count(pass, ret_pass);
}

void
repeat_check(const struct reference_place *at, const struct value *repeat)
{
	struct place place = {at->place, "repeat", STR_EMPTY};
	const struct value *keys[REPEAT_KEYS];
	uint32_t counts[REPEAT_KEYS] = {1, 1};

	keys_read(&at->workflow->findings, &place, &repeat_keys, repeat, keys, NULL);
	for (unsigned i = 0; i < REPEAT_KEYS; i++)
		if (keys[i] && !read_count(keys[i], &counts[i])) {
			finding_error(&at->workflow->findings, &place, keys[i]->offset,
				"\"%s\" must be a whole number from 1 to %d, not %.*s",
				of_repeat[i].name, GATE_TIMES_MAX, (int)MIN(keys[i]->n, 60),
				keys[i]->text);
			return;
		}
	if (counts[REPEAT_PASS] > counts[REPEAT_TIMES])
		finding_error(&at->workflow->findings, &place, keys[REPEAT_PASS]->offset,
			"it is to pass %u times and runs %u times: it never can",
			counts[REPEAT_PASS], counts[REPEAT_TIMES]);
}
