/* fixture: a store and a workspace in a fresh directory, and a workflow text driven in them. Included
 * by each test once. */
#ifndef LILY_TESTS_RUN_FIXTURE_H
#define LILY_TESTS_RUN_FIXTURE_H

#include "base/file.h"
#include "run/engine.h"
#include "run/prepare.h"
#include "store/artifact.h"
#include "store/fsck.h"
#include "store/object.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

struct place {
	char root[64];
	char store_dir[96];
	char workspace[96];
	struct store *store;
	struct arena arena;
};

static struct err err;

#define OK(call)                                                                \
	do {                                                                    \
		if ((call) < 0)                                                 \
			fail_msg("%s:%d: %s", __FILE__, __LINE__, err.message); \
	} while (0)

static ATTR_UNUSED void
place_open(struct place *p)
{
	memset(p, 0, sizeof(*p));
	(void)snprintf(p->root, sizeof(p->root), "/tmp/lily-engine-XXXXXX");
	assert_non_null(mkdtemp(p->root));
	(void)snprintf(p->store_dir, sizeof(p->store_dir), "%s/store", p->root);
	(void)snprintf(p->workspace, sizeof(p->workspace), "%s/workspace", p->root);
	OK(dir_make(AT_FDCWD, p->workspace, 0755, &err));
	/* Whose policies they are: nobody's. */
	assert_int_equal(setenv("HOME", p->root, 1), 0);
	assert_int_equal(unsetenv("XDG_CONFIG_HOME"), 0);
	OK(store_open(p->store_dir, STORE_WRITE, &p->store, &err));
}

static ATTR_UNUSED void
place_close(struct place *p)
{
	struct fsck_report report;

	OK(store_flush(p->store, &err));
	OK(fsck_run(p->store, FSCK_OBJECT_BYTES, &p->arena, &report, &err));
	if (report.n_findings)
		fail_msg("fsck: %.*s: %.*s", STR_ARG(report.findings[0].subject),
			STR_ARG(report.findings[0].problem));
	store_close(p->store);
	arena_done(&p->arena);
	OK(tree_remove(AT_FDCWD, p->root, &err));
}

static ATTR_UNUSED void
put_file(struct place *p, const char *name, const char *text)
{
	const char *path = path_join(&p->arena, p->workspace, name);

	OK(file_replace(AT_FDCWD, path, str_of(text), 0644, FILE_NO_SYNC, &err));
}

static ATTR_UNUSED struct engine_options
options_of(const struct place *p)
{
	return (struct engine_options){.store = p->store,
		.workspace = p->workspace,
		.lane = LANE_PROGRAM,
		.parallel = 2};
}

/* Plans and begins; the caller drives. */
static ATTR_UNUSED struct engine *
begin_with(struct place *p, const char *text, const struct engine_options *options)
{
	struct run_create_spec spec = {
		.kind = "start", .workflow = STR("test"), .source = STR("test.lily.yaml")};
	struct prepare_request request = {.workspace = p->workspace, .flags = PREPARE_KEEP};
	struct workflow *workflow;
	struct engine *engine;
	struct run_hold hold;
	struct digest digest;
	struct plan plan;
	struct uuid other;

	OK(workflow_read("test.lily.yaml", str_of(text), NULL, &workflow, &err));
	OK(workflow_refuse(workflow, &err));
	request.workflow = workflow;
	OK(prepare_plan(p->store, &request, &plan, &err));
	OK(prepare_keep(p->store, &plan, &digest, &err));
	plan_done(&plan);
	workflow_free(workflow);
	OK(run_create(p->store, &spec, &hold, &other, &err));
	OK(engine_start(
		options, &hold, &(struct engine_beginning){.plan = &digest}, &engine, &err));
	return engine;
}

static ATTR_UNUSED struct engine *
begin(struct place *p, const char *text, bool fail_fast)
{
	struct engine_options options = options_of(p);

	options.fail_fast = fail_fast;
	return begin_with(p, text, &options);
}

static ATTR_UNUSED void
drive(struct engine *engine)
{
	struct notice notice;
	int r;

	while ((r = engine_next(engine, -1, &notice, &err)) > 0)
		continue;
	OK(r);
}

/* "a=succeeded b=failed …" of the newest run, from the tables. */
static ATTR_UNUSED const char *
states_of(struct place *p)
{
	AUTO_BUF struct buf b = BUF_INIT(65536);
	struct visit_row *visits;
	struct run_row row;
	size_t n;

	OK(run_find(p->store, STR("@last"), &p->arena, &row, &err));
	OK(run_visits(p->store, row.number, &p->arena, &visits, &n, &err));
	buf_add_str(&b, row.status);
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, " %.*s=%.*s", STR_ARG(visits[i].name), STR_ARG(visits[i].state));
	return arena_cstr(&p->arena, buf_str(&b));
}

/* "class: message" of the newest rejected attempt. */
static ATTR_UNUSED const char *
failure_of(struct place *p)
{
	struct attempt_row *rows;
	struct run_row row;
	size_t n;

	OK(run_find(p->store, STR("@last"), &p->arena, &row, &err));
	OK(run_attempts(p->store, row.number, STORE_ALL, &p->arena, &rows, &n, &err));
	for (size_t i = n; i-- > 0;)
		if (str_is(rows[i].state, "rejected"))
			return arena_printf(&p->arena, "%.*s: %.*s", STR_ARG(rows[i].class),
				STR_ARG(rows[i].message));
	return "";
}

static ATTR_UNUSED const char *
output_of(struct place *p, const char *step, const char *name)
{
	AUTO_BUF struct buf bytes = BUF_INIT(1 << 20);
	struct artifact_filter filter = {
		.run = -1, .producer = str_of(step), .name = str_of(name)};
	struct artifact_row *rows;
	size_t n;

	OK(artifact_list(p->store, &filter, &p->arena, &rows, &n, &err));
	assert_true(n > 0);
	OK(object_get(p->store, &rows[0].digest, &bytes, &err));
	return arena_cstr(&p->arena, buf_str(&bytes));
}

#endif
