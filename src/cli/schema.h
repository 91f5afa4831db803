/*
 * schema: schemas as commands are given them, and what a check found as it is shown.
 */
#ifndef LILY_CLI_SCHEMA_H
#define LILY_CLI_SCHEMA_H

#include "cli/call.h"

/* Commands that read schemas begin their table of options with SCHEMA_OPTIONS, so that the indices
 * below hold in each of them. */
enum { SCHEMA_DRAFT, SCHEMA_REFERENCE, SCHEMA_NO_FORMAT, SCHEMA_QUIET, SCHEMA_COUNT };

#define SCHEMA_OPTIONS                                                                    \
	[SCHEMA_DRAFT] = {.name = "draft",                                                \
		.letter = 'd',                                                            \
		.value = "DRAFT",                                                         \
		.choices = "4 6 7 2019-09 2020-12",                                       \
		.accepts = schema_is_draft,                                               \
		.help = "of schemas that do not say it by \"$schema\"; else 2020-12"},    \
	[SCHEMA_REFERENCE] = {.name = "reference",                                        \
		.letter = 'r',                                                            \
		.repeats = true,                                                          \
		.value = "PATH",                                                          \
		.help = "a schema, or a folder of them, that others may refer to by its " \
			"\"$id\" (any number of times)",                                  \
		.completion = COMPLETE_FILE},                                             \
	[SCHEMA_NO_FORMAT] = {.name = "no-format", .help = "do not check \"format\""},    \
	[SCHEMA_QUIET] = {                                                                \
		.name = "quiet", .letter = 'q', .help = "say nothing of what is valid"}

/* A collection by these options, --reference included; NULL after saying what is wrong, with
 * *ret_status. */
struct lily_schemas *schema_collection(const struct call *call, int *ret_status);

/* "draft-07", "draft7" and "07" are 7. */
bool schema_is_draft(const char *word);

bool schema_is_folder(const char *path);

/* Where a document was not found that nobody named: says how to name it. */
void schema_hint(const struct call *call, const struct lily_error *error);
/* Says why a schema cannot be used, and what to do; returns the status. */
int schema_fail(const struct call *call, const struct lily_error *error);

/* What was found in one file. */
struct schema_verdict {
	struct text shown; /* for people, or for --json the findings as members of an array */
	uint64_t findings;
	uint64_t hidden;  /* of them: people are shown the first of many */
	uint64_t values;  /* that were looked at */
	uint64_t invalid; /* of them */
	bool is_open;     /* what follows in the file was not looked at */
	bool as_json;
};

/* Says so where a report does not hold everything. */
void schema_warn_cut(const struct call *call, const struct lily_report *report);

/* Adds all of a report. */
void schema_add_report(
	const struct call *call, struct schema_verdict *verdict, struct lily_report *report);
/* Adds an error about a place in the file. */
void schema_add_mistake(const struct call *call, struct schema_verdict *verdict,
	const char *path, const struct lily_error *error);

/* Prints it with a last line about the file, and releases it. Returns the status of the file, which
 * says what is invalid; of a file that is open only that is said. */
int schema_print(const struct call *call, struct schema_verdict *verdict, const char *path,
	const char *good);

#endif
