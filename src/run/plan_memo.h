/*
 * plan_memo: which stored plan an unchanged workflow file gives, so that it is not read again.
 *
 * A memo saves work; without it everything comes out the same. It is asked by all that the caller
 * gives: the file's name and bytes, params, inputs, the steps that are asked for, --fresh, the
 * workspace, and the build of lily that makes the plan (base/build.h). What it answers is a plan
 * only where every other file that the plan was made of (sources.h) is still what it was, where the
 * ids of schemas still mean in this store what they mean in the plan, and where the store has the
 * plan. Everything else is as good as no answer.
 *
 * On disk: in the folder "plans" of the store one file for each question, named by its SHA-256: the
 * SHA-256 of all after it in hex, a line feed, and the answer as JSON:
 *
 *	{"name": …, "plan": "<hex>", "sources": [{"kind": "file" | "schema" | "input" | "absent",
 *	 "name", "path", "sha256", "tree"}, …]}
 *
 * At most PLAN_MEMO_FILES; then all go, and come back as they are asked for.
 */
#ifndef LILY_RUN_PLAN_MEMO_H
#define LILY_RUN_PLAN_MEMO_H

#include "run/prepare.h"
#include "run/sources.h"

#define PLAN_MEMO_FILES 256

/* The question; false where this build cannot be told from others, or it is too long:
 * nothing is remembered then. */
bool plan_memo_ask(
	const struct prepare_request *request, const char *file, struct digest *ret_question);

struct plan_memo_answer {
	struct digest plan;
	struct str name; /* of the workflow */
};

/* 1 and the answer, its text in the arena, or 0. The inputs are submitted as objects. < 0: the
 * store's failure. */
int plan_memo_find(struct store *store, const struct digest *question, struct arena *arena,
	struct plan_memo_answer *ret_answer, struct err *err);

/* Remembers. A failure to is none: the next one reads more. */
void plan_memo_keep(struct store *store, const struct digest *question,
	const struct plan_memo_answer *answer, const struct sources *sources);

#endif
