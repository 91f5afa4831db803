/*
 * reuse_state: all that looking steps up needs to know; private to reuse*.c.
 */
#ifndef LILY_RUN_REUSE_STATE_H
#define LILY_RUN_REUSE_STATE_H

#include "run/bounds.h"
#include "run/reuse.h"
#include "run/tools.h"
#include "store/memo.h"

struct reuse {
	struct reuse_request request;
	struct memo *memo;
	struct tools *tools;
	struct trail *trail; /* NULL: nobody follows it */
	struct arena arena;
	struct digest **definitions; /* by step of the plan; NULL: not made yet */
};

/* A file of the digest, which the memo has by now; one that is too young breaks the trail. */
void reuse_note_file(struct reuse *reuse, enum trail_kind kind, const char *path,
	const struct stat *status, const struct digest *expected);

/* The inputs of a step as it would find them, in the values' arena: nothing is put into the store. Errors
 * as reuse_is_of_step says are the step's. */
int reuse_find_inputs(struct reuse *reuse, const struct values *values, const struct step *step,
	struct key_input **ret_inputs, struct err *err);

/* The programs that a step, or a gate as one, would start now, in the values' arena. Errors likewise. */
int reuse_find_tools(struct reuse *reuse, const struct values *values, const struct step *step,
	struct key_tool **ret_tools, size_t *ret_n, struct err *err);

/* Whether it says something about the step rather than about the machine or the store. */
bool reuse_is_of_step(int code);

/* The document of a key: of a step, or of a gate as a step. */
struct reuse_keyed {
	const struct step *step;
	const struct digest *definition;
	const struct key_input *inputs;
	const struct key_gate *gate;  /* NULL: it is none */
	const struct bounding *bound; /* NULL: nothing holds it */
};
int reuse_write_key(struct reuse *reuse, const struct values *values,
	const struct reuse_keyed *keyed, struct buf *key, struct err *err);

/* Which of the gates of a step whose entry was found need not judge (reuse_gates.c). */
int reuse_look_gates(struct reuse *reuse, const struct values *values, uint32_t step,
	struct reuse_found *found, struct err *err);

/* The end of making a key, which came to r and why: 1 and its digest, once the store has its document and the
 * definition that it names. 0: something of the step kept it from being made. */
int reuse_keep_key(struct reuse *reuse, int r, const struct err *why,
	const struct buf *definition, const struct buf *key, struct digest *ret_key,
	struct err *err);

#endif
