#include "base/clock.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#define US_PER_SECOND INT64_C(1000000)
#define DAYS_MAX 36500 /* a century: longer is a slip */
#define YEAR_1_US (INT64_C(-62135596800) * US_PER_SECOND)
#define YEAR_10000_US (INT64_C(253402300800) * US_PER_SECOND)

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) != 0)
		BUG("clock %d cannot be read", (int)id);
	return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t
clock_utc_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_boot_us(void)
{
	return read_clock(CLOCK_BOOTTIME);
}

/* Decimal digits with leading zeros; returns behind them. Readings write millions of times. */
static char *
put_digits(char *at, int number, int digits, char after)
{
	for (int i = digits - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
	at[digits] = after;
	return at + digits + 1;
}

const char *
clock_to_text(int64_t utc_us, char text[CLOCK_TEXT_SIZE])
{
	int64_t us = MIN(MAX(utc_us, YEAR_1_US), YEAR_10000_US - 1);
	int64_t micros = ((us % US_PER_SECOND) + US_PER_SECOND) % US_PER_SECOND;
	time_t seconds = (time_t)((us - micros) / US_PER_SECOND);
	char *at = text;
	struct tm parts;

	if (!gmtime_r(&seconds, &parts))
		BUG("time %lld has no date", (long long)us);
	at = put_digits(at, parts.tm_year + 1900, 4, '-');
	at = put_digits(at, parts.tm_mon + 1, 2, '-');
	at = put_digits(at, parts.tm_mday, 2, 'T');
	at = put_digits(at, parts.tm_hour, 2, ':');
	at = put_digits(at, parts.tm_min, 2, ':');
	at = put_digits(at, parts.tm_sec, 2, '.');
	*put_digits(at, (int)micros, 6, 'Z') = '\0';
	return text;
}

int
clock_boot_id(char ret_id[CLOCK_BOOT_ID_SIZE], struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(256);
	struct str id;
	int r = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &text, err);

	if (r < 0)
		return r;
	id = str_trim(buf_str(&text));
	if (id.n != CLOCK_BOOT_ID_SIZE - 1)
		return err_set(err, ERR_INVALID, "the kernel's boot_id is not a UUID");
	memcpy(ret_id, id.p, id.n);
	ret_id[id.n] = '\0';
	return 0;
}

const char *
clock_duration_to_text(int64_t us, char text[CLOCK_DURATION_SIZE])
{
	long long seconds = us / US_PER_SECOND;

	if (us < US_PER_SECOND)
		(void)snprintf(text, CLOCK_DURATION_SIZE, "%lldms", (long long)(us / 1000));
	else if (seconds < 60)
		(void)snprintf(text, CLOCK_DURATION_SIZE, "%d.%ds", (int)seconds,
			(int)(us % US_PER_SECOND / 100000));
	else if (seconds < 3600)
		(void)snprintf(text, CLOCK_DURATION_SIZE, "%dm %02ds", (int)(seconds / 60),
			(int)(seconds % 60));
	else
		(void)snprintf(text, CLOCK_DURATION_SIZE, "%lldh %02dm", seconds / 3600,
			(int)(seconds / 60 % 60));
	return text;
}

/* Takes the unit from the front of *s; microseconds, or 0 where there is none. */
static int64_t
take_unit(struct str *s)
{
	static const struct {
		struct str name;
		int64_t us;
	} units[] = {
		{{"ms", 2}, 1000},
		{{"s", 1}, US_PER_SECOND},
		{{"m", 1}, 60 * US_PER_SECOND},
		{{"h", 1}, 3600 * US_PER_SECOND},
		{{"d", 1}, 86400 * US_PER_SECOND},
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!str_starts(*s, units[i].name))
			continue;
		*s = (struct str){s->p + units[i].name.n, s->n - units[i].name.n};
		return units[i].us;
	}
	return 0;
}

bool
clock_parse_duration(struct str s, int64_t *ret_us)
{
	const int64_t longest = DAYS_MAX * INT64_C(86400) * US_PER_SECOND;
	int64_t total = 0;
	int64_t last_unit = INT64_MAX;

	if (!s.n)
		return false;
	while (s.n) {
		size_t digits = 0;
		uint64_t number;
		int64_t unit;

		while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
			digits++;
		if (!str_to_u64((struct str){s.p, digits}, INT32_MAX, &number))
			return false;
		s = (struct str){s.p + digits, s.n - digits};
		unit = take_unit(&s);
		if (!unit || unit >= last_unit || (int64_t)number > longest / unit)
			return false;
		total += (int64_t)number * unit;
		if (total > longest)
			return false;
		last_unit = unit;
	}
	*ret_us = total;
	return true;
}
