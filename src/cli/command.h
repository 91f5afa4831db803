/*
 * command: one command = one literal in one file.
 *
 * To add a command: write cmd_<name>.c with its tables and one `const struct command`, declare
 * that in commands.h, list it in commands.c, and name the file in meson.build. Parsing, --help,
 * the man page and shell completion are made from the literal; nothing else needs to be told.
 */
#ifndef LILY_CLI_COMMAND_H
#define LILY_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct call;

/* What the shell may offer for a value. */
enum completion {
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_DIRECTORY,
	COMPLETE_WORKFLOW, /* *.lily.yaml, and steps of it behind the first */
	COMPLETE_STEP,     /* of the workflow named before */
	COMPLETE_PARAM,    /* of the workflow named before, NAME= */
	COMPLETE_RUN,      /* RUN */
	COMPLETE_RUN_STEP, /* RUN or RUN/STEP */
	COMPLETE_ARTIFACT, /* RUN:N or RUN/STEP.OUT */
	COMPLETE_SCHEMA,   /* the id of one that lily has */
	COMPLETE_COMMAND,
};

struct option_spec {
	const char *name; /* long name without dashes */
	char letter;      /* or 0 */
	bool repeats;     /* may be given more than once, and each value counts */
	bool required;
	const char *value;   /* what its value is called; NULL: it takes none */
	const char *choices; /* the words it may be, separated by blanks; NULL: any */
	bool (*accepts)(const char *word); /* other forms of these; may be NULL */
	const char *help;
	enum completion completion;
};

struct argument_spec {
	const char *name;
	bool optional;
	bool repeats; /* the last one only */
	const char *choices;
	const char *help;
	enum completion completion;
};

struct example {
	const char *command;
	const char *explanation;
};

/* Returns the exit status. */
typedef int command_fn(struct call *call);

struct command {
	const char *name;    /* "init", "run list": a noun and its verb */
	bool stands_alone;   /* the verb is a command as well: "list" */
	bool hidden;         /* not listed */
	bool takes_words;    /* all that follows is arguments, also what begins with - */
	const char *summary; /* one line, no full stop */
	const char *description;
	const struct option_spec *options;
	size_t n_options;
	const struct argument_spec *arguments;
	size_t n_arguments;
	const struct example *examples;
	size_t n_examples;
	const int *statuses; /* exit codes beside 0 and 2, ended by 0 */
	command_fn *function;
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Options that every command takes. */
enum global_option {
	GLOBAL_STORE,
	GLOBAL_DIRECTORY,
	GLOBAL_JSON,
	GLOBAL_NO_COLOR,
	GLOBAL_HELP,
	GLOBAL_VERSION,
	GLOBAL_COUNT
};
extern const struct option_spec global_options[GLOBAL_COUNT];

/* All commands, in the order in which help lists them. */
extern const struct command *const commands[];
extern const size_t commands_count;

/* A noun that has verbs, and what it is about; verbs that stand alone are listed without it. */
struct command_group {
	const char *name;
	const char *summary;
};
extern const struct command_group command_groups[];
extern const size_t command_groups_count;

/* The command of these words, or NULL. verb NULL: by one word, be it a name or a verb that stands
 * alone. */
const struct command *command_find(const char *noun, const char *verb);
const struct command_group *command_find_group(const char *noun);

/* The word behind the blank of "run list"; the name itself where there is none. */
const char *command_verb(const struct command *command);
/* Whether it is a verb of that noun. */
bool command_is_in(const struct command *command, const char *noun);

/* The known word that is nearest to a mistyped one, or NULL: of commands (noun NULL), of a noun's
 * verbs, of options (with their dashes). */
const char *command_suggest(const char *noun, const char *word);
const char *command_suggest_option(const struct command *command, const char *word);

/* The option of that name or letter, a global one included; NULL if there is none. */
const struct option_spec *command_option(
	const struct command *command, const char *name, size_t n);
const struct option_spec *command_letter(const struct command *command, char letter);

/* The edit distance of two words is small enough for a slip. The nearest candidate is chosen by
 * the caller through slip_better. */
struct slip {
	const char *word;
	const char *best;
	size_t distance;
};
void slip_try(struct slip *slip, const char *candidate);

#endif
