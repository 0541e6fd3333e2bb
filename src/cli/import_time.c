#include "cli/importer.h"
#include "query/query.h"

/* How far the zone's clocks are ahead of UTC at an instant. */
static bool zone_offset(int64_t us, const char *tz, int64_t *offset_out) {
  struct buffer local;
  buffer_init(&local, 64);
  query_format_local(us, 0, tz, &local);
  int64_t wall = 0;
  struct slice text = buffer_slice(&local);
  /* The wall clock alone: "2026-11-20T09:15:30" of "2026-11-20T09:15:30+01:00". */
  char utc[24];
  bool good = text.len >= 19;
  if (good) {
    memcpy(utc, text.data, 19);
    utc[19] = 'Z';
    good = instant_parse(slice_of(utc, 20), &wall, NULL);
  }
  buffer_free(&local);
  int64_t whole = us - ((us % 1000000) + 1000000) % 1000000;
  if (good) *offset_out = wall - whole;
  return good;
}

int import_local_instant(int64_t wall_us, const char *tz, int64_t *us_out, struct error *err) {
  int64_t offset = 0, again = 0;
  if (strcmp(tz, "UTC") == 0) return *us_out = wall_us, 0;
  if (!zone_offset(wall_us, tz, &offset) || !zone_offset(wall_us - offset, tz, &again)) {
    return error_set(err, ERR_INVALID, "the time cannot be read in zone %s", tz);
  }
  return *us_out = wall_us - again, 0;
}
