#include "graph/instance.h"
#include "graph/planner.h"

#include "base/memory.h"
#include "graph/argument.h"
#include "graph/cache_rule.h"
#include "graph/declared_label.h"
#include "graph/declared_policy.h"
#include "graph/port.h"
#include "graph/question.h"
#include "graph/reference.h"
#include "graph/settings.h"
#include "json/json.h"

static int
compare_names(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

/* Both lists, sorted, each name once; either may be NULL. */
void
planner_write_names(const struct value *first, const struct value *second, struct buf *b)
{
	size_t n_first = first ? first->n : 0;
	size_t n = n_first + (second ? second->n : 0);
	struct str *names = memory_new(n, sizeof(*names));

	for (size_t i = 0; i < n; i++)
		names[i] = value_text(
			i < n_first ? &first->items[i] : &second->items[i - n_first]);
	qsort(names, n, sizeof(*names), compare_names);
	buf_add_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i && str_equal(names[i], names[i - 1]))
			continue;
		if (i)
			buf_add_char(b, ',');
		json_write_string(names[i], b);
	}
	buf_add_char(b, ']');
	free(names);
}

static void
write_errors(const struct retry_rule *rule, struct buf *b)
{
	const char *between = "";

	buf_add_cstr(b, ",\"errors\":[");
	for (unsigned class = 0; class <= FAILURE_CONFLICT; class ++) {
		if (!(rule->classes & 1U << class))
			continue;
		buf_printf(
			b, "%s\"%s\"", between, failure_class_name((enum failure_class) class));
		between = ",";
	}
	for (uint32_t i = 0; i < rule->n_exit_codes; i++) {
		buf_printf(b, "%s\"exit:%d\"", between, rule->exit_codes[i]);
		between = ",";
	}
	buf_add_char(b, ']');
}

static void
write_retry(const struct retry_rule *rule, struct buf *b)
{
	char factor[32];

	buf_printf(b, "\"retry\":{\"attempts\":%u,\"backoff\":%lld", rule->attempts,
		(long long)rule->backoff_us);
	if (rule->classes != retry_default.classes || rule->n_exit_codes)
		write_errors(rule, b);
	buf_printf(
		b, ",\"factor\":%.*s", (int)json_number_to_text(rule->factor, factor), factor);
	buf_printf(b, ",\"jitter\":\"%s\",\"max_backoff\":%lld}",
		rule->full_jitter ? "full" : "none", (long long)rule->max_backoff_us);
}

static void
read_retry(struct planner *p, const struct value *v, struct retry_rule *ret_rule)
{
	struct findings none;

	findings_init(&none, &p->arena);
	retry_read(&none, NULL, v, ret_rule);
	if (none.errors)
		BUG("a retry rule that was checked is none");
	findings_done(&none);
}

/* What counts for a step: its own keys, else those of `defaults`. */
static void
choose_keys(const struct planner *p, const struct declared_step *step,
	const struct value *ret_keys[STEP_KEYS])
{
	static const enum step_key shared[] = {
		STEP_PASS_ENV, STEP_TIMEOUT, STEP_GRACE, STEP_RETRY, STEP_CACHE, STEP_POLICY};

	memset(ret_keys, 0, STEP_KEYS * sizeof(*ret_keys));
	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		ret_keys[shared[i]] = step->keys[shared[i]] ? step->keys[shared[i]]
							    : p->workflow->defaults[shared[i]];
	if (!step->keys[STEP_ENV])
		ret_keys[STEP_ENV] = p->workflow->defaults[STEP_ENV];
	ret_keys[STEP_TOOLS] = step->keys[STEP_TOOLS];
}

static void
start_member(struct buf *b)
{
	buf_add_char(b, b->n ? ',' : '{');
}

/* Nothing for auto. */
static void
write_cache(struct planner *p, const struct value *v, struct buf *b)
{
	struct cache_rule rule;
	struct findings none;

	findings_init(&none, &p->arena);
	cache_rule_read(&none, NULL, v, &rule);
	if (none.errors)
		BUG("a cache rule that was checked is none");
	findings_done(&none);
	if (rule.mode == CACHE_AUTO)
		return;
	start_member(b);
	if (rule.ttl_us)
		buf_printf(b, "\"cache\":%lld", (long long)rule.ttl_us);
	else
		buf_printf(b, "\"cache\":%s", rule.mode == CACHE_TRUE ? "true" : "false");
}

static int
write_policy(struct planner *p, const struct value *own, struct buf *b, struct err *err)
{
	AUTO_BUF struct buf policy = BUF_INIT(b->max);
	int r = planner_write_policy(p, own, &policy, err);

	if (r <= 0)
		return r;
	start_member(b);
	buf_add_cstr(b, "\"policy\":");
	buf_add_str(b, buf_str(&policy));
	b->overflowed |= policy.overflowed;
	return 0;
}

/* One entry of "settings", into p->setting. */
static int
write_setting(struct planner *p, const struct value *const keys[STEP_KEYS], struct err *err)
{
	const struct value *const *own = p->workflow->keys;
	struct buf *b = &p->setting;
	struct retry_rule rule = retry_default;
	int r = 0;

	buf_clear(b);
	if (keys[STEP_CACHE])
		write_cache(p, keys[STEP_CACHE], b);
	if (own[WORKFLOW_ENV] || keys[STEP_ENV]) {
		start_member(b);
		buf_add_cstr(b, "\"env\":");
		r = planner_write_env(p, own[WORKFLOW_ENV], keys[STEP_ENV], b, err);
		if (r < 0)
			return r;
	}
	if (keys[STEP_GRACE] && settings_time(keys[STEP_GRACE]) != GRACE_DEFAULT_US) {
		start_member(b);
		buf_printf(b, "\"grace\":%lld", (long long)settings_time(keys[STEP_GRACE]));
	}
	if (own[WORKFLOW_PASS_ENV] || keys[STEP_PASS_ENV]) {
		start_member(b);
		buf_add_cstr(b, "\"pass_env\":");
		planner_write_names(own[WORKFLOW_PASS_ENV], keys[STEP_PASS_ENV], b);
	}
	r = write_policy(p, keys[STEP_POLICY], b, err);
	if (r < 0)
		return r;
	if (keys[STEP_RETRY])
		read_retry(p, keys[STEP_RETRY], &rule);
	if (rule.attempts > 1) {
		start_member(b);
		write_retry(&rule, b);
	}
	if (keys[STEP_TIMEOUT]) {
		start_member(b);
		buf_printf(b, "\"timeout\":%lld", (long long)settings_time(keys[STEP_TIMEOUT]));
	}
	if (keys[STEP_TOOLS] && keys[STEP_TOOLS]->n) {
		start_member(b);
		buf_add_cstr(b, "\"tools\":");
		planner_write_names(keys[STEP_TOOLS], NULL, b);
	}
	buf_add_cstr(b, b->n ? "}" : "{}");
	return buf_check(b, "the settings of a step", err);
}

int
planner_add_settings(struct planner *p, const struct declared_step *step, uint32_t *ret_number,
	struct err *err)
{
	const struct value *keys[STEP_KEYS];
	int r;

	choose_keys(p, step, keys);
	if (!p->n_settings || p->last_instance != p->instance ||
		memcmp(keys, p->last_keys, sizeof(keys)) != 0) {
		r = write_setting(p, keys, err);
		if (r < 0)
			return r;
		p->last_setting = map_get(&p->setting_numbers, buf_str(&p->setting));
		if (p->last_setting == MAP_NONE) {
			if (p->n_settings)
				buf_add_char(&p->settings, ',');
			buf_add_str(&p->settings, buf_str(&p->setting));
			p->last_setting = p->n_settings++;
			(void)map_add(&p->setting_numbers,
				arena_str(&p->arena, buf_str(&p->setting)), p->last_setting);
		}
		memcpy(p->last_keys, keys, sizeof(keys));
		p->last_instance = p->instance;
	}
	*ret_number = p->last_setting;
	return 0;
}

static int
write_list(struct planner *p, const struct value *list, struct buf *b, struct err *err)
{
	for (uint32_t i = 0; i < list->n; i++) {
		int r;

		if (i)
			buf_add_char(b, ',');
		r = planner_write_template(p, &list->items[i], b, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The shell's words, then the script as it stands. */
static int
write_script(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	const struct value *shell = step->keys[STEP_SHELL];
	const char *const *words;
	size_t n;

	if (!shell)
		shell = p->workflow->defaults[STEP_SHELL];
	if (shell && shell->kind == VALUE_ARRAY) {
		int r = write_list(p, shell, b, err);

		if (r < 0)
			return r;
		buf_add_char(b, ',');
	} else {
		n = shell_words(shell, &words);
		for (size_t i = 0; i < n; i++)
			buf_printf(b, "\"%s\",", words[i]);
	}
	json_write_string(value_text(step->keys[STEP_RUN]), b);
	return 0;
}

/* Begins a member, with a comma where it is not the first since `start`. */
static void
add_key(struct buf *b, size_t start, const char *key)
{
	buf_printf(b, b->n > start ? ",\"%s\":" : "\"%s\":", key);
}

static void
add_text(struct buf *b, size_t start, const char *key, struct str text)
{
	add_key(b, start, key);
	json_write_string(text, b);
}

/* What an input is made of: an expression, or, where it is known by now, its value. */
struct made {
	const struct expr *expr;               /* NULL: known */
	const struct expr_reference *artifact; /* the expression is nothing but that */
	struct value value;
};

static int
make_input(
	struct planner *p, const struct declared_in *in, struct made *ret_made, struct err *err)
{
	struct made made = {.value = value_null()};
	struct meaning meaning;
	struct expr *folded = NULL;
	struct str text;
	int r;

	if (!in->from && !value_has_expressions(in->value)) {
		ret_made->value = *in->value;
		return 0;
	}
	if (in->from) {
		if (!expression_alone(value_text(in->from), false, &text))
			BUG("an expression that was checked is none");
		r = planner_fold(p, in->from, text, &folded, err);
		made.expr = folded;
	} else {
		r = planner_make_value(p, in->value, &made.expr, err);
	}
	if (r < 0)
		return r;
	if (in->from && expression_is_artifact(made.expr, &meaning)) {
		made.artifact = expr_lone_reference(made.expr);
	} else if (planner_is_text(made.expr)) {
		const struct value *literal = expr_lone_literal(made.expr);

		made.value = literal ? *literal : value_null();
		made.expr = NULL;
	}
	*ret_made = made;
	return 0;
}

/* Members in canonical order: as, expr, from, optional, path, previous, schema, tree, value. */
static int
write_source(struct planner *p, const struct declared_in *in, const struct made *made,
	size_t start, struct buf *b, struct err *err)
{
	int r = 0;

	if (made->expr) {
		add_key(b, start, made->artifact ? "from" : "expr");
		r = planner_write_expression(made->expr, b, err);
	}
	if (r == 0 && in->optional && (made->expr || in->path || in->tree || in->previous)) {
		add_key(b, start, "optional");
		buf_add_cstr(b, "true");
	}
	if (r == 0 && in->path) {
		add_key(b, start, "path");
		r = planner_write_path(p, in->path, b, err);
	}
	if (r == 0 && in->previous) {
		add_key(b, start, "previous");
		r = planner_write_input_previous(p, in, b, err);
	}
	if (in->schema)
		add_text(b, start, "schema", value_text(in->schema));
	if (r == 0 && in->tree) {
		add_key(b, start, "tree");
		r = planner_write_path(p, in->tree, b, err);
	}
	if (r == 0 && !made->expr && !in->path && !in->tree && !in->previous) {
		add_key(b, start, "value");
		r = json_canonical(&made->value, JSON_NUMBERS_EXACT, b, err);
	}
	return r;
}

static int
write_input(struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	struct made made = {.expr = NULL};
	struct declared_in in;
	size_t start = b->n + 1;
	int r = 0;

	in_read(v, &in);
	if (in.from || in.value)
		r = make_input(p, &in, &made, err);
	if (r < 0)
		return r;
	buf_add_char(b, '{');
	if (in.as != INPUT_AS_FOUND)
		add_text(b, start, "as", str_of(input_form_name(in.as)));
	r = write_source(p, &in, &made, start, b, err);
	buf_add_char(b, '}');
	return r;
}

/* Members in canonical order: from, optional, path, schema, type. */
static int
write_output(struct planner *p, const struct value *v, struct buf *b, struct err *err)
{
	struct declared_out out;
	size_t start = b->n + 1;
	int r = 0;

	out_read(v, &out);
	buf_add_char(b, '{');
	if (out.from_stdout)
		add_text(b, start, "from", STR("stdout"));
	if (out.optional) {
		add_key(b, start, "optional");
		buf_add_cstr(b, "true");
	}
	if (out.path) {
		add_key(b, start, "path");
		r = planner_write_path(p, out.path, b, err);
	}
	if (out.schema)
		add_text(b, start, "schema", value_text(out.schema));
	if (out.type != OUTPUT_FOUND)
		add_text(b, start, "type", str_of(output_type_name(out.type)));
	buf_add_char(b, '}');
	return r;
}

typedef int write_port_fn(
	struct planner *p, const struct value *v, struct buf *b, struct err *err);

static int
write_ports(struct planner *p, const struct value *ports, write_port_fn *write_port,
	struct buf *b, struct err *err)
{
	const struct member **sorted = planner_sort(p, ports);

	for (uint32_t i = 0; i < ports->n; i++) {
		int r;

		buf_add_char(b, i ? ',' : '{');
		json_write_string(value_text(&sorted[i]->key), b);
		buf_add_char(b, ':');
		r = write_port(p, &sorted[i]->value, b, err);
		if (r < 0)
			return r;
	}
	buf_add_char(b, '}');
	return 0;
}

int
planner_write_inputs(
	struct planner *p, const struct value *inputs, struct buf *b, struct err *err)
{
	return write_ports(p, inputs, write_input, b, err);
}

static bool
has_members(const struct value *v)
{
	return v && v->n;
}

/* A need as the plan has it. */
struct need {
	uint32_t number;
	uint8_t outcome;
};

static int
compare_needs(const void *left, const void *right)
{
	const struct need *a = left;
	const struct need *b = right;

	return (a->number > b->number) - (a->number < b->number);
}

/* What is in `finally` of a scope comes when all else in it has ended, whichever way. */
static uint32_t
add_all(const struct planner *p, const struct declared_step *step, struct need *needs,
	uint32_t n)
{
	const struct workflow *w = p->workflow;
	uint32_t next = 0;

	for (uint32_t i = 0; i < w->n_steps; i++) {
		while (next < step->n_needs && step->needs[next] < i)
			next++;
		if (w->steps[i].is_last || w->steps[i].template_of != STEP_NONE ||
			(next < step->n_needs && step->needs[next] == i))
			continue;
		needs[n++] = (struct need){p->numbers[i], NEED_FINISHED};
	}
	return n;
}

/* What a step of a scope needs beside its own: that the scope has begun. */
static uint32_t
add_scope_needs(const struct planner *p, const struct declared_step *step, struct need *needs,
	uint32_t n)
{
	if (!p->instance->outer || step->template_of != STEP_NONE)
		return n;
	needs[n++] = (struct need){p->instance->number, NEED_SUCCEEDED};
	return step->is_last ? add_all(p, step, needs, n) : n;
}

void
planner_write_needs(struct planner *p, const struct declared_step *step, struct buf *b)
{
	size_t room = (size_t)step->n_needs + 1 + (step->is_last ? p->workflow->n_steps : 0);
	struct need *needs = memory_new(room, sizeof(*needs));
	uint32_t n = 0;

	for (; n < step->n_needs; n++)
		needs[n] = (struct need){
			p->numbers[step->needs[n]], step->wants[n] & NEED_OUTCOME};
	n = add_scope_needs(p, step, needs, n);
	qsort(needs, n, sizeof(*needs), compare_needs);
	for (uint32_t i = 0; i < n; i++) {
		buf_add_cstr(b, i ? "," : ",\"needs\":[");
		if (needs[i].outcome)
			buf_add_char(b, '[');
		buf_add_u64(b, needs[i].number);
		if (needs[i].outcome)
			buf_printf(b, ",\"%s\"]", need_outcome_name(needs[i].outcome));
	}
	if (n)
		buf_add_char(b, ']');
	free(needs);
}

/* A gate of the run; members in canonical order: gates, judges, last, name, needs, settings. */
static int
write_judging(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	uint32_t settings;
	size_t start = b->n;
	int r = planner_add_settings(p, step, &settings, err);

	if (r == 0)
		r = planner_write_gates(p, step, b, err);
	if (r < 0)
		return r;
	/* In place of the comma before its first member. */
	b->p[start] = '{';
	buf_add_cstr(b, ",\"judges\":true");
	if (p->instance->is_last)
		buf_add_cstr(b, ",\"last\":true");
	buf_add_cstr(b, ",\"name\":");
	planner_write_name(p, step, b);
	planner_write_needs(p, step, b);
	if (settings)
		buf_printf(b, ",\"settings\":%u", settings);
	buf_add_char(b, '}');
	return 0;
}

/* "accepts":{INPUT: [label, …], …} and a comma; nothing where there are none. */
static void
write_accepts(struct planner *p, const struct value *accepts, struct buf *b)
{
	const struct member **sorted;

	if (!has_members(accepts))
		return;
	sorted = planner_sort(p, accepts);
	for (uint32_t i = 0; i < accepts->n; i++) {
		const struct value *labels = &sorted[i]->value;

		buf_add_cstr(b, i ? "," : "\"accepts\":{");
		json_write_string(value_text(&sorted[i]->key), b);
		for (uint32_t j = 0; j < accepted_count(labels); j++) {
			buf_add_cstr(b, j ? "," : ":[");
			json_write_string(value_text(accepted_at(labels, j)), b);
		}
		buf_add_cstr(b, accepted_count(labels) ? "]" : ":[]");
	}
	buf_add_cstr(b, "},");
}

/* Members in canonical order: accepts, argv, cwd, effects, env, gates, if, in, name, needs, out, pools, question,
 * secrets, settings, state, stdin, workspace. */
int
planner_write_step(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	const struct value *const *keys = step->keys;
	uint32_t settings;
	int r;

	if (step->scope != SCOPE_NONE)
		return planner_write_scope(p, step, b, err);
	if (step->is_foreach)
		return planner_write_foreach(p, step, b, err);
	if (step->judges)
		return write_judging(p, step, b, err);
	r = planner_add_settings(p, step, &settings, err);
	if (r < 0)
		return r;
	buf_add_char(b, '{');
	write_accepts(p, keys[STEP_ACCEPTS], b);
	buf_add_cstr(b, "\"argv\":[");
	r = 0;
	if (keys[STEP_RUN])
		r = write_script(p, step, b, err);
	else if (keys[STEP_EXEC])
		r = write_list(p, keys[STEP_EXEC], b, err);
	buf_add_char(b, ']');
	if (keys[STEP_CONTINUE] && value_is_true(keys[STEP_CONTINUE]))
		buf_add_cstr(b, ",\"continue_on_error\":true");
	if (r == 0)
		r = planner_write_cwd(p, step, b, err);
	if (r == 0)
		r = planner_write_effects(p, step, b, err);
	if (r == 0 && has_members(keys[STEP_ENV])) {
		buf_add_cstr(b, ",\"env\":");
		r = planner_write_env(p, keys[STEP_ENV], NULL, b, err);
	}
	if (r == 0)
		r = planner_write_gates(p, step, b, err);
	if (r == 0)
		r = planner_write_condition(p, keys[STEP_IF], b, err);
	if (r == 0 && has_members(keys[STEP_IN])) {
		buf_add_cstr(b, ",\"in\":");
		r = planner_write_inputs(p, keys[STEP_IN], b, err);
	}
	if (step->is_last || p->instance->is_last)
		buf_add_cstr(b, ",\"last\":true");
	buf_add_cstr(b, ",\"name\":");
	planner_write_name(p, step, b);
	planner_write_needs(p, step, b);
	if (r == 0 && has_members(keys[STEP_OUT])) {
		buf_add_cstr(b, ",\"out\":");
		r = write_ports(p, keys[STEP_OUT], write_output, b, err);
	}
	planner_write_pools(p, keys[STEP_POOLS], b);
	if (r == 0)
		r = planner_write_question(p, step, b, err);
	planner_write_step_secrets(p, step, b);
	if (settings)
		buf_printf(b, ",\"settings\":%u", settings);
	planner_write_flags(step, b);
	planner_write_workspace(p, step, b);
	buf_add_char(b, '}');
	/* What is invalid says its place in the file, and that comes first. */
	return r == ERR_LIMIT ? err_wrap(err, "step \"%.*s\"", STR_ARG(step->name)) : r;
}
