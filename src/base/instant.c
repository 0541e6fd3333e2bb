#include "base/instant.h"

#include <assert.h>
#include <stdio.h>

static const int64_t second_us = 1000000, day_us = INT64_C(86400) * 1000000;
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in seconds. */
static const int64_t first_second = -INT64_C(62135596800), last_second = INT64_C(253402300799);

int64_t instant_days_from_civil(int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  unsigned yoe = (unsigned)(y - era * 400);
  unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + (int64_t)doe - 719468;
}

void instant_civil_from_days(int64_t days, int64_t *year_out, unsigned *month_out, unsigned *day_out) {
  days += 719468;
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  unsigned doe = (unsigned)(days - era * 146097);
  unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  unsigned mp = (5 * doy + 2) / 153;
  *day_out = doy - (153 * mp + 2) / 5 + 1;
  *month_out = mp < 10 ? mp + 3 : mp - 9;
  *year_out = (int64_t)yoe + era * 400 + (*month_out <= 2);
}

static bool digits_at(struct slice s, size_t at, size_t count, unsigned *out) {
  if (at + count > s.len) return false;
  unsigned v = 0;
  for (size_t i = at; i < at + count; i++) {
    if (s.data[i] < '0' || s.data[i] > '9') return false;
    v = v * 10 + (unsigned)(s.data[i] - '0');
  }
  *out = v;
  return true;
}

static bool char_at(struct slice s, size_t at, char c) { return at < s.len && s.data[at] == c; }

static unsigned days_in_month(unsigned year, unsigned month) {
  static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* The zone at `at`: offset in seconds; the zone must end the text. */
static bool parse_zone(struct slice s, size_t at, int64_t *offset_s_out) {
  if (at >= s.len) return false;
  char c = s.data[at];
  if (c == 'Z' || c == 'z') {
    *offset_s_out = 0;
    return at + 1 == s.len;
  }
  unsigned hours, minutes;
  if ((c != '+' && c != '-') || at + 6 != s.len || !digits_at(s, at + 1, 2, &hours) || !char_at(s, at + 3, ':') ||
      !digits_at(s, at + 4, 2, &minutes) || hours > 23 || minutes > 59)
    return false;
  int64_t offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
  *offset_s_out = c == '-' ? -offset : offset;
  return true;
}

/* The optional fraction of a second at *at, which moves past it. */
static bool parse_fraction(struct slice s, size_t *at, int64_t *fraction_us_out, unsigned *digits_out) {
  int64_t fraction_us = 0;
  unsigned digits = 0;
  if (char_at(s, *at, '.')) {
    for ((*at)++; digits < 6 && *at < s.len && s.data[*at] >= '0' && s.data[*at] <= '9'; (*at)++, digits++)
      fraction_us = fraction_us * 10 + (s.data[*at] - '0');
    if (digits == 0) return false; /* a seventh digit is left where the zone should be, which refuses it */
    for (unsigned i = digits; i < 6; i++) fraction_us *= 10;
  }
  *fraction_us_out = fraction_us;
  *digits_out = digits;
  return true;
}

bool instant_parse(struct slice s, int64_t *us_out, unsigned *digits_out) {
  unsigned year, month, day, hour, minute, second;
  if (!digits_at(s, 0, 4, &year) || !char_at(s, 4, '-') || !digits_at(s, 5, 2, &month) || !char_at(s, 7, '-') ||
      !digits_at(s, 8, 2, &day) || !digits_at(s, 11, 2, &hour) || !char_at(s, 13, ':') ||
      !digits_at(s, 14, 2, &minute) || !char_at(s, 16, ':') || !digits_at(s, 17, 2, &second))
    return false;
  char separator = s.data[10];
  if (separator != 'T' && separator != 't' && separator != ' ') return false;
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 ||
      second > 59)
    return false;
  size_t at = 19;
  unsigned digits;
  int64_t fraction_us, offset_s;
  if (!parse_fraction(s, &at, &fraction_us, &digits) || !parse_zone(s, at, &offset_s)) return false;
  int64_t seconds = instant_days_from_civil(year, month, day) * 86400 + (int64_t)hour * 3600 + (int64_t)minute * 60 +
                    (int64_t)second - offset_s;
  if (seconds < first_second || seconds > last_second) return false; /* the offset led out of year 1 or 9999 */
  *us_out = seconds * second_us + fraction_us;
  if (digits_out) *digits_out = digits;
  return true;
}

static void put_digits(char *to, unsigned value, unsigned count) {
  for (unsigned i = count; i-- > 0; value /= 10) to[i] = (char)('0' + value % 10);
}

unsigned instant_format(int64_t us, unsigned digits, char out[INSTANT_TEXT_BYTES]) {
  assert(digits <= 6);
  int64_t days = us / day_us, in_day = us % day_us;
  if (in_day < 0) {
    in_day += day_us;
    days--;
  }
  int64_t year;
  unsigned month, day;
  instant_civil_from_days(days, &year, &month, &day);
  assert(year >= 1 && year <= 9999);
  unsigned second = (unsigned)(in_day / second_us), fraction = (unsigned)(in_day % second_us);
  memcpy(out, "0000-00-00T00:00:00", 19);
  put_digits(out, (unsigned)year, 4);
  put_digits(out + 5, month, 2);
  put_digits(out + 8, day, 2);
  put_digits(out + 11, second / 3600, 2);
  put_digits(out + 14, second / 60 % 60, 2);
  put_digits(out + 17, second % 60, 2);
  unsigned at = 19;
  if (digits > 0) {
    out[at++] = '.';
    for (unsigned i = digits; i < 6; i++) fraction /= 10;
    put_digits(out + at, fraction, digits);
    at += digits;
  }
  out[at++] = 'Z';
  out[at] = 0;
  return at;
}
