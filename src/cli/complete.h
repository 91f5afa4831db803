/*
 * complete: what a shell may offer for the word that is being typed, from the tables of commands
 * and, for runs, steps and artifacts, from the store.
 *
 * The answer is one candidate a line, a tab and its explanation behind it where there is one. A
 * line that begins with a colon is for the shell to do: ":files" ":directories" ":workflows".
 * Whatever goes wrong gives no candidates and says nothing.
 */
#ifndef LILY_CLI_COMPLETE_H
#define LILY_CLI_COMPLETE_H

#include "cli/call.h"

/* words: those behind "lily"; the last one is being typed (maybe ""). */
void complete_words(struct text *answer, const char *const *words, size_t n);

/* The half that asks the store and workflow files. */
struct complete_place {
	const char *store;     /* --store, or NULL */
	const char *directory; /* -C, or NULL */
	const char *file;      /* the workflow named before, or NULL */
};
void complete_value(struct text *answer, enum completion completion, const char *word,
	const struct complete_place *place);

/* Adds a candidate that begins with what was typed. */
void complete_offer(
	struct text *answer, const char *word, const char *candidate, const char *explanation);

#endif
