#include "cli/target.h"

#include "cli/field.h"
#include "cli/heap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An id begins with 0 until the year 2527 (RFC 9562, version 7), and so no step called "cafe" is
 * taken for one. */
static bool
is_run(const char *word, size_t n)
{
	if (n > 1 && word[0] == '@' && isalpha((unsigned char)word[1]))
		return true;
	return n >= 4 && word[0] == '0' && strspn(word, "0123456789abcdefABCDEF-") >= n;
}

static bool
parse_attempt(const char *digits, uint32_t *ret_attempt)
{
	size_t n = strspn(digits, "0123456789");

	if (n == 0 || n > 9 || digits[n] || digits[0] == '0')
		return false;
	*ret_attempt = (uint32_t)strtoul(digits, NULL, 10);
	return true;
}

bool
target_parse(struct target *target, const char *word)
{
	const char *rest = word ? word : "";
	const char *at = strrchr(rest, '@');
	size_t length = strlen(rest);
	size_t run;

	*target = (struct target){0};
	if (at && !isalpha((unsigned char)at[1])) {
		if (!parse_attempt(at + 1, &target->attempt))
			return false;
		length = (size_t)(at - rest);
	}
	run = strcspn(rest, "/");
	if (run > length)
		run = length;
	if (!is_run(rest, run))
		run = 0;
	target->run = heap_copy(rest, run);
	rest += run;
	length -= run;
	if (run > 0 && length > 0 && *rest == '/') {
		rest++;
		length--;
	}
	if (length > 0)
		target->step = heap_copy(rest, length);
	return true;
}

void
target_done(struct target *target)
{
	free(target->run);
	free(target->step);
	*target = (struct target){0};
}

static bool
has_attempt(const struct lily_value *step, uint32_t number)
{
	const struct lily_value *attempts = lily_value_get(step, "attempts");

	for (size_t i = 0; i < lily_value_count(attempts); i++)
		if (field_integer(lily_value_at(attempts, i), "attempt", 0) == number)
			return true;
	return false;
}

int
target_find_step(struct target *target, struct lily_store *store, struct lily_error *error)
{
	struct lily_document *document;
	const struct lily_value *list;
	int n;

	if (target->step || target->attempt == 0)
		return 0;
	n = lily_run_describe(store, target->run, NULL, LILY_SHOW_STEPS, &document, error);
	if (n < 0)
		return n;
	list = lily_value_get(lily_document_root(document), "step_list");
	for (size_t i = 0; i < lily_value_count(list) && !target->step; i++) {
		const struct lily_value *step = lily_value_at(list, i);
		const char *name = field_text(step, "step");

		if (has_attempt(step, target->attempt))
			target->step = heap_copy(name, strlen(name));
	}
	lily_document_free(document);
	if (target->step)
		return 0;
	error->code = LILY_ERROR_NOT_FOUND;
	error->system_errno = 0;
	(void)snprintf(error->message, sizeof(error->message),
		"no attempt @%u in this run; `lily show` lists them", target->attempt);
	return LILY_ERROR_NOT_FOUND;
}
