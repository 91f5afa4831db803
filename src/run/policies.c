#include "run/policies.h"

#include "base/file.h"
#include "json/word.h"
#include "json/yaml.h"

#include <fcntl.h>

/* --- the files --- */

int
policies_read(
	struct policies *policies, enum policy_origin origin, const char *path, struct err *err)
{
	struct policies_file *file = &policies->files[origin];
	int r;

	buf_clear(&file->text);
	findings_done(&file->findings);
	findings_init(&file->findings, policies->arena);
	policies->origins.of[origin] = (struct declared_policies){NULL, 0};
	r = file_read(AT_FDCWD, path, &file->text, err);
	if (r < 0)
		return r;
	file->path = arena_cstr(policies->arena, str_of(path));
	file->source = (struct source){.name = file->path, .text = buf_str(&file->text)};
	r = yaml_parse(policies->arena, &file->source, NULL, &file->root, err);
	if (r < 0)
		return r;
	policy_file_read(&file->findings, policies->arena, &file->source, file->root,
		&policies->origins.of[origin]);
	if (origin == POLICY_OF_WORKFLOW)
		policy_file_uses(policies->arena, file->root, &policies->uses);
	return 0;
}

void
policies_take(struct policies *policies, const struct source *source, const struct value *root)
{
	struct policies_file *file = &policies->files[POLICY_OF_WORKFLOW];

	findings_done(&file->findings);
	findings_init(&file->findings, policies->arena);
	policies->origins.of[POLICY_OF_WORKFLOW] = (struct declared_policies){NULL, 0};
	file->path = source->name;
	file->source = *source;
	file->root = root;
	policy_file_read(&file->findings, policies->arena, &file->source, root,
		&policies->origins.of[POLICY_OF_WORKFLOW]);
	policy_file_uses(policies->arena, root, &policies->uses);
}

static int
read_optional(
	struct policies *policies, enum policy_origin origin, const char *path, struct err *err)
{
	struct err own = ERR_INIT;
	int r = policies_read(policies, origin, path, &own);

	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		*err = own;
	return r;
}

static const char *
user_file(const struct policies *policies)
{
	const char *folder = path_config(policies->arena);

	return folder ? path_join(policies->arena, folder, "policy.yaml") : NULL;
}

/* A home that is the root, as some services have it, is none that could be hidden. */
static const char *
find_home(struct arena *arena)
{
	const char *home = getenv("HOME");
	struct err ignored = ERR_INIT;
	struct str real;

	if (!home || *home != '/')
		return NULL;
	if (path_real(home, arena, &real, &ignored) < 0)
		real = path_shorten(arena, str_of(home));
	return str_is(real, "/") ? NULL : real.p;
}

int
policies_open(const struct policies_request *request, struct arena *arena,
	struct policies *ret_policies, struct err *err)
{
	struct policies *policies = ret_policies;
	const char *user;
	int r;

	*policies = (struct policies){.arena = arena};
	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++) {
		policies->files[i].text = BUF_INIT(yaml_default_limits.bytes);
		findings_init(&policies->files[i].findings, arena);
	}
	policies->surroundings = (struct policy_surroundings){
		.workspace = request->workspace,
		.home = find_home(arena),
		.store = request->store,
		.search = getenv("PATH"),
	};
	user = user_file(policies);
	r = user ? read_optional(policies, POLICY_OF_USER, user, err) : 0;
	if (r == 0)
		r = read_optional(policies, POLICY_OF_WORKSPACE,
			path_join(arena, request->workspace, POLICIES_FILE_OF_WORKSPACE), err);
	if (r == 0 && request->workflow)
		r = policies_read(policies, POLICY_OF_WORKFLOW, request->workflow, err);
	return r;
}

void
policies_done(struct policies *policies)
{
	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++) {
		findings_done(&policies->files[i].findings);
		buf_done(&policies->files[i].text);
	}
}

int
policies_refuse(const struct policies *policies, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	size_t errors = 0;
	size_t shown = 0;

	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++) {
		const struct policies_file *file = &policies->files[i];

		errors += file->findings.errors;
		if (file->findings.errors)
			findings_show_errors(
				&file->findings, &file->source, FINDINGS_ALL, &b, &shown);
	}
	if (!errors)
		return 0;
	return findings_refuse(&b, errors, shown, "lily policy check shows them", err);
}

/* --- uses --- */

static bool
is_known(const struct policies *policies, struct str name)
{
	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++)
		if (declared_policies_find(&policies->origins.of[i], name))
			return true;
	return str_is(name, "default") || str_is(name, "none");
}

/* Those of all origins may be meant. */
static const char *
suggest(const struct policies *policies, struct findings *findings, struct str name)
{
	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++) {
		const char *suggestion =
			declared_policies_suggest(findings, &policies->origins.of[i], name);

		if (*suggestion)
			return suggestion;
	}
	return "";
}

static void
check_name(struct policies *policies, struct findings *findings, const struct place *place,
	const struct value *use)
{
	struct str name = value_text(use);

	if (!is_known(policies, name))
		finding_error(findings, place, use->offset, "there is no policy \"%.*s\"%s",
			(int)MIN(name.n, 60), name.p, suggest(policies, findings, name));
}

/* A policy that a use holds extends one of its file. */
static int
read_inline(const struct policies *policies, struct findings *findings, struct str whose,
	const struct value *use, struct declared_policy *ret_declared)
{
	const struct policies_file *file = &policies->files[POLICY_OF_WORKFLOW];

	if (declared_policy_read(
		    findings, policies->arena, &file->source, whose, use, ret_declared) < 0)
		return -1;
	if (!ret_declared->extends.n || str_is(ret_declared->extends, "default") ||
		declared_policies_find(
			&policies->origins.of[POLICY_OF_WORKFLOW], ret_declared->extends))
		return 0;
	finding_error(findings, NULL, ret_declared->key_offsets[POLICY_KEY_EXTENDS],
		"there is no policy \"%.*s\" in this file",
		(int)MIN(ret_declared->extends.n, 60), ret_declared->extends.p);
	return -1;
}

static struct str
use_name(struct arena *arena, const struct policy_use *use)
{
	if (!use->step.n)
		return STR("of defaults");
	if (str_equal(use->step, use->gate))
		return STR("of notify");
	return str_of(arena_printf(arena, "of %.*s%s%.*s", STR_ARG(use->step),
		use->gate.n ? "." : "", STR_ARG(use->gate)));
}

static void
check_use(struct policies *policies, const struct policy_use *use)
{
	struct findings *findings = &policies->files[POLICY_OF_WORKFLOW].findings;
	struct str name = use_name(policies->arena, use);
	struct place place = {NULL, "policy", name};
	struct declared_policy declared;

	if (use->value->kind == VALUE_STRING)
		check_name(policies, findings, &place, use->value);
	else if (use->value->kind != VALUE_OBJECT)
		finding_error(findings, &place, use->value->offset,
			"must be the name of a policy, or one itself, not %s",
			value_describe(policies->arena, use->value));
	else if (read_inline(policies, findings, name, use->value, &declared) == 0)
		policy_check_words(findings, &declared, &policies->surroundings);
}

void
policies_check(struct policies *policies, enum policy_origin origin)
{
	struct policies_file *file = &policies->files[origin];
	const struct declared_policies *declared = &policies->origins.of[origin];

	for (size_t i = 0; i < declared->n; i++)
		policy_check_words(
			&file->findings, &declared->items[i], &policies->surroundings);
	for (size_t i = 0; origin == POLICY_OF_WORKFLOW && i < policies->uses.n; i++)
		check_use(policies, &policies->uses.items[i]);
	findings_finish(&file->findings);
}

static int
resolve_inline(const struct policies *policies, const struct value *use, struct str whose,
	struct policy *ret_policy, struct err *err)
{
	const struct source *source = &policies->files[POLICY_OF_WORKFLOW].source;
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	struct declared_policy declared;
	struct findings findings;
	size_t shown = 0;
	int r = 0;

	findings_init(&findings, policies->arena);
	if (read_inline(policies, &findings, whose, use, &declared) < 0) {
		findings_show_errors(&findings, source, FINDINGS_ALL, &b, &shown);
		r = findings_refuse(
			&b, findings.errors, shown, "lily policy check shows them", err);
	}
	findings_done(&findings);
	return r < 0
		? r
		: policy_resolve_declared(&policies->origins, POLICY_OF_WORKFLOW, &declared,
			  &policies->surroundings, policies->arena, ret_policy, err);
}

int
policies_resolve_use(const struct policies *policies, const struct value *use, struct str whose,
	struct policy *ret_policy, struct err *err)
{
	const struct source *source = &policies->files[POLICY_OF_WORKFLOW].source;
	struct err own = ERR_INIT;
	int r;

	if (use && use->kind == VALUE_OBJECT)
		return resolve_inline(policies, use, whose, ret_policy, err);
	r = policy_resolve(&policies->origins, use ? value_text(use) : STR("default"),
		&policies->surroundings, policies->arena, ret_policy, &own);
	if (r == ERR_NOT_FOUND && use)
		return source_error(source, use->offset, err, "%s", own.message);
	if (r < 0)
		*err = own;
	return r;
}

/* --- of a run --- */

static int
refuse_one(struct policies *policies, const struct workflow *workflow, struct err *err)
{
	policies_take(policies, workflow_source(workflow), workflow_root(workflow));
	policies_check(policies, POLICY_OF_WORKFLOW);
	return policies_refuse(policies, err);
}

int
policies_refuse_workflow(const struct policies_request *request,
	const struct workflow *workflow, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct policies_request rest = *request;
	const struct workflow *const *parts;
	struct policies policies;
	size_t n;
	int r;

	if (!workflow_has_policies(workflow))
		return 0;
	rest.workflow = NULL;
	r = policies_open(&rest, &arena, &policies, err);
	if (r == 0)
		r = refuse_one(&policies, workflow, err);
	parts = workflow_parts(workflow, &n);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = refuse_one(&policies, parts[i], err);
	policies_done(&policies);
	return r;
}
