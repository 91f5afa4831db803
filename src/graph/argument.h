/*
 * argument: the texts that a program is started with: argv and environment.
 */
#ifndef LILY_GRAPH_ARGUMENT_H
#define LILY_GRAPH_ARGUMENT_H

#include "graph/reference.h"

/* One text: a string, number or boolean, without NUL; its references are checked. */
void argument_check(const struct reference_place *at, const struct value *v);

/* A whole list, for `exec`; empty is a finding. */
void arguments_check(const struct reference_place *at, const struct value *list);

/* `shell`: a word or a list without references. */
void shell_check(struct workflow *w, const struct place *place, const struct value *shell);

/* A name that a step's variable may have: none of lily's own. */
bool variable_name_is_fine(struct str name);
void variable_name_check(
	struct workflow *w, const struct place *place, const struct value *name);

/* `env` and `pass_env`. */
void env_check(const struct reference_place *at, const struct value *env);
void pass_env_check(struct workflow *w, const struct place *place, const struct value *list);

/* The words before a script, for a `shell` that is no list (NULL: bash). */
size_t shell_words(const struct value *shell, const char *const **ret_words);

#endif
