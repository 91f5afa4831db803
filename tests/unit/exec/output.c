/* What is kept of what steps say. */
#include "rig.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "exec/capture.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <cmocka.h>

/* yes 0123456789ab | head -c 104000000 | sha256sum */
#define YES_DIGEST "b52b4b623e6e4c96b8a7b7e70e823871bfc20f08fe06952769a6cc831ebeeb1b"

/* Past the pipe and past memory; before and after 250 ms. */
static void
test_sizes(void **state)
{
	static const struct {
		size_t size;
		const char *format;
		bool in_file;
	} rows[] = {
		{1, "head -c %zu /dev/zero", false},
		{60000, "head -c %zu /dev/zero", false},
		{65536, "head -c %zu /dev/zero", true},
		{65537, "head -c %zu /dev/zero", true},
		{300000, "head -c %zu /dev/zero", true},
		{5000000, "head -c %zu /dev/zero", true},
		{10, "head -c %zu /dev/zero; sleep 0.4", true},
		{10, "sleep 0.4; head -c %zu /dev/zero", true},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_result result;
		char script[200];
		const char *rest = strstr(rows[i].format, "%zu");

		(void)snprintf(script, sizeof(script), "%.*s%zu%s",
			(int)(rest - rows[i].format), rows[i].format, rows[i].size, rest + 3);
		rig_run(&rig, &(struct rig_step){.script = script}, &result);
		assert_int_equal(result.end.exit_code, 0);
		assert_int_equal(result.log.stdout_size, rows[i].size);
		assert_int_equal(result.out.n, rows[i].size);
		assert_int_equal(result.log.fd >= 0, rows[i].in_file);
		assert_string_equal(buf_cstr(&result.notes), rows[i].in_file ? "end\n" : "");
		rig_release(&rig, &result);
	}
	rig_close(&rig);
}

static long
peak_kib(void)
{
	AUTO_BUF struct buf status = BUF_INIT(16384);
	struct err err = ERR_INIT;
	const char *line;

	assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", &status, &err), 0);
	line = strstr(buf_cstr(&status), "VmHWM:");
	assert_non_null(line);
	return strtol(line + 6, NULL, 10);
}

/* A hundred megabytes to each stream: counted, hashed, head and tail kept, memory flat. */
static void
test_large_output(void **state)
{
	const uint64_t size = UINT64_C(13) * 8000000;
	const char *script = "yes 0123456789ab | head -c 104000000 >&2; "
			     "yes 0123456789ab | head -c 104000000";
	struct rig_result result;
	char wanted[300];
	struct stat status;
	struct rig rig;
	long before;

	(void)state;
	rig_open(&rig, &(struct rig_options){.log_head = 1000000, .log_tail = 1000000});
	rig_expect(&rig, "echo warm", "warm\n");
	before = peak_kib();
	(void)rig_submit(&rig, &(struct rig_step){.script = script}, &result);
	/* Not rig_finish: reading the log takes memory. */
	for (;;) {
		struct executor_event event;

		assert_int_equal(rig_wait(&rig, 60000, &event), 1);
		if (event.type == EXECUTOR_EXITED)
			break;
	}
	assert_in_range(peak_kib() - before, 0, 4096);
	assert_int_equal(rig.executor->ops->collect(rig.executor, result.number, &result.end,
				 &result.log, &(struct err){0}),
		0);
	assert_int_equal(result.log.stdout_size, size);
	assert_int_equal(result.log.stderr_size, size);
	assert_int_equal(fstat(result.log.fd, &status), 0);
	assert_in_range(status.st_size, 4000000 - 2 * 65536, 4100000);
	rig_release(&rig, &result);

	(void)snprintf(wanted, sizeof(wanted), "%s", script);
	rig_run(&rig, &(struct rig_step){.script = wanted}, &result);
	assert_non_null(strstr(buf_cstr(&result.notes), "cut 1 102"));
	assert_non_null(strstr(buf_cstr(&result.notes), "cut 2 102"));
	assert_non_null(
		strstr(buf_cstr(&result.notes), "whole 1 104000000 sha256:" YES_DIGEST));
	assert_in_range(result.out.n, 1900000, 2000000);
	assert_memory_equal(result.out.p, "0123456789ab\n0123", 17);
	assert_memory_equal(result.out.p + result.out.n - 17, "9ab\n0123456789ab\n", 17);
	rig_release(&rig, &result);
	rig_close(&rig);
}

/* Head, gap and tail at every size around the edges, against what was written. */
static void
test_cut_exactly(void **state)
{
	const struct capture_options options = {.head = 1000, .tail = 500};
	static const size_t sizes[] = {
		1, 975, 976, 977, 1000, 1475, 1476, 1477, 1500, 2000, 2476, 5000, 100000};
	static const size_t writes[] = {1, 7, 500, 501, 70000};
	char *stream = memory_new(1, 100000);
	char path[] = "/tmp/lily-capture-XXXXXX";
	struct err err = ERR_INIT;
	struct capture_options with = options;
	struct capture *capture;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		stream[i] = (char)('a' + (i * 7 + i / 26) % 26);
	assert_non_null(mkdtemp(path));
	assert_int_equal(dir_open(AT_FDCWD, path, &with.run_directory, &err), 0);
	capture = capture_new(&with);
	for (size_t i = 0; i < ARRAY_SIZE(sizes) * ARRAY_SIZE(writes); i++) {
		size_t size = sizes[i % ARRAY_SIZE(sizes)];
		size_t step = writes[i / ARRAY_SIZE(sizes)];
		AUTO_BUF struct buf kept = BUF_INIT(1 << 20);
		uint64_t gone = 0;
		size_t head = 0;
		bool has_whole = false;
		struct log_reader *reader;
		struct log_record record;
		struct digest digest;
		struct str bytes;
		int fd;

		assert_int_equal(capture_begin(capture, 3, STR_EMPTY, NULL, &err), 0);
		for (size_t at = 0; at < size; at += step)
			assert_int_equal(
				capture_add(capture, LOG_STDERR,
					(struct str){stream + at, MIN(step, size - at)}, &err),
				0);
		assert_int_equal(capture_finish(capture, -1, &err), 0);
		assert_int_equal(capture_size(capture, LOG_STDERR), size);
		capture_log(capture, &bytes, &fd);
		reader = fd < 0 ? log_reader_new_bytes(bytes) : log_reader_new(fd);
		digest_of(stream, size, &digest);
		while (log_reader_next(reader, &record, &err) > 0) {
			struct log_note note;

			if (record.stream == LOG_STDERR) {
				buf_add_str(&kept, record.bytes);
				continue;
			}
			assert_true(log_note_parse(record.bytes, &note));
			if (note.type == LOG_CUT) {
				gone = note.bytes;
				head = kept.n;
			} else if (note.type == LOG_WHOLE) {
				has_whole = true;
				assert_int_equal(note.bytes, size);
				assert_true(digest_equal(&note.digest, &digest));
			}
		}
		assert_int_equal(err.code, 0);
		log_reader_free(reader);
		assert_int_equal(kept.n + gone, size);
		assert_int_equal(has_whole, gone > 0);
		if (gone) {
			assert_int_equal(kept.n - head, 500);
			assert_memory_equal(kept.p, stream, head);
			assert_memory_equal(kept.p + head, stream + size - 500, 500);
		} else {
			assert_memory_equal(kept.p, stream, size);
		}
	}
	capture_free(capture);
	free(stream);
	(void)close(with.run_directory);
	assert_int_equal(tree_remove(AT_FDCWD, path, &err), 0);
}

/* Another descriptor sees the log grow while the step runs. */
static void
test_follow(void **state)
{
	struct log_reader *reader;
	struct log_record record;
	struct executor_event event;
	struct rig_result result;
	struct err err = ERR_INIT;
	struct rig rig;
	char path[120];
	int fd;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	(void)rig_submit(&rig,
		&(struct rig_step){.script = "echo early; sleep 1; echo late >&2; sleep 60"},
		&result);
	assert_int_equal(rig_wait(&rig, 5000, &event), 1);
	assert_int_equal(event.type, EXECUTOR_STARTED);
	assert_int_equal(rig_wait(&rig, 600, &event), 0);
	(void)snprintf(path, sizeof(path), "%s/attempts/%u/log", rig.path, result.number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	reader = log_reader_new(fd);
	assert_int_equal(log_reader_next(reader, &record, &err), 1);
	assert_int_equal(record.stream, LOG_STDOUT);
	assert_true(str_is(record.bytes, "early\n"));
	assert_in_range(record.time_us, clock_utc_us() - 30000000, clock_utc_us());
	assert_int_equal(log_reader_next(reader, &record, &err), 0);
	assert_int_equal(rig_wait(&rig, 1000, &event), 0);
	assert_int_equal(log_reader_next(reader, &record, &err), 1);
	assert_int_equal(record.stream, LOG_STDERR);
	assert_true(str_is(record.bytes, "late\n"));
	rig.executor->ops->cancel(rig.executor, result.number);
	rig_finish(&rig, &result);
	assert_int_equal(log_reader_next(reader, &record, &err), 1);
	assert_int_equal(record.stream, LOG_NOTE);
	assert_true(str_is(record.bytes, "end"));
	log_reader_free(reader);
	(void)close(fd);
	rig_release(&rig, &result);
	rig_close(&rig);
}

static void
read_output(const struct rig_result *result, const char *name, struct buf *ret_text)
{
	struct err err = ERR_INIT;

	buf_clear(ret_text);
	if (file_read(result->place.out_dir, name, ret_text, &err) < 0)
		fail_msg("%s", err.message);
}

/* stdout as an output: in full, whatever the log keeps, whatever the step did to the place. */
static void
test_stdout_as_output(void **state)
{
	static const struct {
		const char *script;
		const char *name;
		const char *text; /* NULL: only the size is looked at */
		size_t size;
	} rows[] = {
		{"echo text", "o", "text\n", 5},
		{"true", "o", "", 0},
		{"head -c 3000000 /dev/zero", "o", NULL, 3000000},
		{"head -c 65536 /dev/zero", "o", NULL, 65536},
		{"head -c 65537 /dev/zero", "o", NULL, 65537},
		{"echo a; rm -rf $LILY_OUT", "o", "a\n", 2},
		{"mkdir -p $LILY_OUT/o/deep; echo b", "o", "b\n", 2},
		{"ln -s /etc/passwd $LILY_OUT/o; echo c", "o", "c\n", 2},
		{"ln -s /etc $LILY_OUT/d; echo d", "d/e/f", "d\n", 2},
		{"echo x > $LILY_OUT/d; echo d", "d//f", "d\n", 2},
		{"chmod 0 $LILY_OUT; echo e; exit 1", "o", "e\n", 2},
		{"sleep 0.3; echo late", "o", "late\n", 5},
	};
	AUTO_BUF struct buf text = BUF_INIT(8 << 20);
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){.log_head = 1000, .log_tail = 100});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_result result;

		rig_run(&rig,
			&(struct rig_step){
				.script = rows[i].script, .stdout_name = rows[i].name},
			&result);
		read_output(&result, rows[i].name, &text);
		assert_int_equal(text.n, rows[i].size);
		if (rows[i].text)
			assert_string_equal(buf_cstr(&text), rows[i].text);
		rig_release(&rig, &result);
	}
	rig_expect(&rig, "ls -A $LILY_OUT", "");
	rig_close(&rig);
}

static void
test_stdout_names(void **state)
{
	static const char *const names[] = {"/etc/x", "../x", "a/../../x", "a/"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *argv[] = {(char[]){"true"}, NULL};
		char *environment[] = {NULL};
		AUTO_BUF struct buf handle = BUF_INIT(4096);
		struct attempt_spec spec = {.number = 1,
			.argv = argv,
			.environ = environment,
			.cwd = "/",
			.stdout_name = str_of(names[i])};
		struct attempt_place place;
		struct err err = ERR_INIT;
		struct rig rig;

		rig_open(&rig, &(struct rig_options){0});
		assert_int_equal(rig.executor->ops->prepare(rig.executor, 1, &place, &err), 1);
		assert_int_equal(rig.executor->ops->submit(rig.executor, &spec, &handle, &err),
			SUBMIT_REJECTED);
		assert_int_equal(err.code, ERR_INVALID);
		rig.executor->ops->release(rig.executor, 1);
		rig_close(&rig);
	}
}

/* A full disk under the log is an error that says so, not a lost log. */
static void
test_full_disk(void **state)
{
	char base[] = "/tmp/lily-full-XXXXXX";
	struct executor_event event;
	struct rig_result result;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(base));
	if (mount("none", base, "tmpfs", 0, "size=1m,mode=1777") != 0)
		skip();
	rig_open(&rig, &(struct rig_options){.base = base});
	(void)rig_submit(&rig,
		&(struct rig_step){.script = "head -c 3000000 /dev/zero; echo ok >&2"},
		&result);
	do
		assert_int_equal(rig_wait(&rig, 10000, &event), 1);
	while (event.type != EXECUTOR_EXITED);
	assert_int_equal(rig.executor->ops->collect(
				 rig.executor, result.number, &result.end, &result.log, &err),
		ERR_SYS);
	assert_non_null(strstr(err.message, "No space left"));
	rig_release(&rig, &result);
	assert_int_equal(tree_remove(rig.directory, "attempts", &err), 0);
	rig_expect(&rig, "echo next", "next\n");
	rig_close(&rig);
	assert_int_equal(umount(base), 0);
	assert_int_equal(rmdir(base), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_large_output),
		cmocka_unit_test(test_cut_exactly),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_stdout_as_output),
		cmocka_unit_test(test_stdout_names),
		cmocka_unit_test(test_full_disk),
	};

	return rig_main("output", tests, ARRAY_SIZE(tests));
}
