/*
 * revisit: a rule goes back to a step.
 *
 *	route.decided, attempt.rejected ── visits.superseded ──→ the step, and all that needs it, is pending
 *
 * What of them still runs is ended, and its end changes nothing; until then none of them starts. Each begins
 * its next visit: attempts are counted from 1, people are asked anew, an effect that must not happen twice has
 * the key of the new visit. The step itself runs, also where what it made before could be reused; it finds at
 * $LILY_FEEDBACK what was found, where the rule says so. A foreach gives up its items, and is expanded anew when
 * its time has come: an item that there was before begins its next visit. Where the step is a foreach or a scope
 * itself, all that it begins with runs and finds that.
 *
 * Between the two events a process may end: whoever takes the run over finds the decision and goes back.
 * Private to the engine, like try.h.
 */
#ifndef LILY_RUN_REVISIT_H
#define LILY_RUN_REVISIT_H

#include "run/try.h"

struct revisits;
struct attempt_row;

/* How the attempt ended by whose end a rule decided to go back. */
struct revisit_cause {
	uint32_t step;
	uint32_t attempt;
	const char *class; /* NULL: it succeeded */
	struct str message;
	int exit_code;            /* -1: not by itself */
	const struct digest *log; /* NULL: it printed nothing */
};

/* Goes back, as the rule that decided about the attempt says; its end is recorded. */
int revisit_begin(struct engine *engine, const struct revisit_cause *cause, struct err *err);

/* A try whose visit was superseded while it ran has ended. */
void revisit_try_ended(struct engine *engine);

/* Which visit of the step this is, from 1; and that which the items of a foreach begin with. */
uint32_t revisit_number(const struct engine *engine, uint32_t step);
uint32_t revisit_of_items(const struct engine *engine, uint32_t step);

/* Whether a rule went back to the step, or to a foreach or scope that begins with it: it runs, whatever could
 * be reused. And what it finds then: what its own attempt before left, else what sent it back; or NULL. */
bool revisit_must_run(const struct engine *engine, uint32_t step);
const struct digest *revisit_feedback(const struct engine *engine, uint32_t step);

/* Of a stored run: the number of a step's visit, and what next attempts find; before its attempts are looked at. */
void revisit_restore_number(struct engine *engine, uint32_t step, uint32_t number);
int revisit_restore(struct engine *engine, struct err *err);

/* Likewise an attempt by whose end a rule decided to go back, which was not done; and does that. */
void revisit_note_due(struct engine *engine, const struct attempt_row *row);
int revisit_resume(struct engine *engine, struct err *err);

void revisits_free(struct revisits *revisits);

#endif
