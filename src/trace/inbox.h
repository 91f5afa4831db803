/*
 * inbox: what people are asked, for people and as data.
 *
 *	{"questions": [{"run_id", "workflow", "step", "kind": "answer" or "start", "ask", "request":
 *	 digest, "opened_at", "expires_at", "by": [account…], "schema", "argv": [text…], "inputs": [THING…],
 *	 "show": [THING…], …, "differences" (difference.h; in a list of questions)}…]}
 *
 * THING is {"name", "sha256", "size", "dir"}. All of it but the times and the differences is what the request.v1 document of
 * that digest says, and what a yes is bound to.
 */
#ifndef LILY_TRACE_INBOX_H
#define LILY_TRACE_INBOX_H

#include "store/question.h"
#include "store/run.h"
#include "json/builder.h"

/* Those that are open, oldest first: of all runs that have not ended, or of one; step: empty, or the one
 * whose question it is. */
int inbox_list(struct store *store, const struct run_row *run, struct str step,
	struct arena *arena, const struct value **ret_value, struct err *err);

/* The member "questions" of a run's description. */
int inbox_add(struct builder *b, struct store *store, const struct run_row *run,
	struct arena *arena, struct err *err);

/* Whether the run has a step of that name, asking or not: ERR_NOT_FOUND, with the nearest name. */
int inbox_check_step(
	struct store *store, const struct run_row *run, struct str step, struct err *err);

#endif
