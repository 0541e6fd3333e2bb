/* Instants: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted, as int64_t.
 * RFC 3339 text in and out. Pure functions. */
#ifndef DAYBOOK_BASE_INSTANT_H
#define DAYBOOK_BASE_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"

#define INSTANT_MIN INT64_MIN
#define INSTANT_MAX INT64_MAX
enum { INSTANT_TEXT_BYTES = 40 };

/* Parses an RFC 3339 date-time with zone ("Z" or +hh:mm) and 0 to 6 fractional digits, years 0001
 * to 9999 both as written and in UTC; a second of 60 is refused. Returns false on anything else. digits_out (may be
 * NULL) is the number of fractional digits written. */
bool instant_parse(struct slice text, int64_t *us_out, unsigned *digits_out);

/* Writes "2026-11-20T08:15:30.123Z" with `digits` (0..6) fractional digits and a NUL; returns its
 * length. The instant must lie in years 0001..9999. */
unsigned instant_format(int64_t us, unsigned digits, char out[INSTANT_TEXT_BYTES]);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back (Howard Hinnant, "chrono-compatible
 * low-level date algorithms"). */
int64_t instant_days_from_civil(int64_t year, unsigned month, unsigned day);
void instant_civil_from_days(int64_t days, int64_t *year_out, unsigned *month_out, unsigned *day_out);

#endif
