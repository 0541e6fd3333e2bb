/* Instants as people write them. */
#include "base/instant.h"

#include "query/internal.h"

static bool equals_now(struct slice s) {
  return s.len >= 3 && (s.data[0] | 32) == 'n' && (s.data[1] | 32) == 'o' && (s.data[2] | 32) == 'w';
}

/* Microseconds of a unit letter, 0 for none. */
static int64_t unit_us(char c) {
  switch (c) {
    case 's': return 1000000;
    case 'm': return INT64_C(60) * 1000000;
    case 'h': return INT64_C(3600) * 1000000;
    case 'd': return INT64_C(86400) * 1000000;
    case 'w': return INT64_C(604800) * 1000000;
    default: return 0;
  }
}

/* Behind "now": nothing, or sign, digits, unit. */
static bool parse_relative(struct slice s, int64_t now_us, int64_t *us_out) {
  if (s.len == 0) {
    *us_out = now_us;
    return true;
  }
  int64_t amount = 0, unit = unit_us(s.data[s.len - 1]);
  if (s.len < 3 || s.len > 12 || (s.data[0] != '-' && s.data[0] != '+') || unit == 0) return false;
  for (size_t i = 1; i + 1 < s.len; i++) {
    if (s.data[i] < '0' || s.data[i] > '9') return false;
    amount = amount * 10 + (s.data[i] - '0');
  }
  if (__builtin_mul_overflow(amount, s.data[0] == '-' ? -unit : unit, &amount)) return false;
  return !__builtin_add_overflow(now_us, amount, us_out);
}

/* "2026-11-20": midnight in the zone, or the first instant of that day where its clocks skip midnight. */
static int parse_date(struct slice s, const char *tz, int64_t *us_out, struct error *err) {
  char text[] = "0000-00-00T00:00:00Z";
  memcpy(text, s.data, 10);
  int64_t local_us;
  if (!instant_parse(slice_from(text), &local_us, NULL)) return ERR_INVALID;
  struct query_zone *zone = query_zone_open(tz);
  if (!zone) return error_set(err, ERR_INVALID, "unknown time zone");
  *us_out = query_zone_from_local(zone, local_us);
  query_zone_close(zone);
  return 0;
}

static int parse_any(struct slice s, const char *tz, int64_t now_us, int64_t *us_out, struct error *err) {
  if (equals_now(s)) return parse_relative(slice_skip(s, 3), now_us, us_out) ? 0 : ERR_INVALID;
  if (s.len == 10) return parse_date(s, tz, us_out, err);
  return instant_parse(s, us_out, NULL) ? 0 : ERR_INVALID;
}

int query_parse_instant(struct slice text, const char *tz, int64_t now_us, int64_t *us_out, struct error *err) {
  int64_t us = 0;
  int code = parse_any(text, tz, now_us, &us, err);
  if (!code && (us < QUERY_FIRST_US || us >= QUERY_END_US)) code = ERR_INVALID;
  if (code) {
    char clipped[QUERY_CLIP_BYTES + 4];
    return error_set(err, code, "\"%s\" is no instant; use 2026-11-20T08:00:00Z, 2026-11-20, now or now-24h",
                     query_clip(text, clipped));
  }
  *us_out = us;
  return 0;
}
