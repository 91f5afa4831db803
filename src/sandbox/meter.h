/*
 * meter: what all processes of a step use together, looked at now and then, for the lane's own files only.
 *
 * Nothing here prevents anything: what goes past a bound for less than METER_EVERY_US may not be seen.
 * Memory is counted as the kernel shares it out (Pss, proc(5)) where a look at the sizes alone says that it
 * may be too much; processor time is that of processes that live, of those they waited for, and of those that the
 * lane has reaped.
 */
#ifndef LILY_SANDBOX_METER_H
#define LILY_SANDBOX_METER_H

#include "sandbox/protocol.h"
#include "sandbox/tree.h"

#define METER_EVERY_US 20000

/* Whether there is anything to look at. */
bool meter_is_needed(const struct wall_bounds *bounds);

/* The first bound that the tree is past now; reaped_us: processor time of what ended before. */
enum wall_bound meter_look(
	const struct wall_bounds *bounds, enum lane_mode mode, int64_t reaped_us);

/* That of a step whose processes are all dead, by what they are known to have used. */
enum wall_bound meter_judge(
	const struct wall_bounds *bounds, int64_t cpu_us, int64_t max_rss_kib);

#endif
