/*
 * slots: how many steps of a run go at a time.
 */
#ifndef LILY_RUN_SLOTS_H
#define LILY_RUN_SLOTS_H

#include <stdint.h>

/* As the caller says, else the workflow, else processors (0: does not say); never more than there are
 * steps, as far as that is known (UINT32_MAX: not). */
unsigned slots_count(unsigned asked, unsigned said, uint32_t n_steps);

#endif
