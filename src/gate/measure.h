/*
 * measure: what a gate measured, a JSON object of numbers at $LILY_METRICS, against what is asked of it.
 *
 * Numbers are compared as they were written, exactly. A result has them as the nearest double, and where
 * that is another number, the text beside it. Pure.
 */
#ifndef LILY_GATE_MEASURE_H
#define LILY_GATE_MEASURE_H

#include "graph/step_gates.h"

#define MEASURES_MAX 1000
#define MEASURES_BYTES_MAX ((size_t)1 << 20)

struct measure {
	struct str name;
	struct str exact;                 /* the number, as JSON */
	struct value value;               /* the nearest double */
	bool is_rounded;                  /* which is another one */
	const struct measure *before;     /* in an earlier run; NULL: it was not measured */
	const struct gate_metric *limits; /* NULL: nothing is asked of it */
	bool passed;
};

struct measures {
	struct measure *items;
	size_t n;
};

/* Those of a file, by name, in the arena. ERR_INVALID where it is no object of numbers; ERR_LIMIT. */
int measures_read(
	struct str bytes, struct arena *arena, struct measures *ret_measures, struct err *err);

/* Whether all keep to the gate's limits, and all that these are for were measured; else why not, one
 * after the other, is appended. before: what an earlier run had, NULL where there is none. A change against
 * what was not measured then is none: what passes for that reason is named in ret_unmeasured. */
bool measures_judge(const struct gate *gate, struct measures *measures,
	const struct measures *before, struct buf *ret_why, struct buf *ret_unmeasured);

#endif
