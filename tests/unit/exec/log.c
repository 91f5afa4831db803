#include "exec/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void
test_written_form(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct digest digest;

	(void)state;
	digest_of("", 0, &digest);
	log_add(&b, LOG_STDOUT, 1767225600000001, STR("hello\n"));
	log_add(&b, LOG_STDERR, 5, STR("no newline"));
	log_add_cut(&b, 6, LOG_STDOUT, UINT64_MAX);
	log_add_whole(&b, 7, LOG_STDERR, 10, &digest);
	log_add_end(&b, 8);
	assert_string_equal(buf_cstr(&b),
		"1 1767225600000001 6\nhello\n\n"
		"2 5 10\nno newline\n"
		"0 6 26\ncut 1 18446744073709551615\n"
		"0 7 82\nwhole 2 10 sha256:" HEX "\n"
		"0 8 3\nend\n");
}

static void
test_notes(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		int type;
		int stream;
		uint64_t bytes;
	} rows[] = {
		{"end", true, LOG_END, 0, 0},
		{"cut 1 5", true, LOG_CUT, 1, 5},
		{"cut 2 18446744073709551615", true, LOG_CUT, 2, UINT64_MAX},
		{"whole 2 7 sha256:" HEX, true, LOG_WHOLE, 2, 7},
		{"", false, 0, 0, 0},
		{"end ", false, 0, 0, 0},
		{"cut", false, 0, 0, 0},
		{"cut 3 5", false, 0, 0, 0},
		{"cut 1", false, 0, 0, 0},
		{"cut 1 x", false, 0, 0, 0},
		{"cut 1 5 6", false, 0, 0, 0},
		{"whole 1 5", false, 0, 0, 0},
		{"whole 1 5 sha256:00", false, 0, 0, 0},
		{"other 1 5", false, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct log_note note;

		if (log_note_parse(str_of(rows[i].text), &note) != rows[i].valid)
			fail_msg("\"%s\"", rows[i].text);
		if (!rows[i].valid)
			continue;
		assert_int_equal(note.type, rows[i].type);
		if (note.type == LOG_END)
			continue;
		assert_int_equal(note.stream, rows[i].stream);
		assert_int_equal(note.bytes, rows[i].bytes);
	}
}

static void
test_corrupt(void **state)
{
	static const struct {
		const char *text;
		int result; /* of the first next */
	} rows[] = {
		{"", 0},
		{"1", 0},
		{"1 5 3\nab", 0},
		{"1 5 3\nabc", 0},
		{"1 5 3\nabc\n", 1},
		{"1 5 0\n\n", 1},
		{"1 5 3\nabcd", ERR_CORRUPT},
		{"3 5 3\nabc\n", ERR_CORRUPT},
		{"x 5 3\nabc\n", ERR_CORRUPT},
		{"1 5\nabc\n", ERR_CORRUPT},
		{"1 -5 3\nabc\n", ERR_CORRUPT},
		{"1 5 65537\nabc\n", ERR_CORRUPT},
		{"1 5 3 \nabc\n", ERR_CORRUPT},
		{"\n", ERR_CORRUPT},
		{"this is a text of more than forty-eight bytes without a newline",
			ERR_CORRUPT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct log_reader *reader = log_reader_new_bytes(str_of(rows[i].text));
		struct log_record record;
		struct err err = ERR_INIT;

		if (log_reader_next(reader, &record, &err) != rows[i].result)
			fail_msg("\"%s\": %s", rows[i].text, err.message);
		log_reader_free(reader);
	}
}

/* A follower that looks after every single byte sees each record once, whole. */
static void
test_growing(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct log_reader *reader = log_reader_new(fd);
	struct log_record record;
	struct err err = ERR_INIT;
	unsigned seen = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		char text[200];
		size_t n = (size_t)snprintf(text, sizeof(text), "%u\n%*d\n", i, (int)i * 3, 7);

		log_add(&b, i % 2 ? LOG_STDOUT : LOG_STDERR, i, (struct str){text, n});
	}
	for (size_t i = 0; i < b.n; i++) {
		int r;

		assert_int_equal(write(fd, b.p + i, 1), 1);
		r = log_reader_next(reader, &record, &err);
		assert_true(r >= 0);
		if (!r)
			continue;
		assert_int_equal(record.time_us, seen);
		assert_int_equal(strtoul(record.bytes.p, NULL, 10), seen);
		assert_int_equal(record.stream, seen % 2 ? LOG_STDOUT : LOG_STDERR);
		seen++;
	}
	assert_int_equal(seen, 40);
	log_reader_free(reader);
	(void)close(fd);
}

/* Records of the greatest length, across the edges of the reader's window. */
static void
test_long_records(void **state)
{
	static char bytes[LOG_RECORD_MAX];
	AUTO_BUF struct buf b = BUF_INIT(64 << 20);
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct log_reader *reader = log_reader_new(fd);
	struct log_record record;
	struct err err = ERR_INIT;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		memset(bytes, 'a' + (int)(i % 26), sizeof(bytes));
		log_add(&b, LOG_STDOUT, i, (struct str){bytes, LOG_RECORD_MAX - i % 7 * 9000});
	}
	assert_int_equal(write(fd, b.p, b.n), b.n);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(log_reader_next(reader, &record, &err), 1);
		assert_int_equal(record.time_us, i);
		assert_int_equal(record.bytes.n, LOG_RECORD_MAX - i % 7 * 9000);
		assert_int_equal(record.bytes.p[record.bytes.n - 1], 'a' + (int)(i % 26));
	}
	assert_int_equal(log_reader_next(reader, &record, &err), 0);
	log_reader_free(reader);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_form),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_long_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
