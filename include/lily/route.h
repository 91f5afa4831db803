/*
 * lily/route.h: what the rules of a workflow file decide, tried on facts that somebody made up or that a
 * run has recorded. Nothing is run and nothing is stored.
 */
#ifndef LILY_ROUTE_H
#define LILY_ROUTE_H

#include "lily/workflow.h"

#ifdef __cplusplus
extern "C" {
#endif

/* facts: route_facts.v1, best from lily_instances_next, so that mistakes in them have a place.
 *
 * {"step", "action": continue retry skip goto escalate abort fail, "rule": that decided, or null, "to": of
 * goto, "feedback", "again": [steps], "words", "rules": [{"id", "line", "answer": decides passed unasked,
 * "because": why it was passed over, in words}] in their order, "facts": those that it was decided
 * by}. Members that do not apply are null.
 *
 * LILY_ERROR_INVALID where the workflow or the facts have mistakes. What the workflow says that only this
 * build does not honour is none. */
LILY_API int lily_route_test(const struct lily_workflow *workflow,
	const struct lily_document *facts, struct lily_document **ret_decision,
	struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
