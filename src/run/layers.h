/*
 * layers: where what is written over the workspace goes, of attempts and of gates whose writes are not for the
 * workspace itself: layers/<number> in the run's directory, with `upper`, which holds it, and `work`, the
 * kernel's own (sandbox/layer.h). Each serves once and goes when what became of it is known.
 */
#ifndef LILY_RUN_LAYERS_H
#define LILY_RUN_LAYERS_H

#include "graph/graph.h"
#include "sandbox/walls.h"

/* All borrowed, and as long as the run is driven. */
struct layers {
	int run_directory;
	const char *run_path; /* absolute */
	int workspace;
	const char *workspace_path; /* absolute, without links */
};

/* Makes one, with the owner and the permissions of the workspace's root. over: another one's `upper`, which is
 * seen below it; NULL: the workspace alone. Paths in the arena. */
int layers_make(const struct layers *layers, uint32_t number, const char *over,
	struct arena *arena, struct wall_layer *ret_layer, struct err *err);

/* Nothing there is fine; what cannot be removed goes with the run's directory. */
void layers_remove(const struct layers *layers, uint32_t number);
void layers_clear(const struct layers *layers);

struct layers_question {
	const char *lane;      /* absolute path of lily-lane */
	const char *store;     /* absolute; where layers would be */
	const char *workspace; /* absolute, without links */
};

/* Whether a layer can be laid over this workspace, by doing so once: 0, or ERR_POLICY and why not. */
int layers_probe(const struct layers_question *question, struct err *err);

/* Likewise for a plan; 0 at once where no step of it needs one. NULL as the lane: nothing runs. */
int layers_refuse(
	const struct graph *graph, const struct layers_question *question, struct err *err);

#endif
