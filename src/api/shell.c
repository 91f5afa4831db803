#include "lily/shell.h"
#include "api/handle.h"
#include "api/lane.h"
#include "api/run.h"

#include "base/memory.h"
#include "run/shell.h"
#include "store/stats.h"
#include "trace/planned.h"

#include <stdlib.h>

struct lily_shell {
	struct shell *shell;
	uint32_t attempt;
};

/* A step that is in the plan has not begun; one that is not has a nearest name. */
static int
explain_missing(
	struct lily_store *store, const struct run_row *run, struct str step, struct err *err)
{
	struct graph *graph;
	uint32_t number;
	int r;

	if (!run->has_plan)
		return err_set(err, ERR_INVALID, "the run has no steps");
	r = planned_graph(store->store, run, &graph, err);
	if (r < 0)
		return r;
	r = planned_step(graph, step, &number, err);
	graph_free(graph);
	return r < 0
		? r
		: err_set(err, ERR_INVALID,
			  "step %.*s has not started in this run: there is nothing to copy "
			  "(of what another run did, `lily show` names the run)",
			  STR_ARG(step));
}

static int
find_attempt(struct lily_store *store, const char *address, struct str step, uint32_t number,
	struct arena *arena, struct run_row *ret_run, struct attempt_row *ret_attempt,
	struct err *err)
{
	struct err missing = ERR_INIT;
	int r = store_find_run(store, address, arena, ret_run, err);

	if (r == 0)
		r = run_refuse_elsewhere(store, ret_run, err);
	if (r < 0)
		return r;
	if (!number && !step.n)
		return err_set(err, ERR_INVALID, "name a step of the run, or an attempt");
	if (number)
		r = stats_attempt(
			store->store, ret_run->number, number, arena, ret_attempt, &missing);
	else
		r = stats_newest_attempt(
			store->store, ret_run->number, step, arena, ret_attempt, &missing);
	if (r == ERR_NOT_FOUND && !number)
		return explain_missing(store, ret_run, step, err);
	if (r < 0) {
		*err = missing;
		return r;
	}
	if (step.n && !str_equal(ret_attempt->name, step))
		return err_set(err, ERR_NOT_FOUND,
			"attempt %u of the run is one of step %.*s, not of %.*s", number,
			STR_ARG(ret_attempt->name), STR_ARG(step));
	return 0;
}

int
lily_shell_open(struct lily_store *store, const char *address, const char *step,
	uint32_t attempt, const struct lily_shell_options *options,
	struct lily_shell **ret_shell, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *temporary = getenv("TMPDIR");
	struct shell_options how = {.workspace = store->workspace,
		.lane = lane_find(&arena),
		.folder = temporary && temporary[0] == '/' ? temporary : "/tmp",
		.argv = options->argv,
		.term = options->term,
		.stdin_fd = options->stdin_fd,
		.stdout_fd = options->stdout_fd,
		.stderr_fd = options->stderr_fd,
		.has_terminal = options->has_terminal != 0};
	struct attempt_row row;
	struct err err = ERR_INIT;
	struct run_row run;
	struct shell *shell;
	int r = find_attempt(
		store, address, str_of(step ? step : ""), attempt, &arena, &run, &row, &err);

	if (r == 0)
		r = shell_open(store->store, &run, &row, &how, &shell, &err);
	if (r < 0)
		return error_give(&err, error);
	*ret_shell = memory_zeroed(1, sizeof(**ret_shell));
	**ret_shell = (struct lily_shell){shell, row.number};
	return 0;
}

const char *
lily_shell_step(const struct lily_shell *shell)
{
	/* Names of a graph end with a NUL behind the view. */
	return shell_replica(shell->shell)->step->name.p;
}

uint32_t
lily_shell_attempt(const struct lily_shell *shell)
{
	return shell->attempt;
}

const char *const *
lily_shell_argv(const struct lily_shell *shell)
{
	return (const char *const *)shell_replica(shell->shell)->argv;
}

const char *
lily_shell_out(const struct lily_shell *shell)
{
	return shell_out(shell->shell);
}

int
lily_shell_is_layered(const struct lily_shell *shell)
{
	return shell_is_layered(shell->shell);
}

int
lily_shell_fd(const struct lily_shell *shell)
{
	return shell_socket(shell->shell);
}

int
lily_shell_next(struct lily_shell *shell, int *ret_status, struct lily_error *error)
{
	struct err err = ERR_INIT;
	int r = shell_next(shell->shell, ret_status, &err);

	return r < 0 ? error_give(&err, error) : r;
}

void
lily_shell_close(struct lily_shell *shell)
{
	if (!shell)
		return;
	shell_close(shell->shell);
	free(shell);
}
