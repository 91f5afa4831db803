#include "contract/unit.h"

#include "base/memory.h"
#include "json/json.h"

#define TEXT_MAX ((size_t)1 << 31)
#define INSTANCE_LEVELS 64

#define DISTANCE_OTHER ((uint64_t)1 << 12)
#define DISTANCE_NAME ((uint64_t)1 << 28)
#define DISTANCE_KIND ((uint64_t)1 << 44)
#define DISTANCE_MAX ((uint64_t)1 << 62)

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

size_t
unit_end(const struct report *report, size_t at)
{
	size_t end = at + 1;

	while (end < report->n && report->units[end].level > report->units[at].level)
		end++;
	return end;
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

/* How far a failure is from none, from what failed alone. A wrong kind of value says that a schema
 * was not meant at all; so does, a little less, another value where the schema names one, which is
 * how alternatives are told apart. */
static uint64_t
distance_alone(const struct unit *u)
{
	if (u->is_valid || !u->message.n)
		return 0;
	if (u->keyword == KEYWORD_TYPE)
		return DISTANCE_KIND;
	if (u->keyword == KEYWORD_CONST || u->keyword == KEYWORD_ENUM)
		return DISTANCE_NAME * 2;
	return DISTANCE_OTHER;
}

/* The same failure counts less the deeper in the value it is. */
static uint64_t
distance_from_above(uint64_t distance)
{
	if (distance >= DISTANCE_KIND)
		distance = DISTANCE_OTHER * 8;
	else if (distance >= DISTANCE_NAME * 2)
		distance = DISTANCE_NAME;
	else if (distance >= DISTANCE_NAME)
		distance = DISTANCE_OTHER * 2;
	return distance - (distance > 0);
}

/* Of alternatives the nearest counts, of all else everything. */
static uint64_t
distance_of(const struct report *report, size_t at)
{
	const struct unit *u = &report->units[at];
	bool has_branches = u->keyword == KEYWORD_ANY_OF || u->keyword == KEYWORD_ONE_OF;
	uint64_t nearest = UINT64_MAX;
	uint64_t all = 0;

	for (size_t i = at + 1; i < report->n; i = unit_end(report, i)) {
		const struct unit *child = &report->units[i];
		uint64_t distance = child->distance;

		if (child->instance_location.n > u->instance_location.n)
			distance = distance_from_above(distance);
		nearest = MIN(nearest, distance);
		all = MIN(all + distance, DISTANCE_MAX);
	}
	if (has_branches && !u->is_schema && nearest < UINT64_MAX)
		all = nearest;
	return MIN(distance_alone(u) + all, DISTANCE_MAX);
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
	u->distance = u->is_valid ? 0 : distance_of(report, at);
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
unit_nearest(const struct report *report, size_t at)
{
	size_t end = unit_end(report, at);
	size_t nearest = 0;
	uint64_t least = UINT64_MAX;

	for (size_t i = at + 1; i < end; i = unit_end(report, i)) {
		const struct unit *u = &report->units[i];

		if (!u->is_schema || u->distance >= least)
			continue;
		least = u->distance;
		nearest = i;
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
