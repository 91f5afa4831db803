/*
 * secrets: the values of the secrets of a run, read when a step first needs them, in memory only (I10).
 *
 * Once a value is known, what any step of the run says or makes is searched for it.
 */
#ifndef LILY_RUN_SECRETS_H
#define LILY_RUN_SECRETS_H

#include "base/pool.h"
#include "exec/executor.h"
#include "graph/graph.h"
#include "graph/step_surroundings.h"

struct secrets;

/* NULL where the graph declares none. The graph outlives it; workspace is absolute, and copied. */
struct secrets *secrets_new(const struct graph *graph, const char *workspace);

/* Zeroes the values. NULL is fine. */
void secrets_free(struct secrets *secrets);

/* Whether the step is given one that has not been read yet. */
bool secrets_are_missing(struct secrets *secrets, const struct step *step);

/* Reads those; on any thread, one at a time. ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID and ERR_LIMIT say
 * which and why, and what to do. */
int secrets_read(struct secrets *secrets, const struct step *step, struct err *err);

/* On the loop's thread, after a read: from now on they are looked for. */
void secrets_publish(struct secrets *secrets);

/* What is to be looked for now, NULL: nothing; and where the newest such thing is found. Valid as long
 * as the secrets. */
const struct redactor *secrets_redactor(const struct secrets *secrets);
const struct redactor *const *secrets_redactor_place(const struct secrets *secrets);

/* A value that was read: all of its bytes, or as a variable has it, without the last newline. */
struct str secrets_value(const struct secrets *secrets, uint32_t secret);
struct str secrets_text(const struct secrets *secrets, uint32_t secret);

/* Those that a step is handed as files, under the names that it has for them, in the arena, their bytes
 * borrowed. Returns how many. */
size_t secrets_list_files(const struct secrets *secrets,
	const struct step_surroundings *surroundings, struct arena *arena,
	struct secret_file **ret_files);

#endif
