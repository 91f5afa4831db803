#include "policy/reading.h"

#include "base/clock.h"
#include "base/size.h"
#include "json/word.h"

#define A_COUNT "a whole number"
#define A_SIZE "a size such as 200k, 2G or 512Mi"

enum { DIFF_FILES, DIFF_LINES, DIFF_BYTES, DIFF_FILE_BYTES, DIFF_KEYS };

static const struct key of_max_diff[] = {
	KEY_ENTRY("files", DIFF_FILES, KEY_NUMBER, A_COUNT),
	KEY_ENTRY("lines", DIFF_LINES, KEY_NUMBER, A_COUNT),
	KEY_ENTRY("bytes", DIFF_BYTES, KEY_NUMBER | KEY_TEXT, A_SIZE),
	KEY_ENTRY("file_bytes", DIFF_FILE_BYTES, KEY_NUMBER | KEY_TEXT, A_SIZE),
};

static const struct key_table max_diff_keys = {
	"\"max_diff\"", of_max_diff, ARRAY_SIZE(of_max_diff), DIFF_KEYS, NULL};

enum {
	LIMIT_PROCESSES,
	LIMIT_CPU,
	LIMIT_OPEN_FILES,
	LIMIT_FILE_SIZE,
	LIMIT_OUTPUT,
	LIMIT_DISK,
	LIMIT_MEMORY,
	LIMIT_MEMORY_PER_PROCESS,
	LIMIT_STRICT,
	LIMIT_KEYS
};

static const struct key of_limits[] = {
	KEY_ENTRY("processes", LIMIT_PROCESSES, KEY_NUMBER, A_COUNT),
	KEY_ENTRY("cpu", LIMIT_CPU, KEY_TEXT, "a time such as 90s, 10m or 1h30m"),
	KEY_ENTRY("open_files", LIMIT_OPEN_FILES, KEY_NUMBER, A_COUNT),
	KEY_ENTRY("file_size", LIMIT_FILE_SIZE, KEY_NUMBER | KEY_TEXT, A_SIZE),
	KEY_ENTRY("output", LIMIT_OUTPUT, KEY_NUMBER | KEY_TEXT, A_SIZE),
	KEY_ENTRY("disk", LIMIT_DISK, KEY_NUMBER | KEY_TEXT, A_SIZE),
	KEY_ENTRY("memory", LIMIT_MEMORY, KEY_NUMBER | KEY_TEXT, A_SIZE),
	KEY_ENTRY(
		"memory_per_process", LIMIT_MEMORY_PER_PROCESS, KEY_NUMBER | KEY_TEXT, A_SIZE),
	KEY_ENTRY("strict", LIMIT_STRICT, KEY_BOOL, "true or false"),
};

static const struct key_table limits_keys = {
	"\"limits\"", of_limits, ARRAY_SIZE(of_limits), LIMIT_KEYS, NULL};

static void
read_count(struct policy_reading *r, const struct place *place, const char *key, int64_t least,
	const struct value *v, uint64_t *ret_count)
{
	int64_t number;

	if (!v)
		return;
	if (value_to_i64(v, &number) && number >= least && number <= POLICY_COUNT_MAX)
		*ret_count = (uint64_t)number;
	else
		finding_error(r->findings, place, v->offset,
			"\"%s\" must be a whole number from %lld to %lld, not %s", key,
			(long long)least, (long long)POLICY_COUNT_MAX,
			value_describe(r->arena, v));
}

static void
read_size(struct policy_reading *r, const struct place *place, const char *key, uint64_t least,
	const struct value *v, uint64_t *ret_bytes)
{
	uint64_t bytes;

	if (!v)
		return;
	if (size_parse(value_text(v), &bytes) && bytes >= least)
		*ret_bytes = bytes;
	else
		finding_error(r->findings, place, v->offset,
			"\"%s\" is not a size%s: %s; write 600, 200k, 2G (thousands), 64Ki or "
			"2Gi "
			"(1024s)",
			key, least ? " above 0" : "", value_describe(r->arena, v));
}

static void
read_time(struct policy_reading *r, const struct place *place, const char *key,
	const struct value *v, uint64_t *ret_us)
{
	int64_t us;

	if (!v)
		return;
	if (clock_parse_duration(value_text(v), &us) && us > 0)
		*ret_us = (uint64_t)us;
	else
		finding_error(r->findings, place, v->offset,
			"\"%s\" is not a time longer than 0: %s; write 90s, 10m or 1h30m", key,
			value_describe(r->arena, v));
}

void
policy_read_max_diff(struct policy_reading *r, const struct value *v)
{
	const struct place place = {&r->place, "max_diff", STR_EMPTY};
	struct policy_diff *diff = &r->policy->max_diff;
	const struct value *keys[DIFF_KEYS];

	*diff = POLICY_DIFF_ANY;
	keys_read(r->findings, &r->place, &max_diff_keys, v, keys, NULL);
	read_count(r, &place, "files", 0, keys[DIFF_FILES], &diff->files);
	read_count(r, &place, "lines", 0, keys[DIFF_LINES], &diff->lines);
	read_size(r, &place, "bytes", 0, keys[DIFF_BYTES], &diff->bytes);
	read_size(r, &place, "file_bytes", 0, keys[DIFF_FILE_BYTES], &diff->file_bytes);
}

void
policy_read_limits(struct policy_reading *r, const struct value *v)
{
	const struct place place = {&r->place, "limits", STR_EMPTY};
	struct policy_limits *limits = &r->policy->limits;
	const struct value *keys[LIMIT_KEYS];

	keys_read(r->findings, &r->place, &limits_keys, v, keys, NULL);
	read_count(r, &place, "processes", 1, keys[LIMIT_PROCESSES], &limits->processes);
	read_time(r, &place, "cpu", keys[LIMIT_CPU], &limits->cpu_us);
	read_count(r, &place, "open_files", 1, keys[LIMIT_OPEN_FILES], &limits->open_files);
	read_size(r, &place, "file_size", 1, keys[LIMIT_FILE_SIZE], &limits->file_size);
	read_size(r, &place, "output", 1, keys[LIMIT_OUTPUT], &limits->output);
	read_size(r, &place, "disk", 1, keys[LIMIT_DISK], &limits->disk);
	read_size(r, &place, "memory", 1, keys[LIMIT_MEMORY], &limits->memory);
	read_size(r, &place, "memory_per_process", 1, keys[LIMIT_MEMORY_PER_PROCESS],
		&limits->memory_per_process);
	limits->is_strict = keys[LIMIT_STRICT] && value_is_true(keys[LIMIT_STRICT]);
}
