#include "gate/report.h"

const char *
gate_status_name(enum gate_status status)
{
	static const char *const names[] = {"passed", "failed", "error"};

	return names[status];
}

static uint32_t
count(const struct gate_report *report, enum gate_status status)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < report->n_turns; i++)
		n += report->turns[i].status == status;
	return n;
}

/* The first that came to this end. */
static const struct gate_turn *
first(const struct gate_report *report, enum gate_status status)
{
	for (uint32_t i = 0; i < report->n_turns; i++)
		if (report->turns[i].status == status)
			return &report->turns[i];
	return NULL;
}

bool
report_disagrees(const struct gate_report *report)
{
	for (uint32_t i = 1; i < report->n_turns; i++)
		if (report->turns[i].status != report->turns[0].status)
			return true;
	return false;
}

void
report_conclude(struct gate_report *report, struct arena *arena)
{
	uint32_t passed = count(report, GATE_PASSED);
	const char *why;

	if (!report->n_turns)
		return;
	/* Who failed says more than who could not judge. */
	report->status = passed >= report->gate->pass ? GATE_PASSED
		: count(report, GATE_FAILED)          ? GATE_FAILED
						      : GATE_ERROR;
	report->decisive = first(report, report->status);
	why = report->decisive->reason;
	report->reason = why;
	if (report->n_turns > 1)
		report->reason = arena_printf(arena,
			"%u of %u turns passed, %u are asked for%s%s", passed, report->n_turns,
			report->gate->pass, why ? ": " : "", why ? why : "");
}

const char *
reports_blocking(const struct gate_report *reports, size_t n, size_t room, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	size_t more = 0;

	for (size_t i = 0; i < n; i++) {
		const struct gate_report *report = &reports[i];
		const char *why = report->reason ? report->reason : "did not pass";
		int line = (int)MIN(strcspn(why, "\n"), 400);

		if (!report->gate->required || report->status == GATE_PASSED)
			continue;
		if (b.n > room) {
			more++;
			continue;
		}
		buf_printf(&b, "%sgate %.*s: %.*s", b.n ? "; " : "",
			STR_ARG(report->gate->name), line, why);
	}
	if (more)
		buf_printf(&b, "; and %zu more", more);
	return b.n ? arena_cstr(arena, buf_str(&b)) : NULL;
}
