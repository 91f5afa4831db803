/*
 * instance: a file at its place in a plan in the making: the run's own, or that of a scope.
 *
 * Each has numbers and values of its own for what its file declares, so that one file can stand in a
 * plan many times. The planner writes the texts of one of them at a time (plan_scope.c).
 */
#ifndef LILY_GRAPH_INSTANCE_H
#define LILY_GRAPH_INSTANCE_H

#include "graph/planner.h"

struct instance {
	const struct workflow *workflow;
	const struct instance *outer;         /* NULL: it is the run's own */
	const struct declared_step *user;     /* of the outer file */
	uint32_t number;                      /* of that step in the plan */
	struct str prefix;                    /* "report/", before the names of its steps */
	const struct value **params;          /* by number; NULL: made when the scope begins */
	const struct expr **given;            /* beside params: what makes those */
	const struct expr_reference **inputs; /* by number: what is handed over, or NULL */
	uint32_t *numbers;       /* of its steps in the plan, STEP_NONE: left out */
	struct instance **parts; /* by scope of its file */
	uint32_t n_steps;        /* of the plan that are in it */
	bool is_last;            /* all of it is of `finally` */
};

/* A step in the order of the plan. */
struct planned {
	const struct instance *instance;
	uint32_t step; /* of its file */
};

/* From now on the texts of that file are written; step: of the file, or STEP_NONE. */
void planner_enter(struct planner *p, const struct instance *instance, uint32_t step);

/* The steps of the run's own file, with those of its scopes in their places: numbers and what the
 * scopes are given. ERR_INVALID as planner_fold, and where a param does not fit. */
int planner_lay_out(struct planner *p, struct err *err);

/* A folded expression as the plan has it: names of steps are full, what is handed over to a scope stands
 * for its inputs, and params that nobody knows yet are named with their scope. */
void planner_rebase(struct planner *p, struct expr *expr);

/* The full name of a step of the file as a JSON string. */
void planner_write_name(struct planner *p, const struct declared_step *step, struct buf *b);

/* A step that is made from another file; the steps of that are items of their own. */
int planner_write_scope(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err);

/* "files": {PATH: digest} of the head with a comma before it, nothing where there is one file only. */
void planner_write_files(struct planner *p, struct buf *b);

/* "routes" of a file with a comma before it, nothing where it has none. */
int planner_write_routes(
	struct planner *p, const struct workflow *workflow, struct buf *b, struct err *err);

/* The secret of the run that a secret of the file is. */
struct str planner_secret(const struct planner *p, struct str name);

#endif
