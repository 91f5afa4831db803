#include "cli/call.h"
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

enum { MAN };

static const struct option_spec options[] = {
	[MAN] = {.name = "man", .help = "print the man page instead, for man -l"},
};

static const struct argument_spec arguments[] = {
	{.name = "COMMAND",
		.optional = true,
		.repeats = true,
		.help = "the command, by one word or two",
		.completion = COMPLETE_COMMAND},
};

static int
unknown(struct call *call, const char *noun, const char *word)
{
	const char *nearest = command_suggest(noun, word);

	call_complain(call, "unknown command: %s%s%s", noun ? noun : "", noun ? " " : "", word);
	if (nearest)
		call_hint(call, "did you mean `lily help %s%s%s`?", noun ? noun : "",
			noun ? " " : "", nearest);
	return STATUS_USAGE;
}

static void
print(const struct text *text)
{
	(void)fwrite(text_string(text), 1, text->size, stdout);
}

/* `help run` explains the command and says where its verbs are listed; `help workflow` lists. */
static int
explain(struct call *call, const char *noun, const char *verb)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	const struct command_group *group = command_find_group(noun);
	const struct command *command = command_find(noun, verb);

	if (verb && !command)
		return unknown(call, group ? noun : NULL, group ? verb : noun);
	if (!command && !group)
		return unknown(call, NULL, noun);
	if (command && call_has(call, MAN)) {
		man_page(&text, command);
	} else {
		if (command)
			help_command(&text, &call->out, command);
		if (command && group && !verb)
			text_add_char(&text, '\n');
		if (group && !verb)
			help_group(&text, &call->out, group);
	}
	print(&text);
	return STATUS_DONE;
}

static int
run(struct call *call)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	if (call->n_arguments > 2)
		return call_usage(call, "a command has one word or two");
	if (call->n_arguments > 0)
		return explain(call, call->arguments[0], call_argument(call, 1));
	if (call_has(call, MAN))
		man_page(&text, NULL);
	else
		help_overview(&text, &call->out);
	print(&text);
	return STATUS_DONE;
}

static const struct example examples[] = {
	{"lily help artifact put", "what `lily artifact put --help` says"},
	{"lily help --man run | man -l -", "the man page of a command"},
};

const struct command cmd_help = {
	.name = "help",
	.summary = "Explain lily or one of its commands",
	.options = options,
	.n_options = COUNT(options),
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.function = run,
};
