/*
 * workflow: a *.lily.yaml file as it was written, read and checked.
 *
 * Reading gives values that know their place; checking gives a list of findings, all of them, in
 * the order of the file, each with file:line:col, the line, and what to do. What is checked here
 * needs nothing but the file: names, types, unknown and duplicate keys, references, cycles
 * (printed), keys that this build does not honour yet (refused by name). Nothing recurses.
 */
#ifndef LILY_GRAPH_WORKFLOW_H
#define LILY_GRAPH_WORKFLOW_H

#include "json/finding.h"
#include "json/value.h"

struct workflow; /* owns its text, its values, and what checking found out */

/* How the other files that a workflow is made of are had: appends the bytes of one. */
struct workflow_files {
	int (*fetch)(void *context, const char *path, struct buf *b, struct err *err);
	void *context;
};

/* Reads and checks. path is shown in messages; path and text are copied. JSON is read as the YAML that it
 * is. Returns 0 also where there are findings: ask workflow_errors. An err is only what keeps
 * the text from being read at all (syntax: ERR_INVALID; size: ERR_LIMIT). files: NULL where other
 * files are not to be had; each that is named is a finding then. */
int workflow_read(const char *path, struct str text, const struct workflow_files *files,
	struct workflow **ret_workflow, struct err *err);
void workflow_free(struct workflow *workflow);

const struct source *workflow_source(const struct workflow *workflow);
/* The document itself. */
const struct value *workflow_root(const struct workflow *workflow);
/* At most 100 errors and 100 warnings, then one without a place that counts the rest. */
const struct finding *workflow_findings(const struct workflow *workflow, size_t *ret_n);
size_t workflow_errors(const struct workflow *workflow);

/* The other files that it is made of, each once, with findings of their own; where one has errors, so
 * has the step that uses it. */
const struct workflow *const *workflow_parts(const struct workflow *workflow, size_t *ret_n);

/* Whether it, or one of these, names or holds a policy. */
bool workflow_has_policies(const struct workflow *workflow);

/* Likewise whether a step's workspace is private. */
bool workflow_has_layers(const struct workflow *workflow);

/* ERR_INVALID with the first errors of all files described (and how many more there are), or 0. */
int workflow_refuse(const struct workflow *workflow, struct err *err);

/* Likewise for a file that is only looked at: with the errors of this one file, and without what is right
 * but not honoured by this build. */
int workflow_refuse_own(const struct workflow *workflow, struct err *err);

struct str workflow_name(const struct workflow *workflow);
size_t workflow_steps(const struct workflow *workflow);

/* The schemas that the file declares, then those of the kernel that it names, then those of its
 * other files. */
struct workflow_schema {
	struct str id;
	struct str file; /* relative to the workflow file; empty: the kernel's own */
	uint32_t offset; /* of the file's name, in workflow_source */
};
size_t workflow_schemas(const struct workflow *workflow);
struct workflow_schema workflow_schema(const struct workflow *workflow, size_t number);

/* The declared params and inputs, for help texts and completion; *ret_n of them. Inputs of a
 * sub-workflow that nobody hands over to it are there as STEP/NAME. */
struct workflow_param {
	struct str name;
	struct str type;              /* "string", "array or null", …; empty where any */
	const struct value *fallback; /* default, or NULL: must be given */
	struct str description;
};
const struct workflow_param *workflow_params(const struct workflow *workflow, size_t *ret_n);

/* The value that text, as given on a command line, stands for by the param's declared type: of type
 * string it is the text itself, of any other type JSON; where the declaration allows text and
 * more, JSON if that is valid, and without any type the text if that is. It lives in the arena.
 * ERR_INVALID where there is no such param, or the value is not valid; the message shows the
 * declaration. */
int workflow_param_parse(const struct workflow *workflow, struct str name, struct str text,
	struct arena *arena, struct value *ret_value, struct err *err);

struct workflow_input_declaration {
	struct str name;
	struct str path; /* default, relative to the workspace; empty where none */
	bool optional;
	struct str schema; /* id, or empty */
};
const struct workflow_input_declaration *workflow_inputs(
	const struct workflow *workflow, size_t *ret_n);

/* Outputs that an earlier run of the workflow made, and results of gates, that this one takes in, each once. */
struct workflow_previous {
	struct str
		name; /* STEP.OUT; for gates to compare with STEP:out:OUT and STEP:gate:GATE */
	struct str step;   /* with its groups */
	struct str output; /* or gate */
	bool is_gate;      /* what that gate found: its gate_result.v1 */
	bool is_compared;  /* a run that skipped the step is passed over, too */
	struct str path;   /* what its file is called, as far as the workflow file says so */
};
const struct workflow_previous *workflow_previous(
	const struct workflow *workflow, size_t *ret_n);

#endif
