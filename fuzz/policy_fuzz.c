/*
 * Any document as { policies: {…}, bound: {…}, steps: … }. What is wrong is said in whole messages that stand in
 * the document. Policies without errors resolve or say why not; what two of them allow together is what
 * each of them does; what a machine holds of them adds up.
 */
#include "fuzz.h"
#include "policy/allows.h"
#include "policy/enforcement.h"
#include "policy/file.h"
#include "policy/merge.h"
#include "policy/resolve.h"
#include "json/yaml.h"

#define TEXT_MAX ((size_t)1 << 14)
#define RESOLVED_MAX 4

/* Nothing of it is there, but the root. */
static const struct policy_surroundings surroundings = {
	.workspace = "/no-such/home/project",
	.home = "/no-such/home",
	.store = "/no-such/home/state",
	.search = "/no-such/home/.cargo/bin:/no-such/bin",
};

static const char *const asked[] = {"/", "/etc/passwd", "/no-such/home",
	"/no-such/home/project", "/no-such/home/project/src/x",
	"/no-such/home/project/.git/hooks/x", "/no-such/home/project/a/.git/modules/m/config",
	"/no-such/home/project/.lily", "/no-such/home/state/x",
	"/no-such/home/.cargo/credentials", "/tmp/x", "/dev/null"};

static void
check_findings(struct findings *findings, const struct source *source)
{
	findings_finish(findings);
	for (size_t i = 0; i < findings->n; i++) {
		struct str message = findings->items[i].message;

		if (!message.n || !str_is_utf8(message, NULL) || str_find(message, '\n') >= 0)
			fuzz_fail("a message that is not one line: %.*s", STR_ARG(message));
		if (findings->items[i].offset != SOURCE_NOWHERE &&
			findings->items[i].offset > source->text.n)
			fuzz_fail("a place past the end: %.*s", STR_ARG(message));
	}
	findings_done(findings);
}

static void
check_merge(const struct policy *a, const struct policy *b, struct arena *arena)
{
	struct policy merged = policy_merge(arena, a, b);

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		for (int access = POLICY_TO_READ; access <= POLICY_TO_EXECUTE; access++) {
			enum policy_access how = (enum policy_access)access;
			bool by_both = policy_allows(a, how, asked[i]).is_allowed &&
				policy_allows(b, how, asked[i]).is_allowed;

			if (policy_allows(&merged, how, asked[i]).is_allowed != by_both)
				fuzz_fail(
					"access %d of %s: both %d", access, asked[i], by_both);
		}
}

static void
check_enforcement(const struct policy *policy, struct arena *arena)
{
	for (uint32_t features = 0; features < FEATURE_BIT(FEATURE_COUNT); features += 7) {
		const struct policy_machine machine = {features, features % 10, false, false};
		struct policy_enforcement enforcement;
		struct err err = ERR_INIT;
		int r;

		policy_enforce(policy, &machine, arena, &enforcement);
		r = policy_enforcement_check(policy, &enforcement, &err);
		if ((r < 0) != enforcement.is_refused)
			fuzz_fail("refused %d, checked %d", enforcement.is_refused, r);
		if (r < 0 && (!err.message[0] || strlen(err.message) >= ERR_MESSAGE_SIZE - 1))
			fuzz_fail("no refusal, or one that was cut off: %s", err.message);
	}
}

/* Those of one file, as of an origin that others bound. */
static void
check_policies(const struct policy_origins *origins, struct arena *arena)
{
	const struct declared_policies *declared = &origins->of[POLICY_OF_WORKFLOW];
	struct policy resolved[RESOLVED_MAX];
	size_t n = 0;

	for (size_t i = 0; i < declared->n && n < RESOLVED_MAX; i++) {
		struct err err = ERR_INIT;

		if (policy_resolve(origins, declared->items[i].name, &surroundings, arena,
			    &resolved[n], &err) < 0)
			fuzz_check_error(&err);
		else
			check_enforcement(&resolved[n++], arena);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			check_merge(&resolved[i], &resolved[k], arena);
}

static void
check(const struct value *root, const struct source *source, struct arena *arena)
{
	const struct value *bound = value_get(root, STR("bound"));
	struct policy_origins origins = {0};
	struct findings findings;
	struct policy_uses uses;
	bool is_good;

	findings_init(&findings, arena);
	policy_file_read(&findings, arena, source, root, &origins.of[POLICY_OF_WORKFLOW]);
	policy_file_uses(arena, root, &uses);
	for (size_t i = 0; i < uses.n; i++)
		if (!policy_uses_find(&uses, uses.items[i].step, uses.items[i].gate))
			fuzz_fail("a use that is not found");
	if (bound && bound->kind == VALUE_OBJECT)
		declared_policies_read(
			&findings, arena, source, bound, &origins.of[POLICY_OF_USER]);
	for (size_t i = 0; i < origins.of[POLICY_OF_WORKFLOW].n; i++)
		policy_check_words(
			&findings, &origins.of[POLICY_OF_WORKFLOW].items[i], &surroundings);
	is_good = findings.errors == 0;
	check_findings(&findings, source);
	if (is_good)
		check_policies(&origins, arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "fuzz.yaml", .text = {(const char *)bytes, n}};
	const struct value *root;
	struct err err = ERR_INIT;

	if (n > TEXT_MAX)
		return 0;
	if (yaml_parse(&arena, &source, NULL, &root, &err) < 0)
		fuzz_check_error(&err);
	else
		check(root, &source, &arena);
	return 0;
}
