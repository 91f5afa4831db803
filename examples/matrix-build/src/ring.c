#include "ring.h"

int
ring_put(struct ring *ring, int value)
{
	if (ring->n == RING_PLACES)
		return -1;
	ring->places[(ring->first + ring->n++) % RING_PLACES] = value;
	return 0;
}

int
ring_take(struct ring *ring, int *ret_value)
{
	if (ring->n == 0)
		return -1;
	*ret_value = ring->places[ring->first];
	ring->first = (ring->first + 1) % RING_PLACES;
	ring->n--;
	return 0;
}
