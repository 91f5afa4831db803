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
		.help = "what to draw; else by the end of the output's name, else text"},
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

static bool
is_text_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return ends_with(path, ".txt") || !strchr(slash ? slash + 1 : path, '.');
}

/* By the option, else by the output's name. A picture's name that would get text is refused. */
static int
choose_format(const struct call *call, enum lily_graph_format *ret_format)
{
	const char *format = call_text(call, FORMAT);
	const char *output = call_text(call, OUTPUT);
	bool by_name = !format && output;

	if (format ? *format == 's' : by_name && ends_with(output, ".svg"))
		*ret_format = LILY_GRAPH_SVG;
	else if (format ? *format == 'd' : by_name && ends_with(output, ".dot"))
		*ret_format = LILY_GRAPH_DOT;
	else if (!by_name || is_text_name(output))
		*ret_format = LILY_GRAPH_TEXT;
	else
		return call_usage(call,
			"what to draw into %s? A name in .svg, .dot or .txt says it, or "
			"--format",
			output);
	return 0;
}

static int
draw_file(const struct call *call, enum lily_graph_format format, char **ret_drawing)
{
	struct lily_workflow *workflow;
	struct lily_error error = {0};
	int status = source_open(call, call_argument(call, 0), &workflow, NULL);

	if (status != 0)
		return status;
	status = source_require(call, workflow);
	if (status == 0 && lily_workflow_graph(workflow, format, ret_drawing, &error) < 0)
		status = call_fail(call, &error);
	lily_workflow_close(workflow);
	return status;
}

static int
draw_run(const struct call *call, enum lily_graph_format format, char **ret_drawing)
{
	struct lily_error error = {0};
	struct lily_store *store;
	int status;

	if (call_argument(call, 0))
		return call_usage(call, "name a run or a file, not both");
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	if (lily_run_graph(store, call_text(call, RUN), format, ret_drawing, &error) < 0)
		status = call_fail(call, &error);
	lily_store_close(store);
	return status;
}

static int
run(struct call *call)
{
	enum lily_graph_format format;
	char *drawing = NULL;
	int status = choose_format(call, &format);

	if (status == 0)
		status = call_has(call, RUN) ? draw_run(call, format, &drawing)
					     : draw_file(call, format, &drawing);
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
