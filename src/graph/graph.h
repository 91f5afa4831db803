/*
 * graph: the steps of one run in memory, loaded from its plan and from nothing else.
 *
 * A step is immutable once it is there. Those of the plan are numbered in its order (the order of the
 * file, which is also the order in which ready steps start); what a foreach makes of its items comes
 * after them (graph/expansion.h). All references are by number. What many steps share (settings,
 * environment) is kept once. At most 1 KiB a step.
 */
#ifndef LILY_GRAPH_GRAPH_H
#define LILY_GRAPH_GRAPH_H

#include "base/digest.h"
#include "base/map.h"
#include "base/uuid.h"
#include "graph/budget.h"
#include "graph/concurrency.h"
#include "graph/step.h"

struct notify; /* graph/notify.h */
struct secret_source;

/* Where an output of an earlier run comes from. Its name as an input is "previous/STEP.OUT". */
struct earlier {
	struct str name; /* STEP.OUT */
	bool has_run;    /* false: there was none */
	struct uuid run;
	uint32_t artifact; /* its number in that run; 0: it left none */
	struct str kind;   /* json text file dir */
	struct str type;   /* schema id, or empty */
	bool has_schema;
	struct digest schema; /* of the bytes that `type` stood for */
};

struct workflow_input {
	struct str name;
	bool optional;
	bool given;           /* an optional input may be absent */
	struct str path;      /* as given, for people */
	struct digest digest; /* of the artifact that holds it; valid where given */
	uint64_t size;
	bool is_tree;                     /* a directory: digest names its tree.v1 document */
	const struct step_schema *schema; /* it was valid by; NULL: none */
	const struct earlier *earlier;    /* not NULL: an earlier run made it */
};

struct workflow_output {
	struct str name;
	struct reference reference;               /* the artifact itself, or */
	const struct step_expression *expression; /* not NULL: what its value is made of */
};

struct pool_of_graph {
	struct str name;
	struct str variable; /* LILY_POOL_… */
	uint32_t slots;
};

struct graph {
	struct arena arena;   /* owns everything below */
	struct digest digest; /* of its plan; set by whoever had it loaded from the store */
	struct str name;
	struct str description;
	bool fresh;               /* no step is reused, whatever it says */
	bool is_judging;          /* it does no step, only gates of steps that were done */
	uint32_t parallel;        /* 0: as many as there are processors */
	uint32_t max_items;       /* of all foreach steps together */
	const struct step *steps; /* moves when the graph grows; the old array stays readable */
	uint32_t n_steps;
	struct step *room; /* of steps, where the graph has grown; NULL before */
	uint32_t room_capacity;
	uint32_t n_planned; /* the first of n_steps: those of the plan, templates included */
	uint32_t
		n_templates; /* of n_steps, with what is retired: never visited (graph/expansion.h) */
	const struct scope **scopes; /* each by its number, those of templates among them */
	const struct value *
		*given; /* beside them: beside the params of each, once it is open */
	uint32_t n_scopes;
	uint32_t scopes_capacity;
	const struct expansion **expanded; /* of each foreach step by its number, NULL before */
	uint32_t n_foreachs;
	uint32_t foreachs_capacity;
	uint32_t n_last; /* planned steps of `finally` */
	struct budget budget;
	struct concurrency concurrency;
	const struct value
		*routes; /* rules in canonical form, which run/ understands; NULL: none */
	const struct expansion **expansions; /* in the order in which they came */
	uint32_t n_expansions;
	uint32_t expansions_capacity;
	uint64_t n_items; /* of all of them that are not retired */
	const struct workflow_input *inputs;
	uint32_t n_inputs;
	const struct workflow_output *outputs;
	uint32_t n_outputs;
	const struct step_schema *schemas; /* by id */
	uint32_t n_schemas;
	bool has_routes;                     /* it or a scope has rules */
	bool keeps_state;                    /* a step does */
	const struct secret_source *secrets; /* by name */
	uint32_t n_secrets;
	bool has_once;                     /* a step with EFFECT_ONCE */
	bool has_policies;                 /* a step or gate names one */
	bool has_layers;                   /* a step's workspace is private */
	bool has_questions;                /* a step asks a person */
	bool asks_gates;                   /* something names what a gate found */
	bool asks_status;                  /* a step of `finally` names run.status */
	const struct notify *notify;       /* NULL: nobody is told of its end */
	bool names_run;                    /* something names what no other run has: run.… */
	const struct pool_of_graph *pools; /* by name */
	uint32_t n_pools;
	struct map step_by_name;
};

void graph_free(struct graph *graph);

/* Gives a new scope or foreach step its number. */
void graph_add_scope(struct graph *graph, struct scope *scope);
void graph_add_foreach(struct graph *graph, struct foreach *foreach);

/* The item that a step is a part of: directly, not in a scope within that. It is what `item` means for
 * it; NULL: none. */
const struct item *graph_item(const struct graph *graph, const struct step *step);

/* The step of the plan that it is an item of, at however many removes; NULL: it is in none's. */
const struct step *graph_outermost(const struct graph *graph, const struct step *step);

/* What a scope that is opened is given: as many values as it has params, which live as long as the
 * graph. And the value of one, NULL before. */
void graph_give(struct graph *graph, uint32_t scope, const struct value *values);
const struct value *graph_given(const struct graph *graph, uint32_t scope, uint32_t param);

/* The step of that name, or STEP_NONE. */
uint32_t graph_find(const struct graph *graph, struct str name);

/* Where the input of that name of a step comes from, if that is an earlier run; else NULL. */
const struct earlier *graph_earlier(
	const struct graph *graph, const struct step *step, struct str input);

#endif
