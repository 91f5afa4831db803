/*
 * report: what checking a value found, keyword by keyword.
 *
 *	report = report_new();
 *	valid = schema_check(schema, checker, value, REPORT_ANNOTATIONS, report, &err);
 *	while (report_next(report, &cursor, &finding)) …
 *	report_free(report);
 *
 * A report is a list of units in the order of evaluation, each with a level, so that it is a tree as
 * well. Findings are what a person has to see: of a schema with alternatives, only the one that
 * came nearest. It refers to the schema and the value, which must live as long.
 */
#ifndef LILY_CONTRACT_REPORT_H
#define LILY_CONTRACT_REPORT_H

#include "contract/schema.h"

struct report;

enum report_flag {
	REPORT_ANNOTATIONS = 1 << 0, /* collect them where the value is valid */
};

struct report *report_new(void);
void report_free(struct report *report);

/* Like schema_is_valid, but looks at everything. What the report held before is gone. */
int schema_check(const struct schema *schema, struct checker *checker,
	const struct value *value, unsigned flags, struct report *report, struct err *err);

bool report_is_valid(const struct report *report);

/* Whether there was more than the checker's limits of units and steps; what is there is then the first of
 * it. */
bool report_is_cut(const struct report *report);

struct finding {
	struct str message;
	struct str instance_location; /* JSON Pointer */
	struct str keyword_location;  /* JSON Pointer, through references */
	const struct value *value;  /* that is wrong; of a name that is not allowed, the name */
	const struct value *schema; /* the keyword's value */
	const struct source *schema_source; /* of that; NULL where it was not given */
};

/* The next finding, or false; *cursor starts with 0. */
bool report_next(const struct report *report, size_t *cursor, struct finding *ret_finding);

/* All findings as text: "file:line:col: message", the line, and the keyword that wants it so. The
 * source is the value's. */
void report_describe(const struct report *report, const struct source *source, struct buf *b);

enum report_format {
	REPORT_FLAG,     /* {"valid": …} */
	REPORT_BASIC,    /* and a flat list of errors, or annotations */
	REPORT_DETAILED, /* and a tree of them, condensed */
};

/* The output of JSON Schema 2020-12, 12.4, in the arena, with a person's place beside each unit
 * ("line", "column") where the source is given. */
const struct value *report_output(const struct report *report, enum report_format format,
	const struct source *source, struct arena *arena);

#endif
