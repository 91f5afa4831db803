#include "store/lanes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "store/handle.h"
#include "store/run.h"
#include "store/run_lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define NOTE_MAX ((size_t)16 << 20)
#define KILL_MS 10000
/* A lane whose lily is gone ends by itself. One without namespaces first ends its tree, which would
 * outlive it if it were killed before. */
#define GRACE_MS 5000

int
lane_place_here(struct lane_place *ret_place, struct err *err)
{
	struct stat status;

	if (stat("/proc/self/ns/pid", &status) != 0)
		return err_sys(err, "/proc/self/ns/pid");
	ret_place->pid_namespace = (uint64_t)status.st_ino;
	return clock_boot_id(ret_place->boot, err);
}

/* Half a line would spoil the one that follows it: it is taken back. */
static int
add_line(int fd, const char *line, size_t n, struct err *err)
{
	struct stat before;
	int r;

	if (fstat(fd, &before) != 0)
		return err_sys(err, "stat");
	r = file_write(fd, line, n, err);
	if (r < 0 && ftruncate(fd, before.st_size) != 0)
		return err_wrap(err, "half a line stays");
	return r;
}

int
run_note_lane(struct run_hold *hold, int pid, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct lane_place here;
	char line[128];
	uint64_t start;
	int n;
	int r = lane_place_here(&here, err);

	if (r == 0)
		r = process_start_time(pid, &start, err);
	if (r < 0)
		return r;
	n = snprintf(line, sizeof(line), "%s %llu %d %llu\n", here.boot,
		(unsigned long long)here.pid_namespace, pid, (unsigned long long)start);
	fd = openat(hold->directory, "lanes", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "open lanes");
	r = add_line(fd, line, (size_t)n, err);
	return r < 0 ? err_wrap(err, "lanes") : 0;
}

static bool
parse_line(struct str line, struct lane_note *ret_note)
{
	struct str boot = str_cut(line, ' ', &line);
	struct str namespace = str_cut(line, ' ', &line);
	struct str pid = str_cut(line, ' ', &line);
	uint64_t number;

	if (boot.n != sizeof(ret_note->place.boot) - 1 || !line.p)
		return false;
	memcpy(ret_note->place.boot, boot.p, boot.n);
	ret_note->place.boot[boot.n] = '\0';
	if (!str_to_u64(namespace, UINT64_MAX, &ret_note->place.pid_namespace) ||
		!str_to_u64(pid, INT32_MAX, &number) ||
		!str_to_u64(line, UINT64_MAX, &ret_note->start))
		return false;
	ret_note->pid = (int)number;
	return true;
}

int
lane_note_next(struct str *text, struct lane_note *ret_note)
{
	while (text->n) {
		struct str rest;
		struct str line = str_cut(*text, '\n', &rest);

		/* A line is written in one piece before its lane gets a step: a torn one at the end
		 * belongs to a lane that never got any. */
		if (!rest.p)
			return 0;
		*text = rest;
		if (line.n)
			return parse_line(line, ret_note) ? 1 : ERR_CORRUPT;
	}
	return 0;
}

bool
lane_place_equal(const struct lane_place *a, const struct lane_place *b)
{
	return a->pid_namespace == b->pid_namespace && strcmp(a->boot, b->boot) == 0;
}

int
run_bury_lanes(struct run_hold *hold, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(NOTE_MAX);
	struct err why = ERR_INIT;
	struct lane_place here;
	struct lane_note note;
	struct str rest;
	int r = file_read(hold->directory, "lanes", &text, &why);

	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	r = lane_place_here(&here, err);
	rest = buf_str(&text);
	while (r == 0 && (r = lane_note_next(&rest, &note)) > 0)
		/* Another boot's processes are gone. Those of another PID namespace cannot be named
		 * from here: they die with their lily, by lifeline and parent-death signal. */
		r = lane_place_equal(&note.place, &here)
			? process_kill(note.pid, note.start, GRACE_MS, KILL_MS, err)
			: 0;
	if (r == ERR_CORRUPT)
		return err_set(err, ERR_CORRUPT,
			"the note of lanes is damaged; make sure that no lily-lane runs any "
			"more "
			"(pgrep lily-lane) and remove the file \"lanes\" in the run's folder");
	if (r < 0)
		return r;
	if (unlinkat(hold->directory, "lanes", 0) != 0 && errno != ENOENT)
		return err_sys(err, "remove lanes");
	return 0;
}

/* Of one run: its note is there while it is driven, and for as long as nobody has gone on after a crash. */
static int
is_elsewhere(const struct store *store, const char *name, const struct lane_place *here)
{
	AUTO_BUF struct buf text = BUF_INIT(NOTE_MAX);
	struct err ignored = ERR_INIT;
	struct lane_note note;
	struct uuid run;
	struct str rest;
	char path[80];
	int pid;

	if (!uuid_parse(str_of(name), &run))
		return 0;
	(void)snprintf(path, sizeof(path), "runs/%s/lanes", name);
	if (file_read(store->directory, path, &text, &ignored) < 0)
		return 0;
	rest = buf_str(&text);
	while (lane_note_next(&rest, &note) > 0)
		if (strcmp(note.place.boot, here->boot) == 0 &&
			!lane_place_equal(&note.place, here))
			return run_lock_is_held(store->directory, &run, &pid);
	return 0;
}

int
lanes_elsewhere(struct store *store, struct err *err)
{
	struct lane_place here;
	const struct dirent *entry;
	DIR *directory;
	int r = lane_place_here(&here, err);
	int fd = r < 0 ? -1
		       : openat(store->directory, "runs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (r < 0 || (fd < 0 && errno == ENOENT))
		return MIN(r, 0);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return err_sys(err, "read the folder of runs");
	while (r == 0 && (entry = readdir(directory)))
		r = is_elsewhere(store, entry->d_name, &here);
	(void)closedir(directory);
	return r;
}
