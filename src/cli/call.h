/*
 * call: one command as it was called: its arguments and options, and where it may talk.
 *
 * Standard output carries data, standard error all else. Messages say what, where, why, and what
 * to do next.
 */
#ifndef LILY_CLI_CALL_H
#define LILY_CLI_CALL_H

#include "cli/command.h"
#include "cli/status.h"
#include "cli/term.h"

struct call_option {
	const struct option_spec *spec;
	const char *value; /* NULL where it takes none */
};

struct call {
	const struct command *command; /* NULL: none was named */
	struct call_option *options;   /* in the order they were given */
	size_t n_options, options_capacity;
	const char **arguments;
	size_t n_arguments, arguments_capacity;
	struct term out;
	struct term err;
};

void call_init(struct call *call);
void call_done(struct call *call);

/* Reads the words behind "lily": finds the command, its options and arguments, and checks them
 * against its tables. 0, or STATUS_USAGE after saying what is wrong. With --help or --version the
 * check is left out. */
int call_parse(struct call *call, int n_words, char **words);

/* Options by their index in the command's table. */
bool call_has(const struct call *call, size_t option);
const char *call_text(const struct call *call, size_t option); /* NULL: not given */
/* The values of one that repeats: *cursor starts at 0; NULL at the end. */
const char *call_next(const struct call *call, size_t option, size_t *cursor);
size_t call_count(const struct call *call, size_t option);
/* A whole number from `least` to `most`: 1 given, 0 not given, < 0 after saying what is wrong. */
int call_number(const struct call *call, size_t option, uint64_t least, uint64_t most,
	uint64_t *ret_number);

bool call_has_global(const struct call *call, enum global_option option);
const char *call_global(const struct call *call, enum global_option option);
bool call_wants_json(const struct call *call);

/* The n-th argument, NULL where it was not given. */
const char *call_argument(const struct call *call, size_t n);

/* To standard error. call_usage adds how to get help, and returns STATUS_USAGE. call_fail shows an
 * error of the library and returns its status. */
void call_say(const struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void call_complain(const struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void call_warn(const struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void call_hint(const struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int call_usage(const struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int call_fail(const struct call *call, const struct lily_error *error);

/* Prints a value as one line of JSON. */
void call_print_json(const struct lily_value *value);

#endif
