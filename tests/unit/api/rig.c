#include "rig.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

int
rig_open(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	(void)snprintf(rig->dir, sizeof(rig->dir), "/tmp/lily-api-XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	(void)snprintf(rig->workspace, sizeof(rig->workspace), "%s/workspace", rig->dir);
	(void)snprintf(rig->path, sizeof(rig->path), "%s/store", rig->dir);
	assert_int_equal(mkdir(rig->workspace, 0755), 0);
	*state = rig;
	rig_reopen(rig, 0);
	return 0;
}

void
rig_reopen(struct rig *rig, unsigned flags)
{
	const struct lily_store_options options = {
		.workspace = rig->workspace,
		.store = rig->path,
		.lane = LILY_TEST_LANE,
		.flags = flags | LILY_STORE_EXACT,
	};

	lily_store_close(rig->store);
	rig->store = NULL;
	must(lily_store_open(&options, &rig->store, &rig->error));
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

int
rig_close(void **state)
{
	struct rig *rig = *state;

	lily_store_close(rig->store);
	assert_int_equal(nftw(rig->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(rig);
	return 0;
}

const char *
rig_write(struct rig *rig, const char *name, const char *text)
{
	static char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", rig->workspace, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

void
rig_create_run(struct rig *rig, char ret_id[LILY_RUN_ID_SIZE])
{
	must(lily_run_create(rig->store, NULL, NULL, ret_id, &rig->error));
}

struct lily_run *
rig_start(struct rig *rig, const char *text)
{
	struct lily_run_options options = {
		.file = rig_write(rig, "test.lily.yaml", text),
		.parallel = 2,
	};
	struct lily_run *run = NULL;

	must(lily_run_start(rig->store, &options, &run, NULL, &rig->error));
	return run;
}

const char *
rig_run(struct rig *rig, const char *text)
{
	static char status[32];
	struct lily_run *run = rig_start(rig, text);
	struct lily_run_event event;
	int r;

	while ((r = lily_run_next(run, -1, &event, &rig->error)) > 0)
		;
	must(r);
	(void)snprintf(status, sizeof(status), "%s", lily_run_status(run));
	lily_run_close(run);
	return status;
}

const struct lily_value *
rig_at(const struct lily_value *value, const char *path)
{
	char copy[256];
	char *rest = copy;
	char *key;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	while (value && (key = strsep(&rest, ".")))
		value = key[0] >= '0' && key[0] <= '9'
			? lily_value_at(value, (size_t)strtoul(key, NULL, 10))
			: lily_value_get(value, key);
	return value;
}

const char *
rig_text(const struct lily_document *document, const char *path)
{
	return lily_value_text(rig_at(lily_document_root(document), path), NULL);
}

int64_t
rig_number(const struct lily_document *document, const char *path)
{
	return lily_value_integer(rig_at(lily_document_root(document), path), INT64_MIN);
}
