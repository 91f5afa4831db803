/* ring: a queue of ints with a fixed number of places. */
#ifndef RING_H
#define RING_H

#define RING_PLACES 8

struct ring {
	int places[RING_PLACES];
	unsigned first, n;
};

int ring_put(struct ring *ring, int value);       /* 0, or -1 where it is full */
int ring_take(struct ring *ring, int *ret_value); /* 0, or -1 where it is empty */

#endif
