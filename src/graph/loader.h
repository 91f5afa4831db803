/*
 * loader: a graph in the making, from the documents of a plan that nobody vouches for.
 *
 * Every shape is checked before it is used, every number against its bound, every reference
 * against what is there; what does not hold is ERR_CORRUPT. Text is copied into the graph's arena;
 * the documents themselves are gone when the graph is there.
 */
#ifndef LILY_GRAPH_LOADER_H
#define LILY_GRAPH_LOADER_H

#include "graph/graph.h"

/* A reference to a step's output, to be found once all steps are known. */
struct pending {
	struct reference *reference;
	struct str step; /* that is meant */
	uint32_t from;   /* that refers, STEP_NONE: the workflow */
	bool optional;   /* it does without what is absent */
	bool judges;     /* a gate's: of the step itself the candidates are meant */
	struct str gate; /* of a fact about one */
};

struct loader {
	struct graph *graph;
	struct step *steps;
	struct workflow_input *inputs;
	struct workflow_output *outputs;
	struct step_settings *settings;
	uint32_t n_settings;
	struct pending *pending;
	size_t n_pending;
	size_t pending_capacity;
	struct map input_by_name;
	struct map previous_by_name; /* numbers of inputs */
	struct map schema_by_id;
	struct map secret_by_name;
	struct map literals; /* short texts, each kept once */
	const struct template_part **literal_parts;
	size_t literal_capacity;
};

/* One member of an object that is expected. */
struct shape {
	const char *name;
	uint8_t kinds; /* bits by enum value_kind */
	bool required;
};

/* Sets ERR_CORRUPT: "the plan is damaged: …". */
int loader_corrupt(struct err *err, const char *format, ...) ATTR_PRINTF(2, 3);

/* The members of an object by the order of shapes; absent ones are NULL. `what` names it. */
int loader_read_object(const struct value *object, const char *what, const struct shape *shapes,
	size_t n, const struct value **ret_members, struct err *err);

/* A whole number from 0 to max. */
int loader_read_number(const struct value *v, const char *what, uint64_t max,
	uint64_t *ret_number, struct err *err);

/* A text of argv, env or a path. may: bits by enum expression_root; inputs: those that in.NAME can
 * name. */
struct loader_text {
	uint32_t step; /* whose text this is, or STEP_NONE */
	unsigned may;
	const struct step_input *inputs;
	uint32_t n_inputs;
	bool is_path;
	bool optional; /* what it refers to may be absent */
	bool of_end;   /* how the run stands at its end is known */
	bool judges;   /* a gate's: it may name outputs of its own step */
};
int loader_read_template(struct loader *l, const struct value *v, const struct loader_text *at,
	struct template *ret_template, struct err *err);

/* An expression; its references to steps are put among the pending. Lives as long as the graph. */
int loader_read_expression(struct loader *l, struct str text, const struct loader_text *at,
	const struct step_expression **ret_expression, struct err *err);

/* "steps.S.out.O", "inputs.NAME", …, likewise. */
int loader_read_reference(struct loader *l, struct str text, const struct loader_text *at,
	struct reference *ret_reference, struct err *err);

int loader_read_env(struct loader *l, const struct value *object, const struct loader_text *at,
	const struct env_entry **ret_entries, uint32_t *ret_n, struct err *err);

/* "schemas" of the head; object may be NULL. */
int loader_read_schemas(struct loader *l, const struct value *object, struct err *err);

/* "pools" of the head (may be NULL) and of a step. */
int loader_read_pools(struct loader *l, const struct value *object, struct err *err);
int loader_read_step_pools(
	struct loader *l, const struct value *object, struct step *step, struct err *err);

/* The schema that a port names; id may be NULL: *ret_schema is left as it is. */
int loader_find_schema(struct loader *l, const struct value *id,
	const struct step_schema **ret_schema, struct err *err);

/* "secrets" of the head; object may be NULL. */
int loader_read_secrets(struct loader *l, const struct value *object, struct err *err);

/* "previous" of the head: adds to the inputs, which have room for it. */
int loader_read_previous(struct loader *l, const struct value *object, struct err *err);

/* "policy" of settings or a gate. What it holds is for whoever resolves it to check. */
int loader_read_policy(struct loader *l, const struct value *list,
	const struct value **ret_policy, struct err *err);

/* "settings" of the head. */
int loader_read_settings(struct loader *l, const struct value *list, struct err *err);

/* Those members of a step that say where it starts and what it finds there; each may be NULL. */
struct loaded_surroundings {
	const struct value *cwd;
	const struct value *secrets;
	const struct value *state;
	const struct value *stdin_flag;
	const struct value *workspace;
};
int loader_read_surroundings(struct loader *l, const struct loaded_surroundings *members,
	struct step *step, uint32_t number, struct err *err);

/* "pass_env" of settings or a gate, "secrets" of a gate. */
int loader_read_pass_env(struct loader *l, const struct value *list,
	const struct str **ret_names, uint32_t *ret_n, struct err *err);
int loader_read_given_secrets(struct loader *l, const struct value *object,
	const struct step_surroundings **ret_surroundings, struct err *err);

/* "budget" and "max_transitions" of the head; both may be NULL. */
int loader_read_budget(struct loader *l, const struct value *budget,
	const struct value *transitions, struct err *err);

/* A copy that lives as long as the graph. */
int loader_keep_value(struct loader *l, const struct value *v, const struct value **ret_value,
	struct err *err);

/* The output of that name. */
bool loader_find_output(const struct step *step, struct str name, uint32_t *ret_output);

/* NAME, or SCOPE/NAME and so on. */
bool loader_is_path(struct str path);

/* One item of a chunk, which becomes step `number`. */
int loader_read_step(struct loader *l, const struct value *v, uint32_t number, struct err *err);

#endif
