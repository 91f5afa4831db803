/* Runs a workflow and says what happened: embed [FILE [STORE]] */
#include <lily.h>
#include <stdio.h>

static int
failed(const struct lily_error *error)
{
	fprintf(stderr, "embed: %s\n", error->message);
	return 9;
}

int
main(int argc, char **argv)
{
	struct lily_store_options where = {.store = argc > 2 ? argv[2] : NULL};
	struct lily_run_options what = {.file = argc > 1 ? argv[1] : "embed.lily.yaml"};
	struct lily_error error;
	struct lily_store *store;
	struct lily_run *run;
	struct lily_run_event event;
	struct lily_run_counts counts;
	int more;

	if (lily_store_open(&where, &store, &error) < 0 ||
		lily_run_start(store, &what, &run, NULL, &error) < 0)
		return failed(&error);
	while ((more = lily_run_next(run, -1, &event, &error)) > 0)
		if (event.type == LILY_RUN_STEP_SUCCEEDED || event.type == LILY_RUN_STEP_FAILED)
			printf("%s %s\n", event.step, *event.failure ? event.failure : "done");
	if (more < 0)
		return failed(&error);
	lily_run_count(run, &counts);
	printf("%s: %s, %d of %d steps\n", lily_run_id(run), lily_run_status(run),
		(int)counts.succeeded, (int)counts.steps);
	lily_run_close(run);
	lily_store_close(store);
	return 0;
}
