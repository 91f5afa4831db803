/*
 * help: what --help, the man pages and the overview say; all of it from the tables of commands.
 */
#ifndef LILY_CLI_HELP_H
#define LILY_CLI_HELP_H

#include "cli/command.h"
#include "cli/term.h"

/* lily --help: commands by group. */
void help_overview(struct text *text, const struct term *term);
/* One noun's verbs; one command. */
void help_group(struct text *text, const struct term *term, const struct command_group *group);
void help_command(struct text *text, const struct term *term, const struct command *command);

/* "run [FILE] [STEP…]": the name and its arguments, options left out. */
void help_synopsis(struct text *text, const struct command *command);
/* "-p, --param K=V". */
void help_option(struct text *text, const struct option_spec *option);

/* Man pages in man(7): of a command, and lily(1) itself where command is NULL. */
void man_page(struct text *text, const struct command *command);

#endif
