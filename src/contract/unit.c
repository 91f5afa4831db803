#include "contract/unit.h"

#include "base/memory.h"

#define TEXT_MAX ((size_t)64 << 20)

#define DISTANCE_OTHER ((uint64_t)1 << 12)
#define DISTANCE_NAME ((uint64_t)1 << 28)
#define DISTANCE_KIND ((uint64_t)1 << 44)
#define DISTANCE_MAX ((uint64_t)1 << 62)

bool
unit_is_full(const struct report *report)
{
	return report->n >= report->allowed || report->text.n > TEXT_MAX;
}

size_t
unit_open(struct report *report, uint32_t level)
{
	if (unit_is_full(report)) {
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

/* A step as a token of a JSON Pointer (RFC 6901), from its end on: where it begins. */
static char *
write_step_before(char *end, const struct place *step)
{
	uint32_t number = step->index;

	for (size_t i = step->text.p ? step->text.n : 0; i-- > 0;) {
		char c = step->text.p[i];

		*--end = (char)(c == '~' ? '0' : c == '/' ? '1' : c);
		if (c == '~' || c == '/')
			*--end = '~';
	}
	if (!step->text.p)
		do
			*--end = (char)('0' + number % 10);
		while (number /= 10);
	*--end = '/';
	return end;
}

static size_t
count_step(const struct place *step)
{
	size_t n = 1;
	uint32_t number = step->index;

	for (size_t i = 0; step->text.p && i < step->text.n; i++)
		n += 1U + (step->text.p[i] == '~' || step->text.p[i] == '/');
	if (!step->text.p)
		do
			n++;
		while (number /= 10);
	return n;
}

/* The steps are linked from the innermost outwards, so the text is written from its end. */
static struct piece
write_place(struct report *report, const struct place *place, size_t n)
{
	uint32_t at = (uint32_t)report->text.n;
	char *end = buf_reserve(&report->text, n);

	if (!end) {
		report->is_cut = true;
		return (struct piece){at, 0};
	}
	report->text.n += n;
	end += n;
	for (const struct place *p = place; p; p = p->outer)
		end = write_step_before(end, p);
	return (struct piece){at, (uint32_t)n};
}

/* What is below a unit is at a place that begins with the unit's own, `inner`. */
static struct piece
place_around(struct report *report, const struct place *place, const struct piece *inner)
{
	size_t n = 0;

	for (const struct place *p = place; p; p = p->outer)
		n += count_step(p);
	if (inner && inner->n >= n)
		return (struct piece){inner->at, (uint32_t)n};
	return write_place(report, place, n);
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
	const struct unit *below;
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
	below = report->n > at + 1 ? u + 1 : NULL;
	*u = *unit;
	u->level = level;
	u->keyword_location =
		place_around(report, path, below ? &below->keyword_location : NULL);
	u->instance_location =
		place_around(report, where, below ? &below->instance_location : NULL);
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

struct report_mark
unit_mark(const struct report *report)
{
	return (struct report_mark){report->n, report->text.n, report->is_cut};
}

void
unit_drop(struct report *report, struct report_mark mark)
{
	report->n = mark.n;
	report->text.n = mark.text;
	report->is_cut = mark.is_cut;
}

struct piece
unit_message(struct report *report, struct str text)
{
	uint32_t at = (uint32_t)report->text.n;

	buf_add_str(&report->text, text);
	if (report->text.n - at == text.n)
		return (struct piece){at, (uint32_t)text.n};
	report->is_cut = true;
	return (struct piece){at, 0};
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
