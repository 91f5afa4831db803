/* The half of text.h that shows numbers and times. */
#include "cli/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

void
text_add_duration(struct text *text, int64_t us)
{
	int64_t seconds = us / 1000000;

	if (us < 0)
		us = 0;
	if (us < 1000)
		text_format(text, "%" PRId64 "µs", us);
	else if (us < 100000)
		text_format(text, "%" PRId64 "ms", us / 1000);
	else if (us < 60000000)
		text_format(text, "%" PRId64 ".%" PRId64 "s", seconds, us / 100000 % 10);
	else if (seconds < 3600)
		text_format(text, "%" PRId64 "m %02" PRId64 "s", seconds / 60, seconds % 60);
	else if (seconds < 86400)
		text_format(
			text, "%" PRId64 "h %02" PRId64 "m", seconds / 3600, seconds / 60 % 60);
	else
		text_format(text, "%" PRId64 "d %02" PRId64 "h", seconds / 86400,
			seconds / 3600 % 24);
}

void
text_add_size(struct text *text, uint64_t bytes)
{
	static const char units[][3] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		text_format(text, "%" PRIu64 " B", bytes);
		return;
	}
	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	text_format(text, "%.*f %s", value < 9.95 ? 1 : 0, value, units[unit]);
}

void
text_add_count(struct text *text, uint64_t number)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0 && number >= 10000)
			text_add_char(text, ' ');
		text_add_char(text, digits[i]);
	}
}

void
text_add_plural(struct text *text, uint64_t number, const char *noun)
{
	text_add_count(text, number);
	text_format(text, " %s%s", noun, number == 1 ? "" : "s");
}

static void
add_broken_down(struct text *text, const struct tm *tm, char between)
{
	text_format(text, "%04d-%02d-%02d%c%02d:%02d:%02d", tm->tm_year + 1900, tm->tm_mon + 1,
		tm->tm_mday, between, tm->tm_hour, tm->tm_min, tm->tm_sec);
}

void
text_add_time(struct text *text, int64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	add_broken_down(text, &tm, 'T');
	text_format(text, ".%06dZ", (int)(utc_us % 1000000));
}

void
text_add_local_time(struct text *text, int64_t utc_us)
{
	time_t seconds = (time_t)(utc_us / 1000000);
	struct tm tm;

	if (!localtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	add_broken_down(text, &tm, ' ');
}

bool
text_parse_time(const char *string, int64_t *ret_utc_us)
{
	struct tm tm = {0};
	int used = 0;
	int64_t us = 0;

	if (sscanf(string, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		    &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &used) != 6)
		return false;
	if (string[used] == '.') {
		size_t n = strspn(string + used + 1, "0123456789");

		for (size_t i = 0; i < 6; i++)
			us = us * 10 + (i < n ? string[used + 1 + (int)i] - '0' : 0);
		used += 1 + (int)n;
	}
	if (strcmp(string + used, "Z") != 0)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret_utc_us = (int64_t)timegm(&tm) * 1000000 + us;
	return true;
}
