/*
 * state_folder: $LILY_STATE, a folder that one step has to itself for as long as the run lasts.
 *
 * It is state/STEP in the run's directory: made before the step's first attempt, found again by the
 * next one, also after a crash, whatever the one before left in it. It goes with the end of the run,
 * but of a failed run it stays, for people to look at.
 */
#ifndef LILY_RUN_STATE_FOLDER_H
#define LILY_RUN_STATE_FOLDER_H

#include "base/arena.h"
#include "base/err.h"

/* Makes it unless it is there. *ret_path is absolute, in the arena; run_path is that of the run's
 * directory. */
int state_folder_make(int run_directory, const char *run_path, struct str step,
	struct arena *arena, const char **ret_path, struct err *err);

/* Removes those of all steps; what cannot be removed stays, and goes with the run's directory. */
void state_folder_clear(int run_directory);

#endif
