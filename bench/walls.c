/*
 * bench/walls [N]: what the walls of a policy cost per step, paired: in each of N rounds (2000) the same
 * program is run once bare, once in a lane without walls, once in a lane with those of the default policy,
 * once so changing ten files, once changing them in a layer over the workspace, and, where bwrap is installed,
 * once by it with the like; the order rotates. Prints the 10th percentile
 * and the median of each in microseconds, of the differences within a round, and what a lane with walls
 * takes to be ready beside one without.
 */
#include "base/clock.h"
#include "base/file.h"
#include "exec/local.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define PROGRAM "/bin/true"
#define BWRAP "/usr/bin/bwrap"
#define LANES 20

enum way { BARE, LANE, WALLS, WRITES, LAYER, BY_BWRAP, WAY_COUNT };

static const char *const way_names[] = {
	"bare", "lane", "lane, walls", "walls, writes", "walls, layer, writes", "bwrap"};

static char workspace[] = "/tmp/lily-bench-ws-XXXXXX";
static const struct policy_path written[] = {{.path = workspace}};
static struct policy_path hidden[] = {{.path = "/root"}, {.path = "/run"}, {.path = "/tmp"},
	{.path = "/media"}, {.path = "/mnt"}, {.path = "/home"}};
static struct policy_path devices[] = {{.path = "/dev/null"}, {.path = "/dev/zero"},
	{.path = "/dev/full"}, {.path = "/dev/random"}, {.path = "/dev/urandom"},
	{.path = "/dev/tty"}};
static const struct policy policy = {
	.name = {"default", 7},
	.write = {written, 1},
	.hidden = {hidden, ARRAY_SIZE(hidden)},
	.devices = {devices, ARRAY_SIZE(devices)},
	.reads_all = true,
	.any_tools = true,
	.any_env = true,
};

static char *const environment[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
static char *const arguments[] = {(char[]){"true"}, NULL};
static char *const writes[] = {(char[]){"sh"}, (char[]){"-c"},
	(char[]){"for i in 0 1 2 3 4 5 6 7 8 9; do echo x >$i; done"}, NULL};

struct place {
	char path[64];
	struct loop *loop;
	struct executor *executor;
	int directory;
	uint32_t number;
};

static void
die(const struct err *err)
{
	(void)fprintf(stderr, "bench/walls: %s\n", err->message);
	exit(1);
}

static void
open_place(struct place *place, const struct policy *confined)
{
	struct local_options options = {.slots = 1,
		.lane_program = LILY_LANE,
		.policy = confined,
		.workspace = workspace};
	struct err err = ERR_INIT;

	*place = (struct place){.path = "/tmp/lily-bench-XXXXXX"};
	if (!mkdtemp(place->path) ||
		dir_open(AT_FDCWD, place->path, &place->directory, &err) < 0 ||
		loop_new(&place->loop, &err) < 0)
		die(&err);
	options.loop = place->loop;
	options.run_directory = place->directory;
	options.run_path = place->path;
	if (executor_local_new(&options, &place->executor, &err) < 0)
		die(&err);
}

static void
close_place(struct place *place)
{
	struct err err = ERR_INIT;

	place->executor->ops->free(place->executor);
	loop_free(place->loop);
	(void)close(place->directory);
	(void)tree_remove(AT_FDCWD, place->path, &err);
}

/* As a run makes and removes them. */
static void
make_layer(const struct place *place, struct wall_layer *layer, char paths[2][128])
{
	static const char *const names[] = {"upper", "work"};
	struct err err = ERR_INIT;

	if (dir_make(place->directory, "layer", 0700, &err) < 0)
		die(&err);
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(paths[i], 128, "%s/layer/%s", place->path, names[i]);
		if (dir_make(AT_FDCWD, paths[i], 0700, &err) < 0)
			die(&err);
	}
	*layer = (struct wall_layer){workspace, paths[0], paths[1], NULL};
}

static void
run_in(struct place *place, const struct policy *confined, char *const *argv,
	const struct wall_layer *layer)
{
	struct executor *x = place->executor;
	struct attempt_spec spec = {.number = ++place->number,
		.argv = argv,
		.environ = environment,
		.cwd = workspace,
		.policy = confined,
		.layer = layer,
		.grace_us = 2000000};
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct executor_event event = {.type = EXECUTOR_STARTED};
	struct attempt_place at;
	struct attempt_end end;
	struct attempt_log log;
	struct err err = ERR_INIT;
	int r;

	while ((r = x->ops->prepare(x, spec.number, &at, &err)) == 0)
		(void)loop_turn(place->loop, 1000, &err);
	if (r < 0 || x->ops->submit(x, &spec, &handle, &err) != SUBMIT_OK)
		die(&err);
	while (event.type != EXECUTOR_EXITED) {
		if (loop_turn(place->loop, -1, &err) < 0)
			die(&err);
		while ((r = x->ops->next(x, &event, &err)) > 0 && event.type != EXECUTOR_EXITED)
			continue;
		if (r < 0)
			die(&err);
	}
	if (x->ops->collect(x, spec.number, &end, &log, &err) < 0 || end.exit_code != 0)
		die(end.start_error.code ? &end.start_error : &err);
	x->ops->release(x, spec.number);
}

static void
run_layered(struct place *place)
{
	struct wall_layer layer;
	struct err err = ERR_INIT;
	char paths[2][128];

	make_layer(place, &layer, paths);
	run_in(place, &policy, writes, &layer);
	if (tree_remove(place->directory, "layer", &err) < 0)
		die(&err);
}

static void
run_program(const char *program, char *const *argv)
{
	int status = 1;
	pid_t pid;

	if (posix_spawn(&pid, program, NULL, NULL, argv, environment) != 0 ||
		waitpid(pid, &status, 0) != pid || status != 0)
		die(&(struct err){.message = "a program failed"});
}

static void
run_by_bwrap(void)
{
	const char *argv[] = {"bwrap", "--unshare-user-try", "--unshare-pid", "--unshare-net",
		"--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session",
		"--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs",
		"/dev/shm", "--tmpfs", "/root", "--tmpfs", "/run", "--tmpfs", "/tmp", "--tmpfs",
		"/media", "--tmpfs", "/mnt", "--tmpfs", "/home", "--bind", workspace, workspace,
		"--cap-drop", "ALL", "--chdir", workspace, PROGRAM, NULL};

	run_program(BWRAP, (char *const *)(uintptr_t)argv);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
print(const char *what, double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	(void)printf(
		"%-28s p10 %8.1f us   median %8.1f us\n", what, values[n / 10], values[n / 2]);
}

static void
compare_lanes(void)
{
	double plain[LANES];
	double walls[LANES];

	for (size_t i = 0; i < LANES; i++)
		for (size_t k = 0; k < 2; k++) {
			bool is_walled = (i + k) % 2;
			struct place place;
			int64_t start;

			open_place(&place, is_walled ? &policy : NULL);
			start = clock_boot_us();
			run_in(&place, is_walled ? &policy : NULL, arguments, NULL);
			(is_walled ? walls : plain)[i] = (double)(clock_boot_us() - start);
			close_place(&place);
		}
	print("first step of a lane", plain, LANES);
	print("first step of one with walls", walls, LANES);
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000;
	size_t ways = access(BWRAP, X_OK) == 0 ? WAY_COUNT : BY_BWRAP;
	double *values[WAY_COUNT];
	double *difference = calloc(n, sizeof(double));
	struct place plain;
	struct place walled;
	struct place layered;

	if (!n || !difference || !mkdtemp(workspace))
		return 2;
	for (size_t i = 0; i < WAY_COUNT; i++)
		if (!(values[i] = calloc(n, sizeof(double))))
			return 2;
	open_place(&plain, NULL);
	open_place(&walled, &policy);
	open_place(&layered, &policy);
	for (size_t i = 0; i < n + 20; i++)
		for (size_t k = 0; k < ways; k++) {
			enum way way = (enum way)((i + k) % ways);
			int64_t start = clock_boot_us();

			switch (way) {
			case BARE: run_program(PROGRAM, arguments); break;
			case LANE: run_in(&plain, NULL, arguments, NULL); break;
			case WALLS: run_in(&walled, &policy, arguments, NULL); break;
			case WRITES: run_in(&walled, &policy, writes, NULL); break;
			case LAYER: run_layered(&layered); break;
			case BY_BWRAP: run_by_bwrap(); break;
			case WAY_COUNT: break;
			}
			if (i >= 20)
				values[way][i - 20] = (double)(clock_boot_us() - start);
		}
	for (size_t way = LANE; way < ways; way++) {
		char what[64];

		for (size_t i = 0; i < n; i++)
			difference[i] =
				values[way][i] - values[way == BY_BWRAP ? BARE : way - 1][i];
		(void)snprintf(what, sizeof(what), "%s less %s", way_names[way],
			way_names[way == BY_BWRAP ? BARE : way - 1]);
		print(what, difference, n);
	}
	for (size_t way = 0; way < ways; way++)
		print(way_names[way], values[way], n);
	close_place(&plain);
	close_place(&walled);
	close_place(&layered);
	compare_lanes();
	(void)tree_remove(AT_FDCWD, workspace, NULL);
	return 0;
}
