#include "base/digest.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

/* FIPS 180-4 example values, and the empty message. */
static const struct {
	const char *text;
	const char *hex;
} vectors[] = {
	{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void
vectors_of_the_standard(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		char hex[DIGEST_HEX_SIZE];
		struct digest digest;

		digest_of(vectors[i].text, strlen(vectors[i].text), &digest);
		assert_string_equal(digest_to_hex(&digest, hex), vectors[i].hex);
	}
}

static void
pieces_give_the_same(void **state)
{
	struct digest_stream *stream = digest_stream_new();
	char bytes[4096];
	struct digest whole;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31);
	digest_of(bytes, sizeof(bytes), &whole);
	for (size_t piece = 1; piece < 200; piece += 7) {
		struct digest digest;

		for (size_t at = 0; at < sizeof(bytes); at += piece)
			digest_stream_add(stream, bytes + at, MIN(piece, sizeof(bytes) - at));
		digest_stream_finish(stream, &digest);
		assert_true(digest_equal(&digest, &whole));
	}
	digest_stream_free(stream);
	digest_stream_free(NULL);
}

static void
of_a_descriptor(void **state)
{
	int fd = memfd_create("digest", MFD_CLOEXEC);
	char *bytes = malloc(1000003);
	struct err err = ERR_INIT;
	struct digest expected;
	struct digest digest;
	uint64_t size = 7;

	(void)state;
	assert_non_null(bytes);
	memset(bytes, 'q', 1000003);
	assert_int_equal(write(fd, bytes, 1000003), 1000003);
	assert_int_equal(lseek(fd, 3, SEEK_SET), 3);
	digest_of(bytes, 1000000, &expected);
	assert_int_equal(digest_of_fd(fd, &digest, &size, &err), 0);
	assert_int_equal(size, 1000000);
	assert_true(digest_equal(&digest, &expected));
	assert_int_equal(lseek(fd, 1000003, SEEK_SET), 1000003);
	assert_int_equal(digest_of_fd(fd, &digest, NULL, &err), 0);
	digest_of("", 0, &expected);
	assert_true(digest_equal(&digest, &expected));
	free(bytes);
	(void)close(fd);
}

static void
a_failed_read_changes_nothing(void **state)
{
	struct err err = ERR_INIT;
	struct digest digest = {{1}};
	uint64_t size = 7;
	char hex[DIGEST_HEX_SIZE];

	(void)state;
	assert_int_equal(digest_of_fd(-1, &digest, &size, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, EBADF);
	assert_int_equal(size, 7);
	assert_int_equal(digest.bytes[0], 1);
	digest_of("abc", 3, &digest);
	assert_string_equal(digest_to_hex(&digest, hex), vectors[1].hex);
}

static void
text_form(void **state)
{
	static const char hex[] =
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	struct digest digest;
	struct digest same;
	char upper[] =
		"SHA256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";

	(void)state;
	assert_true(digest_parse(str_of(hex), &digest));
	assert_true(digest_parse(str_of(upper + 7), &same));
	assert_true(digest_equal(&digest, &same));
	memcpy(upper, "sha256:", 7);
	assert_true(digest_parse(str_of(upper), &same));
	assert_true(digest_equal(&digest, &same));
	same.bytes[31] ^= 1;
	assert_false(digest_equal(&digest, &same));
}

static void
malformed_text_is_refused(void **state)
{
	static const char *const rows[] = {
		"",
		"sha256:",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015add",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ag",
		"sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		/* clang-format off */
		"sha256:sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		/* clang-format on */
		" ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct digest digest = {{1}};

		if (digest_parse(str_of(rows[i]), &digest))
			fail_msg("accepted %s", rows[i]);
		assert_int_equal(digest.bytes[0], 1);
	}
}

static void *
digest_many(void *failure)
{
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];

	for (int i = 0; i < 2000; i++) {
		digest_of("abc", 3, &digest);
		if (strcmp(digest_to_hex(&digest, hex), vectors[1].hex) != 0)
			return failure;
	}
	return NULL;
}

static void
threads_do_not_disturb_each_other(void **state)
{
	pthread_t threads[8];
	void *result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, digest_many, threads), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_standard),
		cmocka_unit_test(pieces_give_the_same),
		cmocka_unit_test(of_a_descriptor),
		cmocka_unit_test(a_failed_read_changes_nothing),
		cmocka_unit_test(text_form),
		cmocka_unit_test(malformed_text_is_refused),
		cmocka_unit_test(threads_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
