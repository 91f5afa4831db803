/*
 * ask: questions that a run puts to people, and what they said.
 *
 *	ready   ── question.opened ──→ asked ── question.closed ──→ ready
 *	running ── question.opened ──→ asked ── question.closed ──→ running    of an attempt that is held
 *
 * A step with `human` is asked for its answer, which then is its output; one with `approve` whether its
 * program may run, once its inputs are known, or whether what it made is taken (held.h). What is asked is a request.v1 document that holds what was
 * shown by digest; a yes is for that document. A step that is ready again with other inputs is asked
 * again. Private to the engine, like try.h.
 */
#ifndef LILY_RUN_ASK_H
#define LILY_RUN_ASK_H

#include "graph/step_question.h"
#include "run/try.h"
#include "store/question.h"

struct asks;

/* NULL where nobody is asked anything; everything below takes that. */
struct asks *asks_new(const struct graph *graph);
void asks_free(struct asks *asks);

/* What the record says of a stored run, before its first turn. */
int asks_restore(struct engine *engine, int64_t run, struct err *err);

/* A ready step asks: *ret_may whether an attempt at it may begin now. Else it was asked, accepted or
 * failed here. */
int ask_step(struct engine *engine, uint32_t step, bool *ret_may, struct err *err);

/* Whether the program of a try whose inputs are there may run: 1. 0: the try was put aside, and a person
 * is asked. Errors are the step's where they are of the kinds that values_text has. */
int ask_permit(struct try *try, struct err *err);

/* What somebody said: 1, or 0 where it is no answer to what is asked now. */
struct ask_word {
	struct str request; /* hex digits of the request.v1 that it is about */
	enum question_state verdict;
	bool has_answer;
	struct digest answer; /* ANSWERED: an object */
	int64_t wish;         /* the row that it came by */
	int64_t at_us;
	struct str account, uid, way;
	struct str reason; /* may be empty */
};
int ask_hear(
	struct engine *engine, uint32_t step, const struct ask_word *word, struct err *err);

/* Whether something follows for an attempt that is held; does it. */
bool asks_are_due(const struct engine *engine);
int asks_conclude(struct engine *engine, struct err *err);

/* Closes what has expired. *ret_due is brought forward to when the next one will (BOOTTIME). */
int asks_expire(struct engine *engine, int64_t *ret_due, struct err *err);

/* Steps that are retried are asked again. */
void asks_forget(struct engine *engine, uint32_t step);

#endif
