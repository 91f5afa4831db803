#include "cli/call.h"
#include "cli/output.h"
#include "cli/place.h"
#include "cli/source.h"
#include "cli/statuses.h"

#include <string.h>

enum { FORMAT, OUTPUT, RUN };

static const struct option_spec options[] = {
	[FORMAT] = {.name = "format",
		.value = "FORMAT",
		.choices = "text dot svg",
		.help = "what to draw; else by the name of the output, else text"},
	[OUTPUT] = {.name = "output",
		.letter = 'o',
		.value = "PATH",
		.help = "write to this file instead of standard output",
		.completion = COMPLETE_FILE},
	[RUN] = {.name = "run",
		.letter = 'r',
		.value = "RUN",
		.help = "draw a run instead: its steps coloured by their state",
		.completion = COMPLETE_RUN},
};

static const struct argument_spec arguments[] = {
	{.name = "FILE",
		.optional = true,
		.help = "the workflow; may be left out where the folder has one *.lily.yaml",
		.completion = COMPLETE_WORKFLOW},
};

static bool
ends_with(const char *string, const char *end)
{
	size_t n = strlen(string);
	size_t m = strlen(end);

	return n >= m && strcmp(string + n - m, end) == 0;
}

static enum lily_graph_format
choose_format(const struct call *call)
{
	const char *format = call_text(call, FORMAT);
	const char *output = call_text(call, OUTPUT);

	if (!format && output)
		format = ends_with(output, ".svg")  ? "svg"
			: ends_with(output, ".dot") ? "dot"
						    : "text";
	if (!format || format[0] == 't')
		return LILY_GRAPH_TEXT;
	return format[0] == 's' ? LILY_GRAPH_SVG : LILY_GRAPH_DOT;
}

static int
draw_file(const struct call *call, char **ret_drawing)
{
	struct lily_workflow *workflow;
	struct lily_error error = {0};
	int status = source_open(call, call_argument(call, 0), &workflow, NULL);

	if (status != 0)
		return status;
	status = source_require(call, workflow);
	if (status == 0 &&
		lily_workflow_graph(workflow, choose_format(call), ret_drawing, &error) < 0)
		status = call_fail(call, &error);
	lily_workflow_close(workflow);
	return status;
}

static int
draw_run(const struct call *call, char **ret_drawing)
{
	struct lily_error error = {0};
	struct lily_store *store;
	int status;

	if (call_argument(call, 0))
		return call_usage(call, "name a run or a file, not both");
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	if (lily_run_graph(
		    store, call_text(call, RUN), choose_format(call), ret_drawing, &error) < 0)
		status = call_fail(call, &error);
	lily_store_close(store);
	return status;
}

static int
run(struct call *call)
{
	char *drawing = NULL;
	int status = call_has(call, RUN) ? draw_run(call, &drawing) : draw_file(call, &drawing);

	if (status == 0)
		status = output_write(call, call_text(call, OUTPUT), drawing, strlen(drawing));
	lily_free(drawing);
	return status;
}

static const struct example examples[] = {
	{"lily graph", "the graph as text"},
	{"lily graph build.lily.yaml -o build.svg", "as a picture"},
	{"lily graph --run @last -o last.svg", "how the newest run went"},
};

const struct command cmd_workflow_graph = {
	.name = "workflow graph",
	.stands_alone = true,
	.summary = "Draw the graph of a workflow or of a run",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
