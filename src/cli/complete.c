#include "cli/complete.h"

#include <string.h>

/* What the words before the last one say. */
struct typed {
	const struct command_group *group;
	const struct command *command;
	const struct option_spec *expects; /* the last word is its value */
	size_t n_arguments;
	bool only_arguments; /* behind -- */
	struct complete_place place;
};

void
complete_offer(
	struct text *answer, const char *word, const char *candidate, const char *explanation)
{
	if (strncmp(candidate, word, strlen(word)) != 0)
		return;
	text_add_string(answer, candidate);
	if (explanation && *explanation)
		text_format(answer, "\t%s", explanation);
	text_add_char(answer, '\n');
}

static void
take_option(struct typed *typed, const char *word)
{
	const struct option_spec *spec;

	if (word[1] == '-') {
		size_t n = strcspn(word, "=");

		spec = command_option(typed->command, word + 2, n - 2);
		if (spec && spec->value && !word[n])
			typed->expects = spec;
		return;
	}
	for (const char *p = word + 1; *p; p++) {
		spec = command_letter(typed->command, *p);
		if (!spec || !spec->value)
			continue;
		typed->expects = p[1] ? NULL : spec;
		return;
	}
}

static void
take_value(struct typed *typed, const char *word)
{
	if (typed->expects == &global_options[GLOBAL_STORE])
		typed->place.store = word;
	if (typed->expects == &global_options[GLOBAL_DIRECTORY])
		typed->place.directory = word;
	typed->expects = NULL;
}

static void
take_argument(struct typed *typed, const char *word)
{
	const struct command *command = typed->command;

	if (typed->n_arguments == 0 && command && command->n_arguments > 0 &&
		command->arguments[0].completion == COMPLETE_WORKFLOW)
		typed->place.file = word;
	typed->n_arguments++;
}

static void
take_word(struct typed *typed, const char *word)
{
	const struct command *verb;

	if (typed->expects) {
		take_value(typed, word);
	} else if (strcmp(word, "--") == 0) {
		typed->only_arguments = true;
	} else if (word[0] == '-' && word[1] && !typed->only_arguments) {
		take_option(typed, word);
	} else if (typed->group && typed->n_arguments == 0 &&
		(verb = command_find(typed->group->name, word))) {
		typed->command = verb;
		typed->group = NULL;
	} else if (!typed->group && !typed->command) {
		typed->group = command_find_group(word);
		typed->command = command_find(word, NULL);
	} else {
		take_argument(typed, word);
	}
}

static void
offer_choices(struct text *answer, const char *word, const char *choices)
{
	while (*choices) {
		AUTO_TEXT struct text choice = TEXT_INIT;
		size_t n = strcspn(choices, " ");

		text_add(&choice, choices, n);
		complete_offer(answer, word, text_string(&choice), NULL);
		choices += n;
		choices += *choices == ' ';
	}
}

static void
offer_options(
	struct text *answer, const char *word, const struct option_spec *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_TEXT struct text option = TEXT_INIT;

		text_format(&option, "--%s", options[i].name);
		complete_offer(answer, word, text_string(&option), options[i].help);
	}
}

static void
offer_verbs(struct text *answer, const char *word, const char *noun)
{
	for (size_t i = 0; i < commands_count; i++)
		if (!commands[i]->hidden && command_is_in(commands[i], noun))
			complete_offer(
				answer, word, command_verb(commands[i]), commands[i]->summary);
}

static void
offer_commands(struct text *answer, const char *word)
{
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *command = commands[i];

		if (!command->hidden && (command->stands_alone || !strchr(command->name, ' ')))
			complete_offer(answer, word, command_verb(command), command->summary);
	}
	for (size_t i = 0; i < command_groups_count; i++)
		if (!command_find(command_groups[i].name, NULL))
			complete_offer(answer, word, command_groups[i].name,
				command_groups[i].summary);
}

static void
offer_value(struct text *answer, const struct typed *typed, const struct option_spec *spec,
	const char *word)
{
	if (spec->choices)
		offer_choices(answer, word, spec->choices);
	else
		complete_value(answer, spec->completion, word, &typed->place);
}

/* "--format=d": the candidates keep what stands before the value. */
static void
offer_attached(struct text *answer, const struct typed *typed, const char *word)
{
	size_t n = strcspn(word, "=");
	const struct option_spec *spec = command_option(typed->command, word + 2, n - 2);
	AUTO_TEXT struct text values = TEXT_INIT;
	const char *line;

	if (!spec || !spec->value)
		return;
	offer_value(&values, typed, spec, word + n + 1);
	for (line = text_string(&values); *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n");

		if (*line != ':')
			text_add(answer, word, n + 1);
		text_add(answer, line, length);
		text_add_char(answer, '\n');
		line += length;
	}
}

static void
offer_arguments(struct text *answer, const struct typed *typed, const char *word)
{
	const struct command *command = typed->command;
	size_t n = typed->n_arguments;
	const struct argument_spec *argument;

	if (typed->group && n == 0)
		offer_verbs(answer, word, typed->group->name);
	if (!command || command->n_arguments == 0)
		return;
	if (n >= command->n_arguments) {
		n = command->n_arguments - 1;
		if (!command->arguments[n].repeats)
			return;
	}
	argument = &command->arguments[n];
	if (argument->choices)
		offer_choices(answer, word, argument->choices);
	else if (argument->completion == COMPLETE_COMMAND)
		offer_commands(answer, word);
	else
		complete_value(answer, argument->completion, word, &typed->place);
}

void
complete_words(struct text *answer, const char *const *words, size_t n)
{
	const char *word = n > 0 ? words[n - 1] : "";
	struct typed typed = {0};

	for (size_t i = 0; i + 1 < n; i++)
		take_word(&typed, words[i]);
	if (typed.expects) {
		offer_value(answer, &typed, typed.expects, word);
	} else if (word[0] == '-' && !typed.only_arguments) {
		if (strchr(word, '='))
			offer_attached(answer, &typed, word);
		if (typed.command)
			offer_options(
				answer, word, typed.command->options, typed.command->n_options);
		offer_options(answer, word, global_options, GLOBAL_COUNT);
	} else if (!typed.command && !typed.group) {
		offer_commands(answer, word);
	} else {
		offer_arguments(answer, &typed, word);
	}
}
