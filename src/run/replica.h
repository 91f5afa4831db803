/*
 * replica: an attempt made again from what is recorded of it, for somebody to look into: its
 * arguments, its exact environment, its inputs. Reads only.
 *
 * What the run's other steps made is taken as it is now, which is what it was: an attempt starts when
 * all that it refers to has ended. Variables that are passed on are those of this process, secrets are
 * read where they are.
 */
#ifndef LILY_RUN_REPLICA_H
#define LILY_RUN_REPLICA_H

#include "exec/executor.h"
#include "run/environment.h"
#include "run/inputs.h"
#include "run/secrets.h"

struct replica {
	struct arena arena;
	struct graph *graph;
	struct schedule *schedule;
	struct secrets *secrets; /* NULL: none */
	const struct step *step;
	struct values values;
	struct inputs inputs;
	uint32_t *input_numbers;
	char run_id[UUID_TEXT_SIZE];
	const struct digest *feedback; /* NULL: none */
	const char *feedback_path;
	/* Of the attempt, without the variables that name its places: */
	char **argv;
	char **environ;
	const char *cwd;   /* absolute; NULL: an empty folder */
	const char *below; /* of it; or NULL */
	struct secret_file *secret_files;
	size_t n_secret_files;
};

/* Where the copy is to be, absolute; state: a folder for $LILY_STATE. */
struct replica_place {
	const char *workspace;
	const char *in;
	const char *state;
};

/* ERR_INVALID where the step never started, or has no program of its own; else as values_text, and
 * the errors of secrets. `ret_replica` is to be done with in any case. */
int replica_make(struct store *store, const struct run_row *run,
	const struct attempt_row *attempt, const struct replica_place *place,
	struct replica *ret_replica, struct err *err);

/* Puts the inputs into the folder. */
int replica_write_inputs(struct replica *replica, int in_dir, struct err *err);

void replica_done(struct replica *replica);

#endif
