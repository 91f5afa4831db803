/*
 * fold_reading: one event while it is folded, and the ways to its payload.
 *
 * Getters keep the first failure in the reading and give a harmless value after it, so that a fold
 * reads all it needs and is asked once.
 */
#ifndef LILY_STORE_FOLD_READING_H
#define LILY_STORE_FOLD_READING_H

#include "store/fold_rows.h"
#include "json/value.h"

struct fold {
	sqlite3 *db;
	struct object_index *objects;
	sqlite3_stmt *insert_run, *plan_run, *reason_run, *insert_artifact, *insert_schema,
		*insert_expansion, *grow_run, *put_once, *change_once;
	sqlite3_stmt *drop_candidates, *reject_candidates, *supersede_outputs;
	sqlite3_stmt *insert_cached, *forget_cached, *clear_cached, *insert_label;
	sqlite3_stmt *put_question, *close_question;
	sqlite3_stmt *find_original, *insert_repeat, *gone[5]; /* the last: fold_items.c */
	struct fold_rows rows;
	struct arena scratch; /* of one event */
	int64_t *changed;
	size_t n_changed, capacity;
};

struct reading {
	struct fold *fold;
	const struct event *event;
	const struct value *payload;
	struct fold_run *run; /* of the event; NULL while it is made */
	struct err *err;
	int failure; /* 0, or the first one's code */
};

/* A failure about a member of the payload. */
void reading_refuse(struct reading *x, const char *member, const char *what);

/* A whole number that is not negative. */
int64_t reading_get_number(
	struct reading *x, const struct value *from, const char *member, int64_t fallback);
int64_t reading_need_number(struct reading *x, const struct value *from, const char *member,
	int64_t least, int64_t most);

/* Text, empty where it is missing or null; need: not empty. */
struct str reading_get_text(struct reading *x, const struct value *from, const char *member);
struct str reading_need_text(struct reading *x, const struct value *from, const char *member);

bool reading_get_flag(struct reading *x, const char *member);

/* A list of the payload, or NULL. */
const struct value *reading_get_list(struct reading *x, const char *member);

void reading_need_digest(struct reading *x, const struct value *from, const char *member,
	struct digest *ret_digest);

/* The number of the object that the member names: what an event speaks of was put before (I1). */
int64_t reading_need_object(struct reading *x, const struct value *from, const char *member);

/* A copy that lives as long as the fold's rows. */
struct str reading_keep(struct reading *x, struct str text);

/* Where an artifact comes from, as far as its own members do not say. */
struct fold_origin {
	struct str role;
	struct str producer;
	struct str producer_kind;
	int64_t attempt;
};

/* Adds the row of one artifact, or of all in a list of the payload. */
void reading_add_artifact(
	struct reading *x, const struct value *artifact, const struct fold_origin *origin);
void reading_add_artifacts(
	struct reading *x, const char *member, const struct fold_origin *origin);
void reading_add_list(
	struct reading *x, const struct value *list, const struct fold_origin *origin);

int fold_attempt_prepare(struct fold *fold, struct err *err);

/* What the ends of an attempt mean for a key (fold_once.c); nothing where it has none. */
void fold_once_begun(struct reading *x, struct str step, int64_t attempt);
void fold_once_accepted(struct reading *x);
void fold_once_rejected(struct reading *x, struct fold_visit *visit, int64_t until);
void fold_once_interrupted(struct reading *x, struct fold_visit *visit);

/* The member "gates" of what says how an attempt ended, or what stands for a step (fold_gate.c), and what they
 * grant where that is accepted; what an entry of visit.adopted says that gates of its step granted. */
int fold_label_prepare(struct fold *fold, struct err *err);
void fold_gates(struct reading *x, const struct value *from, struct str step, int64_t attempt);
void fold_grants(struct reading *x, const struct value *from, struct str step);
void fold_labels(struct reading *x, const struct value *entry, struct str step);

/* The table questions (fold_question.c): its statements, its events, and a question whose step is to be
 * asked again. */
int fold_question_prepare(struct fold *fold, struct err *err);
void fold_question_forgotten(struct reading *x, int64_t step);

/* The table repeats (fold_repeat.c): its statements, and its one event. */
int fold_repeat_prepare(struct fold *fold, struct err *err);

/* The table cache (fold_cache.c): entries are made by attempt.accepted, forgotten by attempt.rejected. */
int fold_cache_prepare(struct fold *fold, struct err *err);
void fold_cache_add(struct reading *x, uint32_t attempt);
void fold_cache_forget(struct reading *x);

/* The row of a step's newest visit, made where there is none: NULL after a failure; and its new state,
 * counted, without the time and the name that the one before had. */
struct fold_visit *fold_visit_get(struct reading *x, int64_t step);
void fold_visit_set(struct reading *x, struct fold_visit *visit, enum row_visit state);

#endif
