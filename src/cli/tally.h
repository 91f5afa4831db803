/*
 * tally: how many steps are in which state, and how that is told: of a run, and of a foreach, whose items
 * stand in its line instead of one each.
 */
#ifndef LILY_CLI_TALLY_H
#define LILY_CLI_TALLY_H

#include "cli/call.h"

/* Items that failed and still have a line of their own, of one foreach. */
#define TALLY_FAILED_SHOWN 5

/* The count of a state as `lily show --json` names it; NULL: one that is not counted, such as pending. */
uint64_t *tally_count(struct lily_run_counts *counts, const char *state);
bool tally_has_ended(const char *state);
uint64_t tally_ended(const struct lily_run_counts *counts);

/* "[ 3/12]". */
void tally_add_place(struct text *text, const struct lily_run_counts *counts);

/* "3 running, 1 reused, 2 failed"; TALLY_RUNNING: "0 running" is said, too. */
enum tally_flag { TALLY_RUNNING = 1 << 0 };
void tally_add(struct text *text, const struct lily_run_counts *counts, unsigned flags);

/* "[118/20000] 2 running, 1 failed": of a foreach. */
void tally_add_items(struct text *text, const struct lily_run_counts *counts);

#endif
