/*
 * explain: the thorough way through a program: every instruction as the schema has it, each with a
 * unit of the report.
 */
#ifndef LILY_CONTRACT_EXPLAIN_H
#define LILY_CONTRACT_EXPLAIN_H

#include "contract/unit.h"

/* Names that an object may have and does not have yet, for hints: found once for all that it has too
 * much, as that may be many. */
struct names_left {
	const struct value *object;
	const void *closed_by; /* rule or block */
	struct str *names;
	size_t n;
};

struct explainer {
	struct checker *checker;
	struct report *report;
	const struct program *program;
	unsigned flags;
	uint32_t level;
	const struct place *path;   /* in the schema */
	const struct place *where;  /* in the value */
	enum keyword by;            /* that the schema is applied by */
	uint32_t node;              /* whose keyword failed */
	const struct value *key;    /* of the member that the schema is applied to */
	const struct value *around; /* the container that the value is in, where it is in one */
	const struct object_rule *rule; /* of that container, where known: for hints */
	const struct block *closed;     /* likewise: that has "unevaluatedProperties" */
	struct names_left left;
	uint32_t open_ends; /* schemas we are in that may fail without harm */
	struct buf message;
};

/* An instruction's keyword under way: what is needed to end its unit. */
struct keyword_unit {
	size_t at; /* SIZE_MAX where the report is full */
	struct report_mark below;
	struct place place;
	struct unit unit;
};

/* Whether the value is what the block asks for, and why not. Where the report is full, whether alone. */
bool explain_block(struct explainer *e, uint32_t block, const struct value *v);

/* Whether alone, of a value that is looked at by itself: what it evaluates is its own affair. */
bool explain_nothing(struct explainer *e, uint32_t block, const struct value *v);

/* Opens the unit of a keyword of the block, and steps into it. */
void explain_open(struct explainer *e, struct keyword_unit *k, const struct block *b,
	enum keyword keyword, const struct value *v);

/* Steps out again; where the keyword failed, with the text in e->message, if any. Returns valid. */
bool explain_close(struct explainer *e, struct keyword_unit *k, bool valid);

/* Something failed for which the report has no room. Returns false. */
bool explain_lost(struct explainer *e);

/* Whether nothing more is looked at: its steps are used up, or the report is full and will not have room
 * again, which it can where what was found in a schema that may fail is dropped. What is valid is not
 * known any more then. */
bool explain_is_over(const struct explainer *e);

/* Applies a schema one step below the keyword, or at it where path is NULL: to a member or an item
 * where `where` is that step in the value, to v itself where it is NULL. */
bool explain_below(struct explainer *e, struct place *path, struct place *where, uint32_t block,
	const struct value *v);

bool explain_object(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v);
bool explain_array(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v);
bool explain_branches(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v);
bool explain_unevaluated(struct explainer *e, const struct block *b,
	const struct instruction *i, const struct value *v);

/* What is wrong, into e->message (message.c). */
void message_alone(struct explainer *e, const struct instruction *i, const struct value *v);
void message_kind(struct explainer *e, unsigned kinds, const struct value *v);
bool message_nothing(struct explainer *e, const struct value *v); /* is about e->key */
void message_missing(struct explainer *e, const struct value *object, struct str name);
void message_contains(struct explainer *e, const struct instruction *i, uint32_t n);
/* That v is none of n values, of which the first CANDIDATES (hint.h) are there. */
void message_values(struct explainer *e, const struct value *const *values, uint32_t n,
	const struct value *v);
/* Of alternatives, n of them, none of which fits; their units are below the keyword's. Where nothing
 * is left to be said, that is whole (message_branches.c). */
void message_branches(
	struct explainer *e, struct keyword_unit *k, uint32_t n, const struct value *v);

/* Parts of messages: a text in quotes, cut where it is long; ", not a string". */
void message_add_quoted(struct buf *b, struct str s);
void message_add_found(struct buf *b, const struct value *v);

#endif
