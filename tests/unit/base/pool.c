#include "base/pool.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/recall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>

#define JOBS 20

struct job {
	atomic_bool begun;
	int from;
	int to; /* or -1: hash only */
	int result;
	struct err err;
	unsigned done;
};

static void
work(void *context)
{
	struct job *job = context;
	struct digest digest;

	job->begun = true;
	job->result = job->to < 0 ? digest_of_fd(job->from, &digest, NULL, &job->err)
				  : file_copy(job->from, job->to, NULL, &job->err);
}

static void
on_done(void *context)
{
	((struct job *)context)->done++;
}

static struct pool *
open_pool(struct loop **ret_loop)
{
	struct err err = ERR_INIT;
	struct pool *pool = NULL;

	if (loop_new(ret_loop, &err) < 0 || pool_new(*ret_loop, 2, &pool, &err) < 0)
		fail_msg("%s", err.message);
	return pool;
}

static void
test_every_job_is_handed_back(void **state)
{
	static struct job jobs[JOBS];
	struct err err = ERR_INIT;
	struct loop *loop;
	struct pool *pool = open_pool(&loop);
	unsigned done = 0;

	(void)state;
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i] =
			(struct job){.from = open("/dev/null", O_RDONLY | O_CLOEXEC), .to = -1};
		assert_true(jobs[i].from >= 0);
		pool_submit(pool, work, on_done, &jobs[i]);
	}
	while (done < JOBS) {
		if (loop_turn(loop, 1000, &err) < 0)
			fail_msg("%s", err.message);
		done = 0;
		for (unsigned i = 0; i < JOBS; i++)
			done += jobs[i].done;
	}
	for (unsigned i = 0; i < JOBS; i++) {
		assert_int_equal(jobs[i].done, 1);
		assert_int_equal(jobs[i].result, 0);
		(void)close(jobs[i].from);
	}
	pool_free(pool);
	loop_free(loop);
}

static void
test_freeing_does_not_wait_for_endless_work(void **state)
{
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct job hash = {.from = zero, .to = -1};
	struct job copy = {.from = zero, .to = null};
	struct job late = {.from = zero, .to = -1};
	struct loop *loop;
	struct pool *pool = open_pool(&loop);

	(void)state;
	assert_true(zero >= 0 && null >= 0);
	pool_submit(pool, work, on_done, &hash);
	pool_submit(pool, work, on_done, &copy);
	pool_submit(pool, work, on_done, &late);
	while (!hash.begun || !copy.begun)
		(void)usleep(1000);
	pool_free(pool);
	assert_int_equal(hash.result, ERR_SYS);
	assert_int_equal(copy.result, ERR_SYS);
	assert_int_equal(late.result, ERR_SYS);
	assert_int_equal(hash.done + copy.done + late.done, 3);
	assert_non_null(strstr(hash.err.message, "given up"));
	loop_free(loop);
	(void)close(zero);
	(void)close(null);
}

static void
test_other_threads_are_never_called_off(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(recall_check(&err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_job_is_handed_back),
		cmocka_unit_test(test_freeing_does_not_wait_for_endless_work),
		cmocka_unit_test(test_other_threads_are_never_called_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
