#include "contract/format.h"

enum format
format_find(struct str name)
{
#define X(id, text)               \
	if (str_is(name, text))   \
		return FORMAT_##id;
	FORMAT_LIST(X)
#undef X
	return FORMAT_UNKNOWN;
}

const char *
format_name(enum format format)
{
	(void)format;
	return "";
}

bool
format_check(enum format format, struct str text)
{
	(void)format, (void)text;
	return true;
}
