/*
 * step_question: what a person is asked before a step goes on.
 *
 * Beside step.h, which says who owns it.
 */
#ifndef LILY_GRAPH_STEP_QUESTION_H
#define LILY_GRAPH_STEP_QUESTION_H

#include "graph/step.h"

enum question_kind {
	QUESTION_ANSWER, /* `human`: what is answered is what the step makes; it has no program */
	QUESTION_START,  /* `approve` with at: start: whether the program may be run */
	QUESTION_COMMIT, /* `approve` with at: commit: whether what it made is taken */
};

struct step_question {
	enum question_kind kind;
	struct template text;
	const struct reference *show; /* artifacts that are shown, in their order */
	uint32_t n_show;
	const struct str *by; /* accounts that may say something; none: anybody */
	uint32_t n_by;
	int64_t expires_us; /* how long it is open, 0: for ever */
};

/* Whether the step is done by a person. */
static inline bool
step_is_human(const struct step *step)
{
	return step->question && step->question->kind == QUESTION_ANSWER;
}

/* Whether a person is asked before what it made is taken. */
static inline bool
step_asks_at_commit(const struct step *step)
{
	return step->question && step->question->kind == QUESTION_COMMIT;
}

#endif
