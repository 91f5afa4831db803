#include "cli/status.h"

#include <stdbool.h>
#include <string.h>

const char *
status_meaning(int status)
{
	switch (status) {
#define X(name, number, meaning) \
	case number: return meaning;
		STATUSES(X)
#undef X
	default: return NULL;
	}
}

int
status_worst(int a, int b)
{
	static const int order[] = {STATUS_SYSTEM, STATUS_CANCELLED, STATUS_POLICY, STATUS_GATE,
		STATUS_LIMIT, STATUS_TIMEOUT, STATUS_WAITING, STATUS_FAILED};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a ? a : b;
}

int
status_of_error(const struct lily_error *error)
{
	switch (error->code) {
	case LILY_ERROR_NOT_FOUND:
	case LILY_ERROR_INVALID: return STATUS_INVALID;
	case LILY_ERROR_LIMIT: return STATUS_LIMIT;
	case LILY_ERROR_POLICY: return STATUS_POLICY;
	default: return STATUS_SYSTEM;
	}
}

static bool
is(const struct lily_value *value, const char *text)
{
	size_t n;
	const char *bytes = lily_value_text(value, &n);

	return n == strlen(text) && memcmp(bytes, text, n) == 0;
}

int
status_of_failure(const struct lily_value *class)
{
	if (is(class, "budget") || is(class, "limit"))
		return STATUS_LIMIT;
	if (is(class, "policy") || is(class, "violation"))
		return STATUS_POLICY;
	if (is(class, "gate"))
		return STATUS_GATE;
	return is(class, "timeout") ? STATUS_TIMEOUT : STATUS_FAILED;
}

int
status_of_run(const struct lily_value *run)
{
	const struct lily_value *status = lily_value_get(run, "status");
	const struct lily_value *failed = lily_value_get(run, "failed_steps");
	int worst = STATUS_FAILED;

	if (is(status, "cancelled"))
		return STATUS_CANCELLED;
	if (is(status, "waiting"))
		return STATUS_WAITING;
	if (!is(status, "failed"))
		return STATUS_DONE;
	if (lily_value_count(lily_value_get(run, "exhausted")) > 0)
		worst = STATUS_LIMIT;
	for (size_t i = 0; i < lily_value_count(failed); i++) {
		const struct lily_value *failure = lily_value_at(failed, i);

		if (!lily_value_boolean(lily_value_get(failure, "tolerated"), 0))
			worst = status_worst(
				worst, status_of_failure(lily_value_get(failure, "class")));
	}
	return worst;
}
