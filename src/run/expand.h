/*
 * expand: a foreach step whose time has come: its list, the items, their steps.
 *
 * The list is kept as an object, a JSON array of the items, and the items' keys in the event, so that
 * a run that is resumed has the same items whatever has become of their source.
 */
#ifndef LILY_RUN_EXPAND_H
#define LILY_RUN_EXPAND_H

#include "run/try.h"

/* The first ready step is a foreach: it is expanded, or fails where its list is not to be had; that
 * is recorded, not returned. One that has items, since it is retried, goes on with those. */
int expand_step(struct engine *engine, uint32_t step, struct err *err);

#endif
