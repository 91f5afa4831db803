#include "gate/measure.h"

#include "json/json.h"

static int
compare_members(const void *left, const void *right)
{
	const struct measure *a = left;
	const struct measure *b = right;

	return str_compare(a->name, b->name);
}

static struct value
number_of(double number, struct arena *arena)
{
	char text[32];
	size_t n = json_number_to_text(number, text);

	return value_number(arena_str(arena, (struct str){text, n}));
}

int
measures_read(
	struct str bytes, struct arena *arena, struct measures *ret_measures, struct err *err)
{
	struct source source = {"$LILY_METRICS", bytes};
	struct measures measures;
	const struct value *root;
	int r = json_parse(arena, &source, JSON_UNIQUE_KEYS, NULL, &root, err);

	if (r < 0)
		return r;
	if (root->kind != VALUE_OBJECT)
		return err_set(err, ERR_INVALID,
			"$LILY_METRICS is %s, not an object such as {\"coverage\": 0.9}",
			value_kind_name(root));
	if (root->n > MEASURES_MAX)
		return err_set(err, ERR_LIMIT, "$LILY_METRICS has %u metrics, more than %d",
			root->n, MEASURES_MAX);
	measures = (struct measures){ARENA_ARRAY(arena, root->n, struct measure), root->n};
	for (uint32_t i = 0; i < root->n; i++) {
		struct measure *measure = &measures.items[i];

		*measure = (struct measure){
			.name = value_text(&root->members[i].key), .passed = true};
		if (!str_is_name(measure->name))
			return err_set(err, ERR_INVALID,
				"$LILY_METRICS: \"%.*s\" is no name for a metric",
				(int)MIN(measure->name.n, 100), measure->name.p);
		if (root->members[i].value.kind != VALUE_NUMBER ||
			!value_to_double(&root->members[i].value, &measure->number))
			return err_set(err, ERR_INVALID, "$LILY_METRICS: \"%.*s\" is no number",
				STR_ARG(measure->name));
		measure->value = number_of(measure->number, arena);
	}
	if (measures.n > 1)
		qsort(measures.items, measures.n, sizeof(*measures.items), compare_members);
	*ret_measures = measures;
	return 0;
}

static struct measure *
find(const struct measures *measures, struct str name)
{
	for (size_t i = 0; i < measures->n; i++)
		if (str_equal(measures->items[i].name, name))
			return &measures->items[i];
	return NULL;
}

static void
add_limit(struct buf *why, const struct measure *measure, const char *relation, double limit)
{
	char text[32];
	size_t n = json_number_to_text(limit, text);

	buf_printf(why, "%s%.*s is %.*s, %s than %.*s", why->n ? "; " : "",
		STR_ARG(measure->name), (int)MIN(measure->value.n, 60), measure->value.text,
		relation, (int)n, text);
}

bool
measures_judge(const struct gate *gate, struct measures *measures, struct buf *ret_why)
{
	bool passed = true;

	for (uint32_t i = 0; i < gate->n_metrics; i++) {
		const struct gate_metric *limits = &gate->metrics[i];
		struct measure *measure = find(measures, limits->name);

		if (!measure) {
			buf_printf(ret_why,
				"%s%.*s was not measured: it is not in $LILY_METRICS",
				ret_why->n ? "; " : "", STR_ARG(limits->name));
			passed = false;
			continue;
		}
		measure->limits = limits;
		if (limits->has_min && measure->number < limits->min)
			add_limit(ret_why, measure, "less", limits->min);
		else if (limits->has_max && measure->number > limits->max)
			add_limit(ret_why, measure, "more", limits->max);
		else
			continue;
		measure->passed = passed = false;
	}
	return passed;
}
