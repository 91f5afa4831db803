/*
 * ask_state: what is known of the questions of a run while it is driven; shared by ask.c and held.c.
 */
#ifndef LILY_RUN_ASK_STATE_H
#define LILY_RUN_ASK_STATE_H

#include "run/ask.h"

struct held;

/* The newest question of a step. */
struct ask {
	struct ask *next_open;
	bool is_listed; /* among the open ones */
	uint32_t step;
	enum question_state state;
	struct digest request;
	int64_t due_us; /* BOOTTIME, 0: open for ever */
	bool has_answer;
	struct digest answer;
	bool has_approval;
	struct digest approval; /* who said so, and why */
	struct held *held;      /* the attempt that it is about; NULL: about none */
	struct ask *next_due;   /* with a held attempt: something follows for it */
	bool is_due;
};

struct asks {
	struct ask **by_step; /* as many as the graph had when one was last added */
	uint32_t n_steps;
	struct ask *first_open;
	bool is_looked; /* since the list grew: */
	int64_t due_us; /* when the first of it expires, BOOTTIME */
	struct ask *first_due;
};

struct ask *ask_find(const struct engine *engine, uint32_t step);
struct ask *ask_need(struct engine *engine, uint32_t step);

/* Something follows for the attempt that it is about: asks_conclude looks at it. */
void ask_note_due(struct asks *asks, struct ask *ask);

/* A person is asked what the document of that digest asks. kind: of the question; text: of it. */
struct ask_opening {
	uint32_t step;
	enum question_row_kind kind;
	struct digest request;
	struct str text;
	int64_t expires_us;
	uint32_t attempt; /* that was held for it, 0: none */
};
int ask_open(struct engine *engine, const struct ask_opening *opening, struct err *err);

#endif
