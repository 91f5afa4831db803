#include "cli/contents.h"
#include "cli/reply.h"
#include "cli/statuses.h"

#define ANSWER_MAX ((size_t)1 << 20)

enum { VALUE_FILE = REPLY_COUNT };

static const struct option_spec options[] = {
	REPLY_OPTIONS,
	[VALUE_FILE] = {.name = "file",
		.value = "FILE",
		.help = "take the answer from FILE; - is standard input",
		.completion = COMPLETE_FILE},
};

static const struct argument_spec arguments[] = {
	{.name = "[RUN/]STEP",
		.help = "the step that asks; of the newest run, where none is named",
		.completion = COMPLETE_RUN_STEP},
	{.name = "JSON",
		.optional = true,
		.help = "the answer, as JSON, or one of the words that are shown"},
};

static int
run(struct call *call)
{
	const char *file = call_text(call, VALUE_FILE);
	const char *value = call_argument(call, 1);
	AUTO_TEXT struct text text = TEXT_INIT;
	int status;

	if (!file == !value)
		return call_usage(call,
			"give the answer as JSON or as one of the words that are shown, or by "
			"--file");
	status = file ? contents_read(call, file, ANSWER_MAX, &text) : 0;
	return status ? status
		      : reply_say(call, LILY_VERDICT_ANSWER, file ? text_string(&text) : value);
}

static const struct example examples[] = {
	{"lily answer review '{\"risk\": \"low\"}'", "the answer of step review"},
	{"lily answer 0199a7b2/review --file review.json", "from a file"},
	{"lily answer fetch retry", "step fetch has failed, and is tried again"},
};

const struct command cmd_answer = {
	.name = "answer",
	.summary = "Answer what a step asks",
	.description = "For a step whose `human` names a schema: the answer is JSON that is "
		       "valid by it, and becomes the step's output `answer`. For a failure "
		       "that a rule puts to a person: retry, continue, skip or abort. What is "
		       "asked is shown first. Who answered, when, how and why is recorded. "
		       "Then the run "
		       "goes on.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_driving,
	.function = run,
};
