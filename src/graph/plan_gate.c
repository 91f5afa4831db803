#include "graph/planner.h"

#include "graph/declared_compare.h"
#include "graph/declared_label.h"
#include "graph/declared_measure.h"
#include "graph/declared_policy.h"
#include "graph/declared_previous.h"
#include "graph/runner.h"
#include "graph/settings.h"
#include "graph/step_gates.h"
#include "json/json.h"

#define DEFINITION_MAX ((size_t)16 << 20)

/* A gate of the file on its way into the plan. */
struct gate_writer {
	struct planner *planner;
	const struct value *gate;
	struct str name; /* of it */
	struct buf *b;
	size_t start;
};

static void
add_key(struct gate_writer *x, const char *key)
{
	buf_printf(x->b, x->b->n > x->start ? ",\"%s\":" : "\"%s\":", key);
}

static enum gate_runner
runner_of(const struct value *gate)
{
	enum gate_runner runner = GATE_RUN;

	while (!value_get(gate, str_of(gate_runner_name(runner))))
		runner++;
	return runner;
}

static int
write_expression(struct gate_writer *x, const struct value *v, struct err *err)
{
	const struct planner *p = x->planner;
	const struct value *literal;
	struct expr *expr;
	struct str text;
	int r;

	if (v->kind == VALUE_BOOL) {
		buf_add_cstr(x->b, value_is_true(v) ? "\"true\"" : "\"false\"");
		return 0;
	}
	if (!expression_alone(value_text(v), true, &text))
		BUG("an expression that was checked is none");
	r = planner_fold(x->planner, v, text, &expr, err);
	if (r < 0)
		return r;
	literal = expr_lone_literal(expr);
	if (literal && literal->kind != VALUE_BOOL)
		return source_error(&p->workflow->source,
			expression_place(p->workflow, v, text, 0), err,
			"with its params, \"expr\" is no true or false; compare it with "
			"something");
	return planner_write_expression(expr, x->b, err);
}

/* {"M": {"max", "max_change", "min", "min_change"}, …} */
static int
write_metrics(struct gate_writer *x, const struct value *metrics, struct err *err)
{
	static const enum gate_limit limits[] = {
		GATE_MAX, GATE_MAX_CHANGE, GATE_MIN, GATE_MIN_CHANGE};
	const struct member **sorted = planner_sort(x->planner, metrics);
	int r = 0;

	for (uint32_t i = 0; i < metrics->n; i++) {
		const char *between = "";

		buf_add_char(x->b, i ? ',' : '{');
		json_write_string(value_text(&sorted[i]->key), x->b);
		buf_add_cstr(x->b, ":{");
		for (size_t j = 0; r == 0 && j < ARRAY_SIZE(limits); j++) {
			const char *name = gate_limit_name(limits[j]);
			const struct value *v = value_get(&sorted[i]->value, str_of(name));

			if (!v)
				continue;
			buf_printf(x->b, "%s\"%s\":", between, name);
			r = json_canonical(v, JSON_NUMBERS_EXACT, x->b, err);
			between = ",";
		}
		buf_add_char(x->b, '}');
	}
	buf_add_cstr(x->b, metrics->n ? "}" : "{}");
	return r;
}

/* {"path" or "previous", "tolerance"} */
static int
write_comparison(struct gate_writer *x, const struct member *member, struct err *err)
{
	const struct value *file = compare_file(&member->value);
	const struct value *tolerance = value_get(&member->value, STR("tolerance"));
	struct planner *p = x->planner;
	int r = 0;

	json_write_string(value_text(&member->key), x->b);
	buf_add_cstr(x->b, file ? ":{\"path\":" : ":{\"previous\":");
	if (file)
		r = planner_write_path(p, file, x->b, err);
	else
		planner_write_previous_name(p,
			compare_previous_name(p->workflow, p->step, x->gate,
				value_text(&member->key), &p->arena),
			x->b, NULL, NULL);
	if (r == 0 && tolerance) {
		buf_add_cstr(x->b, ",\"tolerance\":");
		r = json_canonical(tolerance, JSON_NUMBERS_EXACT, x->b, err);
	}
	buf_add_char(x->b, '}');
	return r;
}

static int
write_comparisons(struct gate_writer *x, const struct value *compare, struct err *err)
{
	const struct member **sorted = planner_sort(x->planner, compare);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < compare->n; i++) {
		buf_add_char(x->b, i ? ',' : '{');
		r = write_comparison(x, sorted[i], err);
	}
	buf_add_char(x->b, '}');
	return r;
}

/* {INPUT: {"id", "sha256"}, …} */
static int
write_schemas(struct gate_writer *x, const struct value *schemas, struct err *err)
{
	const struct member **sorted = planner_sort(x->planner, schemas);
	char hex[DIGEST_HEX_SIZE];

	for (uint32_t i = 0; i < schemas->n; i++) {
		struct str id = value_text(&sorted[i]->value);
		struct digest digest;
		int r = planner_find_schema(x->planner, id, &digest, err);

		if (r < 0)
			return r;
		buf_add_char(x->b, i ? ',' : '{');
		json_write_string(value_text(&sorted[i]->key), x->b);
		buf_add_cstr(x->b, ":{\"id\":");
		json_write_string(id, x->b);
		buf_printf(x->b, ",\"sha256\":\"%s\"}", digest_to_hex(&digest, hex));
	}
	buf_add_char(x->b, '}');
	return 0;
}

/* Of its own step the output's name; of another one steps.S.out.O. */
static int
write_granted(struct gate_writer *x, const struct value *name, struct err *err)
{
	struct planner *p = x->planner;
	const struct workflow *w = p->workflow;
	struct labelled labelled;
	struct expr *expr;
	int r;

	if (!w->steps[p->step].judges) {
		json_write_string(value_text(name), x->b);
		return 0;
	}
	grant_read(w, p->step, value_text(name), &p->arena, &labelled);
	r = planner_fold(p, name,
		str_of(arena_printf(&p->arena, "steps['%.*s'].out['%.*s']",
			STR_ARG(w->steps[labelled.step].name), STR_ARG(labelled.output))),
		&expr, err);
	return r < 0 ? r : planner_write_expression(expr, x->b, err);
}

/* [{"label", "output"}, …] */
static int
write_grants(struct gate_writer *x, const struct value *grants, struct err *err)
{
	const struct member **sorted = planner_sort(x->planner, grants);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < grants->n; i++) {
		buf_add_cstr(x->b, i ? ",{\"label\":" : "[{\"label\":");
		json_write_string(value_text(&sorted[i]->value), x->b);
		buf_add_cstr(x->b, ",\"output\":");
		r = write_granted(x, &sorted[i]->key, err);
		buf_add_char(x->b, '}');
	}
	buf_add_char(x->b, ']');
	return r;
}

static int64_t
timeout_of(const struct gate_writer *x)
{
	const struct value *timeout = value_get(x->gate, STR("timeout"));

	if (!timeout)
		timeout = x->planner->workflow->defaults[STEP_TIMEOUT];
	return timeout ? settings_time(timeout) : 0;
}

/* What its program finds beside what all do. */
static int
write_env(struct gate_writer *x, struct err *err)
{
	const struct value *env = value_get(x->gate, STR("env"));

	if (!env || !env->n)
		return 0;
	add_key(x, "env");
	return planner_write_env(x->planner, env, NULL, x->b, err);
}

static void
write_pass_env(struct gate_writer *x)
{
	const struct value *names = value_get(x->gate, STR("pass_env"));

	if (!names || !names->n)
		return;
	add_key(x, "pass_env");
	planner_write_names(names, NULL, x->b);
}

static void
write_secrets(struct gate_writer *x)
{
	const struct value *secrets = value_get(x->gate, STR("secrets"));

	if (!secrets || !secrets->n)
		return;
	add_key(x, "secrets");
	planner_write_given_secrets(x->planner, secrets, x->b);
}

/* What only a program has. */
static int
write_limits(struct gate_writer *x, struct err *err)
{
	const struct value *metrics = value_get(x->gate, STR("metrics"));
	uint32_t times;
	uint32_t pass;
	int r = 0;

	if (metrics && metrics->n) {
		add_key(x, "metrics");
		r = write_metrics(x, metrics, err);
	}
	write_pass_env(x);
	if (r == 0 && metrics_ask_for_change(x->gate)) {
		add_key(x, "previous");
		planner_write_previous_name(x->planner,
			previous_name_compared(&x->planner->arena,
				x->planner->workflow->steps[x->planner->step].name, "gate",
				x->name),
			x->b, NULL, NULL);
	}
	gate_read_repeat(x->gate, &times, &pass);
	if (times > 1) {
		add_key(x, "repeat");
		buf_printf(x->b, "{\"pass\":%u,\"times\":%u}", pass, times);
	}
	return r;
}

/* Members in canonical order: argv, compare, env, expr, grants, in, metrics, pass_env, previous, repeat, required,
 * runner, schema, secrets, timeout. */
static int
write_definition(struct gate_writer *x, struct err *err)
{
	enum gate_runner runner = runner_of(x->gate);
	const struct value *what = value_get(x->gate, str_of(gate_runner_name(runner)));
	const struct value *in = value_get(x->gate, STR("in"));
	const struct value *grants = value_get(x->gate, STR("grants"));
	const struct value *required = value_get(x->gate, STR("required"));
	bool is_program = runner == GATE_RUN || runner == GATE_EXEC;
	int r = 0;

	buf_add_char(x->b, '{');
	x->start = x->b->n;
	if (is_program) {
		buf_add_cstr(x->b, "\"argv\":[");
		r = runner_write_argv(x->planner, x->gate, x->b, err);
		buf_add_char(x->b, ']');
	} else if (runner == GATE_COMPARE) {
		add_key(x, "compare");
		r = write_comparisons(x, what, err);
	} else if (runner == GATE_EXPR) {
		add_key(x, "expr");
		r = write_expression(x, what, err);
	}
	if (r == 0)
		r = write_env(x, err);
	if (r == 0 && grants && grants->n) {
		add_key(x, "grants");
		r = write_grants(x, grants, err);
	}
	if (r == 0 && in) {
		add_key(x, "in");
		if (in->n)
			r = planner_write_inputs(x->planner, in, x->b, err);
		else
			buf_add_cstr(x->b, "{}");
	}
	if (r == 0 && is_program)
		r = write_limits(x, err);
	if (required && !value_is_true(required)) {
		add_key(x, "required");
		buf_add_cstr(x->b, "false");
	}
	add_key(x, "runner");
	buf_printf(x->b, "\"%s\"", gate_runner_name(runner));
	if (r == 0 && runner == GATE_SCHEMA) {
		add_key(x, "schema");
		r = write_schemas(x, what, err);
	}
	write_secrets(x);
	if (is_program && timeout_of(x))
		buf_printf(x->b, ",\"timeout\":%lld", (long long)timeout_of(x));
	buf_add_char(x->b, '}');
	return r;
}

/* A gate that says none is run under that of its step. */
static int
write_policy(struct planner *p, const struct value *own, struct buf *b, struct err *err)
{
	if (!own)
		return 0;
	buf_add_cstr(b, ",\"policy\":");
	return MIN(planner_write_policy(p, own, b, err), 0);
}

static int
write_gate(struct planner *p, const struct member *member, struct buf *b, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DEFINITION_MAX);
	struct gate_writer x = {.planner = p,
		.gate = &member->value,
		.name = value_text(&member->key),
		.b = &text};
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	int r = write_definition(&x, err);

	if (r == 0)
		r = buf_check(&text, "the definition of a gate", err);
	if (r < 0)
		return r;
	digest_of(text.p, text.n, &digest);
	json_write_string(value_text(&member->key), b);
	buf_add_cstr(b, ":{\"definition\":");
	buf_add_str(b, buf_str(&text));
	r = write_policy(p, value_get(&member->value, STR("policy")), b, err);
	buf_printf(b, ",\"sha256\":\"%s\"}", digest_to_hex(&digest, hex));
	return r;
}

int
planner_write_gates(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	const struct value *gates = step->keys[STEP_GATES];
	const struct member **sorted;
	int r = 0;

	if (!gates || !gates->n)
		return 0;
	sorted = planner_sort(p, gates);
	buf_add_cstr(b, ",\"gates\":");
	for (uint32_t i = 0; r == 0 && i < gates->n; i++) {
		buf_add_char(b, i ? ',' : '{');
		r = write_gate(p, sorted[i], b, err);
	}
	buf_add_char(b, '}');
	return r;
}
