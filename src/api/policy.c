#include "api/policy.h"

#include "api/finding.h"
#include "api/handle.h"
#include "api/lane.h"
#include "base/file.h"
#include "exec/machine.h"
#include "format/format_host.h"
#include "format/format_ip.h"
#include "policy/allows.h"
#include "policy/enforcement.h"
#include "store/home.h"

int
policy_open(const struct lily_policy_place *place, struct arena *arena,
	struct policies *ret_policies, struct err *err)
{
	struct policies_request request = {.workflow = place->workflow};
	struct err missing = ERR_INIT;
	struct str note;
	struct str real;
	int r;

	*ret_policies = (struct policies){.arena = arena};
	r = home_workspace(
		place->workspace ? place->workspace : ".", arena, &request.workspace, err);
	if (r < 0)
		return r;
	if (place->store)
		request.store = path_real(place->store, arena, &real, &missing) == 0
			? real.p
			: place->store;
	else if (home_find(request.workspace, 0, arena, &request.store, &note, &missing) < 0)
		request.store = NULL;
	return policies_open(&request, arena, ret_policies, err);
}

/* --- checking --- */

static void
add_names(struct builder *b, const struct declared_policies *declared)
{
	builder_array(b, "policies");
	for (size_t i = 0; i < declared->n; i++)
		builder_text(b, NULL, declared->items[i].name);
	builder_end(b);
}

static const struct value *
describe_check(const struct policies *policies, enum policy_origin origin, struct arena *arena)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	const struct policies_file *file = &policies->files[origin];
	bool is_workflow = origin == POLICY_OF_WORKFLOW;

	builder_object(&b, NULL);
	builder_cstr(&b, "kind", is_workflow ? "workflow" : "policies");
	add_names(&b, &policies->origins.of[origin]);
	builder_u64(&b, "uses", is_workflow ? policies->uses.n : 0);
	builder_u64(&b, "errors", file->findings.errors);
	builder_u64(&b, "warnings", file->findings.warnings);
	builder_array(&b, "findings");
	for (size_t i = 0; i < file->findings.n; i++)
		finding_add(&b, &file->source, &file->findings.items[i]);
	builder_end(&b);
	builder_end(&b);
	return builder_root(&b);
}

/* A file of policies is checked as if it were the workspace's. */
static int
check(const struct lily_policy_place *place, const char *path, struct lily_document *document,
	struct err *err)
{
	struct lily_policy_place rest = *place;
	struct policies policies;
	enum policy_origin origin = POLICY_OF_WORKFLOW;
	int r;

	rest.workflow = NULL;
	r = policy_open(&rest, &document->arena, &policies, err);
	if (r == 0)
		r = policies_read(&policies, POLICY_OF_WORKFLOW, path, err);
	if (r == 0 && !policy_file_is_workflow(policies.files[POLICY_OF_WORKFLOW].root)) {
		policies.origins.of[POLICY_OF_WORKFLOW] = (struct declared_policies){NULL, 0};
		origin = POLICY_OF_WORKSPACE;
		r = policies_read(&policies, origin, path, err);
	}
	if (r == 0) {
		policies_check(&policies, origin);
		document->root = describe_check(&policies, origin, &document->arena);
	}
	policies_done(&policies);
	return r;
}

int
lily_policy_check(const struct lily_policy_place *place, const char *path,
	struct lily_document **ret_document, struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = check(place, path, document, &err);

	return document_give(document, r, &err, ret_document, error);
}

/* --- targets --- */

static void
add_answer(struct builder *b, const char *access, const struct policy_answer *answer)
{
	static const char *const because[] = {
		[POLICY_NAMED] = "named",
		[POLICY_NOT_NAMED] = "unnamed",
		[POLICY_HIDDEN] = "hidden",
		[POLICY_GUARDED] = "guarded",
		[POLICY_UNLIMITED] = "unlimited",
	};

	builder_object(b, NULL);
	builder_cstr(b, "access", access);
	builder_bool(b, "allowed", answer->is_allowed);
	builder_cstr(b, "clause", policy_clause_name(answer->clause));
	builder_cstr(b, "because", because[answer->because]);
	if (answer->by.n)
		builder_text(b, "by", answer->by);
	else
		builder_null(b, "by");
	policy_add_place(b, &answer->place);
	builder_end(b);
}

/* "name:443" and "[::1]:443", but no path that exists. */
static bool
is_host(const char *target, struct str *ret_host, uint16_t *ret_port)
{
	const char *colon = strrchr(target, ':');
	uint64_t port;

	if (!colon || colon == target || strchr(target, '/') || access(target, F_OK) == 0 ||
		!str_to_u64(str_of(colon + 1), UINT16_MAX, &port))
		return false;
	*ret_host = (struct str){target, (size_t)(colon - target)};
	if (target[0] == '[' && colon[-1] == ']')
		*ret_host = (struct str){target + 1, ret_host->n - 2};
	*ret_port = (uint16_t)port;
	return format_hostname(*ret_host) || format_ipv4(*ret_host) || format_ipv6(*ret_host);
}

static int
add_path(struct builder *b, const struct policies *policies, const struct policy *policy,
	const char *target, struct err *err)
{
	static const char *const accesses[] = {
		[POLICY_TO_READ] = "read",
		[POLICY_TO_WRITE] = "write",
		[POLICY_TO_EXECUTE] = "execute",
	};
	const char *path;
	int r = location_find(
		&policies->surroundings, str_of(target), policies->arena, &path, err);

	if (r < 0)
		return r;
	builder_cstr(b, "path", path);
	builder_array(b, "answers");
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		struct policy_answer answer =
			policy_allows(policy, (enum policy_access)i, path);

		add_answer(b, accesses[i], &answer);
	}
	builder_end(b);
	return 0;
}

static int
add_targets(struct builder *b, const struct policies *policies, const struct policy *policy,
	const struct lily_policy_question *question, struct err *err)
{
	int r = 0;

	builder_array(b, "targets");
	for (size_t i = 0; r == 0 && i < question->n_targets; i++) {
		const char *target = question->targets[i];
		struct policy_answer answer;
		struct str host;
		uint16_t port;

		builder_object(b, NULL);
		builder_cstr(b, "target", target);
		if (is_host(target, &host, &port)) {
			answer = policy_allows_host(policy, host, port);
			builder_null(b, "path");
			builder_array(b, "answers");
			add_answer(b, "connect", &answer);
			builder_end(b);
		} else {
			r = add_path(b, policies, policy, target, err);
		}
		builder_end(b);
	}
	builder_end(b);
	return r;
}

/* --- the whole --- */

static void
add_demands(struct builder *b, const struct policy_enforcement *enforcement)
{
	builder_array(b, "demands");
	for (size_t i = 0; i < enforcement->n_demands; i++) {
		const struct policy_demand *demand = &enforcement->demands[i];
		const struct {
			const char *key;
			const char *text;
		} texts[] = {
			{"mechanism", demand->mechanism},
			{"missing", demand->missing},
			{"remedy", demand->remedy},
		};

		builder_object(b, NULL);
		builder_cstr(b, "clause", policy_clause_name(demand->clause));
		builder_cstr(b, "what", demand->what);
		builder_bool(b, "boundary", demand->is_boundary);
		builder_cstr(b, "state", policy_hold_name(demand->hold));
		for (size_t k = 0; k < ARRAY_SIZE(texts); k++)
			if (texts[k].text)
				builder_cstr(b, texts[k].key, texts[k].text);
			else
				builder_null(b, texts[k].key);
		builder_end(b);
	}
	builder_end(b);
}

static void
add_enforcement(struct builder *b, const struct policy *policy,
	const struct policy_machine *machine, struct arena *arena)
{
	struct policy_enforcement enforcement;
	struct err err = ERR_INIT;

	policy_enforce(policy, machine, arena, &enforcement);
	builder_cstr(b, "tier", policy_tier_name(enforcement.tier));
	builder_bool(b, "refused", enforcement.is_refused);
	builder_bool(b, "degraded", enforcement.is_degraded);
	if (policy_enforcement_check(policy, &enforcement, &err) < 0)
		builder_cstr(b, "refusal", err.message);
	else
		builder_null(b, "refusal");
	add_demands(b, &enforcement);
	builder_object(b, "machine");
	builder_bool(b, "root", machine->is_root);
	builder_u64(b, "landlock", machine->landlock);
	builder_array(b, "features");
	for (unsigned i = 0; i < FEATURE_COUNT; i++)
		if (machine->features & FEATURE_BIT(i))
			builder_cstr(b, NULL, policy_feature_name((enum policy_feature)i));
	builder_end(b);
	builder_end(b);
}

static void
add_origins(struct builder *b, const struct policies *policies)
{
	static const char *const names[] = {
		[POLICY_OF_WORKFLOW] = "workflow",
		[POLICY_OF_WORKSPACE] = "workspace",
		[POLICY_OF_USER] = "user",
	};

	builder_array(b, "origins");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!policies->files[i].path)
			continue;
		builder_object(b, NULL);
		builder_cstr(b, "origin", names[i]);
		builder_cstr(b, "file", policies->files[i].path);
		builder_end(b);
	}
	builder_end(b);
}

/* STEP, or STEP.GATE where the workflow has no step of that name; a gate that names no policy is held to that of
 * its step, and what names none at all to the default. */
static int
resolve_step(const struct policies *policies, const char *step, struct policy *ret_policy,
	struct err *err)
{
	const struct value *use;
	const struct value *root = policies->files[POLICY_OF_WORKFLOW].root;
	struct str name = str_of(step);
	struct str gate = STR_EMPTY;
	const char *dot = strrchr(step, '.');

	if (!root)
		return err_set(err, ERR_INVALID, "a step of which workflow? Name the file");
	if (!policy_file_has_step(root, name) && dot) {
		name = (struct str){step, (size_t)(dot - step)};
		gate = str_of(dot + 1);
	}
	if (!policy_file_has_step(root, name))
		return err_set(err, ERR_NOT_FOUND, "the workflow has no step \"%.200s\"", step);
	use = policy_uses_find(&policies->uses, name, gate);
	if (!use && gate.n)
		use = policy_uses_find(&policies->uses, name, STR_EMPTY);
	return policies_resolve_use(policies, use,
		str_of(arena_printf(policies->arena, "of %s", step)), ret_policy, err);
}

static int
explain(const struct lily_policy_place *place, const struct policies *policies,
	const struct lily_policy_question *question, struct lily_document *document,
	struct err *err)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(&document->arena);
	struct str name = str_of(question->name ? question->name : "default");
	struct policy_machine machine;
	struct policy policy;
	int r = question->step
		? resolve_step(policies, question->step, &policy, err)
		: policy_resolve(&policies->origins, name, &policies->surroundings,
			  policies->arena, &policy, err);

	if (r < 0)
		return r;
	machine_probe(place->lane ? place->lane : lane_find(policies->arena), &machine);
	builder_object(&b, NULL);
	builder_text(&b, "policy", policy.name);
	builder_bool(&b, "unconfined", policy.is_none);
	if (question->step)
		builder_cstr(&b, "step", question->step);
	else
		builder_null(&b, "step");
	add_origins(&b, policies);
	policy_add_clauses(&b, policies, &policy, policies->arena);
	add_enforcement(&b, &policy, &machine, policies->arena);
	r = add_targets(&b, policies, &policy, question, err);
	builder_end(&b);
	if (r == 0)
		document->root = builder_root(&b);
	return r;
}

int
lily_policy_explain(const struct lily_policy_place *place,
	const struct lily_policy_question *question, struct lily_document **ret_document,
	struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct policies policies;
	struct err err = ERR_INIT;
	int r = policy_open(place, &document->arena, &policies, &err);

	if (r == 0)
		r = policies_refuse(&policies, &err);
	if (r == 0)
		r = explain(place, &policies, question, document, &err);
	policies_done(&policies);
	return document_give(document, r, &err, ret_document, error);
}
