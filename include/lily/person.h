/*
 * lily/person.h: what runs ask people, and what people say.
 *
 * A step with `human` or `approve` asks, and one that failed of which a rule says so; its run goes on with everything else, and waits where nothing
 * else is left. Whoever drives the run takes in what was said; where nobody does, lily_run_resume goes
 * on. What is said is bound to the document (request.v1) that says what was asked and shown, by digest.
 */
#ifndef LILY_PERSON_H
#define LILY_PERSON_H

#include "lily/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The questions that are open, the oldest first: {"questions": […]} (schema inbox.v1). address NULL: of
 * all runs, else of that run; step NULL: of all steps. */
LILY_API int lily_inbox(struct lily_store *store, const char *address, const char *step,
	struct lily_document **ret_document, struct lily_error *error);

/* A read-only descriptor of the bytes of an input, of something shown or of what an attempt made, by its name in
 * the open question of a step, perhaps written "in.NAME", "show.NAME" or "out.NAME": LILY_ERROR_INVALID where a name
 * without that means two things that differ. name NULL: of the request.v1 document itself. Of a directory: its tree.v1 document. The
 * caller's to close. */
LILY_API int lily_question_open(struct lily_store *store, const char *address, const char *step,
	const char *name, int *ret_fd, struct lily_error *error);

enum lily_verdict {
	LILY_VERDICT_ACCEPT, /* yes; of a failure: continue */
	LILY_VERDICT_ANSWER, /* with the value that a schema asks for; of a failure: retry, skip, … */
	LILY_VERDICT_REJECT /* no: the step fails, or its failure stands */
};

struct lily_word {
	enum lily_verdict verdict;
	const char *answer; /* JSON, for LILY_VERDICT_ANSWER */
	const char *
		request; /* hex digits of the request that it is about; NULL: the one that is open now */
	const char *reason; /* NULL: none */
	const char *way;    /* how it was said, such as "cli"; NULL: "api" */
};

/* Says something about the open question of a step, as the account that this process runs as. It is on
 * disk when this returns. LILY_ERROR_NOT_FOUND: there is no open question; LILY_ERROR_DENIED: this
 * account may not say it, or a step of a run tries to; LILY_ERROR_INVALID: the answer is not valid,
 * something else is asked, or somebody has said something already that the run has not heard yet. */
LILY_API int lily_run_answer(struct lily_store *store, const char *address, const char *step,
	const struct lily_word *word, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
