/*
 * keys: every key of the workflow language, and which of them this build honours.
 *
 * The one place to change when a build learns a key: take away its `later` and give it a slot. What
 * is not honoured is refused by name; a key that no table knows is a slip. Keys that begin with x-
 * are free.
 */
#ifndef LILY_GRAPH_KEYS_H
#define LILY_GRAPH_KEYS_H

#include "graph/finding.h"
#include "graph/word.h"

/* Slots of a workflow. */
enum workflow_key {
	WORKFLOW_LILY,
	WORKFLOW_NAME,
	WORKFLOW_DESCRIPTION,
	WORKFLOW_PARAMS,
	WORKFLOW_INPUTS,
	WORKFLOW_OUTPUTS,
	WORKFLOW_ENV,
	WORKFLOW_PASS_ENV,
	WORKFLOW_DEFAULTS,
	WORKFLOW_PARALLEL,
	WORKFLOW_SCHEMAS,
	WORKFLOW_POOLS,
	WORKFLOW_SECRETS,
	WORKFLOW_STEPS,
	WORKFLOW_FINALLY,
	WORKFLOW_BUDGET,
	WORKFLOW_MAX_TRANSITIONS,
	WORKFLOW_KEYS
};

/* Slots of a step, and of `defaults`, which uses some of them. */
enum step_key {
	STEP_RUN,
	STEP_EXEC,
	STEP_SHELL,
	STEP_NEEDS,
	STEP_IN,
	STEP_OUT,
	STEP_ENV,
	STEP_PASS_ENV,
	STEP_TIMEOUT,
	STEP_GRACE,
	STEP_RETRY,
	STEP_CWD,
	STEP_WORKSPACE,
	STEP_STATE,
	STEP_CACHE,
	STEP_TOOLS,
	STEP_POOLS,
	STEP_SECRETS,
	STEP_EFFECTS,
	STEP_ONCE_KEY,
	STEP_PROBE,
	STEP_CONTINUE,
	STEP_KEYS
};

enum budget_key { BUDGET_WALL, BUDGET_ATTEMPTS, BUDGET_KEYS };
enum in_key { IN_FROM, IN_PATH, IN_TREE, IN_VALUE, IN_OPTIONAL, IN_SCHEMA, IN_AS, IN_KEYS };
enum out_key { OUT_PATH, OUT_FROM, OUT_TYPE, OUT_OPTIONAL, OUT_SCHEMA, OUT_KEYS };
enum input_key {
	INPUT_KEY_PATH,
	INPUT_KEY_OPTIONAL,
	INPUT_KEY_DESCRIPTION,
	INPUT_KEY_SCHEMA,
	INPUT_KEYS
};
/* A param is declared by a JSON Schema; what is not named here only the schema's compiler reads. */
enum param_key {
	PARAM_TYPE,
	PARAM_ENUM,
	PARAM_DEFAULT,
	PARAM_DESCRIPTION,
	PARAM_OTHER,
	PARAM_KEYS
};
enum schema_key { SCHEMA_FILE, SCHEMA_VALIDATORS, SCHEMA_KEYS };
enum validator_key {
	VALIDATOR_RUN,
	VALIDATOR_EXEC,
	VALIDATOR_SHELL,
	VALIDATOR_TIMEOUT,
	VALIDATOR_KEYS
};
enum cache_key { CACHE_TTL, CACHE_KEYS };
enum secret_key { SECRET_ENV, SECRET_FILE, SECRET_EXEC, SECRET_KEYS };
enum retry_key {
	RETRY_ATTEMPTS,
	RETRY_ERRORS,
	RETRY_BACKOFF,
	RETRY_FACTOR,
	RETRY_MAX_BACKOFF,
	RETRY_JITTER,
	RETRY_FROM,
	RETRY_KEYS
};

/* What a value may be, as bits by enum value_kind. */
#define KEY_TEXT (1U << VALUE_STRING)
#define KEY_NUMBER (1U << VALUE_NUMBER)
#define KEY_BOOL (1U << VALUE_BOOL)
#define KEY_NULL (1U << VALUE_NULL)
#define KEY_LIST (1U << VALUE_ARRAY)
#define KEY_MAP (1U << VALUE_OBJECT)
#define KEY_SCALAR (KEY_TEXT | KEY_NUMBER | KEY_BOOL)
#define KEY_ANY (KEY_SCALAR | KEY_NULL | KEY_LIST | KEY_MAP)

struct key {
	const char *name;
	const char *later; /* the part of lily that will bring it; NULL: honoured */
	uint8_t slot;
	uint8_t kinds;     /* KEY_… */
	bool is_kind;      /* says what sort of step this is: exactly one of them */
	const char *shape; /* what the value must be, for people */
};

struct key_table {
	const char *noun; /* "a step" */
	const struct key *keys;
	size_t n;
	size_t slots;
};

extern const struct key_table workflow_keys;
extern const struct key_table defaults_keys;
extern const struct key_table step_keys;
extern const struct key_table budget_keys;
extern const struct key_table in_keys;
extern const struct key_table out_keys;
extern const struct key_table input_keys;
extern const struct key_table param_keys;
extern const struct key_table retry_keys;
extern const struct key_table cache_keys;
extern const struct key_table schema_keys;
extern const struct key_table validator_keys;
extern const struct key_table secret_keys;

/* What keys_read found. */
struct keys_found {
	uint32_t seen;                 /* bits by slot, also of values of the wrong kind */
	const struct member *kinds[2]; /* the first two keys with is_kind, honoured or not */
	uint32_t n_kinds;
};

/* Puts the values of an object's honoured keys into ret_slots (table->slots of them; NULL where
 * absent or of the wrong kind). Everything else becomes a finding. */
void keys_read(struct findings *findings, const struct place *place,
	const struct key_table *table, const struct value *object,
	const struct value **ret_slots, struct keys_found *ret_found);

#endif
