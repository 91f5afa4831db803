#include "store/states.h"

static const char *const run_names[] = {
#define X(name, text) text,
	ROW_RUN_STATUSES(X)
#undef X
};

static const char *const visit_names[] = {
#define X(name, text) text,
	ROW_VISIT_STATES(X)
#undef X
};

static const char *const attempt_names[] = {
#define X(name, text) text,
	ROW_ATTEMPT_STATES(X)
#undef X
};

static struct str
name_of(const char *const *names, int64_t n, int64_t number)
{
	return str_of(number >= 0 && number < n ? names[number] : "unknown");
}

struct str
row_run_name(int64_t status)
{
	return name_of(run_names, ROW_RUN_COUNT, status);
}

struct str
row_visit_name(int64_t state)
{
	return name_of(visit_names, ROW_VISIT_COUNT, state);
}

struct str
row_attempt_name(int64_t state)
{
	return name_of(attempt_names, ROW_ATTEMPT_COUNT, state);
}

bool
row_run_parse_end(struct str name, enum row_run *ret_status)
{
	for (int i = ROW_RUN_SUCCEEDED; i <= ROW_RUN_CANCELLED; i++) {
		if (!str_is(name, run_names[i]))
			continue;
		*ret_status = (enum row_run)i;
		return true;
	}
	return false;
}
