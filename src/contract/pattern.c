#include "contract/pattern.h"

int
pattern_new(struct str text, struct pattern **ret_pattern, struct err *err)
{
	(void)text, (void)ret_pattern;
	return err_set(err, ERR_LIMIT, "patterns are not built yet");
}

void
pattern_free(struct pattern *pattern)
{
	(void)pattern;
}

int
pattern_match(const struct pattern *pattern, struct str subject, struct err *err)
{
	(void)pattern, (void)subject;
	return err_set(err, ERR_LIMIT, "patterns are not built yet");
}
