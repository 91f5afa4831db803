/*
 * values: what the references of a step mean at the moment it starts.
 */
#ifndef LILY_RUN_VALUES_H
#define LILY_RUN_VALUES_H

#include "exec/redactor.h"
#include "expr/evaluate.h"
#include "run/schedule.h"
#include "store/object.h"

/* In argv and environment a value's text is at most this long. */
#define VALUES_TEXT_MAX ((size_t)64 << 10)
/* What an expression looks into is at most this long. */
#define VALUES_READ_MAX ((size_t)16 << 20)

struct inputs;
struct outputs;

struct values {
	struct store *store;
	const struct graph *graph;
	const struct schedule *schedule;
	const uint32_t
		*input_numbers; /* artifact numbers of the workflow's inputs, 0: not given */
	const char *run_id;
	int64_t run_started_us;      /* UTC */
	const char *run_status;      /* before `finally`; NULL: not known */
	const char *in_dir;          /* of this attempt: in.NAME is the path of NAME below it */
	const struct step *step;     /* whose texts these are: its env; NULL: none's */
	const struct item *item;     /* NULL: that of the step, if any */
	uint32_t try_number;         /* attempt; 0: there is none yet */
	uint32_t visit;              /* 0: the first */
	const struct inputs *inputs; /* of this attempt, once they are found; or NULL */
	const struct outputs
		*candidates; /* of the step `judged`: what a gate sees of it; or NULL */
	uint32_t judged;
	struct arena *arena; /* results live here */
	const struct redactor
		*redactor; /* what nothing may hold that is kept; NULL: anything */
};

/* The text that a template makes. ERR_INVALID (the output it names was not made, is a directory, is
 * not text) and ERR_LIMIT are the step's failure; anything else is the store's. */
int values_text(const struct values *values, const struct template *template,
	struct str *ret_text, struct err *err);

/* The value of an expression. Errors likewise, and ERR_NOT_FOUND where it is absent. */
int values_expression(const struct values *values, const struct step_expression *expression,
	struct value *ret_value, struct err *err);

/* Whether a step's `if` holds; asked when all that the step needs has ended. Errors likewise. */
int values_condition(const struct values *values, const struct step_expression *condition,
	bool *ret_truth, struct err *err);

/* What a name means in an expression, for expr_scope.get: 1, or 0 where it is absent. */
int values_name(const struct values *values, const struct reference *reference,
	enum expr_want want, struct value *ret_value, struct err *err);

/* The number of the step that a reference names: within a foreach one of the same item. */
uint32_t values_target(const struct values *values, const struct reference *reference);

/* The artifact that a reference names: an accepted output or an input of the workflow. 1, or 0
 * where it is an optional one that is absent. */
struct artifact_taken {
	struct digest digest;
	uint64_t size;
	uint32_t number; /* artifact number in the run */
	bool is_tree;
};
int values_artifact(const struct values *values, const struct reference *reference,
	struct artifact_taken *ret_taken);

#endif
