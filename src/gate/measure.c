#include "gate/measure.h"

#include "json/json.h"
#include "json/number.h"

static int
compare_members(const void *left, const void *right)
{
	const struct measure *a = left;
	const struct measure *b = right;

	return str_compare(a->name, b->name);
}

/* A result holds what a double can hold. */
static int
keep_number(
	struct measure *measure, const struct value *v, struct arena *arena, struct err *err)
{
	char text[32];
	double number;
	struct str nearest;

	if (v->kind != VALUE_NUMBER)
		return err_set(err, ERR_INVALID, "$LILY_METRICS: \"%.*s\" is %s, not a number",
			STR_ARG(measure->name), value_kind_name(v));
	if (!value_to_double(v, &number))
		return err_set(err, ERR_INVALID,
			"$LILY_METRICS: \"%.*s\" is %.*s%s, larger than a number of a result "
			"can "
			"be (1.7976931348623157e308)",
			STR_ARG(measure->name), (int)MIN(v->n, 60), v->text,
			v->n > 60 ? "…" : "");
	nearest = arena_str(arena, (struct str){text, json_number_to_text(number, text)});
	measure->exact = value_text(v);
	measure->value = value_number(nearest);
	measure->is_rounded = number_compare(nearest, measure->exact) != 0;
	return 0;
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
		r = keep_number(measure, &root->members[i].value, arena, err);
		if (r < 0)
			return r;
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
add_number(struct buf *b, struct str number)
{
	buf_printf(b, "%.*s%s", (int)MIN(number.n, 60), number.p, number.n > 60 ? "…" : "");
}

/* "coverage is 0.7, less than 0.8"; "coverage is 0.7 and was 0.8: it changed by less than -0.05". */
static void
add_broken(struct buf *why, const struct measure *measure, enum gate_limit limit)
{
	bool is_min = limit == GATE_MIN || limit == GATE_MIN_CHANGE;

	buf_printf(why, "%s%.*s is ", why->n ? "; " : "", STR_ARG(measure->name));
	add_number(why, measure->exact);
	if (gate_limit_is_change(limit)) {
		buf_add_cstr(why, " and was ");
		add_number(why, measure->before->exact);
		buf_add_cstr(why, ": it changed by ");
	} else {
		buf_add_cstr(why, ", ");
	}
	buf_add_cstr(why, is_min ? "less than " : "more than ");
	add_number(why, measure->limits->limits[limit]);
}

/* < 0, 0, > 0: less than, as much as, or more than the limit. */
static int
against(const struct measure *measure, enum gate_limit limit)
{
	struct str bound = measure->limits->limits[limit];

	return gate_limit_is_change(limit)
		? number_compare_difference(measure->exact, measure->before->exact, bound)
		: number_compare(measure->exact, bound);
}

static void
judge(struct measure *measure, struct buf *why, struct buf *unmeasured)
{
	bool is_noted = false;

	for (enum gate_limit i = 0; i < GATE_LIMITS; i++) {
		bool is_min = i == GATE_MIN || i == GATE_MIN_CHANGE;
		int order;

		if (!measure->limits->limits[i].n)
			continue;
		if (gate_limit_is_change(i) && !measure->before) {
			if (!is_noted)
				buf_printf(unmeasured, "%s%.*s", unmeasured->n ? ", " : "",
					STR_ARG(measure->name));
			is_noted = true;
			continue;
		}
		order = against(measure, i);
		if (is_min ? order >= 0 : order <= 0)
			continue;
		add_broken(why, measure, i);
		measure->passed = false;
	}
}

bool
measures_judge(const struct gate *gate, struct measures *measures,
	const struct measures *before, struct buf *ret_why, struct buf *ret_unmeasured)
{
	bool passed = true;

	for (uint32_t i = 0; i < gate->n_metrics; i++) {
		const struct gate_metric *limits = &gate->metrics[i];
		struct measure *measure = find(measures, limits->name);
		const struct measure *was = before ? find(before, limits->name) : NULL;

		if (!measure) {
			buf_printf(ret_why,
				"%s%.*s was not measured: it is not in $LILY_METRICS",
				ret_why->n ? "; " : "", STR_ARG(limits->name));
			passed = false;
			continue;
		}
		measure->limits = limits;
		measure->before = was;
		judge(measure, ret_why, ret_unmeasured);
		passed &= measure->passed;
	}
	return passed;
}
