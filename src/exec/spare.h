/*
 * spare: directories of slots that a run left clean, kept for the next one.
 *
 * Making and removing directories is the dearest thing that a short run does: a file system such as
 * ext4 passes over every inode that was freed a moment ago. A set is the directory `slots` of a run
 * with all below it; among the spare ones it lies under the id of the run that left it. Taking and
 * giving are one rename(2) each, so that two runs cannot take the same set. Given is only what no
 * process can reach any more; what is taken is looked at again before a step sees it.
 */
#ifndef LILY_EXEC_SPARE_H
#define LILY_EXEC_SPARE_H

#include "base/err.h"

#include <stdbool.h>

#define SPARE_SETS_MAX 8

/* Moves a set to `slots` in the run's directory, where no such name may be yet: whether there was
 * one. */
bool spare_take(int spare, int run);

/* Moves `slots` out of the run's directory, under this name; false where it has to be removed
 * instead, because enough are there. */
bool spare_give(int spare, int run, const char *name);

#endif
