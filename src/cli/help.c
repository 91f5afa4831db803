#include "cli/help.h"

#include "cli/status.h"

#include <string.h>

#define COLUMNS 80

static void
add_heading(struct text *text, const struct term *term, const char *heading)
{
	text_format(text, "\n%s%s%s\n", term_on(term, PAINT_BOLD), heading, term_off(term));
}

/* "  left    right, broken into lines that stand under each other". */
static void
add_entry(struct text *text, const char *left, const char *right, size_t column)
{
	AUTO_TEXT struct text wrapped = TEXT_INIT;
	size_t width = text_width(left, strlen(left));

	text_format(text, "  %s", left);
	text_add_wrapped(&wrapped, right, column, COLUMNS);
	if (width + 4 > column) {
		text_add_char(text, '\n');
		text_add(text, wrapped.bytes, wrapped.size);
		return;
	}
	text_fill(text, ' ', column - width - 2);
	if (wrapped.size > column)
		text_add(text, wrapped.bytes + column, wrapped.size - column);
	else
		text_add_char(text, '\n');
}

void
help_synopsis(struct text *text, const struct command *command)
{
	text_add_string(text, command->name);
	for (size_t i = 0; i < command->n_options; i++)
		if (command->options[i].required)
			text_format(text, " --%s %s", command->options[i].name,
				command->options[i].value);
	for (size_t i = 0; i < command->n_arguments; i++) {
		const struct argument_spec *argument = &command->arguments[i];

		text_format(text, argument->optional ? " [%s%s]" : " %s%s", argument->name,
			argument->repeats ? "…" : "");
	}
}

void
help_option(struct text *text, const struct option_spec *option)
{
	if (option->letter)
		text_format(text, "-%c, ", option->letter);
	text_format(text, "--%s", option->name);
	if (option->value)
		text_format(text, " %s", option->value);
}

static void
add_options(struct text *text, const struct option_spec *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_TEXT struct text left = TEXT_INIT;
		AUTO_TEXT struct text right = TEXT_INIT;

		if (!options[i].letter)
			text_fill(&left, ' ', 4);
		help_option(&left, &options[i]);
		text_add_string(&right, options[i].help);
		if (options[i].choices)
			text_format(&right, ": %s", options[i].choices);
		add_entry(text, text_string(&left), text_string(&right), 27);
	}
}

/* A group in the overview: the noun's own command first, verbs by their shortest name. */
static void
add_commands(struct text *text, const char *noun)
{
	const struct command *alone = command_find(noun, NULL);

	if (alone)
		add_entry(text, alone->name, alone->summary, 19);
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *command = commands[i];
		const char *name =
			command->stands_alone ? command_verb(command) : command->name;

		if (!command->hidden && command_is_in(command, noun))
			add_entry(text, name, command->summary, 19);
	}
}

void
help_overview(struct text *text, const struct term *term)
{
	text_add_string(
		text, "lily runs workflows: steps done by programs, recorded durably.\n");
	text_add_string(text, "\nusage: lily COMMAND [ARGUMENT…] [OPTION…]\n");
	for (size_t i = 0; i < command_groups_count; i++) {
		add_heading(text, term, command_groups[i].summary);
		add_commands(text, command_groups[i].name);
	}
	add_heading(text, term, "The place where it is kept, and lily itself");
	for (size_t i = 0; i < commands_count; i++)
		if (!commands[i]->hidden && !strchr(commands[i]->name, ' ') &&
			!command_find_group(commands[i]->name))
			add_entry(text, commands[i]->name, commands[i]->summary, 19);
	add_heading(text, term, "Options of every command");
	add_options(text, global_options, GLOBAL_COUNT);
	text_add_string(text, "\nlily COMMAND --help explains a command, with examples.\n");
}

void
help_group(struct text *text, const struct term *term, const struct command_group *group)
{
	const struct command *alone = command_find(group->name, NULL);

	text_format(text, "%s\n\nusage: lily %s VERB [ARGUMENT…] [OPTION…]\n", group->summary,
		group->name);
	add_heading(text, term, "Verbs");
	if (alone)
		add_entry(text, alone->name, alone->summary, 19);
	for (size_t i = 0; i < commands_count; i++)
		if (!commands[i]->hidden && command_is_in(commands[i], group->name))
			add_entry(text, commands[i]->name, commands[i]->summary, 19);
	text_format(text, "\nlily %s VERB --help explains one.\n", group->name);
}

static void
add_arguments(struct text *text, const struct command *command)
{
	for (size_t i = 0; i < command->n_arguments; i++) {
		const struct argument_spec *argument = &command->arguments[i];
		AUTO_TEXT struct text right = TEXT_INIT;

		text_add_string(&right, argument->help);
		if (argument->choices)
			text_format(&right, ": %s", argument->choices);
		add_entry(text, argument->name, text_string(&right), 27);
	}
}

static void
add_statuses(struct text *text, const struct command *command)
{
	static const int always[] = {STATUS_DONE, STATUS_USAGE};

	for (size_t i = 0; i < 2; i++)
		text_format(text, "  %3d  %s\n", always[i], status_meaning(always[i]));
	for (size_t i = 0; command->statuses && command->statuses[i]; i++)
		text_format(text, "  %3d  %s\n", command->statuses[i],
			status_meaning(command->statuses[i]));
}

void
help_command(struct text *text, const struct term *term, const struct command *command)
{
	text_format(text, "%s\n\nusage: lily ", command->summary);
	help_synopsis(text, command);
	text_add_string(text, " [OPTION…]\n");
	if (command->stands_alone)
		text_format(text, "also:  lily %s\n", command_verb(command));
	if (command->description) {
		text_add_char(text, '\n');
		text_add_wrapped(text, command->description, 0, COLUMNS);
	}
	if (command->n_arguments > 0) {
		add_heading(text, term, "Arguments");
		add_arguments(text, command);
	}
	add_heading(text, term, "Options");
	add_options(text, command->options, command->n_options);
	add_options(text, global_options, GLOBAL_HELP + 1);
	if (command->n_examples > 0)
		add_heading(text, term, "Examples");
	for (size_t i = 0; i < command->n_examples; i++)
		text_format(text, "  %s\n      %s\n", command->examples[i].command,
			command->examples[i].explanation);
	add_heading(text, term, "Exit codes");
	add_statuses(text, command);
}
