/* The words of a command line, and the tables that they are read by. */
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 32

/* Complaints are checked by their status here, and by their words in tests/cli. */
static int
silence_begin(void)
{
	int before = dup(STDERR_FILENO);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_true(before >= 0 && null >= 0);
	assert_true(dup2(null, STDERR_FILENO) >= 0);
	(void)close(null);
	return before;
}

static void
silence_end(int before)
{
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	(void)close(before);
}

static size_t
split(char *line, char **words)
{
	size_t n = 0;

	for (char *p = line; *p;) {
		assert_true(n < WORDS_MAX);
		words[n++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	return n;
}

struct parsed {
	char line[256];
	struct call call;
	int status;
};

static void
parse(struct parsed *parsed, const char *line)
{
	char *words[WORDS_MAX];
	int before = silence_begin();
	size_t n;

	(void)snprintf(parsed->line, sizeof(parsed->line), "%s", line);
	n = split(parsed->line, words);
	call_init(&parsed->call);
	parsed->status = call_parse(&parsed->call, (int)n, words);
	silence_end(before);
}

static void
commands_are_found(void **state)
{
	static const struct {
		const char *line, *command;
		size_t n_arguments;
	} cases[] = {
		{"run", "run", 0},
		{"run x.yaml", "run", 1},
		{"run x.yaml a b", "run", 3},
		{"run list", "run list", 0},
		{"run --json list", "run list", 0},
		{"run -C /tmp list", "run list", 0},
		{"--json run list", "run list", 0},
		{"list", "run list", 0},
		{"run ./list", "run", 1},
		{"run -- list", "run", 1},
		{"run x list", "run", 2},
		{"logs @last -f", "run logs", 1},
		{"logs -f @last", "run logs", 1},
		{"check", "workflow check", 0},
		{"workflow check a b", "workflow check", 2},
		{"artifact cat x", "artifact cat", 1},
		{"artifact put -", "artifact put", 1},
		{"version", "version", 0},
		{"__complete run --", "__complete", 2},
		{"__complete --json", "__complete", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].line);
		assert_int_equal(parsed.status, 0);
		assert_non_null(parsed.call.command);
		assert_string_equal(parsed.call.command->name, cases[i].command);
		assert_int_equal(parsed.call.n_arguments, cases[i].n_arguments);
		call_done(&parsed.call);
	}
}

static void
wrong_words_are_refused(void **state)
{
	static const char *const lines[] = {
		"frob",
		"--frob",
		"-x",
		"run --frob",
		"run -x",
		"run --param",
		"run -p",
		"run list extra",
		"cat x",
		"put x",
		"artifact",
		"artifact frob",
		"workflow",
		"artifact cat",
		"artifact get a b",
		"run --fail-fast=yes",
		"graph --format png",
		"run finish --status maybe",
		"completion csh",
		"completion",
		"run new extra",
		"run --store",
		"version 1",
		"replay",
		"why",
		"gc",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct parsed parsed;

		parse(&parsed, lines[i]);
		if (parsed.status != STATUS_USAGE)
			fail_msg("accepted: lily %s", lines[i]);
		call_done(&parsed.call);
	}
}

static void
options_are_read(void **state)
{
	enum { PARAM, PARAMS_FILE, INPUT, WORK_ORDER, KEY, PARALLEL, FAIL_FAST };
	struct parsed parsed;
	size_t cursor = 0;
	uint64_t number = 0;

	(void)state;
	parse(&parsed,
		"run -p a=1 --param=b=2 -pc=3 x.yaml --key=k2 -j4 --fail-fast --store "
		"/s");
	assert_int_equal(parsed.status, 0);
	assert_int_equal(call_count(&parsed.call, PARAM), 3);
	assert_string_equal(call_next(&parsed.call, PARAM, &cursor), "a=1");
	assert_string_equal(call_next(&parsed.call, PARAM, &cursor), "b=2");
	assert_string_equal(call_next(&parsed.call, PARAM, &cursor), "c=3");
	assert_null(call_next(&parsed.call, PARAM, &cursor));
	assert_string_equal(call_text(&parsed.call, KEY), "k2");
	assert_int_equal(call_number(&parsed.call, PARALLEL, 1, 100, &number), 1);
	assert_int_equal(number, 4);
	assert_true(call_number(&parsed.call, PARALLEL, 5, 100, &number) < 0);
	assert_true(call_has(&parsed.call, FAIL_FAST));
	assert_false(call_has(&parsed.call, INPUT));
	assert_null(call_text(&parsed.call, WORK_ORDER));
	assert_string_equal(call_global(&parsed.call, GLOBAL_STORE), "/s");
	assert_string_equal(call_argument(&parsed.call, 0), "x.yaml");
	assert_null(call_argument(&parsed.call, 1));
	call_done(&parsed.call);
}

/* Which of the two is meant nobody can tell. */
static void
one_value_is_given_once(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "run --key k1 x.yaml --key=k2");
	assert_int_equal(parsed.status, STATUS_USAGE);
	call_done(&parsed.call);
}

static void
numbers_are_whole(void **state)
{
	enum { LIMIT };
	static const char *const wrong[] = {
		"-1", "", "1x", "x", "0", "99999999999999999999", "4294967296", "1.5", "+1"};
	uint64_t number = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct parsed parsed;
		char line[64];

		(void)snprintf(line, sizeof(line), "list --limit=%s", wrong[i]);
		parse(&parsed, line);
		assert_int_equal(parsed.status, 0);
		assert_true(call_number(&parsed.call, LIMIT, 1, UINT32_MAX, &number) < 0);
		assert_int_equal(number, 7);
		call_done(&parsed.call);
	}
}

static void
slips_are_guessed(void **state)
{
	static const struct {
		const char *noun, *word, *meant;
	} cases[] = {
		{NULL, "rnu", "run"},
		{NULL, "lsit", "list"},
		{NULL, "resum", "resume"},
		{NULL, "evnts", "events"},
		{NULL, "artifcat", "artifact"},
		{NULL, "completion", "completion"},
		{NULL, "doctr", "doctor"},
		{NULL, "comp", "completion"},
		{NULL, "zzz", NULL},
		{NULL, "", NULL},
		{"artifact", "lst", "list"},
		{"artifact", "resume", NULL},
		{"run", "strat", "start"},
		{NULL, "averyveryveryverylongwordthatisnocommandatall", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *guess = command_suggest(cases[i].noun, cases[i].word);

		if (!cases[i].meant) {
			assert_null(guess);
			continue;
		}
		assert_non_null(guess);
		assert_string_equal(guess, cases[i].meant);
	}
	assert_string_equal(command_suggest_option(&cmd_run, "fial-fast"), "fail-fast");
	assert_string_equal(command_suggest_option(NULL, "jsno"), "json");
	assert_null(command_suggest_option(&cmd_run, "qqqqqq"));
}

static void
check_options(const struct command *command)
{
	for (size_t i = 0; i < command->n_options; i++) {
		const struct option_spec *option = &command->options[i];

		assert_non_null(option->name);
		assert_non_null(option->help);
		assert_ptr_equal(
			command_option(command, option->name, strlen(option->name)), option);
		if (option->letter)
			assert_ptr_equal(command_letter(command, option->letter), option);
		for (size_t k = 0; k < GLOBAL_COUNT; k++) {
			assert_string_not_equal(option->name, global_options[k].name);
			if (option->letter)
				assert_int_not_equal(option->letter, global_options[k].letter);
		}
	}
}

/* What parsing, help and completion rely on holds for every command. */
static void
tables_are_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *command = commands[i];
		const char *blank = strchr(command->name, ' ');
		AUTO_TEXT struct text noun = TEXT_INIT;

		assert_non_null(command->summary);
		assert_non_null(command->function);
		assert_int_not_equal(command->summary[strlen(command->summary) - 1], '.');
		if (blank) {
			text_add(&noun, command->name, (size_t)(blank - command->name));
			assert_non_null(command_find_group(text_string(&noun)));
			assert_ptr_equal(
				command_find(text_string(&noun), command_verb(command)),
				command);
		}
		if (!blank || command->stands_alone)
			assert_ptr_equal(command_find(command_verb(command), NULL), command);
		check_options(command);
		for (size_t k = 0; k < command->n_arguments; k++) {
			assert_non_null(command->arguments[k].help);
			if (k + 1 < command->n_arguments)
				assert_false(command->arguments[k].repeats);
			if (k > 0 && command->arguments[k - 1].optional)
				assert_true(command->arguments[k].optional);
		}
	}
}

static void
help_and_man_pages_say_all(void **state)
{
	struct term term = {0};

	(void)state;
	for (size_t i = 0; i < commands_count; i++) {
		const struct command *command = commands[i];
		AUTO_TEXT struct text help = TEXT_INIT;
		AUTO_TEXT struct text page = TEXT_INIT;

		help_command(&help, &term, command);
		man_page(&page, command);
		assert_non_null(strstr(text_string(&help), command->summary));
		assert_int_equal(strncmp(text_string(&page), ".TH \"lily-", 10), 0);
		for (size_t k = 0; k < command->n_options; k++) {
			AUTO_TEXT struct text option = TEXT_INIT;

			help_option(&option, &command->options[k]);
			assert_non_null(strstr(text_string(&help), text_string(&option)));
		}
		for (const char *p = text_string(&help); *p;) {
			size_t n = strcspn(p, "\n");

			if (text_width(p, n) > 96)
				fail_msg("lily help %s is too wide: %.*s", command->name,
					(int)n, p);
			p += n + (p[n] == '\n');
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_found),
		cmocka_unit_test(wrong_words_are_refused),
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(one_value_is_given_once),
		cmocka_unit_test(numbers_are_whole),
		cmocka_unit_test(slips_are_guessed),
		cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(help_and_man_pages_say_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
