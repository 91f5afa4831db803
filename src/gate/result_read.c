#include "gate/result.h"

#include "contract/envelope.h"
#include "json/json.h"

static int
corrupt(struct err *err, const char *what)
{
	return err_set(err, ERR_CORRUPT, "the result of a gate has %s", what);
}

/* {"value": number, ["exact": text], …} */
static int
read_measure(const struct member *member, struct measure *measure, struct err *err)
{
	const struct value *value = value_get(&member->value, STR("value"));
	const struct value *exact = value_get(&member->value, STR("exact"));

	if (!value || value->kind != VALUE_NUMBER || (exact && exact->kind != VALUE_STRING))
		return corrupt(err, "a metric that is no number");
	*measure = (struct measure){.name = value_text(&member->key),
		.exact = value_text(exact ? exact : value),
		.value = *value,
		.is_rounded = exact != NULL};
	return 0;
}

static int
read_measures(const struct value *metrics, struct arena *arena, struct measures *ret_measures,
	struct err *err)
{
	uint32_t n = metrics && metrics->kind == VALUE_OBJECT ? metrics->n : 0;
	struct measures measures = {ARENA_ARRAY(arena, n, struct measure), n};
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = read_measure(&metrics->members[i], &measures.items[i], err);
	if (r == 0)
		*ret_measures = measures;
	return r;
}

int
result_read(struct str bytes, struct arena *arena, struct result_reading *ret_reading,
	struct err *err)
{
	struct source source = {"the result of a gate", bytes};
	const struct value *root;
	int r = json_parse(arena, &source, JSON_UNIQUE_KEYS, NULL, &root, err);
	const struct value *payload = r == 0 ? value_get(root, STR("payload")) : NULL;
	const struct value *status = payload ? value_get(payload, STR("status")) : NULL;

	if (r < 0 || !status || status->kind != VALUE_STRING)
		return corrupt(err, "no payload with a status");
	ret_reading->status = value_text(status);
	return read_measures(
		value_get(payload, STR("metrics")), arena, &ret_reading->measures, err);
}
