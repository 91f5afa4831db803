/*
 * reply: what `approve`, `reject` and `answer` have in common: the question is shown, what is said is put
 * on record, and the run goes on.
 */
#ifndef LILY_CLI_REPLY_H
#define LILY_CLI_REPLY_H

#include "cli/call.h"

/* The first options of each of them. */
enum { REPLY_REASON, REPLY_REQUEST, REPLY_NO_WAIT, REPLY_QUIET, REPLY_COUNT };

#define REPLY_OPTIONS                                                                        \
	[REPLY_REASON] = {.name = "reason", .value = "TEXT", .help = "why; it is recorded"}, \
	[REPLY_REQUEST] = {.name = "request",                                                \
		.value = "DIGEST",                                                           \
		.help = "only if this is still what is asked: the digest that `lily inbox` " \
			"shows, or how it begins"},                                          \
	[REPLY_NO_WAIT] = {.name = "no-wait",                                                \
		.help = "say it, and do not go on with the run"},                            \
	[REPLY_QUIET] = {.name = "quiet", .letter = 'q', .help = "tell of failures only"}

/* The first argument names the step; answer: JSON, or NULL. */
int reply_say(struct call *call, enum lily_verdict verdict, const char *answer);

#endif
