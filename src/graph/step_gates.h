/*
 * step_gates: what judges the candidates of a step before they are accepted, as a plan has it.
 *
 * Beside step.h, which says who owns it. A gate's definition is the document in the plan that says all
 * of it; what its inputs refer to of the step itself are the candidates.
 */
#ifndef LILY_GRAPH_STEP_GATES_H
#define LILY_GRAPH_STEP_GATES_H

#include "graph/step.h"

struct step_surroundings;
struct workflow_input;

enum gate_runner {
	GATE_RUN,     /* a script, */
	GATE_EXEC,    /* a program: exit 0 passes */
	GATE_SCHEMA,  /* inputs are valid by schemas */
	GATE_EXPR,    /* an expression is true */
	GATE_COMPARE, /* inputs are equal to others */
};

/* What can be asked of a number that a gate measures; a change is that against what the same gate
 * measured in the last run that succeeded. */
enum gate_limit {
	GATE_MIN,
	GATE_MAX,
	GATE_MIN_CHANGE,
	GATE_MAX_CHANGE,
	GATE_LIMITS,
};

struct gate_metric {
	struct str name;
	struct str limits[GATE_LIMITS]; /* JSON numbers; empty: it is not asked for */
};

/* One of its inputs and the one that it must be equal to, which stands behind those of the file: with/NAME. */
struct gate_comparison {
	uint32_t judged; /* among its inputs */
	uint32_t with;
	struct str tolerance; /* a JSON number, not negative; empty: none */
	bool is_percent;      /* of the number that it is compared with */
};

/* A label for what it judged, once it has passed and the attempt is accepted. */
struct gate_grant {
	struct reference output; /* of a step; of the gate's own step the candidate */
	struct str label;
};

struct gate {
	struct str name;
	enum gate_runner runner;
	struct digest definition;
	bool required;
	bool names_inputs; /* its file says what it looks at; else the step's outputs */
	const struct template *argv; /* GATE_RUN, GATE_EXEC */
	uint32_t n_argv;
	int64_t timeout_us;          /* 0: none */
	const struct env_entry *env; /* what its program finds beside what all do, by name */
	uint32_t n_env;
	const struct str *pass_env; /* by name */
	uint32_t n_pass_env;
	const struct step_surroundings *surroundings; /* its secrets; NULL: none */
	const struct value *policy;         /* NULL: that of its step (step_settings.h) */
	uint32_t times;                     /* it runs, */
	uint32_t pass;                      /* and at least so often it must pass */
	const struct step_expression *expr; /* GATE_EXPR */
	const struct step_input *inputs;    /* by name; GATE_SCHEMA: with their schemas */
	uint32_t n_inputs;
	const struct gate_comparison *comparisons; /* GATE_COMPARE */
	uint32_t n_comparisons;
	const struct gate_metric *metrics; /* by name */
	uint32_t n_metrics;
	const struct gate_grant *grants;
	uint32_t n_grants;
	/* Its result of an earlier run, where it asks for a change; or NULL. */
	const struct workflow_input *previous;
};

struct step_gates {
	const struct gate *items; /* by name */
	uint32_t n;
	bool any_required;
	uint32_t of; /* in a run that only judges: the step that they are of; else STEP_NONE */
};

/* "run", "exec", … */
const char *gate_runner_name(enum gate_runner runner);
bool gate_runner_parse(struct str name, enum gate_runner *ret_runner);

/* "min", "max", "min_change", "max_change". */
const char *gate_limit_name(enum gate_limit limit);

/* Whether it is about a change. */
static inline bool
gate_limit_is_change(enum gate_limit limit)
{
	return limit >= GATE_MIN_CHANGE;
}

/* Whether lily starts a program for it. */
bool gate_runs_program(const struct gate *gate);

#endif
