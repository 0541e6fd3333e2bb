/* Buckets of a histogram: where a time range is cut. */
#include <stdio.h>

#include "base/instant.h"
#include "query/internal.h"

enum interval_unit { UNIT_SPAN, UNIT_DAY, UNIT_MONTH };
struct interval {
  enum interval_unit unit;
  int64_t count;       /* UNIT_SPAN: microseconds; UNIT_DAY, UNIT_MONTH: of them */
  int64_t origin_days; /* UNIT_DAY: the local day, since 1970-01-01, from which multiples count */
};

enum { AUTO_BUCKETS = 120, MONDAY_DAYS = 4 /* 1970-01-05 */ };

static const int64_t second_us = 1000000, day_us = INT64_C(86400) * 1000000;

static int64_t floor_to(int64_t value, int64_t step) {
  int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

static int64_t floor_days(int64_t us) { return floor_to(us, day_us) / day_us; }

/* ---- The interval ---- */

static bool parse_interval(struct slice s, struct interval *out) {
  int64_t n = 0;
  if (s.len < 2 || s.len > 7) return false;
  for (size_t i = 0; i + 1 < s.len; i++) {
    if (s.data[i] < '0' || s.data[i] > '9') return false;
    n = n * 10 + (s.data[i] - '0');
  }
  if (n == 0) return false;
  *out = (struct interval){.count = n};
  switch (s.data[s.len - 1]) {
    case 's': out->count = n * second_us; return true;
    case 'm': out->count = n * 60 * second_us; return true;
    case 'h': out->count = n * 3600 * second_us; return true;
    case 'd': out->unit = UNIT_DAY; return n <= 36600;
    case 'w':
      out->unit = UNIT_DAY;
      out->count = 7 * n;
      out->origin_days = MONDAY_DAYS;
      return n <= 5200;
    case 'M': out->unit = UNIT_MONTH; return n <= 1200;
    default: return false;
  }
}

/* Never more than the true length. */
static int64_t least_us(const struct interval *i) {
  switch (i->unit) {
    case UNIT_DAY: return i->count * 22 * 3600 * second_us;
    case UNIT_MONTH: return i->count * 27 * day_us;
    case UNIT_SPAN: break;
  }
  return i->count;
}

static const char *choose_interval(int64_t range_us) {
  static const char *const names[] = {"1s", "5s", "15s", "30s", "1m", "5m", "15m", "30m",
                                      "1h", "3h", "6h",  "12h", "1d", "1w", "1M",  "3M"};
  enum { NAMES = sizeof names / sizeof *names };
  for (size_t i = 0; i < NAMES; i++) {
    struct interval interval;
    if (parse_interval(slice_from(names[i]), &interval) && range_us / least_us(&interval) < AUTO_BUCKETS)
      return names[i];
  }
  return range_us / (12 * 27 * day_us) < LIMIT_HISTOGRAM_BUCKETS ? "12M" : "120M"; /* auto is never refused */
}

/* ---- Cutting ---- */

/* The bound at or before a local time, as local time. */
static int64_t local_floor(const struct interval *i, int64_t local_us) {
  int64_t days = floor_days(local_us);
  if (i->unit == UNIT_SPAN) return floor_to(local_us, i->count);
  if (i->unit == UNIT_DAY) return (floor_to(days - i->origin_days, i->count) + i->origin_days) * day_us;
  int64_t year;
  unsigned month, day;
  instant_civil_from_days(days, &year, &month, &day);
  int64_t months = floor_to(year * 12 + month - 1, i->count);
  return instant_days_from_civil(months / 12, (unsigned)(months % 12) + 1, 1) * day_us;
}

static int64_t local_next(const struct interval *i, int64_t bound_us) {
  if (i->unit == UNIT_SPAN) return bound_us + i->count;
  if (i->unit == UNIT_DAY) return bound_us + i->count * day_us;
  int64_t year;
  unsigned month, day;
  instant_civil_from_days(floor_days(bound_us), &year, &month, &day);
  int64_t months = year * 12 + month - 1 + i->count;
  return instant_days_from_civil(months / 12, (unsigned)(months % 12) + 1, 1) * day_us;
}

/* Hours and less run on evenly through a change of the offset, so that the doubled hour of autumn is two buckets;
 * where the change leaves them out of step with the clock they fall in again at the next full one. */
static int64_t next_span(const struct query_zone *z, const struct interval *i, int64_t bound_us) {
  int64_t offset = query_zone_offset_us(z, bound_us);
  int64_t next = floor_to(bound_us + offset, i->count) + i->count - offset;
  for (int64_t change = query_zone_next_change(z, bound_us); next >= change;) {
    offset = query_zone_offset_us(z, change);
    next = floor_to(change + offset + i->count - 1, i->count) - offset;
    change = query_zone_next_change(z, change);
  }
  return next;
}

struct cut {
  const struct query_zone *zone;
  const struct interval *interval;
  int64_t local_us; /* UNIT_DAY and UNIT_MONTH: the last bound as local time */
};

/* The last bound at or before us. A span's bound is looked for on both sides of a change of the offset. */
static int64_t first_bound(struct cut *c, int64_t us) {
  int64_t local_us = us + query_zone_offset_us(c->zone, us);
  c->local_us = local_floor(c->interval, local_us);
  if (c->interval->unit != UNIT_SPAN) return query_zone_from_local(c->zone, c->local_us);
  int64_t bound = c->local_us - (local_us - us);
  if (query_zone_next_change(c->zone, bound) > us) return bound;
  int64_t offset = query_zone_offset_us(c->zone, bound); /* not that of us */
  bound = local_floor(c->interval, bound + offset) - offset;
  for (int64_t next; (next = next_span(c->zone, c->interval, bound)) <= us;) bound = next;
  return bound;
}

static int64_t next_bound(struct cut *c, int64_t bound_us) {
  if (c->interval->unit == UNIT_SPAN) return next_span(c->zone, c->interval, bound_us);
  int64_t next;
  do { /* a day that a zone skipped altogether (Samoa, 2011-12-30) has no bucket */
    c->local_us = local_next(c->interval, c->local_us);
    next = query_zone_from_local(c->zone, c->local_us);
  } while (next <= bound_us);
  return next;
}

static int too_many(struct error *err) {
  return error_set(err, ERR_INVALID, "more than %d buckets; take a longer interval or a shorter time range",
                   LIMIT_HISTOGRAM_BUCKETS);
}

static int cut_range(struct cut *c, int64_t from_us, int64_t to_us, struct arena *arena, int64_t **bounds_out,
                     uint32_t *count_out, struct error *err) {
  /* One for the start, one for the end, and changes of the offset can shorten a few. */
  int64_t estimate = (to_us - from_us) / least_us(c->interval);
  if (estimate > 2 * LIMIT_HISTOGRAM_BUCKETS) return too_many(err);
  size_t room = estimate < 64 ? 128 : 2 * (size_t)estimate;
  if (room > LIMIT_HISTOGRAM_BUCKETS + 1) room = LIMIT_HISTOGRAM_BUCKETS + 1;
  int64_t *bounds = arena_alloc(arena, room * sizeof *bounds);
  if (!bounds) return error_set(err, ERR_TOO_LARGE, "the request needs too much memory");
  size_t count = 0;
  bounds[count++] = first_bound(c, from_us);
  while (bounds[count - 1] < to_us) {
    if (count == room) return too_many(err);
    bounds[count] = next_bound(c, bounds[count - 1]);
    count++;
  }
  /* Every bound can be written as text. */
  if (bounds[0] < QUERY_FIRST_US) bounds[0] = QUERY_FIRST_US;
  if (bounds[count - 1] >= QUERY_END_US) bounds[count - 1] = QUERY_END_US - 1;
  *bounds_out = bounds;
  *count_out = (uint32_t)count - 1;
  return 0;
}

int query_buckets(int64_t from_us, int64_t to_us, struct slice text, const char *tz, struct arena *arena,
                  int64_t **bounds_out, uint32_t *bucket_count_out, const char **interval_out, struct error *err) {
  struct interval interval;
  if (from_us >= to_us) return error_set(err, ERR_INVALID, "the time range is empty: \"from\" must lie before \"to\"");
  if (from_us < QUERY_FIRST_US || to_us >= QUERY_END_US)
    return error_set(err, ERR_INVALID, "the time range lies outside the years 1 to 9999");
  bool automatic = slice_equal(text, SLICE("auto"));
  const char *name = automatic ? choose_interval(to_us - from_us) : arena_string(arena, text);
  if (!name) return error_set(err, ERR_TOO_LARGE, "the request needs too much memory");
  if (!parse_interval(slice_from(name), &interval)) {
    char clipped[QUERY_CLIP_BYTES + 4];
    return error_set(err, ERR_INVALID, "\"%s\" is no interval; use auto, 1s, 15m, 1h, 1d, 1w or 1M",
                     query_clip(text, clipped));
  }
  struct query_zone *zone = query_zone_open(tz);
  if (!zone) return error_set(err, ERR_INVALID, "unknown time zone; use a name as \"Europe/Berlin\"");
  struct cut cut = {.zone = zone, .interval = &interval};
  int code = cut_range(&cut, from_us, to_us, arena, bounds_out, bucket_count_out, err);
  query_zone_close(zone);
  if (!code) *interval_out = name;
  return code;
}
