/*
 * lily/report.h: what a check of a value by a schema found, as data and for people.
 */
#ifndef LILY_REPORT_H
#define LILY_REPORT_H

#include "lily/document.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_report; /* of the check that it was given to last */

LILY_API struct lily_report *lily_report_new(void);
LILY_API void lily_report_free(struct lily_report *report);

/* Text is NUL-terminated and lives until the next call with the report; where a key or a string of the
 * instance has U+0000, so may it, and its size (in bytes) says where it ends. Lines and columns count from
 * 1 and are 0 where they are not known: the instance is not a text, or of lily's own making. */
struct lily_finding {
	const char *message;
	size_t message_size;
	const char *instance_location; /* JSON Pointer */
	size_t instance_location_size;
	unsigned line, column;
	const char
		*keyword_location; /* JSON Pointer from the root schema, through references */
	size_t keyword_location_size;
	const char *schema_name; /* file or URI that has the keyword */
	unsigned schema_line, schema_column;
	const char *text; /* all of it, as a person should see it: several lines */
	size_t text_size;
};

/* The next finding in the order of the instance: 1, or 0 at the end, and the next call begins anew.
 * Of alternatives ("anyOf", "oneOf") only those of the one that came nearest are given. */
LILY_API int lily_report_next(struct lily_report *report, struct lily_finding *ret_finding);

LILY_API size_t lily_report_count(struct lily_report *report);

/* Whether there was too much for one report (a million keywords), or more than can be looked for in a time
 * that the instance is worth: it has the first of it. */
LILY_API int lily_report_is_cut(const struct lily_report *report);

/* The output of JSON Schema 2020-12, section 12.4, with "line" and "column" beside each unit. */
enum lily_output { LILY_OUTPUT_FLAG, LILY_OUTPUT_BASIC, LILY_OUTPUT_DETAILED };
LILY_API int lily_report_output(const struct lily_report *report, enum lily_output output,
	struct lily_document **ret_document, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
