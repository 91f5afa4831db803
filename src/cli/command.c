#include "cli/command.h"

#include <stdlib.h>
#include <string.h>

const char *
command_verb(const struct command *command)
{
	const char *blank = strchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
}

bool
command_is_in(const struct command *command, const char *noun)
{
	size_t n = strlen(noun);

	return strncmp(command->name, noun, n) == 0 && command->name[n] == ' ';
}

const struct command *
command_find(const char *noun, const char *verb)
{
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *command = commands[i];

		if (verb) {
			if (command_is_in(command, noun) &&
				strcmp(command_verb(command), verb) == 0)
				return command;
		} else if (strcmp(command->name, noun) == 0 ||
			(command->stands_alone && strcmp(command_verb(command), noun) == 0)) {
			return command;
		}
	}
	return NULL;
}

const struct command_group *
command_find_group(const char *noun)
{
	for (size_t i = 0; i < command_groups_count; i++)
		if (strcmp(command_groups[i].name, noun) == 0)
			return &command_groups[i];
	return NULL;
}

/* Damerau's distance (adjacent letters swapped count once), up to words of 31 letters. */
#define WORD_MAX 31

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

static size_t
edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3];
		const size_t *over = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				over[j - 2] + 1 < row[j])
				row[j] = over[j - 2] + 1;
		}
	}
	return rows[n % 3][m];
}

void
slip_try(struct slip *slip, const char *candidate)
{
	size_t n = strlen(slip->word);
	size_t m = strlen(candidate);
	size_t distance;

	if (n == 0 || n > WORD_MAX || m > WORD_MAX)
		return;
	distance = edit_distance(slip->word, n, candidate, m);
	if (n >= 3 && strncmp(slip->word, candidate, n) == 0)
		distance = 1;
	if (distance > (m <= 4 ? 1U : m / 3) || (slip->best && distance >= slip->distance))
		return;
	slip->best = candidate;
	slip->distance = distance;
}

const char *
command_suggest(const char *noun, const char *word)
{
	struct slip slip = {.word = word};

	for (size_t i = 0; i < commands_count; i++) {
		const struct command *command = commands[i];

		if (command->hidden)
			continue;
		if (noun) {
			if (command_is_in(command, noun))
				slip_try(&slip, command_verb(command));
		} else if (command->stands_alone || !strchr(command->name, ' ')) {
			slip_try(&slip, command_verb(command));
		}
	}
	for (size_t i = 0; !noun && i < command_groups_count; i++)
		slip_try(&slip, command_groups[i].name);
	return slip.best;
}

const char *
command_suggest_option(const struct command *command, const char *word)
{
	struct slip slip = {.word = word};

	for (size_t i = 0; command && i < command->n_options; i++)
		slip_try(&slip, command->options[i].name);
	for (size_t i = 0; i < GLOBAL_COUNT; i++)
		slip_try(&slip, global_options[i].name);
	return slip.best;
}

static const struct option_spec *
option_named(const struct option_spec *options, size_t count, const char *name, size_t n)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(options[i].name) == n && memcmp(options[i].name, name, n) == 0)
			return &options[i];
	return NULL;
}

const struct option_spec *
command_option(const struct command *command, const char *name, size_t n)
{
	const struct option_spec *option = NULL;

	if (command)
		option = option_named(command->options, command->n_options, name, n);
	return option ? option : option_named(global_options, GLOBAL_COUNT, name, n);
}

const struct option_spec *
command_letter(const struct command *command, char letter)
{
	for (size_t i = 0; command && i < command->n_options; i++)
		if (command->options[i].letter == letter)
			return &command->options[i];
	for (size_t i = 0; i < GLOBAL_COUNT; i++)
		if (global_options[i].letter == letter)
			return &global_options[i];
	return NULL;
}
