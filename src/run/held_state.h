/*
 * held_state: what is known of an attempt that is held, for the files of held.h and nobody else.
 */
#ifndef LILY_RUN_HELD_STATE_H
#define LILY_RUN_HELD_STATE_H

#include "run/ask_state.h"
#include "run/held.h"

struct held_file;

struct held {
	struct arena arena;
	struct engine *engine;
	uint32_t step;
	uint32_t attempt;
	uint32_t try_number;
	int64_t duration_us;
	struct digest request;
	bool has_log;
	struct digest log;
	/* It may be taken: */
	struct record_artifact *outputs; /* as many as the step has; without a kind: not made */
	struct record_label *labels;     /* that its gates grant them */
	size_t n_labels;
	struct held_file *files; /* that are looked at on the pool, */
	uint32_t n_files;
	bool is_looked_at;               /* there is such a job, */
	bool is_dropped;                 /* of which nobody wants to know any more, */
	const struct held_file *changed; /* and the first that is another one, if any */
	int failed;
	struct err err;
	/* Or it has failed: */
	bool has_failed;
	enum failure_class class;
	int exit_code; /* -1: not by itself */
	struct str message;
};

const struct step *held_step(const struct held *held);
struct held *held_new(
	struct engine *engine, uint32_t step, uint32_t attempt, uint32_t try_number);
/* Of a try, in place of what its step had; by that document. Then, once it is on record: the try is over, and
 * a person is asked. */
struct question_document;
struct held *held_place(struct try *try, const struct question_document *document);
int held_settle(struct try *try, struct held *held, const struct question_document *document,
	struct err *err);
/* Errors that say something about the step rather than about the machine or the store. */
bool held_is_of_step(int code);
bool held_is_called_off(const struct held *held);

/* The item of a list whose member has that text; NULL. */
const struct value *held_find(const struct value *list, const char *member, struct str text);

/* To `labels`, which has room for it. */
struct gate;
void held_add_label(
	struct held *held, uint32_t artifact, struct str label, const struct gate *gate);

/* A person is asked by the request that it has. */
int held_ask(struct held *held, struct str text, struct err *err);

/* Its ends; each drops it. held_approve: somebody said yes, which has to be for what is there. */
int held_end_cancelled(struct held *held, struct err *err);
int held_reject(struct held *held, const char *message, struct err *err);
int held_approve(struct held *held, struct err *err);
int held_conclude_failed(struct held *held, const struct ask *ask, struct err *err);

#endif
