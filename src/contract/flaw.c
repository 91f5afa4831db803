#include "contract/flaw.h"

#include "base/memory.h"
#include "contract/report.h"

#define LOOK_BACK 32

/* A meta-schema is made of parts that say the same of one place. */
static bool
is_known(const struct flaw *flaws, size_t n, const struct flaw *flaw)
{
	for (size_t i = n - MIN(n, LOOK_BACK); i < n; i++)
		if (flaws[i].offset == flaw->offset &&
			str_equal(flaws[i].instance, flaw->instance) &&
			str_equal(flaws[i].message, flaw->message))
			return true;
	return false;
}

static void
collect(const struct report *report, struct arena *arena, const struct flaw **ret_flaws,
	size_t *ret_n)
{
	struct finding finding;
	struct flaw *flaws;
	size_t cursor = 0;
	size_t n = 0;

	while (report_next(report, &cursor, &finding))
		n++;
	flaws = ARENA_ARRAY(arena, n, struct flaw);
	cursor = 0;
	n = 0;
	while (report_next(report, &cursor, &finding)) {
		flaws[n] = (struct flaw){arena_str(arena, finding.instance_location),
			arena_str(arena, finding.message),
			finding.value ? finding.value->offset : SOURCE_NOWHERE};
		n += !is_known(flaws, n, &flaws[n]);
	}
	*ret_flaws = flaws;
	*ret_n = n;
}

int
flaws_find(const struct schema *schema, const struct value *value, struct arena *arena,
	const struct flaw **ret_flaws, size_t *ret_n, struct err *err)
{
	struct checker *checker = checker_new(NULL);
	struct report *report;
	int r = schema_is_valid(schema, checker, value, err);

	if (r == 0) {
		report = report_new();
		r = schema_check(schema, checker, value, 0, report, err);
		if (r == 0)
			collect(report, arena, ret_flaws, ret_n);
		report_free(report);
	}
	checker_free(checker);
	return r;
}
