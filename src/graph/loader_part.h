/*
 * loader_part: the loader's reading of steps that stand for others, which are parts of them: a foreach
 * for its templates, a scope for the steps of its file. They stand behind it and lie within each other or
 * apart.
 */
#ifndef LILY_GRAPH_LOADER_PART_H
#define LILY_GRAPH_LOADER_PART_H

#include "graph/loader.h"

/* "foreach" of a step; which steps are its templates is found out by loader_join_templates, once all
 * are there: ERR_CORRUPT where they are not what and where they have to be. */
int loader_read_foreach(struct loader *l, const struct value *object, struct step *step,
	uint32_t number, struct err *err);
int loader_join_templates(struct loader *l, struct err *err);

/* "scope" and "with" (which may be NULL) of a step; which steps are in it is found out by
 * loader_join_scopes, once all are there. */
int loader_read_scope(struct loader *l, const struct value *object, const struct value *with,
	struct step *step, uint32_t number, struct err *err);
int loader_join_scopes(struct loader *l, struct err *err);

/* Once both are joined: the foreach step or scope that the step is a part of, or STEP_NONE. */
uint32_t loader_whole(const struct loader *l, const struct step *step);

#endif
