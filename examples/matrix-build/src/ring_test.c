#include "ring.h"

int
main(void)
{
	struct ring ring = {{0}, 0, 0};
	int value;

	if (ring_take(&ring, &value) == 0)
		return 1;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < RING_PLACES; i++)
			if (ring_put(&ring, i) != 0)
				return 2;
		if (ring_put(&ring, 9) == 0)
			return 3;
		for (int i = 0; i < RING_PLACES - 1; i++)
			if (ring_take(&ring, &value) != 0 || value != i)
				return 4;
		if (ring_take(&ring, &value) != 0)
			return 5;
	}
	return 0;
}
