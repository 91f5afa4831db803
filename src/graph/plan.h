/*
 * plan: what a run will do, complete before it begins: the plan.v1 document.
 *
 * Pure and canonical (RFC 8785): the same file, params and inputs give the same bytes. The head
 * holds everything but the steps and names the chunks that hold them by digest, in order:
 *
 *	{"plan": 1, "budget": {"wall", "attempts"}, "concurrency": {"busy", "key"}, "name": …, "max_transitions": n,
 *	 "source": {"path", "sha256"}, "params": {…}, "inputs": {…}, "outputs": {…},
 *	 ["fresh": true,] ["judging": true,] "parallel": n, "pools": {"NAME": slots}, "previous": {…},
 *	 "routes": [rule, …], "secrets": {…},
 *	 "schemas": {…},
 *	 "settings": [ … ], "steps": n, "chunks": ["<hex>", …]}
 *	schema:  "<id>": {"file", "sha256", "validators": [ {"argv", "timeout"}, … ]}
 *	chunk:   [ {"name", "argv", "needs", "env", "in", "accepts": {INPUT: [label, …]}, "out",
 *		"pools": {"NAME": n},
 *		"effects": {"effect", "key", "probe": {"argv", "timeout"}},
 *		"gates": {NAME: {"definition": {"argv", "compare", "expr", "grants": [{"label", "output"}, …],
 *		"in", "metrics", "previous", "repeat", "required", "runner", "schema", "timeout"}, "policy": POLICY, "sha256"}},
 *		"settings": index, "cwd", "secrets", "state", "stdin", "workspace", "last",
 *		"continue_on_error"}, … ]
 *	foreach: {"name", "needs", "if", "last", "out", "continue_on_error", "foreach": {"batch", "from", "glob",
 *		"key", "keys", "list", "max_failed", "max_items", "parallel", "results": {NAME: [template,
 *		output]}, "templates": n}}
 *	gate of the run: {"gates", "judges": true, "name": "run.NAME", "needs", "settings"}; where the plan is
 *	judging, {…, "name": "judge.STEP.GATE", "of": the number of the step that it is of} (run/rejudge.h)
 *	scope:   {"name", "needs", "if", "last", "out", "continue_on_error", "scope": {"file", "returns":
 *		{NAME: {"ref"} or {"expr"}}, "steps": n}, "with": {NAME: {"expr", "schema"}}}
 *	secret:  "NAME": {"env": variable}, {"file": path} or {"exec": argv}; of a step "env" or "file", or
 *		{"env": the name of it in the run}
 *	previous: "STEP.OUT": {"artifact", "kind", "path", "run", "schema", "sha256", "size", "type"}:
 *	what that run left; without "sha256": nothing, without "run": there was none
 *	rule:    as in the file, in canonical form (route/rule.h)
 *	setting: {"env", "pass_env", "policy": POLICY, "timeout", "grace", "retry", "cache", "tools"}, times
 *	in microseconds; "cache" is true, false, or its ttl
 *	POLICY:  graph/declared_policy.h
 *
 * Steps are in the order of the file, at most PLAN_CHUNK_STEPS a chunk; `needs` holds their numbers
 * in that order, or [number, "failed"] where an outcome is asked for. In argv, env and paths a JSON
 * string is literal text; a template is {"parts": [ "text", {"ref": "steps.a.out.b"} ]}. Params are
 * already put in. What is empty or has its default value is left out.
 *
 * What each item of a foreach gets stands behind that, "templates" of them, as NAME/'*' and so on; a template
 * can be a foreach or scope with what stands behind it.
 *
 * The steps of a sub-workflow stand behind the step that uses it, a scope, as SCOPE/NAME; the head has
 * the digests of their files, "files": {PATH: "<hex>"}. Every one of them needs the scope to have
 * succeeded, which means here: to be open. References are those of the whole run; a param that is made
 * when the scope is opened is params['SCOPE/NAME'].
 */
#ifndef LILY_GRAPH_PLAN_H
#define LILY_GRAPH_PLAN_H

#include "base/uuid.h"
#include "graph/graph.h"
#include "graph/workflow.h"

#define PLAN_CHUNK_STEPS 256

/* A file that the caller has stored for an input of the workflow. */
struct plan_input {
	struct str name;
	struct str path;
	struct digest digest;
	uint64_t size;
	bool is_tree; /* a directory: digest names its tree.v1 document */
};

/* What an earlier run left of an output that the workflow takes from there. */
struct plan_previous {
	struct str name; /* STEP.OUT, as workflow_previous has it */
	bool has_run;    /* there is one to take it from */
	struct uuid run;
	bool present;      /* it did leave it: */
	uint32_t artifact; /* its number in that run */
	struct digest digest;
	uint64_t size;
	struct str kind; /* json text file dir */
	struct str type; /* schema id, or empty */
	bool has_schema;
	struct digest schema; /* of the bytes that `type` stood for */
};

/* A schema that the workflow names, which the caller has stored. */
struct plan_schema {
	struct str id;
	struct digest digest; /* of its bytes */
};

/* The rules of a file, in canonical form. */
struct plan_routes {
	const struct workflow *workflow;
	const struct value *rules;
};

struct plan_request {
	const struct workflow *workflow; /* without errors */
	struct digest source_digest;     /* of the workflow file's bytes */
	const struct member *params;     /* given by -p and -P; values of any type */
	size_t n_params;
	const struct plan_input *inputs; /* given by -i, or found at their default path */
	size_t n_inputs;
	const struct plan_schema *schemas; /* all that workflow_schema lists */
	size_t n_schemas;
	const struct plan_previous *previous; /* as many as workflow_previous, in its order */
	size_t n_previous;                    /* or 0: no run was before */
	const struct plan_routes *routes;     /* of each file that has rules */
	size_t n_routes;
	const struct str *only; /* names of steps: these and what they need; none: all */
	size_t n_only;
	bool fresh;  /* no step is reused */
	bool sketch; /* to be looked at, never run: what is missing is no error */
};

struct plan {
	struct buf head;
	struct buf *chunks;
	size_t n_chunks;
};

/* ERR_INVALID where a param is missing, unknown or of the wrong type, a required input missing, a
 * step of `only` unknown; the message names the declaration's file:line:col. */
int plan_make(const struct plan_request *request, struct plan *ret_plan, struct err *err);
void plan_done(struct plan *plan);

/* Reads a chunk's bytes for the loader; returns < 0 and sets err where they are not to be had. */
typedef int plan_fetch_fn(
	void *context, const struct digest *digest, struct buf *ret_bytes, struct err *err);

/* The graph of a stored plan. ERR_CORRUPT where the documents break the shape above. */
int plan_load(struct str head, plan_fetch_fn *fetch, void *context, struct graph **ret_graph,
	struct err *err);

#endif
