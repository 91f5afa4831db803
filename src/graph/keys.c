#include "graph/keys.h"

#define PACKS "packs"
#define MODELS "models"

#define HONOURED(name, slot, kinds, shape)                     \
	{                                                      \
		name, NULL, slot, (kinds), false, shape, false \
	}
#define KIND(name, slot, kinds, shape)                        \
	{                                                     \
		name, NULL, slot, (kinds), true, shape, false \
	}
/* What only the compiler of schemas reads, and checks; too many to be listed in a message. */
#define KEYWORD(name)                                               \
	{                                                           \
		name, NULL, PARAM_OTHER, KEY_ANY, false, NULL, true \
	}
#define LATER(name, part)                            \
	{                                            \
		name, part, 0, 0, false, NULL, false \
	}
/* Refused, and yet read: its names can be asked about. */
#define LATER_READ(name, part, slot, kinds, shape)      \
	{                                               \
		name, part, slot, (kinds), false, shape \
	}
#define LATER_KIND(name, part)                      \
	{                                           \
		name, part, 0, 0, true, NULL, false \
	}
#define TABLE(noun, keys, slots)                                   \
	{                                                          \
		noun, keys, ARRAY_SIZE(keys), slots, NULL, NULL, 0 \
	}

#define A_NAME "a name"
#define SOME_TEXT "text"
#define A_TIME "a time such as 90s, 10m or 1h30m"
#define AN_ENV "a map of names to text, numbers or booleans"
#define NAMES "a list of variable names, such as [ LANG ]"
#define A_SCHEMA "the id of a schema, such as review.v1"
#define A_RETRY "a map such as { attempts: 3 }"
#define A_WORKSPACE "live, private, transaction or none"
#define A_CACHE "auto, true, false or { ttl: 7d }"
#define A_BOOL "true or false"
#define A_PATH "a path relative to the workspace"
#define A_FILE "a file, relative to this one"
#define SOME_GATES "a map such as { tests: { exec: [ make, check ] } }"
#define A_POLICY "the name of a policy, or one such as { write: [ src ] }"
#define A_SHELL "bash, sh, or a list such as [ python3, -c ]"

static const struct key of_workflow[] = {
	HONOURED("lily", WORKFLOW_LILY, KEY_NUMBER, "the format's version, 1"),
	HONOURED("name", WORKFLOW_NAME, KEY_TEXT, A_NAME),
	HONOURED("description", WORKFLOW_DESCRIPTION, KEY_TEXT, SOME_TEXT),
	HONOURED("params", WORKFLOW_PARAMS, KEY_MAP,
		"a map such as { level: { type: string } }"),
	HONOURED("inputs", WORKFLOW_INPUTS, KEY_MAP,
		"a map such as { data: { path: data.csv } }"),
	HONOURED("outputs", WORKFLOW_OUTPUTS, KEY_MAP,
		"a map such as { report: \"${{ steps.STEP.out.NAME }}\" }"),
	HONOURED("env", WORKFLOW_ENV, KEY_MAP, AN_ENV),
	HONOURED("pass_env", WORKFLOW_PASS_ENV, KEY_LIST, NAMES),
	HONOURED("defaults", WORKFLOW_DEFAULTS, KEY_MAP, "a map such as { timeout: 10m }"),
	HONOURED("parallel", WORKFLOW_PARALLEL, KEY_NUMBER, "a whole number"),
	HONOURED("schemas", WORKFLOW_SCHEMAS, KEY_MAP,
		"a map such as { review.v1: schemas/review.json }"),
	HONOURED("steps", WORKFLOW_STEPS, KEY_MAP, "a map of names to steps"),
	HONOURED("finally", WORKFLOW_FINALLY, KEY_MAP, "a map of names to steps"),
	HONOURED(
		"budget", WORKFLOW_BUDGET, KEY_MAP, "a map such as { wall: 2h, attempts: 50 }"),
	HONOURED("max_transitions", WORKFLOW_MAX_TRANSITIONS, KEY_NUMBER, "a whole number"),
	LATER("packs", PACKS),
	HONOURED("secrets", WORKFLOW_SECRETS, KEY_MAP,
		"a map such as { TOKEN: { env: GH_TOKEN } }"),
	LATER("models", MODELS),
	HONOURED("pools", WORKFLOW_POOLS, KEY_MAP, "a map such as { gpu: 2 }"),
	HONOURED("max_items", WORKFLOW_MAX_ITEMS, KEY_NUMBER, "a whole number"),
	HONOURED("concurrency", WORKFLOW_CONCURRENCY, KEY_MAP,
		"a map such as { key: deploy, busy: wait }"),
	HONOURED("policies", WORKFLOW_POLICIES, KEY_MAP,
		"a map such as { agent: { write: [ src ] } }"),
	HONOURED("gates", WORKFLOW_GATES, KEY_MAP, SOME_GATES),
	HONOURED("routes", WORKFLOW_ROUTES, KEY_LIST, "a list of rules"),
	HONOURED("notify", WORKFLOW_NOTIFY, KEY_MAP,
		"a map such as { exec: [ ./notify.sh ], events: [ waiting, failed ] }"),
};

static const struct key of_defaults[] = {
	HONOURED("timeout", STEP_TIMEOUT, KEY_TEXT, A_TIME),
	HONOURED("grace", STEP_GRACE, KEY_TEXT, A_TIME),
	HONOURED("retry", STEP_RETRY, KEY_MAP, A_RETRY),
	HONOURED("shell", STEP_SHELL, KEY_TEXT | KEY_LIST, A_SHELL),
	HONOURED("env", STEP_ENV, KEY_MAP, AN_ENV),
	HONOURED("pass_env", STEP_PASS_ENV, KEY_LIST, NAMES),
	HONOURED("policy", STEP_POLICY, KEY_TEXT | KEY_MAP, A_POLICY),
	HONOURED("workspace", STEP_WORKSPACE, KEY_TEXT, A_WORKSPACE),
	HONOURED("cache", STEP_CACHE, KEY_TEXT | KEY_BOOL | KEY_MAP, A_CACHE),
};

static const struct key of_step[] = {
	KIND("run", STEP_RUN, KEY_TEXT, "the text of a script"),
	KIND("exec", STEP_EXEC, KEY_LIST, "a list such as [ make, check ]"),
	HONOURED("shell", STEP_SHELL, KEY_TEXT | KEY_LIST, A_SHELL),
	HONOURED("needs", STEP_NEEDS, KEY_LIST | KEY_MAP,
		"a list of steps, such as [ fetch, build ], or a map such as { build: failed "
		"}"),
	HONOURED("in", STEP_IN, KEY_MAP, "a map such as { data: { path: data.csv } }"),
	HONOURED("out", STEP_OUT, KEY_MAP, "a map such as { report: { type: json } }"),
	HONOURED("env", STEP_ENV, KEY_MAP, AN_ENV),
	HONOURED("pass_env", STEP_PASS_ENV, KEY_LIST, NAMES),
	HONOURED("timeout", STEP_TIMEOUT, KEY_TEXT, A_TIME),
	HONOURED("grace", STEP_GRACE, KEY_TEXT, A_TIME),
	HONOURED("retry", STEP_RETRY, KEY_MAP, A_RETRY),
	HONOURED("continue_on_error", STEP_CONTINUE, KEY_BOOL, A_BOOL),
	LATER_KIND("uses", PACKS),
	KIND("workflow", STEP_WORKFLOW, KEY_TEXT,
		"the path of another workflow file, such as parts/report.lily.yaml"),
	HONOURED("with", STEP_WITH, KEY_MAP, "a map of params, such as { year: 2026 }"),
	LATER_KIND("llm", MODELS),
	LATER_KIND("agent", MODELS),
	KIND("human", STEP_HUMAN, KEY_MAP, "a map such as { ask: \"Is it good?\" }"),
	HONOURED("if", STEP_IF, KEY_TEXT | KEY_BOOL, "a condition, such as params.deploy"),
	KIND("steps", STEP_STEPS, KEY_MAP, "a map of names to steps"),
	HONOURED("outputs", STEP_OUTPUTS, KEY_MAP,
		"a map such as { report: \"${{ steps.STEP.out.NAME }}\" }"),
	HONOURED("foreach", STEP_FOREACH, KEY_TEXT | KEY_LIST | KEY_MAP,
		"a list, an expression, or a map such as { glob: \"data/*.csv\" }"),
	HONOURED("stdin", STEP_STDIN, KEY_ANY, NULL),
	HONOURED("cwd", STEP_CWD, KEY_TEXT, "a folder of the workspace"),
	HONOURED("secrets", STEP_SECRETS, KEY_LIST | KEY_MAP,
		"a list such as [ TOKEN ], or a map such as { TOKEN: file }"),
	HONOURED("workspace", STEP_WORKSPACE, KEY_TEXT, A_WORKSPACE),
	HONOURED("policy", STEP_POLICY, KEY_TEXT | KEY_MAP, A_POLICY),
	HONOURED("effects", STEP_EFFECTS, KEY_TEXT, "pure, idempotent or once"),
	HONOURED("once_key", STEP_ONCE_KEY, KEY_TEXT,
		"text such as release-${{ params.version }}"),
	HONOURED("probe", STEP_PROBE, KEY_MAP, "a map such as { exec: [ ./is-done.sh ] }"),
	HONOURED("cache", STEP_CACHE, KEY_TEXT | KEY_BOOL | KEY_MAP, A_CACHE),
	HONOURED(
		"tools", STEP_TOOLS, KEY_LIST, "a list of programs, such as [ gcc, ./gen.py ]"),
	HONOURED("state", STEP_STATE, KEY_BOOL, A_BOOL),
	HONOURED("pools", STEP_POOLS, KEY_MAP, "a map such as { gpu: 1 }"),
	HONOURED("gates", STEP_GATES, KEY_MAP, SOME_GATES),
	HONOURED("approve", STEP_APPROVE, KEY_MAP,
		"a map such as { ask: \"Publish it?\", expires: 3d }"),
	HONOURED("accepts", STEP_ACCEPTS, KEY_MAP, "a map such as { report: [ reviewed ] }"),
};

static const struct key of_concurrency[] = {
	HONOURED("key", CONCURRENCY_KEY, KEY_TEXT, "text such as deploy-${{ params.host }}"),
	HONOURED("busy", CONCURRENCY_BUSY, KEY_TEXT, "wait, refuse or cancel"),
};

static const struct key of_budget[] = {
	HONOURED("wall", BUDGET_WALL, KEY_TEXT, A_TIME),
	HONOURED("attempts", BUDGET_ATTEMPTS, KEY_NUMBER, "a whole number"),
	LATER("tokens", MODELS),
	LATER("cost", MODELS),
	LATER("requests", MODELS),
};

static const struct key of_foreach[] = {
	HONOURED("in", FOREACH_IN, KEY_TEXT | KEY_LIST, "a list or an expression"),
	HONOURED("glob", FOREACH_GLOB, KEY_TEXT, "a pattern such as \"data/*.csv\""),
	HONOURED("matrix", FOREACH_MATRIX, KEY_MAP,
		"a map of names to lists, such as { os: [ linux, mac ], size: [ 1, 2 ] }"),
	HONOURED("include", FOREACH_INCLUDE, KEY_LIST,
		"a list of maps, such as [ { os: linux, size: 9 } ]"),
	HONOURED("exclude", FOREACH_EXCLUDE, KEY_LIST,
		"a list of maps, such as [ { os: mac, size: 2 } ]"),
	HONOURED("key", FOREACH_KEY, KEY_TEXT,
		"an expression such as item.name, or a text with some"),
	HONOURED("parallel", FOREACH_PARALLEL, KEY_NUMBER, "a whole number"),
	HONOURED("max_failed", FOREACH_MAX_FAILED, KEY_NUMBER | KEY_TEXT,
		"a whole number or a share such as 10%"),
	HONOURED("batch", FOREACH_BATCH, KEY_NUMBER, "a whole number"),
	HONOURED("max_items", FOREACH_MAX_ITEMS, KEY_NUMBER, "a whole number"),
};

static const struct key of_in[] = {
	HONOURED("from", IN_FROM, KEY_TEXT, "a reference such as ${{ steps.STEP.out.NAME }}"),
	HONOURED("path", IN_PATH, KEY_TEXT, A_PATH),
	HONOURED("tree", IN_TREE, KEY_TEXT, "a directory, relative to the workspace"),
	HONOURED("value", IN_VALUE, KEY_ANY, NULL),
	HONOURED("optional", IN_OPTIONAL, KEY_BOOL, A_BOOL),
	HONOURED("schema", IN_SCHEMA, KEY_TEXT, A_SCHEMA),
	HONOURED("as", IN_AS, KEY_TEXT, "file, json, jsonl or dir"),
	HONOURED("previous", IN_PREVIOUS, KEY_TEXT,
		"an output of an earlier run, such as STEP.NAME"),
};

static const struct key of_out[] = {
	HONOURED("path", OUT_PATH, KEY_TEXT, A_PATH),
	HONOURED("from", OUT_FROM, KEY_TEXT, "stdout"),
	HONOURED("type", OUT_TYPE, KEY_TEXT, "file, dir, text, json or jsonl"),
	HONOURED("optional", OUT_OPTIONAL, KEY_BOOL, A_BOOL),
	HONOURED("schema", OUT_SCHEMA, KEY_TEXT, A_SCHEMA),
};

static const struct key of_input[] = {
	HONOURED("path", INPUT_KEY_PATH, KEY_TEXT, A_PATH),
	HONOURED("optional", INPUT_KEY_OPTIONAL, KEY_BOOL, A_BOOL),
	HONOURED("description", INPUT_KEY_DESCRIPTION, KEY_TEXT, SOME_TEXT),
	HONOURED("schema", INPUT_KEY_SCHEMA, KEY_TEXT, A_SCHEMA),
};

/* A param is declared by a JSON Schema: the keywords of its drafts. */
static const struct key of_param[] = {
	HONOURED("type", PARAM_TYPE, KEY_TEXT | KEY_LIST,
		"a type, such as string, or a list of them"),
	HONOURED("enum", PARAM_ENUM, KEY_LIST, "a list of the values to choose from"),
	HONOURED("default", PARAM_DEFAULT, KEY_ANY, NULL),
	HONOURED("description", PARAM_DESCRIPTION, KEY_TEXT, SOME_TEXT),
	KEYWORD("title"),
	KEYWORD("examples"),
	KEYWORD("deprecated"),
	KEYWORD("readOnly"),
	KEYWORD("writeOnly"),
	KEYWORD("const"),
	KEYWORD("pattern"),
	KEYWORD("format"),
	KEYWORD("minLength"),
	KEYWORD("maxLength"),
	KEYWORD("minimum"),
	KEYWORD("maximum"),
	KEYWORD("exclusiveMinimum"),
	KEYWORD("exclusiveMaximum"),
	KEYWORD("multipleOf"),
	KEYWORD("items"),
	KEYWORD("prefixItems"),
	KEYWORD("additionalItems"),
	KEYWORD("contains"),
	KEYWORD("minContains"),
	KEYWORD("maxContains"),
	KEYWORD("minItems"),
	KEYWORD("maxItems"),
	KEYWORD("uniqueItems"),
	KEYWORD("properties"),
	KEYWORD("patternProperties"),
	KEYWORD("additionalProperties"),
	KEYWORD("propertyNames"),
	KEYWORD("required"),
	KEYWORD("minProperties"),
	KEYWORD("maxProperties"),
	KEYWORD("dependentRequired"),
	KEYWORD("dependentSchemas"),
	KEYWORD("dependencies"),
	KEYWORD("unevaluatedItems"),
	KEYWORD("unevaluatedProperties"),
	KEYWORD("allOf"),
	KEYWORD("anyOf"),
	KEYWORD("oneOf"),
	KEYWORD("not"),
	KEYWORD("if"),
	KEYWORD("then"),
	KEYWORD("else"),
	KEYWORD("contentEncoding"),
	KEYWORD("contentMediaType"),
	KEYWORD("contentSchema"),
	KEYWORD("definitions"),
	KEYWORD("$ref"),
	KEYWORD("$defs"),
	KEYWORD("$id"),
	KEYWORD("$schema"),
	KEYWORD("$anchor"),
	KEYWORD("$recursiveRef"),
	KEYWORD("$recursiveAnchor"),
	KEYWORD("$dynamicRef"),
	KEYWORD("$dynamicAnchor"),
	KEYWORD("$vocabulary"),
	KEYWORD("$comment"),
};

static const struct key of_schema[] = {
	HONOURED("file", SCHEMA_FILE, KEY_TEXT, A_FILE),
	HONOURED("validators", SCHEMA_VALIDATORS, KEY_LIST,
		"a list such as [ { exec: [ python3, check.py ] } ]"),
};

static const struct key of_validator[] = {
	KIND("run", VALIDATOR_RUN, KEY_TEXT, "the text of a script"),
	KIND("exec", VALIDATOR_EXEC, KEY_LIST, "a list such as [ python3, check.py ]"),
	HONOURED("shell", VALIDATOR_SHELL, KEY_TEXT | KEY_LIST, A_SHELL),
	HONOURED("timeout", VALIDATOR_TIMEOUT, KEY_TEXT, A_TIME),
};

static const struct key of_cache[] = {
	HONOURED("ttl", CACHE_TTL, KEY_TEXT, A_TIME),
};

static const struct key of_secret[] = {
	KIND("env", SECRET_ENV, KEY_TEXT, "the name of a variable of lily's own environment"),
	KIND("file", SECRET_FILE, KEY_TEXT,
		"a file: absolute, ~/ or relative to the workspace"),
	KIND("exec", SECRET_EXEC, KEY_LIST, "a list such as [ pass, show, token ]"),
};

#define QUESTION_BOTH                                                         \
	HONOURED("ask", QUESTION_KEY_ASK, KEY_TEXT, "the question, a text"),  \
		HONOURED("show", QUESTION_KEY_SHOW, KEY_TEXT | KEY_LIST,      \
			"a list such as [ \"${{ steps.STEP.out.NAME }}\" ]"), \
		HONOURED("by", QUESTION_KEY_BY, KEY_TEXT | KEY_LIST,          \
			"a list of accounts, such as [ root ]"),              \
		HONOURED("expires", QUESTION_KEY_EXPIRES, KEY_TEXT, A_TIME)

static const struct key of_human[] = {
	QUESTION_BOTH,
	HONOURED("schema", QUESTION_KEY_SCHEMA, KEY_TEXT, A_SCHEMA),
};

static const struct key of_approve[] = {
	QUESTION_BOTH,
	HONOURED("at", QUESTION_KEY_AT, KEY_TEXT, "start or commit"),
};

static const struct key of_retry[] = {
	HONOURED("attempts", RETRY_ATTEMPTS, KEY_NUMBER, "a whole number"),
	HONOURED("errors", RETRY_ERRORS, KEY_LIST, "a list such as [ timeout, lost ]"),
	HONOURED("backoff", RETRY_BACKOFF, KEY_TEXT, A_TIME),
	HONOURED("factor", RETRY_FACTOR, KEY_NUMBER, "a number"),
	HONOURED("max_backoff", RETRY_MAX_BACKOFF, KEY_TEXT, A_TIME),
	HONOURED("jitter", RETRY_JITTER, KEY_TEXT, "full or none"),
	HONOURED("from", RETRY_FROM, KEY_TEXT, "clean"),
};

const struct key_table workflow_keys = TABLE("a workflow", of_workflow, WORKFLOW_KEYS);
const struct key_table defaults_keys = TABLE("\"defaults\"", of_defaults, STEP_KEYS);

static const struct key_inner in_step[] = {
	{"foreach", "in: …, ", &foreach_keys}, {"retry", "", &retry_keys}};
const struct key_table step_keys = {
	"a step", of_step, ARRAY_SIZE(of_step), STEP_KEYS, NULL, in_step, ARRAY_SIZE(in_step)};

const struct key_table concurrency_keys =
	TABLE("\"concurrency\"", of_concurrency, CONCURRENCY_KEYS);
const struct key_table budget_keys = TABLE("\"budget\"", of_budget, BUDGET_KEYS);
const struct key_table foreach_keys = TABLE("\"foreach\"", of_foreach, FOREACH_KEYS);
const struct key_table in_keys = TABLE("an input", of_in, IN_KEYS);
const struct key_table out_keys = TABLE("an output", of_out, OUT_KEYS);
const struct key_table input_keys = TABLE("an input", of_input, INPUT_KEYS);
const struct key_table param_keys = {"a param", of_param, ARRAY_SIZE(of_param), PARAM_KEYS,
	" and all keywords of JSON Schema"};
const struct key_table retry_keys = TABLE("\"retry\"", of_retry, RETRY_KEYS);
const struct key_table cache_keys = TABLE("\"cache\"", of_cache, CACHE_KEYS);
const struct key_table schema_keys = TABLE("a schema", of_schema, SCHEMA_KEYS);
const struct key_table secret_keys = TABLE("a secret", of_secret, SECRET_KEYS);
const struct key_table human_keys = TABLE("human", of_human, QUESTION_KEYS);
const struct key_table approve_keys = TABLE("approve", of_approve, QUESTION_KEYS);
const struct key_table validator_keys = TABLE("a validator", of_validator, VALIDATOR_KEYS);
