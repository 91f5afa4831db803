/* fixture: a store in a fresh directory, and short ways to fill it. Included by each test once. */
#ifndef LILY_TESTS_STORE_FIXTURE_H
#define LILY_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "store/artifact.h"
#include "store/event.h"
#include "store/fsck.h"
#include "store/object.h"
#include "store/request.h"
#include "store/run.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

struct fixture {
	char dir[64];  /* removed at the end */
	char path[96]; /* of the store, below dir */
	struct store *store;
	struct arena arena;
	struct err err;
};

/* Fails the test with the error's message. */
#define must(call)                                                             \
	do {                                                                   \
		int must_r = (call);                                           \
		if (must_r < 0)                                                \
			fail_msg("%s: %d: %s", #call, must_r, f->err.message); \
	} while (0)

#define expect_error(call, code, text)                                       \
	do {                                                                 \
		int expect_r = (call);                                       \
		if (expect_r != (code) || !strstr(f->err.message, (text)))   \
			fail_msg("%s: %d: %s", #call, expect_r,              \
				expect_r < 0 ? f->err.message : "no error"); \
	} while (0)

static ATTR_UNUSED int
fixture_open_dir(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/lily-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/store", f->dir);
	f->arena = ARENA_INIT;
	*state = f;
	return 0;
}

static ATTR_UNUSED int
fixture_open(void **state)
{
	struct fixture *f;

	(void)fixture_open_dir(state);
	f = *state;
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
	return 0;
}

static ATTR_UNUSED int
fixture_close(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	must(tree_remove(AT_FDCWD, f->dir, &f->err));
	arena_done(&f->arena);
	free(f);
	return 0;
}

static ATTR_UNUSED void
reopen(struct fixture *f)
{
	store_close(f->store);
	f->store = NULL;
	must(store_open(f->path, STORE_WRITE, &f->store, &f->err));
}

static ATTR_UNUSED struct digest
put(struct fixture *f, const char *text)
{
	struct digest digest;

	must(object_put(f->store, str_of(text), &digest, &f->err));
	return digest;
}

static ATTR_UNUSED void
append(struct fixture *f, struct run_hold *hold, enum event_type type, const char *payload)
{
	must(event_append(hold->store, &hold->chain, type, clock_utc_us(), str_of(payload),
		NULL, &f->err));
}

static ATTR_UNUSED struct run_hold
create_run(struct fixture *f)
{
	struct run_create_spec spec = {
		.kind = "start", .workflow = STR("test"), .source = STR("test.lily.yaml")};
	struct run_hold hold;

	must(run_create(f->store, &spec, &hold, NULL, &f->err));
	return hold;
}

/* The four events of a step that succeeds. */
static ATTR_UNUSED void
run_step(struct fixture *f, struct run_hold *hold, unsigned step)
{
	unsigned n = hold->next_attempt++;
	char text[256];

	(void)snprintf(text, sizeof(text), "{\"i\":%u,\"n\":%u,\"step\":\"s%u\",\"try\":1}",
		step, n, step);
	append(f, hold, EVENT_ATTEMPT_SUBMITTED, text);
	(void)snprintf(text, sizeof(text), "{\"at\":%u,\"n\":%u,\"pid\":77}", 1000 + n, n);
	append(f, hold, EVENT_ATTEMPT_STARTED, text);
	(void)snprintf(text, sizeof(text),
		"{\"at\":%u,\"cpu\":5,\"exit\":0,\"n\":%u,\"rss\":6}", 2000 + n, n);
	append(f, hold, EVENT_ATTEMPT_ENDED, text);
	(void)snprintf(text, sizeof(text), "{\"n\":%u}", n);
	append(f, hold, EVENT_ATTEMPT_ACCEPTED, text);
}

static ATTR_UNUSED struct run_row
find_run(struct fixture *f, const char *text)
{
	struct run_row row;

	must(run_find(f->store, str_of(text), &f->arena, &row, &f->err));
	return row;
}

/* fsck finds nothing; the report's counts. */
static ATTR_UNUSED struct fsck_report
expect_sound(struct fixture *f, unsigned flags)
{
	struct fsck_report report;

	must(fsck_run(f->store, flags, &f->arena, &report, &f->err));
	if (report.n_findings)
		fail_msg("%zu findings; %.*s: %.*s: %.*s", report.n_findings,
			STR_ARG(report.findings[0].invariant),
			STR_ARG(report.findings[0].subject),
			STR_ARG(report.findings[0].problem));
	return report;
}

#endif
