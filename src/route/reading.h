/*
 * reading: one rule on its way from values, for the files of this folder that read it.
 *
 * First each value is read by itself (rule_read.c, rule_when.c), then what they say together is checked
 * (rule_check.c), and with the graph at hand what they name (rule_names.c).
 */
#ifndef LILY_ROUTE_READING_H
#define LILY_ROUTE_READING_H

#include "route/rule.h"
#include "json/key_table.h"
#include "json/word.h"

/* Slots of `then`. */
enum then_key {
	THEN_GOTO,
	THEN_RETRY,
	THEN_CONTINUE,
	THEN_SKIP,
	THEN_ESCALATE,
	THEN_ABORT,
	THEN_FEEDBACK,
	THEN_AGAIN,
	THEN_KEYS
};

struct rule_reading {
	struct findings *findings;
	struct arena *arena;
	const struct route_steps *steps; /* or NULL */
	struct place rule_place;
	struct place when_place;
	struct place then_place;
	struct rule *rule;
	const struct value *when[ASK_COUNT]; /* NULL where absent */
	const struct value *then[THEN_KEYS];
	const struct value *visits_step; /* NULL where absent */
	uint32_t when_offset;
	uint32_t then_offset;
};

/* A word or a list of words, which both are a list here. */
uint32_t list_count(const struct value *v);
const struct value *list_item(const struct value *v, uint32_t i);

/* The texts of a list, sorted, each once; what is no text or no name is a finding about `key`. */
void list_read_names(struct rule_reading *r, const struct place *place, const char *key,
	const struct value *v, const struct str **ret_names, uint32_t *ret_n);
bool list_has_name(const struct str *names, uint32_t n, struct str name);

/* "when" of a rule. */
void rule_when_read(struct rule_reading *r, const struct value *when);

/* What can never hold, or holds and changes nothing. */
void rule_check(struct rule_reading *r);

/* What is named, by the graph. */
void rule_names_check(struct rule_reading *r);

#endif
