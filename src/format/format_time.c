#include "format/format_time.h"

#include "format/cursor.h"

#define MINUTES_A_DAY 1440

struct date {
	unsigned day;
	unsigned last_day; /* of its month */
};

struct clock {
	unsigned second;
	int utc_minute; /* since the date's midnight in UTC; negative on the day before it */
};

static unsigned
last_day_of(unsigned year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && is_leap ? 29 : days[month - 1];
}

static bool
take_date(struct cursor *c, struct date *ret_date)
{
	unsigned year;
	unsigned month;
	struct date date;

	if (!cursor_take_digits(c, 4, &year) || !cursor_take(c, '-') ||
		!cursor_take_digits(c, 2, &month) || !cursor_take(c, '-') ||
		!cursor_take_digits(c, 2, &date.day))
		return false;
	if (month < 1 || month > 12)
		return false;
	date.last_day = last_day_of(year, month);
	*ret_date = date;
	return date.day >= 1 && date.day <= date.last_day;
}

static bool
take_hour_and_minute(struct cursor *c, int *ret_minutes)
{
	unsigned hour;
	unsigned minute;

	if (!cursor_take_digits(c, 2, &hour) || !cursor_take(c, ':') ||
		!cursor_take_digits(c, 2, &minute))
		return false;
	*ret_minutes = (int)(hour * 60 + minute);
	return hour <= 23 && minute <= 59;
}

static bool
take_offset(struct cursor *c, int *ret_minutes)
{
	bool is_west = cursor_peek(c) == '-';

	if (cursor_take_one_of(c, "Zz")) {
		*ret_minutes = 0;
		return true;
	}
	if (!cursor_take_one_of(c, "+-") || !take_hour_and_minute(c, ret_minutes))
		return false;
	if (is_west)
		*ret_minutes = -*ret_minutes;
	return true;
}

static bool
take_clock(struct cursor *c, struct clock *ret_clock)
{
	int minutes;
	int offset;
	unsigned second;

	if (!take_hour_and_minute(c, &minutes) || !cursor_take(c, ':') ||
		!cursor_take_digits(c, 2, &second) || second > 60)
		return false;
	if (cursor_take(c, '.') && !cursor_skip_digits(c))
		return false;
	if (!take_offset(c, &offset))
		return false;
	*ret_clock = (struct clock){second, minutes - offset};
	return true;
}

/* Whether the minute is the last of a UTC day: minutes and offsets are below a day, so that it can
 * only be that day or the one before. */
static bool
is_last_minute(const struct clock *clock)
{
	return clock->utc_minute == -1 || clock->utc_minute == MINUTES_A_DAY - 1;
}

bool
format_date(struct str text)
{
	struct cursor c = CURSOR_OF(text);
	struct date date;

	return take_date(&c, &date) && cursor_done(&c);
}

bool
format_time(struct str text)
{
	struct cursor c = CURSOR_OF(text);
	struct clock clock;

	if (!take_clock(&c, &clock) || !cursor_done(&c))
		return false;
	return clock.second < 60 || is_last_minute(&clock);
}

bool
format_date_time(struct str text)
{
	struct cursor c = CURSOR_OF(text);
	struct date date;
	struct clock clock;

	if (!take_date(&c, &date) || !cursor_take_one_of(&c, "Tt") || !take_clock(&c, &clock) ||
		!cursor_done(&c))
		return false;
	if (clock.second < 60)
		return true;
	/* The day before a first is the last of its month. */
	return is_last_minute(&clock) && date.day == (clock.utc_minute < 0 ? 1 : date.last_day);
}

/* One or more amounts, each of the unit that follows the one before in `units`. */
static bool
take_amounts(struct cursor *c, const char *units)
{
	const char *unit = NULL;

	do {
		const char *before = unit;
		uint32_t letter;

		if (!cursor_skip_digits(c))
			return false;
		/* Letters of a grammar mean both cases (RFC 5234, section 2.3). */
		letter = cursor_peek(c);
		if (!ascii_is_alpha(letter))
			return false;
		c->p++;
		unit = strchr(units, (int)(letter & ~0x20U));
		if (!unit || (before && unit != before + 1))
			return false;
	} while (ascii_is_digit(cursor_peek(c)));
	return true;
}

bool
format_duration(struct str text)
{
	struct cursor c = CURSOR_OF(text);
	struct cursor weeks;

	if (!cursor_take_one_of(&c, "Pp"))
		return false;
	weeks = c;
	if (cursor_skip_digits(&weeks) && cursor_take_one_of(&weeks, "Ww"))
		return cursor_done(&weeks);
	if (ascii_is_digit(cursor_peek(&c)) && !take_amounts(&c, "YMD"))
		return false;
	if (cursor_take_one_of(&c, "Tt"))
		return take_amounts(&c, "HMS") && cursor_done(&c);
	return cursor_done(&c) && c.p - text.p > 1;
}
