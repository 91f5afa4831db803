/*
 * bench/lane [N]: what a step in a lane costs beside the same program started and waited for
 * directly, with as many in flight. Alternates both, five rounds; prints medians.
 *
 *	µs       wall clock per step
 *	cpu      processor time per step, of everybody: caller, lane, step
 */
#include "base/clock.h"
#include "base/file.h"
#include "exec/local.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define ROUNDS 5
#define PROGRAM "/bin/true"

struct cost {
	double wall_us;
	double cpu_us;
};

static void
die(const struct err *err)
{
	(void)fprintf(stderr, "bench/lane: %s\n", err->message);
	exit(1);
}

static double
cpu_now(int who)
{
	struct rusage usage;

	(void)getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
		(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static char *const environment[] = {
	(char[]){"PATH=/usr/local/bin:/usr/bin:/bin"}, (char[]){"LANG=C.UTF-8"}, NULL};
static char *const arguments[] = {(char[]){"true"}, NULL};

static void
spawn_one(void)
{
	pid_t pid;

	if (posix_spawn(&pid, PROGRAM, NULL, NULL, arguments, environment) != 0)
		die(&(struct err){.message = "posix_spawn failed"});
}

static struct cost
measure_spawn(unsigned n, unsigned in_flight)
{
	double cpu = cpu_now(RUSAGE_SELF) + cpu_now(RUSAGE_CHILDREN);
	int64_t start = clock_boot_us();
	unsigned started = 0;

	while (started < MIN(n, in_flight)) {
		spawn_one();
		started++;
	}
	for (unsigned ended = 0; ended < n; ended++) {
		(void)waitpid(-1, NULL, 0);
		if (started < n) {
			spawn_one();
			started++;
		}
	}
	return (struct cost){(double)(clock_boot_us() - start) / n,
		(cpu_now(RUSAGE_SELF) + cpu_now(RUSAGE_CHILDREN) - cpu) / n};
}

static bool
submit_one(struct executor *x, uint32_t number)
{
	struct attempt_spec spec = {
		.number = number,
		.argv = arguments,
		.environ = environment,
		.cwd = "/",
		.grace_us = 2000000,
	};
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct attempt_place place;
	struct err err = ERR_INIT;
	int r = x->ops->prepare(x, number, &place, &err);

	if (r == 0)
		return false;
	if (r < 0 || x->ops->submit(x, &spec, &handle, &err) != SUBMIT_OK)
		die(&err);
	return true;
}

static void
run_all(struct executor *x, struct loop *loop, unsigned n)
{
	uint32_t submitted = 0;
	unsigned ended = 0;

	while (ended < n) {
		struct executor_event event;
		struct attempt_end end;
		struct attempt_log log;
		struct err err = ERR_INIT;

		while (submitted < n && submit_one(x, submitted + 1))
			submitted++;
		if (loop_turn(loop, -1, &err) < 0)
			die(&err);
		while (x->ops->next(x, &event, &err) > 0) {
			if (event.type != EXECUTOR_EXITED)
				continue;
			if (x->ops->collect(x, event.number, &end, &log, &err) < 0)
				die(&err);
			if (end.exit_code != 0)
				die(&end.start_error);
			x->ops->release(x, event.number);
			ended++;
		}
	}
}

/* The lanes' own time counts once they are reaped, so starting and ending them is in the figure;
 * with thousands of steps that is little. */
static struct cost
measure_lane(unsigned n, unsigned slots)
{
	char path[] = "/tmp/lily-bench-XXXXXX";
	double cpu = cpu_now(RUSAGE_SELF) + cpu_now(RUSAGE_CHILDREN);
	struct local_options options = {.slots = slots, .lane_program = LILY_LANE};
	struct executor *x;
	struct err err = ERR_INIT;
	int64_t start;
	int64_t end;

	if (!mkdtemp(path) || dir_open(AT_FDCWD, path, &options.run_directory, &err) < 0 ||
		loop_new(&options.loop, &err) < 0)
		die(&err);
	options.run_path = path;
	if (executor_local_new(&options, &x, &err) < 0)
		die(&err);
	start = clock_boot_us();
	run_all(x, options.loop, n);
	end = clock_boot_us();
	x->ops->free(x);
	loop_free(options.loop);
	(void)close(options.run_directory);
	(void)tree_remove(AT_FDCWD, path, &err);
	return (struct cost){(double)(end - start) / n,
		(cpu_now(RUSAGE_SELF) + cpu_now(RUSAGE_CHILDREN) - cpu) / n};
}

static int
compare(const void *a, const void *b)
{
	double x = ((const struct cost *)a)->wall_us;
	double y = ((const struct cost *)b)->wall_us;

	return (x > y) - (x < y);
}

static void
print(const char *what, unsigned in_flight, struct cost rounds[ROUNDS])
{
	qsort(rounds, ROUNDS, sizeof(*rounds), compare);
	(void)printf("%-12s %2u in flight  %7.1f us (%.1f to %.1f)  cpu %7.1f us\n", what,
		in_flight, rounds[ROUNDS / 2].wall_us, rounds[0].wall_us,
		rounds[ROUNDS - 1].wall_us, rounds[ROUNDS / 2].cpu_us);
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 5000;

	for (unsigned in_flight = 1; in_flight <= 2 && n; in_flight++) {
		struct cost spawn[ROUNDS];
		struct cost lane[ROUNDS];

		for (int i = 0; i < ROUNDS; i++) {
			spawn[i] = measure_spawn(n, in_flight);
			lane[i] = measure_lane(n, in_flight);
		}
		print("posix_spawn", in_flight, spawn);
		print("lane", in_flight, lane);
		(void)printf("%-12s %2u in flight  %+7.1f us  cpu %+7.1f us\n", "difference",
			in_flight, lane[ROUNDS / 2].wall_us - spawn[ROUNDS / 2].wall_us,
			lane[ROUNDS / 2].cpu_us - spawn[ROUNDS / 2].cpu_us);
	}
	return 0;
}
