/*
 * step: one step of a graph: what to run, on what, with which results, under which settings.
 *
 * Immutable, in the arena of its graph; steps are referred to by their number in it.
 */
#ifndef LILY_GRAPH_STEP_H
#define LILY_GRAPH_STEP_H

#include "graph/foreach.h"
#include "graph/need.h"
#include "graph/scope.h"
#include "graph/step_schema.h"
#include "graph/step_settings.h"
#include "graph/template.h"
#include "json/value.h"

#define STEP_NONE UINT32_MAX

struct graph;

struct env_entry {
	struct str name;
	struct template value;
};

enum input_source {
	INPUT_REFERENCE, /* an output of another step, or an input of the workflow */
	INPUT_PATH,      /* a file of the workspace, read when the step starts */
	INPUT_TREE,      /* a directory of the workspace, likewise */
	INPUT_VALUE,     /* written in the workflow */
	INPUT_MADE,      /* the value of an expression, made when the step starts */
};

/* What an input has to be; JSON may be YAML where its file is named so. */
enum input_form { INPUT_AS_FOUND, INPUT_AS_FILE, INPUT_AS_JSON, INPUT_AS_JSONL, INPUT_AS_DIR };

struct step_input {
	struct str name;
	enum input_source source;
	enum input_form as;
	const struct step_schema *schema; /* NULL: none */
	bool optional;
	bool of_any_kind;           /* INPUT_PATH: a directory will do as well as a file */
	struct reference reference; /* INPUT_REFERENCE */
	struct template path;       /* INPUT_PATH, INPUT_TREE: relative to the workspace */
	const struct value *value;  /* INPUT_VALUE */
	const struct step_expression *made; /* INPUT_MADE */
};

enum output_type {
	OUTPUT_FOUND, /* file or dir, as the step left it */
	OUTPUT_FILE,
	OUTPUT_DIR,
	OUTPUT_TEXT, /* UTF-8 */
	OUTPUT_JSON,
	OUTPUT_JSONL,
};

struct step_output {
	struct str name;
	enum output_type type;
	bool optional;
	bool from_stdout;
	bool has_path;                    /* else the file is $LILY_OUT/NAME */
	struct template path;             /* relative to the workspace */
	const struct step_schema *schema; /* NULL: none */
};

struct step_surroundings;

/* Slots of a pool that it takes while an attempt lasts. */
struct step_pool {
	uint32_t pool; /* index in the graph's pools */
	uint32_t slots;
};

struct step_effects;
struct step_gates;
struct step_labels;
struct step_question;

struct step {
	struct str name;
	/* Ready steps start in the order of their places: for a step of the plan its number, for one
	 * of an item that of its template. Of one place the smaller number comes first. */
	uint32_t place;
	const struct foreach *foreach;     /* NULL: does its own work */
	const struct foreach *template_of; /* not NULL: a template of that, never visited, or a
					    * step of an item that it has given up */
	const struct scope *scope;   /* not NULL: it stands for the steps of another file */
	const struct scope *inside;  /* the innermost that it is in, or NULL */
	const struct item *item;     /* the innermost that it is in; NULL: a step of the plan */
	const struct template *argv; /* for a script: its shell, then the script */
	uint32_t n_argv;
	const uint32_t *needs; /* every step that must come first, ascending, each once */
	uint32_t n_needs;
	uint8_t *wants;             /* beside needs, bits NEED_…; NULL: all 0 */
	const uint32_t *dependents; /* the reverse, ascending */
	uint32_t n_dependents;
	const struct step_input *inputs;
	uint32_t n_inputs;
	const struct step_output *outputs;
	uint32_t n_outputs;
	const struct env_entry *env; /* its own, by name; put over that of the settings */
	uint32_t n_env;
	const struct step_settings *settings;
	const struct step_surroundings *surroundings; /* NULL: none of that */
	const struct step_effects *effects;           /* NULL: idempotent */
	const struct step_gates *gates;               /* NULL: none */
	const struct step_question *question;         /* NULL: nobody is asked */
	const struct step_labels *accepts;            /* NULL: inputs need no label */
	bool has_required_gate;        /* it has one, or what it stands for has */
	const struct step_pool *pools; /* by pool */
	uint32_t n_pools;
	bool is_last;           /* of `finally`: starts when all other steps have ended */
	bool judges;            /* a gate of the run: it does nothing but be judged by that */
	bool continue_on_error; /* the run may succeed although it failed */
	const struct step_expression *condition; /* `if`; NULL: none */
};

/* The step of the innermost scope that it is in, or STEP_NONE. */
uint32_t step_scope(const struct step *step);

/* The step's name in the file that it stands in, and the step of that name there, or STEP_NONE. */
struct str step_local_name(const struct graph *graph, uint32_t step);
uint32_t step_in_file(const struct graph *graph, uint32_t step, struct str name);

const char *output_type_name(enum output_type type);
const char *input_form_name(enum input_form form);

#endif
