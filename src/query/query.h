/* The query language (design: api.md): text to a struct filter, times, time zones, page cursors as text. Pure functions
 * apart from time zone data (ICU). Any thread. */
#ifndef DAYBOOK_QUERY_QUERY_H
#define DAYBOOK_QUERY_QUERY_H

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

/* Parses q; everything lives in arena. ERR_INVALID: the message names the fault, the character (1-based) and, for an
 * unknown field, the nearest name ("unknown field \"actr\" at character 1; did you mean \"actor\"?"). *offset_out (may
 * be NULL): 0-based byte offset of the fault. now_us: for relative times. ERR_TOO_LARGE past LIMIT_QUERY_*. */
int query_parse(struct slice text, int64_t now_us, struct arena *arena, struct filter *out, uint32_t *offset_out,
                struct error *err);
/* The fields behind a name: a path, "params.X", or an alias (also of several fields, as "actor"). */
int query_field(struct slice name, struct arena *arena, struct filter_field **fields_out, uint32_t *count_out,
                struct error *err);

/* Every name the language knows, for completion and the catalog. */
struct query_alias {
  struct slice name;
  const enum field_id *fields;
  uint32_t field_count;
};
const struct query_alias *query_aliases(uint32_t *count_out);

/* "2026-11-20T08:00:00Z", "2026-11-20" (midnight in tz), "now", "now-24h", "now-7d", "now+1h" (s m h d w). */
int query_parse_instant(struct slice text, const char *tz, int64_t now_us, int64_t *us_out, struct error *err);

/* Bucket bounds for a histogram: [from, to) cut at multiples of the interval ("1s" "15m" "1h" "1d" "1w" "1M" "auto") in
 * the zone; days, weeks (Monday) and months follow the calendar, so a DST day has 23 or 25 hours. The first bound is at
 * or before from, the last at or after to. ERR_INVALID for a bad zone or interval or too many buckets. */
int query_buckets(int64_t from_us, int64_t to_us, struct slice interval, const char *tz, struct arena *arena,
                  int64_t **bounds_out, uint32_t *bucket_count_out, const char **interval_out, struct error *err);
bool query_zone_valid(const char *tz);
/* Local time with offset for CSV: "2026-11-20T09:15:30.123+01:00". */
void query_format_local(int64_t us, unsigned digits, const char *tz, struct buffer *out);

/* Local time of many instants, fast where they ascend. One thread. NULL where the name is no zone. */
struct query_clock;
struct query_clock *query_clock_open(const char *tz);
void query_clock_close(struct query_clock *c);
/* Microseconds as if local time were UTC. */
int64_t query_clock_local_us(struct query_clock *c, int64_t us);
/* 0: Monday 0:00 to 1:00, ... 167: Sunday 23:00 to 24:00. */
unsigned query_clock_week_hour(struct query_clock *c, int64_t us);

/* Page cursors: opaque text (base64url) of a position and order; decoding bounds everything. */
void query_cursor_encode(const struct read_position *p, enum read_order order, struct buffer *out);
int query_cursor_decode(struct slice text, struct arena *arena, struct read_position *out, enum read_order *order_out,
                        struct error *err);

#endif
