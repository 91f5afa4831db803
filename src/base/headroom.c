#include "base/headroom.h"

#include <pthread.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#define RESERVE ((size_t)48 << 10)
#define UNKNOWN_ROOM ((size_t)256 << 10)

/* The first thread's stack grows as it is used, as far as the limit of the process allows; a huge or
 * absent limit says nothing about what is mapped below. */
#define ROOM_MAX ((size_t)7 << 20)

static _Thread_local uintptr_t known_floor;

/* Of the first thread, whose stack ends where the kernel put the name of the program: what the C library
 * would read /proc for, which takes longer than most of what is guarded by this. 0 where we are on another
 * stack, as the child of a thread is. */
static uintptr_t
find_first_floor(uintptr_t here)
{
	uintptr_t top = getauxval(AT_EXECFN);
	struct rlimit limit;
	size_t room;

	if (gettid() != getpid() || getrlimit(RLIMIT_STACK, &limit))
		return 0;
	room = MIN(limit.rlim_cur, 2 * ROOM_MAX);
	if (room <= RESERVE || top < room || here > top || here < top - room + RESERVE)
		return 0;
	return top - room + RESERVE;
}

static uintptr_t
find_thread_floor(uintptr_t here)
{
	pthread_attr_t attributes;
	uintptr_t floor = here - UNKNOWN_ROOM;
	void *lowest;
	size_t size;

	if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
		if (pthread_attr_getstack(&attributes, &lowest, &size) == 0)
			floor = (uintptr_t)lowest + RESERVE;
		(void)pthread_attr_destroy(&attributes);
	}
	return MIN(floor, here);
}

/* Apart, so that who has asked before pays for nothing of it. */
static ATTR_NOINLINE uintptr_t
find_floor(void)
{
	uintptr_t here = headroom_here();
	uintptr_t floor = find_first_floor(here);

	if (!floor)
		floor = find_thread_floor(here);
	return MAX(floor, here - MIN(here - 1, ROOM_MAX));
}

uintptr_t
headroom_floor(void)
{
	if (!known_floor)
		known_floor = find_floor();
	return known_floor;
}
