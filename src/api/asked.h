/*
 * asked: what the caller asks a run for, from the arguments of the public face to a stored plan.
 */
#ifndef LILY_API_ASKED_H
#define LILY_API_ASKED_H

#include "api/handle.h"
#include "lily/run.h"
#include "run/prepare.h"

/* The most bytes that a workflow file or a list of params may have. */
#define PARAMS_MAX ((size_t)16 << 20)

/* Text is borrowed from the caller. */
struct asked {
	struct arena arena;
	struct prepare_request prepare;
	struct buf text;
	struct workflow *workflow; /* NULL where its plan was known */
	struct str name;           /* of the workflow */
	struct run_work_order order;
	bool has_order;
	const struct digest
		*inherits_from; /* a plan whose params and inputs count on; or NULL */
};

#define ASKED_INIT                                                \
	{                                                         \
		.arena = ARENA_INIT, .text = BUF_INIT(PARAMS_MAX) \
	}

void asked_free(struct asked *asked);
/* `asked` becomes what `by` is, which is nothing then. */
void asked_replace(struct asked *asked, struct asked *by);

/* The work order that a run was created with, if it was with one. */
int asked_find_order(
	struct store *store, const struct run_row *row, struct asked *asked, struct err *err);

/* From file and arguments to a plan that is stored, with its file. */
int asked_prepare(struct lily_store *store, const struct lily_run_options *options,
	struct asked *asked, struct digest *ret_plan, struct err *err);

#endif
