/*
 * format_time: date, time, date-time (RFC 3339, section 5.6) and duration (its appendix A).
 *
 * Dates exist in the Gregorian calendar, years 0000 to 9999. Second 60 is a leap second: it is
 * allowed where the time in UTC is 23:59:60, and with a date only on the last day of a month in UTC
 * (section 5.7). Which months had one is announced half a year ahead and not known here.
 */
#ifndef LILY_FORMAT_FORMAT_TIME_H
#define LILY_FORMAT_FORMAT_TIME_H

#include "base/str.h"

bool format_date(struct str text);

/* A time of day with its offset from UTC: RFC 3339's full-time. */
bool format_time(struct str text);
bool format_date_time(struct str text);
bool format_duration(struct str text);

#endif
