/*
 * question: the documents about what a person is asked: request.v1 and approval.v1.
 *
 * A request.v1 document says which step of which run asks, what, of whom, for how long, and everything
 * that it is about by digest: what is shown, what the program takes in, the plan. There is no time in it:
 * the same question about the same things has the same digest, and what was said is said of that digest.
 */
#ifndef LILY_RUN_QUESTION_H
#define LILY_RUN_QUESTION_H

#include "graph/step_question.h"
#include "route/terms.h"
#include "run/inputs.h"
#include "run/outputs.h"
#include "run/record_verdict.h"
#include "store/question.h"

#define QUESTION_ACCEPTED_TEXT "accept" /* the answer where no schema asks for another */
#define QUESTION_ANSWER_MAX ((size_t)1 << 20)

struct ask_word;

struct question_document {
	struct buf text;
	struct str ask; /* in the values' arena */
	struct digest digest;
};

#define QUESTION_DOCUMENT_INIT                     \
	{                                          \
		.text = BUF_INIT((size_t)4 << 20), \
	}

/* An attempt that has ended, and of which is asked what becomes of it. */
struct question_attempt {
	uint32_t number;
	const struct outputs *outputs; /* its candidates */
	struct record_gates gates;     /* what judged them */
	const struct record_log *log;  /* NULL: it printed nothing */
};

/* Why an attempt failed, and what a person may say of that. */
struct question_failure {
	const char *class;
	struct str message;
	int exit_code; /* -1: not by itself */
	struct str rule;
	struct str words; /* of the rule, which are the question; may be empty */
	unsigned may;     /* bits by enum route_action, of continue, retry, skip, abort */
};

/* inputs: of an attempt, or NULL; attempt: NULL where none has ended. Everything it makes lives in the values' arena but the text, which the
 * caller releases. Errors are the step's where they are of the kinds that values_text has; ERR_INVALID, too,
 * where the document would hold a secret. */
int question_write(const struct values *values, uint32_t step, const struct inputs *inputs,
	const struct question_attempt *attempt, struct question_document *document,
	struct err *err);

/* Of an attempt that has failed; errors are the store's. */
int question_write_failure(const struct values *values, uint32_t step,
	const struct question_attempt *attempt, const struct question_failure *failure,
	struct question_document *document, struct err *err);

/* The action that somebody answered, as an object: "retry". */
int question_read_action(struct store *store, const struct digest *answer,
	enum route_action *ret_action, struct err *err);

/* Whether a word may be said of an attempt that failed, by the request that it is about. */
int question_check_failure_word(
	struct store *store, const struct ask_word *word, struct err *err);

/* Whether it may be said, by whom it was said: ERR_DENIED, ERR_INVALID. */
int question_check_word(struct store *store, const struct graph *graph, uint32_t step,
	const struct ask_word *word, struct err *err);

/* The step of that name, or, of an item of a foreach, its template; STEP_NONE. */
uint32_t question_template(const struct graph *graph, struct str name);

/* A request.v1 or approval.v1 of the record, in the arena. ERR_CORRUPT where it is gone. */
int question_read(struct store *store, const struct digest *digest, struct arena *arena,
	const struct value **ret_document, struct err *err);

/* What a request.v1 asks, in the arena. */
int question_read_ask(struct store *store, const struct digest *request, struct arena *arena,
	struct str *ret_ask, struct err *err);

/* "ann said no: too early", of the approval.v1 with that digest; what: "no". */
int question_add_word(struct store *store, const struct digest *approval, const char *what,
	struct buf *b, struct err *err);
/* Likewise of a refusal. */
int question_add_refusal(
	struct store *store, const struct digest *approval, struct buf *b, struct err *err);

/* Puts the approval.v1 that says who said what, of which question: *artifact gets digest and size. */
int question_write_approval(struct store *store, const struct uuid *run, struct str step,
	const struct ask_word *word, struct record_artifact *artifact, struct err *err);

#endif
