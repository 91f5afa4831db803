#include "cli/mistake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool
mistake_is_placed(const char *message, const char *path)
{
	size_t n = strlen(path);

	return strncmp(message, path, n) == 0 && message[n] == ':' &&
		isdigit((unsigned char)message[n + 1]);
}

bool
mistake_has_place(const struct lily_error *error, const char *path)
{
	return error->code == LILY_ERROR_INVALID && mistake_is_placed(error->message, path);
}

/* Digits and a colon; moves behind them. */
static bool
read_number(const char **rest, unsigned long *ret_number)
{
	char *end;

	if (!isdigit((unsigned char)**rest))
		return false;
	*ret_number = strtoul(*rest, &end, 10);
	if (*end != ':')
		return false;
	*rest = end + 1;
	return true;
}

void
mistake_add(struct text *text, const char *path, const char *shown)
{
	const char *rest = shown + strlen(path) + 1;
	unsigned long line;
	unsigned long column;

	if (read_number(&rest, &line) && read_number(&rest, &column))
		text_format(text, "\"line\":%lu,\"column\":%lu", line, column);
	else
		text_add_string(text, "\"line\":null,\"column\":null");
	rest += *rest == ' ';
	text_add_string(text, ",\"message\":");
	text_add_json(text, rest, strcspn(rest, "\n"));
}
