/*
 * declared: policies as somebody wrote them, before `extends` is followed and paths are looked up.
 *
 *	policies:
 *	  agent: { write: [ src ], net: [ "api.example.com:443" ], limits: { memory: 2Gi } }
 *	  free: none
 *
 * One file of one origin has a map of them; what a step says itself is one without a name of its own.
 * A key that is given replaces that of the policy that is extended. Text is borrowed from the values.
 */
#ifndef LILY_POLICY_DECLARED_H
#define LILY_POLICY_DECLARED_H

#include "policy/policy.h"
#include "json/findings.h"
#include "json/value.h"

#define POLICIES_MAX 1000
#define POLICY_WORDS_MAX 1000 /* of one list */
#define POLICY_HOSTS_MAX 200
#define POLICY_COUNT_MAX INT64_C(1000000000)

/* Keys are clauses, as far as they go, and these. */
enum policy_key {
	POLICY_KEY_ENFORCE = POLICY_OTHERS,
	POLICY_KEY_TRACE,
	POLICY_KEY_EXTENDS,
	POLICY_KEY_COUNT
};

struct policy_word {
	struct str text;
	uint32_t offset;
};

struct policy_words {
	const struct policy_word *items;
	size_t n;
};

struct declared_host {
	struct policy_host host; /* without its place */
	uint32_t offset;
};

struct declared_policy {
	const struct source *source; /* NULL: lily's own */
	struct str name;
	uint32_t offset;
	uint32_t given; /* bits by enum policy_key */
	bool is_none;
	uint32_t key_offsets[POLICY_KEY_COUNT];
	struct str extends;
	struct policy_words words[POLICY_CLAUSE_COUNT]; /* of clauses that are lists */
	enum policy_net net;
	const struct declared_host *hosts;
	size_t n_hosts;
	struct policy_diff max_diff;
	struct policy_limits limits;
	bool is_best_effort;
	bool traces_exec;
};

struct declared_policies {
	const struct declared_policy *items; /* in the order of the file */
	size_t n;
};

#define POLICY_GIVEN(key) (UINT32_C(1) << (key))

/* One policy: a map, or the word none. 0, or -1 where it has errors, which became findings. */
int declared_policy_read(struct findings *findings, struct arena *arena,
	const struct source *source, struct str name, const struct value *v,
	struct declared_policy *ret_policy);

/* A map of names to policies; those with errors are left out. Also checks what `extends` names, and that
 * nothing extends itself. */
void declared_policies_read(struct findings *findings, struct arena *arena,
	const struct source *source, const struct value *map,
	struct declared_policies *ret_policies);

const struct declared_policy *declared_policies_find(
	const struct declared_policies *policies, struct str name);

/* "; did you mean "X"?" for a name that none of them has, else "". */
const char *declared_policies_suggest(
	struct findings *findings, const struct declared_policies *policies, struct str name);

/* What a policy extends: one of the same file; NULL: lily's own default, or nothing, for that itself. */
const struct declared_policy *declared_policy_parent(
	const struct declared_policies *policies, const struct declared_policy *policy);

/* Where something of it stands. */
struct policy_place declared_place(const struct declared_policy *policy, uint32_t offset);

#endif
