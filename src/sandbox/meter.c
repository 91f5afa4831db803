#include "sandbox/meter.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>

#define ROLLUP_SIZE 4096

bool
meter_is_needed(const struct wall_bounds *bounds)
{
	return bounds->processes || bounds->cpu_us || bounds->memory;
}

/* In bytes; its size where the kernel does not say, as of one that is ending. */
static uint64_t
shared_out(pid_t pid, uint64_t size)
{
	AUTO_BUF struct buf text = BUF_INIT(ROLLUP_SIZE);
	struct err ignored = ERR_INIT;
	unsigned long long kib;
	const char *line;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	if (file_read(AT_FDCWD, path, &text, &ignored) < 0)
		return size;
	line = strstr(buf_cstr(&text), "\nPss:");
	if (!line || sscanf(line, " Pss: %llu", &kib) != 1)
		return size;
	return kib * 1024;
}

static bool
has_too_much_memory(
	const struct wall_bounds *bounds, const struct tree_process *processes, size_t n)
{
	uint64_t all = 0;

	for (size_t i = 0; i < n; i++)
		all += processes[i].memory;
	if (all <= bounds->memory)
		return false;
	all = 0;
	for (size_t i = 0; i < n; i++)
		all += shared_out(processes[i].pid, processes[i].memory);
	return all > bounds->memory;
}

enum wall_bound
meter_look(const struct wall_bounds *bounds, enum lane_mode mode, int64_t reaped_us)
{
	struct tree_process *processes;
	size_t n = tree_list(mode, &processes);
	enum wall_bound past = WALL_BOUND_NONE;
	int64_t cpu_us = reaped_us;

	for (size_t i = 0; i < n; i++)
		cpu_us += processes[i].cpu_us;
	if (bounds->processes && n > bounds->processes)
		past = WALL_BOUND_PROCESSES;
	else if (bounds->cpu_us && cpu_us > (int64_t)bounds->cpu_us)
		past = WALL_BOUND_CPU;
	else if (bounds->memory && has_too_much_memory(bounds, processes, n))
		past = WALL_BOUND_MEMORY;
	free(processes);
	return past;
}

enum wall_bound
meter_judge(const struct wall_bounds *bounds, int64_t cpu_us, int64_t max_rss_kib)
{
	if (bounds->cpu_us && cpu_us > (int64_t)bounds->cpu_us)
		return WALL_BOUND_CPU;
	if (bounds->memory && (uint64_t)max_rss_kib * 1024 > bounds->memory)
		return WALL_BOUND_MEMORY;
	return WALL_BOUND_NONE;
}
