#include "cli/call.h"

#include "cli/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
call_init(struct call *call)
{
	*call = (struct call){0};
	term_init(&call->out, STDOUT_FILENO);
	term_init(&call->err, STDERR_FILENO);
}

void
call_done(struct call *call)
{
	free(call->options);
	free(call->arguments);
	call->options = NULL;
	call->arguments = NULL;
}

static const char *
value_of(const struct call *call, const struct option_spec *spec, bool *ret_given)
{
	for (size_t i = call->n_options; i > 0; i--) {
		if (call->options[i - 1].spec != spec)
			continue;
		*ret_given = true;
		return call->options[i - 1].value;
	}
	*ret_given = false;
	return NULL;
}

bool
call_has(const struct call *call, size_t option)
{
	bool given;

	(void)value_of(call, &call->command->options[option], &given);
	return given;
}

const char *
call_text(const struct call *call, size_t option)
{
	bool given;

	return value_of(call, &call->command->options[option], &given);
}

const char *
call_next(const struct call *call, size_t option, size_t *cursor)
{
	const struct option_spec *spec = &call->command->options[option];

	while (*cursor < call->n_options) {
		const struct call_option *given = &call->options[(*cursor)++];

		if (given->spec == spec)
			return given->value;
	}
	return NULL;
}

size_t
call_count(const struct call *call, size_t option)
{
	size_t cursor = 0;
	size_t n = 0;

	while (call_next(call, option, &cursor))
		n++;
	return n;
}

int
call_number(const struct call *call, size_t option, uint64_t at_least, uint64_t most,
	uint64_t *ret_number)
{
	const char *text = call_text(call, option);
	uint64_t number = 0;
	size_t n;

	if (!text)
		return 0;
	n = strspn(text, "0123456789");
	if (n > 0 && n < 19 && !text[n])
		number = strtoull(text, NULL, 10);
	if (n == 0 || n >= 19 || text[n] || number < at_least || number > most) {
		(void)call_usage(call,
			"--%s takes a whole number from %llu to %llu, not \"%s\"",
			call->command->options[option].name, (unsigned long long)at_least,
			(unsigned long long)most, text);
		return -1;
	}
	*ret_number = number;
	return 1;
}

bool
call_has_global(const struct call *call, enum global_option option)
{
	bool given;

	(void)value_of(call, &global_options[option], &given);
	return given;
}

const char *
call_global(const struct call *call, enum global_option option)
{
	bool given;

	return value_of(call, &global_options[option], &given);
}

bool
call_wants_json(const struct call *call)
{
	return call_has_global(call, GLOBAL_JSON);
}

const char *
call_argument(const struct call *call, size_t n)
{
	return n < call->n_arguments ? call->arguments[n] : NULL;
}

/* Messages quote what users and files say, so the whole of them is made safe. */
__attribute__((format(printf, 4, 0))) static void
talk(const struct call *call, const char *label, enum term_paint paint, const char *format,
	va_list args)
{
	AUTO_TEXT struct text line = TEXT_INIT;
	char *message = NULL;

	if (vasprintf(&message, format, args) < 0)
		heap_exhausted();
	if (*label)
		text_format(&line, "%s%s%s ", term_on(&call->err, paint), label,
			term_off(&call->err));
	text_add_safe(&line, message, strlen(message), TEXT_LINES);
	text_add_char(&line, '\n');
	free(message);
	(void)fflush(stdout);
	(void)fwrite(line.bytes, 1, line.size, stderr);
	(void)fflush(stderr);
}

#define TALK(label, paint)                              \
	do {                                            \
		va_list args;                           \
		va_start(args, format);                 \
		talk(call, label, paint, format, args); \
		va_end(args);                           \
	} while (0)

void
call_say(const struct call *call, const char *format, ...)
{
	TALK("", PAINT_NONE);
}

void
call_complain(const struct call *call, const char *format, ...)
{
	TALK("lily:", PAINT_RED);
}

void
call_warn(const struct call *call, const char *format, ...)
{
	TALK("lily: warning:", PAINT_YELLOW);
}

void
call_hint(const struct call *call, const char *format, ...)
{
	TALK("hint:", PAINT_CYAN);
}

int
call_usage(const struct call *call, const char *format, ...)
{
	TALK("lily:", PAINT_RED);
	if (call->command && !call->command->hidden)
		call_hint(call, "lily %s --help", call->command->name);
	else
		call_hint(call, "lily --help");
	return STATUS_USAGE;
}

int
call_fail(const struct call *call, const struct lily_error *error)
{
	call_complain(call, "%s", error->message);
	return status_of_error(error);
}

void
call_print_json(const struct lily_value *value)
{
	char *json = lily_value_to_json(value, LILY_JSON_COMPACT);

	(void)puts(json);
	lily_free(json);
}
