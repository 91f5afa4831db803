/*
 * measure: what a gate measured, a JSON object of numbers at $LILY_METRICS, against what is asked of it.
 *
 * Numbers are what a double keeps of them. Pure.
 */
#ifndef LILY_GATE_MEASURE_H
#define LILY_GATE_MEASURE_H

#include "graph/step_gates.h"

#define MEASURES_MAX 1000
#define MEASURES_BYTES_MAX ((size_t)1 << 20)

struct measure {
	struct str name;
	struct value value; /* a number */
	double number;
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
 * after the other, is appended. */
bool measures_judge(const struct gate *gate, struct measures *measures, struct buf *ret_why);

#endif
