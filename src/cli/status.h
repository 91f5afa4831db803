/*
 * status: the exit codes of lily, one list. When several hold, the one that stands first in
 * STATUS_ORDER wins.
 */
#ifndef LILY_CLI_STATUS_H
#define LILY_CLI_STATUS_H

#include <lily.h>

#define STATUSES(X)                                                                          \
	X(DONE, 0, "done")                                                                   \
	X(FAILED, 1, "a step failed")                                                        \
	X(USAGE, 2, "wrong usage")                                                           \
	X(INVALID, 3, "an invalid or missing file, or invalid data")                         \
	X(GATE, 4, "a required gate did not pass")                                           \
	X(POLICY, 5, "a policy forbids it")                                                  \
	X(WAITING, 6, "waiting for a person")                                                \
	X(CANCELLED, 7, "cancelled, or left behind by a second Ctrl-C")                      \
	X(LIMIT, 8, "a budget or limit was reached")                                         \
	X(SYSTEM, 9, "the store or the operating system refused, or stored data is damaged") \
	X(TIMEOUT, 124, "a step timed out")

enum status {
#define X(name, number, meaning) STATUS_##name = (number),
	STATUSES(X)
#undef X
};

/* For people; NULL for a number that is none. */
const char *status_meaning(int status);

/* The one that wins when both hold. */
int status_worst(int a, int b);

/* What an error of the library makes of the program. */
int status_of_error(const struct lily_error *error);

/* What a failure's class ("exit", "timeout", …) makes of the run. */
int status_of_failure(const struct lily_value *class);

/* Of a run by its description (lily_run_describe): 0 succeeded, 1, 4, 8 or 124 failed, 7 cancelled;
 * 0 as well while it has not ended. */
int status_of_run(const struct lily_value *run);

#endif
