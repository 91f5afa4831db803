/*
 * words: the lists of a policy, and what they name.
 */
#ifndef LILY_POLICY_WORDS_H
#define LILY_POLICY_WORDS_H

#include "policy/declared.h"
#include "policy/location.h"

/* The path that a word of this clause names. ERR_INVALID, ERR_NOT_FOUND, without a place. */
int policy_word_path(enum policy_clause clause, struct str text,
	const struct policy_surroundings *surroundings, struct arena *arena,
	const char **ret_path, struct err *err);

/* All words of a clause; ERR_INVALID with file:line:col. */
int policy_words_resolve(const struct declared_policy *declared, enum policy_clause clause,
	const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *ret_paths, struct err *err);

/* What lily itself adds, as far as it is there and no link of somebody's; rooms have to be large enough. */
#define POLICY_HIDDEN_MAX 100
#define POLICY_SHOWN_MAX 200
void policy_words_hidden(const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *hidden);
void policy_words_toolchains(const struct policy_surroundings *surroundings,
	struct arena *arena, struct policy_paths *read);
void policy_words_system(const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *read);
void policy_words_protected(const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *protect);

#endif
