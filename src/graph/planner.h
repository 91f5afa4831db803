/*
 * planner: a plan in the making: what plan.c and its writers share.
 *
 * Everything is written canonically at once (RFC 8785: members in order, shortest escapes), so
 * that no tree of values is made for what is only written down.
 */
#ifndef LILY_GRAPH_PLANNER_H
#define LILY_GRAPH_PLANNER_H

#include "expr/expr.h"
#include "graph/declaration.h"
#include "graph/plan.h"
#include "graph/port.h"

/* Of all documents of a plan together. */
#define PLAN_BYTES_MAX ((size_t)1 << 30)

struct instance;
struct planned;

struct planner {
	const struct plan_request *request;
	struct arena arena; /* ends with the planner */
	struct instance *top;
	struct planned *planned;
	size_t planned_capacity;
	uint32_t n_steps; /* in the plan */
	/* Of the instance whose texts are written (planner_enter): */
	const struct instance *instance;
	const struct workflow *workflow;
	const struct value **params; /* NULL where missing, or not known yet */
	uint32_t *numbers;           /* of the file's steps in the plan, STEP_NONE: left out */
	uint32_t step;               /* of the file, whose texts are written; or STEP_NONE */
	struct buf text;             /* of a template, between references */
	struct buf setting;          /* one entry of "settings" */
	struct buf settings;         /* all of them, without brackets */
	struct map setting_numbers;  /* by content; keys in the arena */
	uint32_t n_settings;
	const struct instance *last_instance;
	bool *takes_previous; /* by number: a step of the plan takes it in */
	const struct value *last_keys[STEP_KEYS]; /* what last_setting was made of */
	uint32_t last_setting;
};

/* A text of argv, env or a path as a JSON string or {"parts": …}. */
int planner_write_template(
	struct planner *p, const struct value *v, struct buf *b, struct err *err);

/* Likewise for a path: ERR_INVALID where a param leads it out of the workspace. */
int planner_write_path(
	struct planner *p, const struct value *v, struct buf *b, struct err *err);

/* The expression `text`, a part of v, with its params put in, in the arena. ERR_INVALID, with the place
 * in the file, where it cannot be worked out with them. */
int planner_fold(struct planner *p, const struct value *v, struct str text,
	struct expr **ret_expr, struct err *err);

/* A value whose texts hold expressions, as one expression. */
int planner_make_value(struct planner *p, const struct value *v, const struct expr **ret_expr,
	struct err *err);

/* Whether it is written down as what it is: a literal, or, in a sketch, one that lacks a param. */
bool planner_is_text(const struct expr *expr);

/* Its canonical text as a JSON string. */
int planner_write_expression(const struct expr *expr, struct buf *b, struct err *err);

/* What a file returns, by name; and "NAME":{…}, an artifact or an expression. */
const struct declared_output **planner_sort_outputs(
	struct planner *p, const struct workflow *w);
int planner_write_output(struct planner *p, const struct declared_output *output, struct buf *b,
	struct err *err);

/* ,"if":"…" where it is not just true; v may be NULL. */
int planner_write_condition(
	struct planner *p, const struct value *v, struct buf *b, struct err *err);

/* {"NAME": template, …}, sorted; of two entries of one name the later one. */
int planner_write_env(struct planner *p, const struct value *first, const struct value *second,
	struct buf *b, struct err *err);

/* ["NAME", …] of both lists, each of which may be NULL, sorted, each name once. */
void planner_write_names(const struct value *first, const struct value *second, struct buf *b);

/* The number of the settings of a step, which are written when they are new. */
int planner_add_settings(struct planner *p, const struct declared_step *step,
	uint32_t *ret_number, struct err *err);

/* "schemas" and its value with a comma behind, nothing where the workflow names none. */
int planner_write_schemas(struct planner *p, struct buf *b, struct err *err);

/* ","effects": {…}" of a step; nothing where it is idempotent. */
int planner_write_effects(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err);

/* ","pools": {NAME: n, …}" of the head or of a step; nothing where there are none. */
void planner_write_pools(struct planner *p, const struct value *pools, struct buf *b);

/* {NAME: {…}, …} of a map of inputs. */
int planner_write_inputs(
	struct planner *p, const struct value *inputs, struct buf *b, struct err *err);

/* The digest of a schema's bytes; zeros in a sketch whose maker did not read it. */
int planner_find_schema(
	const struct planner *p, struct str id, struct digest *ret_digest, struct err *err);

/* ,"gates":{…} of a step; nothing where it has none. */
int planner_write_gates(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err);

/* "secrets" and its value with a comma behind, nothing where the workflow declares none. */
void planner_write_secrets(struct planner *p, struct buf *b);

/* ,"previous":… of an input; ERR_INVALID, with the place in the file, where it needs what no earlier
 * run has left. */
int planner_write_input_previous(
	struct planner *p, const struct declared_in *in, struct buf *b, struct err *err);
/* Writes the name of what an earlier run left, which this file knows by name, as the run knows it; it will be
 * in the head. *ret_name and *ret_previous, if asked for: that name, and what is known of it (or NULL). */
void planner_write_previous_name(struct planner *p, struct str name, struct buf *b,
	struct str *ret_name, const struct plan_previous **ret_previous);
/* ,"previous":{…} of the head, after all steps; nothing where none takes any in. */
void planner_write_previous(struct planner *p, struct buf *b);

/* The step as an item of a chunk. */
int planner_write_step(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err);

/* Likewise, of a foreach step; its templates are items of their own. */
int planner_write_foreach(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err);

/* ,"needs":[…] where there are any. */
void planner_write_needs(struct planner *p, const struct declared_step *step, struct buf *b);

/* Members of a step about its surroundings, each with a comma before it where it is not as most
 * steps have it; the value of "secrets" alone, for a gate. */
int planner_write_cwd(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err);
void planner_write_step_secrets(
	struct planner *p, const struct declared_step *step, struct buf *b);
void planner_write_given_secrets(struct planner *p, const struct value *secrets, struct buf *b);
void planner_write_flags(const struct declared_step *step, struct buf *b);
void planner_write_workspace(
	const struct planner *p, const struct declared_step *step, struct buf *b);

/* The members of an object by name. In the arena; n of them. */
const struct member **planner_sort(struct planner *p, const struct value *object);

#endif
