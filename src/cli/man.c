/* Man pages from the tables: man_page of help.h. Format: man(7). */
#include "cli/help.h"

#include "cli/status.h"

#include <string.h>

/* Text as roff shows it unchanged: backslashes, and dots and quotes that begin a line, are
 * requests; a plain "-" would become a hyphen that cannot be copied. */
static void
add_roff(struct text *text, const char *string)
{
	bool line_start = true;

	for (const char *p = string; *p; p++) {
		if (line_start && (*p == '.' || *p == '\''))
			text_add_string(text, "\\&");
		if (*p == '\\')
			text_add_string(text, "\\e");
		else if (*p == '-')
			text_add_string(text, "\\-");
		else
			text_add_char(text, *p);
		line_start = *p == '\n';
	}
}

static void
add_roff_line(struct text *text, const char *string)
{
	add_roff(text, string);
	text_add_char(text, '\n');
}

/* Paragraphs: an empty line begins one; lines that begin with a blank are examples. */
static void
add_paragraphs(struct text *text, const char *string)
{
	bool example = false;

	while (*string) {
		size_t n = strcspn(string, "\n");
		AUTO_TEXT struct text line = TEXT_INIT;
		bool is_example = *string == ' ';

		text_add(&line, string, n);
		if (n == 0)
			text_add_string(text, ".PP\n");
		if (is_example != example && n > 0)
			text_add_string(text, is_example ? ".nf\n" : ".fi\n");
		if (n > 0)
			example = is_example;
		if (n > 0)
			add_roff_line(text, text_string(&line));
		string += n;
		string += *string == '\n';
	}
	if (example)
		text_add_string(text, ".fi\n");
}

static void
add_title(struct text *text, const char *name, const char *summary)
{
	AUTO_TEXT struct text page = TEXT_INIT;

	text_add_string(&page, "lily");
	if (name)
		text_format(&page, "-%s", name);
	for (size_t i = 0; i < page.size; i++)
		if (page.bytes[i] == ' ')
			page.bytes[i] = '-';
	text_format(text, ".TH \"%s\" \"1\" \"\" \"lily %s\" \"lily\"\n.SH NAME\n",
		text_string(&page), lily_version());
	add_roff(text, text_string(&page));
	text_add_string(text, " \\- ");
	add_roff_line(text, summary);
}

static void
add_options(struct text *text, const struct option_spec *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		AUTO_TEXT struct text option = TEXT_INIT;

		help_option(&option, &options[i]);
		text_add_string(text, ".TP\n.B ");
		add_roff_line(text, text_string(&option));
		add_roff(text, options[i].help);
		if (options[i].choices) {
			text_add_string(text, ": ");
			add_roff(text, options[i].choices);
		}
		text_add_string(text, ".\n");
	}
}

static void
add_arguments(struct text *text, const struct command *command)
{
	if (command->n_arguments > 0)
		text_add_string(text, ".SH ARGUMENTS\n");
	for (size_t i = 0; i < command->n_arguments; i++) {
		text_add_string(text, ".TP\n.I ");
		add_roff_line(text, command->arguments[i].name);
		add_roff(text, command->arguments[i].help);
		if (command->arguments[i].choices)
			text_format(text, ": %s", command->arguments[i].choices);
		text_add_string(text, ".\n");
	}
}

static void
add_examples(struct text *text, const struct command *command)
{
	if (command->n_examples > 0)
		text_add_string(text, ".SH EXAMPLES\n");
	for (size_t i = 0; i < command->n_examples; i++) {
		text_add_string(text, ".TP\n.B ");
		add_roff_line(text, command->examples[i].command);
		add_roff(text, command->examples[i].explanation);
		text_add_string(text, "\n");
	}
}

static void
add_status(struct text *text, int status)
{
	text_format(text, ".TP\n.B %d\n", status);
	add_roff(text, status_meaning(status));
	text_add_string(text, ".\n");
}

static void
add_statuses(struct text *text, const struct command *command)
{
	text_add_string(text, ".SH EXIT STATUS\n");
	add_status(text, STATUS_DONE);
	add_status(text, STATUS_USAGE);
	for (size_t i = 0; command->statuses && command->statuses[i]; i++)
		add_status(text, command->statuses[i]);
}

static void
command_page(struct text *text, const struct command *command)
{
	AUTO_TEXT struct text synopsis = TEXT_INIT;

	add_title(text, command->name, command->summary);
	help_synopsis(&synopsis, command);
	text_add_string(text, ".SH SYNOPSIS\n.B lily ");
	add_roff(text, text_string(&synopsis));
	text_add_string(text, " [OPTION…]\n");
	if (command->stands_alone) {
		text_add_string(text, ".br\n.B lily ");
		add_roff(text, command_verb(command));
		text_add_string(text, text_string(&synopsis) + strlen(command->name));
		text_add_string(text, " [OPTION…]\n");
	}
	text_add_string(text, ".SH DESCRIPTION\n");
	add_paragraphs(text, command->description ? command->description : command->summary);
	add_arguments(text, command);
	text_add_string(text, ".SH OPTIONS\n");
	add_options(text, command->options, command->n_options);
	add_options(text, global_options, GLOBAL_HELP + 1);
	add_examples(text, command);
	add_statuses(text, command);
	text_add_string(text, ".SH SEE ALSO\n.BR lily (1)\n");
}

static const char about[] =
	"lily runs a workflow, a graph of steps done by programs, on this machine: no daemon, "
	"no "
	"server, no account. It records what ran, on what, and what came of it, so that a run "
	"that "
	"was killed goes on with\n"
	".B lily resume\n"
	"and so that every artifact can be followed to the step that made it.\n"
	".PP\n"
	"A workflow file (*.lily.yaml) is described in\n"
	".BR lily\\-workflow (5)\n"
	"and checked, with advice on every error, by\n"
	".B lily check .\n"
	"Everything is kept in a store outside the workspace: see\n"
	".BR lily\\-store (1).\n"
	".SH ADDRESSES\n"
	".TP\n.B RUN\na prefix of a run's id that no other run shares, or @last, the newest "
	"run, "
	"which is also meant where none is named.\n"
	".TP\n.B RUN/STEP\na step of a run; STEP alone is one of the newest run where a "
	"command "
	"asks for a step.\n"
	".TP\n.B RUN/STEP@N\nthe attempt with the number N in its run.\n"
	".TP\n.B [RUN/]STEP.OUT\nthe accepted output of a step.\n"
	".TP\n.B RUN:N\nan artifact by its id.\n"
	".TP\n.B sha256:HEX\nan artifact by its bytes; at least 6 digits.\n";

static void
overview_page(struct text *text)
{
	add_title(text, NULL, "run workflows on this machine, durably");
	text_add_string(text,
		".SH SYNOPSIS\n.B lily\nCOMMAND [ARGUMENT…] [OPTION…]\n"
		".SH DESCRIPTION\n");
	text_add_string(text, about);
	text_add_string(text, ".SH COMMANDS\n");
	for (size_t i = 0; i < commands_count; i++) {
		if (commands[i]->hidden)
			continue;
		text_add_string(text, ".TP\n.B lily ");
		add_roff_line(text, commands[i]->name);
		add_roff_line(text, commands[i]->summary);
	}
	text_add_string(text, ".SH OPTIONS\n");
	add_options(text, global_options, GLOBAL_COUNT);
	text_add_string(
		text, ".SH EXIT STATUS\nWhen several hold, the first of 9 7 5 4 8 124 6 1.\n");
#define X(name, number, meaning) add_status(text, number);
	STATUSES(X)
#undef X
	text_add_string(text,
		".SH ENVIRONMENT\n"
		".TP\n.B NO_COLOR\nset and not empty: no colours.\n"
		".TP\n.B CLICOLOR_FORCE\nset and not 0: colours also where no terminal is.\n"
		".TP\n.B XDG_STATE_HOME\nstores are in its folder lily; else in "
		"~/.local/state/lily.\n");
}

void
man_page(struct text *text, const struct command *command)
{
	if (command)
		command_page(text, command);
	else
		overview_page(text);
}
