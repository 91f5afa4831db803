/*
 * machine: what this machine offers to hold a policy with, found out by asking it.
 */
#ifndef LILY_EXEC_MACHINE_H
#define LILY_EXEC_MACHINE_H

#include "base/arena.h"
#include "policy/machine.h"

/* Starts the program of a lane in the namespaces that one gets; the rest is what the kernel says of itself.
 * lane: absolute path of lily-lane; where there is none, nor are there namespaces. Never fails: what
 * cannot be found out is not there. */
void machine_probe(const char *lane, struct policy_machine *ret_machine);

/* Something that is mounted below this folder (absolute, without links), in the arena; NULL: nothing. */
const char *machine_find_mount(const char *folder, struct arena *arena);

#endif
