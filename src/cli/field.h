/*
 * field: members of the library's documents, by name, and how they are shown.
 */
#ifndef LILY_CLI_FIELD_H
#define LILY_CLI_FIELD_H

#include "cli/text.h"

#include <lily.h>

/* "" where missing. Only of readings: text in plans and payloads has a size and no end; for those
 * field_copy (heap memory) and field_add. */
const char *field_text(const struct lily_value *value, const char *key);
char *field_copy(const struct lily_value *value, const char *key);
bool field_equals(const struct lily_value *value, const char *text);
bool field_is(const struct lily_value *value, const char *key, const char *text);
int64_t field_integer(const struct lily_value *value, const char *key, int64_t fallback);
bool field_has(const struct lily_value *value, const char *key); /* there and not null */
/* An RFC 3339 time in µs since 1970; 0 where it is missing. */
int64_t field_time(const struct lily_value *value, const char *key);

/* Adds the text made safe for one line. */
void field_add(struct text *text, const struct lily_value *value, const char *key);

/* The start of a run's id that people see: all up to the millisecond it was made in. */
#define RUN_SHORT 13
/* "0199a7b2-3c4d" of a run's id; "0199a7b2-3c4d:7" of an artifact's. */
void field_add_run(struct text *text, const char *run_id);
void field_add_artifact(struct text *text, const char *artifact_id);

#endif
