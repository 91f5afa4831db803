/*
 * once: steps that must not happen twice, as a run meets them.
 *
 *	once_meet    a ready step is set aside until its key is looked at
 *	once_look    EXAMINED → CLAIMED: nobody began it, or it has not happened: it may start
 *	             → adopted: it has happened, the result of that attempt is this one's, too
 *	             → unknown: it was begun, and nobody knows more
 *	             → HELD: another run works on it; looked at again
 *	unknown      → its probe (once_probe.c), else a person (once_settle)
 *
 * From CLAIMED until the attempt's end is on disk, and while a probe runs, the kernel lock of the key
 * is held (store/once.h). Private to the engine, like try.h.
 */
#ifndef LILY_RUN_ONCE_H
#define LILY_RUN_ONCE_H

#include "graph/step_effects.h"
#include "run/try.h"
#include "store/once.h"

enum once_phase {
	ONCE_EXAMINED,
	ONCE_HELD,
	ONCE_CLAIMED,
	ONCE_BEGUN,
	ONCE_UNPROBED,
	ONCE_PROBED
};

/* What is being done about one step's key. */
struct once_work {
	struct once_work *next;
	uint32_t step;
	enum once_phase phase;
	struct arena arena; /* of the key */
	struct str key;
	int lock;     /* -1: not held */
	bool in_line; /* for a pool */
};

struct once;

/* NULL where no step of the graph must not happen twice; everything below takes that. */
struct once *once_new(const struct graph *graph);
void once_free(struct once *once);

bool once_is(const struct graph *graph, uint32_t step);

/* A ready step, or one that a stored run left unknown, is to be looked at. */
void once_meet(struct engine *engine, uint32_t step);

/* Looks at all keys that are to be looked at, and probes as far as there is room. */
int once_look(struct engine *engine, struct err *err);

/* The first ready step that may start, STEP_NONE where there is none. */
uint32_t once_next(const struct engine *engine);

/* It waits for a pool: pools_next will name it. */
void once_line_up(struct engine *engine, uint32_t step);

/* Whether a step was met since once_look. */
bool once_is_new(const struct engine *engine);

/* Whether something is still to be done that needs no person. */
bool once_has_work(const struct engine *engine);

/* An attempt of a step that once_next named begins; NULL for any other step. */
struct once_work *once_begin(struct engine *engine, uint32_t step);

/* The attempt has ended, its events are submitted: waits until they are on disk, lets go of the key.
 * work may be NULL. */
int once_end(struct engine *engine, struct once_work *work, struct err *err);

/* Likewise, and the visit is unknown: goes on to its probe. */
int once_end_unknown(struct engine *engine, struct once_work *work, struct err *err);

/* A person says whether the effect of a step has happened. 1; 0 where there is nothing to say, since
 * the visit is not unknown, or its key is being worked on. */
struct once_word {
	bool done;
	int64_t request;
	struct str account; /* who */
	struct str reason;  /* why; may be empty */
};
int once_settle(
	struct engine *engine, uint32_t step, const struct once_word *word, struct err *err);

/* once_probe.c: begins the probe of an unknown step: 1, 0 where there is no room. */
int once_probe(struct engine *engine, struct once_work *work, struct err *err);
int once_on_probed(struct try *try, struct err *err);

/* What a probe, or somebody, said; the key's lock is held. */
struct once_verdict {
	const char *by; /* probe, person, key */
	enum { ONCE_SAYS_DONE, ONCE_SAYS_NOT_DONE, ONCE_SAYS_NOTHING } says;
	struct str note;
	const struct once_word *word; /* of a person, or NULL */
};
int once_judge(struct engine *engine, struct once_work *work,
	const struct once_verdict *verdict, struct err *err);

/* A step has failed for good. */
int once_failed(struct engine *engine, uint32_t step, struct err *err);

/* once_adopt.c: a step that must not or cannot run fails. */
int once_refuse(struct engine *engine, uint32_t step, const char *why, struct err *err);

/* once_adopt.c: the step's key is done: its visit is adopted, or fails where the result of that
 * attempt is not what this step makes. */
int once_adopt(struct engine *engine, const struct once_work *work, const struct once_row *row,
	struct err *err);

#endif
