#include "store/retention.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/instant.h"

struct setting {
  struct slice path;
  int32_t days;
};

struct retention {
  atomic_uint refs;
  int32_t shortest_days; /* 0 where nothing is ever hidden */
  uint32_t count;
  struct setting *settings; /* ascending by path; path bytes follow in the same allocation */
};

static int32_t shortest(const struct retention *r) {
  int32_t least = 0;
  bool default_set = false;
  for (uint32_t i = 0; i < r->count; i++) {
    int32_t days = r->settings[i].days;
    if (days > 0 && (least == 0 || days < least)) least = days;
    if (r->settings[i].path.len == 0) default_set = true;
  }
  if (!default_set && (least == 0 || RETENTION_DEFAULT_DAYS < least)) least = RETENTION_DEFAULT_DAYS;
  return least;
}

static void add(struct retention *r, struct slice path, int32_t days) {
  char *copy = malloc(path.len + 1);
  if (!copy) abort();
  if (path.len) memcpy(copy, path.data, path.len);
  r->settings[r->count++] = (struct setting){slice_of(copy, path.len), days};
}

struct retention *retention_with(const struct retention *old, struct slice path, int32_t days) {
  struct retention *r = calloc(1, sizeof *r);
  uint32_t old_count = old ? old->count : 0;
  if (r) r->settings = calloc(old_count + 1, sizeof *r->settings);
  if (!r || !r->settings) abort();
  atomic_init(&r->refs, 1);
  bool placed = days < 0;
  for (uint32_t i = 0; i < old_count; i++) {
    int c = slice_compare(old->settings[i].path, path);
    if (!placed && c >= 0) {
      add(r, path, days);
      placed = true;
    }
    if (c != 0) add(r, old->settings[i].path, old->settings[i].days);
  }
  if (!placed) add(r, path, days);
  r->shortest_days = shortest(r);
  return r;
}

struct retention *retention_ref(struct retention *r) {
  atomic_fetch_add(&r->refs, 1);
  return r;
}

void retention_unref(struct retention *r) {
  if (!r || atomic_fetch_sub(&r->refs, 1) != 1) return;
  for (uint32_t i = 0; i < r->count; i++) free((void *)(uintptr_t)r->settings[i].path.data);
  free(r->settings);
  free(r);
}

static const struct setting *find(const struct retention *r, struct slice path) {
  uint32_t low = 0, high = r->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int c = slice_compare(r->settings[middle].path, path);
    if (c == 0) return &r->settings[middle];
    if (c < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

/* The tenant path one level up, "" above the first. */
static struct slice parent_of(struct slice path) {
  size_t len = path.len;
  while (len > 0 && path.data[len - 1] != '/') len--;
  return slice_of(path.data, len > 0 ? len - 1 : 0);
}

int32_t retention_days(const struct retention *r, struct slice tenant, bool *own_out) {
  if (own_out) *own_out = false;
  for (struct slice path = tenant;; path = parent_of(path)) {
    const struct setting *s = find(r, path);
    if (s) {
      if (own_out) *own_out = path.len == tenant.len;
      return s->days;
    }
    if (path.len == 0) return RETENTION_DEFAULT_DAYS;
  }
}

static int64_t floor_of(int32_t days, int64_t now_us) {
  return days == 0 ? INSTANT_MIN : now_us - (int64_t)days * 86400 * 1000000;
}

int64_t retention_floor(const struct retention *r, struct slice tenant, int64_t now_us) {
  return floor_of(retention_days(r, tenant, NULL), now_us);
}

int64_t retention_highest_floor(const struct retention *r, int64_t now_us) {
  return floor_of(r->shortest_days, now_us);
}

int64_t retention_lowest_floor(const struct retention *r, int64_t now_us) {
  int64_t lowest = INT64_MAX;
  bool default_set = false;
  for (uint32_t i = 0; i < r->count; i++) {
    int64_t floor = floor_of(r->settings[i].days, now_us);
    if (floor < lowest) lowest = floor;
    if (r->settings[i].path.len == 0) default_set = true;
  }
  int64_t otherwise = floor_of(RETENTION_DEFAULT_DAYS, now_us);
  return default_set || lowest < otherwise ? lowest : otherwise;
}
