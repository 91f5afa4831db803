#include "trace/journal.h"

#include "base/file.h"
#include "store/object.h"

int
journal_open(struct store *store, const struct uuid *run, const struct attempt_row *attempt,
	int *ret_fd, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err missing = ERR_INIT;
	char id[UUID_TEXT_SIZE];
	uint64_t size;
	int r;

	if (attempt->has_log) {
		r = object_open(store, &attempt->log, ret_fd, &size, err);
		return r < 0 ? r : 1;
	}
	r = file_open_regular(store_directory(store),
		arena_printf(&arena, "runs/%s/attempts/%u/log", uuid_to_text(run, id),
			attempt->number),
		ret_fd, &missing);
	if (r == 0)
		return 1;
	if (r == ERR_NOT_FOUND)
		return 0;
	if (err)
		*err = missing;
	return r;
}

/* Whose logs are meant: those that somebody wrote about an attempt, or, attempt 0, about the run. */
struct written {
	struct str producer;
	uint32_t attempt;
	const char *role;
};

static int
list_logs(struct store *store, int64_t run, const struct written *written, struct arena *arena,
	struct artifact_row **ret_rows, size_t *ret_n, struct err *err)
{
	const struct artifact_filter filter = {
		.run = run, .producer = written->producer, .with_rejected = true};
	struct artifact_row *rows;
	size_t n_rows;
	size_t n = 0;
	int r = artifact_list(store, &filter, arena, &rows, &n_rows, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n_rows; i++)
		if (rows[i].attempt == written->attempt && str_is(rows[i].role, written->role))
			rows[n++] = rows[i];
	*ret_rows = rows;
	*ret_n = n;
	return 0;
}

int
journal_validators(struct store *store, int64_t run, const struct attempt_row *attempt,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err)
{
	const struct written written = {attempt->name, attempt->number, "log"};

	return list_logs(store, run, &written, arena, ret_rows, ret_n, err);
}

int
journal_gates(struct store *store, int64_t run, const struct attempt_row *attempt,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err)
{
	const struct written written = {attempt->name, attempt->number, "gate_log"};

	return list_logs(store, run, &written, arena, ret_rows, ret_n, err);
}

int
journal_notifications(struct store *store, int64_t run, struct arena *arena,
	struct artifact_row **ret_rows, size_t *ret_n, struct err *err)
{
	const struct written written = {STR("notify"), 0, "log"};

	return list_logs(store, run, &written, arena, ret_rows, ret_n, err);
}

bool
journal_is_complete(const struct run_row *run, const struct attempt_row *attempt)
{
	static const char *const going_on[] = {"submitted", "started"};

	if (attempt->has_log)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(going_on); i++)
		if (str_is(attempt->state, going_on[i]))
			return !run->held;
	return true;
}
