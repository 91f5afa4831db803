/*
 * declaration: what a workflow file declares, as the folder's own files share it.
 *
 * Reading goes in three rounds, each a loop over the file: the keys of everything (so that all
 * names are known), then what the values say, references included, then cycles. Values are kept
 * where the parser put them; a step costs sizeof(struct declared_step) and its edges beside them.
 */
#ifndef LILY_GRAPH_DECLARATION_H
#define LILY_GRAPH_DECLARATION_H

#include "base/map.h"
#include "graph/declared_part.h"
#include "graph/edge.h"
#include "graph/graph.h"
#include "graph/keys.h"

/* Bounds, each with an error of its own. */
#define GROUP_DEPTH_MAX 16
#define STEP_OUTPUTS_MAX 1000
#define STEP_INPUTS_MAX 10000
#define ARGUMENTS_MAX 10000
#define PARALLEL_MAX 10000
#define INPUT_VALUE_MAX ((size_t)1 << 20)
/* MAX_ARG_STRLEN in the kernel's binfmts.h, less its NUL. */
#define ARGUMENT_BYTES_MAX (128 * 1024 - 1)

#define GROUP_NONE UINT32_MAX
#define SCOPE_NONE UINT32_MAX

/* Steps are numbered as they stand in the file, those of groups among them. A step with `foreach` is
 * two things: the foreach step NAME, and directly after it its templates: NAME/'*', or, of a group, all
 * steps in it as NAME/'*'/STEP. A foreach in that group is a template, and has its own behind it. */
struct declared_step {
	struct str name; /* with the groups that it is in: GROUP/NAME */
	uint32_t group;  /* where the names that it uses are looked up first, or GROUP_NONE */
	uint32_t template_of; /* the innermost foreach step, STEP_NONE: no template */
	uint32_t n_templates; /* of a foreach step, with those of foreachs in it */
	uint32_t body;  /* the group of its templates, GROUP_NONE: there is one template */
	uint32_t scope; /* of a step with `workflow`, SCOPE_NONE: it is none */
	bool is_foreach;
	uint32_t offset; /* of its name in the source */
	bool is_last;    /* of `finally` */
	bool judges;     /* a gate of the run, run.NAME: nothing but that */
	uint32_t n_needs;
	const uint32_t *needs; /* ascending, each once */
	const uint8_t *wants;  /* beside needs: NEED_… */
	const struct value *keys[STEP_KEYS];
};

struct declared_group;
struct declared_scope;
struct collection;
struct schema;

struct workflow {
	struct arena arena;
	struct source source;
	const struct value *root;
	const struct value *keys[WORKFLOW_KEYS];
	const struct value *defaults[STEP_KEYS];
	struct findings findings;
	struct str name;
	struct str description;
	uint32_t parallel;
	struct budget budget;
	uint32_t max_items;

	struct workflow_param *params;
	struct declared_param *param_keys; /* beside params */
	size_t n_params;
	struct map param_by_name;
	struct collection *param_schemas; /* NULL: none */

	struct declared_schema *schemas; /* first the file's, then the kernel's that it names */
	size_t n_schemas;
	size_t schemas_capacity;
	struct map schema_by_id;

	struct declared_pool *pools;
	size_t n_pools;
	struct map pool_by_name;
	struct map secret_by_name; /* numbers within `secrets` of the file */

	struct workflow_input_declaration *inputs; /* last, if not declared: work_order */
	uint32_t *input_offsets;                   /* beside inputs */
	size_t n_inputs;                           /* declared */
	size_t n_known_inputs;                     /* with work_order */
	bool uses_work_order;                      /* where it is not declared */
	struct map input_by_name;

	struct workflow_previous
		*previous; /* each once, in the order in which they were found; then those of
			    * the files that it uses: STEP/NAME.OUT */
	size_t n_previous;
	size_t previous_capacity;
	struct map previous_by_name;

	struct declared_output *outputs;
	size_t n_outputs;

	struct declared_step *steps;
	uint32_t n_steps;
	size_t steps_capacity;
	struct map step_by_name;
	struct declared_group *groups;
	uint32_t n_groups;
	size_t groups_capacity;
	struct map group_by_name;
	const struct str *step_names; /* made when first asked for */

	struct declared_scope *scopes; /* in the order of their steps */
	uint32_t n_scopes;
	size_t scopes_capacity;
	uint32_t depth; /* files below this one, at most */
	uint64_t
		total_steps; /* with those of the files that it uses, each as often as it is used */
	bool has_once;       /* a step that must not happen twice, here or in one of them */
	bool has_policies; /* this file names or holds one */
	bool has_layers;   /* the workspace of a step of it is private */
	bool is_checked;

	/* What the files that it uses add to it, declared_scope.c. */
	struct declared_schema *more_schemas;
	size_t n_more_schemas;
	size_t more_schemas_capacity;
	struct map more_schema_by_id;
	struct workflow_input_declaration *all_inputs; /* declared, then theirs: STEP/NAME */
	size_t n_all_inputs;

	struct workflow **files; /* of the run's own file: all others, each once */
	size_t n_files;
	size_t files_capacity;
};

/* The two halves of workflow_read: parsing and names, and then what all values say. Between them the
 * files of its scopes are read and checked (library.h). */
int workflow_declare(
	const char *path, struct str text, struct workflow **ret_workflow, struct err *err);
void workflow_check(struct workflow *w);

/* The spelling of a scalar as it stands in the source (3.10, 0x1F, True), where it was written
 * plainly; else its text, or "true", "false". */
struct str declaration_written(const struct source *source, const struct value *v);

/* A list of names, in the arena: for suggestions. */
const struct str *declared_step_names(struct workflow *w);

#endif
