#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static void
blocks_are_there(void **state)
{
	char *zeroed = memory_zeroed(100, 10);
	char *copy = memory_copy_string("text");
	void *nothing = memory_new(0, 8);

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(zeroed[i], 0);
	assert_string_equal(copy, "text");
	assert_non_null(nothing);
	copy = memory_resize(copy, 1000, 1);
	assert_string_equal(copy, "text");
	nothing = memory_resize(nothing, 0, 0);
	assert_non_null(nothing);
	free(zeroed);
	free(copy);
	free(nothing);
}

static void
grow_makes_room_for_one_more(void **state)
{
	size_t *numbers = NULL;
	size_t capacity = 0;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		numbers = memory_grow(numbers, i, &capacity, sizeof(*numbers));
		assert_true(capacity > i);
		numbers[i] = i;
	}
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(numbers[i], i);
	assert_true(capacity < 40000);
	free(numbers);
}

enum request { NEW, ZEROED, RESIZE, TOLD };

static void
ask_for_the_impossible(enum request request)
{
	void *block = NULL;

	switch (request) {
	case NEW: block = memory_new(SIZE_MAX / 2, 4); break;
	case ZEROED: block = memory_zeroed(SIZE_MAX, 2); break;
	case RESIZE: block = memory_resize(NULL, SIZE_MAX, SIZE_MAX); break;
	case TOLD: memory_exhausted(5);
	}
	free(block);
}

static void
what_cannot_be_had_ends_the_process_with_9(void **state)
{
	(void)state;
	for (int request = NEW; request <= (int)TOLD; request++) {
		char text[512] = "";
		size_t used = 0;
		ssize_t n;
		int ends[2];
		int status;
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		pid = fork();
		if (pid == 0) {
			(void)dup2(ends[1], STDERR_FILENO);
			ask_for_the_impossible((enum request)request);
			_exit(0);
		}
		(void)close(ends[1]);
		while ((n = read(ends[0], text + used, sizeof(text) - 1 - used)) > 0)
			used += (size_t)n;
		(void)close(ends[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 9);
		assert_non_null(strstr(text, "out of memory"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_there),
		cmocka_unit_test(grow_makes_room_for_one_more),
		cmocka_unit_test(what_cannot_be_had_ends_the_process_with_9),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
