#include "exec/probe.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>

#define ANSWER_WITHIN_US ((int64_t)5000000)

/* The lane's first report: READY, or why there is none. */
static int
wait_for_report(struct lane *lane, struct lane_report *ret_report, struct err *err)
{
	int64_t deadline = clock_boot_us() + ANSWER_WITHIN_US;

	for (;;) {
		struct pollfd ready = {.fd = lane_socket(lane), .events = POLLIN};
		int64_t left = deadline - clock_boot_us();
		int r;

		if (left <= 0)
			return err_set(err, ERR_LIMIT, "it did not answer within %d s",
				(int)(ANSWER_WITHIN_US / 1000000));
		if (poll(&ready, 1, (int)(left / 1000) + 1) < 0 && errno != EINTR)
			return err_sys(err, "poll");
		r = lane_next(lane, ret_report, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}

static int
probe_in(const char *lane_program, int directory, const char *path, struct probe *ret_probe,
	struct err *err)
{
	const struct lane_spec spec = {
		.program = lane_program,
		.path = path,
		.mode = LANE_MODE_PID_NAMESPACE,
	};
	struct lane_report report = {0};
	struct lane *lane;
	int r = lane_directories_make(directory, err);

	if (r == 0)
		r = lane_start(&spec, &lane, err);
	if (r < 0)
		return r;
	r = wait_for_report(lane, &report, err);
	if (r == 0 && report.type != LANE_READY)
		r = err_set(err, ERR_SYS, "it could not get ready: error %d", report.error);
	if (r == 0)
		*ret_probe = (struct probe){
			.mode = lane_mode(lane),
			.fresh_proc = (report.flags & LANE_FRESH_PROC) != 0,
		};
	lane_free(lane);
	return r;
}

static int
await_layer(const struct lane_spec *spec, struct err *err)
{
	struct lane_report report = {0};
	struct lane *lane;
	int r = lane_start(spec, &lane, err);

	if (r < 0)
		return r;
	r = wait_for_report(lane, &report, err);
	lane_free(lane);
	return r;
}

int
probe_layer(const char *lane, const char *folder, const char *workspace, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int directory = -1;
	struct walls walls = {.flags = WALLS_BARE,
		.layer = {.path = workspace,
			.upper = path_join(&arena, folder, "upper"),
			.work = path_join(&arena, folder, "work")}};
	struct lane_spec spec = {
		.program = lane, .path = folder, .mode = LANE_MODE_PID_NAMESPACE};
	struct lane_walls *made = NULL;
	int r = dir_open(AT_FDCWD, folder, &directory, err);

	if (r == 0)
		r = lane_directories_make(directory, err);
	if (r == 0)
		r = dir_make(directory, "upper", 0700, err);
	if (r == 0)
		r = dir_make(directory, "work", 0700, err);
	if (r == 0)
		r = lane_walls_new(&walls, &made, err);
	if (r < 0)
		return r;
	spec.walls = made;
	r = await_layer(&spec, err);
	lane_walls_free(made);
	return r;
}

int
probe_lane(const char *lane, struct probe *ret_probe, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int directory = -1;
	const char *base = getenv("TMPDIR");
	char *path;
	int r;

	path = arena_bytes(&arena, 4096);
	if (snprintf(path, 4096, "%s/lily-probe-XXXXXX",
		    base && *base == '/' ? base : "/tmp") >= 4096)
		return err_set(err, ERR_LIMIT, "TMPDIR is too long");
	if (!mkdtemp(path))
		return err_sys(err, "make a directory %s", path);
	r = dir_open(AT_FDCWD, path, &directory, err);
	if (r == 0)
		r = probe_in(lane, directory, path, ret_probe, err);
	(void)tree_remove(AT_FDCWD, path, NULL);
	return r;
}
