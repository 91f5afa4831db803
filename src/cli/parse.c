/* How the words of a command line become a call: call_parse of call.h. */
#include "cli/call.h"

#include "cli/heap.h"

#include <stdio.h>
#include <string.h>

struct words {
	char **at; /* the next one */
	int left;
};

static char *
words_take(struct words *words)
{
	words->left--;
	return *words->at++;
}

static void
add_option(struct call *call, const struct option_spec *spec, const char *value)
{
	call->options = heap_grow(call->options, call->n_options, &call->options_capacity,
		sizeof(*call->options));
	call->options[call->n_options++] = (struct call_option){spec, value};
}

static void
add_argument(struct call *call, const char *word)
{
	call->arguments = heap_grow(call->arguments, call->n_arguments,
		&call->arguments_capacity, sizeof(*call->arguments));
	call->arguments[call->n_arguments++] = word;
}

static bool
is_choice(const char *choices, const char *word)
{
	size_t n = strlen(word);

	while (choices && *choices) {
		size_t length = strcspn(choices, " ");

		if (length == n && memcmp(choices, word, n) == 0)
			return true;
		choices += length;
		choices += *choices == ' ';
	}
	return false;
}

static bool
is_given(const struct call *call, const struct option_spec *spec)
{
	for (size_t i = 0; i < call->n_options; i++)
		if (call->options[i].spec == spec)
			return true;
	return false;
}

static int
take_value(struct call *call, const struct option_spec *spec, const char *shown,
	const char *attached, struct words *words)
{
	const char *value = attached;

	if (!spec->value) {
		if (attached)
			return call_usage(call, "option %s takes no value", shown);
		add_option(call, spec, NULL);
		return 0;
	}
	if (!value) {
		if (words->left == 0)
			return call_usage(
				call, "option %s needs a value: %s", shown, spec->value);
		value = words_take(words);
	}
	if (!spec->repeats && is_given(call, spec))
		return call_usage(call, "option %s is given twice; it takes one value", shown);
	if (spec->choices && !is_choice(spec->choices, value) &&
		!(spec->accepts && spec->accepts(value)))
		return call_usage(call, "option %s cannot be \"%s\"; it is one of: %s", shown,
			value, spec->choices);
	add_option(call, spec, value);
	return 0;
}

/* An option that is meant for a command which the line is about. */
static const char *
advise_dashes(const struct call *call)
{
	const struct command *command = call->command;

	return command && command->n_arguments && strcmp(command->arguments[0].name, "CMD") == 0
		? "; what stands behind -- is the command's own"
		: "";
}

static int
unknown_option(struct call *call, const char *word, size_t n)
{
	char name[64];
	const char *nearest = NULL;

	if (n > 2 && n - 2 < sizeof(name)) {
		memcpy(name, word + 2, n - 2);
		name[n - 2] = '\0';
		nearest = command_suggest_option(call->command, name);
	}
	if (nearest)
		return call_usage(
			call, "unknown option %.*s; did you mean --%s?", (int)n, word, nearest);
	return call_usage(call, "unknown option %.*s%s", (int)n, word, advise_dashes(call));
}

static int
parse_long(struct call *call, char *word, struct words *words)
{
	size_t n = strcspn(word, "=");
	const struct option_spec *spec = command_option(call->command, word + 2, n - 2);
	char shown[64];

	if (!spec)
		return unknown_option(call, word, n);
	(void)snprintf(shown, sizeof(shown), "--%s", spec->name);
	return take_value(call, spec, shown, word[n] ? word + n + 1 : NULL, words);
}

static int
parse_letters(struct call *call, char *word, struct words *words)
{
	for (const char *p = word + 1; *p; p++) {
		const struct option_spec *spec = command_letter(call->command, *p);
		char shown[] = {'-', *p, '\0'};
		int status;

		if (!spec)
			return call_usage(call, "unknown option %s%s",
				text_character(p, 1, NULL) ? shown : word, advise_dashes(call));
		status = take_value(
			call, spec, shown, spec->value && p[1] ? p + 1 : NULL, words);
		if (status != 0 || spec->value)
			return status;
	}
	return 0;
}

static int
parse_option(struct call *call, struct words *words)
{
	char *word = words_take(words);

	return word[1] == '-' ? parse_long(call, word, words)
			      : parse_letters(call, word, words);
}

static bool
is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

static int
unknown_command(struct call *call, const char *noun, const char *word)
{
	const char *nearest = command_suggest(noun, word);
	const char *before = noun ? noun : "";
	const char *blank = noun ? " " : "";

	call_complain(call, "unknown command: %s%s%s", before, blank, word);
	if (nearest)
		call_hint(call, "did you mean `lily %s%s%s`?", before, blank, nearest);
	else
		call_hint(call, "lily %s--help lists the commands", noun ? noun : "");
	return STATUS_USAGE;
}

/* Whether an option in front of the command (or between noun and verb) can be read already. */
static bool
is_global(const char *word)
{
	if (word[1] == '-')
		return command_option(NULL, word + 2, strcspn(word + 2, "=")) != NULL;
	return command_letter(NULL, word[1]) != NULL;
}

static int
take_globals(struct call *call, struct words *words)
{
	int status = 0;

	while (status == 0 && words->left > 0 && is_option(*words->at) &&
		strcmp(*words->at, "--") != 0 && is_global(*words->at))
		status = parse_option(call, words);
	return status;
}

/* A noun alone is a command where the table has it ("run"), else it wants a verb. */
static int
find_verb(struct call *call, const struct command_group *group, struct words *words)
{
	int status = take_globals(call, words);
	const struct command *verb = NULL;

	if (status != 0)
		return status;
	if (words->left > 0)
		verb = command_find(group->name, *words->at);
	if (verb)
		(void)words_take(words);
	call->command = verb ? verb : command_find(group->name, NULL);
	if (call->command || call_has_global(call, GLOBAL_HELP))
		return 0;
	if (words->left > 0 && !is_option(*words->at))
		return unknown_command(call, group->name, *words->at);
	call_complain(call, "lily %s needs a verb", group->name);
	call_hint(call, "lily help %s", group->name);
	return STATUS_USAGE;
}

static int
find_command(struct call *call, struct words *words)
{
	const struct command_group *group;
	const char *word;
	int status = take_globals(call, words);

	if (status != 0 || words->left == 0)
		return status;
	if (is_option(*words->at))
		return parse_option(call, words);
	word = words_take(words);
	group = command_find_group(word);
	if (group) {
		status = find_verb(call, group, words);
		if (status == 0 && !call->command)
			add_argument(call, word);
		return status;
	}
	call->command = command_find(word, NULL);
	return call->command ? 0 : unknown_command(call, NULL, word);
}

static int
check_options(struct call *call)
{
	const struct command *command = call->command;

	for (size_t i = 0; i < command->n_options; i++)
		if (command->options[i].required && !is_given(call, &command->options[i]))
			return call_usage(call, "lily %s needs --%s %s", command->name,
				command->options[i].name, command->options[i].value);
	return 0;
}

static int
check_arguments(struct call *call)
{
	const struct command *command = call->command;
	size_t least = 0;
	bool open_ended = false;

	for (size_t i = 0; i < command->n_arguments; i++) {
		const struct argument_spec *argument = &command->arguments[i];

		least += !argument->optional;
		open_ended = argument->repeats;
		if (argument->choices && i < call->n_arguments &&
			!is_choice(argument->choices, call->arguments[i]))
			return call_usage(call, "%s cannot be \"%s\"; it is one of: %s",
				argument->name, call->arguments[i], argument->choices);
	}
	if (call->n_arguments < least)
		return call_usage(call, "lily %s needs %s", command->name,
			command->arguments[call->n_arguments].name);
	if (!open_ended && call->n_arguments > command->n_arguments)
		return call_usage(call, "lily %s takes no further argument: \"%s\"",
			command->name, call->arguments[command->n_arguments]);
	return 0;
}

int
call_parse(struct call *call, int n_words, char **words_given)
{
	struct words words = {words_given, n_words};
	int status = find_command(call, &words);
	bool options_ended = status == 0 && call->command && call->command->takes_words;

	while (status == 0 && call->command && words.left > 0) {
		if (!options_ended && strcmp(*words.at, "--") == 0) {
			(void)words_take(&words);
			options_ended = true;
		} else if (!options_ended && is_option(*words.at)) {
			status = parse_option(call, &words);
		} else {
			add_argument(call, words_take(&words));
		}
	}
	if (call_has_global(call, GLOBAL_NO_COLOR)) {
		term_refuse_colors(&call->out);
		term_refuse_colors(&call->err);
	}
	if (status != 0 || !call->command || call_has_global(call, GLOBAL_HELP) ||
		call_has_global(call, GLOBAL_VERSION))
		return status;
	status = check_options(call);
	return status ? status : check_arguments(call);
}
