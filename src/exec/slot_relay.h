/*
 * slot_relay: how the attempts of a slot reach the hosts of their policy (exec/relay.h).
 *
 * A lane whose policy names hosts brings what it listens on with its first report; from then on the slot
 * has a relay, until its next lane. It is open while an attempt runs.
 */
#ifndef LILY_EXEC_SLOT_RELAY_H
#define LILY_EXEC_SLOT_RELAY_H

#include "exec/slot.h"

/* Once the lane is ready. ERR_SYS: it does not listen as its walls say, and is not to be used. */
int slot_make_relay(struct slot *slot, struct err *err);

/* Nothing, where the policy names no host or the lane is not ready. */
void slot_open_relay(struct slot *slot);

/* What the attempt sent is on its way to the end: true where nothing is. Else slot_finish_exit follows. */
bool slot_drain_relay(struct slot *slot);

/* slot.c: the attempt's tree is dead, and what it sent is with its hosts, or will never be. */
void slot_finish_exit(struct slot *slot);

/* What the attempt had of the hosts is in its end, until release. */
void slot_close_relay(struct slot *slot);

void slot_drop_relay(struct slot *slot);

#endif
