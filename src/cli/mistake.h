/*
 * mistake: an error of the library that is about a place in a file: "PATH:LINE:COLUMN: MESSAGE" and
 * the lines below it.
 */
#ifndef LILY_CLI_MISTAKE_H
#define LILY_CLI_MISTAKE_H

#include "cli/text.h"

#include <lily.h>

/* Whether a message begins with a place in the file. */
bool mistake_is_placed(const char *message, const char *path);

/* Whether it is about a place in the file rather than about the file: what is wrong there, no limit. */
bool mistake_has_place(const struct lily_error *error, const char *path);

/* Adds "line", "column" and "message" as members of a JSON object. */
void mistake_add(struct text *text, const char *path, const char *shown);

#endif
