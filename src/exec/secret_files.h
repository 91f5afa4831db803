/*
 * secret_files: secrets as files of a step, below $LILY_SECRETS.
 *
 * A folder of mode 0500 with files of mode 0400: in the lane's memory file system, which nobody else
 * sees and which ends with the lane; where there is none, on disk among the step's inputs.
 */
#ifndef LILY_EXEC_SECRET_FILES_H
#define LILY_EXEC_SECRET_FILES_H

#include "exec/executor.h"

/* The folder's name: no input is named so. */
#define SECRET_FILES_NAME ".secrets"

/* Makes the folder with its files below dir, instead of one that is there. */
int secret_files_make(const struct secret_file *files, size_t n, int dir, struct err *err);

/* Makes folder and files those of a user, who lily is not. */
int secret_files_give(const struct secret_file *files, size_t n, int dir, uid_t user,
	gid_t group, struct err *err);

#endif
