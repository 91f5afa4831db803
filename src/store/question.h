/*
 * question: what people are asked, by run and step: the newest question of each step that asked one.
 *
 * The table questions is a fold of question.opened and question.closed (docs/events.md). The request.v1
 * document says what is asked and which digests a yes is bound to; approval.v1 what was said, by whom,
 * why and how. A question is answered once; a step that is retried is asked again.
 */
#ifndef LILY_STORE_QUESTION_H
#define LILY_STORE_QUESTION_H

#include "base/arena.h"
#include "base/uuid.h"
#include "store/store.h"

/* The orders are the numbers in the table: append only. */
#define QUESTION_STATES(X)      \
	X(OPEN, "open")         \
	X(ACCEPTED, "accepted") \
	X(ANSWERED, "answered") \
	X(REFUSED, "refused")   \
	X(EXPIRED, "expired")   \
	X(VOID, "void")
#define QUESTION_ROW_KINDS(X) \
	X(ANSWER, "answer")   \
	X(START, "start")     \
	X(COMMIT, "commit")   \
	X(FAILURE, "failure")

enum question_state {
#define X(name, text) QUESTION_##name,
	QUESTION_STATES(X)
#undef X
};
enum question_row_kind {
#define X(name, text) QUESTION_ROW_##name,
	QUESTION_ROW_KINDS(X)
#undef X
};

const char *question_state_name(enum question_state state);
bool question_state_parse(struct str name, enum question_state *ret_state);
const char *question_row_kind_name(enum question_row_kind kind);
bool question_row_kind_parse(struct str name, enum question_row_kind *ret_kind);

struct question_row {
	int64_t run;
	struct uuid run_id;
	struct str workflow;
	uint32_t step;
	struct str name;
	enum question_row_kind kind;
	enum question_state state;
	struct digest request; /* of its request.v1 */
	int64_t opened_us;
	int64_t until_us, due_us; /* 0: open for ever */
	struct str boot;
	bool has_answer;
	struct digest answer; /* ANSWERED: the object */
	struct str approval;  /* hex digits of its approval.v1, empty */
};

/* The questions of a run by step, in the arena. */
int question_list(struct store *store, int64_t run, struct arena *arena,
	struct question_row **ret_rows, size_t *ret_n, struct err *err);

/* Those that are open in runs that have not ended, oldest first. */
int question_list_open(struct store *store, struct arena *arena, struct question_row **ret_rows,
	size_t *ret_n, struct err *err);

#endif
