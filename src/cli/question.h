/*
 * question: what a run asks a person, shown to people with all that an answer is bound to.
 */
#ifndef LILY_CLI_QUESTION_H
#define LILY_CLI_QUESTION_H

#include "cli/call.h"

/* What is asked and shown, and the digests; without how to answer. */
void question_add(struct text *text, const struct lily_value *question);

/* How it can be answered: the commands. */
void question_add_advice(struct text *text, const struct lily_value *question);

#endif
