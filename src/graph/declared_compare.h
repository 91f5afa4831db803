/*
 * declared_compare: the key `compare` of a gate: { INPUT: { with: FILE or previous, tolerance } }.
 *
 * A FILE is of the workspace, `previous` what the last run that succeeded had of the output that the input
 * is. A tolerance is a number, or a share such as 1% of the number that is compared with.
 */
#ifndef LILY_GRAPH_DECLARED_COMPARE_H
#define LILY_GRAPH_DECLARED_COMPARE_H

#include "graph/reference.h"

/* Bytes of a percentage: more would be slow to compare with. */
#define PERCENT_MAX 40

/* Finds what is wrong with it; `gate` has been checked otherwise. What is compared with `previous` is put among
 * what the workflow takes from earlier runs. */
void compare_check(const struct reference_place *at, const struct value *gate);

/* Of an entry that was checked: the file; NULL where it is `previous`. */
const struct value *compare_file(const struct value *entry);

/* Of an entry with `previous`: its name among what is taken from earlier runs, in the arena. */
struct str compare_previous_name(const struct workflow *w, uint32_t step,
	const struct value *gate, struct str input, struct arena *arena);

/* "1.5%": the number in it, which is not negative and has no exponent. */
bool percent_read(struct str text, struct str *ret_number);

#endif
