#include "graph/declared_measure.h"

#include "graph/declaration.h"
#include "graph/declared_gate.h"

#define GATES "gates"
#define METRICS_MAX 1000 /* of one gate */

#define LATER(name, part)                     \
	{                                     \
		name, part, 0, 0, false, NULL \
	}

enum metric_key { METRIC_MIN, METRIC_MAX, METRIC_KEYS };

static const struct key of_metric[] = {
	{"min", NULL, METRIC_MIN, KEY_NUMBER, false, "a number"},
	{"max", NULL, METRIC_MAX, KEY_NUMBER, false, "a number"},
	LATER("min_change", GATES),
	LATER("max_change", GATES),
};

enum repeat_key { REPEAT_TIMES, REPEAT_PASS, REPEAT_KEYS };

static const struct key of_repeat[] = {
	{"times", NULL, REPEAT_TIMES, KEY_NUMBER, false, "a whole number"},
	{"pass", NULL, REPEAT_PASS, KEY_NUMBER, false, "a whole number"},
};

static const struct key_table metric_keys = {
	"a metric", of_metric, ARRAY_SIZE(of_metric), METRIC_KEYS};
static const struct key_table repeat_keys = {
	"\"repeat\"", of_repeat, ARRAY_SIZE(of_repeat), REPEAT_KEYS};

static void
check_metric(const struct reference_place *at, const struct member *metric)
{
	struct place place = {at->place, "metrics", value_text(&metric->key)};
	const struct value *keys[METRIC_KEYS];
	double min;
	double max;

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
	for (unsigned i = 0; i < METRIC_KEYS; i++)
		if (keys[i] && !value_to_double(keys[i], &min))
			finding_error(&at->workflow->findings, &place, keys[i]->offset,
				"%.*s is larger than a number can be", (int)MIN(keys[i]->n, 60),
				keys[i]->text);
	if (keys[METRIC_MIN] && keys[METRIC_MAX] && value_to_double(keys[METRIC_MIN], &min) &&
		value_to_double(keys[METRIC_MAX], &max) && min > max)
		finding_error(&at->workflow->findings, &place, keys[METRIC_MIN]->offset,
			"\"min\" is more than \"max\": no value can pass");
}

void
metrics_check(const struct reference_place *at, const struct value *metrics)
{
	if (metrics->n > METRICS_MAX)
		finding_error(&at->workflow->findings, at->place, metrics->offset,
			"%u metrics, more than %d", metrics->n, METRICS_MAX);
	for (uint32_t i = 0; i < metrics->n; i++)
		check_metric(at, &metrics->members[i]);
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
