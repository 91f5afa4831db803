/*
 * rig: a workspace and a store in a fresh directory, used through the public interface alone.
 */
#ifndef TESTS_API_RIG_H
#define TESTS_API_RIG_H

#include "lily.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct rig {
	char dir[64]; /* holds workspace/ and store/ */
	char workspace[96];
	char path[96]; /* of the store */
	struct lily_store *store;
	struct lily_error error;
};

/* For cmocka_unit_test_setup_teardown. */
int rig_open(void **state);
int rig_close(void **state);

/* Closes the store and opens it again with these flags. */
void rig_reopen(struct rig *rig, unsigned flags);

/* A file in the workspace; returns its absolute path, valid until the next call. */
const char *rig_write(struct rig *rig, const char *name, const char *text);

/* Makes a run without a plan. */
void rig_create_run(struct rig *rig, char ret_id[LILY_RUN_ID_SIZE]);

/* Runs a workflow to its end; its status, valid until the next call. */
const char *rig_run(struct rig *rig, const char *text);

/* Begins it. */
struct lily_run *rig_start(struct rig *rig, const char *text);

/* What an address such as "steps.total" or "runs.0.status" leads to. */
const struct lily_value *rig_at(const struct lily_value *value, const char *path);
const char *rig_text(const struct lily_document *document, const char *path);
int64_t rig_number(const struct lily_document *document, const char *path);

/* Fails the test with the error's message. */
#define must(call)                                                                      \
	do {                                                                            \
		int must_result = (call);                                               \
		if (must_result < 0)                                                    \
			fail_msg("%s: %d: %s", #call, must_result, rig->error.message); \
	} while (0)

/* The call fails with this code and a message that has the text in it. */
#define must_fail(call, wanted, text)                                                   \
	do {                                                                            \
		int fail_result = (call);                                               \
		if (fail_result != (wanted) || rig->error.code != (wanted) ||           \
			!strstr(rig->error.message, (text)))                            \
			fail_msg("%s: %d: %s", #call, fail_result, rig->error.message); \
	} while (0)

#endif
