/* Compaction by size tiers, and purging what retention has hidden. Both write a new segment from old ones and publish
 * it in one catalog transaction; readers keep the old ones until they are done. */
#include <assert.h>
#include <stdlib.h>

#include "base/instant.h"
#include "store/internal.h"
#include "store/row.h"

enum {
  FAN_IN = 8,       /* segments of one tier that are merged into one of the next */
  FULL_FAN_IN = 3,  /* fewer, where one more would not fit into a segment */
  TIER_FACTOR = 4,  /* rows of a tier's largest over its smallest */
  TIER_ROWS = 4096, /* of the first tier's largest: events of 64 KiB fill a memtable with some 2,000 rows */
  SMALL_TIERS = 4,
  /* Groups that are kept whole have at least 7/8 of LIMIT_GROUP_ROWS (seal.c), the last one any number: never more
   * groups than LIMIT_SEGMENT_GROUPS. */
  MAX_ROWS = (LIMIT_SEGMENT_GROUPS - 1) * (LIMIT_GROUP_ROWS / 8 * 7),
};

/* What cannot be merged yet must not hold writers back: no tier keeps FAN_IN segments that fit into one. */
static_assert(MEMTABLE_MAX_ROWS == TIER_ROWS << 2 * (SMALL_TIERS - 1), "tiers of small segments");
static_assert(SMALL_TIERS * (FAN_IN - 1) < LIMIT_SMALL_SEGMENTS, "compaction catches up");

/* A private list of the live segments, each held. */
struct live {
  struct segment_ref **segments;
  uint32_t count;
};

static void live_take(struct store *s, bool damaged_too, struct live *out) {
  pthread_mutex_lock(&s->lock);
  out->count = 0;
  out->segments = calloc(s->segment_count + 1u, sizeof(struct segment_ref *));
  if (!out->segments) abort();
  for (uint32_t i = 0; i < s->segment_count; i++) {
    if (!damaged_too && atomic_load(&s->segments[i]->damaged)) continue;
    out->segments[out->count++] = s->segments[i];
    atomic_fetch_add(&s->segments[i]->refs, 1);
  }
  pthread_mutex_unlock(&s->lock);
}

static void live_put(struct live *l) {
  for (uint32_t i = 0; i < l->count; i++) segment_ref_put(l->segments[i]);
  free(l->segments);
}

static uint32_t tier_of(const struct segment_ref *r) {
  uint32_t tier = 0;
  for (uint64_t rows = r->row.rows; rows > TIER_ROWS; rows /= TIER_FACTOR) tier++;
  return tier;
}

static int by_tier_and_time(const void *a, const void *b) {
  const struct segment_ref *x = *(struct segment_ref *const *)a, *y = *(struct segment_ref *const *)b;
  uint32_t p = tier_of(x), q = tier_of(y);
  if (p != q) return p < q ? -1 : 1;
  return (x->row.occurred_min_us > y->row.occurred_min_us) - (x->row.occurred_min_us < y->row.occurred_min_us);
}

/* The first run, in order of time, of FAN_IN segments of the lowest tier that fit into one segment. Those of other
 * tiers between them do not count: late events put segments of all sizes anywhere in time. */
static bool choose(struct live *l, uint32_t *first_out, uint32_t *count_out) {
  if (l->count) qsort(l->segments, l->count, sizeof(struct segment_ref *), by_tier_and_time);
  for (uint32_t first = 0; first < l->count;) {
    uint32_t tier = tier_of(l->segments[first]), end = first;
    uint64_t rows = 0;
    for (; end < l->count && end - first < FAN_IN && tier_of(l->segments[end]) == tier; end++) {
      if (rows + l->segments[end]->row.rows > MAX_ROWS) break;
      rows += l->segments[end]->row.rows;
    }
    bool full = end < l->count && end - first >= FULL_FAN_IN && tier_of(l->segments[end]) == tier;
    if (end - first == FAN_IN || full) {
      *first_out = first;
      *count_out = end - first;
      return true;
    }
    first = end > first ? end : first + 1;
  }
  return false;
}

bool compaction_is_behind(const struct store *s) {
  uint32_t small = 0;
  for (uint32_t i = 0; i < s->segment_count; i++)
    small += s->segments[i]->row.rows <= MEMTABLE_MAX_ROWS && !atomic_load(&s->segments[i]->damaged);
  return small >= LIMIT_SMALL_SEGMENTS;
}

/* Writes the rows of `count` segments that retention has not hidden as one segment (none where nothing is left). */
static int rewrite(struct store *s, struct segment_ref **segments, uint32_t count, struct error *err) {
  struct part **parts = calloc(count, sizeof(struct part *));
  if (!parts) abort();
  uint64_t before = 0;
  for (uint32_t i = 0; i < count; i++) {
    parts[i] = segment_part(segments[i]->segment);
    before += parts[i]->rows;
  }
  pthread_mutex_lock(&s->lock);
  struct retention *retention = retention_ref(s->retention);
  pthread_mutex_unlock(&s->lock);
  struct row_filter filter = {retention, os_now_us(s->os)};
  struct seal_plan plan;
  struct segment_ref *added = NULL;
  int rc = seal_plan(parts, count, &filter, &plan, err);
  if (rc == 0) {
    if (plan.row_count > 0) rc = seal_write(s, &plan, &added, err);
    uint64_t after = plan.row_count;
    seal_plan_free(&plan);
    if (rc == 0) rc = publish_segments(s, added, segments, count, err);
    if (rc == 0) atomic_fetch_add(&s->counters.purged_events, before - after);
  }
  retention_unref(retention);
  free(parts);
  return rc;
}

static void ignore_fault(void *arg, const char *text) { (void)arg, (void)text; }

/* After a rewrite failed: a damaged segment would make it fail for ever, and with it the merging of all others. */
static void find_damaged(struct segment_ref **segments, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    uint64_t pages;
    if (segment_verify(segments[i]->segment, ignore_fault, NULL, &pages) != 0)
      atomic_store(&segments[i]->damaged, true);
  }
}

int compact_once(struct store *s, bool *done_out, struct error *err) {
  struct live l;
  uint32_t first, count;
  live_take(s, false, &l);
  *done_out = choose(&l, &first, &count);
  int rc = *done_out ? rewrite(s, l.segments + first, count, err) : 0;
  if (rc == 0 && *done_out) atomic_fetch_add(&s->counters.compactions, 1);
  if (rc == ERR_CORRUPT || rc == ERR_IO) find_damaged(l.segments + first, count);
  live_put(&l);
  return rc;
}

/* ---- Retention ---- */

struct hidden {
  const struct retention *retention;
  int64_t now_us;
  int64_t *floors; /* by tenant id */
};

static int note_floor(void *arg, uint32_t id, struct slice path) {
  struct hidden *h = arg;
  h->floors[id] = retention_floor(h->retention, path, h->now_us);
  return 0;
}

/* How many rows of the segment are hidden. */
static int count_hidden(struct part *p, struct hidden *h, uint64_t *out, struct error *err) {
  struct part_column info;
  uint32_t column = p->ops->find_column(p, FIELD_TENANT, SLICE(""));
  p->ops->column(p, column, &info);
  h->floors = calloc(info.dict_count + 1u, sizeof *h->floors);
  if (!h->floors) abort();
  int rc = p->ops->dict_scan(p, column, 0, info.dict_count, note_floor, h, err);
  *out = 0;
  for (uint32_t g = 0; rc == 0 && g < p->group_count; g++) {
    struct group_info group;
    struct run_list list;
    p->ops->group(p, g, &group);
    rc = p->ops->runs_get(p, g, &list, err);
    if (rc) break;
    struct row_reader *reader = row_reader_new(p, g, ROW_TEXT_PAGES);
    for (uint32_t i = 0; rc == 0 && i < list.count; i++) {
      int64_t floor = h->floors[list.runs[i].tenant];
      if (group.received_min_us >= floor) continue;
      for (uint32_t k = 0; rc == 0 && k < list.runs[i].row_count; k++) {
        int64_t received;
        rc = row_received(reader, list.runs[i].row_begin + k, &received, err);
        if (rc == 0 && received < floor) ++*out;
      }
    }
    row_reader_free(reader);
    p->ops->runs_put(p, &list);
  }
  free(h->floors);
  return rc;
}

/* Removes a segment of which nothing can be shown any more, without reading it: it may be damaged. */
static int drop(struct store *s, struct segment_ref *segment, struct error *err) {
  int rc = publish_segments(s, NULL, &segment, 1, err);
  if (rc == 0) atomic_fetch_add(&s->counters.purged_events, segment->row.rows);
  return rc;
}

static int purge(struct store *s, struct segment_ref *segment, struct hidden *h, bool *done_out, struct error *err) {
  enum { SHARE = 4 };
  struct part *p = segment_part(segment->segment);
  uint64_t hidden;
  int rc = count_hidden(p, h, &hidden, err);
  bool worth = rc == 0 && hidden > 0 && hidden * SHARE >= p->rows;
  if (worth) rc = rewrite(s, &segment, 1, err);
  if (rc == ERR_CORRUPT || rc == ERR_IO) find_damaged(&segment, 1);
  *done_out = rc == 0 && worth;
  return rc;
}

/* Purges the first segment of which at least a quarter is hidden. What is hidden already is not shown to anybody;
 * rewriting only frees its space, so small shares wait for the next compaction. */
int retain_once(struct store *s, bool *done_out, struct error *err) {
  struct live l;
  live_take(s, true, &l);
  pthread_mutex_lock(&s->lock);
  struct hidden h = {.retention = retention_ref(s->retention), .now_us = os_now_us(s->os)};
  struct retention *held = s->retention;
  pthread_mutex_unlock(&s->lock);
  int64_t highest = retention_highest_floor(h.retention, h.now_us);
  int64_t lowest = retention_lowest_floor(h.retention, h.now_us);
  *done_out = false;
  int rc = 0;
  for (uint32_t i = 0; rc == 0 && i < l.count && !*done_out; i++) {
    const struct catalog_segment *row = &l.segments[i]->row;
    if (row->received_min_us >= highest) continue;
    if (row->received_max_us < lowest) {
      rc = drop(s, l.segments[i], err);
      *done_out = rc == 0;
    } else if (!atomic_load(&l.segments[i]->damaged)) {
      rc = purge(s, l.segments[i], &h, done_out, err);
    }
  }
  retention_unref(held);
  live_put(&l);
  return rc;
}
