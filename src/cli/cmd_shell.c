#include "cli/call.h"
#include "cli/place.h"
#include "cli/relay.h"
#include "cli/statuses.h"
#include "cli/target.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN_MOST 10

static const struct argument_spec arguments[] = {
	{.name = "RUN/STEP",
		.help = "the step, or RUN/STEP@N or @N for one attempt; else the newest one",
		.completion = COMPLETE_RUN_STEP},
	{.name = "CMD",
		.optional = true,
		.repeats = true,
		.help = "behind --: a command instead of a shell"},
};

static void
add_word(struct text *text, const char *word)
{
	bool plain = *word &&
		strspn(word,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789_-./=:,+@%") == strlen(word);

	text_add_char(text, ' ');
	if (!plain)
		text_add_char(text, '\'');
	for (const char *p = word; *p; p++) {
		if (*p == '\'')
			text_add_string(text, "'\\''");
		else
			text_add_safe(text, p, 1, TEXT_LINES);
	}
	if (!plain)
		text_add_char(text, '\'');
}

/* What this is, and what the attempt ran. */
static void
greet(const struct call *call, const struct lily_shell *shell)
{
	AUTO_TEXT struct text text = TEXT_INIT;

	for (const char *const *p = lily_shell_argv(shell); *p; p++)
		add_word(&text, *p);
	call_say(call, "a copy of attempt @%u of step %s; nothing is recorded, %s\n  it ran:%s",
		(unsigned)lily_shell_attempt(shell), lily_shell_step(shell),
		lily_shell_is_layered(shell)
			? "and what is written to the workspace is thrown away"
			: "but the workspace is the live one",
		text_string(&text));
}

/* What stands in $LILY_OUT, which goes now. */
static void
take_leave(const struct call *call, const struct lily_shell *shell)
{
	AUTO_TEXT struct text text = TEXT_INIT;
	DIR *out = opendir(lily_shell_out(shell));
	const struct dirent *entry;
	size_t n = 0;

	while (out && (entry = readdir(out)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (n++ >= SHOWN_MOST)
			continue;
		text_add_string(&text, n > 1 ? ", " : "");
		text_add_safe(&text, entry->d_name, strlen(entry->d_name), TEXT_LINE);
	}
	if (out)
		(void)closedir(out);
	if (n > SHOWN_MOST)
		text_format(&text, ", and %zu more", n - SHOWN_MOST);
	if (n > 0)
		call_say(call, "left in $LILY_OUT, and removed: %s", text_string(&text));
}

static int
open_shell(const struct call *call, struct lily_store *store, const struct target *target,
	const struct relay *relay, struct lily_shell **ret_shell, struct lily_error *error)
{
	const char *own = getenv("SHELL");
	const char *shell[] = {own && *own == '/' ? own : "bash", NULL};
	const char **argv = calloc(call->n_arguments + 1, sizeof(*argv));
	struct lily_shell_options options = {.argv = shell,
		.stdin_fd = relay ? relay->slave : STDIN_FILENO,
		.stdout_fd = relay ? relay->slave : STDOUT_FILENO,
		.stderr_fd = relay ? relay->slave : STDERR_FILENO,
		.has_terminal = relay != NULL};
	int n;

	if (!argv)
		abort();
	if (call->n_arguments > 1) {
		memcpy(argv, call->arguments + 1, (call->n_arguments - 1) * sizeof(*argv));
		options.argv = argv;
	} else {
		/* Somebody types at it. */
		options.term = getenv("TERM");
	}
	n = lily_shell_open(
		store, target->run, target->step, target->attempt, &options, ret_shell, error);
	free(argv);
	return n;
}

static int
work(struct call *call, struct lily_store *store, struct signals *signals,
	const struct target *target)
{
	bool typed = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	struct relay relay = {.master = -1, .slave = -1};
	struct lily_error error = {0};
	struct lily_shell *shell = NULL;
	int status = 0;
	int n;

	if (!typed && call->n_arguments < 2)
		return call_usage(call,
			"a shell wants a terminal; say what to run instead: lily shell %s -- "
			"CMD",
			call_argument(call, 0));
	if (typed && !relay_open(&relay)) {
		call_complain(call, "no terminal for the shell: %s", strerror(errno));
		return STATUS_SYSTEM;
	}
	n = open_shell(call, store, target, typed ? &relay : NULL, &shell, &error);
	if (n >= 0) {
		greet(call, shell);
		n = relay_run(typed ? &relay : NULL, shell, signals, &status, &error);
	}
	relay_close(&relay);
	if (n >= 0)
		take_leave(call, shell);
	lily_shell_close(shell);
	return n < 0 ? call_fail(call, &error) : status;
}

static int
run(struct call *call)
{
	struct target target;
	struct lily_error error = {0};
	struct lily_store *store;
	struct signals signals;
	int status;

	if (!target_parse(&target, call_argument(call, 0)))
		return call_usage(
			call, "%s names no attempt: @N takes a number", call_argument(call, 0));
	signals_open(&signals);
	status = place_open(call, LILY_STORE_READ_ONLY, &store);
	if (status == 0) {
		if (target_find_step(&target, store, &error) < 0)
			status = call_fail(call, &error);
		else
			status = work(call, store, &signals, &target);
		lily_store_close(store);
	}
	signals_close(&signals);
	target_done(&target);
	return status;
}

static const struct example examples[] = {
	{"lily shell test", "look around where the newest attempt of test was"},
	{"lily shell 0199a7b2/build@7", "where attempt 7 of that run was"},
	{"lily shell test -- env", "the exact environment of the step"},
	{"lily shell test -- sh -c 'ls -l \"$LILY_IN\"'", "what it took in"},
};

const struct command cmd_shell = {
	.name = "shell",
	.summary = "Open a shell in a copy of an attempt",
	.description =
		"$SHELL, or bash, or the command behind --, runs as the step was run: with the "
		"same "
		"variables, with its inputs at $LILY_IN as they were, with an empty $LILY_OUT, "
		"with its secrets, in the folder where it began, contained in the same way. "
		"Its "
		"folders are its own and are removed at the end; nothing is recorded. The "
		"workspace is the live one, but of a step whose changes are private or a "
		"transaction: then what is written to it is thrown away. "
		"$LILY_STATE is empty; what the step had as its "
		"standard input is the file $LILY_IN/.stdin. A shell that somebody types at "
		"has "
		"the TERM of the terminal.\n"
		"\n"
		"Its exit status is that of lily; 128 and the number of a signal that ended "
		"it.",
	.arguments = arguments,
	.n_arguments = COUNT(arguments),
	.examples = examples,
	.n_examples = COUNT(examples),
	.statuses = statuses_of_reading,
	.function = run,
};
