#include "run/bounds.h"

#include "base/memory.h"
#include "graph/step_gates.h"
#include "policy/document.h"
#include "policy/merge.h"
#include "run/bounds_env.h"
#include "run/gate_step.h"
#include "run/policies.h"

#define DOCUMENT_MAX ((size_t)16 << 20)
#define LACKING_MAX ((size_t)64 << 10)

struct bounds {
	struct arena arena;
	struct policies policies;
	struct policy_machine machine;
	bool probes; /* whether they can be held is asked */
	struct bounding **items;
	size_t n_items;
	size_t items_capacity;
	struct map by_digest;  /* the bytes of it → number of an item */
	struct map by_written; /* the bytes of a pointer into the graph → number of an item */
	struct map by_state;   /* a path → number of an opened policy */
	uint32_t by_default;   /* of those of whom nothing is said; MAP_NONE: there are none */
	struct policy **opened;
	size_t n_opened;
	size_t opened_capacity;
	struct buf lacking;
};

/* --- from what was written to what holds --- */

static int
corrupt(struct err *err)
{
	return err_set(err, ERR_CORRUPT, "the plan is damaged: a policy is none");
}

/* One policy with those that it extends: {"policies", "policy"}. */
static int
resolve_use(struct bounds *bounds, const struct value *use, struct policy *ret_policy,
	struct err *err)
{
	struct policies *policies = &bounds->policies;
	struct policy_origins *origins = &policies->origins;
	const struct value *declared = value_get(use, STR("policies"));
	const struct value *policy = value_get(use, STR("policy"));
	struct declared_policy own;
	struct findings findings;
	int r = 0;

	if (!policy || (policy->kind != VALUE_STRING && policy->kind != VALUE_OBJECT) ||
		(declared && declared->kind != VALUE_OBJECT))
		return corrupt(err);
	findings_init(&findings, &bounds->arena);
	origins->of[POLICY_OF_WORKFLOW] = (struct declared_policies){NULL, 0};
	if (declared)
		declared_policies_read(&findings, &bounds->arena, NULL, declared,
			&origins->of[POLICY_OF_WORKFLOW]);
	if (policy->kind == VALUE_OBJECT &&
		declared_policy_read(
			&findings, &bounds->arena, NULL, STR("of the step"), policy, &own) < 0)
		r = corrupt(err);
	if (r == 0 && findings.errors)
		r = corrupt(err);
	findings_done(&findings);
	if (r < 0)
		return r;
	return policy->kind == VALUE_STRING
		? policy_resolve(origins, value_text(policy), &policies->surroundings,
			  &bounds->arena, ret_policy, err)
		: policy_resolve_declared(origins, POLICY_OF_WORKFLOW, &own,
			  &policies->surroundings, &bounds->arena, ret_policy, err);
}

/* All of them hold; what is unconfined bounds nobody. */
static int
resolve(struct bounds *bounds, const struct value *written, struct policy *ret_policy,
	struct err *err)
{
	struct policy all = {.is_none = true};

	for (uint32_t i = 0; i < written->n; i++) {
		struct policy one;
		int r = resolve_use(bounds, &written->items[i], &one, err);

		if (r < 0)
			return r;
		if (i == 0 || all.is_none)
			all = one;
		else if (!one.is_none)
			all = policy_merge(&bounds->arena, &all, &one);
	}
	*ret_policy = all;
	return 0;
}

/* --- whether it holds --- */

static void
say_lacking(struct bounds *bounds, const struct policy *policy,
	const struct policy_enforcement *enforcement)
{
	struct buf *b = &bounds->lacking;

	buf_printf(b, "policy \"%.*s\" is held at %s only, and not all of it:",
		(int)MIN(policy->name.n, 100), policy->name.p,
		policy_tier_name(enforcement->tier));
	for (size_t i = 0; i < enforcement->n_demands; i++) {
		const struct policy_demand *demand = &enforcement->demands[i];

		if (!policy_demand_is_met(demand))
			buf_printf(b, " %s (%s) is %s;", policy_clause_name(demand->clause),
				demand->what, policy_hold_name(demand->hold));
	}
	/* In place of the last semicolon. */
	if (!b->overflowed)
		b->p[b->n - 1] = '\n';
}

static int
check(struct bounds *bounds, struct bounding *bound, struct err *err)
{
	const struct policy *policy = &bound->policy;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policy_enforcement enforcement;
	int r;

	if (policy->is_none || !bounds->probes)
		return 0;
	policy_enforce(policy, &bounds->machine, &arena, &enforcement);
	r = policy_enforcement_check(policy, &enforcement, err);
	if (r < 0)
		return r;
	if (policy->traces_exec)
		return err_set(err, ERR_POLICY,
			"policy \"%.*s\": \"trace: exec\" is not honoured by this build of "
			"lily; leave it out",
			(int)MIN(policy->name.n, 100), policy->name.p);
	bound->is_degraded = enforcement.is_degraded;
	if (bound->is_degraded)
		say_lacking(bounds, policy, &enforcement);
	return 0;
}

/* --- the list --- */

static struct str
bytes_of(struct bounds *bounds, const void *bytes, size_t n)
{
	return arena_str(&bounds->arena, (struct str){bytes, n});
}

static int
add_bound(struct bounds *bounds, const struct policy *policy, uint32_t *ret_number,
	struct err *err)
{
	AUTO_BUF struct buf document = BUF_INIT(DOCUMENT_MAX);
	struct bounding *bound = ARENA_NEW(&bounds->arena, struct bounding);
	int r;

	bound->policy = *policy;
	policy_write(policy, &bounds->policies.surroundings, &document);
	/* Of two that allow the same one may be held as far as that goes. */
	buf_printf(&document, "%d%d", policy->is_best_effort, policy->traces_exec);
	r = buf_check(&document, "a policy", err);
	if (r < 0)
		return r;
	document.n -= 2;
	digest_of(document.p, document.n, &bound->digest);
	document.n += 2;
	*ret_number = map_get(&bounds->by_digest, buf_str(&document));
	if (*ret_number != MAP_NONE)
		return 0;
	r = check(bounds, bound, err);
	if (r < 0)
		return r;
	bounds->items = memory_grow(bounds->items, bounds->n_items, &bounds->items_capacity,
		sizeof(*bounds->items));
	*ret_number = (uint32_t)bounds->n_items;
	bounds->items[bounds->n_items++] = bound;
	(void)map_add(
		&bounds->by_digest, bytes_of(bounds, document.p, document.n), *ret_number);
	return 0;
}

/* What holds those of whom nothing is said, once somebody is met. */
static int
add_default(struct bounds *bounds, struct err *err)
{
	struct policies *policies = &bounds->policies;
	struct policy policy;
	int r;

	if (bounds->by_default != MAP_NONE)
		return 0;
	policies->origins.of[POLICY_OF_WORKFLOW] = (struct declared_policies){NULL, 0};
	r = policy_resolve(&policies->origins, STR("default"), &policies->surroundings,
		&bounds->arena, &policy, err);
	return r < 0 ? r : add_bound(bounds, &policy, &bounds->by_default, err);
}

/* "written" is known by its place. */
static int
add(struct bounds *bounds, const struct value *written, struct err *err)
{
	struct str place = {(const char *)&written, sizeof(written)};
	struct policy policy;
	uint32_t number;
	int r;

	if (!written)
		return add_default(bounds, err);
	if (map_get(&bounds->by_written, place) != MAP_NONE)
		return 0;
	r = resolve(bounds, written, &policy, err);
	if (r == 0)
		r = add_bound(bounds, &policy, &number, err);
	if (r == 0)
		(void)map_add(&bounds->by_written, bytes_of(bounds, place.p, place.n), number);
	return r;
}

/* A gate is handed over what its step's file has for all, and its own. */
static int
check_gates(const struct bounds *bounds, const struct step *step, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && step->gates && i < step->gates->n; i++) {
		const struct gate *gate = &step->gates->items[i];
		const struct bounding *bound = bounds_of_gate(bounds, step, gate);
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct step_settings settings;
		struct step own;

		if (!bound || !gate_runs_program(gate))
			continue;
		gate_step_make(gate, step, &arena, &settings, &own);
		r = bounds_check_env(&bound->policy, &own, err);
		if (r < 0)
			return err_wrap(err, "gate %.*s", STR_ARG(gate->name));
	}
	return r;
}

static int
add_all(struct bounds *bounds, const struct graph *graph, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < graph->n_planned; i++) {
		const struct step *step = &graph->steps[i];

		r = add(bounds, step->settings->policy, err);
		for (uint32_t j = 0; r == 0 && step->gates && j < step->gates->n; j++)
			if (step->gates->items[j].policy)
				r = add(bounds, step->gates->items[j].policy, err);
		if (r == 0)
			r = bounds_check_env(&bounds_of_step(bounds, step)->policy, step, err);
		if (r == 0)
			r = check_gates(bounds, step, err);
		if (r < 0)
			return err_wrap(err, "step %.*s", STR_ARG(step->name));
	}
	return 0;
}

int
bounds_new(const struct bounds_request *request, struct bounds **ret_bounds, struct err *err)
{
	const struct policies_request policies = {
		.workspace = request->workspace, .store = request->store};
	struct bounds *bounds;
	int r;

	*ret_bounds = NULL;
	bounds = memory_zeroed(1, sizeof(*bounds));
	bounds->by_default = MAP_NONE;
	bounds->lacking = BUF_INIT(LACKING_MAX);
	bounds->probes = request->machine != NULL;
	if (bounds->probes)
		bounds->machine = *request->machine;
	r = policies_open(&policies, &bounds->arena, &bounds->policies, err);
	if (r == 0)
		r = policies_refuse(&bounds->policies, err);
	if (r == 0)
		r = request->graph ? add_all(bounds, request->graph, err)
				   : add_default(bounds, err);
	if (r < 0) {
		bounds_free(bounds);
		return r;
	}
	*ret_bounds = bounds;
	return 0;
}

void
bounds_free(struct bounds *bounds)
{
	if (!bounds)
		return;
	policies_done(&bounds->policies);
	map_done(&bounds->by_digest);
	map_done(&bounds->by_written);
	map_done(&bounds->by_state);
	buf_done(&bounds->lacking);
	free(bounds->items);
	free(bounds->opened);
	arena_done(&bounds->arena);
	free(bounds);
}

/* --- asking --- */

static const struct bounding *
find(const struct bounds *bounds, const struct value *written)
{
	struct str place = {(const char *)&written, sizeof(written)};
	uint32_t number;

	if (!bounds)
		return NULL;
	number = written ? map_get(&bounds->by_written, place) : bounds->by_default;
	if (number == MAP_NONE)
		BUG("a policy of the graph was not resolved");
	return bounds->items[number];
}

const struct bounding *
bounds_of_step(const struct bounds *bounds, const struct step *step)
{
	return find(bounds, step->settings->policy);
}

const struct bounding *
bounds_of_gate(const struct bounds *bounds, const struct step *step, const struct gate *gate)
{
	return find(bounds, gate->policy ? gate->policy : step->settings->policy);
}

const struct policy *
bounds_open_state(struct bounds *bounds, const struct bounding *bound, const char *state)
{
	struct str key =
		str_of(arena_printf(&bounds->arena, "%p %s", (const void *)bound, state));
	uint32_t number = map_get(&bounds->by_state, key);
	struct policy_path *write;
	struct policy *policy;

	if (bound->policy.is_none)
		return &bound->policy;
	if (number != MAP_NONE)
		return bounds->opened[number];
	policy = ARENA_NEW(&bounds->arena, struct policy);
	*policy = bound->policy;
	write = ARENA_ARRAY(&bounds->arena, policy->write.n + 1, struct policy_path);
	if (policy->write.n)
		memcpy(write, policy->write.items, policy->write.n * sizeof(*write));
	write[policy->write.n] =
		(struct policy_path){.path = arena_cstr(&bounds->arena, str_of(state)),
			.place = {.file = STR_EMPTY}};
	policy->write = (struct policy_paths){write, policy->write.n + 1};
	bounds->opened = memory_grow(bounds->opened, bounds->n_opened, &bounds->opened_capacity,
		sizeof(*bounds->opened));
	(void)map_add(&bounds->by_state, key, (uint32_t)bounds->n_opened);
	bounds->opened[bounds->n_opened++] = policy;
	return policy;
}

const struct bounding *
bounds_of_rest(const struct bounds *bounds)
{
	return bounds && bounds->by_default != MAP_NONE ? bounds->items[bounds->by_default]
							: NULL;
}

enum lane_mode
bounds_mode(const struct bounds *bounds)
{
	return bounds && bounds->probes &&
			!(bounds->machine.features & FEATURE_BIT(FEATURE_PID_NAMESPACES))
		? LANE_MODE_SUBREAPER
		: LANE_MODE_PID_NAMESPACE;
}

const char *
bounds_lacking(const struct bounds *bounds)
{
	return bounds ? buf_cstr(&bounds->lacking) : "";
}
