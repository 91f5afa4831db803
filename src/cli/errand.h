/*
 * errand: what a run or a plan is asked for on the command line: the file, params, inputs, steps.
 *
 * Commands that take such requests begin their table of options with ERRAND_OPTIONS, so that the
 * indices below hold in each of them.
 */
#ifndef LILY_CLI_ERRAND_H
#define LILY_CLI_ERRAND_H

#include "cli/call.h"

enum { ERRAND_PARAM, ERRAND_PARAMS_FILE, ERRAND_INPUT, ERRAND_COUNT };

#define ERRAND_OPTIONS                                                              \
	[ERRAND_PARAM] = {.name = "param",                                          \
		.letter = 'p',                                                      \
		.repeats = true,                                                    \
		.value = "NAME=VALUE",                                              \
		.help = "set a parameter of the workflow (any number of times)",    \
		.completion = COMPLETE_PARAM},                                      \
	[ERRAND_PARAMS_FILE] = {.name = "params",                                   \
		.letter = 'P',                                                      \
		.value = "FILE",                                                    \
		.help = "read parameters from a JSON object; - is standard input; " \
			"--param wins",                                             \
		.completion = COMPLETE_FILE},                                       \
	[ERRAND_INPUT] = {.name = "input",                                          \
		.letter = 'i',                                                      \
		.repeats = true,                                                    \
		.value = "NAME=FILE",                                               \
		.help = "give an input of the workflow (any number of times)",      \
		.completion = COMPLETE_FILE}

struct errand {
	const char *file; /* the workflow */
	struct lily_workflow_arguments arguments;
	struct lily_named_text *params;
	struct lily_named_text *inputs;
	char *names; /* of both, NUL-terminated one behind the other */
	char *params_json;
	char *found; /* where the file was found, not named */
};

/* Reads the options and the arguments [FILE] [STEP…]. 0, or the status after saying what is wrong;
 * errand_done in both cases. FILE may be left out where the folder has one *.lily.yaml. */
int errand_init(struct errand *errand, const struct call *call);
/* The options alone, where the file is named in another way; *errand is zeroed by the caller. */
int errand_read_values(struct errand *errand, const struct call *call);
void errand_done(struct errand *errand);

/* The one *.lily.yaml of the current folder, heap memory; NULL where there are none or several,
 * *ret_count says which. */
char *errand_find_file(size_t *ret_count);

#endif
