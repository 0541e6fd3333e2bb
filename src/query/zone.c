/* Time zones, from ICU's data; calendar arithmetic is base/instant's (ICU's calendar turns Julian before 1582).
 * An ICU calendar is not for two threads: each call opens its own. */
#include <assert.h>
#include <stdlib.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/instant.h"
#include "query/internal.h"

struct query_zone {
  UCalendar *calendar; /* NULL: UTC */
};

enum { ZONE_NAME_BYTES = 64 };

static const int64_t minute_us = INT64_C(60) * 1000000, day_us = INT64_C(86400) * 1000000;

/* The name as ICU wants it; false for what cannot be a zone's name. */
static bool zone_name(const char *tz, UChar out[ZONE_NAME_BYTES + 1], int32_t *len_out) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  size_t len = strnlen(tz, ZONE_NAME_BYTES + 1);
  if (len == 0 || len > ZONE_NAME_BYTES || strspn(tz, allowed) != len) return false;
  u_charsToUChars(tz, out, (int32_t)len);
  *len_out = (int32_t)len;
  return true;
}

static bool zone_known(const char *tz, UChar name[ZONE_NAME_BYTES + 1], int32_t *len_out) {
  UChar canonical[2 * ZONE_NAME_BYTES];
  UBool system = 0;
  UErrorCode status = U_ZERO_ERROR;
  if (!zone_name(tz, name, len_out) || strcmp(tz, "Etc/Unknown") == 0) return false;
  ucal_getCanonicalTimeZoneID(name, *len_out, canonical, 2 * ZONE_NAME_BYTES, &system, &status);
  return U_SUCCESS(status) && system;
}

struct query_zone *query_zone_open(const char *tz) {
  UCalendar *calendar = NULL;
  if (tz && strcmp(tz, "UTC") != 0) {
    UChar name[ZONE_NAME_BYTES + 1];
    int32_t len;
    UErrorCode status = U_ZERO_ERROR;
    if (!zone_known(tz, name, &len)) return NULL;
    calendar = ucal_open(name, len, "en_US", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status)) {
      ucal_close(calendar);
      return NULL;
    }
  }
  struct query_zone *z = malloc(sizeof *z);
  if (!z) abort();
  z->calendar = calendar;
  return z;
}

void query_zone_close(struct query_zone *z) {
  if (!z) return;
  if (z->calendar) ucal_close(z->calendar);
  free(z);
}

bool query_zone_valid(const char *tz) {
  UChar name[ZONE_NAME_BYTES + 1];
  int32_t len;
  return tz && zone_known(tz, name, &len);
}

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static void set_instant(const struct query_zone *z, int64_t us) {
  UErrorCode status = U_ZERO_ERROR;
  ucal_setMillis(z->calendar, (double)floor_div(us, 1000), &status);
  assert(U_SUCCESS(status));
}

int64_t query_zone_offset_us(const struct query_zone *z, int64_t us) {
  if (!z->calendar) return 0;
  set_instant(z, us);
  UErrorCode status = U_ZERO_ERROR;
  int32_t zone_ms = ucal_get(z->calendar, UCAL_ZONE_OFFSET, &status);
  int32_t dst_ms = ucal_get(z->calendar, UCAL_DST_OFFSET, &status);
  assert(U_SUCCESS(status));
  return ((int64_t)zone_ms + dst_ms) * 1000;
}

int64_t query_zone_next_change(const struct query_zone *z, int64_t us) {
  if (!z->calendar) return INSTANT_MAX;
  set_instant(z, us);
  UErrorCode status = U_ZERO_ERROR;
  UDate change;
  bool found = ucal_getTimeZoneTransitionDate(z->calendar, UCAL_TZ_TRANSITION_NEXT, &change, &status);
  if (!found || U_FAILURE(status) || change * 1000 >= (double)QUERY_END_US) return INSTANT_MAX;
  return (int64_t)change * 1000;
}

/* Offsets lie within a day, so the wanted instant lies within a day of local_us taken as UTC. Between two changes
 * of the offset local time runs on evenly; at a change it may jump past local_us. */
int64_t query_zone_from_local(const struct query_zone *z, int64_t local_us) {
  if (!z->calendar) return local_us;
  int64_t at = local_us - day_us;
  int64_t offset = query_zone_offset_us(z, at);
  for (;;) {
    int64_t change = query_zone_next_change(z, at);
    if (local_us - offset < change) return local_us - offset;
    offset = query_zone_offset_us(z, change);
    if (local_us - offset <= change) return change;
    at = change;
  }
}

void query_format_local(int64_t us, unsigned digits, const char *tz, struct buffer *out) {
  char text[INSTANT_TEXT_BYTES];
  struct query_zone *z = query_zone_open(tz);
  bool local = z && z->calendar;
  /* Offsets of the 19th century have seconds; whole minutes keep the text a valid name of the instant. */
  int64_t minutes = local ? query_zone_offset_us(z, us) / minute_us : 0;
  query_zone_close(z);
  if (us + minutes * minute_us < QUERY_FIRST_US || us + minutes * minute_us >= QUERY_END_US) minutes = 0;
  unsigned len = instant_format(us + minutes * minute_us, digits, text);
  buffer_append(out, text, local ? len - 1 : len); /* the offset in place of the Z */
  unsigned size = (unsigned)(minutes < 0 ? -minutes : minutes);
  if (local) buffer_printf(out, "%c%02u:%02u", minutes < 0 ? '-' : '+', size / 60, size % 60);
}
