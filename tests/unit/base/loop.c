#include "base/loop.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <cmocka.h>

#define MS INT64_C(1000)

/* What callbacks see: how often they were called, and what they shall do. */
struct scene {
	struct loop *loop;
	struct watch *watch;
	struct watch *other;
	struct timer *timer;
	int ends[2];
	int calls;
	int64_t called_at;
};

static int
enter(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	*state = scene;
	return !scene || loop_new(&scene->loop, NULL) < 0 ||
		pipe2(scene->ends, O_CLOEXEC | O_NONBLOCK) != 0;
}

static int
leave(void **state)
{
	struct scene *scene = *state;

	watch_free(scene->watch);
	watch_free(scene->other);
	timer_free(scene->timer);
	loop_free(scene->loop);
	(void)close(scene->ends[0]);
	(void)close(scene->ends[1]);
	free(scene);
	return 0;
}

static void
turn(struct scene *scene, int64_t timeout_us)
{
	struct err err = ERR_INIT;

	if (loop_turn(scene->loop, timeout_us, &err) < 0)
		fail_msg("%s", err.message);
}

static void
on_readable(void *context)
{
	struct scene *scene = context;
	char byte;

	assert_int_equal(read(scene->ends[0], &byte, 1), 1);
	scene->calls++;
}

static void
note_time(void *context)
{
	struct scene *scene = context;

	scene->calls++;
	scene->called_at = clock_boot_us();
}

static void
watch_is_called_while_readable(void **state)
{
	struct scene *scene = *state;

	scene->watch = watch_new(scene->loop, on_readable, scene);
	turn(scene, 0);
	watch_start(scene->watch, scene->ends[0]);
	turn(scene, 0);
	assert_int_equal(scene->calls, 0);
	assert_int_equal(write(scene->ends[1], "ab", 2), 2);
	turn(scene, -1);
	turn(scene, -1);
	assert_int_equal(scene->calls, 2);
	turn(scene, 0);
	assert_int_equal(scene->calls, 2);
}

static void
end_of_file_is_readable(void **state)
{
	struct scene *scene = *state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	scene->watch = watch_new(scene->loop, note_time, scene);
	watch_start(scene->watch, ends[0]);
	(void)close(ends[1]);
	turn(scene, -1);
	assert_int_equal(scene->calls, 1);
	watch_stop(scene->watch);
	(void)close(ends[0]);
}

static void
a_stopped_watch_is_silent_and_can_start_again(void **state)
{
	struct scene *scene = *state;
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	scene->watch = watch_new(scene->loop, note_time, scene);
	assert_int_equal(write(scene->ends[1], "a", 1), 1);
	watch_start(scene->watch, scene->ends[0]);
	watch_stop(scene->watch);
	watch_stop(scene->watch);
	turn(scene, 0);
	assert_int_equal(scene->calls, 0);
	watch_start(scene->watch, ends[0]);
	turn(scene, 0);
	assert_int_equal(scene->calls, 0);
	watch_start(scene->watch, scene->ends[0]);
	turn(scene, 0);
	assert_int_equal(scene->calls, 1);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void
free_both(void *context)
{
	struct scene *scene = context;

	scene->calls++;
	watch_free(scene->watch);
	watch_free(scene->other);
	scene->watch = NULL;
	scene->other = NULL;
}

/* Both are ready in the same turn; whichever comes first frees the other and itself. */
static void
a_callback_may_free_any_watch(void **state)
{
	struct scene *scene = *state;
	int copy = dup(scene->ends[0]);

	scene->watch = watch_new(scene->loop, free_both, scene);
	scene->other = watch_new(scene->loop, free_both, scene);
	watch_start(scene->watch, scene->ends[0]);
	watch_start(scene->other, copy);
	assert_int_equal(write(scene->ends[1], "a", 1), 1);
	turn(scene, 0);
	turn(scene, 0);
	assert_int_equal(scene->calls, 1);
	(void)close(copy);
}

static void
a_turn_ends_at_its_timeout(void **state)
{
	struct scene *scene = *state;
	int64_t start = clock_boot_us();
	int64_t took;

	scene->watch = watch_new(scene->loop, on_readable, scene);
	watch_start(scene->watch, scene->ends[0]);
	turn(scene, 30 * MS);
	took = clock_boot_us() - start;
	assert_true(took >= 29 * MS);
	assert_int_equal(scene->calls, 0);
	start = clock_boot_us();
	assert_int_equal(write(scene->ends[1], "a", 1), 1);
	turn(scene, 3600 * 1000 * MS);
	assert_int_equal(scene->calls, 1);
	assert_true(clock_boot_us() - start < 1800 * 1000 * MS);
}

static void
a_timer_is_called_once_and_not_early(void **state)
{
	struct scene *scene = *state;
	int64_t start = clock_boot_us();

	scene->timer = timer_new(scene->loop, note_time, scene);
	timer_start(scene->timer, 20 * MS);
	turn(scene, 0);
	assert_int_equal(scene->calls, 0);
	turn(scene, -1);
	assert_int_equal(scene->calls, 1);
	assert_true(scene->called_at - start >= 19 * MS);
	turn(scene, 30 * MS);
	assert_int_equal(scene->calls, 1);
	timer_start(scene->timer, -5);
	turn(scene, -1);
	assert_int_equal(scene->calls, 2);
}

static void
a_timer_moves_and_stops(void **state)
{
	struct scene *scene = *state;
	int64_t start = clock_boot_us();

	scene->timer = timer_new(scene->loop, note_time, scene);
	timer_start(scene->timer, 3600 * 1000 * MS);
	timer_start(scene->timer, 10 * MS);
	turn(scene, -1);
	assert_int_equal(scene->calls, 1);
	assert_true(clock_boot_us() - start < 1800 * 1000 * MS);
	timer_start(scene->timer, 5 * MS);
	timer_stop(scene->timer);
	timer_stop(scene->timer);
	turn(scene, 20 * MS);
	assert_int_equal(scene->calls, 1);
}

static void
start_timer_after_work(void *context)
{
	struct scene *scene = context;

	watch_stop(scene->watch);
	(void)usleep(60000);
	scene->called_at = clock_boot_us();
	timer_start(scene->timer, 40 * MS);
}

static void
note_distance(void *context)
{
	struct scene *scene = context;

	scene->calls++;
	scene->called_at = clock_boot_us() - scene->called_at;
}

/* The loop's cached time made a timer that was started after 60 ms of work end 60 ms early. */
static void
a_timer_started_late_in_a_callback_is_not_early(void **state)
{
	struct scene *scene = *state;

	scene->watch = watch_new(scene->loop, start_timer_after_work, scene);
	scene->timer = timer_new(scene->loop, note_distance, scene);
	watch_start(scene->watch, scene->ends[0]);
	assert_int_equal(write(scene->ends[1], "a", 1), 1);
	turn(scene, -1);
	while (!scene->calls)
		turn(scene, -1);
	assert_true(scene->called_at >= 39 * MS);
}

static void
free_timer(void *context)
{
	struct scene *scene = context;

	scene->calls++;
	timer_free(scene->timer);
	scene->timer = NULL;
}

static void
a_timer_may_free_itself(void **state)
{
	struct scene *scene = *state;

	scene->timer = timer_new(scene->loop, free_timer, scene);
	timer_start(scene->timer, 0);
	turn(scene, -1);
	assert_int_equal(scene->calls, 1);
	turn(scene, 0);
}

static void
many_watches(void **state)
{
	enum { N = 400 };
	struct scene *scene = *state;
	static struct watch *watches[N];
	static int ends[N][2];

	for (size_t i = 0; i < N; i++) {
		assert_int_equal(pipe2(ends[i], O_CLOEXEC), 0);
		watches[i] = watch_new(scene->loop, note_time, scene);
		watch_start(watches[i], ends[i][0]);
		assert_int_equal(write(ends[i][1], "x", 1), 1);
	}
	for (int i = 0; i < 100 && scene->calls < N; i++)
		turn(scene, 0);
	assert_true(scene->calls >= N);
	for (size_t i = 0; i < N; i++) {
		watch_free(watches[i]);
		(void)close(ends[i][0]);
		(void)close(ends[i][1]);
	}
	assert_non_null(loop_base(scene->loop));
	loop_free(NULL);
	watch_free(NULL);
	timer_free(NULL);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, enter, leave)

static void
too_few_descriptors_are_an_error(void **state)
{
	struct rlimit before;
	struct rlimit few;
	struct loop *loop = NULL;
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(next >= 0);
	(void)close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	for (unsigned left = 0; left < 5; left++) {
		struct err err = ERR_INIT;
		int r;

		few.rlim_cur = (rlim_t)next + left;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		r = loop_new(&loop, &err);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(r, ERR_SYS);
		assert_int_equal(err.sys_errno, EMFILE);
		assert_null(loop);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LOOP(watch_is_called_while_readable),
		WITH_LOOP(end_of_file_is_readable),
		WITH_LOOP(a_stopped_watch_is_silent_and_can_start_again),
		WITH_LOOP(a_callback_may_free_any_watch),
		WITH_LOOP(a_turn_ends_at_its_timeout),
		WITH_LOOP(a_timer_is_called_once_and_not_early),
		WITH_LOOP(a_timer_moves_and_stops),
		WITH_LOOP(a_timer_started_late_in_a_callback_is_not_early),
		WITH_LOOP(a_timer_may_free_itself),
		WITH_LOOP(many_watches),
		cmocka_unit_test(too_few_descriptors_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
