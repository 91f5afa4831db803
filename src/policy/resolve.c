#include "policy/resolve.h"

#include "policy/default.h"
#include "policy/merge.h"
#include "policy/sets.h"
#include "policy/words.h"

#define EXTENDS_MAX POLICIES_MAX

/* Who says each key: the policy itself, or the nearest that it extends; NULL: nobody. */
struct chain {
	const struct declared_policy *of[POLICY_KEY_COUNT];
};

static void
chain_add(struct chain *chain, const struct declared_policy *policy)
{
	for (unsigned i = 0; i < POLICY_KEY_COUNT; i++)
		if (!chain->of[i] && (policy->given & POLICY_GIVEN(i)))
			chain->of[i] = policy;
}

static void
chain_follow(struct chain *chain, const struct declared_policies *policies,
	const struct declared_policy *policy)
{
	for (size_t i = 0; policy && i < EXTENDS_MAX; i++) {
		chain_add(chain, policy);
		policy = declared_policy_parent(policies, policy);
	}
}

/* --- its clauses --- */

struct resolving {
	const struct chain *chain;
	const struct policy_surroundings *surroundings;
	struct arena *arena;
	struct policy *policy;
};

/* What is written for a clause, in a list with room for `more`; the list as it is where nobody says it. */
static int
resolve_list(const struct resolving *r, enum policy_clause clause, size_t more,
	struct policy_paths *list, struct err *err)
{
	const struct declared_policy *declared = r->chain->of[clause];
	struct policy_paths found = {NULL, 0};
	struct policy_paths grown;
	int e;

	if (!declared)
		return 0;
	e = policy_words_resolve(declared, clause, r->surroundings, r->arena, &found, err);
	if (e < 0)
		return e;
	grown = (struct policy_paths){
		ARENA_ARRAY(r->arena, found.n + more, struct policy_path), 0};
	sets_add(&grown, found.items, found.n);
	*list = grown;
	return 0;
}

/* The workspace lies in the home, mostly. */
static int
show_again(const struct resolving *r, struct policy_paths *read, struct err *err)
{
	struct policy_path workspace = {.place = {.file = STR_EMPTY}};
	int e = location_find(r->surroundings, STR("."), r->arena, &workspace.path, err);

	if (e < 0)
		return e;
	sets_add(read, &workspace, 1);
	policy_words_toolchains(r->surroundings, r->arena, read);
	return 0;
}

static int
resolve_read(const struct resolving *r, struct err *err)
{
	const struct declared_policy *declared = r->chain->of[POLICY_READ];
	struct policy_paths all = {NULL, 0};
	struct policy_paths *read = &r->policy->read;
	int e = resolve_list(r, POLICY_READ, 0, &all, err);

	if (e < 0 || !declared)
		return e;
	*read = (struct policy_paths){
		ARENA_ARRAY(r->arena, all.n + POLICY_SHOWN_MAX, struct policy_path), 0};
	r->policy->reads_all = false;
	for (size_t i = 0; i < all.n; i++) {
		if (strcmp(all.items[i].path, "/") == 0)
			r->policy->reads_all = true;
		else
			sets_add(read, &all.items[i], 1);
	}
	if (r->policy->reads_all)
		return show_again(r, read, err);
	policy_words_system(r->surroundings, r->arena, read);
	return 0;
}

/* Git's files and lily's are kept from whoever may write the workspace. */
static int
resolve_write(const struct resolving *r, struct err *err)
{
	struct policy_paths protect = {
		ARENA_ARRAY(r->arena, POLICY_HIDDEN_MAX, struct policy_path), 0};
	int e = resolve_list(r, POLICY_WRITE, 0, &r->policy->write, err);

	if (e == 0)
		e = resolve_list(
			r, POLICY_PROTECT, POLICY_HIDDEN_MAX, &r->policy->protect, err);
	if (e < 0 || !r->chain->of[POLICY_WRITE])
		return e;
	policy_words_protected(r->surroundings, r->arena, &protect);
	r->policy->protect = sets_unite(r->arena, &r->policy->protect, &protect);
	return 0;
}

static void
resolve_hidden(const struct resolving *r)
{
	r->policy->hidden = (struct policy_paths){
		ARENA_ARRAY(r->arena, POLICY_HIDDEN_MAX, struct policy_path), 0};
	if (r->chain->of[POLICY_READ] || r->chain->of[POLICY_WRITE])
		policy_words_hidden(r->surroundings, r->arena, &r->policy->hidden);
}

static int
resolve_paths(const struct resolving *r, struct err *err)
{
	struct policy *policy = r->policy;
	int e;

	resolve_hidden(r);
	e = resolve_write(r, err);
	if (e == 0)
		e = resolve_read(r, err);
	if (e == 0)
		e = resolve_list(r, POLICY_DENY, 0, &policy->deny, err);
	if (e == 0)
		e = resolve_list(r, POLICY_TOOLS, 0, &policy->tools, err);
	if (e == 0)
		e = resolve_list(r, POLICY_DEVICES, 0, &policy->devices, err);
	if (e == 0)
		e = resolve_list(r, POLICY_SOCKETS, 0, &policy->sockets, err);
	policy->any_tools = !r->chain->of[POLICY_TOOLS];
	return e;
}

static void
resolve_net(const struct resolving *r)
{
	const struct declared_policy *declared = r->chain->of[POLICY_NET];
	struct policy_host *hosts;

	if (!declared)
		return;
	hosts = ARENA_ARRAY(r->arena, declared->n_hosts, struct policy_host);
	for (size_t i = 0; i < declared->n_hosts; i++) {
		hosts[i] = declared->hosts[i].host;
		hosts[i].place = declared_place(declared, declared->hosts[i].offset);
	}
	r->policy->net = declared->net;
	r->policy->hosts = hosts;
	r->policy->n_hosts = declared->n_hosts;
}

static void
resolve_env(const struct resolving *r)
{
	const struct declared_policy *declared = r->chain->of[POLICY_ENV];
	const struct policy_words *words;
	struct str *names;

	if (!declared)
		return;
	words = &declared->words[POLICY_ENV];
	names = ARENA_ARRAY(r->arena, words->n, struct str);
	for (size_t i = 0; i < words->n; i++)
		names[i] = words->items[i].text;
	r->policy->any_env = false;
	r->policy->env = (struct policy_names){names, words->n};
}

static void
resolve_rest(const struct resolving *r)
{
	const struct chain *chain = r->chain;

	if (chain->of[POLICY_MAX_DIFF])
		r->policy->max_diff = chain->of[POLICY_MAX_DIFF]->max_diff;
	if (chain->of[POLICY_LIMITS])
		r->policy->limits = chain->of[POLICY_LIMITS]->limits;
	if (chain->of[POLICY_KEY_ENFORCE])
		r->policy->is_best_effort = chain->of[POLICY_KEY_ENFORCE]->is_best_effort;
	if (chain->of[POLICY_KEY_TRACE])
		r->policy->traces_exec = chain->of[POLICY_KEY_TRACE]->traces_exec;
	for (unsigned i = 0; i < POLICY_OTHERS; i++)
		if (chain->of[i])
			r->policy->places[i] =
				declared_place(chain->of[i], chain->of[i]->key_offsets[i]);
}

/* Keys of which nobody says anything allow everything. */
static int
resolve_chain(const struct chain *chain, struct str name,
	const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy *ret_policy, struct err *err)
{
	struct policy policy = policy_anything(arena);
	const struct resolving r = {chain, surroundings, arena, &policy};
	int e = resolve_paths(&r, err);

	if (e < 0)
		return e;
	resolve_net(&r);
	resolve_env(&r);
	resolve_rest(&r);
	policy.name = name;
	*ret_policy = policy;
	return 0;
}

/* --- origins --- */

/* The policy by which an origin bounds one of that name; a workflow chooses, and bounds nobody. */
static const struct declared_policy *
find_bound(const struct policy_origins *origins, enum policy_origin origin, struct str name)
{
	const struct declared_policies *of = &origins->of[origin];
	const struct declared_policy *bound = declared_policies_find(of, name);

	if (origin == POLICY_OF_WORKFLOW)
		return NULL;
	return bound ? bound : declared_policies_find(of, STR("default"));
}

static bool
says_nothing(const struct chain *chain)
{
	for (unsigned i = 0; i < POLICY_OTHERS; i++)
		if (chain->of[i])
			return false;
	return true;
}

static int
bound_by(const struct policy_origins *origins, enum policy_origin origin, struct policy *policy,
	const struct policy_surroundings *surroundings, struct arena *arena, struct err *err)
{
	const struct declared_policy *bound = find_bound(origins, origin, policy->name);
	struct chain chain = {{NULL}};
	struct policy other;
	int r;

	if (!bound || bound->is_none)
		return 0;
	chain_follow(&chain, &origins->of[origin], bound);
	if (says_nothing(&chain) && policy->is_none)
		return 0;
	r = resolve_chain(&chain, bound->name, surroundings, arena, &other, err);
	if (r == 0)
		*policy = policy_merge(arena, policy, &other);
	return r;
}

int
policy_resolve_declared(const struct policy_origins *origins, enum policy_origin origin,
	const struct declared_policy *declared, const struct policy_surroundings *surroundings,
	struct arena *arena, struct policy *ret_policy, struct err *err)
{
	static const struct declared_policies nobody;
	struct policy policy = {.name = declared->name, .is_none = declared->is_none};
	struct chain chain = {{NULL}};
	int r = 0;

	if (!declared->is_none) {
		chain_follow(&chain,
			origin == POLICY_ORIGIN_COUNT ? &nobody : &origins->of[origin],
			declared);
		chain_add(&chain, &policy_default);
		r = resolve_chain(&chain, declared->name, surroundings, arena, &policy, err);
	}
	for (unsigned i = 0; r == 0 && i < POLICY_ORIGIN_COUNT; i++)
		if (i != (unsigned)origin)
			r = bound_by(origins, (enum policy_origin)i, &policy, surroundings,
				arena, err);
	if (r == 0)
		*ret_policy = policy;
	return r;
}

static struct str
nearest_name(const struct policy_origins *origins, struct str name, struct arena *arena)
{
	struct str *names;
	size_t n = 0;

	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++)
		n += origins->of[i].n;
	names = ARENA_ARRAY(arena, n + 1, struct str);
	names[0] = STR("default");
	n = 1;
	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++)
		for (size_t k = 0; k < origins->of[i].n; k++)
			names[n++] = origins->of[i].items[k].name;
	return str_nearest(name, names, n);
}

static int
refuse_name(const struct policy_origins *origins, struct str name, struct arena *arena,
	struct err *err)
{
	struct str nearest = nearest_name(origins, name, arena);

	if (nearest.n)
		return err_set(err, ERR_NOT_FOUND,
			"there is no policy \"%.*s\"; did you mean \"%.*s\"?",
			(int)MIN(name.n, 100), name.p, (int)MIN(nearest.n, 100), nearest.p);
	return err_set(err, ERR_NOT_FOUND,
		"there is no policy \"%.*s\"; declare it under `policies`, in the workflow, in "
		"lily-policy.yaml or in the user's policy.yaml",
		(int)MIN(name.n, 100), name.p);
}

int
policy_resolve(const struct policy_origins *origins, struct str name,
	const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy *ret_policy, struct err *err)
{
	static const struct declared_policy none = {
		.name = {"none", 4}, .offset = SOURCE_NOWHERE, .is_none = true};

	for (unsigned i = 0; i < POLICY_ORIGIN_COUNT; i++) {
		const struct declared_policy *declared =
			declared_policies_find(&origins->of[i], name);

		if (declared)
			return policy_resolve_declared(origins, (enum policy_origin)i, declared,
				surroundings, arena, ret_policy, err);
	}
	/* What lily itself declares comes from no origin: all of them bound it. */
	if (str_is(name, "default") || str_is(name, "none"))
		return policy_resolve_declared(origins, POLICY_ORIGIN_COUNT,
			str_is(name, "none") ? &none : &policy_default, surroundings, arena,
			ret_policy, err);
	return refuse_name(origins, name, arena, err);
}

void
policy_check_words(struct findings *findings, const struct declared_policy *declared,
	const struct policy_surroundings *surroundings)
{
	struct place place = {NULL, "policy", declared->name};
	AUTO_ARENA struct arena scratch = ARENA_INIT;

	for (unsigned clause = 0; clause < POLICY_CLAUSE_COUNT; clause++) {
		const struct policy_words *words = &declared->words[clause];

		for (size_t i = 0; clause != POLICY_ENV && i < words->n; i++) {
			struct err err = ERR_INIT;
			const char *path;

			if (policy_word_path((enum policy_clause)clause, words->items[i].text,
				    surroundings, &scratch, &path, &err) < 0)
				finding_error(findings, &place, words->items[i].offset, "%s",
					err.message);
		}
	}
}
