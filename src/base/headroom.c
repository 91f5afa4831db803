#include "base/headroom.h"

#include <pthread.h>

#define RESERVE ((size_t)48 << 10)
#define UNKNOWN_ROOM ((size_t)256 << 10)

/* The first thread's stack grows as it is used, as far as the limit of the process allows; a huge or
 * absent limit says nothing about what is mapped below. */
#define ROOM_MAX ((size_t)7 << 20)

static _Thread_local uintptr_t known_floor;

/* Apart, so that who has asked before pays for nothing of it. */
static ATTR_NOINLINE uintptr_t
find_floor(void)
{
	pthread_attr_t attributes;
	uintptr_t here = headroom_here();
	uintptr_t floor = here - UNKNOWN_ROOM;
	void *lowest;
	size_t size;

	if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
		if (pthread_attr_getstack(&attributes, &lowest, &size) == 0)
			floor = (uintptr_t)lowest + RESERVE;
		(void)pthread_attr_destroy(&attributes);
	}
	if (floor > here)
		floor = here;
	return MAX(floor, here - MIN(here - 1, ROOM_MAX));
}

uintptr_t
headroom_floor(void)
{
	if (!known_floor)
		known_floor = find_floor();
	return known_floor;
}
