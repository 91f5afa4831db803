/*
 * lily/workflow.h: workflow files: read, check, plan, draw, format.
 */
#ifndef LILY_WORKFLOW_H
#define LILY_WORKFLOW_H

#include "lily/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_workflow;

/* Reads and checks a file. Findings are a result: see lily_workflow_findings. An error is only
 * what keeps the file from being read as YAML or JSON at all. */
LILY_API int lily_workflow_open(
	const char *path, struct lily_workflow **ret_workflow, struct lily_error *error);
LILY_API void lily_workflow_close(struct lily_workflow *workflow);

/* {"name", "steps": how many, "step_names": [in the order of the file], "errors", "warnings",
 * "params": [{"name", "type", "default", "description"}], "inputs": [{"name", "path",
 * "optional"}], "findings": [{"level", "file": this one or a schema's, "line", "column", "message",
 * "text": as a person should see it}]}. The files of the schemas are read here. */
LILY_API int lily_workflow_describe(const struct lily_workflow *workflow,
	struct lily_document **ret_document, struct lily_error *error);

/* The schemas that the file declares, read and checked: [{"id", "uri", "title", "file": its path, "sha256":
 * of what the id means, "files": [{"path", "sha256"}] where it refers to files beside it}], in the order
 * of the file. */
LILY_API int lily_workflow_schemas(const struct lily_workflow *workflow,
	struct lily_document **ret_document, struct lily_error *error);

struct lily_named_text {
	const char *name;
	const char *text;
};

/* What a run or a plan is given. Paths are relative to the current directory. */
struct lily_workflow_arguments {
	const struct lily_named_text *params; /* text as it is for a string, else JSON */
	size_t n_params;
	const char *params_json; /* a JSON object of more of them, or NULL; params win */
	const struct lily_named_text *inputs; /* name, path of a file or directory */
	size_t n_inputs;
	const char *const *steps; /* only these and what they need */
	size_t n_steps;
};

/* The plan.v1 head with its chunks put in place ("steps": [ … ]); nothing is stored. The store
 * gives the workspace that inputs are found in. */
LILY_API int lily_workflow_plan(struct lily_store *store, const struct lily_workflow *workflow,
	const struct lily_workflow_arguments *arguments, struct lily_document **ret_plan,
	struct lily_error *error);

/* The graph as a picture of the whole file (arguments are not needed). For lily_free. */
enum lily_graph_format { LILY_GRAPH_TEXT, LILY_GRAPH_DOT, LILY_GRAPH_SVG };
LILY_API int lily_workflow_graph(const struct lily_workflow *workflow,
	enum lily_graph_format format, char **ret_text, struct lily_error *error);

/* The file's text in standard layout: same values, same comments. For lily_free. */
LILY_API int lily_workflow_format(
	const struct lily_workflow *workflow, char **ret_text, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
