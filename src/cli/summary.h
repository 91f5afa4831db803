/*
 * summary: what is said of a run that has ended: the last words of its failures, its outputs, and
 * one line of figures. All from its description (lily_run_describe).
 */
#ifndef LILY_CLI_SUMMARY_H
#define LILY_CLI_SUMMARY_H

#include "cli/call.h"

/* Failed steps with the end of their logs and the commands that say more; at most `most`. */
void summary_failures(
	struct text *text, const struct term *term, const struct lily_value *run, size_t most);

/* What a person has to say before the run goes on, and how; nothing where it needs nobody. */
void summary_unknown(struct text *text, const struct lily_value *run);

/* What the run asks people, and how to answer. */
void summary_questions(struct text *text, const struct lily_value *run);

/* "10 succeeded, 1 failed, 1 blocked". */
void summary_figures(struct text *text, const struct lily_value *run);

/* A table of the outputs: name, kind, size, id. */
void summary_outputs(struct text *text, const struct term *term, const struct lily_value *run);

/* All of it, after the driving: failures and figures to stderr, outputs to stdout. */
void summary_print(const struct call *call, const struct lily_value *run);

/* The end of a log, `most` lines of it, each behind "  | " and cut where it is
 * very long. */
void summary_log_tail(
	struct text *text, const struct term *term, const char *bytes, size_t n, size_t most);

#endif
