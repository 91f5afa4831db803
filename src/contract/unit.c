#include "contract/unit.h"

#include "base/memory.h"
#include "json/json.h"

#define TEXT_MAX ((size_t)1 << 31)
#define INSTANCE_LEVELS 64

/* A distance has four digits of this base: kind of value, what tells alternatives apart, others. */
#define DIGIT 65536

size_t
unit_open(struct report *report, uint32_t level)
{
	if (report->n >= report->allowed) {
		report->is_cut = true;
		return SIZE_MAX;
	}
	report->units = memory_grow(
		report->units, report->n, &report->capacity, sizeof(*report->units));
	report->units[report->n] = (struct unit){.level = level};
	return report->n++;
}

static struct piece
write_place(struct report *report, const struct place *place)
{
	const struct place *steps[INSTANCE_LEVELS];
	uint32_t at = (uint32_t)report->text.n;
	size_t depth = 0;

	for (const struct place *p = place; p; p = p->outer)
		depth++;
	/* Outermost first, a handful of steps at a time. */
	while (depth) {
		size_t n = MIN(depth, INSTANCE_LEVELS);
		const struct place *p = place;

		for (size_t skip = depth - n; skip > 0; skip--)
			p = p->outer;
		for (size_t i = 0; i < n; i++, p = p->outer)
			steps[i] = p;
		/* The last of them are the outermost ones that are left to write. */
		for (size_t i = n; i-- > 0;) {
			if (steps[i]->text.p)
				json_pointer_add(&report->text, steps[i]->text);
			else
				buf_printf(&report->text, "/%u", steps[i]->index);
		}
		depth -= n;
	}
	return (struct piece){at, (uint32_t)(report->text.n - at)};
}

void
unit_close(struct report *report, size_t at, const struct unit *unit, const struct place *path,
	const struct place *where)
{
	struct unit *u;
	uint32_t level;

	if (at == SIZE_MAX)
		return;
	u = &report->units[at];
	level = u->level;
	if (report->n == at + 1 && !unit->message.n && !unit->annotation) {
		report->n = at;
		return;
	}
	if (report->text.n > TEXT_MAX) {
		report->is_cut = true;
		report->n = at;
		return;
	}
	*u = *unit;
	u->level = level;
	u->keyword_location = write_place(report, path);
	u->instance_location = write_place(report, where);
}

void
unit_filter(struct report *report, size_t at, bool keep_valid)
{
	size_t n = at;

	for (size_t i = at; i < report->n; i++)
		if (report->units[i].is_valid == keep_valid)
			report->units[n++] = report->units[i];
	report->n = n;
}

void
unit_cut(struct report *report, size_t at)
{
	if (at < report->n)
		report->n = at;
}

struct piece
unit_message(struct report *report, struct str text)
{
	uint32_t at = (uint32_t)report->text.n;

	buf_add_str(&report->text, text);
	return (struct piece){at, (uint32_t)text.n};
}

size_t
unit_end(const struct report *report, size_t at)
{
	size_t end = at + 1;

	while (end < report->n && report->units[end].level > report->units[at].level)
		end++;
	return end;
}

/* A wrong kind of value says that the branch was not meant at all; so does, a little less, a wrong
 * value where the branch names one, which is how alternatives are told apart. */
uint64_t
unit_distance(const struct report *report, size_t at)
{
	const struct unit *base = &report->units[at];
	size_t end = unit_end(report, at);
	uint64_t distance = 0;

	for (size_t i = at; i < end; i++) {
		const struct unit *u = &report->units[i];
		bool is_here = u->instance_location.n == base->instance_location.n;

		if (!u->message.n || u->is_valid)
			continue;
		if (u->keyword == KEYWORD_TYPE && is_here)
			distance += (uint64_t)DIGIT * DIGIT * DIGIT;
		else if (u->keyword == KEYWORD_CONST || u->keyword == KEYWORD_ENUM)
			distance += (uint64_t)DIGIT * DIGIT;
		else if (u->keyword == KEYWORD_TYPE)
			distance += DIGIT;
		distance += DIGIT / 4;
		/* Of equal ones, the one that got further in. */
		distance -= MIN(u->instance_location.n - base->instance_location.n, 64);
	}
	return distance;
}

size_t
unit_nearest(const struct report *report, size_t at)
{
	size_t end = unit_end(report, at);
	size_t nearest = 0;
	uint64_t least = UINT64_MAX;

	for (size_t i = at + 1; i < end; i = unit_end(report, i)) {
		uint64_t distance = unit_distance(report, i);

		if (report->units[i].is_schema && distance < least) {
			least = distance;
			nearest = i;
		}
	}
	return nearest;
}

void
unit_hide(struct report *report)
{
	for (size_t at = 0; at < report->n; at++) {
		struct unit *u = &report->units[at];
		bool has_branches = !u->is_valid && !u->is_schema &&
			(u->keyword == KEYWORD_ANY_OF || u->keyword == KEYWORD_ONE_OF);
		size_t end = has_branches ? unit_end(report, at) : 0;
		size_t nearest = has_branches && !u->is_whole ? unit_nearest(report, at) : 0;

		if (u->is_hidden || !has_branches)
			continue;
		for (size_t i = at + 1; i < end; i++)
			report->units[i].is_hidden = true;
		end = nearest ? unit_end(report, nearest) : 0;
		for (size_t i = nearest; i < end; i++)
			report->units[i].is_hidden = false;
	}
}
