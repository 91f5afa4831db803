/*
 * headroom: how far down the calling thread's stack may grow.
 *
 * For code that recurses to a stated depth, and must not trust that the thread it is called on has a
 * stack for it: it compares the address of its frame with the floor, and gives up in time.
 */
#ifndef LILY_BASE_HEADROOM_H
#define LILY_BASE_HEADROOM_H

#include "base/attr.h"

/* The address below which no frame should begin: the stack's end and a reserve for what is called
 * from there. Worked out once for each thread. */
uintptr_t headroom_floor(void);

/* Where the caller's frame is. */
#define headroom_here() ((uintptr_t)__builtin_frame_address(0))

#endif
