#include "base/headroom.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define STACK ((size_t)512 << 10)

/* Recurses to the floor; how many bytes of stack that took from where it began. */
static uintptr_t
sink(uintptr_t start)
{
	volatile uintptr_t here = headroom_here();
	uintptr_t deepest;

	if (here < headroom_floor())
		return start - here;
	deepest = sink(start);
	/* What is left to do keeps the frame. */
	return here > start ? 0 : deepest;
}

static void *
sink_here(void *ret_bytes)
{
	*(uintptr_t *)ret_bytes = sink(headroom_here());
	return NULL;
}

static void
a_thread_of_any_size_can_use_most_of_its_stack(void **state)
{
	uintptr_t bytes = 0;
	pthread_attr_t attributes;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_attr_init(&attributes), 0);
	assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
	assert_int_equal(pthread_create(&thread, &attributes, sink_here, &bytes), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	(void)pthread_attr_destroy(&attributes);
	assert_in_range(bytes, STACK / 2, STACK);
}

static void
the_first_thread_has_more(void **state)
{
	(void)state;
	assert_int_equal(headroom_floor(), headroom_floor());
	assert_in_range(sink(headroom_here()), STACK, (size_t)8 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_of_any_size_can_use_most_of_its_stack),
		cmocka_unit_test(the_first_thread_has_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
