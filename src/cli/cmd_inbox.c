#include "cli/call.h"
#include "cli/field.h"
#include "cli/output.h"
#include "cli/place.h"
#include "cli/question.h"
#include "cli/statuses.h"
#include "cli/target.h"

#include <string.h>
#include <unistd.h>

enum { CAT, RAW };

static const struct option_spec options[] = {
	[CAT] = {.name = "cat",
		.value = "NAME",
		.help = "print what is shown, taken in or made under that name, which may be "
			"written show.NAME, in.NAME or out.NAME; request: the document that an "
			"answer is bound to"},
	[RAW] = {.name = "raw", .help = "bytes as they are, also to a terminal"},
};

static const struct argument_spec arguments[] = {
	{.name = "[RUN/]STEP",
		.optional = true,
		.help = "only what this run, or this step of it, asks",
		.completion = COMPLETE_RUN_STEP},
};

static void
print(const struct call *call, const struct lily_value *document)
{
	const struct lily_value *questions = lily_value_get(document, "questions");
	AUTO_TEXT struct text text = TEXT_INIT;

	if (lily_value_count(questions) == 0) {
		call_say(call, "nothing is asked");
		return;
	}
	for (size_t i = 0; i < lily_value_count(questions); i++) {
		if (i)
			text_add_char(&text, '\n');
		question_add(&text, lily_value_at(questions, i));
		question_add_advice(&text, lily_value_at(questions, i));
	}
	place_print(&text);
}

static int
list(const struct call *call, struct lily_store *store, const struct target *target)
{
	bool of_all = !call_argument(call, 0);
	struct lily_document *document;
	struct lily_error error = {0};

	if (lily_inbox(store, of_all ? NULL : target->run, target->step, &document, &error) < 0)
		return call_fail(call, &error);
	if (call_wants_json(call))
		call_print_json(lily_document_root(document));
	else
		print(call, lily_document_root(document));
	lily_document_free(document);
	return STATUS_DONE;
}

static int
cat(const struct call *call, struct lily_store *store, const struct target *target)
{
	const char *name = call_text(call, CAT);
	struct lily_error error = {0};
	int status;
	int fd;

	if (lily_question_open(store, target->run, target->step,
		    strcmp(name, "request") == 0 ? NULL : name, &fd, &error) < 0)
		return call_fail(call, &error);
	status = output_copy(call, fd, name, call_has(call, RAW));
	(void)close(fd);
	return status;
}

static int
run(struct call *call)
{
	struct lily_store *store;
	struct target target;
	int status = 0;

	if (!target_parse(&target, call_argument(call, 0)))
		status = call_usage(
			call, "%s names neither run nor step", call_argument(call, 0));
	else if (call_has(call, CAT) && !target.step)
		status = call_usage(call, "--cat needs the step that asks: [RUN/]STEP");
	if (status == 0)
		status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status == 0) {
		status = call_has(call, CAT) ? cat(call, store, &target)
					     : list(call, store, &target);
		lily_store_close(store);
	}
	target_done(&target);
	return status;
}

static const struct example examples[] = {
	{"lily inbox", "what all runs of this workspace ask"},
	{"lily inbox publish --cat build.report",
		"what the question of step publish shows under that name"},
	{"lily inbox --json | jq -r '.questions[].step'", "the steps that ask"},
};

const struct command cmd_inbox = {
	.name = "inbox",
	.summary = "Show what runs ask people",
	.description = "Every question that is open, the oldest first: the step, what it asks, "
		       "what it shows and takes in, by digest, and how to answer it. An answer "
		       "is for exactly that. Of texts that a step made and is to be allowed to "
		       "keep, it says how they differ from what an earlier attempt, or the "
		       "last run that succeeded, made.",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
