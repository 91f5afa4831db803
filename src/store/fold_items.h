/*
 * fold_items: the items that a foreach gives up; part of fold_reading.h.
 */
#ifndef LILY_STORE_FOLD_ITEMS_H
#define LILY_STORE_FOLD_ITEMS_H

#include "store/fold_reading.h"

int fold_items_prepare(struct fold *fold, struct err *err);
void fold_items_done(struct fold *fold);

/* The items that the foreach had count no more; n_steps: that they were, and the run has that many fewer. */
void fold_items_retired(struct reading *x, int64_t step, struct str name, int64_t n_steps);

#endif
