/* Local time of many instants: the zone is asked again only where its offset changes. */
#include <stdlib.h>

#include "base/instant.h"
#include "query/internal.h"

struct query_clock {
  struct query_zone *zone;
  int64_t from_us, to_us, offset_us; /* offset within [from, to) */
};

struct query_clock *query_clock_open(const char *tz) {
  struct query_zone *zone = query_zone_open(tz);
  if (!zone) return NULL;
  struct query_clock *c = calloc(1, sizeof *c);
  if (!c) abort();
  c->zone = zone;
  return c;
}

void query_clock_close(struct query_clock *c) {
  if (!c) return;
  query_zone_close(c->zone);
  free(c);
}

int64_t query_clock_local_us(struct query_clock *c, int64_t us) {
  if (us < c->from_us || us >= c->to_us) {
    c->offset_us = query_zone_offset_us(c->zone, us);
    c->from_us = us;
    c->to_us = query_zone_next_change(c->zone, us);
  }
  return us + c->offset_us;
}

unsigned query_clock_week_hour(struct query_clock *c, int64_t us) {
  const int64_t hour_us = INT64_C(3600) * 1000000;
  enum { WEEK_HOURS = 7 * 24, FIRST_MONDAY_HOURS = 4 * 24 /* 1970-01-05 */ };
  int64_t local_us = query_clock_local_us(c, us), hours = local_us / hour_us - (local_us % hour_us < 0);
  int64_t week_hour = (hours - FIRST_MONDAY_HOURS) % WEEK_HOURS;
  return (unsigned)(week_hour < 0 ? week_hour + WEEK_HOURS : week_hour);
}
